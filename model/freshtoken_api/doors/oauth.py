"""The OAuth door: the token endpoint with its five flows, revoke, introspect, userinfo and the
identity URL.

In the password flow the security token follows the password in one field, as over SOAP. The other
flows use neither.
"""

import base64
import binascii
from collections.abc import Callable
from urllib.parse import unquote_plus, urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from freshtoken_api.answers import results
from freshtoken_api.answers.openid import OPENID, id_claims
from freshtoken_api.exchange import (
    NO_STORE,
    LoginQueue,
    address_of,
    attempt_of,
    base_of,
    bearer_of,
    json_answer,
    note_login,
)
from freshtoken_api.faults import faults, oauth_error, printable, rest_error
from freshtoken_api.hosts import HOSTS, HostKind, at_host, home, host_kind
from freshtoken_api.injection import InjectedOperation, Injector, Told, marked
from freshtoken_api.messages import MalformedError, TooLargeError, TooSlowError, body_of, read_form
from freshtoken_api.xml_text import escape
from freshtoken_model.decision.grants import (
    CLIENT_CREDENTIALS,
    JWT_BEARER,
    PASSWORD,
    REFRESH,
    WEB_SERVER,
)
from freshtoken_model.decision.session_rules import ends_at
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.login.apps import Grant
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.clock import wall_clock
from freshtoken_model.values.errors import GrantRefusedError
from freshtoken_model.values.kinds import FaultKey
from freshtoken_model.values.records import App

TOKEN = "/services/oauth2/token"
GRANTS = {
    "password": PASSWORD,
    "client_credentials": CLIENT_CREDENTIALS,
    "urn:ietf:params:oauth:grant-type:jwt-bearer": JWT_BEARER,
    "refresh_token": REFRESH,
    "authorization_code": WEB_SERVER,
}
"""The flows by grant_type."""

FormFields = dict[str, str]
Flow = Callable[[Org, FormFields, Attempt, str], tuple[App, Grant]]


class OAuthDoor:
    """Answers paths below /services/oauth2 and /id."""

    def __init__(self, pool: OrgPool, injector: Injector) -> None:
        self._pool, self._queue, self._injector = pool, LoginQueue(pool), injector

    async def token(self, request: Request) -> Response:
        """Answer a token request; a JSON body has no grant_type [WIRE oauth-json-body]."""
        form = await _form_of(request, labelled=True)
        if isinstance(form, Response):
            return form
        shape = _format(request, form)
        username = form.get("username", "").strip()
        if injected := await self._injector.fault(InjectedOperation.LOGIN, Told.OAUTH, username):
            return marked(_refused(injected, shape), injected)
        kind = host_kind(request.headers.get("host", ""))
        if kind is HostKind.LIGHTNING:
            return _refused(FaultKey.UNSUPPORTED_GRANT_TYPE, shape)
        flow, here = GRANTS.get(form.get("grant_type", "")), base_of(request)
        if flow is None:
            return _refused(FaultKey.UNSUPPORTED_GRANT_TYPE, shape)
        if flow == CLIENT_CREDENTIALS and not HOSTS[kind].client_credentials:
            return _refused(FaultKey.DOMAIN_NOT_SUPPORTED, shape)
        attempt = attempt_of(
            request, Door.OAUTH, username=form.get("username", ""), sent=form.get("password", "")
        )

        def grant(org: Org, tried: Attempt) -> tuple[Grant, dict[str, str]]:
            app, granted = FLOW_OF_GRANT_TYPE[flow](org, form, at_host(org, tried), here)
            if not granted.session_id:
                return granted, {}
            info = org.info()
            answer = results.token_result(home(here, info), info, app, granted, flow)
            if OPENID in granted.scope.split():
                claims = id_claims(here, info, app, granted, wall_clock())
                answer["id_token"] = org.openid.signed(claims)
            return granted, answer

        try:
            granted, answer = await self._queue.run(request, attempt, grant)
        except GrantRefusedError as refusal:
            return _refused(refusal.fault, shape)
        except TooSlowError:
            return _too_slow()
        if granted.login is not None:
            note_login(granted.login)
        if answer:
            return _shaped(answer, shape, 200)
        return _refused(granted.fault or FaultKey.INVALID_LOGIN, shape)

    def unavailable(self, request: Request) -> Response:
        """The error when the org file cannot be used."""
        return _refused(FaultKey.UNAVAILABLE)

    async def revoke(self, request: Request) -> Response:
        """Revoke an access or refresh token: 200 with an empty body; 400 if there is none
        [assumption].
        """
        form = await _form_of(request)
        if isinstance(form, Response):
            return form
        token = form.get("token") or request.query_params.get("token", "")
        if not token or not await self._pool.quick(lambda org: org.apps.revoke(token)):
            return _refused(FaultKey.UNSUPPORTED_TOKEN_TYPE)
        return Response(b"", headers=NO_STORE)

    async def introspect(self, request: Request) -> Response:
        """Tell whether an access token is active; one of the password flow never is
        [WIRE oauth-introspect].
        """
        form = await _form_of(request)
        if isinstance(form, Response):
            return form
        here = base_of(request)

        def ask(org: Org) -> bytes:
            app = org.apps.authenticate(*_client(form))
            found = org.apps.introspect(form.get("token", ""))
            if found is None or found[0].app_id != app.id:
                return results.as_json({"active": False})
            session, user = found
            ends = ends_at(session.used_at, org.setup.org_settings())
            now = org.clock.read().seen_org
            return results.introspection(here, org.info(), app, session, user, ends, now)

        try:
            return json_answer(await self._pool.quick(ask), headers=NO_STORE)
        except GrantRefusedError as refusal:
            return _refused(refusal.fault)

    async def userinfo(self, request: Request) -> Response:
        """Answer with the user of an access token."""
        token, here = await _token_of(request), base_of(request)
        where = address_of(request)

        def ask(org: Org) -> bytes | None:
            user = org.sessions.check(token, where).user
            return results.userinfo(here, org.info(), user) if user else None

        return _identified(await self._pool.quick(ask))

    async def identity(self, request: Request) -> Response:
        """Answer the identity URL; an expired password does not matter
        [WIRE expired-identity-url].
        """
        token, here = await _token_of(request), base_of(request)
        where = address_of(request)
        org_id, user_id = request.path_params["org"], request.path_params["user"]

        def ask(org: Org) -> bytes | None:
            user, info = org.sessions.check(token, where).user, org.info()
            mine = (
                user is not None
                and user.record_id[:15] == user_id[:15]
                and info.record_id[:15] == org_id[:15]
            )
            return results.identity_result(here, info, user) if user and mine else None

        return _identified(await self._pool.quick(ask))


FORM = "application/x-www-form-urlencoded"
JSON_SHAPE, XML_SHAPE, URL_SHAPE = "json", "xml", "urlencoded"


def _format(request: Request, form: FormFields) -> str:
    """The format of an answer, by the parameter or the Accept header [DOC oauth-answer-formats]."""
    named, accept = form.get("format", "").lower(), request.headers.get("accept", "").lower()
    if named in (JSON_SHAPE, XML_SHAPE, URL_SHAPE):
        return named
    if accept.startswith(FORM):
        return URL_SHAPE
    return XML_SHAPE if accept.startswith("application/xml") else JSON_SHAPE


def _shaped(values: dict[str, str], shape: str, status: int) -> Response:
    """An answer of the token endpoint in a format. The root element OAuth is from memory [MEM]."""
    if shape == URL_SHAPE:
        return Response(urlencode(values), status, NO_STORE, media_type=FORM)
    if shape == XML_SHAPE:
        inner = "".join(f"<{n}>{escape(printable(v))}</{n}>" for n, v in values.items())
        body = f'<?xml version="1.0" encoding="UTF-8"?><OAuth>{inner}</OAuth>'
        return Response(body, status, NO_STORE, media_type="application/xml;charset=UTF-8")
    return json_answer(results.as_json(values), status, NO_STORE)


async def _form_of(request: Request, labelled: bool = False) -> FormFields | Response:
    """The parameters of the URL and of the form in the body [3P oauth-parameters-in-url], with the
    client of an Authorization: Basic header as fields; or the answer that refuses the request.

    `labelled`: a body that is not labelled as a form is none [WIRE oauth-body-label].
    """
    is_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM
    try:
        body = await body_of(request)
        form = read_form(body) if is_form or not labelled else {}
        form = {**dict(request.query_params), **form}
    except TooLargeError:
        status, body = rest_error(FaultKey.TOO_LARGE)
        return json_answer(body, status)
    except TooSlowError:
        return _too_slow()
    except MalformedError:
        form = {}
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            key, _, secret = base64.b64decode(given.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return form
        form |= {"client_id": unquote_plus(key), "client_secret": unquote_plus(secret)}
    return form


async def _token_of(request: Request) -> str:
    """An access token, presented in any documented way [DOC token-parameter-names]."""
    found = bearer_of(request)
    if found:
        return found
    form = await _form_of(request)
    fields = {} if isinstance(form, Response) else form
    return fields.get("oauth_token") or fields.get("access_token") or ""


def _client(form: FormFields) -> tuple[str, str]:
    return form.get("client_id", ""), form.get("client_secret", "")


def _password(org: Org, form: FormFields, attempt: Attempt, here: str) -> tuple[App, Grant]:
    app = org.apps.authenticate(*_client(form))
    return app, org.apps.password(app, attempt)


def _client_credentials(
    org: Org, form: FormFields, attempt: Attempt, here: str
) -> tuple[App, Grant]:
    app = org.apps.authenticate(*_client(form))
    return app, org.apps.client_credentials(app, attempt)


def _jwt_bearer(org: Org, form: FormFields, attempt: Attempt, here: str) -> tuple[App, Grant]:
    return org.apps.jwt_bearer(form.get("assertion", ""), here, attempt, wall_clock())


def _refresh(org: Org, form: FormFields, attempt: Attempt, here: str) -> tuple[App, Grant]:
    app, public = _app_of(org, form)
    return app, org.apps.refresh(
        app, form.get("refresh_token", ""), attempt.address, public, form.get("scope", "")
    )


def _web_server(org: Org, form: FormFields, attempt: Attempt, here: str) -> tuple[App, Grant]:
    app, public = _app_of(org, form)
    code, callback, verifier = (
        form.get(name, "") for name in ("code", "redirect_uri", "code_verifier")
    )
    return app, org.apps.web_server(app, code, callback, verifier, attempt, public)


def _app_of(org: Org, form: FormFields) -> tuple[App, bool]:
    """The app, and whether it sent no secret; with PKCE the verifier replaces it [assumption]."""
    key, secret = _client(form)
    public = not secret
    return (org.apps.of_key(key) if public else org.apps.authenticate(key, secret)), public


FLOW_OF_GRANT_TYPE: dict[str, Flow] = {
    PASSWORD: _password,
    CLIENT_CREDENTIALS: _client_credentials,
    JWT_BEARER: _jwt_bearer,
    REFRESH: _refresh,
    WEB_SERVER: _web_server,
}


def _identified(answer: bytes | None) -> Response:
    """The answer about a user, or 403 in plain text without one [WIRE oauth-bad-token]."""
    if answer is None:
        return PlainTextResponse("Bad_OAuth_Token", 403)
    return json_answer(answer, headers=NO_STORE)


def _too_slow() -> Response:
    status, body = rest_error(FaultKey.TOO_SLOW)
    return json_answer(body, status)


def _refused(key: str, shape: str = JSON_SHAPE) -> Response:
    return _shaped(oauth_error(key), shape, faults()[key].oauth_status)

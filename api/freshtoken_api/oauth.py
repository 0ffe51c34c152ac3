"""The OAuth door: the username-password flow at /services/oauth2/token. Password and token arrive glued, as over SOAP."""

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from freshtoken_model.credentials import same
from freshtoken_model.pool import OrgPool
from freshtoken_model.verdict import Attempt, Door

from . import results
from .exchange import NO_STORE, address_of, base_of, caller_id, host_of, identity, json_answer, note_event
from .faults import OAUTH_STATUS, oauth_error, rest_error
from .messages import MalformedError, TooLargeError, body_of

PATH = "/services/oauth2/token"
FLOW = "password"
MOST_FIELDS = 500


class OAuthDoor:
    """Answers POST /services/oauth2/token."""

    def __init__(self, pool: OrgPool) -> None:
        self._pool = pool

    async def __call__(self, request: Request) -> Response:
        """One token request; a JSON body reads as no grant type [WIRE salesforce.md 3.5]."""
        try:
            body = await body_of(request)
        except TooLargeError:
            status, error = rest_error("too_large")
            return json_answer(error, status)
        except MalformedError:
            body = b""
        form = _read_form(body)
        if form.get("grant_type") != FLOW:
            return _refused("unsupported_grant_type")
        apps = await self._pool.run(lambda org: org.clients.apps())
        app = next((a for a in apps if same(a.consumer_key, form.get("client_id", ""))), None)
        if app is None:
            return _refused("invalid_client_id")
        if not same(app.consumer_secret, form.get("client_secret", "")):
            return _refused("invalid_client")
        if FLOW not in app.flows.split(","):
            return _refused("unsupported_grant_type")
        attempt = Attempt(
            username=form.get("username", "").strip(),
            sent=form.get("password", ""),
            door=Door.OAUTH,
            address=address_of(request),
            application=app.name,
            endpoint=PATH,
            login_url=host_of(request),
            client_id=caller_id(),
        )
        result = await self._pool.run(lambda org: org.login(attempt))
        note_event(result.event_id)
        if result.session_id is None or result.user is None:
            return _refused(result.verdict.fault or "invalid_login")
        user = result.user
        who = await self._pool.run(lambda org: identity(org, user))
        answer = results.token_result(base_of(request), who.info, who.user, app, result.session_id, result.at)
        return json_answer(answer, headers=NO_STORE)


def _read_form(body: bytes) -> dict[str, str]:
    """The fields of a form; what is none reads as having no fields."""
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}


def _refused(key: str) -> Response:
    return json_answer(oauth_error(key), OAUTH_STATUS, NO_STORE)

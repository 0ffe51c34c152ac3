"""The page of the web server flow: a user logs in and allows an app, and is sent back to it with an
authorization code.

The page is freshtoken's, not Salesforce's. The login is one to the user interface, which takes no
security token [DOC oauth-web-server-ui-login].
"""

from html import escape
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from freshtoken_api.answers.results import as_json
from freshtoken_api.exchange import NO_STORE, attempt_of, base_of, json_answer, note_login
from freshtoken_api.faults import OAUTH_STATUS, fault_text, oauth_error
from freshtoken_api.messages import MalformedError, TooLargeError, TooSlowError, body_of, read_form
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.login.apps import FULL_SCOPE, scope_of
from freshtoken_model.login.login import LoginResult
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.errors import GrantRefusedError
from freshtoken_model.values.kinds import FaultKey

AUTHORIZE = "/services/oauth2/authorize"
QUERY_FIELDS = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "nonce",
)
HEADERS = {
    **NO_STORE,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors "
    "'none'",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
"""Headers of every answer here. The referrer policy gives no address to other sites; no-referrer
would make the form's Origin null, which is refused.
"""
LOGIN_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>freshtoken</title>
<style>body{{font:16px system-ui;margin:4em auto;max-width:26em}}label{{display:block;margin:1em 0}}
input{{font:inherit;width:100%;box-sizing:border-box}}button{{font:inherit;padding:.4em 1em}}.error{{color:#a00}}
.note{{border-left:4px solid #999;padding-left:.6em;color:#555}}</style></head>
<body><h1>{org}</h1><p>The app <b>{app}</b> asks to call the API as you.</p>{error}
<form method="post">
<label>Username <input name="username" autocomplete="off" value="{username}"></label>
<label>Password <input name="password" type="password" autocomplete="off"></label>
<button>Log in and allow</button></form>
<p class="note">freshtoken's own page. A login in the user interface: no security token is asked for.</p></body></html>"""  # noqa: E501


class AuthorizeDoor:
    """Answers /services/oauth2/authorize."""

    def __init__(self, pool: OrgPool) -> None:
        self._pool = pool

    async def __call__(self, request: Request) -> Response:
        """Show the page, or take its form and send the browser back to the app."""
        asked = {name: request.query_params.get(name, "") for name in QUERY_FIELDS}
        try:
            app, org = await self._pool.run(
                lambda org: (
                    org.apps.callback_of(asked["client_id"], asked["redirect_uri"]),
                    org.info().name,
                )
            )
        except GrantRefusedError as refusal:
            return _refused(refusal.fault)  # never redirect to an unknown address
        if asked["response_type"] != "code":
            return _back(
                asked,
                error="unsupported_response_type",
                error_description="response type not supported",
            )
        method = (
            asked["code_challenge_method"] or "S256"
        )  # sf names none; its code_challenge is a SHA-256 hash
        if asked["code_challenge"] and method != "S256":
            return _back(
                asked,
                error="invalid_request",
                error_description="code_challenge_method must be S256",
            )
        try:
            scope_of(asked["scope"] or FULL_SCOPE)
        except GrantRefusedError as refusal:
            fault = fault_text(refusal.fault, Door.WEB_SERVER)
            return _back(asked, error=fault.code, error_description=fault.message)
        if request.method != "POST":
            return _page(org, app.name)
        here = base_of(request).lower()
        if (
            request.headers.get("origin", here).lower() != here
        ):  # null comes from a sandboxed frame; curl sends no Origin
            return _page(org, app.name, "This form was sent from another site.")
        try:
            form = read_form(await body_of(request))
        except (TooLargeError, TooSlowError, MalformedError):
            form = {}
        attempt = attempt_of(
            request, Door.UI, username=form.get("username", ""), sent=form.get("password", "")
        )
        result, code = await self._pool.run(lambda org: _allow(org, attempt, asked))
        note_login(result)
        if code is None:
            return _page(org, app.name, _words(result), form.get("username", ""))
        return _back(asked, code=code)

    def unavailable(self, request: Request) -> Response:
        """The error when the org file cannot be used."""
        return _refused(FaultKey.UNAVAILABLE)


def _refused(key: str) -> Response:
    return json_answer(as_json(oauth_error(key)), OAUTH_STATUS, HEADERS)


def _allow(org: Org, attempt: Attempt, asked: dict[str, str]) -> tuple[LoginResult, str | None]:
    """Log in to the user interface, make the code, and end the session, so that none stays open."""
    result = org.login(attempt)
    if result.session_id is None:
        return result, None
    try:
        if result.verdict.password_expired:
            return result, None
        code = org.apps.authorize(
            asked["client_id"],
            asked["redirect_uri"],
            asked["code_challenge"],
            asked["scope"],
            result.session_id,
            asked["nonce"],
        )
        return result, code
    finally:
        org.sessions.end(result.session_id)


def _words(result: LoginResult) -> str:
    if result.verdict.password_expired:
        return "Your password has expired: change it first, in freshtoken."
    return fault_text(result.verdict.fault or FaultKey.INVALID_LOGIN, Door.UI).message


def _page(org: str, app: str, error: str = "", username: str = "") -> Response:
    shown = f'<p class="error">{escape(error)}</p>' if error else ""
    page = LOGIN_PAGE.format(
        org=escape(org), app=escape(app), error=shown, username=escape(username)
    )
    return HTMLResponse(page, headers=HEADERS)


def _back(asked: dict[str, str], **values: str) -> Response:
    if asked["state"]:
        values["state"] = asked["state"]
    callback = asked["redirect_uri"]
    joined = "&" if "?" in callback else "?"
    return RedirectResponse(f"{callback}{joined}{urlencode(values)}", 302, HEADERS)

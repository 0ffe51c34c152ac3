"""Stands around the wire of a rehearsed org: notes every exchange, and holds an answer back until
what is bound to it has been done, so that the client's next request finds it done.
"""

import base64
import binascii
import re
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from freshtoken_api.doors.oauth import GRANTS, TOKEN
from freshtoken_api.exchange import CALLER, Caller
from freshtoken_api.hosts import HostKind, host_kind
from freshtoken_api.injection import INJECTED
from freshtoken_api.messages import (
    LARGEST_BODY,
    MalformedError,
    TooLargeError,
    TooSlowError,
    body_of,
    read_call,
    read_form,
)
from freshtoken_model.decision.grants import (
    CLIENT_CREDENTIALS,
    JWT_BEARER,
    PASSWORD,
    REFRESH,
    WEB_SERVER,
)
from freshtoken_model.files.adoption import AdoptedCredentials
from freshtoken_model.values.visible import visible

from .evidence import LoginKind, RecordedExchange, RecordedOperation
from .secrets import Secrets

KINDS = {
    PASSWORD: LoginKind.PASSWORD,
    CLIENT_CREDENTIALS: LoginKind.CLIENT_CREDENTIALS,
    JWT_BEARER: LoginKind.JWT_BEARER,
    REFRESH: LoginKind.REFRESH_TOKEN,
    WEB_SERVER: LoginKind.WEB_SERVER,
}
OPERATIONS = {"login": RecordedOperation.LOGIN, "logout": RecordedOperation.OTHER}
"""The operations of SOAP that are no data calls."""
DATA = re.compile(r"/services/(data/v[0-9.]+/.|async/|apexrest/|Soap/)")
FAULT = re.compile(
    r'<faultcode>(?:\w+:)?(?P<soap>[^<]+)<|"error(?:Code)?"\s*:\s*"(?P<json>[^"]+)"'
    r"|<errorCode>(?P<xml>[^<]+)<|<error>(?P<oauth>[^<]+)<"
)
SENTENCE = re.compile(
    r"<faultstring>(?:[\w:]+: )?(?P<soap>[^<]+)<"
    r'|"(?:error_description|message)"\s*:\s*"(?P<json>[^"]+)"'
    r"|<(?:message|error_description)>(?P<xml>[^<]+)<"
)
READ_OF_ANSWER = 16_384
"""Bytes of an answer that are read: the code of a fault and a session ID stand at its beginning."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for; `held` is what a login presents."""

    operation: RecordedOperation
    login: str = ""
    application: str = ""
    held: AdoptedCredentials | None = None
    assertion: bool = False


class Wire:
    """The ASGI app around an org's own. `arrived` is awaited with a login before the org sees it,
    `answered` with every exchange before the client sees the end of the answer; not with one whose
    client had gone before the org decided anything.
    """

    def __init__(
        self,
        app: ASGIApp,
        secrets: Secrets,
        arrived: Callable[[Asked], Awaitable[None]],
        answered: Callable[[RecordedExchange], Awaitable[None]],
    ) -> None:
        self._app, self._secrets = app, secrets
        self._arrived, self._answered = arrived, answered
        self._started = time.monotonic()
        self.shown_in_urls: set[str] = set()
        """The kinds of secrets that stood in the address of a request."""

    def start(self) -> None:
        """The client is started now."""
        self._started = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request by the org, and note it."""
        at_ms = round((time.monotonic() - self._started) * 1000)
        incoming = _Incoming(receive)
        asked = await what_is_asked(scope, await incoming.body())
        query = unquote_plus(scope["query_string"].decode("latin-1"))
        self.shown_in_urls |= self._secrets.found_in(query.encode())[1]
        if asked.operation is RecordedOperation.LOGIN:
            await self._arrived(asked)
        status, headers, answer = 0, [], bytearray()
        held_back: Message | None = None

        async def say(message: Message) -> None:
            nonlocal status, headers, held_back
            if message["type"] == "http.response.start":
                status, headers = message["status"], message.get("headers", [])
            elif len(answer) < READ_OF_ANSWER:
                answer.extend(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                held_back = message
            else:
                await send(message)

        mark = CALLER.set(Caller(None))
        try:
            await self._app(scope, incoming.hear, say)
            caller = CALLER.get()
        finally:
            CALLER.reset(mark)
        text = bytes(answer[:READ_OF_ANSWER]).decode("utf-8", "replace")
        self._secrets.note(text)
        if not incoming.gone or (caller and caller.logins):
            await self._answered(_exchange(at_ms, scope, asked, status, headers, text, caller))
        if held_back is not None:
            await send(held_back)


class _Incoming:
    """A request that is read before the org reads it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: list[Message] = []
        self.gone = False
        """Whether the client has gone before it was answered."""

    async def body(self) -> bytes:
        """The body as it was sent, up to what freshtoken reads of one."""
        size, more = 0, True
        while more and size <= LARGEST_BODY:
            message = await self._receive()
            self._read.append(message)
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        return b"".join(message.get("body", b"") for message in self._read)

    async def hear(self) -> Message:
        """The next message for the org."""
        message = self._read.pop(0) if self._read else await self._receive()
        self.gone = self.gone or message["type"] == "http.disconnect"
        return message


async def what_is_asked(scope: Scope, body: bytes) -> Asked:
    """What a request asks for, by its path, its parameters and its envelope."""
    path, agent = scope["path"], _header(scope, b"user-agent")
    sandbox = host_kind(_header(scope, b"host")) is HostKind.SANDBOX_LOGIN
    try:
        content = await body_of(Request(scope, _once(body)))
        if path.startswith(TOKEN):
            return _token_request(scope, content, agent, sandbox)
        if path.startswith("/services/Soap/"):
            return _soap_call(content, agent, sandbox)
    except (MalformedError, TooLargeError, TooSlowError):
        return Asked(RecordedOperation.OTHER)
    found = DATA.match(path)
    return Asked(RecordedOperation.DATA if found else RecordedOperation.OTHER, application=agent)


def _soap_call(content: bytes, agent: str, sandbox: bool) -> Asked:
    call = read_call(content)
    application = visible(call.application[:80]) or agent
    asked = OPERATIONS.get(call.operation, RecordedOperation.DATA)
    if asked is not RecordedOperation.LOGIN:
        return Asked(asked, application=application)
    held = AdoptedCredentials(
        call.field("username").strip(), call.field("password"), sandbox=sandbox
    )
    return Asked(RecordedOperation.LOGIN, LoginKind.SOAP, application, held)


def _token_request(scope: Scope, content: bytes, agent: str, sandbox: bool) -> Asked:
    form = read_form(scope["query_string"]) | read_form(content)
    key, secret = _basic(scope) or (form.get("client_id", ""), form.get("client_secret", ""))
    held = AdoptedCredentials(
        form.get("username", "").strip(),
        form.get("password", ""),
        client_id=key,
        client_secret=secret,
        refresh_token=form.get("refresh_token", ""),
        sandbox=sandbox,
    )
    kind = KINDS.get(GRANTS.get(form.get("grant_type", ""), ""), "")
    return Asked(RecordedOperation.LOGIN, kind, agent, held, "assertion" in form)


def _basic(scope: Scope) -> tuple[str, str] | None:
    """The client of an Authorization: Basic header."""
    scheme, _, given = _header(scope, b"authorization").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, _, secret = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return unquote_plus(key), unquote_plus(secret)


def _once(body: bytes) -> Receive:
    async def hear() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return hear


def _header(scope: Scope, name: bytes) -> str:
    return next((v.decode("latin-1") for n, v in scope["headers"] if n.lower() == name), "")


def _exchange(
    at_ms: int,
    scope: Scope,
    asked: Asked,
    status: int,
    headers: Collection[tuple[bytes, bytes]],
    text: str,
    caller: Caller | None,
) -> RecordedExchange:
    refused = status >= 400
    login = caller.logins[-1] if caller and caller.logins else None
    return RecordedExchange(
        at_ms=at_ms,
        operation=asked.operation,
        login=asked.login,
        status=status,
        fault=visible((_first(FAULT, text) or f"HTTP {status}") if refused else ""),
        sentence=visible(_first(SENTENCE, text) if refused else ""),
        counted=login is not None and login.verdict.counts,
        locked=login is not None and login.locked_out,
        path=visible(scope["path"][:200]),
        user_agent=visible(_header(scope, b"user-agent")[:120]),
        application=asked.application,
        injected=any(name.lower() == INJECTED.lower().encode() for name, _ in headers),
        event_id=caller.events[-1] if caller and caller.events else None,
    )


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return next(filter(None, found.groups()), "") if found else ""

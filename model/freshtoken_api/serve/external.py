"""The wire as a port serves it to external clients: which requests it answers, their address in the
org, the journal, and the record of exchanges.
"""

import ipaddress
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import lru_cache
from http import HTTPStatus

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from freshtoken_api.client import tape
from freshtoken_api.doors.authorize import AUTHORIZE, HEADERS
from freshtoken_api.exchange import CALLER, Caller
from freshtoken_api.injection import INJECTED
from freshtoken_api.missing import MISSING_API
from freshtoken_model.accounts.networks import OUTSIDE
from freshtoken_model.decision.credentials import digest
from freshtoken_model.decision.lights import Light
from freshtoken_model.values.visible import NOTHING, Visible, visible, visible_lines

from .journal import Journal

ALIVE = "/isalive"
FAMILY = (".salesforce.com", ".force.com")
ANY = "*"
"""As an allowed name: any Host is answered."""
FOREIGN = "freshtoken does not answer to what another site's page sends."
OUTCOME = re.compile(rb'<faultcode>([^<]+)|"(?:error|errorCode)":"([^"]+)')
SESSION = re.compile(r"<(?:[\w.-]+:)?sessionId>([^<]+)<|\"access_token\":\"([^\"]+)")
ORIGIN = re.compile(r"(https?)://((?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?)")
"""Matches an origin in lower case: scheme, and host with its port."""
LONGEST_HOST = 260
"""Characters of a Host header, a name with its port."""
KEPT_SESSIONS = 1_000
"""Sessions whose client is remembered, so that later requests are put to it."""
NOTED = {MISSING_API: "has_no", INJECTED: "injected"}
"""Headers of freshtoken's own answers that the journal repeats, and its keys for them."""
READ = (b"host", b"user-agent", b"origin", b"sec-fetch-site")
"""The headers that this module reads."""


@lru_cache(maxsize=1_000)
def is_loopback(host: str) -> bool:
    """Whether a host is a loopback address or localhost."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


@lru_cache(maxsize=1_000)
def bare_host(host: str) -> str:
    """A host's name or address in lower case, without port and brackets; an IPv6 address in its
    shortest spelling.
    """
    host = host.strip().lower()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host


def may_name(host_header: str, bound: str, allowed: tuple[str, ...] = ()) -> bool:
    """Whether a Host header is answered: loopback, the bound address, Salesforce's names and the
    allowed ones. Others are refused against DNS rebinding.
    """
    if len(host_header) > LONGEST_HOST:
        return False
    host = bare_host(host_header)
    if is_loopback(host) or host.endswith(FAMILY) or ANY in allowed:
        return True
    return host != "" and host in map(bare_host, (bound, *allowed))


def is_cross_site(
    method: str, path: str, here: str, origin: str | None, site: str, allowed: tuple[str, ...] = ()
) -> bool:
    """Whether a browser sends the request for a page of another site, which could lock users out
    unseen.

    `here` is the request's scheme://Host, `origin` its Origin (None without one), `site` its
    Sec-Fetch-Site; only browsers send the last two. The authorize page may be linked from anywhere,
    and its form checks the Origin. ANY among the allowed names allows no other origin.
    """
    if (method, path) == ("GET", AUTHORIZE):
        return False
    if site.lower() == "cross-site":
        return True
    if origin is None or origin.lower() == here.lower():
        return False
    found = ORIGIN.fullmatch(origin.lower())
    if found is None:
        return True
    scheme, host = found[1], bare_host(found[2])
    ours = (
        is_loopback(host)
        or host in map(bare_host, allowed)
        or (scheme == "https" and host.endswith(FAMILY))
    )
    return not ours


class Recorder:
    """Records the exchanges of external clients on a tape, and passes each to `watching`."""

    def __init__(self, kept: tape.Tape, watching: Callable[[tape.Exchange], None]) -> None:
        self._tape, self._watching = kept, watching
        self._clients: OrderedDict[str, int] = OrderedDict()
        self._count = 0

    def record(
        self,
        scope: Scope,
        request: bytes,
        status: int,
        headers: list[tuple[bytes, bytes]],
        response: bytes,
    ) -> None:
        """Record an exchange. A request with a session ID is put to the client that got the
        session.
        """
        caller = CALLER.get() or Caller(None)
        asked = visible_lines(request.decode("utf-8", "replace")[: tape.LONGEST_TEXT])
        answered = visible_lines(response.decode("utf-8", "replace")[: tape.LONGEST_TEXT])
        given = next(
            (visible(v.decode("latin-1")) for n, v in scope["headers"] if n == b"authorization"), ""
        )
        query = scope["query_string"].decode("latin-1")
        path = visible(scope["path"] + (f"?{query}" if query else ""))
        client_id = caller.client_id
        if client_id is None:
            found = SESSION.search(asked)
            client_id = self._clients.get(
                digest(given.partition(" ")[2] or (found[1] or "" if found else ""))
            )
        elif opened := SESSION.search(answered):
            self._clients[digest(opened[1] or opened[2])] = client_id
            if len(self._clients) > KEPT_SESSIONS:
                self._clients.popitem(last=False)
        self._count -= 1
        exchange = tape.Exchange(
            self._count,
            client_id,
            "outside",
            tape.Message(
                visible(f"{scope['method']} {path} HTTP/1.1"),
                tape.shown_headers(list(scope["headers"])),
                asked,
            ),
            tape.Message(
                visible(f"HTTP/1.1 {status} {_phrase(status)}"),
                tape.shown_headers(headers),
                answered,
            ),
            tape.ClientAnswer(Light.CONNECTED if status < 400 else Light.BLOCKED, NOTHING),
            caller.events[-1] if caller.events else None,
            tape.secrets_in(
                asked,
                answered,
                given,
                path,
                *(v.decode("latin-1") for n, v in headers if n == b"location"),
            ),
        )
        self._tape.append(exchange)
        self._watching(exchange)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in {known.value for known in HTTPStatus} else ""


class ExternalApp:
    """The ASGI app of a port."""

    def __init__(
        self,
        app: ASGIApp,
        bound: str,
        journal: Journal,
        recorder: Recorder | None = None,
        allowed: tuple[str, ...] = (),
    ) -> None:
        """`bound` is the address of the port; `allowed` are more hosts to answer to."""
        self._app, self._bound, self._journal, self._recorder = app, bound, journal, recorder
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        found = [
            (name, value.decode("latin-1")) for name, value in scope["headers"] if name in READ
        ]
        headers = dict(found)
        origins = [value for name, value in found if name == b"origin"]
        host, agent, start = (
            headers.get(b"host", ""),
            headers.get(b"user-agent", ""),
            time.perf_counter(),
        )
        if not may_name(host, self._bound, self._allowed):
            await PlainTextResponse("freshtoken does not answer to this Host.", 403)(
                scope, receive, send
            )
            return
        here, site = f"{scope['scheme']}://{host}", headers.get(b"sec-fetch-site", "")
        origin = ", ".join(origins) if origins else None  # several are no valid origin
        if is_cross_site(scope["method"], scope["path"], here, origin, site, self._allowed):
            await PlainTextResponse(FOREIGN, 403, HEADERS)(scope, receive, send)
            self._note(scope, agent, 403, "refused", start)
            return
        if scope["path"] == ALIVE:
            await JSONResponse({"status": "alive"})(scope, receive, send)
            return
        if scope["path"].startswith(
            "//"
        ):  # sf org login access-token ends its instance URL with a slash [assumption]
            scope["path"] = "/" + scope["path"].lstrip("/")
        scope["client"] = (OUTSIDE, scope["client"][1] if scope.get("client") else 0)
        status, outcome, answered, asked = 0, "", bytearray(), bytearray()
        answer_headers: list[tuple[bytes, bytes]] = []
        recorder = self._recorder

        async def hearing() -> Message:
            message = await receive()
            if recorder is not None and len(asked) < tape.LONGEST_TEXT:
                asked.extend(message.get("body", b""))
            return message

        async def watching(message: Message) -> None:
            nonlocal status, outcome
            if message["type"] == "http.response.start":
                status = message["status"]
                answer_headers.extend(message.get("headers", ()))
            else:
                body = message.get("body", b"")
                if not outcome:
                    found = OUTCOME.search(body) if status >= 400 else None
                    outcome = (
                        (found[1] or found[2]).decode("latin-1")
                        if found
                        else "ok"
                        if status < 400
                        else "refused"
                    )
                if recorder is not None and len(answered) < tape.LONGEST_TEXT:
                    answered.extend(body)
            await send(message)

        mark = CALLER.set(Caller(None)) if recorder is not None else None
        try:
            await self._app(scope, hearing if recorder is not None else receive, watching)
            if recorder is not None:
                recorder.record(scope, bytes(asked), status, answer_headers, bytes(answered))
        finally:
            if mark is not None:
                CALLER.reset(mark)
            self._note(scope, agent, status, outcome, start, answer_headers)

    def _note(
        self,
        scope: Scope,
        agent: str,
        status: int,
        outcome: str,
        start: float,
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        """Add the request to the journal."""
        entry: dict[str, Visible | int | float] = {
            "method": visible(scope["method"]),
            "path": visible(scope["path"][:200]),
            "client": visible(agent[:80]),
            "status": status,
            "outcome": visible(outcome),
            "milliseconds": round((time.perf_counter() - start) * 1000, 1),
        }
        for name, key in NOTED.items():
            if told := header_in(headers, name):
                entry[key] = visible(told)
        self._journal(entry)


def header_in(headers: Iterable[tuple[bytes, bytes]], name: str) -> str:
    """The value of a header of an answer; empty where it has none."""
    wanted = name.lower().encode()
    return next((value.decode("latin-1") for n, value in headers if n.lower() == wanted), "")

"""The pages of freshtoken web, and the WebSocket between a tab and its visitor's app."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import suppress
from html import escape
from http import HTTPStatus
from pathlib import Path
from string import Template
from urllib.parse import parse_qs, urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from freshtoken_api.serve.external import bare_host, is_loopback

from .folders import FILES, Folders, Visitor
from .places import FullError, Places, Reason, RunningVisitor

STATIC = Path(__file__).with_name("static")
KEPT = 180 * 24 * 3600
"""Seconds that a browser keeps a visitor's cookie."""
LONGEST_FORM, LONGEST_MESSAGE = 4_096, 65_536
"""Bytes of a form, and of a message of the WebSocket."""
LEAST, MOST = (20, 6), (500, 200)
"""Columns and rows that a terminal has at least and at most."""
FIRST_WORD, CLOSING = 10.0, 5.0
"""Seconds in which a tab says how large it is, and in which it takes its goodbye."""
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,120}")
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}
"""Of every answer; xterm.js writes style elements."""


Words = dict[str, object]
"""What a tab says, as JSON."""


class NotOursError(Exception):
    """A tab says what no page of ours would."""


class Site:
    """The pages. `port` is in the cookie's name: cookies know no ports, and another server on this
    machine has visitors of its own.
    """

    def __init__(self, folders: Folders, places: Places, host: str, port: int) -> None:
        self._folders, self._places = folders, places
        self._cookie = f"freshtoken_{port}"
        site = Starlette(
            routes=[
                Route("/", self._front),
                Route("/begin", self._begin, methods=["POST"]),
                Route("/leave", self._leave, methods=["POST"]),
                Route("/files/{name}", self._file),
                WebSocketRoute("/terminal", self._terminal),
                Mount("/static", StaticFiles(directory=STATIC)),
            ],
        )
        self.app: ASGIApp = SiteGuard(site, host)

    def _visitor(self, request: HTTPConnection) -> Visitor | None:
        return self._folders.find(request.cookies.get(self._cookie, ""))

    async def _front(self, request: Request) -> Response:
        """The app; the question for a name at the first visit; that all places are taken."""
        visitor = self._visitor(request)
        if visitor is None:
            return _page("welcome.html")
        if not self._places.open_to(visitor):
            return _page("full.html", HTTPStatus.SERVICE_UNAVAILABLE, most=str(self._places.most))
        return _page("terminal.html", visitor=visitor.name or "No name")

    async def _begin(self, request: Request) -> Response:
        """Make a visitor's folder, and give the cookie that finds it."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LONGEST_FORM:
                return Response(status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        given = parse_qs(body.decode("utf-8", "replace"), max_num_fields=5).get("name", [""])[0]
        key = await asyncio.to_thread(self._folders.add, given)
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        answer.set_cookie(self._cookie, key, max_age=KEPT, httponly=True, samesite="lax")
        return answer

    async def _leave(self, request: Request) -> Response:
        """Forget who sits at this browser; the org stays in its folder."""
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        answer.delete_cookie(self._cookie, httponly=True, samesite="lax")
        return answer

    async def _file(self, request: Request) -> Response:
        """A file that the visitor's app wrote."""
        visitor, name = self._visitor(request), request.path_params["name"]
        if visitor is not None and FILE_NAME.fullmatch(name):
            path = visitor.folder / FILES / name
            if path.is_file() and not path.is_symlink():
                return FileResponse(path, filename=name)
        return Response("There is no such file.", HTTPStatus.NOT_FOUND, media_type="text/plain")

    async def _terminal(self, socket: WebSocket) -> None:
        """A tab: what it types goes to the app, what the app draws comes back."""
        await socket.accept()
        tab = SocketTab(socket)
        visitor = self._visitor(socket)
        if visitor is None:
            await tab.close(Reason.UNKNOWN)
            return
        try:
            async with asyncio.timeout(FIRST_WORD):
                size = _size(await _heard(socket))
            place = await self._places.enter(visitor, tab, *size)
            try:
                while True:
                    await self._heed(place, await _heard(socket))
            finally:
                self._places.leave(place, tab)
        except FullError:
            await tab.close(Reason.FULL)
        except (NotOursError, TimeoutError):
            await tab.close(Reason.NOT_OURS)
        except OSError:
            await tab.close(Reason.FAILED)
        except WebSocketDisconnect:
            pass

    async def _heed(self, place: RunningVisitor, said: bytes | Words) -> None:
        """What a tab says. Raises NotOursError."""
        if isinstance(said, bytes):
            await self._places.typed(place, said)
        elif said.get("type") in ("focus", "blur"):
            await place.process.tell(str(said["type"]))
        elif said.get("type") == "resize":
            width, height = _bounded(said)
            await place.process.tell("resize", width=width, height=height)


class SocketTab:
    """A tab at the other end of a WebSocket."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def draw(self, data: bytes) -> None:
        """Send bytes of a terminal. Raises ConnectionError."""
        await self._send({"type": "websocket.send", "bytes": data})

    async def ask(self, what: str, **more: str) -> None:
        """Send what the browser is to do. Raises ConnectionError."""
        await self._send({"type": "websocket.send", "text": json.dumps({"type": what, **more})})

    async def close(self, reason: Reason) -> None:
        """Close with a code that says why."""
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(CLOSING):
                await self._send({"type": "websocket.close", "code": int(reason)})

    async def _send(self, message: Message) -> None:
        try:
            await self._socket.send(message)
        except (WebSocketDisconnect, RuntimeError, OSError) as error:
            raise ConnectionError from error  # starlette says RuntimeError behind a close


class SiteGuard:
    """Around the site: a server on loopback answers to loopback's names only, what changes
    something must come from a page of ours, and every answer has HEADERS.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app, self._only_loopback = app, is_loopback(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on."""
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        changes = scope["type"] == "websocket" or scope.get("method") == "POST"
        foreign = changes and (origin is None or urlsplit(origin).netloc != host)
        elsewhere = self._only_loopback and not is_loopback(bare_host(host))
        if scope["type"] in ("http", "websocket") and (foreign or elsewhere):
            words = "freshtoken web answers its own pages only."
            refusal = Response(words, HTTPStatus.FORBIDDEN, media_type="text/plain")
            await refusal(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, headed)


def _page(name: str, status: HTTPStatus = HTTPStatus.OK, **words: str) -> Response:
    """A page of the folder static, with words put in."""
    text = Template((STATIC / name).read_text(encoding="utf-8"))
    shown = {place: escape(word) for place, word in words.items()}
    return HTMLResponse(text.substitute(shown), status)


async def _heard(socket: WebSocket) -> bytes | Words:
    """What a tab says next: keys, or words. Raises WebSocketDisconnect when it is gone,
    NotOursError when it says neither.
    """
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message["code"])
    typed: bytes | None = message.get("bytes")
    if typed is not None:
        return typed
    try:
        said = json.loads(message["text"])
    except (ValueError, RecursionError):
        raise NotOursError from None
    if not isinstance(said, dict):
        raise NotOursError
    return said


def _size(said: bytes | Words) -> tuple[int, int]:
    """The size in a tab's first words. Raises NotOursError for other ones."""
    if isinstance(said, bytes) or said.get("type") != "size":
        raise NotOursError
    return _bounded(said)


def _bounded(said: Words) -> tuple[int, int]:
    """Columns and rows within LEAST and MOST. Raises NotOursError without them."""
    width, height = said.get("width"), said.get("height")
    if not isinstance(width, int) or not isinstance(height, int):
        raise NotOursError
    return (
        min(max(width, LEAST[0]), MOST[0]),
        min(max(height, LEAST[1]), MOST[1]),
    )

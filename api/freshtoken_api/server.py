"""The org on a real port, for unmodified clients. Loopback unless told otherwise; refuses foreign Host headers.

What an outside client's address is in the org is chosen (`--from`): its real one would be loopback for everybody.
"""

import errno
import ipaddress
import json
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from freshtoken_model.pool import OrgPool

from .app import create_app

ALIVE = "/isalive"
GRACE = 2
"""Seconds that running requests get to finish."""
FAMILY = (".salesforce.com", ".force.com")
OUTCOME = re.compile(rb'<faultcode>([^<]+)|"(?:error|errorCode)":"([^"]+)')

Journal = Callable[[dict[str, str | int | float]], None]


class PortTakenError(Exception):
    """The port cannot be had; the message says why."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises PortTakenError."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # with proto 0 every answer waits 44 ms
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(512)
    except (OSError, OverflowError) as error:
        sock.close()
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise PortTakenError(f"Port {port} is in use; choose another one with --port, or 0 for any free one.") from error
        raise PortTakenError(f"{host}:{port} cannot be used: {getattr(error, 'strerror', None) or error}.") from error
    return sock


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def may_name(host_header: str, bound: str) -> bool:
    """Whether a Host header is one we answer to: loopback, the bound address, Salesforce's names (DNS rebinding)."""
    host = host_header.rsplit(":", 1)[0] if not host_header.endswith("]") else host_header
    host = host.lower()
    return is_loopback(host) or host == bound or host.endswith(FAMILY)


class Outside:
    """Around the wire: checks Host, sets the caller's address in the org, answers /isalive, keeps the journal."""

    def __init__(self, app: ASGIApp, bound: str, address: str, journal: Journal) -> None:
        self._app, self._bound, self._address, self._journal = app, bound, address, journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not may_name(headers.get(b"host", ""), self._bound):
            await PlainTextResponse("freshtoken does not answer to this Host.", 403)(scope, receive, send)
            return
        if scope["path"] == ALIVE:
            await JSONResponse({"status": "alive"})(scope, receive, send)
            return
        scope["client"] = (self._address, scope["client"][1] if scope.get("client") else 0)
        start = time.perf_counter()
        seen: dict[str, str | int] = {"status": 0, "outcome": ""}

        async def watching(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            elif not seen["outcome"]:
                found = OUTCOME.search(message.get("body", b""))
                seen["outcome"] = (found.group(1) or found.group(2)).decode() if found else "ok"
            await send(message)

        try:
            await self._app(scope, receive, watching)
        finally:
            self._journal(
                {
                    "method": scope["method"],
                    "path": scope["path"],
                    "client": headers.get(b"user-agent", "")[:80],
                    "status": seen["status"],
                    "outcome": seen["outcome"],
                    "milliseconds": round((time.perf_counter() - start) * 1000, 1),
                }
            )


class OrgServer(uvicorn.Server):
    """Serves an org on one bound socket until SIGINT or SIGTERM, then finishes what runs."""

    def __init__(self, pool: OrgPool, sock: socket.socket, address: str, journal: Journal, ready: Path | None) -> None:
        host, port = sock.getsockname()[:2]
        self.url = f"http://{host}:{port}"
        self._sock, self._ready = sock, ready
        config = uvicorn.Config(
            Outside(create_app(pool), host, address, journal),
            http="h11",  # httptools lower-cases header names
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE,
        )
        super().__init__(config)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal ends the serving and nothing else: the caller closes the org and leaves with 0."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Once the port answers, write the ready file: whole, or not at all."""
        await super().startup(sockets)
        if self._ready is not None:
            temporary = self._ready.with_name(f".{self._ready.name}.{os.getpid()}")
            temporary.write_text(json.dumps({"http": self.url}) + "\n", encoding="utf-8")
            temporary.replace(self._ready)

    def serve_until_stopped(self) -> None:
        """Run; returns after a signal."""
        self.run(sockets=[self._sock])

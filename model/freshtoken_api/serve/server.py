"""Serves an org on ports for unmodified clients: plain HTTP, TLS, and the CONNECT proxy; on
loopback by default.
"""

import asyncio
import errno
import json
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from freshtoken_api.app import create_app
from freshtoken_api.injection import Injections
from freshtoken_model.pool import OrgPool
from freshtoken_model.store.whole_file import write_whole

from .authority import Authority, ControlAddress
from .external import ExternalApp, Recorder
from .front import ConnectFront
from .journal import Journal, silent
from .signals import ending_signals

GRACE = 2
"""Seconds that running requests get to finish when the ports are closed."""
HEAD_PATIENCE = 20
"""Seconds that a connection may take to send the head of a request."""
LONGEST_SHOWN = 60
"""Characters of a host's name that an error message repeats."""
OPEN_FILES = 16_384
"""Open files that ask_for_open_files() asks the system for."""
logging.getLogger("uvicorn").addHandler(
    logging.NullHandler()
)  # its messages would be printed between ours


class PortTakenError(Exception):
    """The port cannot be bound; the message says why."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports to listen on, 0 for any free one. `allowed` are names and addresses to answer to
    besides loopback and `host`; "*" is any.
    """

    host: str = "127.0.0.1"
    http: int = 8080
    tls: int = 8443
    proxy: int = 8081
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs of a served org, and the paths of the CA's certificate and of the bundle. As JSON it
    is the content of the ready file.
    """

    http: str
    https: str
    proxy: str
    ca: str
    ca_bundle: str
    control: ControlAddress | None = None
    """None where the control API is off."""

    def write(self, path: Path) -> None:
        """Write the ready file, whole or not at all, for its owner alone. Raises OSError."""
        found = {name: value for name, value in asdict(self).items() if value is not None}
        write_whole(path, json.dumps(found) + "\n")


def bind(host: str, port: int, option: str = "--port") -> socket.socket:
    """A listening socket; port 0 is any free one. Raises PortTakenError if the port is in use or
    the host is not valid.
    """
    shown = host if len(host) <= LONGEST_SHOWN else f"{host[:LONGEST_SHOWN]}..."
    shown = "".join(c if c.isprintable() else "?" for c in shown)
    if not host.strip():  # the system would listen on every address
        raise PortTakenError(
            "The host is empty; name an address of this machine, or 0.0.0.0 for all."
        )
    # With protocol 0 asyncio sets no TCP_NODELAY: 44 ms an answer
    # [MEASURED measured-socket-protocol].
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(1024)
    except (
        OSError,
        OverflowError,
        ValueError,
        TypeError,
    ) as error:  # a name that is too long, has a NUL or a surrogate
        sock.close()
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise PortTakenError(
                f"Port {port} is in use; choose another one with {option}, or 0 for any free one."
            ) from error
        reason = getattr(error, "strerror", None) or error
        raise PortTakenError(f"{shown}:{port} cannot be used: {reason}.") from error
    return sock


# What follows overrides methods of uvicorn that are not documented, because uvicorn has no option
# for them: a limit to the time a request's head may take (only one between two requests), a limit
# to the TLS handshake, and a server that leaves signals to its program. pyproject.toml bounds the
# version, and tests/clients/test_uvicorn.py notices when a name is lost. hypercorn, which has these
# options, takes 1.3 to 1.5 times the processor time of a request [MEASURED measured-hypercorn].


class PatientProtocol(H11Protocol):
    """uvicorn's protocol, which closes a connection whose request's head does not arrive within
    HEAD_PATIENCE seconds.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock for the first head."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_PATIENCE, self._give_up)

    def data_received(self, data: bytes) -> None:
        """Stop the clock at the end of a head, and start it for the next one. While a request runs,
        its endpoint limits the time of its body.
        """
        super().data_received(data)
        waiting = self._waits_for_a_head()
        if self._deadline is not None and not waiting:
            self._deadline.cancel()
            self._deadline = None
        elif self._deadline is None and waiting:
            self._deadline = self.loop.call_later(HEAD_PATIENCE, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        upgraded = self.transport.get_protocol() is not self
        if self._waits_for_a_head() and not upgraded:
            self.transport.close()

    def _waits_for_a_head(self) -> bool:
        # uvicorn sets `cycle` when a head is complete, and it stays until the next one
        return self.cycle is None or self.cycle.response_complete


class Port(uvicorn.Server):
    """A server on one of several ports in one event loop; `answers` is set when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle no signals: until_signalled() does for all ports, and the app for itself."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, as uvicorn does on sockets, but with HEAD_PATIENCE seconds for the TLS
        handshake, for which asyncio allows a minute.
        """
        config, state = self.config, self.server_state
        await self.lifespan.startup()

        def protocol() -> asyncio.Protocol:
            return PatientProtocol(config, state, self.lifespan.state)

        patience = HEAD_PATIENCE if config.ssl else None
        self.servers = [
            await asyncio.get_running_loop().create_server(
                protocol,
                sock=sock,
                ssl=config.ssl,
                backlog=config.backlog,
                ssl_handshake_timeout=patience,
            )
            for sock in sockets or ()
        ]
        self.started = True
        self.answers.set()


def port_config(app: ASGIApp, **more: Any) -> uvicorn.Config:
    """Uvicorn's options for a port of ours, loaded. `more`: options that differ."""
    config = uvicorn.Config(
        app,
        http=PatientProtocol,  # on h11: httptools lower-cases header names
        lifespan="off",
        proxy_headers=False,  # a client cannot name another address as its own
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        **more,
    )
    config.load()
    return config


class Serving:
    """Serves an org on its ports from start() to stop(), in the event loop that calls start()."""

    def __init__(
        self,
        pool: OrgPool,
        ports: Ports,
        authority: Authority,
        journal: Journal = silent,
        recorder: Recorder | None = None,
        injections: Injections | None = None,
        in_front: Callable[[ASGIApp], ASGIApp] | None = None,
    ) -> None:
        """Bind all ports. `in_front`: what the plain HTTP port answers besides. Raises
        PortTakenError.
        """
        host = ports.host
        self._sockets: list[socket.socket] = []
        try:
            for number, option in (
                (ports.http, "--port"),
                (ports.tls, "--tls-port"),
                (ports.proxy, "--proxy-port"),
            ):
                self._sockets.append(bind(host, number, option))
        except PortTakenError:
            self._close_sockets()
            raise
        plain, tls, proxy = (sock.getsockname()[1] for sock in self._sockets)
        everywhere = self._sockets[0].getsockname()[0] == "0.0.0.0"
        reached = (
            "127.0.0.1" if everywhere else host
        )  # clients do not call 0.0.0.0, and no certificate names it
        self.addresses = Addresses(
            f"http://{reached}:{plain}",
            f"https://{reached}:{tls}",
            f"http://{reached}:{proxy}",
            str(authority.certificate),
            str(authority.bundle),
        )
        self._host, self._allowed, self._authority, self._journal = (
            host,
            ports.allowed,
            authority,
            journal,
        )
        self._pool, self._recorder = pool, recorder
        self._injections, self._in_front = injections, in_front
        self._tls = (reached, tls)
        self._ports: list[Port] = []
        self._running: list[asyncio.Task[None]] = []
        self._front: ConnectFront | None = None

    async def start(self) -> Addresses:
        """Begin to answer on all ports."""
        app = ExternalApp(
            create_app(self._pool, self._injections),
            self._host,
            self._journal,
            self._recorder,
            self._allowed,
        )
        plain: ASGIApp = self._in_front(app) if self._in_front else app
        apps: tuple[ASGIApp, ...] = (plain, app)
        contexts = (None, self._authority.context(self._host))
        for sock, answering, context in zip(self._sockets, apps, contexts, strict=False):
            port = Port(port_config(cast("Any", answering), ws="none"))  # one protocol, two names
            port.config.ssl = context
            self._ports.append(port)
            self._running.append(asyncio.create_task(port.serve([sock])))
        self._front = ConnectFront(self._sockets[2], self._tls, self._journal)
        await self._front.start()
        for port in self._ports:
            await port.answers.wait()
        return self.addresses

    async def stop(self) -> None:
        """Let running requests finish, for GRACE seconds at most, and close the ports."""
        if self._front is not None:
            await self._front.stop()
        for port in self._ports:
            port.should_exit = True
        await asyncio.gather(*self._running, return_exceptions=True)
        for port in self._ports:
            for connection in list(port.server_state.connections):
                connection.transport.abort()
        self._close_sockets()

    def _close_sockets(self) -> None:
        for sock in self._sockets:
            sock.close()


def ask_for_open_files() -> None:
    """Raise the limit of open files to OPEN_FILES, or as far as the system allows; each connection
    needs one.
    """
    try:
        import resource
    except ImportError:  # not on Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def until_signalled(started: Callable[[], None]) -> None:
    """Wait for SIGINT or one of ending_signals(); `started` is called when they are handled."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, *ending_signals()):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
    started()
    await stopped.wait()

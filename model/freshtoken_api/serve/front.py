"""The CONNECT proxy: it tunnels requests for Salesforce's names to the TLS port and refuses all
others, unless their host was named. It passes bytes on as they are, so that an unmodified script
works with HTTPS_PROXY and a CA variable [MEASURED client-proxy-and-ca].
"""

import asyncio
import re
import socket
from contextlib import suppress

from freshtoken_model.values.visible import NOTHING, visible

from .journal import Journal

TUNNELLED = re.compile(r"[a-z0-9.-]+\.(?:salesforce|force)\.com", re.IGNORECASE)
SALESFORCE_PORT = b"443"
REQUEST = re.compile(rb"CONNECT ([^\s:]{1,253}):([0-9]{1,5}) HTTP/1\.[01]\r\n")
LONGEST_HEAD, HEADER_TIMEOUT, RECEIVE_SIZE = 16_384, 10, 65_536
"""Bytes of a request's head, seconds that it may take to arrive, bytes passed on at a time."""
REFUSAL = (
    b"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
)
WORDS = b"freshtoken tunnels *.salesforce.com:443 and *.force.com:443, and nothing else.\n"


class ConnectFront:
    """The proxy on a bound socket; `target` is host and number of the TLS port, `passed` are hosts
    that are none of Salesforce's and are reached through it all the same.
    """

    def __init__(
        self,
        sock: socket.socket,
        target: tuple[str, int],
        journal: Journal,
        passed: tuple[str, ...] = (),
    ) -> None:
        self._sock, self._target, self._journal = sock, target, journal
        self._passed = frozenset(host.lower() for host in passed)
        self._server: asyncio.Server | None = None
        self._tunnels: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to accept connections."""
        self._server = await asyncio.start_server(self._answer, sock=self._sock, limit=LONGEST_HEAD)

    async def stop(self) -> None:
        """Close the port and all tunnels."""
        if self._server is not None:
            self._server.close()
        for task in self._tunnels:
            task.cancel()
        await asyncio.gather(*self._tunnels, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tunnels.add(task)
        try:
            await self._tunnel(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client is gone or too slow, or does not speak HTTP
        except asyncio.CancelledError:
            # stop() ends the tunnel; asyncio's own callback would print a traceback for a cancelled
            # task
            pass
        finally:
            self._tunnels.discard(task)
            writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HEADER_TIMEOUT):
            head = await reader.readuntil(b"\r\n\r\n")
        asked = REQUEST.match(head)
        host = asked[1].decode("latin-1") if asked else ""
        target = self._target_of(host, asked[2]) if asked else None
        if target is None:
            status = (
                b"403 Forbidden" if asked or not head.startswith(b"CONNECT") else b"400 Bad Request"
            )
            writer.write(REFUSAL % (status, len(WORDS), WORDS))
            await writer.drain()
            where = visible(f"{host}:{asked[2].decode()}" if asked else "?")
            said = {
                "method": visible("CONNECT"),
                "path": where,
                "client": NOTHING,
                "outcome": visible("refused"),
            }
            self._journal({**said, "status": int(status[:3])})
            return
        inner_reader, inner_writer = await asyncio.open_connection(*target)
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass_on(reader, inner_writer))
                both.create_task(_pass_on(inner_reader, writer))
        except* OSError:
            pass
        finally:
            inner_writer.close()

    def _target_of(self, host: str, port: bytes) -> tuple[str, int] | None:
        """Where a tunnel to a host leads; None for nowhere. Salesforce's names never leave."""
        if TUNNELLED.fullmatch(host):
            return self._target if port == SALESFORCE_PORT else None
        return (host, int(port)) if host.lower() in self._passed else None


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy bytes until the end of the stream, then close the other one for writing."""
    while data := await reader.read(RECEIVE_SIZE):
        writer.write(data)
        await writer.drain()
    with suppress(OSError):
        writer.write_eof()

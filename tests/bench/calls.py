"""What the benchmarks send, and a generator of load: keep-alive connections that ask again once
they are answered.
"""

import asyncio
import json
import random
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import quote_plus, urlencode, urlsplit

TOKEN, SOAP, QUERY = "/services/oauth2/token", "/services/Soap/u/64.0", "/services/data/v64.0/query"
SOQL = "SELECT Id, Name FROM Account LIMIT 5"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LOGIN = (
    '<?xml version="1.0" encoding="utf-8"?><env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>'
    "<n1:login "
    'xmlns:n1="urn:partner.soap.sforce.com"><n1:username>{0}</n1:username><n1:password>{1}</n1:password>'
    "</n1:login></env:Body></env:Envelope>"
)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; `kind` is what its times and statuses are counted under."""

    kind: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def raw(self, host: str) -> bytes:
        """As it goes over the wire."""
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            f"Host: {host}",
            *(f"{n}: {v}" for n, v in self.headers.items()),
        ]
        if self.body:
            lines.append(f"Content-Length: {len(self.body.encode())}")
        return "\r\n".join([*lines, "", self.body]).encode()


def password_grant(kind: str, username: str, sent: str, key: str, secret: str) -> Ask:
    """A token request."""
    fields = {
        "grant_type": "password",
        "client_id": key,
        "client_secret": secret,
        "username": username,
        "password": sent,
    }
    return Ask(kind, "POST", TOKEN, FORM, urlencode(fields))


def soap_login(kind: str, username: str, sent: str) -> Ask:
    """login()"""
    headers = {
        "Content-Type": "text/xml; charset=UTF-8",
        "SOAPAction": "login",
        "User-Agent": "bench/1",
    }
    return Ask(kind, "POST", SOAP, headers, LOGIN.format(username, sent))


def query(kind: str, session: str) -> Ask:
    """An authenticated query."""
    return Ask(
        kind,
        "GET",
        f"{QUERY}?q={quote_plus(SOQL, safe=',')}",
        {"Authorization": f"Bearer {session}"},
    )


def as_lua(asks: list[Ask], path: Path) -> None:
    """A wrk script that sends these in turn and prints the result as JSON."""
    rows = (
        f"wrk.format({json.dumps(a.method)}, {json.dumps(a.path)},"
        f" {{{', '.join(f'[{json.dumps(n)}] = {json.dumps(v)}' for n, v in a.headers.items())}}},"
        f" {json.dumps(a.body) if a.body else 'nil'}),"
        for a in asks
    )
    path.write_text(
        "local asks, turn = {}, 0\nfunction init(args)\n  asks = {\n"
        + "\n".join(rows)
        + "\n  }\nend\n"
        "function request()\n  turn = turn % #asks + 1\n  return asks[turn]\nend\n"
        "function done(summary, latency, requests)\n  local e = summary.errors\n"
        "  print(string.format('RESULT "
        '{"requests":%d,"us":%d,"p50":%.3f,"p99":%.3f,"refused":%d,"errors":%d}\','
        " summary.requests, summary.duration, latency:percentile(50) / 1000, "
        "latency:percentile(99) / 1000, e.status,"
        " e.connect + e.read + e.write + e.timeout))\nend\n",
        encoding="utf-8",
    )


@dataclass
class Heard:
    """What came back: by kind the ms of each answer and the statuses; errors of connections; bodies
    if they are kept.
    """

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    bodies: list[tuple[str, bytes]] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0

    @property
    def every(self) -> list[float]:
        """The ms of all answers."""
        return [ms for times in self.times.values() for ms in times]


def percentile(values: list[float], of_hundred: float) -> float:
    """A percentile, 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * of_hundred / 100))] if ordered else 0.0


class _Caller(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, load: "_Load") -> None:
        self._load, self._read, self._ask, self._sent = load, b"", None, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        self._read, self._ask = b"", self._load.draw()
        if self._ask is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(self._load.raw(self._ask))

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, mark, body = self._read.partition(b"\r\n\r\n")
        if not mark or self._ask is None:
            return
        lower = head.lower()
        length = lower.find(b"content-length:")
        if length < 0 or len(body) < int(lower[length + 15 :].split(b"\r\n", 1)[0]):
            return
        self._answered(head, body)
        if b"connection: close" in lower or lower.startswith(b"http/1.0"):
            self._ask = None
            self._transport.close()
        else:
            self._next()

    def _answered(self, head: bytes, body: bytes) -> None:
        heard, kind = self._load.heard, self._ask.kind
        heard.times[kind].append((time.perf_counter() - self._sent) * 1000)
        heard.statuses[kind, int(head[9:12])] += 1
        if self._load.keep:
            heard.bodies.append((kind, body))

    def connection_lost(self, error: Exception | None) -> None:
        if self._ask is not None and not self._load.over:
            self._load.heard.errors[
                type(error).__name__ if error else "closed without an answer"
            ] += 1
        self._load.gone(self)


class _Load:
    def __init__(
        self, url: str, asks: list[Ask], seconds: float, connections: int, keep: bool, once: bool
    ) -> None:
        parts = urlsplit(url)
        self.host, self.port, self.keep, self.over = parts.hostname, parts.port, keep, False
        self.heard, self._asks, self._once, self._turn = Heard(), asks, once, 0
        self._seconds, self._connections, self._raw = seconds, connections, {}
        self._open, self._end = 0, asyncio.Event()

    def raw(self, ask: Ask) -> bytes:
        found = self._raw.get(id(ask))
        if found is None:
            found = self._raw[id(ask)] = ask.raw(f"{self.host}:{self.port}")
        return found

    def draw(self) -> Ask | None:
        if self.over or (self._once and self._turn >= len(self._asks)):
            return None
        self._turn += 1
        return self._asks[(self._turn - 1) % len(self._asks)]

    def gone(self, caller: _Caller) -> None:
        self._open -= 1
        if not self.over and not (self._once and self._turn >= len(self._asks)):
            self._tasks.add(asyncio.get_running_loop().create_task(self._connect()))
        elif self._open == 0:
            self._end.set()

    async def _connect(self) -> None:
        self._open += 1
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: _Caller(self), self.host, self.port
            )
        except OSError as error:
            self.heard.errors[f"connect: {type(error).__name__}"] += 1
            self._open -= 1

    async def run(self) -> Heard:
        self._tasks: set[asyncio.Task[None]] = set()
        start, cpu = time.perf_counter(), time.process_time()
        for _ in range(self._connections):
            await self._connect()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._end.wait(), self._seconds)
        self.over = True
        self.heard.seconds, self.heard.cpu = time.perf_counter() - start, time.process_time() - cpu
        return self.heard


def open_files() -> None:
    """As many open files as the system lets us."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _drive(
    url: str, asks: list[Ask], seconds: float, connections: int, keep: bool, once: bool
) -> Heard:
    open_files()

    async def run() -> Heard:
        return await _Load(url, asks, seconds, connections, keep, once).run()

    heard = asyncio.run(run())
    heard.times = dict(heard.times)
    return heard


def drive(
    url: str,
    asks: list[Ask],
    seconds: float = 600,
    connections: int = 16,
    keep: bool = False,
    once: bool = False,
) -> Heard:
    """Send these in turn, over and over for some seconds or each once, from a process of its
    own.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_drive, url, asks, seconds, connections, keep, once).result()


def mixed(
    shares: dict[str, int], make: Callable[[str, int], Ask], count: int, seed: int = 7
) -> list[Ask]:
    """Count requests of several kinds in random order, by shares."""
    draw = random.Random(seed)
    kinds = draw.choices(list(shares), list(shares.values()), k=count)
    return [make(kind, number) for number, kind in enumerate(kinds)]

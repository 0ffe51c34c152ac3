"""Where an accepted login and a query spend their time: in-process, without sockets, inline and
through the threads.
"""

import asyncio
import cProfile
import json
import pstats
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import org_of_many
from calls import Ask, password_grant, query, soap_login

from freshtoken_api.app import create_app
from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool

USERS, SHOWN = 1_000, 28
QUICK = Hashing(memory_kib=8, passes=1)
"""Only for the first login of each user; afterwards the passwords are remembered."""


class Inline:
    """A pool without threads."""

    def __init__(self, org: Org) -> None:
        self.org, self.path = org, org.path

    async def run(self, use_case: Callable[[Org], Any]) -> Any:
        return use_case(self.org)

    quick = run


async def call(app: Callable[..., Awaitable[None]], ask: Ask) -> tuple[int, bytes]:
    """One request straight into the ASGI app; returns status and body."""
    path, _, question = ask.path.partition("?")
    headers = {"Host": "127.0.0.1:8080", "User-Agent": "bench", **ask.headers}
    heard: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": ask.body.encode(), "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        heard.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": ask.method,
        "path": path,
    }
    scope |= {
        "raw_path": path.encode(),
        "query_string": question.encode(),
        "root_path": "",
        "scheme": "http",
    }
    scope |= {"headers": [(n.lower().encode(), v.encode()) for n, v in headers.items()]}
    scope |= {"client": ("198.51.100.20", 5), "server": ("127.0.0.1", 8080)}
    await app(scope, receive, send)
    return heard[0]["status"], b"".join(message.get("body", b"") for message in heard[1:])


async def timed(app: Callable[..., Awaitable[None]], asks: list[Ask], number: int) -> list[float]:
    """Microseconds of each, one after another."""
    times = []
    for turn in range(number):
        start = time.perf_counter()
        status, body = await call(app, asks[turn % len(asks)])
        times.append((time.perf_counter() - start) * 1e6)
        if status != 200:
            raise SystemExit(f"{status} {body.decode()}")
    return times


def profile(number: int, folder: Path) -> None:
    """Print medians, statements and the costliest functions of each kind."""
    many = org_of_many.make(folder / "profile.db", USERS, hashing=QUICK)
    asyncio.run(_profile(number, many))


async def _profile(number: int, many: org_of_many.Many) -> None:
    pool, app_of = OrgPool(many.path, QUICK), (many.consumer_key, many.consumer_secret)
    inline = Inline(pool._open())
    direct, threaded = create_app(inline), create_app(pool)  # type: ignore[arg-type]
    grants = [
        password_grant("grant", name, org_of_many.PASSWORD, *app_of) for name in many.usernames
    ]
    sessions = [json.loads((await call(direct, ask))[1])["access_token"] for ask in grants]
    kinds = {
        "password grant": grants,
        "SOAP login()": [
            soap_login("login", name, org_of_many.PASSWORD) for name in many.usernames
        ],
        "REST query": [query("query", session) for session in sessions],
    }
    hops = []
    for _ in range(number):
        start = time.perf_counter()
        await pool.run(lambda org: None)
        hops.append((time.perf_counter() - start) * 1e6)
    print(f"pool.run() of nothing: median {statistics.median(hops):.0f} us")
    for name, asks in kinds.items():
        await timed(threaded, asks, len(asks))
        own, through = await timed(direct, asks, number), await timed(threaded, asks, number)
        statements: list[str] = []
        inline.org.database.conn.set_trace_callback(statements.append)
        await call(direct, asks[0])
        inline.org.database.conn.set_trace_callback(None)
        print(f"\n{name}: inline median {statistics.median(own):.0f} us,", end=" ")
        print(
            f"through the pool {statistics.median(through):.0f} us; {len(statements)} SQL "
            f"statements:"
        )
        for statement in statements:
            print("   ", " ".join(statement.split())[:120])
        found = cProfile.Profile()
        found.enable()
        await timed(direct, asks, number)
        found.disable()
        _costs(found, number)
    inline.org.close()
    pool.close()


def _costs(found: cProfile.Profile, number: int) -> None:
    """The functions that cost most themselves, a request."""
    print("  own us  with callees  calls   (cProfile adds about 50 %)")
    rows = pstats.Stats(found).stats.items()  # type: ignore[attr-defined]
    for (file, line, name), (_, calls, own, whole, _) in sorted(rows, key=lambda row: -row[1][2])[
        :SHOWN
    ]:
        where = "/".join(Path(file).parts[-2:]) + f":{line}" if line else "built-in"
        print(
            f"  {own / number * 1e6:6.1f}  {whole / number * 1e6:12.1f}  {calls / number:5.1f}   "
            f"{name}  {where}"
        )

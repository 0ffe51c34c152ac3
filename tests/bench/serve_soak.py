"""1,000 clients at once on `freshtoken serve`, then thousands of connections that are opened and
left alone.
"""

import asyncio
import json
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import org_of_many
import servers
from calls import Ask, drive, mixed, open_files, password_grant, query, soap_login
from serve import USERS, summary, warmed

CLIENTS, REQUESTS = 1_000, 20_000
SHARES = {"query": 60, "login": 20, "grant": 15, "refused": 3, "unknown": 1, "dead session": 1}
"""Percent. A refusal costs two password hashes, 30 ms of a core: more of them and nothing else
would be measured.
"""
IDLE, IDLE_ELSEWHERE, PATIENCE = 3_000, 200, 70
"""Connections left alone on the plain port, on each of the others, and the seconds they are
watched.
"""


def soak(seconds: float, folder: Path) -> None:
    """Both, and what they did to the server's memory."""
    print(f"making an org of {USERS:,} users and logging everybody in ...", flush=True)
    many = org_of_many.make(folder / "soak.db", USERS)
    with servers.freshtoken(many.path, "office", 2 * USERS) as (pid, at):
        sessions = warmed(at["http"], many)

        def make(kind: str, number: int) -> Ask:
            name, app = many.usernames[number % USERS], (many.consumer_key, many.consumer_secret)
            match kind:
                case "query":
                    return query(kind, sessions[number % USERS])
                case "dead session":
                    return query(kind, sessions[0][:-8] + "deadbeef")
                case "login":
                    return soap_login(kind, name, org_of_many.PASSWORD)
                case "grant":
                    return password_grant(kind, name, org_of_many.PASSWORD, *app)
                case "refused":
                    return soap_login(kind, name, "Not-The-Password-1")
            return soap_login(kind, f"nobody{number}@bench.example", "Not-The-Password-1")

        before = servers.memory_mb(pid), many.path.stat().st_size
        cpu = servers.cpu_seconds(pid)
        heard = drive(at["http"], mixed(SHARES, make, REQUESTS), seconds, CLIENTS)
        cores = (servers.cpu_seconds(pid) - cpu) / heard.seconds
        print(f"{CLIENTS:,} clients for {seconds:g} s, shares {SHARES}:")
        summary(heard)
        print(
            f"  server {cores:.2f} cores, RSS {before[0]:.0f} -> {servers.memory_mb(pid):.0f} MB;",
            end=" ",
        )
        print(f"org file {before[1] / 1e6:.1f} -> {many.path.stat().st_size / 1e6:.1f} MB")
        name = soap_login("login", many.usernames[0], org_of_many.PASSWORD)
        start = time.monotonic()
        drive(at["http"], [name], connections=1, once=True)
        print(
            f"  the next login waited {time.monotonic() - start:.1f} s for what the {CLIENTS:,} "
            f"had asked and left behind"
        )
        asyncio.run(left_alone(at, pid, name))
        said = (folder / f"serve-soak-{2 * USERS}" / "errors.txt").read_text().splitlines()
        print(f"  errors the server printed: {[line for line in said if 'rror' in line] or 'none'}")


async def left_alone(at: dict[str, str], pid: int, login: Ask) -> None:
    """Open connections, say nothing, and see whether others are answered and when the silent ones
    are closed.
    """
    open_files()
    counts = {"http": IDLE, "https": IDLE_ELSEWHERE, "proxy": IDLE_ELSEWHERE}
    before, start, closed, failed = servers.memory_mb(pid), time.monotonic(), [], Counter()

    async def silent(name: str) -> None:
        host, port = urlsplit(at[name]).hostname, urlsplit(at[name]).port
        try:
            reader, writer = await asyncio.open_connection(host, port)
        except OSError as error:
            failed[f"{name} {type(error).__name__}"] += 1
            return
        opened = time.monotonic()
        with suppress(OSError):
            await reader.read(1)
        closed.append((name, time.monotonic() - opened))
        writer.close()

    async def half(name: str) -> None:
        host, port = urlsplit(at[name]).hostname, urlsplit(at[name]).port
        reader, writer = await asyncio.open_connection(host, port)
        opened = time.monotonic()
        with suppress(OSError):
            while not reader.at_eof():  # a header line a second, never an end
                writer.write(
                    b"GET / HTTP/1.1\r\n" if time.monotonic() - opened < 1 else b"X-Slow: 1\r\n"
                )
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(1), 1)
        closed.append(("dripping heads", time.monotonic() - opened))
        writer.close()

    tasks = [
        asyncio.create_task(silent(name)) for name, count in counts.items() for _ in range(count)
    ]
    tasks += [asyncio.create_task(half("http")) for _ in range(20)]
    await asyncio.sleep(2)
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    print(
        f"silent connections {counts}, after {time.monotonic() - start:.1f} s {files:,} files "
        f"open in the server,",
        end=" ",
    )
    print(f"failed: {dict(failed) or 'none'}; RSS {before:.0f} -> {servers.memory_mb(pid):.0f} MB")
    times = [await _one(at["http"], login) for _ in range(20)]
    middle = sorted(times)[10]
    print(
        f"  20 logins meanwhile: first {times[0]:.0f}, median {middle:.1f}, worst "
        f"{max(times):.0f} ms, all accepted"
    )
    _, waiting = await asyncio.wait(tasks, timeout=PATIENCE)
    for name in (*counts, "dripping heads"):
        ends = [seconds for found, seconds in closed if found == name]
        if ends:
            print(
                f"  {name}: {len(ends):,} closed by the server after {min(ends):.1f} to "
                f"{max(ends):.1f} s"
            )
    print(f"  still open after {PATIENCE} s: {len(waiting)}; RSS {servers.memory_mb(pid):.0f} MB")
    for task in waiting:
        task.cancel()


async def _one(url: str, ask: Ask) -> float:
    """Milliseconds of one request on a new connection; fails when it is refused."""
    parts, start = urlsplit(url), time.perf_counter()
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(ask.raw(parts.netloc))
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    await reader.readexactly(length)
    writer.close()
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(json.dumps(head.decode()))
    return (time.perf_counter() - start) * 1000

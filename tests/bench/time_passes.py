"""How long a month takes: moved time beside a bare executemany of the same rows, another writer,
cancel, and back.

python tests/bench/time_passes.py [--growth [--most N]] [--year] [--beside] [--runs N] (a benchmark,
not a test: nothing here fails for being slow; every measurement has a process and an org file of
its own)
"""

import argparse
import os
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TypeVar

from calls import percentile

from freshtoken_model.org import Org
from freshtoken_model.store import database
from freshtoken_model.values.clock import DAY, MINUTE

START = 1_795_528_800_000
A_DAY = 6 * 288
"""Logins: six integrations every five minutes."""
PAUSE = 0.05
"""Seconds between the writes of the process beside."""
Result = TypeVar("Result")


def apart(work: Callable[..., Result], *values: object) -> Result:
    """Do something in a process of its own, so that its memory is its own too."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(work, *values).result()


def memory() -> float:
    """Resident memory of this process now, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def size(path: Path) -> float:
    """Of an org file with all that is written, in MB."""
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size / 1e6


@dataclass(frozen=True, slots=True)
class Passed:
    """A move of the clock: seconds, logins, MB of memory it grew by, and how long after cancel it
    ended, if it was.
    """

    seconds: float
    logins: int
    grown: float
    after_cancel: float = 0.0


def made(path: Path) -> Path:
    """The org of the preset busy, with a seed."""
    Org.create(path, seed="time", frozen_at=START, preset="busy")
    return path


def move(path: Path, milliseconds: int, cancel_after: float = 0.0) -> Passed:
    """Move the clock; what the clients hold is verified, and what is imported late is imported, in
    the minutes before.
    """
    with Org(path) as org:
        org.clock.advance(10 * MINUTE)
        before, cancel, asked = org.history.newest(), threading.Event(), [0.0]

        def ask() -> None:
            asked[0] = time.perf_counter()
            cancel.set()

        timer = threading.Timer(cancel_after, ask)
        if cancel_after:
            timer.start()
        grown, start = memory(), time.perf_counter()
        org.clock.advance(milliseconds, cancel=cancel)
        end = time.perf_counter()
        return Passed(
            end - start,
            org.history.newest() - before,
            memory() - grown,
            end - asked[0] if cancel.is_set() else 0,
        )


def bare(path: Path, copy: Path) -> float:
    """Seconds that sqlite3 alone takes for the rows of an org file's log, into the same schema, in
    one transaction.
    """
    database.create(copy).close()
    tables = ("shape", "trace", "event", "login_history")
    with (
        closing(sqlite3.connect(copy, isolation_level=None)) as conn,
        closing(sqlite3.connect(path)) as full,
    ):
        conn.execute("PRAGMA journal_mode=WAL")
        conn.execute("PRAGMA synchronous=NORMAL")
        taken = 0.0
        for verb in ("BEGIN IMMEDIATE", *tables, "COMMIT"):
            start = time.perf_counter()
            if verb not in tables:
                conn.execute(verb)
                taken += time.perf_counter() - start
                continue
            rows = full.execute(f"select * from {verb}")
            marks = ",".join("?" * len(rows.description))
            while some := rows.fetchmany(20_000):
                start = time.perf_counter()
                conn.executemany(f"insert into {verb} values ({marks})", some)
                taken += time.perf_counter() - start
        return taken


def back(path: Path, count: int) -> float:
    """Milliseconds to take back so many steps, in a process that only does that."""
    with Org(path) as org:
        org.rewind.steps(1)
        start = time.perf_counter()
        org.rewind.back(count)
        return (time.perf_counter() - start) * 1000


def one_step(path: Path) -> list[float]:
    """Milliseconds to take back one step, ten times: a setting, which no password that expired
    meanwhile forbids.
    """
    with Org(path) as org:
        times = []
        for _ in range(10):
            org.setup.choose("minimum_length", "10")
            start = time.perf_counter()
            org.rewind.back()
            times.append((time.perf_counter() - start) * 1000)
        return times


def write_beside(path: Path, begun: Event, over: Event) -> list[float]:
    """Another process: a use case every 50 ms; returns the ms of each."""
    times = []
    with Org(path) as org:
        while not over.is_set():
            start = time.perf_counter()
            org.clients.told(1, "idle", f"beside {len(times)}")
            times.append((time.perf_counter() - start) * 1000)
            begun.set()
            time.sleep(PAUSE)
    return times


def beside(path: Path, milliseconds: int) -> tuple[Passed, list[float]]:
    """Move the clock while another process writes."""
    with get_context("spawn").Manager() as manager:
        begun, over = manager.Event(), manager.Event()
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            writer = process.submit(write_beside, path, begun, over)
            begun.wait()
            passed = move(path, milliseconds)
            over.set()
            return passed, writer.result()


def tell(what: str, passed: Passed, path: Path) -> None:
    """One line of a move, and the floor below it."""
    floor = bare(path, path.with_suffix(".bare"))
    path.with_suffix(".bare").unlink()
    each = passed.seconds / passed.logins * 1e6
    print(
        f"{what:>10}  {passed.logins:>9,} logins  {passed.seconds:7.3f} s  {each:6.1f} us"
        f"  bare {floor:6.3f} s, ratio {passed.seconds / floor:5.2f}"
        f"  file {size(path):6.1f} MB  grown {passed.grown:+5.1f} MB",
        flush=True,
    )


def main() -> None:
    """A month, or more of it as asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--growth", action="store_true", help="10^3 to 10^6 logins")
    parser.add_argument("--most", type=int, default=1_000_000, help="the most logins of --growth")
    parser.add_argument("--year", action="store_true", help="a year, and back")
    parser.add_argument("--beside", action="store_true", help="another process writes every 50 ms")
    parser.add_argument("--days", type=int, default=30, help="of a month")
    parser.add_argument("--runs", type=int, default=3, help="of a month")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        moves = []
        for run in range(asked.runs):
            path = made(folder / f"month{run}.db")
            moves.append(apart(move, path, asked.days * DAY))
            tell(f"{asked.days} days", moves[-1], path)
        print(
            f"    median  {statistics.median(passed.seconds for passed in moves):.3f} s (limit of "
            f"30 days 1.5 s, ratio 10)"
        )
        path = folder / "month0.db"
        steps = apart(one_step, path)
        print(
            f"back: one step {statistics.median(steps):.2f} ms, at most {max(steps):.2f} ms "
            f"(limit 5)"
        )
        print(f"back: {asked.days} days {apart(back, path, 1):.1f} ms (limit of 30 days 100)")
        waits = [
            apart(move, made(folder / f"cancel{n}.db"), 3_650 * DAY, 0.2 + n / 10).after_cancel
            for n in range(5)
        ]
        print(f"cancel: {' '.join(f'{wait * 1000:.1f}' for wait in waits)} ms (limit 50)")
        if asked.beside:
            path = made(folder / "beside.db")
            passed, times = apart(beside, path, asked.days * DAY)
            tell("beside", passed, path)
            print(
                f"    the writer: {len(times)} writes, p50 {percentile(times, 50):.2f} ms,"
                f" p99 {percentile(times, 99):.2f} ms (limit 20), at most {max(times):.2f} ms"
            )
        sizes = [10**n for n in range(3, 7) if 10**n <= asked.most] if asked.growth else []
        for logins in sizes:
            path = made(folder / f"growth{logins}.db")
            tell("growth", apart(move, path, logins * DAY // A_DAY), path)
            steps = apart(one_step, path)
            print(f"{'':10}  back: one step {statistics.median(steps):.2f} ms")
        if asked.year:
            path = made(folder / "year.db")
            tell("a year", apart(move, path, 365 * DAY), path)
            print(
                f"{'':10}  (limits 18 s, 100 MB, 5 MB)  back: {apart(back, path, 1):.0f} ms "
                f"(limit 1,500)"
            )


if __name__ == "__main__":
    main()

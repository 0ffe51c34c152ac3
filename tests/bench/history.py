"""Login History with a million rows: pages, filters, gathering, and the moment the screen is open.

python tests/bench/history.py [rows]    (a benchmark, not a test: nothing here fails for being slow)
"""

import asyncio
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlite_utils import Database

from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.history.login_history import LoginFilter
from freshtoken_model.org import Org
from freshtoken_model.store.events import Shape, shared_id
from freshtoken_model.values.clock import DAY, parse_moment

if TYPE_CHECKING:
    from freshtoken_tui.app import FreshtokenApp

START = parse_moment("2026-11-24T14:00:00Z", "UTC")
CHEAP = Hashing(memory_kib=8, passes=1)
APART = 30_000
"""Ms between two logins: a million of them are a year."""
SAM, RARE_IP = "sam@acme.example", "192.0.2.99"
FIRST, GATHERED = 100, 20_000
FILTERS = {
    "everything": LoginFilter(),
    "user": LoginFilter(username=SAM),
    "user without logins": LoginFilter(username="lee@acme.example"),
    "status: Success": LoginFilter(status="Success"),
    "status: Invalid Password": LoginFilter(status="Invalid Password"),
    "status that never occurred": LoginFilter(status="User is Frozen"),
    "IP": LoginFilter(source_ip="203.0.113.9"),
    "IP with 3 logins": LoginFilter(source_ip=RARE_IP),
    "application": LoginFilter(application="App 2"),
    "last 30 days": LoginFilter(since=START - 30 * DAY),
    "user + status": LoginFilter(username=SAM, status="Invalid Password"),
    "user + IP": LoginFilter(username=SAM, source_ip="203.0.113.9"),
    "user + IP with 3 logins": LoginFilter(username=SAM, source_ip=RARE_IP),
    "status + IP": LoginFilter(status="Invalid Password", source_ip="203.0.113.9"),
    "IP + application + 30 days": LoginFilter(
        source_ip="203.0.113.9",
        application="App 2",
        since=START - 300 * DAY,
        until=START - 270 * DAY,
    ),
}


def make(path: Path, rows: int) -> None:
    """A training org with so many logins: six users, 41 ways in, one in five refused, one every
    half minute.
    """
    Org.create(path, seed="bench", frozen_at=START, hashing=CHEAP)
    conn = sqlite3.connect(path)
    ways = [(f"203.0.113.{7 + n % 8}", f"App {n % 5}") for n in range(40)]
    db = Database(conn)
    (_, *first) = conn.execute("select * from shape where id = 1").fetchone()
    found = [
        shared_id(db, Shape(*first)._replace(address=address, application=application))
        for address, application in [*ways, (RARE_IP, "Nightly sync")]
    ]
    conn.execute("delete from login_history")
    conn.execute(
        f"""with recursive n(i) as (select 1 union all select i + 1 from n where i < {rows})
        insert into login_history select i, 1 + i * 7919 % 6, {START} - ({rows} - i) * {APART}, {found[0]} + i * 31337 % 40,
        case when h < 80 then 'success' when h < 95 then 'invalid_password' when h < 99 then 'password_lockout'
        else 'token_required' end, 1 from (select i, i * 2654435761 % 100 as h from n)"""
    )
    sam = conn.execute("select id from user where username = ?", (SAM,)).fetchone()[0]
    rare = [(found[-1], sam, rows * part // 7) for part in (1, 2, 5)]
    conn.executemany("update login_history set shape_id = ?, user_id = ? where id = ?", rare)
    conn.commit()
    conn.close()


def measure(name: str, what: Callable[[], object], times: int = 15) -> None:
    """Median and worst of some runs, in ms."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        what()
        taken.append((time.perf_counter() - start) * 1000)
    print(
        f"{name:44} median {statistics.median(taken):8.2f}   max {max(taken):8.2f} ms", flush=True
    )


def pages(org: Org, which: LoginFilter) -> Iterator[list[int]]:
    """All pages of ids."""
    page = org.history.ids(which, limit=GATHERED)
    while page:
        yield page
        page = org.history.ids(which, page[-1], GATHERED) if len(page) == GATHERED else []


def queries(org: Org, rows: int) -> None:
    """What the page asks for, without the page."""
    draw, history = random.Random(7), org.history
    measure("number of rows", history.newest)
    measure(
        "first page: number, ids, rows",
        lambda: history.rows(history.ids(LoginFilter(), history.newest() + 1, FIRST)),
    )
    measure(
        "rows of a window of 100, anywhere",
        lambda: history.rows(range(n := draw.randrange(200, rows), n - 100, -1)),
        200,
    )
    measure(
        "ids of a page of 100, anywhere",
        lambda: history.ids(LoginFilter(), draw.randrange(200, rows), FIRST),
        200,
    )
    measure(
        "what can be picked",
        lambda: (history.statuses(), history.shapes("address"), history.shapes("application")),
    )
    for name, which in FILTERS.items():
        measure(f"first page: {name}", lambda which=which: history.ids(which, limit=FIRST))
        measure(
            "    ... below a row in the middle",
            lambda which=which: history.ids(which, rows // 2, FIRST),
        )
    for name in ("everything", "user", "status: Success", "IP", "user + IP", "status + IP"):
        start = time.perf_counter()
        found = [len(page) for page in pages(org, FILTERS[name])]
        taken = (time.perf_counter() - start) * 1000
        print(
            f"gathering: {name:33} {sum(found):9,} ids in {taken:8.0f} ms, "
            f"{taken / len(found):6.1f} ms a page of 20,000"
        )


class Gaps:
    """The longest time the event loop was not free."""

    def __init__(self) -> None:
        self.longest, self._last = 0.0, time.perf_counter()

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            self._last = time.perf_counter()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.perf_counter() - self._last - 0.001)

    @contextmanager
    def told(self, name: str) -> Iterator[None]:
        """Tell of the time it took, and of the longest gap in it."""
        self.longest, start = 0.0, time.perf_counter()
        yield
        taken = (time.perf_counter() - start) * 1000
        print(
            f"{name:44} {taken:8.0f} ms, longest gap of the loop {self.longest * 1000:6.1f} ms",
            flush=True,
        )


async def until(holds: Callable[[], object]) -> None:
    """Look again and again."""
    while not holds():
        await asyncio.sleep(0.001)


class Leafer:
    """Somebody at the app, who waits until rows are seen."""

    def __init__(self, app: "FreshtokenApp", gaps: Gaps) -> None:
        self.app, self.gaps = app, gaps

    def listed(self) -> bool:
        """Whether the Inbox is shown."""
        return any(table.region.area for table in self.app.screen.query("#page-inbox #mails"))

    def shown(self) -> bool:
        """Whether every row in sight is there."""
        for table in self.app.screen.query("LoginTable"):
            top = table.scroll_offset.y
            seen = range(top, min(len(table.ids), top + table.rows_in_sight))
            return (
                table.region.area > 0
                and len(seen) > 0
                and all(table._cells.get(table.ids[row]) for row in seen)
            )
        return False

    async def open(self, label: str) -> None:
        """The Inbox to compare, then Login History."""
        await until(lambda: self.app.org.view is not None and self.app.client.pane is not None)
        await asyncio.sleep(0.7)
        with self.gaps.told(f"Inbox opens {label}, to compare"):
            self.app.action_page("inbox")
            await until(self.listed)
        await asyncio.sleep(0.5)
        with self.gaps.told(f"Login History opens {label}, rows shown"):
            self.app.action_page("history")
            await until(self.shown)
        await asyncio.sleep(0.7)

    async def leaf(self, rows: int) -> None:
        """To the end, up, filtered."""
        page, table = self.app.main.page, self.app.main.page.query_one("LoginTable")
        with self.gaps.told("end: the oldest rows"):
            table.action_end(1)
            await until(self.shown)
        with self.gaps.told("100 pages up, each waited for"):
            for _ in range(100):
                table.action_page(-1)
                await until(self.shown)
                await asyncio.sleep(0)
        with self.gaps.told("300 pages up at 60 a second, then shown"):
            for _ in range(300):
                table.action_page(-1)
                await asyncio.sleep(1 / 60)
            await until(self.shown)
        with self.gaps.told("filter by status: first rows shown"):
            page.query_one("#filter-status").value = "Success"
            await until(
                lambda: (
                    page._which.status == "Success" and 0 < len(table.ids) < rows and self.shown()
                )
            )
        with self.gaps.told("... and all ids gathered"):
            await until(lambda: not page._gathering)
        print(f"    {page.query_one('#history-count').content}")
        page.action_export()  # asks first
        await until(lambda: self.app.screen is not self.app.main)
        with self.gaps.told("... and written as CSV"):
            self.app.screen.dismiss(True)
            await until(lambda: page._exported is not None)
            await until(lambda: page._exported is None)
        print(
            f"    "
            f"{[f'{path.name}: {path.stat().st_size / 1e6:.0f} MB' for path in Path().glob('*.csv')]}"
        )


async def screen(path: Path, rows: int) -> None:
    """The page in the app, under Pilot, first with everything to import, then without."""
    from freshtoken_tui.app import FreshtokenApp
    from freshtoken_tui.cli.steps import run_line

    for number, size in enumerate(((80, 24), (80, 24), (80, 24), (120, 40), (120, 40), (120, 40))):
        app = FreshtokenApp(path, run_line, CHEAP)
        app.settings.welcomed = True
        async with app.run_test(size=size):
            gaps = Gaps()
            leafer, watcher = Leafer(app, gaps), asyncio.create_task(gaps.watch())
            await leafer.open(f"at {size[0]}x{size[1]}{', imports' if number == 0 else ''}")
            if number == 5:
                await leafer.leaf(rows)
            watcher.cancel()


def main() -> None:
    """Make it, measure it."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder, "HOME": folder}
        path, start = Path(folder) / "history.db", time.perf_counter()
        make(path, rows)
        os.chdir(folder)
        taken, size = time.perf_counter() - start, path.stat().st_size / 1e6
        print(f"{rows:,} rows made in {taken:.1f} s, {size:.0f} MB; load {os.getloadavg()[0]:.1f}")
        with Org(path, CHEAP) as org:
            queries(org, rows)
        asyncio.run(screen(path, rows))


if __name__ == "__main__":
    main()

"""One use case at work: a write transaction with org time, the random source and the event log in it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from . import storage
from .clock import Clock, wall_clock
from .credentials import Source
from .policies import Policies
from .records import record

CLOCK_COLUMNS = "clock_mode as mode, anchor_wall, anchor_org, seen_wall, seen_org"


def read_clock(db: Database) -> Clock:
    """The clock row."""
    return record(Clock, one(db, f"select {CLOCK_COLUMNS} from org"))


def one(db: Database, sql: str, *values: Any) -> dict[str, Any]:
    """The first row of a query that has one."""
    return next(iter(db.query(sql, values)))


def maybe(db: Database, sql: str, *values: Any) -> dict[str, Any] | None:
    """The first row of a query, None when there is none."""
    return next(iter(db.query(sql, values)), None)


def read_policies(db: Database) -> Policies:
    """The org's settings."""
    chosen = {row["name"]: row["value"] for row in db.query("select name, value from setting")}
    return Policies.of(chosen, one(db, "select time_zone from org")["time_zone"])


@dataclass(slots=True)
class Work:
    """What a use case writes through. `now` is org time in ms, one moment for the whole use case."""

    db: Database
    now: int
    source: Source

    def run(self, sql: str, *values: Any) -> int:
        """Execute a statement; returns the id of the row inserted, if one was."""
        return self.db.conn.execute(sql, values).lastrowid or 0

    def shared(self, table: str, text: str) -> int:
        """The id of a text that many rows share (shape, trace): stored once."""
        found = maybe(self.db, f"select id from {table} where text = ?", text)
        return int(found["id"]) if found else self.run(f"insert into {table}(text) values (?)", text)

    def event(
        self,
        kind: str,
        user_id: int | None = None,
        *,
        detail: str = "",
        client_id: int | None = None,
        number: int | None = None,
        shape: dict[str, str] | None = None,
        trace: str | None = None,
        at: int | None = None,
    ) -> int:
        """Append to the event log, in this same transaction. Never give it a secret."""
        return self.run(
            "insert into event(at, kind, user_id, client_id, shape_id, trace_id, number, detail) values (?,?,?,?,?,?,?,?)",
            self.now if at is None else at,
            kind,
            user_id,
            client_id,
            self.shared("shape", json.dumps(shape, separators=(",", ":"))) if shape is not None else None,
            self.shared("trace", trace) if trace is not None else None,
            number,
            detail,
        )

    @property
    def policies(self) -> Policies:
        """The org's settings, as this transaction sees them."""
        return read_policies(self.db)

    def set_clock(self, clock: Clock) -> None:
        """Write the clock row."""
        self.run(
            "update org set clock_mode=?, anchor_wall=?, anchor_org=?, seen_wall=?, seen_org=?",
            clock.mode,
            clock.anchor_wall,
            clock.anchor_org,
            clock.seen_wall,
            clock.seen_org,
        )


@contextmanager
def working(db: Database, closing: threading.Event | None = None) -> Iterator[Work]:
    """A write transaction for one use case: reads the clock, runs what is due, and keeps clock and random draws."""
    with storage.write(db, closing):
        clock = read_clock(db).tick(wall_clock())
        row = one(db, "select seed, draws from org")
        work = Work(db, clock.seen_org, Source(row["seed"], row["draws"]))
        work.set_clock(clock)
        run_due(work)
        yield work
        if work.source.draws != row["draws"]:
            work.run("update org set draws = ?", work.source.draws)


@contextmanager
def looking(db: Database) -> Iterator[Work]:
    """A read transaction with org time in it, for rules that only read. Whoever writes through it is wrong."""
    with storage.read(db):
        yield Work(db, read_clock(db).now(wall_clock()), Source(None))


def run_due(work: Work) -> None:
    """What org time brought about since the last use case: lockouts that ended."""
    for row in list(
        work.db.query("select id, locked_until from user where locked_until <= ? order by locked_until, id", (work.now,))
    ):
        work.run("update user set locked_at = null, locked_until = null where id = ?", row["id"])
        work.event("lock_ended", row["id"], at=row["locked_until"])

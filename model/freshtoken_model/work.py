"""One use case at work: a write transaction with org time, the random source and the event log in it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlite_utils import Database

from . import storage
from .clock import Clock, wall_clock
from .credentials import Source
from .policies import Policies
from .records import record

CLOCK_FIELDS = ("mode", "anchor_wall", "anchor_org", "seen_wall", "seen_org")
CLOCK_COLUMNS = "clock_mode as mode, anchor_wall, anchor_org, seen_wall, seen_org"


def read_clock(db: Database) -> Clock:
    """The clock row."""
    return record(Clock, one(db, f"select {CLOCK_COLUMNS} from org"))


def one(db: Database, sql: str, *values: Any) -> dict[str, Any]:
    """The first row of a query that has one."""
    return storage.rows(db, sql, values)[0]


def maybe(db: Database, sql: str, *values: Any) -> dict[str, Any] | None:
    """The first row of a query, None when there is none."""
    return next(iter(storage.rows(db, sql, values)), None)


def read_policies(db: Database) -> Policies:
    """The org's settings."""
    rows = db.conn.execute("select '', time_zone from org union all select name, value from setting order by 1")
    return _policies(tuple(rows.fetchall()))


@lru_cache(maxsize=16)
def _policies(rows: tuple[tuple[str, str], ...]) -> Policies:
    (_, time_zone), *chosen = rows
    return Policies.of(dict(chosen), time_zone)


@dataclass(slots=True)
class Work:
    """What a use case writes through. `now` is org time in ms, one moment for the whole use case."""

    db: Database
    now: int
    source: Source
    version: tuple[int, int] = (-1, -1)
    """Of the content as it was when the transaction began; (-1, -1) once something that was due has changed it."""
    org_record_id: str = ""
    """Where it is known already."""

    def run(self, sql: str, *values: Any) -> int:
        """Execute a statement; returns the id of the row inserted, if one was."""
        return self.db.conn.execute(sql, values).lastrowid or 0

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
        """Append to the event log, in this same transaction; returns its id. Never give it a secret.

        Shape and trace are texts that many events share: each is stored once, at its first event.
        """
        texts = {"shape": json.dumps(shape, separators=(",", ":")) if shape is not None else None, "trace": trace}
        event_id, *shared = self.db.conn.execute(
            "insert into event(at, kind, user_id, client_id, shape_id, trace_id, number, detail) values (?,?,?,?,"
            "(select id from shape where text = ?),(select id from trace where text = ?),?,?)"
            " returning id, shape_id, trace_id",
            (self.now if at is None else at, kind, user_id, client_id, *texts.values(), number, detail),
        ).fetchone()
        for (table, text), known in zip(texts.items(), shared, strict=True):
            if text is not None and known is None:
                new = self.run(f"insert into {table}(text) values (?)", text)
                self.run(f"update event set {table}_id = ? where id = ?", new, event_id)
        return int(event_id)

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
        version = storage.version(db)
        row = one(db, f"select {CLOCK_COLUMNS}, seed, draws, record_id from org")
        clock = record(Clock, {name: row[name] for name in CLOCK_FIELDS}).tick(wall_clock())
        work = Work(db, clock.seen_org, Source(row["seed"], row["draws"]), org_record_id=row["record_id"])
        work.set_clock(clock)
        if not run_due(work):
            work.version = version
        yield work
        if work.source.draws != row["draws"]:
            work.run("update org set draws = ?", work.source.draws)


@contextmanager
def looking(db: Database) -> Iterator[Work]:
    """A read transaction with org time in it, for rules that only read. Whoever writes through it is wrong."""
    with storage.read(db):
        yield Work(db, read_clock(db).now(wall_clock()), Source(None))


def run_due(work: Work) -> bool:
    """What org time brought about since the last use case: lockouts that ended. Returns whether there was anything."""
    due = "select id, locked_until from user where locked_until <= ? order by locked_until, id"
    ended = storage.rows(work.db, due, (work.now,))
    for row in ended:
        work.run("update user set locked_at = null, locked_until = null where id = ?", row["id"])
        work.event("lock_ended", row["id"], at=row["locked_until"])
    return bool(ended)

"""One use case at work: a write transaction with org time, the random source and the event log in
it.
"""

import json
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlite_utils import Database

from freshtoken_model.decision.credentials import Source
from freshtoken_model.decision.policies import Policies
from freshtoken_model.values.clock import Clock, wall_clock
from freshtoken_model.values.records import record

from . import database

CLOCK_FIELDS = ("mode", "anchor_wall", "anchor_org", "seen_wall", "seen_org")
UNNAMED = -1
"""In the place of the event that names a step: a change by another process that is not a
step.
"""
STEPS_KEPT, LOOKED_AFTER = 200, 64
"""Steps that can be taken back; after how many it is looked for older ones."""
STEP_COLUMNS = "seed, draws, record_id, calendar_due, step"
KEPT_OF_ORG = (*CLOCK_FIELDS, "draws", "calendar_due")
"""What a use case changes of the org's row, and what is put back when it is taken back."""
DUE_SQL = """
select min(due) from (
    select min(locked_until) as due from user where locked_until is not null
    union all select min(expires_at) from user where expires_at is not null
    union all select min(next_due) from integration where next_due is not null
    union all select calendar_due from org)
"""
"""The next moment at which anything happens by itself."""
CLOCK_COLUMNS = "clock_mode as mode, anchor_wall, anchor_org, seen_wall, seen_org"


def read_clock(db: Database) -> Clock:
    """Read the clock's row of the org."""
    return record(Clock, one(db, f"select {CLOCK_COLUMNS} from org"))


def one(db: Database, sql: str, *values: Any) -> dict[str, Any]:
    """The first row of a query that has one."""
    return database.rows(db, sql, values)[0]


def maybe(db: Database, sql: str, *values: Any) -> dict[str, Any] | None:
    """The first row of a query, None when there is none."""
    return next(iter(database.rows(db, sql, values)), None)


def first_at(db: Database, table: str, column: str, moment: int) -> int:
    """The id of the first row at or after a moment, by halving: ids have no holes and org time
    never goes back.
    """
    low, high = 1, int(one(db, f"select coalesce(max(id), 0) as n from {table}")["n"]) + 1
    while low < high:
        middle = (low + high) // 2
        row = maybe(db, f"select {column} as at from {table} where id = ?", middle)
        if row is None or row["at"] < moment:
            low = middle + 1
        else:
            high = middle
    return low


def read_policies(db: Database, profile_id: int = 0) -> Policies:
    """The org's settings, with those that a profile overrides for its users."""
    rows = db.conn.execute(
        "select 0, '', time_zone || '|' || created_release from org union all select 1, name, "
        "value from setting"
        " union all select 2, name, value from profile_setting where profile_id = ? order by 1, 2",
        (profile_id,),
    )
    return _policies(tuple(rows.fetchall()))


@lru_cache(maxsize=64)
def _policies(rows: tuple[tuple[int, str, str], ...]) -> Policies:
    (_, _, org), *chosen = rows
    time_zone, _, created_release = org.partition("|")
    return Policies.of({name: value for _, name, value in chosen}, time_zone, created_release)


PROCESS = f"{os.getpid()}-{secrets.token_hex(4)}"
"""Who made a step: another process does not take it back unseen."""
NO_STEP = frozenset(
    {"client_told", "mail_read", "lock_ended", "password_expired", "release_reached"}
)
"""Events that belong to the step before them and do not make a step."""


def org_image(row: Mapping[str, Any]) -> str:
    """What a step found in the org's row."""
    return json.dumps([row[name] for name in KEPT_OF_ORG], separators=(",", ":"))


@dataclass(slots=True)
class Work:
    """What a use case writes through. `now` is org time in ms, one moment for the whole use
    case.
    """

    db: Database
    now: int
    source: Source
    version: tuple[int, int] = (-1, -1)
    """Of the content as it was when the transaction began; (-1, -1) once something that was due has
    changed it.
    """
    org_record_id: str = ""
    """Where it is known already."""
    first_event: int = 0
    label_event: int = 0
    """The first event of this use case, and the one that names the step it makes; 0 while there is
    none.
    """
    catching_up: bool = False
    """While what was due is run: time makes no steps."""

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
        """Append to the event log, in this same transaction; returns its id. Never give it a
        secret.

        Shape and trace are texts that many events share: each is stored once, at its first event.
        """
        texts = {
            "shape": json.dumps(shape, separators=(",", ":")) if shape is not None else None,
            "trace": trace,
        }
        event_id, *shared = self.db.conn.execute(
            "insert into event(at, kind, user_id, client_id, shape_id, trace_id, number, detail) "
            "values (?,?,?,?,"
            "(select id from shape where text = ?),(select id from trace where text = ?),?,?)"
            " returning id, shape_id, trace_id",
            (
                self.now if at is None else at,
                kind,
                user_id,
                client_id,
                *texts.values(),
                number,
                detail,
            ),
        ).fetchone()
        for (table, text), known in zip(texts.items(), shared, strict=True):
            if text is not None and known is None:
                new = self.run(f"insert into {table}(text) values (?)", text)
                self.run(f"update event set {table}_id = ? where id = ?", new, event_id)
        self.note(int(event_id), kind)
        return int(event_id)

    def note(self, event_id: int, kind: str) -> None:
        """Remember which event began this use case, and which names it."""
        self.first_event = self.first_event or event_id
        if not self.label_event and not self.catching_up and kind not in NO_STEP:
            self.label_event = event_id

    @property
    def policies(self) -> Policies:
        """The org's settings, as this transaction sees them."""
        return read_policies(self.db)

    def set_clock(self, clock: Clock, new_step: bool = False) -> None:
        """Write the clock row; the first write of a use case begins a step."""
        self.run(
            "update org set clock_mode=?, anchor_wall=?, anchor_org=?, seen_wall=?, seen_org=?, "
            "step = step + ?",
            clock.mode,
            clock.anchor_wall,
            clock.anchor_org,
            clock.seen_wall,
            clock.seen_org,
            int(new_step),
        )

    def keep_step(self, image: str, changed: bool) -> None:
        """Name the step this use case makes, so that it can be taken back.

        What another process changed without a step is noted as well: it must not be
        taken back unseen.
        """
        if self.label_event:
            self.run(
                "insert into step select step, ?, ?, ?, ? from org",
                self.first_event,
                self.label_event,
                PROCESS,
                image,
            )
        elif changed:
            self.run(
                "insert into step select step, (select coalesce(max(id), 0) + 1 from event), ?, "
                "?, ? from org"
                " where not exists (select 1 from (select * from step order by id desc limit 1)"
                " where made_by = ? and label_event = ?)",
                UNNAMED,
                PROCESS,
                image,
                PROCESS,
                UNNAMED,
            )


def forget_old_steps(db: Database) -> None:
    """Delete all but the newest STEPS_KEPT steps, and what the triggers kept for them."""
    sql = "select id from step where label_event >= 0 order by id desc limit 1 offset ?"
    oldest = db.conn.execute(sql, (STEPS_KEPT,)).fetchone()
    if oldest is not None:
        db.conn.execute("delete from step where id <= ?", oldest)
        db.conn.execute("delete from undo where step < (select min(id) from step)")


@contextmanager
def working(db: Database, closing: threading.Event | None = None) -> Iterator[Work]:
    """A write transaction for one use case: reads the clock, runs what is due, keeps clock, random
    draws and the step.
    """
    with database.write(db, closing):
        version, before = database.version(db), db.conn.total_changes
        row = one(db, f"select {CLOCK_COLUMNS}, {STEP_COLUMNS}, ({DUE_SQL}) as due from org")
        clock = record(Clock, {name: row[name] for name in CLOCK_FIELDS}).tick(wall_clock())
        work = Work(
            db, clock.seen_org, Source(row["seed"], row["draws"]), org_record_id=row["record_id"]
        )
        work.set_clock(clock, new_step=True)
        catch_up = getattr(db, "catch_up", None)
        if catch_up is not None and row["due"] is not None and row["due"] <= work.now:
            catch_up(work)
        else:
            work.version = version
        yield work
        if work.source.draws != row["draws"]:
            work.run("update org set draws = ?", work.source.draws)
        work.keep_step(org_image(row), db.conn.total_changes > before + 1)
        if row["step"] % LOOKED_AFTER == 0:
            forget_old_steps(db)


@contextmanager
def looking(db: Database) -> Iterator[Work]:
    """A read transaction with org time in it, for rules that only read. Nothing may be written
    through it.
    """
    with database.read(db):
        yield Work(db, read_clock(db).now(wall_clock()), Source(None))

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

from freshtoken_model.decision.credentials import Source
from freshtoken_model.decision.policies import OrgSettings, PasswordPolicy, values_of
from freshtoken_model.values.clock import Clock, wall_clock
from freshtoken_model.values.kinds import EventKind
from freshtoken_model.values.records import record

from . import database, events, org_row, steps
from .connection import Database

CLOCK_FIELDS = ("mode", "anchor_wall", "anchor_org", "seen_wall", "seen_org")
LOOKED_AFTER = 64
"""Steps after which it is looked for those that are too old to be kept."""
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


def read_settings(db: Database) -> OrgSettings:
    """The settings of the org."""
    return read_rules(db, 0)[0]


def read_password_policy(db: Database, profile_id: int) -> PasswordPolicy:
    """The password policy of the users of a profile."""
    return read_rules(db, profile_id)[1]


def read_rules(db: Database, profile_id: int) -> tuple[OrgSettings, PasswordPolicy]:
    """The org's settings and a profile's password policy, by one statement: a login needs both."""
    rows = db.conn.execute(
        "select 0, '', time_zone || '|' || created_release from org union all select 1, name, "
        "value from setting"
        " union all select 2, name, value from profile_setting where profile_id = ? order by 1, 2",
        (profile_id,),
    )
    return _rules(tuple(rows.fetchall()))


@lru_cache(maxsize=64)
def _rules(rows: tuple[tuple[int, str, str], ...]) -> tuple[OrgSettings, PasswordPolicy]:
    (_, _, org), *chosen = rows
    time_zone, _, created_release = org.partition("|")
    values = values_of({name: value for _, name, value in chosen}, created_release)
    return OrgSettings.of(values, time_zone), PasswordPolicy.of(values)


PROCESS = f"{os.getpid()}-{secrets.token_hex(4)}"
"""Who made a step: another process does not take it back unseen."""
NO_STEP = frozenset(
    {
        EventKind.CLIENT_TOLD,
        EventKind.MAIL_READ,
        EventKind.LOCK_ENDED,
        EventKind.PASSWORD_EXPIRED,
        EventKind.RELEASE_REACHED,
        EventKind.FAULT_INJECTED,
    }
)
"""Events that belong to the step before them and do not make a step."""


def org_image(row: Mapping[str, Any]) -> str:
    """What a step found in the org's row."""
    return json.dumps([row[name] for name in KEPT_OF_ORG], separators=(",", ":"))


LastUseCase = tuple[int, int]
"""The first and the last event of a use case, what was due before it left aside."""


@dataclass(slots=True)
class UseCase:
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
    events: LastUseCase | None = None

    def event(
        self,
        kind: EventKind,
        user_id: int | None = None,
        *,
        detail: str = "",
        client_id: int | None = None,
        number: int | None = None,
        shape_id: int | None = None,
        trace_id: int | None = None,
    ) -> int:
        """Append to the event log, in this same transaction; returns its id. Never give it a
        secret.
        """
        event_id = events.insert_events(
            self.db,
            [(None, self.now, kind, user_id, client_id, shape_id, trace_id, number, detail)],
        )
        self.note(event_id, kind)
        return event_id

    def note(self, event_id: int, kind: EventKind) -> None:
        """Remember which event began this use case, and which names it."""
        self.first_event = self.first_event or event_id
        if not self.catching_up:
            self.events = (self.events[0] if self.events else event_id, event_id)
        if not self.label_event and not self.catching_up and kind not in NO_STEP:
            self.label_event = event_id

    @property
    def settings(self) -> OrgSettings:
        """The org's settings, as this transaction sees them."""
        return read_settings(self.db)

    def set_clock(self, clock: Clock, new_step: bool = False) -> None:
        """Write the clock row; the first write of a use case begins a step."""
        org_row.set_clock(self.db, clock, int(new_step))

    def keep_step(self, image: str, changed: bool) -> None:
        """Name the step this use case makes, so that it can be taken back.

        What another process changed without a step is noted as well: it must not be
        taken back unseen.
        """
        if self.label_event:
            steps.keep(self.db, self.first_event, self.label_event, PROCESS, image)
        elif changed:
            steps.keep_unnamed(self.db, PROCESS, image)


LAST_USE_CASE = "last_use_case"
"""Attribute of a connection: the events of the last use case that wrote any."""


@contextmanager
def writing(db: Database, closing: threading.Event | None = None) -> Iterator[UseCase]:
    """A write transaction for one use case: reads the clock, runs what is due, keeps clock, random
    draws and the step.
    """
    with database.write(db, closing):
        version, before = database.version(db), db.conn.total_changes
        row = one(db, f"select {CLOCK_COLUMNS}, {STEP_COLUMNS}, ({DUE_SQL}) as due from org")
        clock = record(Clock, {name: row[name] for name in CLOCK_FIELDS}).tick(wall_clock())
        work = UseCase(
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
            org_row.set_draws(db, work.source.draws)
        work.keep_step(org_image(row), db.conn.total_changes > before + 1)
        if work.events is not None and work.label_event:
            setattr(db, LAST_USE_CASE, work.events)
        if row["step"] % LOOKED_AFTER == 0:
            steps.forget_old(db)


@contextmanager
def reading(db: Database) -> Iterator[UseCase]:
    """A read transaction with org time in it, for rules that only read. Nothing may be written
    through it.
    """
    with database.read(db):
        yield UseCase(db, read_clock(db).now(wall_clock()), Source(None))

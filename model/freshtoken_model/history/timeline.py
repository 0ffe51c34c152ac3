"""What the timeline is drawn from: each client's cells of org time, and the marks above them.

A cell of an hour or more comes from the clients' hours, which every login keeps in its own
transaction; smaller ones from the event log.
"""

from collections import defaultdict
from dataclasses import dataclass
from enum import Enum

from freshtoken_model.store import database
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import first_at, one
from freshtoken_model.values.clock import DAY, HOUR, MINUTE, SECOND, at
from freshtoken_model.values.kinds import EventKind
from freshtoken_model.values.records import Event, record
from freshtoken_model.values.visible import Visible, visible

from .event_log import EVENT_SQL, NO_TRY

BIN_WIDTHS = (
    SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE,
    HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY, 2 * DAY, 7 * DAY,
)  # fmt: skip
"""What one cell may be, in ms: from a minute on a screen to a year."""
MARK_WORDS = {
    EventKind.PASSWORD_CHANGED: "password changed",
    EventKind.PASSWORD_RESET: "password reset by an admin",
    EventKind.PASSWORD_EXPIRED: "password expired",
    EventKind.TOKEN_RESET: "token reset",
    EventKind.FROZEN_BY_SALESFORCE: "frozen by Salesforce",
    EventKind.LOCKED_OUT: "locked out",
    EventKind.UNLOCKED: "unlocked by an admin",
    EventKind.UNLOCKED_BY_RESET: "unlocked by a password reset",
    EventKind.LOCK_ENDED: "lockout ended",
    EventKind.SESSION_LOST: "session ended by another program's logout",
    EventKind.SHARED_SESSION_ENDED: "shared session ended by a logout",
    EventKind.RELEASE_REACHED: "release calendar",
    EventKind.FAULT_INJECTED: "fault injected by freshtoken",
}
"""Events above the lanes, the weightiest first."""


class Cell(Enum):
    """What a client came to in a cell; of several the worst is told."""

    LOCKED = "locked"
    REFUSED = "refused"
    MIXED = "accepted and refused"
    ACCEPTED = "accepted"
    WORKED = "worked with its session"
    NOTHING = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """A client's logins in a cell."""

    accepted: int = 0
    refused: int = 0
    locked: int = 0
    worked: int = 0

    @property
    def total(self) -> int:
        """Everything the client tried."""
        return self.accepted + self.refused + self.locked + self.worked

    @property
    def cell(self) -> Cell:
        """The one state that stands for these counts in a cell."""
        if self.locked:
            return Cell.LOCKED
        if self.refused:
            return Cell.MIXED if self.accepted or self.worked else Cell.REFUSED
        if self.accepted:
            return Cell.ACCEPTED
        return Cell.WORKED if self.worked else Cell.NOTHING


@dataclass(frozen=True, slots=True)
class Lane:
    """A client's row: its counts by cell number."""

    client_id: int
    client: Visible
    username: str
    cells: dict[int, Counts]


@dataclass(frozen=True, slots=True)
class TimelineHistory:
    """`cells` cells of `step` ms from `start`; `marks` by cell number, each event once."""

    start: int
    step: int
    cells: int
    lanes: tuple[Lane, ...]
    marks: dict[int, tuple[Event, ...]]

    @property
    def end(self) -> int:
        """The moment after the last cell."""
        return self.start + self.step * self.cells

    def moment(self, cell: int) -> int:
        """When a cell begins."""
        return self.start + self.step * cell


def fitting(span: int, cells: int) -> int:
    """The smallest step with which so many cells show a span."""
    return next((step for step in BIN_WIDTHS if step * cells >= span), BIN_WIDTHS[-1])


def begin(moment: int, step: int, zone: str) -> int:
    """The beginning of the cell a moment lies in, by the org's own clock."""
    offset = at(moment, zone).utcoffset()
    shift = int(offset.total_seconds() * 1000) if offset else 0
    return (moment + shift) // step * step - shift


class Timelines:
    """`org.timeline`: cells of counts for each client, over org time."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def span(self) -> tuple[int, int]:
        """The moments of the first and the last event of the log."""
        row = one(
            self._db,
            "select coalesce((select at from event order by id limit 1), 0) as first,"
            " coalesce((select at from event order by id desc limit 1), 0) as last",
        )
        return row["first"], row["last"]

    def read(self, start: int, step: int, cells: int) -> TimelineHistory:
        """The cells from a moment on. Lanes: integrations, and every client that called in it."""
        end = start + step * cells
        with database.read(self._db):
            found = (
                self._of_hours(start, end, step)
                if step >= HOUR
                else self._of_events(start, end, step)
            )
            clients = database.rows(
                self._db,
                "select c.id, c.name, c.username, i.client_id is not null as runs from client c"
                " left join integration i on i.client_id = c.id order by c.id",
            )
            marks = self._marks(start, end, step)
        lanes = tuple(
            Lane(row["id"], visible(row["name"]), row["username"], found.get(row["id"], {}))
            for row in clients
            if row["runs"] or row["id"] in found
        )
        return TimelineHistory(start, step, cells, lanes, marks)

    def events(self, client_id: int, start: int, end: int, limit: int = 200) -> list[Event]:
        """A client's tries and runs from one moment to another, oldest first."""
        with database.read(self._db):
            first, last = (first_at(self._db, "event", "at", moment) for moment in (start, end))
            rows = database.rows(
                self._db,
                EVENT_SQL + " where e.client_id = ? and e.id >= ? and e.id < ? and e.kind in"
                " ('login_accepted', 'login_refused', 'run_refused', 'run_worked') order by e.id "
                "limit ?",
                (client_id, first, last, limit),
            )
        return [record(Event, row) for row in rows]

    def _of_hours(self, start: int, end: int, step: int) -> dict[int, dict[int, Counts]]:
        rows = self._db.conn.execute(
            "select client_id, (hour * 3600000 - ?) / ?, sum(accepted), sum(refused), "
            "sum(locked), sum(worked) from tally"
            " where hour >= ? and hour < ? and client_id > 0 group by 1, 2",
            (start, step, start // HOUR, end // HOUR),
        )
        return _by_client(rows.fetchall())

    def _of_events(self, start: int, end: int, step: int) -> dict[int, dict[int, Counts]]:
        first, last = (first_at(self._db, "event", "at", moment) for moment in (start, end))
        rows = self._db.conn.execute(
            "with locked as materialized (select id from trace where gate = 'not_locked')"
            " select client_id, (at - ?) / ?, sum(kind = 'login_accepted'),"
            " sum(kind = 'run_refused' or kind = 'login_refused' and trace_id not in locked),"
            " sum(kind = 'login_refused' and trace_id in locked), sum(kind = 'run_worked') from "
            "event"
            " where id >= ? and id < ? and client_id is not null"
            " and kind in ('login_accepted', 'login_refused', 'run_refused', 'run_worked') group "
            "by 1, 2",
            (start, step, first, last),
        )
        return _by_client(rows.fetchall())

    def _marks(self, start: int, end: int, step: int) -> dict[int, tuple[Event, ...]]:
        first, last = (first_at(self._db, "event", "at", moment) for moment in (start, end))
        rows = database.rows(
            self._db,
            EVENT_SQL + f" where {NO_TRY} and e.id >= ? and e.id < ? order by e.id",
            (first, last),
        )
        marks: dict[int, list[Event]] = defaultdict(list)
        for row in rows:
            if row["kind"] in MARK_WORDS:
                marks[(row["at"] - start) // step].append(record(Event, row))
        return {cell: tuple(events) for cell, events in marks.items()}


def _by_client(rows: list[tuple[int, ...]]) -> dict[int, dict[int, Counts]]:
    found: dict[int, dict[int, Counts]] = defaultdict(dict)
    for client, cell, *counts in rows:
        found[client][cell] = Counts(*counts)
    return dict(found)


def label(moment: int, step: int, zone: str, last: int = 0) -> str:
    """How a moment is written under the lanes, as short as the step and the moment written before
    it allow.
    """
    local = at(moment, zone)
    if step >= DAY:
        return f"{local:%d %b}"
    day = "" if local.date() == at(last, zone).date() else f"{local:%a} "
    if step >= 4 * HOUR:
        return f"{local:%a %d %b}" if day else f"{local:%H:%M}"
    return f"{day}{local:%H:%M:%S}" if step < MINUTE else f"{day}{local:%H:%M}"

"""The event log, as read; and every login attempt in it, with the trace that Login History does not
show.
"""

from dataclasses import dataclass
from typing import Any

from freshtoken_model.decision.verdict import Door, Step
from freshtoken_model.decision.words import refusing, unpack
from freshtoken_model.store import database
from freshtoken_model.store.connection import Database
from freshtoken_model.store.events import Shape
from freshtoken_model.store.use_case import maybe
from freshtoken_model.values.errors import OrgFileError
from freshtoken_model.values.kinds import EventKind
from freshtoken_model.values.records import Event, record
from freshtoken_model.values.visible import Visible, visible

NO_TRY = (
    "e.kind != 'login_accepted' and e.kind != 'login_refused' and e.kind != 'run_worked' "
    "and e.kind != 'client_told'"
)
"""Events that are no client's try: in the words of their index, which is cheap to keep because it
compares only.
"""
EVENT_SQL = """
select e.id, e.at, e.kind, e.user_id, u.username, e.client_id, c.name as client, e.number, e.detail,
    t.text as trace
from event e left join user u on u.id = e.user_id left join client c on c.id = e.client_id
left join trace t on t.id = e.trace_id
"""
SHAPE_COLUMNS = ", ".join(f"s.{name} as shape_{name}" for name in Shape._fields)
ATTEMPT_SQL = (
    EVENT_SQL.replace("from event e", f", {SHAPE_COLUMNS}\nfrom event e")
    + "join shape s on s.id = e.shape_id\n"
)


DECISION_SQL = ATTEMPT_SQL.replace("join shape s", "left join shape s")
DECIDED = (EventKind.LOGIN_ACCEPTED, EventKind.LOGIN_REFUSED, EventKind.FAULT_INJECTED)


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One login attempt as freshtoken remembers it, trace included."""

    event: Event
    accepted: bool
    steps: tuple[Step, ...]
    shape: dict[str, Visible]

    @property
    def refused_by(self) -> str:
        """The name of the gate that refused it, empty when none did."""
        step = refusing(self.steps)
        return step.gate if step else ""

    @property
    def made_by(self) -> Visible:
        """The API client that made it, else the application it named, else the door it came by."""
        client = self.event.client
        return client or self.shape.get("application") or self.shape["door"]


@dataclass(frozen=True, slots=True)
class Decision:
    """A login attempt with how it was decided; `attempt` is None where a fault was injected, which
    the org did not decide.
    """

    event: Event
    attempt: AttemptRow | None


class EventLog:
    """The event log of an org."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @property
    def database(self) -> Database:
        """For reads that belong to the same moment."""
        return self._db

    def events(self, after: int = 0, limit: int = 1_000) -> list[Event]:
        """The event log after an id, oldest first."""
        rows = database.rows(
            self._db, EVENT_SQL + " where e.id > ? order by e.id limit ?", (after, limit)
        )
        return [record(Event, row) for row in rows]

    def of_client(self, client_id: int, limit: int = 200) -> list[Event]:
        """The newest events of a client and of its user, oldest first."""
        rows = database.rows(
            self._db,
            EVENT_SQL
            + " where e.client_id = ? or e.user_id = (select id from user where username ="
            " (select username from client where id = ?)) order by e.id desc limit ?",
            (client_id, client_id, limit),
        )
        return [record(Event, row) for row in rows][::-1]

    def attempts(self, client_id: int, limit: int = 200) -> list[AttemptRow]:
        """The API logins with a client's username, by the client or anybody else, newest first."""
        rows = database.rows(
            self._db,
            ATTEMPT_SQL
            + " where e.kind in ('login_accepted', 'login_refused') and (e.client_id = ? or "
            "e.user_id ="
            " (select id from user where username = (select username from client where id = ?)))"
            " and s.door != 'ui' order by e.id desc limit ?",
            (client_id, client_id, limit),
        )
        return [_attempt(row) for row in rows]

    def decisions(self, after: int = 0, limit: int = 1_000, name: str = "") -> list[Decision]:
        """Every login attempt and every injected fault after an event id, oldest first; of one
        username only where one is named.
        """
        rows = database.rows(
            self._db,
            DECISION_SQL + " where e.id > ? and e.kind in (?, ?, ?)"
            " and ? in ('', u.username, s.username) order by e.id limit ?",
            (after, *DECIDED, name, limit),
        )
        return [_decision(row) for row in rows]

    def attempt(self, event_id: int) -> AttemptRow | None:
        """The attempt an event tells of."""
        row = maybe(self._db, ATTEMPT_SQL + " where e.id = ?", event_id)
        return _attempt(row) if row and row["trace"] else None


def stored_door(name: str) -> Door:
    """A stored door. Raises OrgFileError for what is none: the file was damaged."""
    try:
        return Door(name)
    except ValueError as error:
        raise OrgFileError(
            "The org file is damaged: how a login came in cannot be read."
        ) from error


def _shape_of(row: dict[str, Any]) -> dict[str, Any]:
    """The columns of the shape, taken out of a row."""
    return {name: row.pop(f"shape_{name}") for name in Shape._fields}


def _attempt(row: dict[str, Any]) -> AttemptRow:
    found = _shape_of(row)
    stored_door(found["door"])
    event = record(Event, row)
    shape = {name: visible(value) for name, value in found.items() if value is not None}
    return AttemptRow(
        event, event.kind == EventKind.LOGIN_ACCEPTED, unpack(event.trace or "[]"), shape
    )


def _decision(row: dict[str, Any]) -> Decision:
    if row["kind"] == EventKind.FAULT_INJECTED:
        _shape_of(row)
        return Decision(record(Event, row), None)
    attempt = _attempt(row)
    return Decision(attempt.event, attempt)

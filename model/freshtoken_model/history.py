"""Login History and the event log, as read. Login History shows only what Salesforce shows: one status a row."""

from dataclasses import dataclass

from sqlite_utils import Database

import freshtoken_data

from . import storage
from .clock import iso
from .credentials import record_id
from .login import shape_of
from .records import Event, record
from .users import find
from .verdict import Step
from .words import unpack
from .work import maybe

PAGE = 20_000
"""Rows the Login History page shows at most [DOC checked.md B13]."""

HISTORY_SQL = """
select h.id, u.username, u.record_id as user_record_id, h.login_time, h.status, s.text as shape, h.event_id
from login_history h join user u on u.id = h.user_id join shape s on s.id = h.shape_id
"""
EVENT_SQL = """
select e.id, e.at, e.kind, e.user_id, u.username, e.client_id, c.name as client, e.number, e.detail,
    s.text as shape, t.text as trace
from event e left join user u on u.id = e.user_id left join client c on c.id = e.client_id
left join shape s on s.id = e.shape_id left join trace t on t.id = e.trace_id
"""


def status_texts() -> dict[str, str]:
    """The Status column's texts by key, from faults.toml."""
    return {
        row["key"]: row["text"] for row in freshtoken_data.rows("faults.toml", "status", "key", "text", "mark", "source")
    }


@dataclass(frozen=True, slots=True)
class LoginRow:
    """One row of Login History. `event_id` leads to the trace, which Salesforce does not show."""

    id: int
    username: str
    user_record_id: str
    login_time: int
    source_ip: str
    login_type: str
    status: str
    application: str
    api_type: str
    api_version: str
    login_url: str
    event_id: int

    def fields(self) -> dict[str, str]:
        """With the field names of the LoginHistory object [salesforce.md 4], and the username beside them."""
        return {
            "Id": record_id("0Ya", self.id),
            "UserId": self.user_record_id,
            "Username": self.username,
            "LoginTime": iso(self.login_time),
            "LoginType": self.login_type,
            "SourceIp": self.source_ip,
            "LoginUrl": self.login_url,
            "Status": self.status,
            "Application": self.application,
            "ApiType": self.api_type,
            "ApiVersion": self.api_version,
        }


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One login attempt as freshtoken remembers it, trace included."""

    event: Event
    accepted: bool
    steps: tuple[Step, ...]
    shape: dict[str, str]


class History:
    """org.history"""

    def __init__(self, db: Database) -> None:
        self._db = db

    def logins(self, name: str | None = None, limit: int = PAGE) -> list[LoginRow]:
        """Login History of a user or of everybody, newest first. Raises UnknownName."""
        texts = status_texts()
        with storage.read(self._db):
            where, values = "", []
            if name is not None:
                where, values = " where h.user_id = ?", [find(self._db, name).id]
            rows = storage.rows(self._db, HISTORY_SQL + where + " order by h.id desc limit ?", [*values, limit])
        found = []
        for row in rows:
            shape = shape_of(row["shape"])
            soap = shape["door"] == "soap"
            found.append(
                LoginRow(
                    row["id"],
                    row["username"],
                    row["user_record_id"],
                    row["login_time"],
                    shape["address"],
                    shape["login_type"],
                    texts[row["status"]],
                    shape["application"] or "N/A",
                    ("SOAP Enterprise" if "/Soap/c/" in shape["endpoint"] else "SOAP Partner") if soap else "N/A",
                    shape["api_version"] or "N/A",
                    shape["login_url"],
                    row["event_id"],
                )
            )
        return found

    def events(self, after: int = 0, limit: int = 1_000) -> list[Event]:
        """The event log after an id, oldest first."""
        rows = storage.rows(self._db, EVENT_SQL + " where e.id > ? order by e.id limit ?", (after, limit))
        return [record(Event, row) for row in rows]

    def of_client(self, client_id: int, limit: int = 200) -> list[Event]:
        """The newest events of a client and of its user, oldest first."""
        rows = storage.rows(
            self._db,
            EVENT_SQL + " where e.client_id = ? or e.user_id = (select id from user where username ="
            " (select username from client where id = ?)) order by e.id desc limit ?",
            (client_id, client_id, limit),
        )
        return [record(Event, row) for row in rows][::-1]

    def attempts(self, client_id: int, limit: int = 200) -> list[AttemptRow]:
        """The API logins with a client's username, by the client or anybody else, newest first."""
        rows = storage.rows(
            self._db,
            EVENT_SQL + " where e.kind in ('login_accepted', 'login_refused') and (e.client_id = ? or e.user_id ="
            " (select id from user where username = (select username from client where id = ?)))"
            ' and s.text not like \'{"door":"ui"%\' order by e.id desc limit ?',
            (client_id, client_id, limit),
        )
        return [_attempt(record(Event, row)) for row in rows]

    def attempt(self, event_id: int) -> AttemptRow | None:
        """The attempt an event tells of."""
        row = maybe(self._db, EVENT_SQL + " where e.id = ?", event_id)
        return _attempt(record(Event, row)) if row and row["trace"] else None


def _attempt(event: Event) -> AttemptRow:
    return AttemptRow(event, event.kind == "login_accepted", unpack(event.trace or "[]"), shape_of(event.shape))

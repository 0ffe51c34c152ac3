"""Login History, as read. It shows only what Salesforce shows: one status a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import freshtoken_data
from freshtoken_model.accounts.users import find
from freshtoken_model.decision.credentials import record_id
from freshtoken_model.decision.login_types import subtype_of
from freshtoken_model.decision.verdict import Door
from freshtoken_model.store import database
from freshtoken_model.store.events import Shape
from freshtoken_model.store.use_case import first_at, maybe, one
from freshtoken_model.values.clock import at, iso, parse_duration, parse_moment
from freshtoken_model.values.kinds import LoginStatus, LoginSubType
from freshtoken_model.values.visible import visible

from .event_log import EventLog, stored_door

PAGE = 20_000
"""Rows the Login History page shows at most [DOC login-history-extent]."""

NONE = "N/A"
"""What stands in a column without a value."""

CHUNK = 500
"""Rows read by id at once."""

RARE = 5_000
"""So few rows are found by their shapes first, whatever else is asked for."""

CSV_COLUMNS = {
    "Username": "Username",
    "Login Time": "LoginTime",
    "Source IP": "SourceIp",
    "Login Type": "LoginType",
    "Status": "Status",
    "Application": "Application",
    "API Type": "ApiType",
    "API Version": "ApiVersion",
    "Login URL": "LoginUrl",
    "Login Subtype": "LoginSubType",
}
"""Real column headings [DOC login-history-columns], of the fields freshtoken has. Login Subtype was
added later, at a place that no page names.
"""

HISTORY_SQL = """
select h.id, u.username, u.record_id as user_record_id, h.login_time, h.status, h.event_id,
    s.door, s.address, s.api_version, s.application, s.endpoint, s.login_type, s.login_url
from login_history h join user u on u.id = h.user_id join shape s on s.id = h.shape_id
"""
SHAPE = Shape._fields[:-1]
"""What Login History knows of a shape."""


def status_texts() -> dict[str, str]:
    """The Status column's texts by key, from faults.toml."""
    return {
        row["key"]: row["text"]
        for row in freshtoken_data.rows("faults.toml", "status", "key", "text", "mark", "source")
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
    subtype: LoginSubType | None
    event_id: int

    @property
    def accepted(self) -> bool:
        """Whether it let somebody in."""
        return self.status == status_texts()[LoginStatus.SUCCESS]

    def fields(self) -> dict[str, str]:
        """With the field names of the LoginHistory object [3P login-history-object], and
        the username beside them.
        """
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
            "LoginSubType": self.subtype or NONE,
        }

    def cells(self) -> tuple[str, ...]:
        """A line of the CSV file, as CSV_COLUMNS have it: what fields() says without the record
        ids, which cost most.
        """
        at = iso(self.login_time)
        shown = (self.username, at, self.source_ip, self.login_type, self.status, self.application)
        rest = (self.api_type, self.api_version, self.login_url)
        return (*shown, *rest, self.subtype.label if self.subtype else NONE)


@dataclass(frozen=True, slots=True)
class LoginFilter:
    """Which rows of Login History: a username, a status text, an address, an application; from, and
    before, a moment; the label of a Login Subtype.
    """

    username: str = ""
    status: str = ""
    source_ip: str = ""
    application: str = ""
    since: int | None = None
    until: int | None = None
    subtype: str = ""

    @property
    def empty(self) -> bool:
        """Whether it lets everything through."""
        return self == LoginFilter()


class History(EventLog):
    """`org.history`: Login History, read page by page, and the event log."""

    def logins(self, name: str | None = None, limit: int = PAGE) -> list[LoginRow]:
        """Login History of a user or of everybody, newest first. Raises UnknownNameError."""
        with database.read(self._db):
            username = find(self._db, name).username if name is not None else ""
            return self.rows(self.ids(LoginFilter(username), limit=limit))

    def ids(
        self, which: LoginFilter, before: int | None = None, limit: int = PAGE, after: int = 0
    ) -> list[int]:
        """The newest rows a filter lets through, with ids less than `before` (a page by its keyset)
        and beyond `after`.
        """
        with database.read(self._db):
            where, values = self.where(which, before, after)
            sql = f"select h.id from login_history h{where} order by h.id desc limit ?"
            return [row[0] for row in self._db.conn.execute(sql, (*values, limit))]

    def where(
        self, which: LoginFilter, before: int | None = None, after: int = 0
    ) -> tuple[str, list[object]]:
        """The WHERE of ids(), with its values; empty when everything is let through."""
        wheres, values = self._wheres(which)
        if before is not None:
            wheres, values = [*wheres, "h.id < ?"], [*values, before]
        if after:
            wheres, values = [*wheres, "h.id > ?"], [*values, after]
        return (f" where {' and '.join(wheres)}" if wheres else ""), values

    def count(self, which: LoginFilter) -> int:
        """How many rows a filter lets through."""
        with database.read(self._db):
            if which == LoginFilter():
                return self.newest()
            where, values = self.where(which)
            sql = f"select count(*) from login_history h{where}"
            return int(self._db.conn.execute(sql, values).fetchone()[0])

    def newest(self) -> int:
        """The id of the newest row, 0 without any; rows are never deleted, so it is also their
        number.
        """
        return int(one(self._db, "select coalesce(max(id), 0) as n from login_history")["n"])

    def rows(self, ids: Sequence[int]) -> list[LoginRow]:
        """Rows by their ids, newest first; what is gone is left out."""
        texts = status_texts()
        if len(ids) > CHUNK:
            return [
                row
                for start in range(0, len(ids), CHUNK)
                for row in self.rows(ids[start : start + CHUNK])
            ]
        marks = ",".join("?" * len(ids))
        found = database.rows(
            self._db, HISTORY_SQL + f" where h.id in ({marks}) order by h.id desc", ids
        )
        return [_login_row(row, texts) for row in found]

    def statuses(self) -> list[str]:
        """The status texts that occur, in the order of their texts, and Success."""
        # by literals, as in _wheres
        found = "select 1 from login_history where status = {0!r} and status != 'success'"
        return sorted(
            text
            for key, text in status_texts().items()
            if key == LoginStatus.SUCCESS or maybe(self._db, f"{found.format(key)} limit 1")
        )

    def shapes(self, key: str) -> list[str]:
        """The addresses (`address`) or applications (`application`) that logins came with."""
        if key not in ("address", "application"):
            raise ValueError(key)
        # those of unknown usernames, which may be many, are in no Login History
        found = database.rows(
            self._db,
            f"select distinct {key} as text from shape s where username is null and exists "
            f"(select 1 from login_history where shape_id = s.id)",
        )
        return sorted({visible(row["text"]) or NONE for row in found})

    def subtypes(self) -> list[str]:
        """The labels of the Login Subtypes that occur."""
        found = database.rows(
            self._db,
            "select distinct door, endpoint from shape s where username is null and exists "
            "(select 1 from login_history where shape_id = s.id)",
        )
        return sorted({_subtype_label(row) for row in found})

    def _wheres(self, which: LoginFilter) -> tuple[list[str], list[object]]:
        wheres: list[str] = []
        values: list[object] = []
        rare = ""
        if which.source_ip or which.application or which.subtype:
            application = "" if which.application == NONE else which.application
            shapes = [
                row["id"]
                for row in database.rows(self._db, "select * from shape where username is null")
                if (not which.source_ip or visible(row["address"]) == which.source_ip)
                and (not which.application or visible(row["application"]) == application)
                and (not which.subtype or _subtype_label(row) == which.subtype)
            ]
            wheres.append(f"h.shape_id in ({','.join(map(str, shapes))})")
            few = (
                f"select count(*) as n from (select 1 from login_history h where {wheres[0]} "
                f"limit {RARE})"
            )
            # SQLite would walk the user's or the status's rows, a million perhaps; a plus takes
            # their index from it
            rare = "+" if one(self._db, few)["n"] < RARE else ""
        if which.username:
            wheres.append(f"{rare}h.user_id = (select id from user where username = ?)")
            values.append(which.username)
        if which.status:
            keys = [key for key, text in status_texts().items() if text == which.status]
            # by literals: only then does SQLite see that the index of refusals has them all
            wheres.append(f"{rare}h.status in ({','.join(repr(key) for key in keys)})")
            if LoginStatus.SUCCESS not in keys:
                wheres.append("h.status != 'success'")
        for moment, sign in ((which.since, ">="), (which.until, "<")):
            if moment is not None:
                wheres.append(f"h.id {sign} ?")
                values.append(first_at(self._db, "login_history", "login_time", moment))
        return wheres, values


def parse_span(text: str, now: int, zone: str) -> tuple[int | None, int | None]:
    """From when on, and before when: today, the last while (2h, 3d), an ISO moment; or two of them,
    as in 3d..today.

    Nothing means no limit. Raises ValueError with words for a person.
    """
    text = text.strip()

    def moment(end: str) -> int | None:
        if end.lower() == "today":
            return round(
                at(now, zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0).timestamp()
                * 1000
            )
        if not end or "-" in end:
            return parse_moment(end, zone) if end else None
        return now - parse_duration(end.lower())

    first, _, last = text.partition("..")
    try:
        return moment(first.strip()), moment(last.strip())
    except ValueError:
        raise ValueError(
            f"{text!r} is not a time; write it like today, 2h, 3d, 2026-11-24T14:00, or two of "
            f"these like 3d..today"
        ) from None


def _subtype_label(shape: Mapping[str, str]) -> str:
    found = subtype_of(stored_door(shape["door"]), shape["endpoint"])
    return found.label if found else NONE


@lru_cache(maxsize=1_000)
def way_in(*shape: str) -> dict[str, Any]:
    """What a shape puts in a row, by the row's own names: a million rows have a few dozen."""
    name, address, api_version, application, endpoint, login_type, login_url = map(visible, shape)
    door = stored_door(name)
    partner = "SOAP Enterprise" if "/Soap/c/" in endpoint else "SOAP Partner"
    return {
        "source_ip": address,
        "login_type": login_type,
        "application": application or NONE,
        "api_type": partner if door is Door.SOAP else NONE,
        "api_version": api_version or NONE,
        "login_url": login_url,
        "subtype": subtype_of(door, endpoint),
    }


def _login_row(row: dict[str, Any], texts: dict[str, str]) -> LoginRow:
    return LoginRow(
        id=row["id"],
        username=row["username"],
        user_record_id=row["user_record_id"],
        login_time=row["login_time"],
        status=texts.get(row["status"], visible(row["status"])),
        event_id=row["event_id"],
        **way_in(*(row[name] for name in SHAPE)),
    )

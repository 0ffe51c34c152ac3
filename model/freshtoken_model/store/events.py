"""Writes the event log, and what many events share. Raw, because every login and moved
time write it: a month of the preset busy is 100,000 rows in 0.7 s.
"""

from collections.abc import Sequence
from typing import NamedTuple

from .connection import Database

EventColumns = tuple[
    int | None, int, str, int | None, int | None, int | None, int | None, int | None, str
]
"""id (None: the next one), at, kind, user_id, client_id, shape_id, trace_id, number, detail."""
INSERT = (
    "insert into event(id, at, kind, user_id, client_id, shape_id, trace_id, number, detail) "
    "values (?,?,?,?,?,?,?,?,?)"
)


def insert_events(db: Database, rows: Sequence[EventColumns]) -> int:
    """Append events; returns the id of a single one."""
    if len(rows) == 1:
        return db.conn.execute(INSERT, rows[0]).lastrowid or 0
    db.conn.executemany(INSERT, rows)
    return 0


class Shape(NamedTuple):
    """How a login attempt came in, which many attempts share. `username` only of an unknown user:
    80 characters of what was sent, made visible.
    """

    door: str
    address: str
    api_version: str
    application: str
    endpoint: str
    login_type: str
    login_url: str
    username: str | None = None


class Trace(NamedTuple):
    """The steps of a decision as JSON, which many attempts share; gate and code of the step that
    refused, empty for an accepted login.
    """

    text: str
    gate: str
    code: str


def _statements(table: str, row: type[Shape] | type[Trace]) -> tuple[str, str]:
    columns, marks = ", ".join(row._fields), ", ".join("?" * len(row._fields))
    return (
        f"select id from {table} where {' and '.join(f'{name} is ?' for name in row._fields)}",
        f"insert into {table}({columns}) values ({marks})",
    )


SHARED = {Shape: _statements("shape", Shape), Trace: _statements("trace", Trace)}


def shared_id(db: Database, row: Shape | Trace) -> int:
    """The id of a shape or a trace, which is stored when it is used for the first time."""
    find, add = SHARED[type(row)]
    found = db.conn.execute(find, row).fetchone()
    return int(found[0]) if found is not None else db.conn.execute(add, row).lastrowid or 0

"""Writes the event log, and the texts that many events share. Raw, because every login and moved
time write it: a month of the preset busy is 100,000 rows in 0.7 s.
"""

from collections.abc import Sequence

from sqlite_utils import Database

EventRow = tuple[
    int | None, int, str, int | None, int | None, int | None, int | None, int | None, str
]
"""id (None: the next one), at, kind, user_id, client_id, shape_id, trace_id, number, detail."""
INSERT = (
    "insert into event(id, at, kind, user_id, client_id, shape_id, trace_id, number, detail) "
    "values (?,?,?,?,?,?,?,?,?)"
)


def insert(db: Database, rows: Sequence[EventRow]) -> int:
    """Append events; returns the id of a single one."""
    if len(rows) == 1:
        return db.conn.execute(INSERT, rows[0]).lastrowid or 0
    db.conn.executemany(INSERT, rows)
    return 0


def text_id(db: Database, table: str, text: str) -> int:
    """The id of a shape or a trace, which is stored when it is used for the first time."""
    found = db.conn.execute(f"select id from {table} where text = ?", (text,)).fetchone()
    if found is not None:
        return int(found[0])
    return db.conn.execute(f"insert into {table}(text) values (?)", (text,)).lastrowid or 0

"""Writes Login History, and the hourly counts of each client's logins. Raw, for the same figure as
events.py.
"""

from collections.abc import Iterable

from .connection import Database

HistoryRow = tuple[int, int, int, str, int]
"""user_id, login_time, shape_id, status, event_id."""
CountRow = tuple[int, ...]
"""client_id, hour since 1970, then how many: accepted, refused, refused while locked, worked with
an open session.
"""


def insert_logins(db: Database, rows: Iterable[HistoryRow]) -> None:
    """Append rows."""
    db.conn.executemany(
        "insert into login_history(user_id, login_time, shape_id, status, event_id) "
        "values (?,?,?,?,?)",
        rows,
    )


def count(db: Database, rows: Iterable[CountRow]) -> None:
    """Add to the hourly counts, which the timeline of a year is drawn from."""
    db.conn.executemany(
        "insert into tally(client_id, hour, accepted, refused, locked, worked) "
        "values (?,?,?,?,?,?) on conflict do update set accepted = accepted + excluded.accepted, "
        "refused = refused + excluded.refused, locked = locked + excluded.locked, "
        "worked = worked + excluded.worked",
        rows,
    )

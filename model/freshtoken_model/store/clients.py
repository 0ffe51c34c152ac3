"""Writes API clients and their schedules."""

from collections.abc import Iterable

from .connection import Database
from .writer import Writer

clients = Writer("client")
integrations = Writer("integration")


def record_answers(db: Database, rows: Iterable[tuple[str, str, int, str | None, int]]) -> None:
    """Write what clients were answered last: status, words, moment (ms), the session they got (None
    keeps the former one), client id. Raw, because moved time writes it for every batch.
    """
    db.conn.executemany(
        "update client set light = ?, told = ?, told_at = ?, session = coalesce(?, session) "
        "where id = ?",
        rows,
    )


def record_runs(db: Database, rows: Iterable[tuple[int, int | None, int | None, int, int]]) -> None:
    """Write where schedules have got to: tries, the last run and the next (ms), whether stopped,
    client id. Raw, for the same reason.
    """
    db.conn.executemany(
        "update integration set tries = ?, run_at = ?, next_due = ?, stopped = ? "
        "where client_id = ?",
        rows,
    )

"""Writes an org as a whole: empties it, or puts a copy in its place."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from freshtoken_model.values.clock import wall_clock

from . import org_row
from .connection import Database
from .use_case import read_clock

OWN = ("step", "undo")
"""Tables that belong to the file, not to the org in it."""


def empty(db: Database) -> None:
    """Delete every row, in the write transaction of the caller; the schema stays."""
    db.conn.execute("PRAGMA defer_foreign_keys=ON")
    org_row.update(db, step=0)  # no step: the triggers keep nothing of what is deleted
    for table in _tables(db):
        db.table(table).delete_where()
    db.conn.execute("delete from sqlite_sequence")


def copy_attached(db: Database, with_steps: bool = False) -> None:
    """Put the content of the database attached as `copy` in the org's place, in the write
    transaction of the caller. Org time goes on from the copy's; followers start over.

    `with_steps`: the copy's steps can then be taken back too; else there are none.
    """
    conn = db.conn
    empty(db)
    left_out = () if with_steps else OWN
    for table in sorted(set(_tables(db)) - set(left_out), key=lambda table: table == "org"):
        columns = ", ".join(row[1] for row in conn.execute(f"PRAGMA main.table_info({table})"))
        conn.execute(f"insert into main.{table}({columns}) select {columns} from copy.{table}")
    conn.execute("delete from main.sqlite_sequence")
    conn.execute("insert into main.sqlite_sequence select name, seq from copy.sqlite_sequence")
    wall, now = wall_clock(), read_clock(db).seen_org
    clock = {"anchor_wall": wall, "anchor_org": now, "seen_wall": wall}
    if with_steps:
        org_row.begin_generation(db, **clock)
    else:
        org_row.begin_generation(db, step=1, **clock)
        db.table("undo").delete_where()


def give_birth(file: Path) -> None:
    """Give a copied file another birth than its original (database.birth_of), so that an open org
    notices when another program puts the copy over it.
    """
    copy = sqlite3.connect(file, isolation_level=None)
    try:
        copy.execute(
            "update _sqlite_migrations set applied_at = ?", (datetime.now(UTC).isoformat(),)
        )
    finally:
        copy.close()


def _tables(db: Database) -> list[str]:
    return [
        name
        for (name,) in db.conn.execute("select name from main.sqlite_master where type = 'table'")
        if not name.startswith(("sqlite_", "_sqlite_"))
    ]

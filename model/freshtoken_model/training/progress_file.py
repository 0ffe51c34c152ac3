"""progress.db: its format, and the only statements that write and read its two tables of notes."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlite_utils
from sqlite_utils import Migrations

from freshtoken_model.store import database
from freshtoken_model.store.connection import Database
from freshtoken_model.store.orgfile import data_folder
from freshtoken_model.store.whole_file import make_folder
from freshtoken_model.values.errors import OrgFileError

PROGRESS_FILE = "progress.db"
PROGRESS_ID = 0x46546B70
"""'FTkp': marks a SQLite file as one of progress."""
PROGRESS_FORMAT = 2

migrations = Migrations("freshtoken-progress")


@migrations()
def m001_notes(db: sqlite_utils.Database) -> None:
    """Notes."""
    db.conn.execute(
        "create table note (id integer primary key, at integer not null, lab text not null, what "
        "text not null,"
        " detail text not null default '') strict"
    )
    db.conn.execute("create index note_lab on note(lab, id)")


@migrations()
def m002_exam_notes(db: sqlite_utils.Database) -> None:
    """Notes of practice and mock exams; what was imported twice is there once."""
    db.conn.execute(
        "create table exam_note (id integer primary key, at integer not null, what text not null,"
        " subject text not null, detail text not null, unique (at, what, subject, detail)) strict"
    )
    db.conn.execute("create index exam_note_subject on exam_note(subject)")


class ProgressFile:
    """progress.db, made when the first note is written. Opened for each call: two processes may
    write.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or data_folder()) / PROGRESS_FILE

    @contextmanager
    def opened(self, make: bool = False) -> Iterator[Database]:
        """A connection to the file, which is made when asked for. Raises OrgFileError."""
        with database.plainly(self.path, "progress file"):
            if not make and not self.path.is_file():
                raise OrgFileError(
                    f"{self.path} is not freshtoken's progress; it was left as it is."
                )
            if make:
                make_folder(self.path.parent)
                with suppress(FileExistsError):
                    os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            conn = sqlite3.connect(self.path, timeout=database.BUSY_LIMIT, isolation_level=None)
            try:
                db = Database(conn)
                if self._version(conn) < PROGRESS_FORMAT:
                    with database.write(db):
                        migrations.apply(db.tables)
                        conn.execute(f"PRAGMA application_id={PROGRESS_ID}")
                        conn.execute(f"PRAGMA user_version={PROGRESS_FORMAT}")
                yield db
            finally:
                conn.close()

    def _version(self, conn: sqlite3.Connection) -> int:
        """The file's format, 0 for one that is being made. Raises OrgFileError for what is not, or
        not yet, ours.
        """
        conn.execute("BEGIN")  # one moment: another process may be making the file
        (tables,) = conn.execute("select count(*) from sqlite_master").fetchone()
        (application,) = conn.execute("PRAGMA application_id").fetchone()
        (version,) = conn.execute("PRAGMA user_version").fetchone()
        conn.execute("COMMIT")
        if application != PROGRESS_ID and (application or tables):
            raise OrgFileError(f"{self.path} is not freshtoken's progress; it was left as it is.")
        if version > PROGRESS_FORMAT:
            raise OrgFileError(
                f"{self.path} comes from a newer freshtoken; update freshtoken to go on."
            )
        return int(version)


def add_lab_note(db: Database, **note: Any) -> None:
    """Append a note of a lab: at (ms of wall time), lab, what, detail."""
    db.table("note").insert(note)


def lab_notes(db: Database, lab: str | None = None) -> list[dict[str, Any]]:
    """The notes of a lab, or of all, oldest first."""
    where, values = ("lab = ?", [lab]) if lab is not None else (None, [])
    select = "at, lab, what, detail"
    return list(db.table("note").rows_where(where, values, order_by="id", select=select))


def add_exam_notes(db: Database, notes: Iterable[dict[str, Any]]) -> int:
    """Append notes of exams: at, what, subject, detail (JSON), but none that is there already.
    Returns how many were new.
    """
    before = db.conn.total_changes
    db.table("exam_note").insert_all(notes, ignore=True)
    return int(db.conn.total_changes - before)


def exam_notes(
    db: Database, subject: str | None = None, always: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """The notes of exams, or those about one subject and those of the kinds `always`, in the order
    they were written.
    """
    where, values = None, [subject, *always]
    if subject:
        where = f"subject = ? or what in ({', '.join('?' * (len(values) - 1))})"
    return list(
        db.table("exam_note").rows_where(
            where, values if where else [], order_by="id", select="at, what, subject, detail"
        )
    )

"""progress.db: what was done in labs and exams, by wall clock. It survives any org's reset.

Only notes are kept, never a state: the record of a lab is read from its notes, by its id.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database, Migrations

from freshtoken_model.store import database
from freshtoken_model.store.orgfile import data_folder
from freshtoken_model.store.whole_file import make_folder
from freshtoken_model.values.clock import wall_clock
from freshtoken_model.values.errors import OrgFileError

FILE = "progress.db"
APPLICATION_ID = 0x46546B70
"""'FTkp': marks a SQLite file as one of progress."""
VERSION = 2
STARTED, RESET, FAILED, HINT, SOLVED, GAVE_UP = (
    "started",
    "reset",
    "failed",
    "hint",
    "solved",
    "gave_up",
)
NUDGE = 3
"""Failed checks after which a hint is offered."""
NEW, OPEN, DONE, SHOWN = "new", "started", "solved", "given up"
"""The record of a lab."""

migrations = Migrations("freshtoken-progress")


@migrations()
def m001_notes(db: Database) -> None:
    """Make the table of notes, to which rows are only added."""
    db.conn.execute(
        "create table note (id integer primary key, at integer not null, lab text not null, what "
        "text not null,"
        " detail text not null default '') strict"
    )
    db.conn.execute("create index note_lab on note(lab, id)")


@migrations()
def m002_exam_notes(db: Database) -> None:
    """Notes of practice and mock exams; what was imported twice is there once."""
    db.conn.execute(
        "create table exam_note (id integer primary key, at integer not null, what text not null,"
        " subject text not null, detail text not null, unique (at, what, subject, detail)) strict"
    )
    db.conn.execute("create index exam_note_subject on exam_note(subject)")


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was done in a lab. `at`: ms of wall time."""

    at: int
    lab: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Record:
    """The record of a lab. Tries are the failed checks since it was started or set back."""

    state: str = NEW
    tries: int = 0
    hints: int = 0
    started_at: int | None = None
    solved_at: int | None = None
    gave_up: bool = False

    @property
    def solution_open(self) -> bool:
        """Whether the reference solution may be seen."""
        return self.solved_at is not None or self.gave_up

    @property
    def stuck(self) -> bool:
        """Whether it is time to offer a hint."""
        return self.tries >= NUDGE


def record_of(notes: list[Note]) -> Record:
    """The record that the notes of one lab, oldest first, give."""
    started = next((n.at for n in notes if n.what == STARTED), None)
    solved = next((n.at for n in notes if n.what == SOLVED), None)
    gave_up = any(n.what == GAVE_UP for n in notes)
    begun = max((i for i, n in enumerate(notes) if n.what in (STARTED, RESET)), default=0)
    return Record(
        state=DONE
        if solved is not None
        else SHOWN
        if gave_up
        else OPEN
        if started is not None
        else NEW,
        tries=sum(n.what == FAILED for n in notes[begun:]),
        hints=len({n.detail for n in notes if n.what == HINT}),
        started_at=started,
        solved_at=solved,
        gave_up=gave_up,
    )


class ProgressFile:
    """progress.db, made when the first note is written. Opened for each call: two processes may
    write.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or data_folder()) / FILE

    @contextmanager
    def _opened(self, make: bool = False) -> Iterator[Database]:
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
                db = Database(conn, execute_plugins=False)
                if self._version(conn) < VERSION:
                    with database.write(db):
                        migrations.apply(db)
                        conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
                        conn.execute(f"PRAGMA user_version={VERSION}")
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
        if application != APPLICATION_ID and (application or tables):
            raise OrgFileError(f"{self.path} is not freshtoken's progress; it was left as it is.")
        if version > VERSION:
            raise OrgFileError(
                f"{self.path} comes from a newer freshtoken; update freshtoken to go on."
            )
        return int(version)


class Progress(ProgressFile):
    """The notes of labs."""

    def note(self, lab: str, what: str, detail: str = "") -> None:
        """Write a note. Raises OrgFileError."""
        with self._opened(make=True) as db, database.write(db):
            db.conn.execute(
                "insert into note(at, lab, what, detail) values (?,?,?,?)",
                (wall_clock(), lab, what, detail),
            )

    def notes(self, lab: str | None = None) -> list[Note]:
        """The notes of a lab, or all, oldest first. Raises OrgFileError."""
        if not self.path.exists():
            return []
        where, values = (" where lab = ?", (lab,)) if lab is not None else ("", ())
        with self._opened() as db:
            found = database.rows(
                db, f"select at, lab, what, detail from note{where} order by id", values
            )
        return [Note(**row) for row in found]

    def records(self) -> dict[str, Record]:
        """The record of every lab that has a note."""
        by_lab: dict[str, list[Note]] = {}
        for note in self.notes():
            by_lab.setdefault(note.lab, []).append(note)
        return {lab: record_of(notes) for lab, notes in by_lab.items()}

    def record(self, lab: str) -> Record:
        """The record of a lab."""
        return record_of(self.notes(lab))

"""Opening an org file, its schema, and transactions. The only module that knows SQLite.

The header bytes are checked first (orgfile.py), so that a foreign or newer file is never touched.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from freshtoken_model.values.errors import OrgFileError

from .connection import Database
from .orgfile import APPLICATION_ID, FILE_FORMAT, check_header, check_version, read_alone

BUSY_LIMIT = 5.0
"""Seconds that write() waits for another process's transaction."""
NATIVE_TIMEOUT = 0.05
"""Seconds SQLite itself waits: short, because an interrupt cannot end its wait."""
NATIVE_NAP = 3
"""Milliseconds it waits for the write lock: left alone it sleeps longer and longer, and misses the
gaps between batches.
"""
DAMAGED = "The org file is damaged"
PLAIN_FAILURES = {
    sqlite3.SQLITE_FULL: "The disk is full",
    sqlite3.SQLITE_READONLY: "The org file cannot be written",
    sqlite3.SQLITE_IOERR: "The disk could not be read or written",
    sqlite3.SQLITE_CANTOPEN: "The org file cannot be opened",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_ERROR: DAMAGED,
    sqlite3.SQLITE_SCHEMA: DAMAGED,
    sqlite3.SQLITE_MISMATCH: DAMAGED,
    sqlite3.SQLITE_NOTADB: "This is not an org file",
    sqlite3.SQLITE_BUSY: "Another process keeps the org file busy",
    sqlite3.SQLITE_LOCKED: "Another process keeps the org file busy",
    sqlite3.SQLITE_PERM: "The org file may not be opened",
}


def primary_code(error: sqlite3.Error) -> int:
    """The primary SQLite result code of an error, -1 when it has none."""
    code = getattr(error, "sqlite_errorcode", None)
    return -1 if code is None else code & 0xFF


@contextmanager
def plainly(path: Path, what: str = "org file") -> Iterator[None]:
    """Turn what the disk or SQLite says of a file into one clear sentence. `what` it is. Raises
    OrgFileError.
    """
    try:
        yield
    except sqlite3.Error as error:
        words = PLAIN_FAILURES.get(primary_code(error))
        if words is None:
            raise
        words = words.replace("an org file", f"a {what}").replace("org file", what)
        raise OrgFileError(f"{words}: {path} was left as it is.") from error
    except OSError as error:
        raise OrgFileError(f"{path} cannot be used: {error.strerror or error}.") from error


BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file."""


def birth_of(path: Path) -> str:
    """When the file was made, to the microsecond: no reset, restore or step back changes it. Empty
    when it cannot be read.

    Out of the file alone, without its log and without a lock: the row has been there since the file
    was made.
    """
    with suppress(sqlite3.Error):
        conn = read_alone(path)
        try:
            row = conn.execute(
                "select applied_at from _sqlite_migrations order by rowid limit 1"
            ).fetchone()
        finally:
            conn.close()
        return str(row[0]) if row else ""
    return ""


class OpenFile:
    """The file that was opened under a path. SQLite goes on with it when somebody puts another one
    in its place.
    """

    def __init__(self, path: Path) -> None:
        """Note what the file at `path` is now. Raises OSError."""
        self.path = path
        found = path.stat()
        self._identity, self._size = (found.st_dev, found.st_ino), found.st_size
        self._written, self._birth = found.st_mtime_ns, birth_of(path)
        self._logs: dict[Path, int] = {}
        """The inodes of SQLite's log and its index, once they are there."""

    def trouble(self) -> str:
        """What has become of it, in one sentence; empty while it is there as it was. An org file
        never shrinks.
        """
        happened = self._happened()
        if happened:
            self._put_logs_aside()
            return f"{self.path} {happened}; nothing more is written. {PUT_BACK}"
        if not self._logs:
            self._logs = {log: log.stat().st_ino for log in _logs_of(self.path) if log.exists()}
        return ""

    def _happened(self) -> str:
        try:
            found = self.path.stat()
        except OSError as error:
            return f"is gone ({error.strerror})"
        if (found.st_dev, found.st_ino) != self._identity:
            return "was replaced by another file"
        if found.st_size < self._size:
            return "was cut short by another program"
        if (
            found.st_mtime_ns != self._written
        ):  # SQLite moved its log into it, or another program wrote over it
            birth = birth_of(self.path)
            if birth and self._birth and birth != self._birth:
                return "was written over with another file"
            self._written = found.st_mtime_ns if birth else self._written
        self._size = found.st_size
        return ""

    def _put_logs_aside(self) -> None:
        """The log belongs to the file that was opened: SQLite would play it into the one that is
        there now.
        """
        for log, inode in self._logs.items():
            with suppress(OSError):
                if log.stat().st_ino == inode:
                    log.rename(f"{log}.left")

    def check(self) -> None:
        """Raises OrgFileError when it is not there as it was."""
        if trouble := self.trouble():
            raise OrgFileError(trouble)


def _logs_of(path: Path) -> list[Path]:
    return [Path(f"{path}{suffix}") for suffix in BESIDE[:2]]


def close(conn: sqlite3.Connection, file: OpenFile | None) -> None:
    """Close a connection. Where the file is another now, SQLite must not move the log of the old
    one into it.
    """
    if file is not None and file.trouble():
        if hasattr(conn, "setconfig"):  # from Python 3.12 on
            conn.setconfig(getattr(sqlite3, "SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE"), True)  # noqa: B009  # mypy reads 3.11
        else:  # left to the end of the process, which closes files and asks SQLite nothing
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(conn))
            return
    conn.close()


PUT_BACK = (
    "Start freshtoken again to use what is there now; a copy is put back with: freshtoken "
    "org restore"
)


def connect(path: Path, turn: threading.Lock | None = None) -> Database:
    """A connection to an org file that exists, migrated and with our settings. Raises
    OrgFileError.
    """
    check_header(path)
    with plainly(path):
        conn = sqlite3.connect(
            path, timeout=NATIVE_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        return _prepare(path, conn, turn)


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that only reads, whatever the file's format; the caller closes it."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_LIMIT, isolation_level=None
    )


def is_whole(path: Path) -> bool:
    """Whether SQLite finds no damage in a file. Raises sqlite3.Error, OSError."""
    conn = open_to_read(path)
    try:
        return bool(conn.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    finally:
        conn.close()


def _prepare(path: Path, conn: sqlite3.Connection, turn: threading.Lock | None) -> Database:
    try:
        db = Database(conn)
        db.turn = turn
        _patiently(lambda: conn.execute("PRAGMA journal_mode=WAL"))
        conn.execute("PRAGMA synchronous=NORMAL")
        (version,) = conn.execute("PRAGMA user_version").fetchone()
        check_version(path, version)
        if version < FILE_FORMAT:
            migrate(db)
        conn.execute("PRAGMA foreign_keys=ON")
        db.file = OpenFile(path)
        return db
    except BaseException:
        conn.close()
        raise


def migrate(db: Database) -> None:
    """Bring the schema to VERSION in one write transaction; of several processes one does it, the
    others wait.
    """
    from .schema import migrations  # with sqlite-utils, which a file of our format does without

    db.conn.execute("PRAGMA foreign_keys=OFF")
    with write(db):
        migrations.apply(db.tables)
        if db.conn.execute("PRAGMA foreign_key_check").fetchone():
            raise OrgFileError("The org file's records do not fit together; it was not migrated.")
        db.conn.execute(f"PRAGMA user_version={FILE_FORMAT}")


def create(path: Path) -> Database:
    """A new, empty file of our format, mode 0600, not yet in WAL mode. The caller fills it and
    closes it.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    conn = sqlite3.connect(path, timeout=NATIVE_TIMEOUT, isolation_level=None)
    conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
    db = Database(conn)
    migrate(db)
    conn.execute("PRAGMA foreign_keys=ON")
    return db


def place(made: Path, path: Path) -> None:
    """Put a finished file in its place, whole or not at all. Raises FileExistsError.

    A deleted org file often leaves its log files behind, and SQLite would play that old
    log into the new file: it goes into the folder of `made`, to be thrown away with it.
    """
    old = [(Path(f"{path}{suffix}"), made.with_name(f"old{suffix}")) for suffix in BESIDE]
    if path.exists():
        raise FileExistsError(path)
    for lying, aside in old:
        with suppress(FileNotFoundError):
            lying.rename(aside)
    try:
        os.link(made, path)
    except FileExistsError:  # somebody was quicker, and it is theirs
        for lying, aside in old:
            with suppress(FileNotFoundError):
                aside.rename(lying)
        raise
    except OSError:
        os.replace(made, path)  # a file system without hard links


def rows(db: Database, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a SELECT, straight from the driver: sqlite-utils' query() costs twice as much (a
    savepoint each).
    """
    found = db.conn.execute(sql, values)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def version(db: Database) -> tuple[int, int]:
    """Changes whenever anybody commits, or this connection writes: same version, same content."""
    (others,) = db.conn.execute("PRAGMA data_version").fetchone()
    return others, db.conn.total_changes


def _patiently(step: Callable[[], object], closing: threading.Event | None = None) -> None:
    """Repeat a step while SQLite is busy, up to BUSY_LIMIT seconds or until we are closing."""
    end = time.monotonic() + BUSY_LIMIT
    while True:
        try:
            step()
            return
        except sqlite3.OperationalError as error:
            if primary_code(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            if time.monotonic() > end or (closing and closing.is_set()):
                raise


@contextmanager
def write(db: Database, closing: threading.Event | None = None) -> Iterator[Database]:
    """One write transaction, holding the write lock from its start (plain atomic() loses updates).
    Does not nest.

    Threads of one process take turns first: waiting for a lock costs microseconds, SQLite's own
    waiting milliseconds.
    """
    with db.turn or nullcontext():
        db.conn.execute(f"PRAGMA busy_timeout={NATIVE_NAP}")
        try:
            _patiently(lambda: db.conn.execute("BEGIN IMMEDIATE"), closing)
        finally:
            db.conn.execute(f"PRAGMA busy_timeout={NATIVE_TIMEOUT * 1000:.0f}")
        try:
            _check_file(db)
            yield db
            db.conn.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                db.conn.execute("ROLLBACK")
            raise


def _check_file(db: Database) -> None:
    if db.file is not None:
        db.file.check()


@contextmanager
def read(db: Database) -> Iterator[Database]:
    """One read transaction: all that is read inside belongs to the same moment. Inside write() it
    is that one.
    """
    if db.conn.in_transaction:
        yield db
        return
    _check_file(db)
    db.conn.execute("BEGIN")
    try:
        yield db
    finally:
        with suppress(sqlite3.Error):
            db.conn.execute("COMMIT")


class Follower:
    """Tells when anybody has committed to an org file: 3 us a question, allowed on an event
    loop.
    """

    def __init__(self, path: Path) -> None:
        self._conn = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        self._conn.execute("PRAGMA query_only=ON")
        with suppress(
            sqlite3.Error
        ):  # opened now, and not when it is first asked: that may be another file
            self._conn.execute("select 1 from sqlite_master").fetchone()
        self.file = OpenFile(path)
        self._seen = -1

    def changed(self) -> bool:
        """Whether a transaction was committed since the last question; the first time always."""
        try:
            (version,) = self._conn.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            # busy with WAL recovery, or damaged, which the next use case says: ask again at the
            # next tick
            return False
        changed = bool(version != self._seen)
        self._seen = version
        return changed

    def close(self) -> None:
        """Close the connection of this follower."""
        close(self._conn, self.file)

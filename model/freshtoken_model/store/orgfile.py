"""Which file is the org, and whether it is one at all."""

import os
import sqlite3
import stat
from pathlib import Path

from freshtoken_model.values.errors import OrgFileError

APPLICATION_ID = 0x46546B6E
"""'FTkn': marks a SQLite file as an org file."""
FILE_FORMAT = 10
"""The newest format this freshtoken reads; kept in the file's user_version, raised by every
migration.
"""
VARIABLE = "FRESHTOKEN_ORG"
DATA_VARIABLE = "FRESHTOKEN_DATA"


def data_folder() -> Path:
    """The data directory: FRESHTOKEN_DATA, else the user's for freshtoken; made when it is
    needed.
    """
    if named := os.environ.get(DATA_VARIABLE):
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("freshtoken", appauthor=False)


def chosen_path(named: str | None) -> tuple[Path, bool]:
    """The org file: named, or from FRESHTOKEN_ORG, or the default one. Second: may it be made when
    missing?
    """
    name = named or os.environ.get(VARIABLE)
    if name:
        return Path(name), False
    return data_folder() / "org.db", True


def check_exists(path: Path) -> None:
    """Raises OrgFileError when there is no file, or what is there is none: a pipe would keep us
    waiting for ever.
    """
    try:
        kind = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise OrgFileError(
            f"There is no org file {path}. Make one with: freshtoken org new {path}"
        ) from None
    except (OSError, ValueError) as error:
        raise OrgFileError(
            f"{path} cannot be used: {getattr(error, 'strerror', None) or error}."
        ) from error
    if not stat.S_ISREG(kind):
        what = "a folder" if stat.S_ISDIR(kind) else "a pipe or a device"
        raise OrgFileError(f"{path} is {what}, not an org file.")


def read_alone(path: Path) -> sqlite3.Connection:
    """A connection that reads the file without its log, without a lock and without changing a byte
    beside it.
    """
    conn = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None
    )
    # While another process moves its log into the file, the header may name pages that are not
    # there yet. SQLite calls
    # that damage unless the schema is writable; nothing is, on this connection.
    conn.execute("PRAGMA writable_schema=ON")
    return conn


def check_header(path: Path) -> None:
    """Refuse what is not an org file or comes from a newer freshtoken; the file stays as it is.
    Raises OrgFileError.

    Through SQLite, read-only and immutable: no lock, no WAL, no journal. Never by opening the file
    ourselves: closing it would drop the locks of this process's other connections, and another
    process would then delete the WAL under them.
    """
    check_exists(path)
    try:
        conn = read_alone(path)
        try:
            (application,) = conn.execute("PRAGMA application_id").fetchone()
            (version,) = conn.execute("PRAGMA user_version").fetchone()
        finally:
            conn.close()
    except sqlite3.DatabaseError as error:
        raise OrgFileError(f"{path} is not an org file; it was left as it is.") from error
    if application != APPLICATION_ID:
        what = "a database, but not" if path.stat().st_size else "not"
        raise OrgFileError(f"{path} is {what} an org file; it was left as it is.")
    check_version(path, version)


def check_version(path: Path, version: int) -> None:
    """Refuse a format newer than ours. Raises OrgFileError."""
    if version > FILE_FORMAT:
        raise OrgFileError(
            f"{path} comes from a newer freshtoken (format {version}; this one reads up to "
            f"{FILE_FORMAT})."
            " Update freshtoken, or name another file with --org."
        )

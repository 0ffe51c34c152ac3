"""Which file is the org, and whether it is one at all: known from 100 bytes, without SQLite."""

import os
import struct
from pathlib import Path

from .errors import OrgFileError

APPLICATION_ID = 0x46546B6E
"""'FTkn': marks a SQLite file as an org file."""
VERSION = 1
"""The newest format this freshtoken reads; kept in the file's user_version, raised by every migration."""
VARIABLE = "FRESHTOKEN_ORG"


def data_folder() -> Path:
    """The user's data directory for freshtoken; made when it is needed."""
    from platformdirs import user_data_path

    return user_data_path("freshtoken", appauthor=False)


def chosen_path(named: str | None) -> tuple[Path, bool]:
    """The org file: named, or from FRESHTOKEN_ORG, or the default one. Second: may it be made when missing?"""
    name = named or os.environ.get(VARIABLE)
    if name:
        return Path(name), False
    return data_folder() / "org.db", True


def check_exists(path: Path) -> None:
    """Raises OrgFileError when there is no file."""
    if not path.exists():
        raise OrgFileError(f"There is no org file {path}. Make one with: freshtoken org new {path}")


def check_header(path: Path) -> None:
    """Refuse what is no org file or comes from a newer freshtoken, by reading 100 bytes. Raises OrgFileError."""
    check_exists(path)
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise OrgFileError(f"{path} cannot be read: {error.strerror}.") from error
    if len(header) < 100 or not header.startswith(b"SQLite format 3\x00"):
        raise OrgFileError(f"{path} is not an org file; it was left as it is.")
    (version,) = struct.unpack(">I", header[60:64])
    (application,) = struct.unpack(">I", header[68:72])
    if application != APPLICATION_ID:
        raise OrgFileError(f"{path} is a database, but not an org file; it was left as it is.")
    check_version(path, version)


def check_version(path: Path, version: int) -> None:
    """Refuse a format newer than ours. Raises OrgFileError."""
    if version > VERSION:
        raise OrgFileError(
            f"{path} comes from a newer freshtoken (format {version}; this one reads up to {VERSION})."
            " Update freshtoken, or name another file with --org."
        )

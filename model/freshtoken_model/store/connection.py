"""A connection to an org file or to progress.db, and the tables of sqlite-utils on it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite_utils
    from sqlite_utils.db import Table

    from .database import OpenFile


class Database:
    """A connection. Tables are of sqlite-utils, which is imported when the first one is asked for:
    it takes 32 ms, and what only reads, the first screen too, does without.
    """

    turn: threading.Lock | None = None
    """What the threads of a process that write to the file share."""
    file: OpenFile | None = None
    """The org file behind it; None for another file."""
    catch_up: Callable[[Any], None] | None = None
    """Runs what is due at the beginning of a use case; Org sets it, because what is due logs in."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn

    @cached_property
    def tables(self) -> sqlite_utils.Database:
        """The same connection for sqlite-utils."""
        import sqlite_utils

        return sqlite_utils.Database(self.conn, execute_plugins=False)

    def table(self, name: str) -> Table:
        """A table by its name."""
        return self.tables.table(name)

    def close(self) -> None:
        """Close the connection."""
        self.conn.close()

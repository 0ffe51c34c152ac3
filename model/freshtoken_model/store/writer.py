"""How a table is written: through sqlite-utils, by row and primary key.

Each statement of sqlite-utils costs a savepoint, 40 to 80 us instead of 3. What every login or
moved time writes, and updates by a condition, which sqlite-utils does not have, go to the
connection; the functions of this room say so.
"""

from typing import Any

from .connection import Database

Key = int | str | tuple[int | str, ...]


class Writer:
    """The one writer of a table."""

    def __init__(self, table: str) -> None:
        self.table = table

    def insert(self, db: Database, **row: Any) -> int:
        """Insert a row; returns its rowid."""
        return int(db.table(self.table).insert(row).last_rowid or 0)

    def upsert(self, db: Database, key: str, **row: Any) -> None:
        """Insert a row, or update the one that has the same value in the column `key`.

        Not by ON CONFLICT: its policy would replace that of the triggers which keep the former
        image of a row, and a row that changed twice in a step would fail.
        """
        table, value = db.table(self.table), row[key]
        if table.count_where(f"{key} = ?", [value]):
            table.update(value, {name: held for name, held in row.items() if name != key})
        else:
            table.insert(row)

    def update(self, db: Database, key: Key, **columns: Any) -> None:
        """Update the row of a primary key. Raises sqlite_utils.db.NotFoundError without one."""
        db.table(self.table).update(key, columns)

    def delete(self, db: Database, key: Key) -> None:
        """Delete the row of a primary key. Raises sqlite_utils.db.NotFoundError without one."""
        db.table(self.table).delete(key)

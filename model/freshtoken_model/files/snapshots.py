"""An org file's copy beside it, and the way back from one: in one transaction, saying first what
would be lost.

Not by SQLite's backup, which drops unseen what others have committed, and brings the schema of the
copy [MEASURED measured-rewind].
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from freshtoken_model.history.event_log import EVENT_SQL
from freshtoken_model.store import database, whole_org
from freshtoken_model.store.connection import Database
from freshtoken_model.store.orgfile import check_header
from freshtoken_model.store.use_case import one
from freshtoken_model.store.whole_file import temporary_folder
from freshtoken_model.values.errors import NotAllowedError
from freshtoken_model.values.records import Event, record

EVENT_FIELDS = "id, at, kind, user_id, client_id, number, detail"


@dataclass(frozen=True, slots=True)
class Loss:
    """What restoring would throw away: events after the last one both have, and how many only the
    copy has.
    """

    last_event: int
    """The newest event of the org now; hand it to restore(), so that nothing is lost unseen."""
    lost: int
    gained: int
    newest: tuple[Event, ...]
    """The newest of the lost, newest first, five at most."""


def snapshot(db: Database, to: Path, replace: bool = False) -> None:
    """Copy the org into a new file, mode 0600, whole or not at all. Raises NotAllowedError when it
    exists, unless `replace` says to write over it; OrgFileError.
    """
    taken = NotAllowedError(f"{to} exists already; nothing was written.")
    with database.plainly(to):
        if not replace and (to.exists() or to.is_symlink()):
            raise taken
        with temporary_folder(to.parent) as folder:
            made = Path(folder) / "copy"
            os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            db.conn.execute("vacuum into ?", (str(made),))
            whole_org.give_birth(made)
            if replace:
                os.replace(made, to)
                return
            try:
                database.place(made, to)
            except FileExistsError:
                raise taken from None


def would_lose(db: Database, file: Path) -> Loss:
    """What restoring a copy would throw away. Raises OrgFileError."""
    with attached(db, file), database.read(db):
        return _loss(db)


def restore(db: Database, file: Path, seen: int, with_steps: bool = False) -> None:
    """Put a copy's content in the org's place, in one transaction; a copy of an older format is
    brought to ours first.

    `seen`: Loss.last_event; `with_steps`: the steps of the copy can be taken back. Raises
    NotAllowedError when anybody has committed since, OrgFileError.
    """
    with attached(db, file), database.write(db):
        if _loss(db).last_event != seen:
            raise NotAllowedError(
                "The org has changed since; nothing was restored. Look again at what would be lost."
            )
        whole_org.copy_attached(db, with_steps)


@contextmanager
def attached(db: Database, file: Path) -> Iterator[None]:
    """A migrated copy of the file, attached as `copy`; the file itself is only read."""
    check_header(file)
    with database.plainly(file), temporary_folder() as folder:
        mine = Path(folder) / "copy"
        source = database.open_to_read(file)
        try:
            source.execute("vacuum into ?", (str(mine),))
        finally:
            source.close()
        database.connect(mine).close()
        db.conn.execute("attach database ? as copy", (str(mine),))
        try:
            yield
        finally:
            db.conn.execute("detach database copy")


def _loss(db: Database) -> Loss:
    """Where the two logs part, by halving: a log that begins the same goes on the same until they
    part.
    """
    mine, theirs = (
        int(one(db, f"select coalesce(max(id), 0) as n from {side}.event")["n"])
        for side in ("main", "copy")
    )
    low, high = 0, min(mine, theirs)
    while low < high:
        middle = (low + high + 1) // 2
        rows = [
            db.conn.execute(
                f"select {EVENT_FIELDS} from {side}.event where id = ?", (middle,)
            ).fetchone()
            for side in ("main", "copy")
        ]
        if rows[0] == rows[1]:
            low = middle
        else:
            high = middle - 1
    newest = database.rows(db, EVENT_SQL + " where e.id > ? order by e.id desc limit 5", (low,))
    return Loss(mine, mine - low, theirs - low, tuple(record(Event, row) for row in newest))

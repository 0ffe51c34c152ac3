"""Back one step, as often as wanted: what triggers kept of each step is put back, what only grows
is cut [MEASURED measured-rewind].

Backwards only. It never takes back unseen what another process has written, and every rewind gives
the file a new generation, so that its followers start over.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freshtoken_model.decision.words import event_words
from freshtoken_model.store import database, org_row
from freshtoken_model.store import steps as stored_steps
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import KEPT_OF_ORG, PROCESS, one
from freshtoken_model.values.clock import wall_clock
from freshtoken_model.values.errors import NotAllowedError

from . import resets

STEP_SQL = """
select s.id, s.first_event, e.at, e.kind, e.detail, u.username, c.name as client
from step s left join event e on e.id = s.label_event left join user u on u.id = e.user_id
left join client c on c.id = e.client_id where s.label_event >= 0 order by s.id desc limit ?
"""
MANY = 5_000
"""Rows cut from which foreign keys are not looked up row by row."""


@dataclass(frozen=True, slots=True)
class PastStep:
    """One thing that was done and can be taken back: its number, its moment, what it was."""

    id: int
    at: int | None
    words: str
    first_event: int


class Rewind:
    """`org.rewind`: take back the newest step."""

    def __init__(self, db: Database, path: Path) -> None:
        self._db, self._path = db, path

    def steps(self, limit: int = 20) -> list[PastStep]:
        """What can be taken back, the newest first."""
        return [_step(row) for row in database.rows(self._db, STEP_SQL, (limit,))]

    def back(
        self, count: int = 1, seen: int | None = None, since: int | None = None
    ) -> list[PastStep]:
        """Take back the newest steps; returns them, the newest first.

        `seen`: the id of the last event the caller knows of; `since`: what was written after that
        event by another process is not taken back. Raises NotAllowedError, and changes nothing,
        when there is less to take back, or when another process has committed since.
        """
        steps = self.steps(count)
        if steps and len(steps) == count:
            before = json.loads(self._image(steps[-1].id))
            if isinstance(before, dict):
                resets.take_back(self._db, self._path, before["before"], seen)
                return steps
        with self._unchecked(count), database.write(self._db):
            steps = self.steps(count)
            if not steps or len(steps) < count:
                raise NotAllowedError(
                    "There is nothing to take back."
                    if not steps
                    else f"Only {len(steps)} steps can be taken back."
                )
            last = one(self._db, "select coalesce(max(id), 0) as n from event")["n"]
            if (seen is not None and last != seen) or (
                since is not None and self._foreign(steps[-1].id, since)
            ):
                raise NotAllowedError(
                    "Another process has changed the org since. Nothing was taken back."
                )
            found = json.loads(self._image(steps[-1].id))
            stored_steps.take_back(self._db, steps[-1].id, steps[-1].first_event)
            kept = dict(zip(KEPT_OF_ORG, found, strict=True))
            kept["clock_mode"], wall = kept.pop("mode"), wall_clock()
            clock = {"anchor_wall": wall, "anchor_org": kept["seen_org"], "seen_wall": wall}
            org_row.begin_generation(self._db, **kept | clock)
            return steps

    def _image(self, step: int) -> str:
        """The org's row before a step, as JSON; of a reset: the copy of the org before it."""
        return str(one(self._db, "select org from step where id = ?", step)["org"])

    @contextmanager
    def _unchecked(self, count: int) -> Iterator[None]:
        """Where much is cut, foreign keys are not looked up row by row: what is put back was
        consistent.

        A table with foreign keys SQLite never empties page by page. Outside a transaction: inside
        it the switch is deaf.
        """
        conn, steps = self._db.conn, self.steps(count)
        newest = one(self._db, "select coalesce(max(id), 0) as n from event")["n"]
        much = bool(steps) and newest - steps[-1].first_event >= MANY
        if much:
            conn.execute("PRAGMA foreign_keys=OFF")
        try:
            yield
        finally:
            if much:
                conn.execute("PRAGMA foreign_keys=ON")

    def forget(self) -> None:
        """Make what was done so far the beginning: nothing before it can be taken back."""
        with database.write(self._db):
            stored_steps.forget_all(self._db)

    def _foreign(self, step: int, since: int) -> bool:
        """Whether another process has written anything from a step on, after an event."""
        sql = "select 1 from step where id >= ? and made_by != ? and first_event > ? limit 1"
        return self._db.conn.execute(sql, (step, PROCESS, since)).fetchone() is not None


def _step(row: dict[str, Any]) -> PastStep:
    said = "the clock was moved, and stopped on the way"
    if row["kind"] is not None:
        said = event_words(row["kind"], row["username"], row["client"], row["detail"])
    return PastStep(row["id"], row["at"], said, row["first_event"])

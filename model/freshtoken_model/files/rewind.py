"""Back one step, as often as wanted: what triggers kept of each step is put back, what only grows
is cut [MEASURED measured-rewind].

Backwards only. It never takes back unseen what another process has written, and every rewind gives
the file a new generation, so that its followers start over.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from freshtoken_model.decision.words import event_words
from freshtoken_model.store import database
from freshtoken_model.store.schema import APPENDED, UNDOABLE, columns_of
from freshtoken_model.store.use_case import KEPT_OF_ORG, PROCESS, one
from freshtoken_model.values.clock import HOUR, wall_clock
from freshtoken_model.values.errors import NotAllowed

STEP_SQL = """
select s.id, s.first_event, s.made_by, e.at, e.kind, e.detail, u.username, c.name as client
from step s left join event e on e.id = s.label_event left join user u on u.id = e.user_id
left join client c on c.id = e.client_id where s.label_event >= 0 order by s.id desc limit ?
"""
TALLY_SQL = """
insert into tally select coalesce(e.client_id, 0), e.at / 3600000, sum(e.kind = 'login_accepted'),
    sum(e.kind in ('login_refused', 'run_refused') and coalesce(h.status, '') !=
    'password_lockout'),
    sum(e.kind = 'login_refused' and coalesce(h.status, '') = 'password_lockout'), sum(e.kind =
    'run_worked')
from event e left join (select event_id, status from login_history where id > ? limit -1) h on
h.event_id = e.id
where e.id > ? and e.kind in ('login_accepted', 'login_refused', 'run_refused', 'run_worked') group
by 1, 2
"""

MANY = 5_000
"""Rows from which emptying a table pays."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done and can be taken back: its number, its moment, what it was, whether
    this process did it.
    """

    id: int
    at: int | None
    words: str
    first_event: int
    made_here: bool


class Rewind:
    """`org.rewind`: take back the newest step."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def steps(self, limit: int = 20) -> list[Step]:
        """What can be taken back, the newest first."""
        return [_step(row) for row in database.rows(self._db, STEP_SQL, (limit,))]

    def back(self, count: int = 1, seen: int | None = None, since: int | None = None) -> list[Step]:
        """Take back the newest steps; returns them, the newest first.

        `seen`: the id of the last event the caller knows of; `since`: what was written after that
        event by another process is not taken back. Raises NotAllowed, and changes nothing, when
        there is less to take back, or when another process has committed since.
        """
        with self._unchecked(count), database.write(self._db):
            steps = self.steps(count)
            if not steps or len(steps) < count:
                raise NotAllowed(
                    "There is nothing to take back."
                    if not steps
                    else f"Only {len(steps)} steps can be taken back."
                )
            last = one(self._db, "select coalesce(max(id), 0) as n from event")["n"]
            if (seen is not None and last != seen) or (
                since is not None and self._foreign(steps[-1].id, since)
            ):
                raise NotAllowed(
                    "Another process has changed the org since. Nothing was taken back."
                )
            found = json.loads(
                one(self._db, "select org from step where id = ?", steps[-1].id)["org"]
            )
            self._restore(steps[-1].id)
            self._cut(steps[-1].first_event)
            marks = ", ".join(
                f"{'clock_mode' if name == 'mode' else name} = ?" for name in KEPT_OF_ORG
            )
            self._db.conn.execute(
                f"update org set generation = ?, {marks}", (secrets.token_hex(8), *found)
            )
            wall = wall_clock()
            self._db.conn.execute(
                "update org set anchor_wall = ?, anchor_org = seen_org, seen_wall = ?", (wall, wall)
            )
            for table, column in (("undo", "step"), ("step", "id")):
                self._db.conn.execute(f"delete from {table} where {column} >= ?", (steps[-1].id,))
            return steps

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
            self._db.conn.execute("delete from step")
            self._db.conn.execute("delete from undo")

    def _foreign(self, step: int, since: int) -> bool:
        """Whether another process has written anything from a step on, after an event."""
        sql = "select 1 from step where id >= ? and made_by != ? and first_event > ? limit 1"
        return self._db.conn.execute(sql, (step, PROCESS, since)).fetchone() is not None

    def _restore(self, step: int) -> None:
        """Put the rows back that changed since, step by step, the newest first."""
        conn = self._db.conn
        conn.execute("PRAGMA defer_foreign_keys=ON")
        columns = {table: columns_of(self._db, table) for table in UNDOABLE}
        images = conn.execute(
            "select tab, key, image from undo where step >= ? order by step desc, image is not "
            "null",
            (step,),
        ).fetchall()
        for table, key, image in images:
            names, keys = columns[table]
            where = " || '|' || ".join(keys)
            if len(keys) == 1:
                where, key = keys[0], int(key) if table != "setting" else key
            if image is None:
                conn.execute(f"delete from {table} where {where} = ?", (key,))
                continue
            values: list[Any] = json.loads(image)
            marks = ", ".join(f"{name} = ?" for name in names)
            if not conn.execute(
                f"update {table} set {marks} where {where} = ?", (*values, key)
            ).rowcount:
                conn.execute(
                    f"insert into {table}({', '.join(names)}) values "
                    f"({', '.join('?' * len(names))})",
                    values,
                )

    def _cut(self, first_event: int) -> None:
        """Remove what was appended since; the hour it began in is counted again."""
        conn = self._db.conn
        begun = conn.execute("select at from event where id = ?", (first_event,)).fetchone()
        for table in APPENDED:
            if table == "event":
                _keep_until(conn, table, first_event - 1)
                conn.execute(
                    "update sqlite_sequence set seq = ? where name = 'event'", (first_event - 1,)
                )
            else:
                (last,) = conn.execute(
                    f"select coalesce((select id from {table} where event_id < ? order by id desc "
                    f"limit 1), 0)",
                    (first_event,),
                ).fetchone()
                _keep_until(conn, table, last)
        if begun is None:
            return
        hour = begun[0] // HOUR
        conn.execute("delete from tally where hour >= ?", (hour,))
        event, row = (
            conn.execute(
                f"select coalesce((select id from {table} where {column} < ? order by id desc "
                f"limit 1), 0)",
                (hour * HOUR,),
            ).fetchone()[0]
            for table, column in (("event", "at"), ("login_history", "login_time"))
        )
        conn.execute(TALLY_SQL, (row, event))


def _keep_until(conn: sqlite3.Connection, table: str, last: int) -> None:
    """Remove the rows behind an id. Where that is most of a table, what stays is put aside and the
    table emptied.

    Without a WHERE SQLite gives back whole pages; row by row every index is looked up for every
    row.
    """
    (newest,) = conn.execute(f"select coalesce(max(id), 0) from {table}").fetchone()
    if newest - last < MANY or newest - last < 2 * last:
        conn.execute(f"delete from {table} where id > ?", (last,))
        return
    conn.execute(f"create temp table kept as select * from {table} where id <= ?", (last,))
    conn.execute(f"delete from {table}")
    conn.execute(f"insert into {table} select * from temp.kept order by id")
    conn.execute("drop table temp.kept")


def _step(row: dict[str, Any]) -> Step:
    said = "the clock was moved, and stopped on the way"
    if row["kind"] is not None:
        said = event_words(row["kind"], row["username"], row["client"], row["detail"])
    return Step(row["id"], row["at"], said, row["first_event"], row["made_by"] == PROCESS)

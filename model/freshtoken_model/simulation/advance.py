"""What is due: run inside every use case when org time has reached it, and in batches when org time
is moved.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache

from sqlite_utils import Database

from freshtoken_model.decision.credentials import (
    Hashing,
    SimulatedMemory,
    Source,
    digest,
    session_id,
)
from freshtoken_model.login.login import COUNT_SQL
from freshtoken_model.store import database
from freshtoken_model.store.use_case import (
    CLOCK_COLUMNS,
    CLOCK_FIELDS,
    DUE_SQL,
    PROCESS,
    STEP_COLUMNS,
    Work,
    forget_old_steps,
    maybe,
    one,
    org_image,
    read_clock,
)
from freshtoken_model.values.clock import LATEST, Clock, lasting, wall_clock
from freshtoken_model.values.errors import NotAllowed
from freshtoken_model.values.records import record

from .engine import Simulation
from .state import Batch, Runner, written

BATCH = 1_000
"""Tries in one transaction: the lock is held for some 5 ms [MEASURED measured-batches]."""
CONFLICTS = 3
"""Batches lost to other writers before one is decided under the lock: so it always ends."""
Progress = Callable[[int], None]


@cache
def memory() -> SimulatedMemory:
    """What this process knows of what simulated clients hold."""
    return SimulatedMemory()


def next_due(db: Database) -> int | None:
    """The next moment at which anything happens by itself."""
    found: int | None = db.conn.execute(DUE_SQL).fetchone()[0]
    return found


def upcoming(db: Database, limit: int = 8) -> list[tuple[int, str]]:
    """What happens next by itself, the soonest first: moment and words."""
    found = database.rows(
        db,
        "select locked_until as at, 'the lockout of ' || username || ' ends' as words from user "
        "where locked_until not null"
        " union all select expires_at, 'the password of ' || username || ' expires' from user "
        "where expires_at not null"
        " union all select i.next_due, c.name || case when i.tries > 0 then ' tries again' else ' "
        "runs' end"
        " from integration i join client c on c.id = i.client_id where i.next_due not null"
        " union all select calendar_due, 'the release calendar reaches a date' from org where "
        "calendar_due not null"
        " order by 1 limit ?",
        (limit,),
    )
    return [(row["at"], row["words"]) for row in found]


def run_due(work: Work) -> None:
    """What org time brought about since the last use case, in this use case's transaction."""
    work.catching_up = True
    simulation = Simulation(work.db, Hashing(), memory())
    simulation.load(work.now)
    while simulation.next_due is not None and simulation.next_due <= work.now:
        batch = simulation.decide(work.now, BATCH)
        write(work, simulation, batch)
        if batch.reached:
            simulation.load(batch.end)
    work.catching_up = False


def write(work: Work, simulation: Simulation, batch: Batch) -> None:
    """Write a batch in the transaction of the caller."""
    people, runners, texts = simulation.changed()
    run, conn = work.run, work.db.conn
    for text in texts:
        found = maybe(work.db, f"select id from {text.table} where text = ?", text.text)
        text.id = (
            found["id"] if found else run(f"insert into {text.table}(text) values (?)", text.text)
        )
    conn.executemany(
        "insert into event(id, at, kind, user_id, client_id, shape_id, trace_id, number, detail) "
        "values (?,?,?,?,?,?,?,?,?)",
        [
            (
                i,
                at,
                kind,
                user,
                client,
                shape.id if shape else None,
                trace.id if trace else None,
                number,
                detail,
            )
            for i, at, kind, user, client, shape, trace, number, detail in batch.events
        ],
    )
    if batch.events:
        work.note(batch.events[0][0], "run")
    conn.executemany(
        "insert into login_history(user_id, login_time, shape_id, status, event_id) values "
        "(?,?,?,?,?)",
        [(user, at, shape.id, status, event) for user, at, shape, status, event in batch.history],
    )
    conn.executemany(COUNT_SQL, [(*key, *counts) for key, counts in batch.tallies.items()])
    for person in people:
        run(
            "update user set failed_attempts = ?, locked_at = ?, locked_until = ?, expires_at = ? "
            "where id = ?",
            person.failed,
            person.locked_at,
            person.locked_until,
            person.expires_at,
            person.id,
        )
    for runner in sorted(runners, key=lambda runner: runner.first_opened_by):
        _write_runner(work, simulation, runner)
    if batch.reached:
        run("update org set calendar_due = ?", simulation.calendar_due)
    written(people, runners)


def _write_runner(work: Work, simulation: Simulation, runner: Runner) -> None:
    """Write the plan, the newest session and the light of a client; older sessions are not kept."""
    session = None
    if runner.opened_by:
        purpose = f"{simulation.seed} session {runner.plan.client_id} {runner.opened_by}"
        session = session_id(
            work.org_record_id, Source(None if simulation.seed is None else purpose)
        )
        values = (
            runner.person.id if runner.person else None,
            digest(session),
            runner.attempt.door.value,
            runner.attempt.address,
            runner.opened_at,
            runner.session_used,
            int(runner.session_expired),
            runner.attempt.app_id,
            runner.attempt.scope,
        )
        columns = (
            "user_id, digest, kind, source_ip, opened_at, used_at, password_expired, app_id, scope"
        )
        if runner.session_row:
            work.run(
                f"update session set ({columns}, ended_at, ended_by) = "
                f"(?,?,?,?,?,?,?,?,?,null,null) where id = ?",
                *values,
                runner.session_row,
            )
        else:
            runner.session_row = work.run(
                f"insert into session({columns}) values (?,?,?,?,?,?,?,?,?)", *values
            )
    elif runner.session_dirty:
        work.run(
            "update session set used_at = ? where id = ?", runner.session_used, runner.session_row
        )
    work.run(
        "update integration set tries = ?, run_at = ?, next_due = ?, stopped = ? where client_id "
        "= ?",
        runner.tries,
        runner.run_at,
        None if runner.stopped else runner.next_due,
        int(runner.stopped),
        runner.plan.client_id,
    )
    work.run(
        "update client set light = ?, told = ?, told_at = ?, session = coalesce(?, session) where "
        "id = ?",
        runner.light,
        runner.told,
        runner.told_at,
        session,
        runner.plan.client_id,
    )
    if runner.tried_at:
        work.run(
            "update mail set tried_dead_at = coalesce(tried_dead_at, ?) where user_id = ? and "
            "token = ?",
            runner.tried_at,
            runner.person.id if runner.person else 0,
            runner.tried_token,
        )


class Advance:
    """Moves org time forward in batches; `cancel` stops between two, at an earlier moment."""

    def __init__(
        self, db: Database, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> None:
        self._db, self._progress, self._cancel = db, progress, cancel
        self._simulation = Simulation(db, Hashing(), memory())
        self._step = -1
        """The step this move is kept as; another one where somebody else wrote in between."""

    def run(self, target: Callable[[int], int]) -> int:
        """Move to what `target` makes of now; returns the moment reached. Raises NotAllowed for the
        past.
        """
        start = read_clock(self._db).now(wall_clock())
        to = target(start)
        if to < start:
            raise NotAllowed("Org time goes forward only; that moment has passed.")
        if to > LATEST:
            raise NotAllowed("Org time ends with the year 2099.")
        position, lost, loaded, done = start, 0, False, False
        # smaller where others write: so that a batch gets through between two of their writes
        size = BATCH
        while not done:
            if not loaded:
                self._simulation.load(position)
            loaded = True
            stopped = self._cancel is not None and self._cancel.is_set()
            if stopped and position == start:
                return start
            # Decided before the lock is taken, so that others wait for the write alone. After
            # CONFLICTS lost batches one is decided under the lock: busy writers cannot starve it.
            under_lock = stopped or lost >= CONFLICTS
            batch = None if under_lock else self._simulation.decide(to, size)
            with database.write(self._db):
                # Somebody else has committed since the org was loaded: what was decided may be
                # wrong. Load again and decide again, from the same position.
                if self._simulation.version[0] != database.version(self._db)[0]:
                    lost, loaded, size = lost + 1, False, max(1, BATCH // 8, size // 2)
                    if not under_lock:
                        continue
                    self._simulation.load(position)
                if batch is None:
                    batch = Batch(position) if stopped else self._simulation.decide(to, size)
                # A batch that reached a date of the calendar ends there: the rules have changed,
                # and the rest is decided by the new ones.
                done = stopped or (batch.end >= to and not batch.reached)
                position = self._keep(batch, start if done else None)
            lost, loaded, size = 0, not batch.reached, min(BATCH, size * 2)
            if self._progress is not None:
                self._progress(position)
        return position

    def _keep(self, batch: Batch, since: int | None) -> int:
        """Write a batch, the clock at its end, and the step; at the very end (`since`) the event
        that says so.
        """
        db, wall = self._db, wall_clock()
        row = one(db, f"select {CLOCK_COLUMNS}, {STEP_COLUMNS} from org")
        clock = record(Clock, {name: row[name] for name in CLOCK_FIELDS})
        end = max(batch.end, clock.now(wall))
        work = Work(db, end, Source(row["seed"], row["draws"]), org_record_id=row["record_id"])
        new = row["step"] != self._step
        work.set_clock(clock.moved(end, wall), new_step=new)
        write(work, self._simulation, batch)
        label = 0
        if since is not None:
            label = work.event("clock_changed", detail=f"forward {lasting(end - since)}")
        if new:
            self._step = row["step"] + 1
            values = (self._step, work.first_event, label, PROCESS, org_image(row))
            work.run("insert into step values (?,?,?,?,?)", *values)
            forget_old_steps(db)
        elif label:
            work.run("update step set label_event = ? where id = ?", label, self._step)
        return end

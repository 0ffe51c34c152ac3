"""What is due: run inside every use case when org time has reached it, and in batches when org time
is moved.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache

from freshtoken_model.decision.credentials import (
    Hashing,
    SimulatedMemory,
    Source,
    digest,
    session_id,
)
from freshtoken_model.store import clients as client_rows
from freshtoken_model.store import database, events, org_row, steps
from freshtoken_model.store import login_history as login_rows
from freshtoken_model.store import mail as mail_rows
from freshtoken_model.store import sessions as session_rows
from freshtoken_model.store import users as user_rows
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import (
    CLOCK_COLUMNS,
    CLOCK_FIELDS,
    DUE_SQL,
    PROCESS,
    STEP_COLUMNS,
    UseCase,
    one,
    org_image,
    read_clock,
)
from freshtoken_model.values.clock import LATEST, Clock, lasting, wall_clock
from freshtoken_model.values.errors import NotAllowedError
from freshtoken_model.values.kinds import EventKind
from freshtoken_model.values.records import record

from .engine import Simulation
from .state import Batch, written

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


def run_due(hashing: Hashing, work: UseCase) -> None:
    """Write what fell due since the last use case, in this use case's transaction."""
    work.catching_up = True
    simulation = Simulation(work.db, hashing, memory())
    simulation.load(work.now)
    while simulation.next_due is not None and simulation.next_due <= work.now:
        batch = simulation.decide(work.now, BATCH)
        write_batch(work, simulation, batch)
        if batch.reached:
            simulation.load(batch.end)
    work.catching_up = False


def write_batch(work: UseCase, simulation: Simulation, batch: Batch) -> None:
    """Write a batch in the transaction of the caller."""
    people, runners, shared = simulation.changed()
    db = work.db
    for once in shared:
        once.id = events.shared_id(db, once.row)
    events.insert_events(
        db,
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
        work.note(batch.events[0][0], EventKind.RUN_WORKED)
    login_rows.insert_logins(
        db,
        [(user, at, shape.id, status, event) for user, at, shape, status, event in batch.history],
    )
    login_rows.count(db, [(*key, *counts) for key, counts in batch.tallies.items()])
    user_rows.set_lock(db, [(p.failed, p.locked_at, p.locked_until, p.id) for p in people])
    user_rows.set_expiry(db, [(p.expires_at, p.id) for p in people])
    _write_sessions(work, simulation)
    client_rows.record_runs(
        db,
        [
            (r.tries, r.run_at, None if r.stopped else r.next_due, int(r.stopped), r.plan.client_id)
            for r in runners
        ],
    )
    client_rows.record_answers(
        db,
        [
            (
                r.light,
                r.told,
                r.told_at,
                r.held.session_id if r.held and r.got_session else None,
                r.plan.client_id,
            )
            for r in runners
        ],
    )
    mail_rows.mark_tried_dead(
        db,
        [
            (r.tried_at, r.person.id if r.person else 0, r.tried_token)
            for r in runners
            if r.tried_at
        ],
    )
    if batch.reached:
        org_row.update(db, calendar_due=simulation.org.calendar_due)
    written(people, runners, simulation.org.touched)


def _write_sessions(work: UseCase, simulation: Simulation) -> None:
    """Write the sessions that were opened, in the place of those that nobody holds any more; and
    the use of others.
    """
    seed = simulation.org.seed
    for held in sorted(simulation.org.touched, key=lambda held: held.first_opened_by):
        client_id, event = held.opened_by
        if not event:
            session_rows.hand_out(work.db, held.row, held.used, held.holders)
            continue
        purpose = f"{seed} session {client_id} {event}"
        held.session_id = session_id(work.org_record_id, Source(None if seed is None else purpose))
        user_id, kind, address, application, app_id, scope = held.key
        row = session_rows.NewSession(
            user_id,
            digest(held.session_id),
            kind,
            address,
            held.opened_at,
            held.used,
            int(held.expired),
            app_id,
            scope,
            application,
            held.session_id if held.kept else "",
            held.holders,
        )
        if held.row:
            session_rows.replace(work.db, held.row, row)
        else:
            held.row = session_rows.insert_session(work.db, row)


class Advance:
    """Moves org time forward in batches; `cancel` stops between two, at an earlier moment."""

    def __init__(
        self,
        db: Database,
        hashing: Hashing,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
    ) -> None:
        self._db, self._progress, self._cancel = db, progress, cancel
        self._simulation = Simulation(db, hashing, memory())
        self._step = -1
        """The step this move is kept as; another one where somebody else wrote in between."""

    def run(self, target: Callable[[int], int]) -> int:
        """Move to what `target` makes of now; returns the moment reached. Raises NotAllowedError
        for the past.
        """
        start = read_clock(self._db).now(wall_clock())
        to = target(start)
        if to < start:
            raise NotAllowedError("Org time goes forward only; that moment has passed.")
        if to > LATEST:
            raise NotAllowedError("Org time ends with the year 2099.")
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
                if self._simulation.org.version[0] != database.version(self._db)[0]:
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
        work = UseCase(db, end, Source(row["seed"], row["draws"]), org_record_id=row["record_id"])
        new = row["step"] != self._step
        work.set_clock(clock.moved(end, wall), new_step=new)
        write_batch(work, self._simulation, batch)
        label = 0
        if since is not None:
            label = work.event(EventKind.CLOCK_CHANGED, detail=f"forward {lasting(end - since)}")
        if new:
            self._step = row["step"] + 1
            steps.keep(db, work.first_event, label, PROCESS, org_image(row))
            steps.forget_old(db)
        elif label:
            steps.name(db, self._step, label)
        return end

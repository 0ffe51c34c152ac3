"""Time that is moved: everything due, in order, decided in memory and written in batches.

An integration logs in by the gates, counters and rows of org.login; only where they are kept
meanwhile differs (a test holds both against each other). Whole moments are decided outside the
lock; a batch is one short transaction, and is thrown away when anybody else has committed since
[MEASURED measured-batches]. A refused or accepted try costs microseconds: the verdict of a client
stands until something it was made from changes.
"""

from __future__ import annotations

from dataclasses import replace
from heapq import heappop, heappush

from freshtoken_model.accounts.sessions import session_key
from freshtoken_model.decision.credentials import (
    Hashing,
    SimulatedMemory,
    readings,
)
from freshtoken_model.decision.gates import decide
from freshtoken_model.decision.lights import Light, light_of_login
from freshtoken_model.decision.session_rules import use_of, within
from freshtoken_model.decision.verdict import Verdict
from freshtoken_model.login.login import (
    Known,
    consequences,
    leaves_row,
    lock_end,
    tallied,
    trace_of,
)
from freshtoken_model.store.connection import Database
from freshtoken_model.values.clock import HOUR, MINUTE
from freshtoken_model.values.kinds import EventKind, FaultKey, Habit

from .integrations import RETRIES, answers_with_server_error, next_slot
from .loading import load
from .state import Batch, Person, Runner, Shared

RELEASE_DATE, LOCK, EXPIRY, RUN = range(4)
"""What comes first among things due at the same moment."""
FOREVER = 10**15
WRONG_CREDENTIALS = (FaultKey.INVALID_LOGIN, FaultKey.MUST_USE_TOKEN)
"""What a client is told that holds a wrong or dead credential: what a circuit breaker stops on."""


class Simulation:
    """What is due in an org, in order, from one version of its file on."""

    def __init__(self, db: Database, hashing: Hashing, memory: SimulatedMemory) -> None:
        self._db, self._hashing, self._memory = db, hashing, memory
        self._last_moment = 0

    def load(self, now: int) -> None:
        """Begin again from what the org file says now; what is due may lie before it."""
        org = self.org = load(self._db, self._hashing, self._memory, now)
        self._heap: list[tuple[int, int, int]] = []
        if org.calendar_due is not None:
            heappush(self._heap, (org.calendar_due, RELEASE_DATE, 0))
        for person in org.people.values():
            if person.locked_until is not None:
                heappush(self._heap, (person.locked_until, LOCK, person.id))
            if person.expires_at is not None:
                heappush(self._heap, (person.expires_at, EXPIRY, person.id))
        for client_id, runner in org.runners.items():
            heappush(self._heap, (runner.next_due, RUN, client_id))

    # ---- Deciding

    @property
    def next_due(self) -> int | None:
        """When the next thing is due."""
        return self._heap[0][0] if self._heap else None

    def decide(self, until: int, at_least: int) -> Batch:
        """Everything due until a moment, or whole moments with at least so many tries. Pure but for
        this object.
        """
        batch = Batch(until)
        while self._heap and self._heap[0][0] <= until:
            moment = self._heap[0][0]
            if batch.logins >= at_least or batch.reached:
                batch.end = self._last_moment
                return batch
            self._last_moment = moment
            while self._heap and self._heap[0][0] == moment:
                _, kind, number = heappop(self._heap)
                if kind == RUN:
                    self._run(batch, self.org.runners[number], moment)
                elif kind == LOCK:
                    self._end_lock(batch, self.org.people[number], moment)
                elif kind == EXPIRY:
                    self._expire(batch, self.org.people[number], moment)
                else:
                    self._reach(batch, moment)
        if batch.reached:
            batch.end = self._last_moment
        return batch

    def _event(
        self,
        batch: Batch,
        at: int,
        kind: EventKind,
        user_id: int | None = None,
        client_id: int | None = None,
        shape: Shared | None = None,
        trace: Shared | None = None,
        number: int | None = None,
        detail: str = "",
    ) -> int:
        self.org.last_event += 1
        batch.events.append(
            (self.org.last_event, at, kind, user_id, client_id, shape, trace, number, detail)
        )
        return self.org.last_event

    def _end_lock(self, batch: Batch, person: Person, moment: int) -> None:
        if person.locked_until == moment:
            person.locked_at = person.locked_until = None
            person.dirty = True
            self._event(batch, moment, EventKind.LOCK_ENDED, person.id)

    def _expire(self, batch: Batch, person: Person, moment: int) -> None:
        if person.expires_at == moment:
            person.expires_at, person.dirty = None, True
            self._event(batch, moment, EventKind.PASSWORD_EXPIRED, person.id)

    def _reach(self, batch: Batch, moment: int) -> None:
        for at, name in self.org.settings.calendar:
            if at == moment:
                self._event(batch, moment, EventKind.RELEASE_REACHED, detail=name)
        self.org.calendar_due, batch.reached = self.org.settings.due_after(moment), True
        if self.org.calendar_due is not None:
            heappush(self._heap, (self.org.calendar_due, RELEASE_DATE, 0))

    def _run(self, batch: Batch, runner: Runner, moment: int) -> None:
        """A run by schedule, or a further try of one."""
        plan = runner.plan
        slot = next_slot(plan.every, plan.anchor, moment)
        if (moment - plan.anchor) % plan.every == 0:
            runner.tries = 0
        runner.run_at, runner.dirty, runner.told_at = moment, True, moment
        batch.logins += 1
        if plan.habit == Habit.KEEP and self._works_on(batch, runner, moment):
            runner.next_due = slot
        else:
            runner.next_due = min(slot, moment + self._log_in(batch, runner, moment))
        if not runner.stopped:
            heappush(self._heap, (runner.next_due, RUN, plan.client_id))

    def _works_on(self, batch: Batch, runner: Runner, moment: int) -> bool:
        """Whether it could work with the session it kept; use moves the timeout once half of it has
        passed.
        """
        standing = runner.known.standing
        session = runner.held
        user_id = runner.person.id if runner.person else None
        if session is None:
            return False
        use = use_of(
            not session.alive,
            session.used,
            session.expired,
            self.org.settings,
            moment,
            lambda: runner.attempt.ip_relaxed or within(standing.address, standing.login_ip_ranges),
        )
        if use.due:
            session.used = moment
            self.org.touch(session)
        if runner.lost:
            runner.lost = False
            self._event(batch, moment, EventKind.SESSION_LOST, user_id, runner.plan.client_id)
        if use.fault is not None:
            return False
        runner.tries, runner.light, runner.told = 0, Light.CONNECTED, self.org.works
        self._event(batch, moment, EventKind.RUN_WORKED, user_id, runner.plan.client_id)
        self._count(batch, runner, moment, (0, 0, 0, 1))
        return True

    def _log_in(self, batch: Batch, runner: Runner, moment: int) -> int:
        """One try to log in; returns the delay until the next one, FOREVER for the next run."""
        runner.tries += 1
        retry = RETRIES[runner.plan.retry]
        verdict, server_error = (
            self._try(batch, runner, moment),
            answers_with_server_error(runner.attempt.door),
        )
        accepted = verdict is not None and verdict.accepted
        runner.light = light_of_login(accepted, verdict is not None and verdict.password_expired)
        if accepted:
            runner.told = self.org.works
            if runner.light == Light.CONNECTED:
                runner.tries = 0
                return FOREVER
            runner.told = FaultKey.EXPIRED_PASSWORD
            if not retry.loops_while_expired:
                return FOREVER
        else:
            runner.told = (verdict.fault or "") if verdict else runner.grant_fault
            if retry.stops_on_invalid_login and runner.told in WRONG_CREDENTIALS:
                runner.stopped = True
                self._event(
                    batch, moment, EventKind.INTEGRATION_STOPPED, client_id=runner.plan.client_id
                )
                return FOREVER
            if retry.loops_while_expired:
                return FOREVER
        key = f"{self.org.seed} {runner.plan.client_id} {moment}"
        delay = retry.delay(runner.tries, server_error, key)
        return FOREVER if delay is None else delay

    def _try(self, batch: Batch, runner: Runner, moment: int) -> Verdict | None:
        """What org.login does with this attempt at this moment; None when no login is reached."""
        known, person, client_id = runner.known, runner.person, runner.plan.client_id
        if runner.grant_fault:
            self._event(
                batch, moment, EventKind.RUN_REFUSED, None, client_id, detail=runner.grant_fault
            )
            self._count(batch, runner, moment, (0, 1, 0, 0))
            return None
        verdict = self._judge(runner, known, person, moment)
        failed, locks = consequences(
            person.failed if person else 0,
            runner.attempt.door,
            verdict,
            known.standing.policy,
        )
        event = self._event(
            batch,
            moment,
            EventKind.LOGIN_ACCEPTED if verdict.accepted else EventKind.LOGIN_REFUSED,
            person.id if person else None,
            client_id,
            runner.shape,
            runner.trace,
            failed,
            verdict.fault or (EventKind.PASSWORD_EXPIRED if verdict.password_expired else ""),
        )
        self._count(batch, runner, moment, tallied(verdict))
        if person is None:
            return verdict
        self._history(batch, runner, person, verdict, moment, event)
        person.failed, person.dirty = failed, True
        if verdict.accepted:
            key = session_key(person.id, runner.attempt)
            runner.held = self.org.answered(runner, key, event, moment, verdict.password_expired)
            runner.got_session, runner.lost = True, False
        elif verdict.tried_token is not None and not runner.tried_token:
            runner.tried_token, runner.tried_at = readings(runner.attempt.sent)[-1].token, moment
        if locks:
            self._event(batch, moment, EventKind.LOCKED_OUT, person.id, client_id, number=failed)
            person.failed, person.locked_at, person.locked_until = (
                0,
                moment,
                lock_end(known.standing.policy, moment),
            )
            if person.locked_until is not None:
                heappush(self._heap, (person.locked_until, LOCK, person.id))
        return verdict

    def _judge(self, runner: Runner, known: Known, person: Person | None, moment: int) -> Verdict:
        """decide(), or what it said last: it stands while lock and limit are the same and no moment
        that the verdict names is reached.
        """
        limit = known.settings.rate_limit
        limited = bool(
            limit and person and len(person.recent) == limit and person.recent[0] > moment - HOUR
        )
        key = (person.locked_at if person else None, limited)
        if (
            runner.verdict is not None
            and runner.verdict_key == key
            and moment < runner.verdict_until
        ):
            return runner.verdict
        user, standing = (
            known.standing.user,
            replace(known.standing, logins_this_hour=limit if limited else 0),
        )
        if person is not None and user is not None:
            user = replace(user, locked_at=person.locked_at, locked_until=person.locked_until)
            standing = replace(standing, user=user)
        verdict = decide(runner.attempt, standing, runner.evidence, known.settings, moment)
        runner.verdict, runner.verdict_key = verdict, key
        runner.verdict_until = stands_until(known, moment)
        runner.trace = self.org.stored_once(trace_of(verdict))
        return verdict

    def _history(
        self,
        batch: Batch,
        runner: Runner,
        person: Person,
        verdict: Verdict,
        moment: int,
        event: int,
    ) -> None:
        if leaves_row(verdict.status, moment, person.last_status, person.last_time):
            batch.history.append((person.id, moment, runner.shape, verdict.status, event))
            person.recent.append(moment)
            person.last_status, person.last_time = verdict.status, moment

    def _count(
        self, batch: Batch, runner: Runner, moment: int, adds: tuple[int, int, int, int]
    ) -> None:
        hour = batch.tallies.setdefault((runner.plan.client_id, moment // HOUR), [0, 0, 0, 0])
        for place, number in enumerate(adds):
            hour[place] += number

    # ---- What writing needs

    def changed(self) -> tuple[list[Person], list[Runner], list[Shared]]:
        """What is not written yet: users, integrations, shapes and traces."""
        people = [person for person in self.org.people.values() if person.dirty]
        runners = [runner for runner in self.org.runners.values() if runner.dirty]
        shared = [shared for shared in self.org.shared.values() if not shared.id]
        return people, runners, shared


def stands_until(known: Known, moment: int) -> int:
    """The first moment at which time alone may change a verdict: a password expires, hours begin or
    end, a release comes.
    """
    policy, user = known.standing.policy, known.standing.user
    expires = policy.password_expires(user) if policy and user else None
    ends = [FOREVER, known.settings.due_after(moment) or FOREVER]
    if expires is not None and expires > moment:
        ends.append(expires)
    if known.standing.login_hours:
        ends.append((moment // MINUTE + 1) * MINUTE)
    return min(ends)

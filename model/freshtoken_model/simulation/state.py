"""What a simulation keeps in memory: users, integrations at work, and batches that are decided and
not yet written.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from freshtoken_model.accounts.sessions import SessionKey
from freshtoken_model.decision.credentials import Evidence
from freshtoken_model.decision.policies import OrgSettings
from freshtoken_model.decision.session_rules import is_open
from freshtoken_model.decision.verdict import Attempt, Verdict
from freshtoken_model.login.login import Known
from freshtoken_model.store.events import Shape, Trace
from freshtoken_model.values.records import Client, Integration


@dataclass(slots=True)
class Shared:
    """A shape or a trace, stored once; its id is known once it is written."""

    row: Shape | Trace
    id: int = 0


@dataclass(slots=True)
class Person:
    """A user on whose behalf integrations run, as far as it changes."""

    id: int
    failed: int
    locked_at: int | None
    locked_until: int | None
    expires_at: int | None
    recent: deque[int]
    """When the newest rows of Login History were written, oldest first, as many as the rate limit
    allows.
    """
    last_status: str
    last_time: int
    dirty: bool = False


@dataclass(slots=True, eq=False)
class Held:
    """A session that simulated clients hold or may be answered: as it is in the file, and what has
    become of it since.
    """

    key: SessionKey
    opened_at: int
    used: int
    alive: bool
    expired: bool
    holders: int
    kept: bool
    """Whether repeated logins may be answered it."""
    row: int = 0
    opened_by: tuple[int, int] = (0, 0)
    """The client and the event of the login that opened it; not yet written, unless 0."""
    first_opened_by: int = 0
    """The event of the login that made its row: rows are written in this order, however time is
    cut.
    """
    session_id: str = ""
    """Of one that was opened here, once it is written; or as it was read."""
    dirty: bool = False


@dataclass(slots=True)
class Runner:
    """An integration at work: its plan, what it holds, and what the org thinks of it."""

    plan: Integration
    client: Client
    attempt: Attempt
    known: Known
    evidence: Evidence
    person: Person | None
    """None: there is no such user."""
    grant_fault: str
    """Why the app is refused before any login is tried."""
    shape: Shared
    tries: int
    run_at: int | None
    next_due: int
    stopped: bool
    held: Held | None
    """The session it holds, if the org knows of it."""
    lost: bool
    """Another program's logout ended that session, which it has not found out yet."""
    got_session: bool = False
    """It was answered a session since it was written last."""
    light: str = ""
    told: str = ""
    told_at: int = 0
    verdict: Verdict | None = None
    verdict_key: tuple[int | None, bool] = (None, False)
    verdict_until: int = 0
    trace: Shared | None = None
    tried_token: str = ""
    tried_at: int = 0
    dirty: bool = False


@dataclass(slots=True)
class SimulatedOrg:
    """Everything the future of an org depends on, as it was read and has become since."""

    version: tuple[int, int]
    """Of the file."""
    seed: str | None
    calendar_due: int | None
    last_event: int
    settings: OrgSettings
    works: str
    """What a client is told whose query is answered."""
    people: dict[int, Person] = field(default_factory=dict)
    runners: dict[int, Runner] = field(default_factory=dict)
    shared: dict[Shape | Trace, Shared] = field(default_factory=dict)
    sessions: dict[int, Held] = field(default_factory=dict)
    """By their rows, as they were read."""
    by_key: dict[SessionKey, list[Held]] = field(default_factory=dict)
    """Those that logins may be answered."""
    touched: list[Held] = field(default_factory=list)
    """Sessions that are to be written."""

    def stored_once(self, row: Shape | Trace) -> Shared:
        """The one that equals it."""
        return self.shared.setdefault(row, Shared(row))

    def touch(self, session: Held) -> None:
        """Note that a session is to be written."""
        if not session.dirty:
            session.dirty = True
            self.touched.append(session)

    def answered(
        self, runner: Runner, key: SessionKey, event: int, moment: int, expired: bool
    ) -> Held:
        """The session of an accepted login, as `session_of_login` has it. A new one takes the place
        of the one that the client alone held: nobody else can use that.
        """
        before, shares = runner.held, self.settings.repeated_logins_share
        found = [
            held
            for held in self.by_key.get(key, ())
            if held.expired == expired and is_open(not held.alive, held.used, self.settings, moment)
        ]
        if shares and found:
            session = max(found, key=lambda held: (held.used, held.opened_at))
            session.used = moment
            session.holders += session is not before
        else:
            session = Held(key, moment, moment, True, expired, 1, shares)
            session.opened_by, session.first_opened_by = (runner.plan.client_id, event), event
            if before is not None and before.holders == 1:
                session.row = before.row
                session.first_opened_by = before.first_opened_by or event
                self.forget(before)
            if shares:
                self.by_key.setdefault(key, []).append(session)
        self.touch(session)
        return session

    def forget(self, session: Held) -> None:
        """Another session has taken its place."""
        if session in self.touched:
            self.touched.remove(session)
        if session.kept:
            self.by_key[session.key].remove(session)


EventRow = tuple[
    int, int, str, int | None, int | None, Shared | None, Shared | None, int | None, str
]


@dataclass(slots=True)
class Batch:
    """Whole moments, decided and not yet written."""

    end: int
    events: list[EventRow] = field(default_factory=list)
    history: list[tuple[int, int, Shared, str, int]] = field(default_factory=list)
    tallies: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    logins: int = 0
    reached: bool = False
    """Whether the calendar reached a date: policies must be read again."""


def written(people: list[Person], runners: list[Runner], sessions: list[Held]) -> None:
    """Note that their changes are in the file."""
    for person in people:
        person.dirty = False
    for runner in runners:
        runner.dirty = runner.got_session = False
        runner.tried_at = 0
    for session in sessions:
        session.dirty, session.opened_by = False, (0, 0)
    sessions.clear()

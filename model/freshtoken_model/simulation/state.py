"""What a simulation keeps in memory: users, integrations at work, and batches that are decided and
not yet written.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from freshtoken_model.decision.credentials import Evidence
from freshtoken_model.decision.policies import OrgSettings
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
    session_row: int
    session_used: int
    session_alive: bool
    session_expired: bool
    opened_at: int = 0
    opened_by: int = 0
    """The event of its newest login, not yet written; 0 when there is none."""
    first_opened_by: int = 0
    """The event of the login that made its first session row: rows are written in this order,
    however time is cut.
    """
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
    session_dirty: bool = False


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

    def stored_once(self, row: Shape | Trace) -> Shared:
        """The one that equals it."""
        return self.shared.setdefault(row, Shared(row))


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


def written(people: list[Person], runners: list[Runner]) -> None:
    """Note that their changes are in the file."""
    for person in people:
        person.dirty = False
    for runner in runners:
        runner.dirty = runner.session_dirty = False
        runner.opened_by = runner.tried_at = 0

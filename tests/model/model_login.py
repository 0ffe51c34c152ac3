"""What must become of users and integrations, told without gates and without simulation: the model
of test_invariants.
"""

from dataclasses import dataclass, field
from typing import Any

from freshtoken_model.values.clock import DAY, HOUR, MINUTE, SECOND

from ..world import START

FOREVER = 10**15
TIMEOUT = 2 * HOUR
"""Of a session that nobody uses."""


@dataclass
class Person:
    """What one user's state must be."""

    name: str
    password: str | None
    changed_at: int
    ranged: bool = False
    used_reset: bool = False
    live: str | None = None
    former_passwords: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    must_change: bool = False
    frozen: bool = False
    failed: int = 0
    locked_until: int | None = None
    token_mails: int = 0
    link_mails: int = 0
    reset_rows: int = 0
    attempts: int = 0
    lockouts: int = 0
    links: list[str] = field(default_factory=list)
    links_used_at: list[int] = field(default_factory=list)
    link_made_at: int = 0
    link_open: bool = False

    @property
    def username(self) -> str:
        return f"{self.name}@acme.example"

    def lose_token(self) -> None:
        if self.live is not None:
            self.dead.append(self.live)
            self.live = None

    def lose_password(self) -> None:
        if self.password is not None:
            self.former_passwords.append(self.password)

    def expired(self, now: int) -> bool:
        return self.must_change or now >= self.changed_at + 90 * DAY


@dataclass
class Job:
    """What one integration must do: it sends what it holds every so often, and again when it was
    refused.
    """

    id: int
    client: str
    person: str
    sent: str
    network: str
    every: int
    anchor: int
    retry: str
    keeps: bool
    due: int | None
    tries: int = 0
    used_at: int | None = None
    """When its session was used last, as far as the org writes that down."""
    expired: bool = False
    stopped: bool = False
    worked: int = 0

    def slot(self, now: int) -> int:
        return (
            self.anchor + ((now - self.anchor) // self.every + 1) * self.every
            if now >= self.anchor
            else self.anchor
        )


@dataclass
class World:
    """Everything that going back takes back."""

    people: dict[str, Person]
    jobs: list[Job]
    now: int = START
    limit: int = 10
    minutes: int = 15
    missing_counts: bool = True
    mail_always: bool = False
    office_trusted: bool = True
    unknown: int = 0
    retired: dict[str, tuple[int, str]] = field(default_factory=dict)

    def expect(self, person: Person, sent: str, door: str, network: str) -> tuple[bool, bool]:
        """Accepted? Counted?"""
        if person.frozen or person.locked_until is not None:
            return False, False
        if person.ranged and network != "cloud":
            return False, False
        bare = person.password is not None and sent == person.password
        if door == "ui":
            return (True, False) if bare and not person.ranged else (False, not bare)
        if bare:
            free = person.ranged or (network == "office" and self.office_trusted)
            return free, not free and self.missing_counts
        with_token = (
            person.password is not None
            and person.live is not None
            and sent == person.password + person.live
        )
        return with_token, not with_token

    def note(self, person: Person, accepted: bool, counted: bool) -> bool:
        """What an attempt does to its user; returns whether it locks."""
        person.attempts += 1
        if accepted:
            person.failed = 0
        elif counted:
            person.failed += 1
            if self.limit and person.failed >= self.limit:
                person.failed, person.lockouts = 0, person.lockouts + 1
                person.locked_until = self.now + self.minutes * MINUTE if self.minutes else FOREVER
                return True
        return False

    def move(self, until: int) -> None:
        """Time passes: locks end, jobs run, each at its moment, locks first."""
        while True:
            due: list[tuple[int, int, Any]] = [
                (p.locked_until, 0, name)
                for name, p in self.people.items()
                if p.locked_until not in (None, FOREVER)
            ]
            due += [
                (job.due, 1, number) for number, job in enumerate(self.jobs) if job.due is not None
            ]
            which: Any
            moment, kind, which = min(due, default=(FOREVER, 0, ""))
            if moment > until:
                break
            self.now = moment
            if kind == 0:
                self.people[which].locked_until = None
            else:
                self.run(self.jobs[which])
        self.now = until

    def run(self, job: Job) -> None:
        person, slot, delay = self.people[job.person], job.slot(self.now), None
        if (self.now - job.anchor) % job.every == 0:
            job.tries = 0
        if (
            job.keeps
            and job.used_at is not None
            and not job.expired
            and self.now < job.used_at + TIMEOUT
        ):
            job.worked, job.tries = job.worked + 1, 0
            if self.now >= job.used_at + TIMEOUT // 2:
                job.used_at = self.now
        else:
            delay = self.log_in(job, person)
        job.due = None if job.stopped else slot if delay is None else min(slot, self.now + delay)

    def log_in(self, job: Job, person: Person) -> int | None:
        open_to_it = (
            not person.ranged
            or job.network == "cloud"
            or person.frozen
            or person.locked_until is not None
        )
        accepted, counted = self.expect(person, job.sent, "soap", job.network)
        self.note(person, accepted, counted)
        job.tries += 1
        if accepted:
            job.used_at, job.expired = self.now, person.expired(self.now)
            job.tries = job.tries if job.expired else 0
            return None
        if job.retry == "breaker":
            job.stopped = open_to_it
            return None
        if job.retry == "four":
            return 2 * SECOND if job.tries < 4 else None
        return MINUTE if job.retry == "fixed" else None

    def password_set(self, person: Person, new: str) -> None:
        """The old one and its token die; sessions opened with an expired one work again."""
        person.lose_password()
        person.lose_token()
        person.password, person.changed_at, person.must_change = new, self.now, False
        for job in self.jobs:
            job.expired = job.expired and job.person != person.name

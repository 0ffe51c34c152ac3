"""Org: opens an org file and hands out the use cases by noun. One connection, one thread at a
time.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType

from freshtoken_model.accounts.mail import Mailbox
from freshtoken_model.accounts.passwords import Passwords
from freshtoken_model.accounts.profiles import Admin
from freshtoken_model.accounts.sessions import Sessions
from freshtoken_model.accounts.setup import Setup
from freshtoken_model.accounts.tokens import Tokens
from freshtoken_model.accounts.users import Users
from freshtoken_model.decision.credentials import Hashing, VerifiedPasswords
from freshtoken_model.decision.settings import release
from freshtoken_model.decision.verdict import Attempt
from freshtoken_model.files.rewind import Rewind
from freshtoken_model.history.consequences import Consequences
from freshtoken_model.history.incidents import Incidents
from freshtoken_model.history.login_history import History
from freshtoken_model.history.timeline import Timelines
from freshtoken_model.login.apps import Apps
from freshtoken_model.login.clients import Clients
from freshtoken_model.login.fits import Fits
from freshtoken_model.login.injected import InjectedFaults
from freshtoken_model.login.login import LoginResult, Logins
from freshtoken_model.login.openid import OpenId
from freshtoken_model.simulation.advance import Advance, Progress, next_due, run_due, upcoming
from freshtoken_model.simulation.integrations import Integrations
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import one, read_clock, writing
from freshtoken_model.store.whole_file import make_folder, temporary_folder
from freshtoken_model.values.clock import Clock, at, milliseconds_of, wall_clock
from freshtoken_model.values.errors import NotAllowedError, OrgFileError
from freshtoken_model.values.kinds import EventKind
from freshtoken_model.values.records import User, record

from .files import adoption, resets, snapshots, training_org
from .store import database

SANDBOX = ".sandbox"
"""How the My Domain of a sandbox ends, as in acme--training.sandbox."""
INFO_SQL = """
select record_id, name, kind, my_domain, time_zone, created_release, preset, seed, generation,
    (select coalesce(max(id), 0) from event) as last_event from org
"""


@dataclass(frozen=True, slots=True)
class OrgInfo:
    """What an org is. A new `generation` means: nothing read before is valid any more."""

    record_id: str
    name: str
    kind: str
    my_domain: str
    time_zone: str
    created_release: str
    preset: str
    seed: str | None
    generation: str
    last_event: int

    @property
    def sandbox(self) -> bool:
        """Whether it is a sandbox: its My Domain says so."""
        return self.my_domain.endswith(SANDBOX)


class OrgClock:
    """org.clock: org time runs, freezes, and moves forward only."""

    def __init__(self, db: Database, hashing: Hashing) -> None:
        self._db, self._hashing = db, hashing

    def read(self) -> Clock:
        """The clock now; `seen_org` is the moment in ms."""
        return read_clock(self._db).tick(wall_clock())

    def advance(
        self,
        span: int | str | timedelta,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
    ) -> int:
        """Move org time forward by a span: ms, a text such as "15m", or a timedelta. What was due
        in between happens, in order. Returns the new now. Raises NotAllowedError, BadValueError.

        `progress` is told the moment reached; `cancel` stops at a whole, earlier moment.
        """
        move = Advance(self._db, self._hashing, progress, cancel)
        distance = milliseconds_of(span)
        return move.run(lambda now: now + distance)

    def set(
        self, moment: int, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> int:
        """Move org time forward to a moment. Raises NotAllowedError for the past."""
        return Advance(self._db, self._hashing, progress, cancel).run(lambda now: moment)

    def next_due(self) -> int | None:
        """When the next thing happens by itself: a run, the end of a lockout, an expiry, a release
        date.
        """
        return next_due(self._db)

    def upcoming(self, limit: int = 8) -> list[tuple[int, str]]:
        """What happens next by itself, the soonest first: moment and words."""
        return upcoming(self._db, limit)

    def next_run(self) -> int | None:
        """When the next integration runs, or tries again."""
        return self._first("select min(next_due) as due from integration")

    def next_lock_end(self) -> int | None:
        """When the next lockout ends by time."""
        return self._first("select min(locked_until) as due from user")

    def _first(self, sql: str) -> int | None:
        due: int | None = one(self._db, sql)["due"]
        return due

    def switch(self, running: bool) -> bool:
        """Let org time run with the wall clock, or freeze it. Returns whether that was a change."""
        with writing(self._db) as work:
            clock = read_clock(self._db)
            if clock.running == running:
                return False
            work.set_clock(
                replace(
                    clock.moved(work.now, wall_clock()), mode="running" if running else "frozen"
                )
            )
            work.event(EventKind.CLOCK_CHANGED, detail="runs" if running else EventKind.FROZEN)
            return True

    def touch(self) -> None:
        """Say that the org is in use: an app calls it now and then, so that its time does not count
        as a drawer's.
        """
        with writing(self._db):
            pass


class Org:
    """A small Salesforce org in a file. Close it, or use it as a context manager."""

    def __init__(
        self,
        path: Path,
        hashing: Hashing | None = None,
        memory: VerifiedPasswords | None = None,
        closing: threading.Event | None = None,
        turn: threading.Lock | None = None,
    ) -> None:
        """Open an org file. Raises OrgFileError with one clear sentence; the file is then
        untouched.
        """
        self.path = path
        self.hashing = hashing or Hashing()
        self._db = database.connect(path, turn)
        self._db.catch_up = partial(run_due, self.hashing)
        _check_row(path, self._db)
        self._logins = Logins(self._db, self.hashing, memory or VerifiedPasswords(), closing)

    @classmethod
    def create(
        cls,
        path: Path,
        seed: str | None = None,
        frozen_at: int | None = None,
        hashing: Hashing | None = None,
        preset: str = training_org.DEFAULT,
        created_release: str | None = None,
        sandbox: bool = False,
    ) -> None:
        """Make a new org file, whole or not at all. Raises NotAllowedError when the file exists,
        UnknownNameError, OrgFileError.
        """
        if path.exists():
            raise NotAllowedError(
                f"{path} exists already; --force sets it back to a new training org."
            )
        if path.is_symlink():
            raise NotAllowedError(f"{path} is a link that leads nowhere; nothing was written.")
        with database.plainly(path), temporary_folder(path.parent) as folder:
            made = Path(folder) / "org"
            db = database.create(made)
            try:
                with database.write(db):
                    beginning = training_org.Beginning(
                        seed, frozen_at, preset, created_release, sandbox
                    )
                    training_org.fill(db, hashing or Hashing(), beginning)
            finally:
                db.close()
            try:
                database.place(made, path)
            except FileExistsError:
                raise NotAllowedError(f"{path} was made by another process just now.") from None

    def __enter__(self) -> Org:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database connection; the org cannot be used afterwards."""
        database.close(self._db.conn, getattr(self._db, "file", None))

    def info(self) -> OrgInfo:
        """What this org is, and the id of its last event."""
        return record(OrgInfo, one(self._db, INFO_SQL))

    def login(self, attempt: Attempt) -> LoginResult:
        """Decide a login and write what it changes."""
        return self._logins.login(attempt)

    def adopt(self, held: adoption.AdoptedCredentials) -> User:
        """Let the org know what a client outside holds already; returns the user it logs in as."""
        return adoption.adopt(self._db, self.hashing, held)

    def reset(self, beginning: training_org.Beginning | None = None) -> None:
        """Set the org back to how it began, or to another beginning, as a step that can be taken
        back. Raises UnknownNameError, BadValueError, NotAllowedError.
        """
        resets.reset(self._db, self.path, self.hashing, beginning)

    def snapshot(self, to: Path, replace: bool = False) -> None:
        """Copy the org into a new file, or over one. Raises NotAllowedError when it exists,
        OrgFileError.
        """
        if replace and to.exists() and to.samefile(self.path):
            raise NotAllowedError(f"{to} is this org itself.")
        snapshots.snapshot(self._db, to, replace)

    def would_lose(self, file: Path) -> snapshots.Loss:
        """What restore() would throw away. Raises OrgFileError."""
        return snapshots.would_lose(self._db, file)

    def restore(self, file: Path, seen: int, with_steps: bool = False) -> None:
        """Put a copy's content in this org's place; `with_steps`: what can be taken back of it too.
        Raises NotAllowedError, OrgFileError.
        """
        snapshots.restore(self._db, file, seen, with_steps)

    @property
    def database(self) -> Database:
        """For reads that make one picture, in storage.read()."""
        return self._db

    @cached_property
    def users(self) -> Users:
        """Users: read, unlock, freeze."""
        return Users(self._db)

    @cached_property
    def passwords(self) -> Passwords:
        """Password changes and resets."""
        return Passwords(self._db, self.hashing)

    @cached_property
    def tokens(self) -> Tokens:
        """Reset My Security Token."""
        return Tokens(self._db)

    @cached_property
    def sessions(self) -> Sessions:
        """Look up, use and end sessions."""
        return Sessions(self._db)

    @cached_property
    def setup(self) -> Setup:
        """Settings, assumptions, trusted IP ranges and networks."""
        return Setup(self._db)

    @cached_property
    def mail(self) -> Mailbox:
        """The simulated inboxes."""
        return Mailbox(self._db)

    @cached_property
    def history(self) -> History:
        """Login History and the event log."""
        return History(self._db)

    @cached_property
    def clients(self) -> Clients:
        """The API clients, and what each holds."""
        return Clients(self._db)

    @cached_property
    def fits(self) -> Fits:
        """What the API clients send beside what the org takes."""
        return Fits(self._db, self.hashing)

    @cached_property
    def consequences(self) -> Consequences:
        """What the last use case of this connection did."""
        return Consequences(self._db, self.fits)

    @cached_property
    def integrations(self) -> Integrations:
        """API clients with a schedule."""
        return Integrations(self._db)

    @cached_property
    def admin(self) -> Admin:
        """What an admin does to users and profiles."""
        return Admin(self._db)

    @cached_property
    def timeline(self) -> Timelines:
        """The clients' tries over org time."""
        return Timelines(self._db)

    @cached_property
    def incidents(self) -> Incidents:
        """The latest trouble of a user, told in sentences."""
        return Incidents(self._db)

    @cached_property
    def rewind(self) -> Rewind:
        """Take back the newest step."""
        return Rewind(self._db, self.path)

    @cached_property
    def apps(self) -> Apps:
        """Connected apps, and the grants without a password."""
        return Apps(self._db, self._logins)

    @cached_property
    def injected(self) -> InjectedFaults:
        """Calls that freshtoken answered with a fault on request."""
        return InjectedFaults(self._db)

    @cached_property
    def openid(self) -> OpenId:
        """The org's key for ID tokens."""
        return OpenId(self._db)

    @cached_property
    def clock(self) -> OrgClock:
        """Read and move org time."""
        return OrgClock(self._db, self.hashing)


def _check_row(path: Path, db: Database) -> None:
    """Raises OrgFileError when the org's row is missing, or holds what every use case would stumble
    over.
    """
    try:
        with database.plainly(path):
            row = one(db, "select time_zone, created_release from org")
        at(0, row["time_zone"])
        release(row["created_release"])
    except (LookupError, ValueError, OSError, OrgFileError) as error:
        db.close()
        if isinstance(error, OrgFileError):
            raise
        raise OrgFileError(f"{database.DAMAGED}: {path} was left as it is.") from error


def make_default(path: Path, hashing: Hashing | None = None) -> None:
    """Make the default org file and its folder, on first use. Raises OrgFileError."""
    with database.plainly(path.parent):
        make_folder(path.parent)
    with suppress(NotAllowedError):  # another process made it just now
        Org.create(path, hashing=hashing)

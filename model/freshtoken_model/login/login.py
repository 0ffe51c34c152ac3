"""org.login: hash outside the lock, decide inside. The one use case of every door that takes a
password.

The stored hash is read again before the decision: another one means verifying again. Every refusal
costs two verifications and has the same words.
"""

import threading
from dataclasses import dataclass, replace

from freshtoken_model.accounts import tokens
from freshtoken_model.accounts.networks import OUTSIDE, address_number, calling_address
from freshtoken_model.accounts.sessions import session_of_login
from freshtoken_model.accounts.standing import read_standing
from freshtoken_model.accounts.users import by_username, unicode
from freshtoken_model.decision import words
from freshtoken_model.decision.credentials import Evidence, Hashing, VerifiedPasswords, readings
from freshtoken_model.decision.gates import decide
from freshtoken_model.decision.login_types import login_type_of
from freshtoken_model.decision.policies import OrgSettings, PasswordPolicy
from freshtoken_model.decision.verdict import Attempt, Door, Standing, Verdict
from freshtoken_model.store import database, events
from freshtoken_model.store import login_history as login_rows
from freshtoken_model.store import mail as mail_rows
from freshtoken_model.store import users as user_rows
from freshtoken_model.store.connection import Database
from freshtoken_model.store.events import Shape, Trace
from freshtoken_model.store.use_case import UseCase, maybe, one, read_clock, writing
from freshtoken_model.values.clock import HOUR, wall_clock
from freshtoken_model.values.errors import NeedsHashingError
from freshtoken_model.values.kinds import EventKind, LoginStatus
from freshtoken_model.values.records import User
from freshtoken_model.values.visible import visible

from .clients import outside_client

ROUNDS = 4
"""Three verifications outside the lock, the fourth under it: so it always ends."""


@dataclass(frozen=True, slots=True)
class LoginResult:
    """What a login came to. `session_id` is handed out here and nowhere else."""

    verdict: Verdict
    user: User | None
    session_id: str | None
    event_id: int
    at: int
    locked_out: bool = False
    """Whether this very attempt reached the limit."""
    settings: OrgSettings | None = None
    """As the decision read them."""
    client_id: int | None = None
    """The API client it is kept for, one from outside included."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a decision was, or will be, made from."""

    standing: Standing
    settings: OrgSettings
    now: int
    version: tuple[int, int] = (0, 0)
    """Of the org's content when it was read outside the lock."""


def consequences(
    failed: int, door: Door, verdict: Verdict, policy: PasswordPolicy | None
) -> tuple[int, bool]:
    """The failed attempts after a verdict, and whether it locks: the limit locks, a success with
    the password clears [DOC lockout-counter] [assumption login_without_password_keeps_counter].
    """
    failed = 0 if verdict.accepted and door.takes_password else failed + verdict.counts
    limit = policy.max_attempts if policy else 0
    return failed, bool(verdict.counts and limit and failed >= limit)


def lock_end(policy: PasswordPolicy | None, now: int) -> int | None:
    """When a lock set now ends by time; None: an admin must end it."""
    return now + policy.lockout_period if policy and policy.lockout_period else None


def leaves_row(status: str, now: int, last_status: str, last_time: int) -> bool:
    """Whether an attempt leaves a row in Login History, behind the user's last row.

    While the rate limit holds, one row at least, not one an attempt [DOC
    login-rate-history-reduced]; that it is one an hour is [INF].
    """
    return not (status == last_status == LoginStatus.RATE_EXCEEDED and last_time > now - HOUR)


def tallied(verdict: Verdict) -> tuple[int, int, int, int]:
    """What a verdict adds to its client's hour: accepted, refused, refused while locked, worked
    without a login.
    """
    locked = verdict.status == LoginStatus.PASSWORD_LOCKOUT
    return int(verdict.accepted), int(not verdict.accepted and not locked), int(locked), 0


class Logins:
    """Runs logins on one connection; the memory of verified passwords is the process's."""

    def __init__(
        self,
        db: Database,
        hashing: Hashing,
        memory: VerifiedPasswords,
        closing: threading.Event | None = None,
    ) -> None:
        self._db, self._hashing, self._memory, self._closing = db, hashing, memory, closing

    def login(self, attempt: Attempt) -> LoginResult:
        """Decide a login and write what it changes, in one transaction. Never raises for a refusal.

        Raises NeedsHashingError for an attempt of `remembered_only` that memory does not let in.
        """
        where = calling_address(self._db, attempt.address)
        address = address_number(where)
        attempt = replace(attempt, username=unicode(attempt.username), address=where)
        if not attempt.door.takes_password:
            with writing(self._db, self._closing) as work:
                return self.decide_within(work, attempt)
        try:
            return self._let_in_from_memory(attempt, address)
        except NeedsHashingError:
            if attempt.remembered_only:
                raise
        for _ in range(ROUNDS - 1):
            known = self._outside(attempt, address)
            evidence = self._verified(attempt, known)
            with writing(self._db, self._closing) as work:
                now = (
                    known
                    if work.version == known.version
                    else self.standing(attempt, address, work.now)
                )
                if known.standing.password_hash != now.standing.password_hash:
                    continue
                verdict = decide(attempt, now.standing, evidence, now.settings, work.now)
                result = self._apply(work, attempt, now, verdict)
            if verdict.accepted:
                self._memory.remember(evidence)
            return result
        with writing(self._db, self._closing) as work:
            return self.decide_within(work, attempt)

    def _let_in_from_memory(self, attempt: Attempt, address: int) -> LoginResult:
        """Accept a login whose password was verified before, read and decided at one moment. Raises
        NeedsHashingError.

        Then nothing was done: a refusal is never made from memory, it pays its two verifications.
        """
        if self._memory.empty:
            raise NeedsHashingError
        with writing(self._db, self._closing) as work:
            known = self.standing(attempt, address, work.now)
            stored = known.standing.password_hash or self._hashing.nobody
            evidence = self._memory.recall(stored, [r.password for r in readings(attempt.sent)])
            verdict = (
                decide(attempt, known.standing, evidence, known.settings, work.now)
                if evidence
                else None
            )
            if verdict is None or not verdict.accepted:
                raise NeedsHashingError
            return self._apply(work, attempt, known, verdict)

    def decide_within(self, work: UseCase, attempt: Attempt) -> LoginResult:
        """Verify and decide in the caller's transaction, at its moment: the last round, and the
        founding of an org.
        """
        if attempt.address == OUTSIDE:
            attempt = replace(attempt, address=calling_address(self._db, attempt.address))
        known = self.standing(attempt, address_number(attempt.address), work.now)
        evidence = self._verified(attempt, known) if attempt.door.takes_password else {}
        verdict = decide(attempt, known.standing, evidence, known.settings, known.now)
        return self._apply(work, attempt, known, verdict)

    def _outside(self, attempt: Attempt, address: int) -> Known:
        with database.read(self._db):
            version = database.version(self._db)
            return self.standing(attempt, address, read_clock(self._db).now(wall_clock()), version)

    def standing(
        self, attempt: Attempt, address: int, now: int, version: tuple[int, int] = (0, 0)
    ) -> Known:
        """Read what the decision needs."""
        user = by_username(self._db, attempt.username) if self._in_scope(attempt) else None
        presented = tokens.of_sent(self._db, user.id, attempt.sent) if user else {}
        standing, settings = read_standing(self._db, user, presented, address, now)
        return Known(standing, settings, now, version)

    def _in_scope(self, attempt: Attempt) -> bool:
        """Whether the attempt came to a login host of this org, and LoginScopeHeader names this
        org, by its 15 or 18 characters, or names none.
        """
        if attempt.other_host:
            return False
        named = attempt.organization
        if not named:
            return True
        mine = one(self._db, "select record_id from org")["record_id"]
        return named in (mine, mine[:15])

    def _verified(self, attempt: Attempt, known: Known) -> Evidence:
        """Two verifications, always: of both readings, or of the only one and of nobody's hash."""
        stored = known.standing.password_hash or self._hashing.nobody
        candidates = [r.password for r in readings(attempt.sent)]
        evidence = {
            (stored, candidate): self._hashing.verify(stored, candidate) for candidate in candidates
        }
        if len(candidates) < 2:
            evidence[(self._hashing.nobody, candidates[0])] = self._hashing.verify(
                self._hashing.nobody, candidates[0]
            )
        return evidence

    def _apply(
        self, work: UseCase, attempt: Attempt, known: Known, verdict: Verdict
    ) -> LoginResult:
        """Write the attempt: event, Login History, counter, lock, session. An unknown username
        leaves only the event [3P login-history-unknown-user].
        """
        user = known.standing.user
        policy = known.standing.policy
        failed, locks = consequences(
            user.failed_attempts if user else 0, attempt.door, verdict, policy
        )
        client_id = attempt.client_id
        if attempt.outside:
            client_id = outside_client(work, user.username, attempt) if user else None
        shape_id = events.shared_id(work.db, shape_of_attempt(attempt, user))
        event_id = work.event(
            EventKind.LOGIN_ACCEPTED if verdict.accepted else EventKind.LOGIN_REFUSED,
            user.id if user else None,
            client_id=client_id,
            number=failed,
            shape_id=shape_id,
            trace_id=events.shared_id(work.db, trace_of(verdict)),
            detail=verdict.fault
            or (EventKind.PASSWORD_EXPIRED if verdict.password_expired else ""),
        )
        login_rows.count(work.db, [(client_id or 0, work.now // HOUR, *tallied(verdict))])
        if user is None:
            return LoginResult(verdict, None, None, event_id, work.now)
        self._history(work, user, verdict, shape_id, event_id)
        if not verdict.accepted and verdict.tried_token is not None:
            dead = readings(attempt.sent)[-1].token
            mail_rows.mark_tried_dead(work.db, [(work.now, user.id, dead)])
        if locks:
            until = lock_end(policy, work.now)
            user = replace(user, failed_attempts=0, locked_at=work.now, locked_until=until)
            work.event(EventKind.LOCKED_OUT, user.id, number=failed, client_id=client_id)
        elif failed != user.failed_attempts:
            user = replace(user, failed_attempts=failed)
        if user is not known.standing.user:
            lock = (user.failed_attempts, user.locked_at, user.locked_until, user.id)
            user_rows.set_lock(work.db, [lock])
        session = None
        if verdict.accepted:
            session = session_of_login(
                work,
                user,
                replace(attempt, client_id=client_id),
                verdict.password_expired,
                known.settings,
            )
        return LoginResult(
            verdict, user, session, event_id, work.now, locks, known.settings, client_id
        )

    def _history(
        self, work: UseCase, user: User, verdict: Verdict, shape_id: int, event_id: int
    ) -> None:
        """A Login History row, unless the rate limit leaves none."""
        if verdict.status == LoginStatus.RATE_EXCEEDED:
            last = maybe(
                work.db,
                "select status, login_time from login_history where user_id = ? "
                "order by id desc limit 1",
                user.id,
            )
            if last and not leaves_row(
                verdict.status, work.now, last["status"], last["login_time"]
            ):
                return
        login_rows.insert_logins(work.db, [(user.id, work.now, shape_id, verdict.status, event_id)])


def shape_of_attempt(attempt: Attempt, user: User | None) -> Shape:
    """What many attempts share: how it came in."""
    return Shape(
        attempt.door.value,
        attempt.address,
        attempt.api_version,
        attempt.application,
        attempt.endpoint,
        login_type_of(attempt.door),
        attempt.login_url,
        None if user is not None else visible(attempt.username[:80]),
    )


def trace_of(verdict: Verdict) -> Trace:
    """What many attempts share: how it was decided."""
    refused = words.refusing(verdict.steps)
    gate, code = (refused.gate, refused.code) if refused else ("", "")
    return Trace(words.pack(verdict), gate, code)

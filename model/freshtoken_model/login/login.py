"""org.login: hash outside the lock, decide inside. The one use case of every door that takes a
password.

Passwords are verified outside the write lock and the stored hash is compared inside it
[MEASURED measured-race]. Every refusal costs two verifications [MEASURED measured-timing].
"""

import json
import threading
from dataclasses import dataclass, replace

from sqlite_utils import Database

from freshtoken_model.accounts import mail, tokens
from freshtoken_model.accounts.networks import OUTSIDE, address_number, calling_address, trusts
from freshtoken_model.accounts.sessions import open_session
from freshtoken_model.accounts.users import by_id, unicode
from freshtoken_model.decision import words
from freshtoken_model.decision.authenticator import good_codes
from freshtoken_model.decision.credentials import Evidence, Hashing, VerifiedPasswords, readings
from freshtoken_model.decision.gates import decide
from freshtoken_model.decision.policies import Policies
from freshtoken_model.decision.verdict import Attempt, Door, Standing, Verdict
from freshtoken_model.store import database
from freshtoken_model.store.use_case import Work, maybe, one, read_clock, read_policies, working
from freshtoken_model.values.clock import HOUR, wall_clock
from freshtoken_model.values.errors import NeedsHashing, OrgFileError
from freshtoken_model.values.records import User
from freshtoken_model.values.visible import Visible, visible

from .clients import outside_client

LOGIN_TYPES = {Door.SOAP: "Other Apex API", Door.UI: "Application"}
OAUTH_LOGIN_TYPE = "Remote Access 2.0"
"""LoginType values [DOC login-history-login-types]."""
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
    policies: Policies | None = None
    """As the decision read them."""
    client_id: int | None = None
    """The API client it is kept for, one from outside included."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a decision was, or will be, made from."""

    standing: Standing
    shadow: User
    """Counts attempts with an unknown username: so they take as long as those with a known one."""
    policies: Policies
    now: int
    version: tuple[int, int] = (0, 0)
    """Of the org's content when it was read outside the lock."""


def consequences(failed: int, verdict: Verdict, policies: Policies) -> tuple[int, bool]:
    """The failed attempts after a verdict, and whether it locks: the limit locks, a success clears
    [DOC lockout-counter].
    """
    failed = 0 if verdict.accepted else failed + verdict.counts
    return failed, bool(
        verdict.counts and policies.max_attempts and failed >= policies.max_attempts
    )


def lock_end(policies: Policies, now: int) -> int | None:
    """When a lock set now ends by time; None: an admin must end it."""
    return now + policies.lockout_period if policies.lockout_period else None


def leaves_row(status: str, now: int, last_status: str, last_time: int) -> bool:
    """Whether an attempt leaves a row in Login History, behind the user's last row.

    While the rate limit holds, one row at least, not one an attempt [DOC
    login-rate-history-reduced]; that it is one an hour is [INF].
    """
    return not (status == last_status == "rate_exceeded" and last_time > now - HOUR)


COUNT_SQL = """
insert into tally(client_id, hour, accepted, refused, locked, worked) values (?,?,?,?,?,?) on
conflict do update set
accepted = accepted + excluded.accepted, refused = refused + excluded.refused, locked = locked +
excluded.locked,
worked = worked + excluded.worked
"""
"""A client's hour: what the timeline of a year is drawn from."""


def tallied(verdict: Verdict) -> tuple[int, int, int, int]:
    """What a verdict adds to its client's hour: accepted, refused, refused while locked, worked
    without a login.
    """
    locked = verdict.status == "password_lockout"
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

        Raises NeedsHashing for an attempt of `remembered_only` that memory does not let in.
        """
        where = calling_address(self._db, attempt.address)
        address = address_number(where)
        attempt = replace(attempt, username=unicode(attempt.username), address=where)
        if not attempt.door.takes_password:
            with working(self._db, self._closing) as work:
                return self.decide_within(work, attempt)
        try:
            return self._let_in_from_memory(attempt, address)
        except NeedsHashing:
            if attempt.remembered_only:
                raise
        for _ in range(ROUNDS - 1):
            known = self._outside(attempt, address)
            evidence = self._verified(attempt, known)
            with working(self._db, self._closing) as work:
                now = (
                    known
                    if work.version == known.version
                    else self.standing(attempt, address, work.now)
                )
                if known.standing.password_hash != now.standing.password_hash:
                    continue
                verdict = decide(attempt, now.standing, evidence, now.policies, work.now)
                result = self._apply(work, attempt, now, verdict)
            if verdict.accepted:
                self._memory.remember(evidence)
            return result
        with working(self._db, self._closing) as work:
            return self.decide_within(work, attempt)

    def _let_in_from_memory(self, attempt: Attempt, address: int) -> LoginResult:
        """Accept a login whose password was verified before, read and decided at one moment. Raises
        NeedsHashing.

        Then nothing was done: a refusal is never made from memory, it pays its two verifications.
        """
        if self._memory.empty:
            raise NeedsHashing
        with working(self._db, self._closing) as work:
            known = self.standing(attempt, address, work.now)
            stored = known.standing.password_hash or self._hashing.nobody
            evidence = self._memory.recall(stored, [r.password for r in readings(attempt.sent)])
            verdict = (
                decide(attempt, known.standing, evidence, known.policies, work.now)
                if evidence
                else None
            )
            if verdict is None or not verdict.accepted:
                raise NeedsHashing
            return self._apply(work, attempt, known, verdict)

    def decide_within(self, work: Work, attempt: Attempt) -> LoginResult:
        """Verify and decide in the caller's transaction, at its moment: the last round, and the
        founding of an org.
        """
        if attempt.address == OUTSIDE:
            attempt = replace(attempt, address=calling_address(self._db, attempt.address))
        known = self.standing(attempt, address_number(attempt.address), work.now)
        evidence = self._verified(attempt, known) if attempt.door.takes_password else {}
        verdict = decide(attempt, known.standing, evidence, known.policies, known.now)
        return self._apply(work, attempt, known, verdict)

    def _outside(self, attempt: Attempt, address: int) -> Known:
        with database.read(self._db):
            version = database.version(self._db)
            return self.standing(attempt, address, read_clock(self._db).now(wall_clock()), version)

    def standing(
        self, attempt: Attempt, address: int, now: int, version: tuple[int, int] = (0, 0)
    ) -> Known:
        """Read what the decision needs; the same statements whether or not the username is
        known.
        """
        db = self._db
        sql = "select min(id) as first, (select id from user where username = ?) as found from user"
        whose = one(db, sql, attempt.username if self._in_scope(attempt) else None)
        shadow = by_id(db, whose["found"] or whose["first"])
        user = shadow if whose["found"] else None
        user_id, profile_id = (user.id, user.profile_id) if user else (0, 0)
        secret = maybe(
            db,
            "select u.password_hash, u.totp_secret, p.login_hours from user u join profile p on "
            "p.id = u.profile_id"
            " where u.id = ?",
            user_id,
        )
        ranges = database.rows(
            db, "select first, last from login_ip_range where profile_id = ?", (profile_id,)
        )
        policies = read_policies(db, profile_id)
        table = "login_history" if user else "probe"
        recent = 0
        if policies.rate_limit:
            row = maybe(
                db,
                f"select login_time from {table} where user_id = ? order by id desc limit 1 "
                f"offset ?",
                user_id,
                policies.rate_limit - 1,
            )
            recent = policies.rate_limit if row and row["login_time"] > now - HOUR else 0
        standing = Standing(
            user=user,
            password_hash=secret["password_hash"] if secret else None,
            tokens=tokens.of_readings(db, user_id, readings(attempt.sent)),
            login_ip_ranges=tuple((r["first"], r["last"]) for r in ranges),
            login_hours=secret["login_hours"] if secret else None,
            address=address,
            trusted=trusts(db, address),
            logins_this_hour=recent,
            codes=good_codes(secret["totp_secret"], now, wall_clock())
            if secret and secret["totp_secret"]
            else frozenset(),
        )
        return Known(standing, shadow, policies, now, version)

    def _in_scope(self, attempt: Attempt) -> bool:
        """Whether LoginScopeHeader names this org, by its 15 or 18 characters, or names none."""
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

    def _apply(self, work: Work, attempt: Attempt, known: Known, verdict: Verdict) -> LoginResult:
        """Write the attempt: event, Login History (or its shadow), counter, lock, session."""
        user = known.standing.user
        failed, locks = consequences(user.failed_attempts if user else 0, verdict, known.policies)
        client_id = attempt.client_id
        if attempt.outside:
            client_id = outside_client(work, user.username if user else None, attempt)
        event_id = work.event(
            "login_accepted" if verdict.accepted else "login_refused",
            user.id if user else None,
            client_id=client_id,
            number=failed,
            shape=shape_of_attempt(attempt, user),
            trace=words.pack(verdict),
            detail=verdict.fault or ("password_expired" if verdict.password_expired else ""),
        )
        self._history(work, attempt, user, verdict, event_id)
        work.run(COUNT_SQL, client_id or 0, work.now // HOUR, *tallied(verdict))
        if not verdict.accepted:
            dead = readings(attempt.sent)[-1].token if verdict.tried_token is not None else ""
            mail.mark_tried_dead(work, user.id if user else 0, dead)
        if user is None:
            work.run(
                "update user set shadow_attempts = shadow_attempts + 1 where id = ?",
                known.shadow.id,
            )
            return LoginResult(verdict, None, None, event_id, work.now)
        if not verdict.accepted or user.failed_attempts:
            user = replace(user, failed_attempts=0 if locks else failed)
            work.run(
                "update user set failed_attempts = ? where id = ?", user.failed_attempts, user.id
            )
        if locks:
            user = replace(
                user, locked_at=work.now, locked_until=lock_end(known.policies, work.now)
            )
            work.run(
                "update user set locked_at = ?, locked_until = ? where id = ?",
                user.locked_at,
                user.locked_until,
                user.id,
            )
            work.event("locked_out", user.id, number=failed, client_id=client_id)
        session = None
        if verdict.accepted:
            session = open_session(
                work,
                user,
                attempt.door,
                attempt.address,
                password_expired=verdict.password_expired,
                app_id=attempt.app_id,
                scope=attempt.scope,
            )
        return LoginResult(
            verdict, user, session, event_id, work.now, locks, known.policies, client_id
        )

    def _history(
        self, work: Work, attempt: Attempt, user: User | None, verdict: Verdict, event_id: int
    ) -> None:
        """A Login History row; for an unknown username a row nobody reads [3P
        login-history-unknown-user].
        """
        table, user_id = ("login_history", user.id) if user else ("probe", 0)
        if verdict.status == "rate_exceeded":
            last = maybe(
                work.db,
                f"select status, login_time from {table} where user_id = ? order by id desc limit "
                f"1",
                user_id,
            )
            if last and not leaves_row(
                verdict.status, work.now, last["status"], last["login_time"]
            ):
                return
        work.run(
            f"insert into {table}(user_id, login_time, shape_id, status, event_id)"
            " values (?, ?, (select shape_id from event where id = ?), ?, ?)",
            user_id,
            work.now,
            event_id,
            verdict.status or "invalid_password",
            event_id,
        )


def shape_of_attempt(attempt: Attempt, user: User | None) -> dict[str, str]:
    """What many attempts share: how it came in. Of an unknown username 80 characters are kept, made
    visible.
    """
    shape = {
        "door": attempt.door.value,
        "address": attempt.address,
        "api_version": attempt.api_version,
        "application": attempt.application,
        "endpoint": attempt.endpoint,
        "login_type": LOGIN_TYPES.get(attempt.door, OAUTH_LOGIN_TYPE),
        "login_url": attempt.login_url,
    }
    if user is None:
        shape["username"] = visible(attempt.username[:80])
    return shape


def shape_of(text: str | None) -> dict[str, Visible]:
    """A stored shape, made visible: an older freshtoken stored texts as they came. Raises
    OrgFileError for what is none.
    """
    try:
        shape = {name: visible(value) for name, value in json.loads(text).items()} if text else {}
        Door(shape.get("door", Door.SOAP.value))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise OrgFileError(
            "The org file is damaged: how a login came in cannot be read."
        ) from error
    return shape

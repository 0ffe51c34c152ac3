"""Passwords: changed by the user, reset by an admin, or set through a mailed link. Each kills the
security token.

One transaction a use case: the new password, the token's death and the mail are one commit, or
neither happened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from freshtoken_model.decision.credentials import Evidence, Hashing, digest
from freshtoken_model.decision.login_types import RESET_LINK, login_type_of
from freshtoken_model.decision.policies import (
    LINK_CHANGES_AN_HOUR,
    LINK_LIFE,
    LINK_REQUESTS_AN_HOUR,
    PasswordPolicy,
    Rule,
)
from freshtoken_model.decision.verdict import Door
from freshtoken_model.store import database, events
from freshtoken_model.store import login_history as login_rows
from freshtoken_model.store import mail as mail_rows
from freshtoken_model.store import sessions as session_rows
from freshtoken_model.store import users as user_rows
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import (
    UseCase,
    maybe,
    one,
    read_password_policy,
    reading,
    writing,
)
from freshtoken_model.values.clock import DAY, HOUR
from freshtoken_model.values.errors import (
    NotAllowedError,
    NotPermittedError,
    PasswordExpiredError,
    PasswordRefusedError,
    SelfPasswordError,
    UnknownNameError,
    WrongPasswordError,
)
from freshtoken_model.values.kinds import Cause, EventKind, LoginStatus, TokenState
from freshtoken_model.values.records import User

from . import mail, tokens
from .password_hashes import PasswordHashes, Version, read_hashes
from .sessions import acting_user, end_sessions, look_up
from .users import by_id, by_username, find, plan_expiry, unlock

ROUNDS = 4
"""Three times outside the lock, the fourth under it: so it always ends."""
ALL_KINDS = tuple(door.value for door in Door)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a password change did."""

    user: User
    token_died: bool
    token_mailed: bool
    at: int


@dataclass(frozen=True, slots=True)
class _Change:
    """One change to make: who may, with which words, and what else is written with it."""

    allow: Callable[[UseCase], User]
    old: str | None
    new: str
    cause: Cause
    finish: Callable[[UseCase], None] = lambda work: None
    by_link: bool = False
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What was verified and hashed for one version of the stored hashes."""

    version: Version
    evidence: Evidence
    stored: str


def _refuse_too_soon(user: User, stored: str | None, policy: PasswordPolicy, now: int) -> None:
    """Once in 24 hours, where that is required, an admin's reset too [DOC policy-minimum-lifetime].

    Never a change that is due, nor the first password. Raises NotAllowedError.
    """
    due = stored is None or policy.password_expired(user, now)
    if policy.minimum_lifetime and not due and now < user.password_changed_at + DAY:
        raise NotAllowedError(
            "The password cannot be reset at this time: it is less than a day old."
        )


class Passwords:
    """`org.passwords`: changes, resets and links, and the checks before them."""

    def __init__(self, db: Database, hashing: Hashing) -> None:
        self._db, self._hashing = db, hashing

    def policy_of(self, user: User) -> PasswordPolicy:
        """The password policy of the user's profile."""
        with database.read(self._db):
            return read_password_policy(self._db, user.profile_id)

    def checklist(self, name: str, candidate: str, with_history: bool = False) -> tuple[Rule, ...]:
        """The rules of a new password and whether it meets them; the history rule costs hashing,
        only on request.
        """
        with database.read(self._db):
            user = find(self._db, name)
            policy = read_password_policy(self._db, user.profile_id)
            hashes = read_hashes(self._db, user)
        unused: bool | None = None
        if with_history and candidate:
            evidence = hashes.verify(self._hashing, "", candidate)
            unused = not hashes.hold(candidate, evidence)
        return policy.checklist(candidate, user, unused)

    def change(self, name: str, old: str, new: str, session_id: str | None = None) -> Changed:
        """The user's own change (Change My Password, or forced after expiry). Kills the token [DOC
        token-dies-login-page].

        Raises WrongPasswordError, PasswordRefusedError with the broken rules, NotAllowedError.
        """
        change = _Change(
            lambda work: acting_user(work, name, session_id, True),
            old,
            new,
            Cause.PASSWORD_CHANGE,
            session_id=session_id,
        )
        return self._set(change)

    def set(self, session_id: str, user_record_id: str, new: str) -> Changed:
        """setPassword(): one's own, where the policy allows it, or an admin's for anybody. The old
        one is not asked for.

        Works with the session of an expired password [DOC set-password]. Raises UnknownNameError,
        NotAllowedError, PasswordRefusedError.
        """
        with reading(self._db) as work:
            acting, target = self._actor(work, session_id), self._of_record(user_record_id)
            own = acting.id == target.id

        def allow(work: UseCase) -> User:
            actor = self._actor(work, session_id, may_be_expired=own)
            if own and not work.settings.self_set_password:
                raise SelfPasswordError("Setup does not allow setPassword() for self-resets.")
            if not own and not actor.administers:
                raise NotPermittedError("You do not have permission to view this record.")
            return self._of_record(user_record_id)

        cause = Cause.PASSWORD_CHANGE if own else Cause.PASSWORD_SET
        return self._set(_Change(allow, None, new, cause, session_id=session_id))

    def change_own(self, session_id: str, old: str, new: str) -> Changed:
        """changeOwnPassword(): asks for the current one. Raises WrongPasswordError,
        PasswordRefusedError, NotAllowedError.
        """
        with reading(self._db) as work:
            name = self._actor(work, session_id).username
        return self.change(name, old, new, session_id)

    def reset_by(self, session_id: str, user_record_id: str) -> str:
        """resetPassword() by an admin's session: the temporary password. Raises NotPermittedError,
        UnknownNameError, NotAllowedError.
        """
        with reading(self._db) as work:
            if not self._actor(work, session_id, may_be_expired=False).administers:
                raise NotPermittedError("You do not have permission to view this record.")
            target = self._of_record(user_record_id)
        return self.reset(target.username, through_api=True) or ""

    def expired(self, session_id: str, user_record_id: str) -> bool:
        """Whether a user's password is expired: one's own, or asked by an admin. Raises
        NotPermittedError, UnknownNameError.
        """
        with reading(self._db) as work:
            acting, target = self._actor(work, session_id), self._of_record(user_record_id)
            if acting.id != target.id and not acting.administers:
                raise NotPermittedError("You do not have permission to view this record.")
            return read_password_policy(self._db, target.profile_id).password_expired(
                target, work.now
            )

    def _actor(self, work: UseCase, session_id: str, may_be_expired: bool = True) -> User:
        session = look_up(self._db, session_id, work.settings, work.now)
        if session is None:
            raise NotAllowedError("Your session has ended. Log in again.")
        if session.password_expired and not may_be_expired:
            raise PasswordExpiredError("The password has expired; it must be changed first.")
        return by_id(self._db, session.user_id)

    def _of_record(self, user_record_id: str) -> User:
        """The user of a record ID, of 15 or 18 characters."""
        row = maybe(
            self._db, "select id from user where substr(record_id, 1, 15) = ?", user_record_id[:15]
        )
        if row is None or len(user_record_id) not in (15, 18):
            raise UnknownNameError(f"There is no user {user_record_id!r}.")
        return by_id(self._db, row["id"])

    def use_link(self, key: str, new: str) -> Changed:
        """Set a new password through a mailed link: once, within 24 hours. The old token dies with
        the old password.
        """
        with database.read(self._db):
            row = maybe(
                self._db, "select id, asked_by from reset_link where digest = ?", digest(key)
            )
        by_admin = row is not None and row["asked_by"] == Cause.ADMIN
        cause = Cause.PASSWORD_RESET if by_admin else Cause.FORGOT_PASSWORD

        def use(work: UseCase) -> None:
            mail_rows.use_link(work.db, digest(key), work.now)

        return self._set(
            _Change(lambda work: self._link_owner(work, key), None, new, cause, use, by_link=True)
        )

    def _link_owner(self, work: UseCase, key: str) -> User:
        row = maybe(work.db, "select * from reset_link where digest = ?", digest(key))
        if row is None or row["used_at"] is not None or work.now >= row["made_at"] + LINK_LIFE:
            raise NotAllowedError(
                "This link has been used, has expired, or was replaced by a newer one."
            )
        user = by_id(work.db, row["user_id"])
        if not user.active:
            raise NotAllowedError(f"{user.username} is inactive.")
        if (
            self._count(work, "user_id = ? and used_at > ?", user.id, work.now - HOUR)
            >= LINK_CHANGES_AN_HOUR
        ):
            raise NotAllowedError(
                f"At most {LINK_CHANGES_AN_HOUR} changes through links within an hour."
            )
        return user

    def forgot(self, username: str) -> None:
        """Forgot your password?: mails a link to an active user; says the same for an unknown
        one.
        """
        with writing(self._db) as work:
            user = by_username(self._db, username)
            if user is None or not user.active:
                return
            since = work.now - HOUR
            if (
                self._count(
                    work, "user_id = ? and asked_by = 'user' and made_at > ?", user.id, since
                )
                >= LINK_REQUESTS_AN_HOUR
            ):
                raise NotAllowedError(f"At most {LINK_REQUESTS_AN_HOUR} requests within an hour.")
            mail.issue_link(work, user, "user")

    def reset(self, name: str, through_api: bool = False) -> str | None:
        """An admin's reset: password and token die at the click, the lockout ends, a link is
        mailed.

        Through the API also a temporary password is returned, which must be changed at the first
        login; in Setup there is only the link [DOC admin-reset-rest, admin-reset-link].
        """
        temporary = stored = None
        if through_api:
            with reading(self._db) as work:
                hashes = read_hashes(self._db, find(self._db, name))
            temporary = hashes.temporary_password()
            stored = self._hashing.hash(temporary, hashes.salt())
        with writing(self._db) as work:
            user = find(self._db, name)
            if not user.active:
                raise NotAllowedError(f"{user.username} is inactive; activate the user first.")
            current = read_hashes(self._db, user).current
            policy = read_password_policy(self._db, user.profile_id)
            _refuse_too_soon(user, current, policy, work.now)
            unlock(work, user.id, EventKind.UNLOCKED_BY_RESET)
            user_rows.set_password(work.db, user.id, stored, work.now, must_change=True)
            plan_expiry(work, user.id)
            tokens.retire(work, user.id, Cause.PASSWORD_RESET)
            work.event(EventKind.PASSWORD_RESET, user.id, detail="api" if through_api else "setup")
            if work.settings.terminate_on_admin_reset:
                end_sessions(work, user.id, Cause.PASSWORD_RESET, (Door.UI,))
            mail.issue_link(work, user, Cause.ADMIN)
        return temporary

    def _set(self, change: _Change) -> Changed:
        """Verify and hash outside the lock, apply inside if the stored hashes are still the same,
        the last time under it.
        """
        for number in range(ROUNDS):
            prepared = None
            if number < ROUNDS - 1:
                with reading(self._db) as work:
                    hashes = read_hashes(self._db, change.allow(work))
                prepared = self._prepare(hashes, change)
            with writing(self._db) as work:
                hashes = read_hashes(self._db, change.allow(work))
                if number == ROUNDS - 1:
                    prepared = self._prepare(hashes, change)
                if prepared is None or prepared.version != hashes.version:
                    continue
                if change.old is not None and not prepared.evidence.get(
                    (hashes.current or "", change.old)
                ):
                    raise WrongPasswordError("The current password is not right.")
                policy = read_password_policy(self._db, hashes.user.profile_id)
                _refuse_too_soon(hashes.user, hashes.current, policy, work.now)
                unused = not hashes.hold(change.new, prepared.evidence)
                rules = policy.checklist(change.new, hashes.user, unused)
                if broken := tuple(rule.words for rule in rules if not rule.met):
                    raise PasswordRefusedError(broken)
                change.finish(work)
                return self._apply(work, hashes.user, prepared.stored, change)
        raise AssertionError("the last round returns or raises")

    def _prepare(self, hashes: PasswordHashes, change: _Change) -> _Prepared:
        evidence = hashes.verify(self._hashing, change.old or "", change.new)
        stored = self._hashing.hash(change.new, hashes.salt())
        return _Prepared(hashes.version, evidence, stored)

    def _apply(self, work: UseCase, user: User, stored: str, change: _Change) -> Changed:
        cause = change.cause
        had_token = user.token_state == TokenState.LIVE
        user_rows.set_password(work.db, user.id, stored, work.now, must_change=False)
        session_rows.clear_expired(work.db, user.id)
        plan_expiry(work, user.id)
        event_id = work.event(EventKind.PASSWORD_CHANGED, user.id, detail=cause)
        if change.by_link:
            _leave_row(work, user, event_id)
        mailed = tokens.after_password_change(work, user, cause)
        if work.settings.own_change_ends_sessions:
            end_sessions(work, user.id, cause, ALL_KINDS, keep=change.session_id)
        return Changed(by_id(work.db, user.id), had_token, mailed, work.now)

    def _count(self, work: UseCase, where: str, *values: Any) -> int:
        return int(
            one(work.db, f"select count(*) as n from reset_link where {where}", *values)["n"]
        )


def _leave_row(work: UseCase, user: User, event_id: int) -> None:
    """The Login History row of a password reset [DOC login-subtype-password-reset] [assumption
    password_reset_row].
    """
    here = one(
        work.db,
        "select my_domain, (select address from network order by id limit 1) as address from org",
    )
    shape = events.Shape(
        Door.UI.value,
        here["address"] or "",
        "",
        "Browser",
        RESET_LINK,
        login_type_of(Door.UI),
        f"{here['my_domain']}.my.salesforce.com",
    )
    row = (user.id, work.now, events.shared_id(work.db, shape), LoginStatus.SUCCESS, event_id)
    login_rows.insert_logins(work.db, [row])

"""Users: reading them, unlocking, freezing."""

from freshtoken_model.decision.authenticator import code_at, new_secret
from freshtoken_model.decision.verdict import Door
from freshtoken_model.store import apps as app_rows
from freshtoken_model.store import database
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
from freshtoken_model.values.errors import AmbiguousNameError, NotAllowedError, UnknownNameError
from freshtoken_model.values.kinds import Cause, EventKind, FreezeReason
from freshtoken_model.values.names import unknown_name
from freshtoken_model.values.records import User, record

USER_SQL = """
select u.id, u.record_id, u.username, u.first_name, u.last_name, u.email, u.profile_id, p.name as
profile,
    p.record_id as profile_record_id, p.administers,
    u.purpose, u.active, u.frozen, u.api_enabled, u.api_only, u.use_any_api_auth, u.mfa_api,
    u.totp_secret is not null as authenticator, u.password_changed_at, u.must_change_password,
    u.never_expires, u.demo_password,
    u.has_reset_token, u.failed_attempts, u.locked_at, u.locked_until,
    t.issued_at as token_issued_at, t.retired_at as token_retired_at, t.retired_by as
    token_retired_by
from user u join profile p on p.id = u.profile_id
left join token t on t.id = (select max(id) from token where user_id = u.id)
"""


def unicode(name: str) -> str:
    """A name as it can be looked up: what is not Unicode (a lone surrogate) becomes a question
    mark.
    """
    return name.encode("utf-8", "replace").decode()


def by_username(db: Database, username: str) -> User | None:
    """The user of exactly this username (letter case does not matter)."""
    row = maybe(db, USER_SQL + " where u.username = ?", username)
    return record(User, row) if row else None


def by_id(db: Database, user_id: int) -> User:
    """The user of an id the org handed out."""
    row = maybe(db, USER_SQL + " where u.id = ?", user_id)
    if row is None:
        raise UnknownNameError("That user is no longer in this org.")
    return record(User, row)


def find(db: Database, name: str) -> User:
    """The user of a username, or of its part before @ when unique. Raises UnknownNameError."""
    name = unicode(name)
    user = by_username(db, name)
    if user:
        return user
    rows = database.rows(
        db, USER_SQL + " where instr(lower(u.username), lower(?) || '@') = 1", (name,)
    )
    if len(rows) == 1:
        return record(User, rows[0])
    if rows:
        raise AmbiguousNameError(
            f"{name!r} could be {' or '.join(row['username'] for row in rows)}.", name, "user"
        )
    known = [row["username"] for row in database.rows(db, "select username from user order by id")]
    raise unknown_name("user", name, known)


def unlock(work: UseCase, user_id: int, kind: EventKind) -> bool:
    """End a lockout and clear the counter; writes the event `kind`. Returns whether there was a
    lock.
    """
    user = by_id(work.db, user_id)
    user_rows.set_lock(work.db, [(0, None, None, user_id)])
    if user.locked_at is not None:
        work.event(kind, user_id)
    return user.locked_at is not None


def plan_expiry(work: UseCase, user_id: int | None = None) -> None:
    """Note when the password of a user, or of everybody, expires: so that it happens when org time
    reaches it.
    """
    rows = database.rows(
        work.db,
        USER_SQL + ("" if user_id is None else " where u.id = ?"),
        () if user_id is None else (user_id,),
    )
    for row in rows:
        user = record(User, row)
        expires = read_password_policy(work.db, user.profile_id).password_expires(user)
        due = (
            None if user.must_change_password or expires is None or expires <= work.now else expires
        )
        user_rows.set_expiry(work.db, [(due, user.id)])


PERMISSIONS = {
    "api-enabled": ("api_enabled", "API Enabled"),
    "api-only": ("api_only", "API Only User"),
    "use-any-api-auth": ("use_any_api_auth", "Use Any API Auth"),
    "mfa-for-api-logins": ("mfa_api", "Multi-Factor Authentication for API Logins"),
    "password-never-expires": ("never_expires", "Password Never Expires"),
}
"""Permissions an admin can give and take: our short name, the column, Salesforce's name."""


def end_all_sessions(work: UseCase, user_id: int, cause: Cause = Cause.ADMIN) -> None:
    """End the open sessions of a user who was frozen or deactivated."""
    ended = session_rows.end_of_user(
        work.db, user_id, work.now, cause, tuple(door.value for door in Door)
    )
    if ended:
        work.event(EventKind.SESSION_ENDED, user_id, number=ended, detail=cause)


class Users:
    """`org.users`: look up, unlock, freeze, permissions, authenticators."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[User]:
        """Every user, in the order of their ids."""
        with database.read(self._db):
            return [
                record(User, row) for row in database.rows(self._db, USER_SQL + " order by u.id")
            ]

    def get(self, name: str) -> User:
        """A user by username, or by its part before @ when unique. Raises UnknownNameError."""
        with database.read(self._db):
            return find(self._db, name)

    def unlock(self, name: str) -> User:
        """An admin's Unlock: ends the lockout, keeps password and token [DOC
        lockout-unlock-keeps-token]. Raises NotAllowedError.
        """
        with writing(self._db) as work:
            user = find(self._db, name)
            if user.locked_at is None:
                raise NotAllowedError(f"{user.username} is not locked out.")
            unlock(work, user.id, EventKind.UNLOCKED)
            return by_id(self._db, user.id)

    def freeze(self, name: str, frozen: bool = True) -> User:
        """Freeze or unfreeze. Freezing stops logins and ends the user's sessions at once
        [DOC freezing-ends-sessions]. Raises NotAllowedError when it is so already.
        """
        with writing(self._db) as work:
            user = find(self._db, name)
            if user.frozen == frozen:
                raise NotAllowedError(
                    f"{user.username} is {'already' if frozen else 'not'} frozen."
                )
            user_rows.users.update(work.db, user.id, frozen=int(frozen))
            work.event(EventKind.FROZEN if frozen else EventKind.UNFROZEN, user.id)
            if frozen:
                end_all_sessions(work, user.id)
            return by_id(self._db, user.id)

    def freeze_by_salesforce(self, name: str, reason: FreezeReason) -> User:
        """What Salesforce does by itself: after a login anomaly the user is frozen, OAuth tokens
        are revoked and the password is to be reset [DOC freeze-login-anomaly-kb]; for traffic from
        a high-risk address the user is frozen [DOC freeze-high-risk-ip-kb]. Raises NotAllowedError.
        """
        with writing(self._db) as work:
            user = find(self._db, name)
            if user.frozen:
                raise NotAllowedError(f"{user.username} is already frozen.")
            anomaly = reason is FreezeReason.LOGIN_ANOMALY
            wanted = {"must_change_password": 1, "expires_at": None} if anomaly else {}
            user_rows.users.update(work.db, user.id, frozen=1, **wanted)
            work.event(EventKind.FROZEN_BY_SALESFORCE, user.id, detail=reason)
            end_all_sessions(work, user.id, Cause.SALESFORCE)
            if anomaly:
                for _ in range(app_rows.revoke_of_user(work.db, user.id, work.now)):
                    work.event(EventKind.TOKENS_REVOKED, user.id)
            return by_id(self._db, user.id)

    def permit(self, name: str, permission: str, granted: bool) -> User:
        """Give or take one of PERMISSIONS. Raises NotAllowedError when it is so already,
        UnknownNameError.
        """
        if permission not in PERMISSIONS:
            raise unknown_name("permission", permission, tuple(PERMISSIONS))
        column, label = PERMISSIONS[permission]
        with writing(self._db) as work:
            user = find(self._db, name)
            if getattr(user, column) == granted:
                raise NotAllowedError(
                    f"{user.username} {'has it already' if granted else 'does not have it'}: "
                    f"{label}."
                )
            user_rows.users.update(work.db, user.id, **{column: int(granted)})
            plan_expiry(work, user.id)
            work.event(
                EventKind.PERMISSION_GRANTED if granted else EventKind.PERMISSION_REVOKED,
                user.id,
                detail=label,
            )
            return by_id(self._db, user.id)

    def register_authenticator(self, name: str) -> str:
        """The user registers an authenticator app in the user interface; returns its secret in base
        32. An older one dies.

        MFA for API Logins takes effect only from then on [DOC mfa-api-register-first].
        """
        with writing(self._db) as work:
            user = find(self._db, name)
            secret = new_secret(work.source)
            user_rows.users.update(work.db, user.id, totp_secret=secret)
            work.event(EventKind.AUTHENTICATOR_REGISTERED, user.id)
            return secret

    def authenticator_code(self, name: str) -> str:
        """The code that the user's simulated authenticator shows now, by org time. Raises
        NotAllowedError without one.
        """
        with reading(self._db) as work:
            user = find(self._db, name)
            row = one(self._db, "select totp_secret from user where id = ?", user.id)
            if row["totp_secret"] is None:
                raise NotAllowedError(f"{user.username} has registered no authenticator.")
            return code_at(row["totp_secret"], work.now)

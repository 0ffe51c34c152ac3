"""Users: reading them, unlocking, freezing. An admin's Unlock keeps password and token (checked.md B10)."""

from sqlite_utils import Database

from . import storage
from .errors import AmbiguousName, NotAllowed, UnknownName
from .records import User, record
from .work import Work, maybe, working

USER_SQL = """
select u.id, u.record_id, u.username, u.first_name, u.last_name, u.email, u.profile_id, p.name as profile, p.administers,
    u.purpose, u.active, u.frozen, u.api_enabled, u.api_only, u.password_changed_at, u.must_change_password,
    u.demo_password, u.has_reset_token, u.failed_attempts, u.locked_at, u.locked_until,
    t.issued_at as token_issued_at, t.retired_at as token_retired_at, t.retired_by as token_retired_by
from user u join profile p on p.id = u.profile_id
left join token t on t.id = (select max(id) from token where user_id = u.id)
"""


def unicode(name: str) -> str:
    """A name as it can be looked up: what is no Unicode (a lone surrogate) becomes a question mark."""
    return name.encode("utf-8", "replace").decode()


def by_username(db: Database, username: str) -> User | None:
    """The user of exactly this username (letter case does not matter)."""
    row = maybe(db, USER_SQL + " where u.username = ?", username)
    return record(User, row) if row else None


def by_id(db: Database, user_id: int) -> User:
    """The user of an id the org handed out."""
    row = maybe(db, USER_SQL + " where u.id = ?", user_id)
    if row is None:
        raise UnknownName("That user is no longer in this org.")
    return record(User, row)


def find(db: Database, name: str) -> User:
    """The user of a username, or of its part before @ when unique. Raises UnknownName."""
    name = unicode(name)
    user = by_username(db, name)
    if user:
        return user
    rows = list(db.query(USER_SQL + " where instr(lower(u.username), lower(?) || '@') = 1", (name,)))
    if len(rows) == 1:
        return record(User, rows[0])
    if rows:
        raise AmbiguousName(f"{name!r} could be {' or '.join(row['username'] for row in rows)}.")
    known = ", ".join(row["username"] for row in db.query("select username from user order by id"))
    raise UnknownName(f"No user {name!r} in this org. It has {known}.")


def unlock(work: Work, user_id: int, kind: str) -> bool:
    """End a lockout and clear the counter; writes the event `kind`. Returns whether there was a lock."""
    user = by_id(work.db, user_id)
    work.run("update user set locked_at = null, locked_until = null, failed_attempts = 0 where id = ?", user_id)
    if user.locked_at is not None:
        work.event(kind, user_id)
    return user.locked_at is not None


class Users:
    """org.users"""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[User]:
        """Every user, in the order of their ids."""
        with storage.read(self._db):
            return [record(User, row) for row in self._db.query(USER_SQL + " order by u.id")]

    def get(self, name: str) -> User:
        """A user by username, or by its part before @ when unique. Raises UnknownName."""
        with storage.read(self._db):
            return find(self._db, name)

    def unlock(self, name: str) -> User:
        """An admin's Unlock: ends the lockout, keeps password and token [DOC checked.md B10]. Raises NotAllowed."""
        with working(self._db) as work:
            user = find(self._db, name)
            if user.locked_at is None:
                raise NotAllowed(f"{user.username} is not locked out.")
            unlock(work, user.id, "unlocked")
            return by_id(self._db, user.id)

    def freeze(self, name: str, frozen: bool = True) -> User:
        """Freeze or unfreeze: logins stop at once, nothing else changes. Raises NotAllowed when it is so already."""
        with working(self._db) as work:
            user = find(self._db, name)
            if user.frozen == frozen:
                raise NotAllowed(f"{user.username} is {'already' if frozen else 'not'} frozen.")
            work.run("update user set frozen = ? where id = ?", int(frozen), user.id)
            work.event("frozen" if frozen else "unfrozen", user.id)
            return by_id(self._db, user.id)

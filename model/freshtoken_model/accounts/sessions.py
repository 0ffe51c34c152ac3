"""Sessions: opened by a login, live by the session timeout, ended by logout. The org keeps digests
only.

A password change ends none by default [assumption own_change_ends_sessions].
"""

from dataclasses import dataclass

from sqlite_utils import Database

from freshtoken_model.decision.credentials import digest, session_id
from freshtoken_model.decision.policies import Policies
from freshtoken_model.decision.verdict import Door
from freshtoken_model.store import database
from freshtoken_model.store.use_case import (
    Work,
    looking,
    maybe,
    one,
    read_clock,
    read_policies,
    working,
)
from freshtoken_model.values.clock import Clock, wall_clock
from freshtoken_model.values.errors import NotAllowed
from freshtoken_model.values.records import Session, User, record

from .networks import address_number, calling_address
from .users import by_id, find

SESSION_SQL = """
select s.id, s.user_id, u.username, s.kind, s.source_ip, s.opened_at, s.used_at, s.password_expired,
s.ended_at, s.ended_by,
    s.app_id, s.scope
from session s join user u on u.id = s.user_id
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the org says to a session ID: the session and its user, or the fault that refuses it."""

    session: Session | None
    user: User | None
    fault: str | None
    due: bool = False
    """Whether its use is to be written down: half the timeout has passed [DOC session-timeout]."""


def open_session(
    work: Work,
    user: User,
    door: Door,
    address: str,
    *,
    password_expired: bool = False,
    app_id: int | None = None,
    scope: str = "",
) -> str:
    """A new session; returns its session ID, which is not kept."""
    org = work.org_record_id or one(work.db, "select record_id from org")["record_id"]
    opened = session_id(org, work.source)
    work.run(
        "insert into session(user_id, digest, kind, source_ip, opened_at, used_at, "
        "password_expired, app_id, scope)"
        " values (?,?,?,?,?,?,?,?,?)",
        user.id,
        digest(opened),
        door.value,
        address,
        work.now,
        work.now,
        int(password_expired),
        app_id,
        scope,
    )
    return opened


def end_sessions(
    work: Work, user_id: int, cause: str, kinds: tuple[str, ...], keep: str | None = None
) -> int:
    """End the user's open sessions of some kinds, but the one whose session ID is kept; returns how
    many.
    """
    marks = ",".join("?" * len(kinds))
    changed = work.db.conn.execute(
        f"update session set ended_at = ?, ended_by = ? where user_id = ? and ended_at is null"
        f" and kind in ({marks}) and digest != ?",
        (work.now, cause, user_id, *kinds, digest(keep) if keep else ""),
    ).rowcount
    if changed:
        work.event("session_ended", user_id, number=changed, detail=cause)
    return changed


def look_up(db: Database, opened: str, policies: Policies, now: int) -> Session | None:
    """The open session of a session ID; None when there is none, it has ended or timed out by
    inactivity.
    """
    row = maybe(db, SESSION_SQL + " where s.digest = ?", digest(opened))
    if row is None:
        return None
    session = record(Session, row)
    alive = session.ended_at is None and now < session.used_at + policies.session_timeout
    return session if alive else None


def acting_user(work: Work, name: str, opened: str | None, changes_password: bool = False) -> User:
    """The user who may use a personal setting now: by an open session, or by being able to log in.
    Raises NotAllowed.

    After an expired password nothing but a password change works [DOC expired-login-succeeds].
    """
    user = find(work.db, name)
    if not user.active:
        raise NotAllowed(f"{user.username} is inactive and cannot log in.")
    expired = read_policies(work.db, user.profile_id).password_expired(user, work.now)
    if opened is not None:
        session = look_up(work.db, opened, work.policies, work.now)
        if session is None or session.user_id != user.id:
            raise NotAllowed("Your session has ended. Log in again.")
        expired = session.password_expired
    elif user.frozen:
        raise NotAllowed(f"{user.username} is frozen and cannot log in.")
    elif user.locked_at is not None:
        raise NotAllowed(f"{user.username} is locked out and cannot log in.")
    if expired and not changes_password:
        raise NotAllowed(f"The password of {user.username} has expired; it must be changed first.")
    return user


class Sessions:
    """`org.sessions`: look up, use and end sessions."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._read: tuple[tuple[int, int], Clock, Policies] | None = None
        self._seen: dict[str, tuple[Session, User]] = {}
        """Sessions read since the org changed last, by the digest of their ID."""

    def check(self, opened: str, address: str = "") -> Checked:
        """May this session work, from an address? Faults: invalid_session, expired_password. Use
        moves the timeout.
        """
        checked = self.glance(opened, address)
        if checked.due and checked.session is not None:
            with working(self._db) as work:
                work.run(
                    "update session set used_at = ? where id = ? and ended_at is null",
                    work.now,
                    checked.session.id,
                )
        return checked

    def glance(self, opened: str, address: str = "") -> Checked:
        """check() without writing that the session was used. Reads nothing while nobody changes the
        org.
        """
        name = digest(opened)
        found = self._seen.get(name)
        if found is None or self._read is None or self._read[0] != database.version(self._db):
            found = self._look(name, opened)
        if found is None or self._read is None:
            return Checked(None, None, "invalid_session")
        session, user = found
        _, clock, policies = self._read
        timeout, now = policies.session_timeout, clock.now(wall_clock())
        if now >= session.used_at + timeout or (
            policies.enforce_ip_ranges and not self._inside(user, address)
        ):
            return Checked(None, None, "invalid_session")
        due = now >= session.used_at + timeout // 2
        return Checked(session, user, "expired_password" if session.password_expired else None, due)

    def _inside(self, user: User, address: str) -> bool:
        """Whether a request comes from where the user's profile lets one log in; what it is told
        else is INF.
        """
        if not address:
            return True
        where = address_number(calling_address(self._db, address))
        ranges = database.rows(
            self._db,
            "select first, last from login_ip_range where profile_id = ?",
            (user.profile_id,),
        )
        return not ranges or any(r["first"] <= where <= r["last"] for r in ranges)

    def _look(self, name: str, opened: str) -> tuple[Session, User] | None:
        """Read a session again, and what else the check needs, in one transaction."""
        with database.read(self._db):
            version = database.version(self._db)
            if self._read is None or self._read[0] != version:
                self._read = version, read_clock(self._db), read_policies(self._db)
                self._seen.clear()
            _, clock, policies = self._read
            session = look_up(self._db, opened, policies, clock.now(wall_clock()))
            if session is None:
                return None
            self._seen[name] = session, by_id(self._db, session.user_id)
            return self._seen[name]

    def end(self, opened: str, cause: str = "logout") -> bool:
        """Log out, or revoke. Returns whether there was an open session."""
        with working(self._db) as work:
            session = look_up(self._db, opened, work.policies, work.now)
            if session is None:
                return False
            work.run(
                "update session set ended_at = ?, ended_by = ? where id = ?",
                work.now,
                cause,
                session.id,
            )
            work.event("session_ended", session.user_id, number=1, detail=cause)
            return True

    def of_id(self, opened: str) -> Session | None:
        """The open session of a session ID, without using it."""
        with looking(self._db) as work:
            return look_up(self._db, opened, work.policies, work.now)

    def open_of(self, name: str) -> list[Session]:
        """The user's open sessions, newest first."""
        with database.read(self._db):
            policies, now = read_policies(self._db), read_clock(self._db).now(wall_clock())
            rows = database.rows(
                self._db,
                SESSION_SQL + " where s.user_id = ? and s.ended_at is null order by s.id desc",
                (find(self._db, name).id,),
            )
            found = [record(Session, row) for row in rows]
            return [s for s in found if now < s.used_at + policies.session_timeout]

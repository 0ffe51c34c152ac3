"""Sessions: opened by a login, live by the session timeout, ended by logout. Repeated logins share
one [assumption repeated_logins_share].

A password change ends none by default [assumption own_change_ends_sessions].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from freshtoken_model.decision.credentials import digest, session_id
from freshtoken_model.decision.gate_rules import Case, login_hours
from freshtoken_model.decision.gates import decide
from freshtoken_model.decision.grants import FLOW_OF_DOOR, relaxes_ranges
from freshtoken_model.decision.policies import OrgSettings
from freshtoken_model.decision.session_rules import is_open, use_of, within
from freshtoken_model.decision.verdict import Attempt, Door, Refusal
from freshtoken_model.decision.words import refusing, why_not
from freshtoken_model.store import database
from freshtoken_model.store import sessions as session_rows
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import (
    UseCase,
    first_at,
    maybe,
    one,
    read_clock,
    read_settings,
    reading,
    writing,
)
from freshtoken_model.values.clock import Clock, wall_clock
from freshtoken_model.values.errors import NotAllowedError
from freshtoken_model.values.kinds import Cause, EventKind, FaultKey
from freshtoken_model.values.records import Session, User, record
from freshtoken_model.values.visible import NOTHING

from .networks import address_number, calling_address
from .standing import login_ranges, read_standing
from .users import by_id, find

SESSION_SQL = """
select s.id, s.user_id, u.username, s.kind, s.source_ip, s.opened_at, s.used_at, s.password_expired,
s.ended_at, s.ended_by,
    s.app_id, s.scope, s.application, s.holders
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
    work: UseCase, user: User, door: Door, address: str, *, app_id: int | None, scope: str
) -> str:
    """A new session that no other login shares; returns its session ID, which is not kept."""
    opened = _new_id(work)
    row = session_rows.NewSession(
        user.id, digest(opened), door.value, address, work.now, work.now, 0, app_id, scope
    )
    session_rows.insert_session(work.db, row)
    return opened


def session_of_login(
    work: UseCase, user: User, attempt: Attempt, expired: bool, settings: OrgSettings
) -> str:
    """The session ID that an accepted login answers: the one of the open session that repeated
    logins share [assumption repeated_logins_share], else a new one. `expired`: of the password.
    """
    opened = _new_id(work)  # drawn in any case: what a seeded org draws next is the same either way
    shares = settings.repeated_logins_share and attempt.door is not Door.UI
    key = session_key(user.id, attempt)
    found = shared_session(work.db, key, expired, settings, work.now) if shares else None
    if found is not None:
        holds_it = attempt.client_id is not None and maybe(
            work.db,
            "select 1 from client where id = ? and session = ?",
            attempt.client_id,
            found["kept_id"],
        )
        holders = found["holders"] + (0 if holds_it else 1)
        session_rows.hand_out(work.db, found["id"], work.now, holders)
        return str(found["kept_id"])
    row = session_rows.NewSession(
        user.id,
        digest(opened),
        attempt.door.value,
        attempt.address,
        work.now,
        work.now,
        int(expired),
        attempt.app_id,
        attempt.scope,
        attempt.application,
        opened if shares else "",
    )
    session_rows.insert_session(work.db, row)
    return opened


def _new_id(work: UseCase) -> str:
    org = work.org_record_id or one(work.db, "select record_id from org")["record_id"]
    return session_id(org, work.source)


SessionKey = tuple[int, str, str, str, int | None, str]
"""What logins share a session by: user, door, address, application, connected app, scope."""


def session_key(user_id: int, attempt: Attempt) -> SessionKey:
    """What a login of a user shares a session by."""
    return (
        user_id,
        attempt.door.value,
        attempt.address,
        attempt.application,
        attempt.app_id,
        attempt.scope,
    )


def shared_session(
    db: Database, key: SessionKey, expired: bool, settings: OrgSettings, now: int
) -> dict[str, Any] | None:
    """The open session that a login is answered again, the one used last; None without any."""
    return maybe(
        db,
        "select * from session where user_id = ? and kind = ? and source_ip = ?"
        " and application = ? and app_id is ? and scope = ? and password_expired = ?"
        " and ended_at is null and kept_id != '' and used_at > ?"
        " order by used_at desc, opened_at desc, id desc limit 1",
        *key,
        int(expired),
        now - settings.session_timeout,
    )


def was_lost(db: Database, client_id: int, session: Mapping[str, Any]) -> bool:
    """Whether the session that an API client of the org holds was ended by another program's
    logout, and the client has not found it so before.

    The client shared it with another login, and no API client of the org ever logs out.
    """
    if session["holders"] < 2 or session["ended_by"] not in (Cause.LOGOUT, Cause.REVOKED):
        return False
    known = maybe(
        db,
        "select 1 from event where client_id = ? and kind = ? and at >= ? limit 1",
        client_id,
        EventKind.SESSION_LOST,
        session["ended_at"],
    )
    return known is None


def holders_of(db: Database, session: Session) -> str:
    """Who holds a shared session, by the names of the API clients whose logins were answered it."""
    rows = database.rows(
        db,
        "select distinct c.name from event e join shape s on s.id = e.shape_id"
        " join client c on c.id = e.client_id where e.user_id = ? and e.kind = 'login_accepted'"
        " and e.id >= ? and s.door = ? and s.address = ? and s.application = ? order by c.id",
        (
            session.user_id,
            first_at(db, "event", "at", session.opened_at),
            session.kind,
            session.source_ip,
            session.application,
        ),
    )
    names = [str(row["name"]) for row in rows]
    if len(names) == session.holders:
        return ", ".join(names)
    return f"{session.holders} logins" + (f" of {', '.join(names)}" if names else "")


def end_sessions(
    work: UseCase, user_id: int, cause: Cause, kinds: tuple[str, ...], keep: str | None = None
) -> int:
    """End the user's open sessions of some kinds, but the one whose session ID is kept; returns how
    many.
    """
    kept = digest(keep) if keep else ""
    changed = session_rows.end_of_user(work.db, user_id, work.now, cause, kinds, kept)
    if changed:
        work.event(EventKind.SESSION_ENDED, user_id, number=changed, detail=cause)
    return changed


def look_up(db: Database, opened: str, settings: OrgSettings, now: int) -> Session | None:
    """The open session of a session ID; None when there is none, it has ended or timed out by
    inactivity.
    """
    row = maybe(db, SESSION_SQL + " where s.digest = ?", digest(opened))
    if row is None:
        return None
    session = record(Session, row)
    ended = session.ended_at is not None
    return session if is_open(ended, session.used_at, settings, now) else None


def acting_user(
    work: UseCase, name: str, opened: str | None, changes_password: bool = False
) -> User:
    """The user who may use a personal setting now: by an open session, or by being able to log in
    to the user interface. Raises NotAllowedError.

    After an expired password nothing but a password change works [DOC expired-login-succeeds].
    """
    user = find(work.db, name)
    if opened is None:
        expired = _could_log_in(work, user)
    else:
        expired = _open_session(work, user, opened).password_expired
    if expired and not changes_password:
        raise NotAllowedError(
            f"The password of {user.username} has expired; it must be changed first."
        )
    return user


def _could_log_in(work: UseCase, user: User) -> bool:
    """Whether a user who can log in to the user interface now has an expired password.

    Decided as that login would be: the password is taken to be right, the place to be inside the
    login IP ranges (assumption acting_without_session). Raises NotAllowedError.
    """
    ranges = login_ranges(work.db, user.profile_id)
    inside = ranges[0][0] if ranges else 0
    standing, settings = read_standing(work.db, user, {}, inside, work.now)
    right = {(standing.password_hash or "", ""): True}
    attempt = Attempt(user.username, "", Door.UI, "", login_url=NOTHING)  # no login host
    verdict = decide(attempt, standing, right, settings, work.now)
    refused = refusing(verdict.steps)
    if refused is not None:
        raise NotAllowedError(f"{user.username} {why_not(refused)} and cannot log in.")
    return verdict.password_expired


def _open_session(work: UseCase, user: User, opened: str) -> Session:
    """The user's open session. Raises NotAllowedError when there is none, when the user is
    inactive, and for the user interface outside login hours [DOC login-hours-open-session].

    Lock, freeze and API Only User do not end a session [assumption open_session_goes_on].
    """
    standing, settings = read_standing(work.db, user, {}, 0, work.now)
    session = look_up(work.db, opened, settings, work.now)
    if session is None or session.user_id != user.id:
        raise NotAllowedError("Your session has ended. Log in again.")
    if not user.active:
        raise NotAllowedError(f"{user.username} is inactive and cannot log in.")
    case = Case(Attempt(user.username, "", Door.UI, ""), standing, {}, settings, work.now)
    if session.kind == Door.UI.value and isinstance(login_hours(case), Refusal):
        raise NotAllowedError(
            f"{user.username} is outside the login hours and can do nothing more now."
        )
    return session


class Sessions:
    """`org.sessions`: look up, use and end sessions."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._read: tuple[tuple[int, int], Clock, OrgSettings] | None = None
        self._seen: dict[str, tuple[Session, User]] = {}
        """Sessions read since the org changed last, by the digest of their ID."""

    def check(self, opened: str, address: str = "") -> Checked:
        """May this session work, from an address? Faults: invalid_session, expired_password. Use
        moves the timeout.
        """
        checked = self.glance(opened, address)
        if checked.due and checked.session is not None:
            with writing(self._db) as work:
                session_rows.use(work.db, checked.session.id, work.now)
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
            return Checked(None, None, FaultKey.INVALID_SESSION)
        session, user = found
        _, clock, settings = self._read
        use = use_of(
            session.ended_at is not None,
            session.used_at,
            session.password_expired,
            settings,
            clock.now(wall_clock()),
            lambda: self._inside(user, address) or self._relaxed(session, user),
            user.api_enabled or session.kind == Door.UI,
        )
        if use.fault == FaultKey.INVALID_SESSION:
            return Checked(None, None, use.fault)
        return Checked(session, user, use.fault, use.due)

    def _inside(self, user: User, address: str) -> bool:
        """Whether a request comes from where the user's profile lets one log in."""
        if not address:
            return True
        where = address_number(calling_address(self._db, address))
        return within(where, login_ranges(self._db, user.profile_id))

    def _relaxed(self, session: Session, user: User) -> bool:
        """Whether the session's app lets its users pass the login IP ranges. That a refresh token
        opened a session is seen by where it was opened, if that was outside of them.
        """
        row = maybe(self._db, "select ip_relaxation from app where id = ?", session.app_id or 0)
        if row is None or session.kind not in FLOW_OF_DOOR:
            return False
        opened_outside = not within(
            address_number(session.source_ip), login_ranges(self._db, user.profile_id)
        )
        return relaxes_ranges(row["ip_relaxation"], Door(session.kind), opened_outside)

    def _look(self, name: str, opened: str) -> tuple[Session, User] | None:
        """Read a session again, and what else the check needs, in one transaction."""
        with database.read(self._db):
            version = database.version(self._db)
            if self._read is None or self._read[0] != version:
                self._read = version, read_clock(self._db), read_settings(self._db)
                self._seen.clear()
            _, clock, settings = self._read
            session = look_up(self._db, opened, settings, clock.now(wall_clock()))
            if session is None:
                return None
            self._seen[name] = session, by_id(self._db, session.user_id)
            return self._seen[name]

    def end(self, opened: str, cause: Cause = Cause.LOGOUT) -> bool:
        """Log out, or revoke. Returns whether there was an open session."""
        with writing(self._db) as work:
            session = look_up(self._db, opened, work.settings, work.now)
            if session is None:
                return False
            if session.holders > 1:
                kind, detail = (
                    EventKind.SHARED_SESSION_ENDED,
                    f"{cause}; held by {holders_of(work.db, session)}",
                )
            else:
                kind, detail = EventKind.SESSION_ENDED, str(cause)
            session_rows.end(work.db, session.id, work.now, cause)
            work.event(kind, session.user_id, number=session.holders, detail=detail)
            return True

    def of_id(self, opened: str) -> Session | None:
        """The open session of a session ID, without using it."""
        with reading(self._db) as work:
            return look_up(self._db, opened, work.settings, work.now)

"""Writes sessions. Raw, because every login opens one and moved time replaces thousands."""

from typing import NamedTuple

from freshtoken_model.values.kinds import Cause

from .connection import Database


class NewSession(NamedTuple):
    """A session as it is opened: digest of the session ID, kind (a door), moments in ms.

    `kept_id` is the session ID itself, as long as the session is open and repeated logins may be
    answered it; empty where none may.
    """

    user_id: int | None
    digest: str
    kind: str
    source_ip: str
    opened_at: int
    used_at: int
    password_expired: int
    app_id: int | None
    scope: str
    application: str = ""
    kept_id: str = ""
    holders: int = 1


COLUMNS = ", ".join(NewSession._fields)
VALUES = ",".join("?" * len(NewSession._fields))
ENDED = "ended_at = ?, ended_by = ?, kept_id = ''"


def insert_session(db: Database, row: NewSession) -> int:
    """A new session; returns its id."""
    return db.conn.execute(f"insert into session({COLUMNS}) values ({VALUES})", row).lastrowid or 0


def replace(db: Database, session_id: int, row: NewSession) -> None:
    """Put a new session in the place of one that its client no longer holds."""
    db.conn.execute(
        f"update session set ({COLUMNS}, ended_at, ended_by) = ({VALUES}, null, null) where id = ?",
        (*row, session_id),
    )


def use(db: Database, session_id: int, at: int) -> None:
    """Note the use of an open session, from which its timeout counts."""
    db.conn.execute(
        "update session set used_at = ? where id = ? and ended_at is null", (at, session_id)
    )


def hand_out(db: Database, session_id: int, at: int, holders: int) -> None:
    """Note that a login was answered an open session, which is a use of it."""
    db.conn.execute(
        "update session set used_at = ?, holders = ? where id = ?", (at, holders, session_id)
    )


def end(db: Database, session_id: int, at: int, cause: Cause) -> None:
    """End a session."""
    db.conn.execute(f"update session set {ENDED} where id = ?", (at, cause, session_id))


def end_of_user(
    db: Database, user_id: int, at: int, cause: Cause, kinds: tuple[str, ...], keep: str = ""
) -> int:
    """End a user's open sessions of some kinds, except the one of the digest `keep`; returns how
    many.
    """
    return db.conn.execute(
        f"update session set {ENDED} where user_id = ? and ended_at is null"
        f" and kind in ({','.join('?' * len(kinds))}) and digest != ?",
        (at, cause, user_id, *kinds, keep),
    ).rowcount


def end_of_app(db: Database, user_id: int, app_id: int, at: int, cause: Cause, kind: str) -> None:
    """End the open sessions of one kind that a connected app has for a user."""
    db.conn.execute(
        f"update session set {ENDED} where user_id = ? and app_id = ? "
        "and kind = ? and ended_at is null",
        (at, cause, user_id, app_id, kind),
    )


def clear_expired(db: Database, user_id: int) -> None:
    """Let a user's sessions work again that waited for a new password."""
    db.conn.execute("update session set password_expired = 0 where user_id = ?", (user_id,))

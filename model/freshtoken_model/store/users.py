"""Writes users and their former passwords."""

from collections.abc import Iterable

from .connection import Database
from .writer import Writer

FORMER_KEPT = 24
"""Former passwords, the most that a password policy can ask for."""

users = Writer("user")


def set_lock(db: Database, rows: Iterable[tuple[int, int | None, int | None, int]]) -> None:
    """Write failed attempts, the moment of a lockout and its end (ms), by user id. Raw, because
    every refused login writes it.
    """
    db.conn.executemany(
        "update user set failed_attempts = ?, locked_at = ?, locked_until = ? where id = ?", rows
    )


def set_expiry(db: Database, rows: Iterable[tuple[int | None, int]]) -> None:
    """Write when passwords expire (ms, None: not by time), by user id, where that is a change."""
    db.conn.executemany(
        "update user set expires_at = ?1 where id = ?2 and expires_at is not ?1", rows
    )


def set_password(
    db: Database, user_id: int, stored: str | None, at: int, must_change: bool
) -> None:
    """Write a new password hash (None: no password), the former one put among the former ones."""
    db.conn.execute(
        "insert into former_password(user_id, password_hash, retired_at)"
        " select id, password_hash, ? from user where id = ? and password_hash is not null",
        (at, user_id),
    )
    db.conn.execute(
        "delete from former_password where user_id = ?1 and id not in"
        " (select id from former_password where user_id = ?1 order by id desc limit ?2)",
        (user_id, FORMER_KEPT),
    )
    db.conn.execute(
        "update user set password_hash = ?, password_changed_at = ?, password_changes = "
        "password_changes + 1, must_change_password = ?, demo_password = null where id = ?",
        (stored, at, int(must_change), user_id),
    )


def expire_passwords(db: Database) -> int:
    """Let every password expire that can and has not; returns how many."""
    return db.conn.execute(
        "update user set must_change_password = 1, expires_at = null"
        " where never_expires = 0 and must_change_password = 0 and password_hash is not null"
    ).rowcount

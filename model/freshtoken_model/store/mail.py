"""Writes the simulated inbox, and the password links that its mails carry."""

from collections.abc import Iterable

from .connection import Database
from .writer import Writer

mails = Writer("mail")
reset_links = Writer("reset_link")


def mark_tried_dead(db: Database, rows: Iterable[tuple[int, int, str]]) -> None:
    """Note that a retired token was tried: moment (ms), user id, the token. The first time stays.
    Raw, because refused logins and moved time write it.
    """
    db.conn.executemany(
        "update mail set tried_dead_at = coalesce(tried_dead_at, ?) where user_id = ? "
        "and token = ?",
        rows,
    )


def mark_read(db: Database, mail_id: int, at: int) -> bool:
    """Mark a mail as read; returns whether it was unread."""
    return bool(
        db.conn.execute(
            "update mail set read_at = ? where id = ? and read_at is null", (at, mail_id)
        ).rowcount
    )


def use_links(db: Database, user_id: int, at: int) -> None:
    """Mark a user's unused password links as used."""
    db.conn.execute(
        "update reset_link set used_at = ? where user_id = ? and used_at is null", (at, user_id)
    )


def use_link(db: Database, digest: str, at: int) -> None:
    """Mark the password link of a digest as used."""
    db.conn.execute("update reset_link set used_at = ? where digest = ?", (at, digest))

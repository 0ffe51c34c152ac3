"""Writes security tokens: digests only."""

from freshtoken_model.values.kinds import Cause

from .connection import Database
from .writer import Writer

tokens = Writer("token")


def retire_live(db: Database, user_id: int, at: int, cause: Cause) -> bool:
    """Retire a user's live token; returns whether there was one."""
    return bool(
        db.conn.execute(
            "update token set retired_at = ?, retired_by = ? "
            "where user_id = ? and retired_at is null",
            (at, cause, user_id),
        ).rowcount
    )

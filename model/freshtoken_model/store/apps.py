"""Writes connected apps and what they were granted."""

from .connection import Database
from .writer import Writer

apps = Writer("app")
authorization_codes = Writer("authorization_code")
refresh_tokens = Writer("refresh_token")
openid_keys = Writer("openid_key")


def revoke_of_user(db: Database, user_id: int, at: int) -> int:
    """Revoke every refresh token of a user; returns how many."""
    return db.conn.execute(
        "update refresh_token set revoked_at = ? where user_id = ? and revoked_at is null",
        (at, user_id),
    ).rowcount


def revoke_family(db: Database, family: int, at: int) -> None:
    """Revoke the refresh tokens of a family that are not revoked yet."""
    db.conn.execute(
        "update refresh_token set revoked_at = ? where (id = ? or family = ?) "
        "and revoked_at is null",
        (at, family, family),
    )

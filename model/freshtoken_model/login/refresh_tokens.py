"""Refresh tokens: issued, rotated, revoked. Those that came of one authorization are a family: at
most one of them is live when the app rotates them.
"""

from typing import Any

from freshtoken_model.decision.credentials import ALPHANUMERIC, digest
from freshtoken_model.decision.verdict import Door
from freshtoken_model.store import apps as app_rows
from freshtoken_model.store import sessions as session_rows
from freshtoken_model.store.use_case import UseCase, maybe
from freshtoken_model.values.kinds import Cause, EventKind

TOKEN_LENGTH = 80
TOKEN_SQL = "select *, coalesce(family, id) as kin from refresh_token where digest = ?"


def find(work: UseCase, token: str, app_id: int | None = None) -> dict[str, Any] | None:
    """The row of a refresh token, of an app if it is named; `kin` is the id of its family."""
    row = maybe(work.db, TOKEN_SQL, digest(token))
    return row if row and app_id in (None, row["app_id"]) else None


def issue(
    work: UseCase,
    app_id: int,
    user_id: int,
    scope: str,
    public: bool,
    family: int | None = None,
) -> str:
    """A new refresh token, the first of a family unless one is named; it is not kept."""
    token = "5Aep861" + work.source.text(TOKEN_LENGTH, ALPHANUMERIC + "._")
    app_rows.refresh_tokens.insert(
        work.db,
        app_id=app_id,
        user_id=user_id,
        digest=digest(token),
        scope=scope,
        public=int(public),
        issued_at=work.now,
        used_at=work.now,
        family=family,
    )
    return token


def use(work: UseCase, row: dict[str, Any], rotate: bool) -> str | None:
    """Use a refresh token that is in order; with rotation the new one that takes its place
    [DOC refresh-token-rotation].
    """
    if not rotate:
        app_rows.refresh_tokens.update(work.db, row["id"], used_at=work.now)
        return None
    app_rows.refresh_tokens.update(work.db, row["id"], used_at=work.now, replaced_at=work.now)
    return issue(work, row["app_id"], row["user_id"], row["scope"], bool(row["public"]), row["kin"])


def revoke(work: UseCase, row: dict[str, Any]) -> None:
    """Revoke a refresh token with its family, and end the sessions that its app has for the
    user.
    """
    app_rows.revoke_family(work.db, row["kin"], work.now)
    session_rows.end_of_app(
        work.db,
        row["user_id"],
        row["app_id"],
        work.now,
        Cause.REVOKED,
        Door.WEB_SERVER.value,
    )
    work.event(EventKind.TOKENS_REVOKED, row["user_id"])

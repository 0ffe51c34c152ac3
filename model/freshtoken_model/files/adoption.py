"""Lets an org know what a client outside holds already: its username, password and security token,
its app's key and secret, its refresh token.

For clients that keep their own configuration. Nothing is mailed, and no demo password is kept.
"""

import secrets
from dataclasses import dataclass, field

from freshtoken_model.accounts.users import by_id, by_username, find, plan_expiry
from freshtoken_model.decision.credentials import Hashing, digest
from freshtoken_model.login.app_setup import AppSetup
from freshtoken_model.login.apps import FULL_SCOPE
from freshtoken_model.store import apps as app_rows
from freshtoken_model.store import org_row
from freshtoken_model.store import tokens as token_rows
from freshtoken_model.store import users as user_rows
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import UseCase, maybe, one, writing
from freshtoken_model.values.kinds import Cause, EventKind
from freshtoken_model.values.records import User

from .training_org import SANDBOX_NAME

STANDS_IN = "integration@acme.example"
"""The user of the training org that gets the client's username."""
PROFILE = "Integration"
LIVE_SQL = "select 1 from token where user_id = ? and digest = ? and retired_at is null"


@dataclass(frozen=True, slots=True)
class AdoptedCredentials:
    """What a client holds, empty for what it has not; and whether it logs in to a sandbox."""

    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    sandbox: bool = False


def adopt(db: Database, hashing: Hashing, held: AdoptedCredentials) -> User:
    """Give the org's integration user and first connected app what a client holds; returns the
    user. What the client does not hold stays as it is. Raises UnknownNameError when the training
    org's user is gone.
    """
    stored = hashing.hash(held.password, secrets.token_bytes(16))
    with writing(db) as work:
        user = _user_of(work, held.username)
        if held.password:
            user_rows.set_password(work.db, user.id, stored, work.now, must_change=False)
            plan_expiry(work, user.id)
        lives = maybe(work.db, LIVE_SQL, user.id, digest(held.token)) is not None
        if held.password and not lives:
            token_rows.retire_live(work.db, user.id, work.now, Cause.TRAINING_ORG)
        if held.token and not lives:
            user_rows.users.update(work.db, user.id, has_reset_token=1)
            token_rows.tokens.insert(
                work.db,
                user_id=user.id,
                digest=digest(held.token),
                issued_at=work.now,
                issued_by=Cause.TOKEN_RESET,
            )
        app = AppSetup(db).all()[0]
        keys = {"consumer_key": held.client_id, "consumer_secret": held.client_secret}
        given = {name: value for name, value in keys.items() if value}
        app_rows.apps.update(work.db, app.id, run_as=user.id, **given)
        if held.refresh_token:
            app_rows.refresh_tokens.insert(
                work.db,
                app_id=app.id,
                user_id=user.id,
                digest=digest(held.refresh_token),
                scope=FULL_SCOPE,
                public=int(not held.client_secret),
                issued_at=work.now,
                used_at=work.now,
                family=None,
            )
        if held.sandbox:
            name = one(work.db, "select my_domain from org")["my_domain"].partition("--")[0]
            org_row.update(work.db, my_domain=name + SANDBOX_NAME)
        work.event(EventKind.USER_CHANGED, user.id, detail="holds what a client outside holds")
        return by_id(db, user.id)


def _user_of(work: UseCase, username: str) -> User:
    """The user of a name, or the one who stands in for it, renamed; as an integration user is."""
    user = by_username(work.db, username) or find(work.db, STANDS_IN)
    user_rows.users.update(
        work.db,
        user.id,
        username=username or user.username,
        profile_id=one(work.db, "select id from profile where name = ?", PROFILE)["id"],
        active=1,
        frozen=0,
        api_only=0,
    )
    return by_id(work.db, user.id)

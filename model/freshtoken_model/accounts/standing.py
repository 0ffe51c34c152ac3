"""What the org knows of a user when it decides a login, read from the file."""

from freshtoken_model.decision.authenticator import good_codes
from freshtoken_model.decision.policies import OrgSettings
from freshtoken_model.decision.verdict import Standing
from freshtoken_model.store import database
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import maybe, read_rules
from freshtoken_model.values.clock import HOUR, wall_clock
from freshtoken_model.values.kinds import EventKind
from freshtoken_model.values.records import Token, User

from .networks import trusts


def login_ranges(db: Database, profile_id: int) -> tuple[tuple[int, int], ...]:
    """The login IP ranges of a profile: first and last address number of each."""
    sql = "select first, last from login_ip_range where profile_id = ?"
    return tuple((row["first"], row["last"]) for row in database.rows(db, sql, (profile_id,)))


def read_standing(
    db: Database, user: User | None, tokens: dict[str, Token], address: int, now: int
) -> tuple[Standing, OrgSettings]:
    """The standing of a user who calls from an address at a moment in ms, and the org's settings.

    `tokens` are the user's among those presented.
    """
    user_id, profile_id = (user.id, user.profile_id) if user else (0, 0)
    secret = maybe(
        db,
        "select u.password_hash, u.totp_secret, p.login_hours from user u join profile p on "
        "p.id = u.profile_id"
        " where u.id = ?",
        user_id,
    )
    settings, policy = read_rules(db, profile_id)
    recent = 0
    if settings.rate_limit:
        row = maybe(
            db,
            "select login_time from login_history where user_id = ? order by id desc limit 1 "
            "offset ?",
            user_id,
            settings.rate_limit - 1,
        )
        recent = settings.rate_limit if row and row["login_time"] > now - HOUR else 0
    froze = None
    if user and user.frozen:
        froze = maybe(
            db,
            "select kind from event where user_id = ? and kind in (?, ?) order by id desc limit 1",
            user_id,
            EventKind.FROZEN,
            EventKind.FROZEN_BY_SALESFORCE,
        )
    standing = Standing(
        user=user,
        policy=policy if user else None,
        password_hash=secret["password_hash"] if secret else None,
        tokens=tokens,
        login_ip_ranges=login_ranges(db, profile_id),
        login_hours=secret["login_hours"] if secret else None,
        address=address,
        trusted=trusts(db, address),
        logins_this_hour=recent,
        codes=good_codes(secret["totp_secret"], now, wall_clock())
        if secret and secret["totp_secret"]
        else frozenset(),
        frozen_by_salesforce=froze is not None and froze["kind"] == EventKind.FROZEN_BY_SALESFORCE,
    )
    return standing, settings

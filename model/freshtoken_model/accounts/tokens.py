"""The life of a security token: issued by Reset My Security Token or a password change, retired by
the next one.

At most one token of a user is live, and none returns from the dead (a unique index and this module
keep it).
"""

from dataclasses import dataclass

from freshtoken_model.decision.credentials import TOKEN_LENGTH, digest
from freshtoken_model.decision.slips import token_windows
from freshtoken_model.store import database
from freshtoken_model.store import tokens as token_rows
from freshtoken_model.store import users as user_rows
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import UseCase, maybe, writing
from freshtoken_model.values.errors import NotAllowedError
from freshtoken_model.values.kinds import Cause, EventKind
from freshtoken_model.values.records import Token, User, record

from . import mail
from .sessions import acting_user
from .users import by_id, find


def of_sent(db: Database, user_id: int, sent: str) -> dict[str, Token]:
    """The user's tokens, live and dead, in what was sent, wherever they stand."""
    names = {digest(part): part for part in token_windows(sent)}
    if not names:
        return {}
    found = database.rows(
        db,
        f"select * from token where user_id = ? and digest in ({','.join('?' * len(names))})",
        (user_id, *names),
    )
    return {names[row["digest"]]: record(Token, row) for row in found}


def retire(work: UseCase, user_id: int, cause: Cause) -> None:
    """The live token dies, at once [DOC token-dies-login-page]. Its digest, the moment and the
    reason stay.
    """
    if token_rows.retire_live(work.db, user_id, work.now, cause):
        work.event(EventKind.TOKEN_RETIRED, user_id, detail=cause)


def issue(work: UseCase, user: User, cause: Cause) -> None:
    """A new token, the former one retired, and the mail that brings it: the only place that ever
    shows it.
    """
    retire(work, user.id, cause)
    token = work.source.text(TOKEN_LENGTH)
    token_rows.tokens.insert(
        work.db, user_id=user.id, digest=digest(token), issued_at=work.now, issued_by=cause
    )
    mail.send_token(work, user, token)


@dataclass(frozen=True, slots=True)
class Offer:
    """Whether Reset My Security Token is offered to a user; if not, why."""

    offered: bool
    reason: str = ""
    source: str = ""


def offer(db: Database, user: User) -> Offer:
    """Hidden for an API Only User, with MFA for API Logins, and behind profile login IP ranges [DOC
    token-reset-hidden-help].
    """
    if user.api_only:
        return Offer(
            False,
            "This user has the permission API Only User: no user interface, no reset.",
            "[DOC token-reset-hidden-help]",
        )
    if user.mfa_api:
        return Offer(
            False,
            "This user has MFA for API Logins: an authenticator's code stands in the token's "
            "place.",
            "[DOC token-reset-hidden-help, mfa-api-code-only-help]",
        )
    ranges = maybe(db, "select 1 from login_ip_range where profile_id = ?", user.profile_id)
    if ranges:
        return Offer(
            False,
            f"The profile {user.profile} has login IP ranges: inside them no token is needed, so "
            f"none is offered.",
            "[DOC token-reset-hidden-help, profile-ip-hides-token]",
        )
    return Offer(True)


def after_password_change(work: UseCase, user: User, cause: Cause) -> bool:
    """The token dies with the old password; a new one is mailed when it is due. Returns whether one
    was mailed.

    Due: to a user who has used the reset before, or to everybody, by setting [assumption
    token_mail_on_password_change]; never where the reset is not offered
    [DOC token-reset-hidden-no-mail-kb].
    """
    retire(work, user.id, cause)
    due = (user.has_reset_token or work.settings.token_mail_always) and offer(work.db, user).offered
    if due:
        issue(work, user, cause)
    return due


class Tokens:
    """`org.tokens`: Reset My Security Token."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def offer(self, name: str) -> Offer:
        """Whether Reset My Security Token is offered to the user, and why not."""
        with database.read(self._db):
            return offer(self._db, find(self._db, name))

    def is_live(self, name: str, token: str) -> bool:
        """Whether this is the user's live security token. Raises UnknownNameError."""
        with database.read(self._db):
            user = find(self._db, name)
            sql = "select 1 from token where user_id = ? and digest = ? and retired_at is null"
            return maybe(self._db, sql, user.id, digest(token)) is not None

    def reset(self, name: str, session_id: str | None = None) -> User:
        """The user presses Reset Security Token: the old token dies, a new one is mailed, never
        shown.

        With a session ID an open session acts (it survives a lock [3P
        lockout-open-session-survives]); without, the user logs in first. Raises NotAllowedError
        with the reason when it is not offered or the user cannot act.
        """
        with writing(self._db) as work:
            offered = offer(self._db, find(self._db, name))
            if not offered.offered:
                raise NotAllowedError(f"Reset My Security Token is not offered. {offered.reason}")
            user = acting_user(work, name, session_id)
            work.event(EventKind.TOKEN_RESET, user.id)
            user_rows.users.update(work.db, user.id, has_reset_token=1)
            issue(work, user, Cause.TOKEN_RESET)
            return by_id(self._db, user.id)

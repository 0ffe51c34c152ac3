"""Connected apps, and the OAuth grants that present no password: client credentials, JWT bearer,
web server, refresh.

They know neither token nor lockout: a password change changes nothing for them [assumption
flows_without_password].
"""

import base64
import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from freshtoken_model.accounts.networks import address_number, calling_address
from freshtoken_model.accounts.sessions import Sessions, open_session
from freshtoken_model.accounts.standing import login_ranges
from freshtoken_model.accounts.users import by_id, unicode
from freshtoken_model.decision.credentials import digest, same
from freshtoken_model.decision.grants import (
    CLIENT_CREDENTIALS,
    JWT_BEARER,
    PASSWORD,
    REFRESH,
    WEB_SERVER,
    grant_fault,
    relaxes_ranges,
)
from freshtoken_model.decision.session_rules import within
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.store import apps as app_rows
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import UseCase, maybe, writing
from freshtoken_model.values.clock import MINUTE
from freshtoken_model.values.errors import GrantRefusedError
from freshtoken_model.values.kinds import Cause, FaultKey
from freshtoken_model.values.records import App, Session, User
from freshtoken_model.values.visible import visible

from . import refresh_tokens
from .app_setup import AppSetup
from .login import LoginResult, Logins

CODE_LIFE = 15 * MINUTE
"""How long an authorization code works [MEM]."""
CONSUMER_SECRET_LENGTH = 80
SCOPE, FULL_SCOPE = "api", "refresh_token api"
SCOPES = ("api", "refresh_token", "web", "full", "id", "openid", "profile", "email")
"""What a connected app of this org may be allowed. An assumption, no source lists it: what sf
("refresh_token api web") and CumulusCI ("web full refresh_token") ask for, and what says who
somebody is.
"""
SAME_SCOPE = {"offline_access": "refresh_token"}
"""Other names of scopes [MEM]."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a grant came to. A refused login has neither session nor refresh token, and says so in
    `login`.
    """

    user: User | None
    session_id: str | None
    refresh_token: str | None
    scope: str
    at: int
    fault: str | None
    login: LoginResult | None = None
    nonce: str = ""
    """What the app sent to the authorize page, to find it again in the ID token."""


def _of_login(result: LoginResult, scope: str, refresh_token: str | None = None) -> Grant:
    return Grant(
        result.user,
        result.session_id,
        refresh_token,
        scope,
        result.at,
        result.verdict.fault,
        result,
    )


class Apps(AppSetup):
    """`org.apps`: connected apps, and the OAuth flows that present no password."""

    def __init__(self, db: Database, logins: Logins) -> None:
        super().__init__(db)
        self._logins = logins

    def password(self, app: App, attempt: Attempt) -> Grant:
        """The username-password flow: password and security token, glued. Raises
        GrantRefusedError.
        """
        self._may(app, PASSWORD)
        return self._log_in(app, attempt.username, Door.OAUTH, attempt, "")

    def client_credentials(self, app: App, attempt: Attempt) -> Grant:
        """The app itself asks; it runs as its run-as user. Raises GrantRefusedError."""
        self._may(app, CLIENT_CREDENTIALS)
        return self._log_in(app, app.run_as or "", Door.CLIENT_CREDENTIALS, attempt, SCOPE)

    def jwt_bearer(
        self, assertion: str, here: str, attempt: Attempt, wall: int
    ) -> tuple[App, Grant]:
        """An assertion signed with the app's key names the user. `here` is this server as the
        client named it, `wall` ms. Raises GrantRefusedError.
        """
        from .signed_jwts import issuer, subject

        app = self._may(self.of_key(issuer(assertion)), JWT_BEARER)
        user = subject(assertion, app.public_key or "", here, wall)
        return app, self._log_in(app, user, Door.JWT_BEARER, attempt, SCOPE)

    def authorize(
        self,
        consumer_key: str,
        callback: str,
        challenge: str,
        scope: str,
        session_id: str,
        nonce: str = "",
    ) -> str:
        """Who is logged in allows the app: an authorization code, for one use within 15 minutes.
        Raises GrantRefusedError.
        """
        app, granted = self.callback_of(consumer_key, callback), scope_of(scope or FULL_SCOPE)
        with writing(self._db) as work:
            session = Sessions(self._db).of_id(session_id)
            if session is None or session.kind != Door.UI.value or session.password_expired:
                raise GrantRefusedError(FaultKey.INVALID_CODE)
            code = "aPrx" + work.source.text(CONSUMER_SECRET_LENGTH)
            app_rows.authorization_codes.insert(
                work.db,
                app_id=app.id,
                user_id=session.user_id,
                digest=digest(code),
                callback=callback,
                challenge=challenge,
                scope=granted,
                nonce=unicode(nonce),
                made_at=work.now,
            )
            return code

    def callback_of(self, consumer_key: str, callback: str) -> App:
        """The app, if it has the web server flow and this callback URL, to the letter. Raises
        GrantRefusedError.
        """
        app = self._may(self.of_key(consumer_key), WEB_SERVER)
        if callback not in app.callbacks:
            raise GrantRefusedError(FaultKey.REDIRECT_URI_MISMATCH)
        return app

    def web_server(
        self, app: App, code: str, callback: str, verifier: str, attempt: Attempt, public: bool
    ) -> Grant:
        """Exchange an authorization code, with PKCE when it was asked with a challenge. Raises
        GrantRefusedError.

        `public`: the app showed no secret, for it has no place to keep one. Then there must be a
        challenge. Whatever comes of it, the code is used up: who shows a stolen one has one guess
        (RFC 6749 4.1.2, RFC 7636).
        """
        self._may(app, WEB_SERVER)
        with writing(self._db) as work:
            row = maybe(work.db, "select * from authorization_code where digest = ?", digest(code))
            if row is None or row["used_at"] is not None or work.now >= row["made_at"] + CODE_LIFE:
                raise GrantRefusedError(FaultKey.INVALID_CODE)
            app_rows.authorization_codes.update(work.db, row["id"], used_at=work.now)
            fault = _mismatch(row, app, callback, verifier, public)
            if fault is None:
                return self._exchange(work, row, app, attempt, public)
        raise GrantRefusedError(
            fault
        )  # behind the transaction, which keeps that the code is used up

    def _exchange(
        self, work: UseCase, row: dict[str, Any], app: App, attempt: Attempt, public: bool
    ) -> Grant:
        """A login for an authorization code that is in order, and a refresh token if its scope has
        it.
        """
        user, scope = by_id(work.db, row["user_id"]), row["scope"]
        result = self._logins.decide_within(
            work, self._named(app, user.username, Door.WEB_SERVER, attempt, scope)
        )
        wants_refresh = "refresh_token" in scope.split() and REFRESH in app.flows
        refresh = (
            refresh_tokens.issue(work, app.id, user.id, scope, public)
            if result.session_id and wants_refresh
            else None
        )
        return replace(_of_login(result, scope, refresh), nonce=row["nonce"])

    def refresh(self, app: App, token: str, address: str, public: bool, scope: str = "") -> Grant:
        """A new session for a refresh token: no password, no token, no Login History row [3P].
        Raises GrantRefusedError.

        Without the app's secret (`public`) only for one that was given without it [MEM]. `scope`
        may ask for less than was granted, never for more (RFC 6749 6).

        With Refresh Token Rotation a new refresh token comes with it; the reuse of an old one
        revokes its family [DOC refresh-token-reuse].
        """
        self._may(app, REFRESH)
        with writing(self._db) as work:
            row = refresh_tokens.find(work, token, app.id)
            if row is not None and public and not row["public"]:
                raise GrantRefusedError(FaultKey.INVALID_CLIENT)
            if row is None or not _is_live(row, work):
                raise GrantRefusedError(FaultKey.EXPIRED_REFRESH_TOKEN)
            if row["replaced_at"] is None:
                return self._renew(work, row, app, address, scope)
            refresh_tokens.revoke(work, row)  # used twice: one of the two may have stolen it
        raise GrantRefusedError(FaultKey.EXPIRED_REFRESH_TOKEN)  # behind the transaction

    def _renew(
        self, work: UseCase, row: dict[str, Any], app: App, address: str, scope: str
    ) -> Grant:
        """A session for a refresh token that is in order. The profile's login IP ranges hold here
        too, unless the app relaxes them [DOC app-ip-relaxation-table].
        """
        user = by_id(work.db, row["user_id"])
        if not user.active or user.frozen:
            raise GrantRefusedError(FaultKey.INACTIVE_USER)
        where = calling_address(work.db, address)
        relaxed = relaxes_ranges(app.ip_relaxation, Door.WEB_SERVER, by_refresh=True)
        if not relaxed and not within(
            address_number(where), login_ranges(work.db, user.profile_id)
        ):
            raise GrantRefusedError(FaultKey.RESTRICTED_DOMAIN)
        granted = scope_of(scope or row["scope"], row["scope"].split())
        token = refresh_tokens.use(work, row, app.refresh_rotation)
        session = open_session(work, user, Door.WEB_SERVER, where, app_id=app.id, scope=granted)
        return Grant(user, session, token, granted, work.now, None)

    def revoke(self, token: str) -> bool:
        """End a session, or a refresh token with its family and the sessions of its app. Returns
        whether there was such a token.
        """
        if Sessions(self._db).end(token, Cause.REVOKED):
            return True
        with writing(self._db) as work:
            row = refresh_tokens.find(work, token)
            if row is None or row["revoked_at"] is not None:
                return False
            refresh_tokens.revoke(work, row)
            return True

    def introspect(self, token: str) -> tuple[Session, User] | None:
        """The open session behind an access token; None also for the password flow's, which cannot
        be asked [WIRE].
        """
        session = Sessions(self._db).of_id(token)
        if session is None or session.kind in (Door.OAUTH.value, Door.SOAP.value, Door.UI.value):
            return None
        return session, by_id(self._db, session.user_id)

    def _may(self, app: App, flow: str) -> App:
        fault = grant_fault(app, flow)
        if fault is not None:
            raise GrantRefusedError(fault)
        return app

    def _named(self, app: App, username: str, door: Door, attempt: Attempt, scope: str) -> Attempt:
        return replace(
            attempt,
            username=username,
            door=door,
            application=visible(app.name),
            app_id=app.id,
            scope=scope,
            ip_relaxed=relaxes_ranges(app.ip_relaxation, door),
        )

    def _log_in(self, app: App, username: str, door: Door, attempt: Attempt, scope: str) -> Grant:
        return _of_login(
            self._logins.login(self._named(app, username, door, attempt, scope)), scope
        )


def scope_of(asked: str, allowed: Collection[str] = SCOPES) -> str:
    """The scopes that are granted when these are asked for, each once. Raises GrantRefusedError for
    one that is not allowed.
    """
    granted = dict.fromkeys(SAME_SCOPE.get(scope, scope) for scope in asked.split())
    if not granted or not set(granted) <= set(allowed):
        raise GrantRefusedError(FaultKey.INVALID_SCOPE)
    return " ".join(granted)


def _is_live(row: dict[str, Any], work: UseCase) -> bool:
    """Whether a refresh token was neither revoked nor idle for too long."""
    idle = work.settings.refresh_idle
    return row["revoked_at"] is None and not (idle and work.now >= row["used_at"] + idle)


def _mismatch(
    row: dict[str, Any], app: App, callback: str, verifier: str, public: bool
) -> str | None:
    """The fault of who shows an authorization code that is not theirs; None when all is as it was
    asked.
    """
    if row["app_id"] != app.id:
        return FaultKey.INVALID_CODE
    if row["callback"] != callback:
        return FaultKey.REDIRECT_URI_MISMATCH
    if (row["challenge"] or public) and not same(_challenge(verifier), row["challenge"]):
        return FaultKey.INVALID_CODE_VERIFIER
    return None


def _challenge(verifier: str) -> str:
    """PKCE S256: what a verifier's challenge must be."""
    hashed = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()

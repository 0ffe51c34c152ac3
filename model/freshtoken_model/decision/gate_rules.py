"""What each gate looks at, and what it says: small pure functions over a Case. gates.py puts them
in their order.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from freshtoken_model.values.kinds import FaultKey, LoginStatus
from freshtoken_model.values.records import User

from .credentials import Evidence, Reading, readings
from .policies import OrgSettings, PasswordPolicy
from .slips import slip_of
from .verdict import Attempt, Door, Refusal, Standing

VERSION_PATTERN = re.compile(r"[0-9]{1,3}\.[0-9]")
LAST_SOAP_LOGIN, OLDEST_VERSION, NEWEST_VERSION = 64.0, 31.0, 68.0
"""login() exists from API version 31.0 to 64.0; the API itself to 68.0 [DOC
soap-login-not-in-65, soap-login-retired].
"""


@dataclass(frozen=True, slots=True)
class Case:
    """All that a gate may look at."""

    attempt: Attempt
    standing: Standing
    evidence: Evidence
    settings: OrgSettings
    now: int

    @property
    def user(self) -> User:
        """The user; only asked for behind the gate that knows it."""
        assert self.standing.user is not None
        return self.standing.user

    @property
    def policy(self) -> PasswordPolicy:
        """The password policy of the user's profile; only asked for behind the same gate."""
        assert self.standing.policy is not None
        return self.standing.policy

    @property
    def right(self) -> tuple[Reading, ...]:
        """The readings of what was sent whose password part is right."""
        stored = self.standing.password_hash or ""
        sent = self.attempt.sent
        possible = (Reading(sent, ""),) if self.attempt.door is Door.UI else readings(sent)
        return tuple(
            r
            for r in possible
            if self.evidence.get((stored, r.password), False) and (self.needs_code or not r.code)
        )

    @property
    def needs_code(self) -> bool:
        """MFA for API Logins: in force once the user has registered an authenticator [DOC
        mfa-api-register-first].
        """
        return self.user.mfa_api and bool(self.standing.codes)


Passed = tuple[str, tuple[str | int, ...]]
Judge = Callable[[Case], Passed | Refusal]


def plain(code: str, *values: str | int) -> Passed:
    """What a gate says when it lets a login pass."""
    return code, values


def api_version(case: Case) -> Passed | Refusal:
    version = (
        float(case.attempt.api_version)
        if VERSION_PATTERN.fullmatch(case.attempt.api_version)
        else 0.0
    )
    if version < OLDEST_VERSION or version > NEWEST_VERSION:
        code, status = (
            ("version_retired", LoginStatus.API_TOO_OLD)
            if version < OLDEST_VERSION
            else ("version_unborn", LoginStatus.LOGIN_INVALID)
        )
        return Refusal(FaultKey.UNSUPPORTED_VERSION, status, code, (case.attempt.api_version,))
    if version > LAST_SOAP_LOGIN:
        return Refusal(
            FaultKey.LOGIN_NOT_IN_VERSION,
            LoginStatus.LOGIN_INVALID,
            "version_without_login",
            (case.attempt.api_version,),
        )
    if case.settings.reached("login_retired", case.now):
        return Refusal(
            FaultKey.LOGIN_NOT_IN_VERSION,
            LoginStatus.LOGIN_INVALID,
            "login_retired",
            (case.attempt.api_version,),
        )
    return plain("version", case.attempt.api_version)


def user_known(case: Case) -> Passed | Refusal:
    if case.standing.user is None:
        return Refusal(
            FaultKey.INVALID_LOGIN if case.attempt.door.takes_password else FaultKey.NOT_APPROVED,
            LoginStatus.NONE,
            "other_login_host" if case.attempt.other_host else "user_unknown",
            (case.attempt.login_url,) if case.attempt.other_host else (),
        )
    return plain("user", case.user.username)


def soap_login_enabled(case: Case) -> Passed | Refusal:
    if not case.settings.soap_login:
        return Refusal(FaultKey.SOAP_LOGIN_DISABLED, LoginStatus.LOGIN_INVALID, "soap_login_off")
    return plain("soap_login_on")


def oauth_password_flow(case: Case) -> Passed | Refusal:
    if not case.settings.oauth_password_flow:
        return Refusal(
            FaultKey.INVALID_LOGIN, LoginStatus.PASSWORD_FLOW_DISABLED, "password_flow_off"
        )
    if case.settings.reached("password_flow_retired", case.now):
        return Refusal(
            FaultKey.INVALID_LOGIN, LoginStatus.PASSWORD_FLOW_DISABLED, "password_flow_retired"
        )
    return plain("password_flow_on")


def rate_limit(case: Case) -> Passed | Refusal:
    limit = case.settings.rate_limit
    if limit and case.standing.logins_this_hour >= limit:
        return Refusal(FaultKey.RATE_LIMITED, LoginStatus.RATE_EXCEEDED, "rate_exceeded", (limit,))
    return plain("rate_fine" if limit else "rate_off")


def active(case: Case) -> Passed | Refusal:
    return (
        plain("is_active")
        if case.user.active
        else Refusal(_stopped(case), LoginStatus.INACTIVE, "inactive")
    )


def not_frozen(case: Case) -> Passed | Refusal:
    if not case.user.frozen:
        return plain("not_frozen")
    code = "frozen_by_salesforce" if case.standing.frozen_by_salesforce else "frozen"
    return Refusal(_stopped(case), LoginStatus.FROZEN, code)


def _stopped(case: Case) -> FaultKey:
    """Where no password is presented, an inactive user is told so [WIRE oauth-inactive-user]; a
    frozen one as well [INF].
    """
    return FaultKey.INVALID_LOGIN if case.attempt.door.takes_password else FaultKey.INACTIVE_USER


def not_locked(case: Case) -> Passed | Refusal:
    if case.user.locked_at is not None:
        if case.user.locked_until is None:
            return Refusal(
                FaultKey.INVALID_LOGIN,
                LoginStatus.PASSWORD_LOCKOUT,
                "locked_for_ever",
                (case.user.locked_at,),
            )
        return Refusal(
            FaultKey.INVALID_LOGIN,
            LoginStatus.PASSWORD_LOCKOUT,
            "locked_until",
            (case.user.locked_until,),
        )
    return plain("not_locked")


def login_hours(case: Case) -> Passed | Refusal:
    if not case.standing.login_hours:
        return plain("no_hours")
    local = datetime.fromtimestamp(case.now / 1000, UTC).astimezone(
        ZoneInfo(case.settings.time_zone)
    )
    hours = json.loads(case.standing.login_hours).get(local.strftime("%a").lower())
    minute = local.hour * 60 + local.minute
    if hours is None or hours[0] <= minute < hours[1]:
        return plain("inside_hours")
    return Refusal(FaultKey.RESTRICTED_TIME, LoginStatus.RESTRICTED_TIME, "outside_hours")


def login_ip_ranges(case: Case) -> Passed | Refusal:
    if not case.standing.login_ip_ranges:
        return plain("no_ranges")
    if case.standing.inside_ranges:
        return plain("inside_ranges", case.attempt.address)
    if case.attempt.ip_relaxed:
        return plain("ranges_relaxed", case.attempt.address)
    return Refusal(
        FaultKey.RESTRICTED_DOMAIN,
        LoginStatus.RESTRICTED_IP,
        "outside_ranges",
        (case.attempt.address,),
    )


def password(case: Case) -> Passed | Refusal:
    if case.right:
        return plain("password_right")
    if case.standing.password_hash is None:
        return Refusal(
            FaultKey.INVALID_LOGIN, LoginStatus.INVALID_PASSWORD, "no_password", counts=True
        )
    slip = slip_of(case.attempt.sent, case.standing.tokens, case.attempt.door is Door.OAUTH)
    return Refusal(
        FaultKey.INVALID_LOGIN, LoginStatus.INVALID_PASSWORD, "password_wrong", slip, counts=True
    )


def token(case: Case) -> Passed | Refusal:
    """A reading that lets in wins; else the token that came with the right password is judged."""
    if case.needs_code:
        said = _code(case)
        if said is not None:
            return said
    right = [reading for reading in case.right if not reading.code]
    for reading in right:
        if reading.token:
            token = case.standing.tokens.get(reading.token)
            if token and token.retired_at is None:
                return plain("token_live", token.issued_at)
        elif case.standing.no_token_needed:
            return plain(
                "token_not_needed_inside" if case.standing.inside_ranges else "token_not_needed"
            )
    for reading in right:
        if not reading.token:
            return Refusal(
                case.settings.missing_token_fault,
                LoginStatus.TOKEN_REQUIRED,
                "token_missing",
                (),
                counts=case.settings.missing_token_counts,
            )
        token = case.standing.tokens.get(reading.token)
        if token and token.retired_at is not None and token.retired_by is not None:
            return Refusal(
                FaultKey.INVALID_LOGIN,
                LoginStatus.INVALID_PASSWORD,
                "token_retired",
                (token.retired_at, token.retired_by),
                counts=True,
            )
    return Refusal(
        FaultKey.INVALID_LOGIN,
        LoginStatus.INVALID_PASSWORD,
        "token_unknown" if right else "code_wrong",
        (),
        counts=True,
    )


def _code(case: Case) -> Passed | Refusal | None:
    """MFA for API Logins: the authenticator's code in the token's place; None where the token may
    still do.
    """
    if any(reading.code in case.standing.codes for reading in case.right):
        return plain("code_right")
    if case.settings.mfa_api_accepts_token:
        return None
    if any(not reading.token and not reading.code for reading in case.right):
        return Refusal(
            FaultKey.INVALID_LOGIN,
            LoginStatus.MFA_REQUIRED,
            "code_missing",
            (),
            counts=case.settings.missing_token_counts,
        )
    given = any(reading.code for reading in case.right)
    return Refusal(
        FaultKey.INVALID_LOGIN,
        LoginStatus.INVALID_PASSWORD,
        "code_wrong" if given else "code_not_token",
        (),
        counts=True,
    )


def no_password(case: Case) -> Passed | Refusal:
    return plain("no_password_presented")


def any_api_auth(case: Case) -> Passed | Refusal:
    if not (
        case.settings.any_api_auth_required
        or case.settings.reached("any_api_auth_required", case.now)
    ):
        return plain("any_api_auth_not_required")
    if case.user.use_any_api_auth:
        return plain("has_any_api_auth")
    return Refusal(FaultKey.ANY_API_AUTH, LoginStatus.LOGIN_INVALID, "lacks_any_api_auth")


def api_enabled(case: Case) -> Passed | Refusal:
    return (
        plain("has_api_enabled")
        if case.user.api_enabled
        else Refusal(FaultKey.API_DISABLED, LoginStatus.LOGIN_INVALID, "api_not_enabled")
    )


def interface_open(case: Case) -> Passed | Refusal:
    return (
        Refusal(FaultKey.API_ONLY_USER, LoginStatus.API_ONLY_USER, "api_only")
        if case.user.api_only
        else plain("not_api_only")
    )

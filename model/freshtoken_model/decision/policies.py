"""Setup's policies with Setup's own picklist labels, the switchable assumptions, and the rules of a
password.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from freshtoken_model.values.clock import DAY, HOUR, MINUTE, parse_moment
from freshtoken_model.values.kinds import FaultKey, SettingName
from freshtoken_model.values.records import User

from .complexity import Complexity
from .settings import (
    ALWAYS,
    NEVER,
    ON,
    PASSWORD_FLOW_RETIRED,
    YES,
    default_of,
    settings,
)

RATE_LIMIT = 3_600
"""Logins of one user within an hour [DOC login-rate-kb]."""
LINK_LIFE = 24 * HOUR
"""How long a reset link works [3P forgot-password-24-hours]."""
LINK_REQUESTS_AN_HOUR, LINK_CHANGES_AN_HOUR = 10, 5
"""Forgot your password? limits [DOC forgot-password-limits]."""
LONGEST_PASSWORD = 16_000
"""Bytes of a password at most [DOC password-maximum]."""


@dataclass(frozen=True, slots=True)
class OrgSettings:
    """The settings that hold for every user of an org. Periods in ms; a rate limit of 0 = none."""

    session_timeout: int
    terminate_on_admin_reset: bool
    soap_login: bool
    any_api_auth_required: bool
    oauth_password_flow: bool
    self_set_password: bool
    outside_network: str
    mfa_api_accepts_token: bool
    rate_limit: int
    token_mail_always: bool
    missing_token_fault: FaultKey
    missing_token_counts: bool
    own_change_ends_sessions: bool
    repeated_logins_share: bool
    time_zone: str
    enforce_ip_ranges: bool
    prevent_login_at_login_host: bool
    prevent_soap_login_at_login_host: bool
    refresh_idle: int
    calendar: tuple[tuple[int, str], ...]
    """What ends when, by org time; empty while the release calendar is off."""

    @classmethod
    def of(cls, values: Mapping[str, str], time_zone: str) -> "OrgSettings":
        """The settings of an org from the value of each (see `values_of`)."""
        on = _on(values, SettingName.RELEASE_CALENDAR)
        return cls(
            session_timeout=int(values[SettingName.SESSION_TIMEOUT]) * MINUTE,
            terminate_on_admin_reset=_on(values, SettingName.TERMINATE_ON_ADMIN_RESET),
            soap_login=_on(values, SettingName.SOAP_LOGIN),
            any_api_auth_required=_on(values, SettingName.ANY_API_AUTH),
            oauth_password_flow=_on(values, SettingName.OAUTH_PASSWORD_FLOW),
            self_set_password=_on(values, SettingName.SELF_SET_PASSWORD),
            outside_network=values[SettingName.OUTSIDE_NETWORK],
            mfa_api_accepts_token=_on(values, SettingName.MFA_API_ACCEPTS_TOKEN),
            rate_limit=RATE_LIMIT if _on(values, SettingName.RATE_LIMIT) else 0,
            token_mail_always=values[SettingName.TOKEN_MAIL_ON_PASSWORD_CHANGE] == ALWAYS,
            missing_token_fault=FaultKey(values[SettingName.MISSING_TOKEN_FAULT]),
            missing_token_counts=_on(values, SettingName.MISSING_TOKEN_COUNTS),
            own_change_ends_sessions=_on(values, SettingName.OWN_CHANGE_ENDS_SESSIONS),
            repeated_logins_share=_on(values, SettingName.REPEATED_LOGINS_SHARE),
            time_zone=time_zone,
            enforce_ip_ranges=_on(values, SettingName.ENFORCE_IP_RANGES),
            prevent_login_at_login_host=_on(values, SettingName.PREVENT_LOGIN_AT_LOGIN_HOST),
            prevent_soap_login_at_login_host=_on(
                values, SettingName.PREVENT_SOAP_LOGIN_AT_LOGIN_HOST
            ),
            refresh_idle=int(values[SettingName.REFRESH_IDLE]) * DAY,
            calendar=release_dates(values, time_zone) if on else (),
        )

    def reached(self, name: str, now: int) -> bool:
        """Whether a date of the release calendar has been reached."""
        return any(moment <= now for moment, event in self.calendar if event == name)

    def due_after(self, now: int) -> int | None:
        """The next date of the calendar."""
        return next((moment for moment, _ in self.calendar if moment > now), None)


def _on(values: Mapping[str, str], name: SettingName) -> bool:
    """Whether a setting of two values is on, or yes."""
    return values[name] in (ON, YES)


def values_of(chosen: Mapping[str, str], created_release: str) -> dict[str, str]:
    """The value of every setting: what was chosen, else the default of the org's release."""
    return {
        name: chosen[name] if name in chosen else default_of(setting, created_release)
        for name, setting in settings().items()
    }


def release_dates(values: Mapping[str, str], time_zone: str) -> tuple[tuple[int, str], ...]:
    """The release calendar, whether or not it is switched on: moments in ms and keys of
    `words.RELEASES`, in order.
    """
    dates = {
        "login_retired": values[SettingName.LOGIN_RETIREMENT],
        "password_flow_retired": PASSWORD_FLOW_RETIRED,
        "any_api_auth_required": values[SettingName.ANY_API_AUTH_DATE],
    }
    return tuple(
        sorted((parse_moment(day, time_zone), name) for name, day in dates.items() if day != NEVER)
    )


class Coming(Enum):
    """How a date of the release calendar lies to a moment."""

    REACHED = "reached"
    NEXT = "next"
    LATER = "later"


def release_calendar(
    values: Mapping[str, str], time_zone: str, now: int
) -> tuple[tuple[int, str, Coming], ...]:
    """`release_dates`, each with how it lies to a moment: one that is now has been reached."""
    dates = release_dates(values, time_zone)
    coming = next((moment for moment, _ in dates if moment > now), None)
    return tuple(
        (
            moment,
            name,
            Coming.REACHED if moment <= now else Coming.NEXT if moment == coming else Coming.LATER,
        )
        for moment, name in dates
    )


SUGGESTED = ("Amber", "River", "Cedar", "Stone")
"""Words of suggested passwords."""


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The password policy of the users of one profile. Periods in ms; 0 attempts = no limit."""

    password_life: int
    password_history: int
    minimum_length: int
    complexity: Complexity
    max_attempts: int
    lockout_period: int | None
    minimum_lifetime: bool

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "PasswordPolicy":
        """A policy from the value of each setting, the profile's own in the place of the org's."""
        minutes = int(values[SettingName.LOCKOUT_MINUTES])
        return cls(
            password_life=int(values[SettingName.PASSWORD_EXPIRES]) * DAY,
            password_history=int(values[SettingName.PASSWORD_HISTORY]),
            minimum_length=int(values[SettingName.MINIMUM_LENGTH]),
            complexity=Complexity[values[SettingName.COMPLEXITY].upper()],
            max_attempts=int(values[SettingName.MAX_ATTEMPTS]),
            lockout_period=minutes * MINUTE if minutes else None,
            minimum_lifetime=_on(values, SettingName.MINIMUM_LIFETIME),
        )

    def password_expires(self, user: User) -> int | None:
        """When a user's password expires, or has expired; None: never."""
        return (
            None
            if user.never_expires or not self.password_life
            else user.password_changed_at + self.password_life
        )

    def password_expired(self, user: User, now: int) -> bool:
        """Whether a user's password has to be changed before anything else."""
        expires = self.password_expires(user)
        return user.must_change_password or (expires is not None and now >= expires)

    def attempts_left(self, user: User) -> int | None:
        """How many more counted refusals lock a user out; None: they never do."""
        return max(0, self.max_attempts - user.failed_attempts) if self.max_attempts else None

    def suggestion(self, user: User) -> str:
        """A made-up new password that meets the rules, the history aside; another one after each
        change.
        """
        number = user.password_changed_at % 90 + 10
        words = itertools.cycle(SUGGESTED)
        found = f"{next(words)}-{next(words)}-{number}"
        while len(found) < self.minimum_length:
            found = f"{next(words)}-{found}"
        return found

    def checklist(
        self, password: str, user: User, not_used_before: bool | None = None
    ) -> tuple["Rule", ...]:
        """The rules of a new password for a user, in the order they are shown. An empty password
        meets no rule.

        `not_used_before`: whether the password is none of those the history remembers, None while
        that has not been verified.
        """
        rules, last = password_rules(password, self, user), history_rule(self, not_used_before)
        return (*rules, last) if last else rules


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the password checklist. `met` is None for a rule that only a use case can check
    (the history).
    """

    words: str
    met: bool | None
    about_history: bool = False


def password_rules(password: str, policy: PasswordPolicy, user: User) -> tuple[Rule, ...]:
    """The rules that can be checked without the history. An empty password meets no rule."""
    checks: list[tuple[str, Callable[[str], bool]]] = [
        (
            f"{policy.minimum_length} characters or more",
            lambda p: len(p) >= policy.minimum_length,
        )
    ]
    if policy.complexity is not Complexity.NO_RESTRICTION:
        checks.append((policy.complexity.value, policy.complexity.met_by))
    lowered = user.username.casefold()
    names = {user.first_name.casefold(), user.last_name.casefold()} - {""}
    checks.append(
        (
            "does not contain your username, is not your first or last name",
            lambda p: lowered not in p.casefold() and p.casefold() not in names,
        )
    )
    shown = [Rule(words, bool(password) and check(password)) for words, check in checks]
    if len(password.encode("utf-8", "surrogatepass")) > LONGEST_PASSWORD:
        shown.append(Rule(f"at most {LONGEST_PASSWORD:,} bytes", False))
    return tuple(shown)


def history_rule(policy: PasswordPolicy, met: bool | None) -> Rule | None:
    """The history line of the checklist, None when no passwords are remembered."""
    count = policy.password_history
    if not count:
        return None
    last = "your current password" if count == 1 else f"one of your last {count} passwords"
    return Rule(f"not {last}", met, about_history=True)

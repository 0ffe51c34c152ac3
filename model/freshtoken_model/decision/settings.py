"""Setup's picklists with Setup's own labels, what an org of a release starts with, and the
switchable assumptions.
"""

from dataclasses import dataclass
from functools import cache

import freshtoken_data
from freshtoken_model.values.errors import BadValueError
from freshtoken_model.values.kinds import SettingName
from freshtoken_model.values.names import MOST_LISTED, did_you_mean, folded

from .complexity import Complexity


@dataclass(frozen=True, slots=True)
class Setting:
    """One picklist: its Setup page and label, (value, label) choices, default, and where it is
    known from.
    """

    name: str
    page: str
    label: str
    choices: tuple[tuple[str, str], ...]
    default: str
    mark: str
    source: str
    why: str = ""

    def words(self, value: str) -> str:
        """The label of a value."""
        return dict(self.choices).get(value, value)

    def value_of(self, text: str) -> str:
        """The value that is meant by its name or by Setup's label, whatever the letter case. Raises
        BadValueError.
        """
        wanted = folded(text)
        for value, label in self.choices:
            if wanted in (folded(value), folded(label)):
                return value
        raise BadValueError(f"{self.label} ({self.name}): {self._allowed(text)}", text)

    def _allowed(self, text: str) -> str:
        values = [value for value, _ in self.choices]
        if len(values) > MOST_LISTED:
            return f"{text[:80]!r} is not a number from {values[0]} to {values[-1]}."
        near = "" if text.isdigit() else did_you_mean(text, values)
        return f"{text[:80]!r} is not one of {', '.join(values)}.{near}"


PASSWORDS, SESSIONS, INTERFACE, MEASURING = (
    "Password Policies",
    "Session Settings",
    "User Interface",
    "Measuring",
)
OAUTH_PAGE, SERVED = "OAuth and OpenID Connect Settings", "Served to real clients"
MY_DOMAIN = "My Domain"
CALENDAR = "Release calendar"
ASSUMPTIONS = "Assumptions"
ON, YES, ALWAYS, NEVER = "on", "yes", "always", "never"
ON_OFF = ((ON, "on"), ("off", "off"))

SETUP: tuple[Setting, ...] = (
    Setting(
        SettingName.PASSWORD_EXPIRES,
        PASSWORDS,
        "User passwords expire in",
        (
            ("30", "30 days"),
            ("60", "60 days"),
            ("90", "90 days"),
            ("180", "180 days"),
            ("365", "One year"),
            ("0", "Never expires"),
        ),
        "90",
        "DOC",
        "[DOC policy-expiry, policy-defaults]; labels of the longer periods [MEM]",
    ),
    Setting(
        SettingName.PASSWORD_HISTORY,
        PASSWORDS,
        "Enforce password history",
        (
            ("0", "No passwords remembered"),
            *((str(n), f"{n} passwords remembered") for n in range(1, 25)),
        ),
        "3",
        "DOC",
        "[DOC policy-history, policy-defaults]; labels of the numbers [MEM]; that the current "
        "password is one of them [INF]",
    ),
    Setting(
        SettingName.MINIMUM_LENGTH,
        PASSWORDS,
        "Minimum password length",
        tuple((str(n), f"{n} characters") for n in range(5, 51)),
        "8",
        "DOC",
        "[DOC policy-length, policy-defaults]",
    ),
    Setting(
        SettingName.COMPLEXITY,
        PASSWORDS,
        "Password complexity requirement",
        tuple((c.name.lower(), c.value) for c in Complexity),
        "alpha_numeric",
        "DOC",
        "[DOC policy-complexity]; a sixth choice (any 3 of 4) is left out: its label was not found "
        "[DOC policy-complexity-three-of-four]",
    ),
    Setting(
        SettingName.MAX_ATTEMPTS,
        PASSWORDS,
        "Maximum invalid login attempts",
        (("3", "3"), ("5", "5"), ("10", "10"), ("0", "No Limit")),
        "10",
        "DOC",
        "[DOC lockout-attempts-setting]",
    ),
    Setting(
        SettingName.LOCKOUT_MINUTES,
        PASSWORDS,
        "Lockout effective period",
        (
            ("15", "15 minutes"),
            ("30", "30 minutes"),
            ("60", "60 minutes"),
            ("0", "Forever (must be reset by admin)"),
        ),
        "15",
        "DOC",
        "[DOC lockout-period-setting]",
    ),
    Setting(
        SettingName.MINIMUM_LIFETIME,
        PASSWORDS,
        "Require a minimum 1 day password lifetime",
        ON_OFF,
        "off",
        "DOC",
        "[DOC policy-minimum-lifetime]",
    ),
    Setting(
        SettingName.SESSION_TIMEOUT,
        SESSIONS,
        "Timeout value",
        (
            ("15", "15 minutes"),
            ("30", "30 minutes"),
            ("60", "1 hour"),
            ("120", "2 hours"),
            ("240", "4 hours"),
            ("480", "8 hours"),
            ("720", "12 hours"),
            ("1440", "24 hours"),
        ),
        "120",
        "DOC",
        "[DOC session-timeout]: range and default; labels and steps between [MEM]",
    ),
    Setting(
        SettingName.TERMINATE_ON_ADMIN_RESET,
        SESSIONS,
        "Terminate all of a user's sessions when an admin resets that user's password",
        ON_OFF,
        "off",
        "INF",
        "[INF session-terminate-default]; the setting "
        "[DOC session-terminate-setting, session-terminate-spring24]",
        "The setting is official and ends user interface sessions; that it is off by default is "
        "not stated.",
    ),
    Setting(
        SettingName.ENFORCE_IP_RANGES,
        SESSIONS,
        "Enforce login IP ranges on every request",
        ON_OFF,
        "off",
        "MEM",
        "label and default from memory; the setting [DOC profile-ip-every-request]; what such a "
        "request is told [INF]",
        "Without it the profile's login IP ranges are looked at when a session is opened, and "
        "never again.",
    ),
    Setting(
        SettingName.SOAP_LOGIN,
        INTERFACE,
        "Enable SOAP API login()",
        ON_OFF,
        "on",
        "DOC",
        "[DOC soap-login-off-new-orgs]",
        "Off by default in orgs created since Winter '26. In Salesforce it cannot be switched back "
        "here; freshtoken allows it.",
    ),
    Setting(
        SettingName.ANY_API_AUTH,
        INTERFACE,
        "SOAP API login() requires the Use Any API Auth user permission",
        ON_OFF,
        "off",
        "DOC",
        "new orgs [DOC any-api-auth-login-page]; all with Winter '27 "
        "[DOC any-api-auth-release-note]; against it the older [DOC any-api-auth-kb]",
        "On in orgs created since Summer '26. Enforced with Winter '27 in every org that has the "
        "API (Calendar).",
    ),
    Setting(
        SettingName.OAUTH_PASSWORD_FLOW,
        OAUTH_PAGE,
        "Allow OAuth Username-Password Flows",
        ON_OFF,
        "on",
        "DOC",
        "[DOC oauth-password-blocked, oauth-password-retired]",
        "Off by default in orgs created since Summer '23. The flow is retired for connected apps "
        "on 2027-02-20.",
    ),
    Setting(
        SettingName.REFRESH_IDLE,
        OAUTH_PAGE,
        "Refresh tokens unused for so long stop working",
        (("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("0", "never")),
        "30",
        "DOC",
        "[DOC oauth-refresh-idle]; the other choices are ours",
    ),
    Setting(
        SettingName.PREVENT_LOGIN_AT_LOGIN_HOST,
        MY_DOMAIN,
        "Prevent login from https://login.salesforce.com and https://welcome.salesforce.com",
        ON_OFF,
        "off",
        "DOC",
        "[DOC my-domain-settings]; the username-password flow [INF]",
        "In a sandbox it is about https://test.salesforce.com.",
    ),
    Setting(
        SettingName.PREVENT_SOAP_LOGIN_AT_LOGIN_HOST,
        MY_DOMAIN,
        "Prevent SOAP API login from https://login.salesforce.com",
        ON_OFF,
        "off",
        "DOC",
        "[DOC my-domain-settings]",
        "In a sandbox it is about https://test.salesforce.com.",
    ),
    Setting(
        SettingName.RELEASE_CALENDAR,
        CALENDAR,
        "Retirements take effect as org time reaches them",
        ON_OFF,
        "off",
        "OURS",
        "the switch is ours: a training org kept for a year must not change by itself",
    ),
    Setting(
        SettingName.LOGIN_RETIREMENT,
        CALENDAR,
        "SOAP API login() is retired (the SOAP API itself stays)",
        (
            ("2027-06-01", "1 June 2027: Summer '27, the day from one consultancy"),
            ("2027-02-15", "Spring '27, as one list files it; the day is ours"),
        ),
        "2027-06-01",
        "CONTRA",
        "[CONTRA soap-login-retired-list]; the season [DOC soap-login-retired], the day "
        "[3P soap-login-retired-day]",
        "Official pages say Summer '27 and no day; the release-updates list of Winter '27 files "
        "it under Spring '27.",
    ),
    Setting(
        SettingName.ANY_API_AUTH_DATE,
        CALENDAR,
        "Use Any API Auth is required of everybody",
        (
            ("2026-10-10", "Winter '27, in every org; the day is ours"),
            ("2026-12-01", "1 December 2026, as one vendor's page has it"),
            ("never", "never: of new orgs only, as KB 005132110 had it"),
        ),
        "2026-10-10",
        "INF",
        "[DOC any-api-auth-release-note, any-api-auth-winter27]; the day "
        "[assumption winter_27_upgrade]; against it [DOC any-api-auth-kb]",
        "No page gives the day of an org's own upgrade. 2026-12-01 is that of an e-mail update.",
    ),
    Setting(
        SettingName.SELF_SET_PASSWORD,
        PASSWORDS,
        "Allow use of setPassword() API for self-resets",
        ON_OFF,
        "on",
        "DOC",
        "[DOC policy-set-password-self]; its default [MEM]",
    ),
    Setting(
        SettingName.OUTSIDE_NETWORK,
        SERVED,
        "Network of clients from outside",
        (("office", "Office, a trusted IP range"), ("home", "Home"), ("cloud", "Cloud")),
        "cloud",
        "OURS",
        "a real client's own address would be loopback for everybody",
        "What `freshtoken serve` takes as the address of every client that calls it; forwarded "
        "headers are ignored.",
    ),
    Setting(
        SettingName.RATE_LIMIT,
        MEASURING,
        "3,600 logins per user and hour",
        ON_OFF,
        "on",
        "OURS",
        "the number [DOC login-rate-kb]; the switch is ours, for measuring: no screen shows it",
    ),
)


SINCE: dict[str, tuple[str, str]] = {
    SettingName.OAUTH_PASSWORD_FLOW: ("Summer '23", "off"),
    SettingName.SOAP_LOGIN: ("Winter '26", "off"),
    SettingName.ANY_API_AUTH: ("Summer '26", "on"),
}
"""What stands differently in orgs created since a release [DOC oauth-password-blocked,
soap-login-off-new-orgs, any-api-auth-kb].
"""
PASSWORD_FLOW_RETIRED = "2027-02-20"
"""The username-password flow for connected apps ends [DOC oauth-password-retired]."""
SEASONS = ("Winter", "Spring", "Summer")


def release(name: str) -> tuple[int, int]:
    """A release such as Spring '23 as something to compare: Winter '26 is the first of its year.
    Raises ValueError.
    """
    season, _, year = name.partition(" '")
    if season not in SEASONS or not (year.isascii() and year.isdecimal() and len(year) == 2):
        raise ValueError(f"{name!r} is not a release; write it like Spring '23")
    return int(year), SEASONS.index(season)


def default_of(setting: Setting, created_release: str) -> str:
    """The value of a setting in an org made in a release, until somebody chooses another."""
    since, value = SINCE.get(setting.name, ("", ""))
    return value if since and release(created_release) >= release(since) else setting.default


@cache
def assumptions() -> tuple[Setting, ...]:
    """All of assumptions.toml; those without choices are labelled constants. Raises
    ContentError.
    """
    name = "assumptions.toml"
    return tuple(
        Setting(
            row["name"],
            ASSUMPTIONS,
            row["label"],
            tuple((value, label) for value, label in row.get("choices", ())),
            row.get("default", ""),
            row["mark"],
            row["source"],
            row["why"],
        )
        for row in freshtoken_data.rows(
            name, "assumption", "name", "label", "mark", "source", "why"
        )
    )


@cache
def settings() -> dict[str, Setting]:
    """Everything that can be switched, by name."""
    return {s.name: s for s in (*SETUP, *assumptions()) if s.choices}

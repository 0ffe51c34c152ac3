"""Setup's policies with Setup's own picklist labels, the switchable assumptions, and the rules of a password.

Sources: facts/salesforce.md 5.1 and facts/checked.md B8, B9, B12, B18 to B20.
"""

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

import freshtoken_data

from .clock import DAY, HOUR, MINUTE

RATE_LIMIT = 3_600
"""Logins of one user within an hour [DOC checked.md B23]."""
LINK_LIFE = 24 * HOUR
"""How long a reset link works [3P salesforce.md 5.1]."""
LINK_REQUESTS_AN_HOUR, LINK_CHANGES_AN_HOUR = 10, 5
"""Forgot your password? limits [DOC checked.md C9]."""
LONGEST_PASSWORD = 16_000
"""Bytes [DOC salesforce.md 5.1]."""
SPECIAL = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
"""Setup's special characters [DOC salesforce.md 5.1]."""


class Complexity(Enum):
    """Password complexity requirement; values are Setup's labels [DOC checked.md B9]."""

    NO_RESTRICTION = "No restriction"
    ALPHA_NUMERIC = "Must include alpha and numeric characters"
    ALPHA_NUMERIC_SPECIAL = "Must include alpha, numeric, and special characters"
    UPPER_LOWER_NUMERIC = "Must include numbers and uppercase and lowercase letters"
    UPPER_LOWER_NUMERIC_SPECIAL = "Must include numbers, uppercase and lowercase letters, and special characters"

    def met_by(self, password: str) -> bool:
        """Whether a password has the kinds of characters asked for."""
        has_alpha = any(c.isalpha() for c in password)
        has_digit = any(c in string.digits for c in password)
        has_special = any(c in SPECIAL for c in password)
        has_both_cases = any(c.isupper() for c in password) and any(c.islower() for c in password)
        match self:
            case Complexity.NO_RESTRICTION:
                return True
            case Complexity.ALPHA_NUMERIC:
                return has_alpha and has_digit
            case Complexity.ALPHA_NUMERIC_SPECIAL:
                return has_alpha and has_digit and has_special
            case Complexity.UPPER_LOWER_NUMERIC:
                return has_digit and has_both_cases
            case Complexity.UPPER_LOWER_NUMERIC_SPECIAL:
                return has_digit and has_both_cases and has_special


@dataclass(frozen=True, slots=True)
class Setting:
    """One picklist: its Setup page and label, (value, label) choices, default, and where it is known from."""

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


PASSWORDS, SESSIONS, INTERFACE, MEASURING = "Password Policies", "Session Settings", "User Interface", "Measuring"
OAUTH, SERVED = "OAuth and OpenID Connect Settings", "Served to real clients"
ASSUMPTIONS = "Assumptions"
ON_OFF = (("on", "on"), ("off", "off"))

SETUP: tuple[Setting, ...] = (
    Setting(
        "password_expires",
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
        "salesforce.md 5.1; checked.md B9 (labels of the longer periods MEM)",
    ),
    Setting(
        "password_history",
        PASSWORDS,
        "Enforce password history",
        (("0", "No passwords remembered"), *((str(n), f"{n} passwords remembered") for n in range(1, 25))),
        "3",
        "DOC",
        "salesforce.md 5.1; checked.md B9 (labels of the numbers MEM; that the current password is one of them INF)",
    ),
    Setting(
        "minimum_length",
        PASSWORDS,
        "Minimum password length",
        tuple((str(n), f"{n} characters") for n in range(5, 51)),
        "8",
        "DOC",
        "salesforce.md 5.1; checked.md B9",
    ),
    Setting(
        "complexity",
        PASSWORDS,
        "Password complexity requirement",
        tuple((c.name.lower(), c.value) for c in Complexity),
        "alpha_numeric",
        "DOC",
        "checked.md B9; a sixth choice (any 3 of 4) is left out: its label was not found",
    ),
    Setting(
        "max_attempts",
        PASSWORDS,
        "Maximum invalid login attempts",
        (("3", "3"), ("5", "5"), ("10", "10"), ("0", "No Limit")),
        "10",
        "DOC",
        "checked.md B8",
    ),
    Setting(
        "lockout_minutes",
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
        "checked.md B8",
    ),
    Setting(
        "session_timeout",
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
        "salesforce.md 7: range and default; labels and steps between MEM",
    ),
    Setting(
        "terminate_on_admin_reset",
        SESSIONS,
        "Terminate all of a user's sessions when an admin resets that user's password",
        ON_OFF,
        "off",
        "INF",
        "checked.md B12",
        "The setting is official and ends user interface sessions; that it is off by default is not stated.",
    ),
    Setting(
        "soap_login",
        INTERFACE,
        "Enable SOAP API login()",
        ON_OFF,
        "on",
        "DOC",
        "salesforce.md 8; checked.md B19",
        "Off by default in orgs made since Winter '26. In Salesforce it cannot be switched back here; freshtoken allows it.",
    ),
    Setting(
        "any_api_auth",
        INTERFACE,
        "SOAP API login() requires the Use Any API Auth user permission",
        ON_OFF,
        "off",
        "CONTRA",
        "checked.md B20",
        "On in orgs made since Summer '26, opt-in elsewhere. When it bites all is contested: Winter '27 or 2026-12-01.",
    ),
    Setting(
        "oauth_password_flow",
        OAUTH,
        "Allow OAuth Username-Password Flows",
        ON_OFF,
        "on",
        "DOC",
        "checked.md B18; salesforce.md 8",
        "Off by default in orgs made since Summer '23. The flow is retired for connected apps on 2027-02-20.",
    ),
    Setting(
        "self_set_password",
        PASSWORDS,
        "Allow use of setPassword() API for self-resets",
        ON_OFF,
        "on",
        "DOC",
        "salesforce.md 5.1, 9: gone from the metadata, still named by the setPassword() page; its default is MEM",
    ),
    Setting(
        "outside_network",
        SERVED,
        "Clients from outside call from",
        (("office", "Office, a trusted IP range"), ("home", "Home"), ("cloud", "Cloud")),
        "cloud",
        "OURS",
        "a real client's own address would be loopback for everybody",
        "What `freshtoken serve` takes as the address of every client that calls it; forwarded headers are ignored.",
    ),
    Setting(
        "rate_limit",
        MEASURING,
        "3,600 logins per user and hour",
        ON_OFF,
        "on",
        "OURS",
        "the number is DOC (checked.md B23), the switch is ours, for measuring: no screen shows it",
    ),
)


@cache
def assumptions() -> tuple[Setting, ...]:
    """All of assumptions.toml; those without choices are labelled constants. Raises ContentError."""
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
        for row in freshtoken_data.rows(name, "assumption", "name", "label", "mark", "source", "why")
    )


@cache
def settings() -> dict[str, Setting]:
    """Everything that can be switched, by name."""
    return {s.name: s for s in (*SETUP, *assumptions()) if s.choices}


@dataclass(frozen=True, slots=True)
class Policies:
    """The settings of an org as the rules read them. Periods in ms; 0 attempts = no limit."""

    password_life: int
    password_history: int
    minimum_length: int
    complexity: Complexity
    max_attempts: int
    lockout_period: int | None
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
    missing_token_fault: str
    missing_token_counts: bool
    own_change_ends_sessions: bool
    time_zone: str

    @classmethod
    def of(cls, chosen: Mapping[str, str], time_zone: str) -> "Policies":
        """The policies of an org from what was chosen; everything else stands at its default."""
        values = {name: chosen.get(name, setting.default) for name, setting in settings().items()}
        minutes = int(values["lockout_minutes"])
        return cls(
            password_life=int(values["password_expires"]) * DAY,
            password_history=int(values["password_history"]),
            minimum_length=int(values["minimum_length"]),
            complexity=Complexity[values["complexity"].upper()],
            max_attempts=int(values["max_attempts"]),
            lockout_period=minutes * MINUTE if minutes else None,
            session_timeout=int(values["session_timeout"]) * MINUTE,
            terminate_on_admin_reset=values["terminate_on_admin_reset"] == "on",
            soap_login=values["soap_login"] == "on",
            any_api_auth_required=values["any_api_auth"] == "on",
            oauth_password_flow=values["oauth_password_flow"] == "on",
            self_set_password=values["self_set_password"] == "on",
            outside_network=values["outside_network"],
            mfa_api_accepts_token=values["mfa_api_accepts_token"] == "yes",
            rate_limit=RATE_LIMIT if values["rate_limit"] == "on" else 0,
            token_mail_always=values["token_mail_on_password_change"] == "always",
            missing_token_fault=values["missing_token_fault"],
            missing_token_counts=values["missing_token_counts"] == "yes",
            own_change_ends_sessions=values["own_change_ends_sessions"] == "yes",
            time_zone=time_zone,
        )

    def password_expired(self, changed_at: int, now: int) -> bool:
        """Whether a password changed then has expired by now."""
        return bool(self.password_life) and now >= changed_at + self.password_life


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the password checklist. `met` is None for a rule that only a use case can check (the history)."""

    words: str
    met: bool | None


def password_rules(password: str, policies: Policies, username: str, first_name: str, last_name: str) -> tuple[Rule, ...]:
    """The checklist for a new password, in the order it is shown. An empty password meets no rule."""
    checks: list[tuple[str, Callable[[str], bool]]] = [
        (f"{policies.minimum_length} characters or more", lambda p: len(p) >= policies.minimum_length)
    ]
    if policies.complexity is not Complexity.NO_RESTRICTION:
        checks.append((policies.complexity.value, policies.complexity.met_by))
    lowered, names = username.casefold(), {first_name.casefold(), last_name.casefold()} - {""}
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


def history_rule(policies: Policies, met: bool | None = None) -> Rule | None:
    """The history line of the checklist, None when no passwords are remembered."""
    count = policies.password_history
    if not count:
        return None
    return Rule("not your current password" if count == 1 else f"not one of your last {count} passwords", met)

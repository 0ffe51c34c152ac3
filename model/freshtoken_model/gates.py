"""The login decision: an ordered tuple of small pure gates. No database, no clock, no hashing, no randomness.

Order: facts/salesforce.md 3.1, "suggested order": a model, not a fact [INF]; hours, IP ranges and token: [DOC].
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from .credentials import Evidence, Reading, readings
from .policies import Policies
from .records import User
from .verdict import Attempt, Door, Outcome, Refusal, Standing, Step, Verdict

VERSION = re.compile(r"[0-9]{1,3}\.[0-9]")
LAST_SOAP_LOGIN, OLDEST_VERSION = 64.0, 31.0
"""login() exists from API version 31.0 to 64.0 [DOC checked.md B19]."""

SOAP, API = frozenset({Door.SOAP}), frozenset({Door.SOAP, Door.OAUTH})
EVERY, UI = frozenset(Door), frozenset({Door.UI})


@dataclass(frozen=True, slots=True)
class Case:
    """All that a gate may look at."""

    attempt: Attempt
    standing: Standing
    evidence: Evidence
    policies: Policies
    now: int

    @property
    def user(self) -> User:
        """The user; only asked for behind the gate that knows it."""
        assert self.standing.user is not None
        return self.standing.user

    @property
    def right(self) -> tuple[Reading, ...]:
        """The readings of what was sent whose password part is right."""
        stored = self.standing.password_hash or ""
        sent = self.attempt.sent
        possible = (Reading(sent, ""),) if self.attempt.door is Door.UI else readings(sent)
        return tuple(r for r in possible if self.evidence.get((stored, r.password), False))


Passed = tuple[str, tuple[str | int, ...]]
Judge = Callable[[Case], Passed | Refusal]


@dataclass(frozen=True, slots=True)
class Gate:
    """One check of a login: its name, what it asks, what it teaches, where it is known from, at which doors it stands."""

    name: str
    title: str
    lesson: str
    source: str
    doors: frozenset[Door]
    judge: Judge


def plain(code: str, *values: str | int) -> Passed:
    """What a gate says when it lets a login pass."""
    return code, values


def _api_version(case: Case) -> Passed | Refusal:
    version = float(case.attempt.api_version) if VERSION.fullmatch(case.attempt.api_version) else 0.0
    if version < OLDEST_VERSION:
        return Refusal("unsupported_version", "api_too_old", "version_retired", (case.attempt.api_version,))
    if version > LAST_SOAP_LOGIN:
        return Refusal("login_not_in_version", "login_invalid", "version_without_login", (case.attempt.api_version,))
    return plain("version", case.attempt.api_version)


def _user_known(case: Case) -> Passed | Refusal:
    if case.standing.user is None:
        return Refusal("invalid_login", "", "user_unknown")
    return plain("user", case.user.username)


def _soap_login_enabled(case: Case) -> Passed | Refusal:
    if not case.policies.soap_login:
        return Refusal("soap_login_disabled", "login_invalid", "soap_login_off")
    return plain("soap_login_on")


def _rate_limit(case: Case) -> Passed | Refusal:
    limit = case.policies.rate_limit
    if limit and case.standing.logins_this_hour >= limit:
        return Refusal("rate_limited", "rate_exceeded", "rate_exceeded", (limit,))
    return plain("rate_fine" if limit else "rate_off")


def _active(case: Case) -> Passed | Refusal:
    return plain("is_active") if case.user.active else Refusal("invalid_login", "inactive", "inactive")


def _not_frozen(case: Case) -> Passed | Refusal:
    return Refusal("invalid_login", "frozen", "frozen") if case.user.frozen else plain("not_frozen")


def _not_locked(case: Case) -> Passed | Refusal:
    if case.user.locked_at is not None:
        if case.user.locked_until is None:
            return Refusal("invalid_login", "password_lockout", "locked_for_ever", (case.user.locked_at,))
        return Refusal("invalid_login", "password_lockout", "locked_until", (case.user.locked_until,))
    return plain("not_locked")


def _login_hours(case: Case) -> Passed | Refusal:
    if not case.standing.login_hours:
        return plain("no_hours")
    local = datetime.fromtimestamp(case.now / 1000, UTC).astimezone(ZoneInfo(case.policies.time_zone))
    hours = json.loads(case.standing.login_hours).get(local.strftime("%a").lower())
    minute = local.hour * 60 + local.minute
    if hours is None or hours[0] <= minute < hours[1]:
        return plain("inside_hours")
    return Refusal("restricted_time", "restricted_time", "outside_hours")


def _login_ip_ranges(case: Case) -> Passed | Refusal:
    if not case.standing.login_ip_ranges:
        return plain("no_ranges")
    if _inside(case):
        return plain("inside_ranges", case.attempt.address)
    return Refusal("restricted_domain", "restricted_ip", "outside_ranges", (case.attempt.address,))


def _inside(case: Case) -> bool:
    return any(first <= case.standing.address <= last for first, last in case.standing.login_ip_ranges)


def _password(case: Case) -> Passed | Refusal:
    if case.right:
        return plain("password_right")
    code = "no_password" if case.standing.password_hash is None else "password_wrong"
    return Refusal("invalid_login", "invalid_password", code, (), counts=True)


def _token(case: Case) -> Passed | Refusal:
    """A reading that lets in wins; else the token that came with the right password is judged."""
    no_token_needed = case.standing.trusted or _inside(case)
    for reading in case.right:
        if reading.token:
            token = case.standing.tokens.get(reading.token)
            if token and token.retired_at is None:
                return plain("token_live", token.issued_at)
        elif no_token_needed:
            return plain("token_not_needed" if case.standing.trusted else "token_not_needed_inside")
    for reading in case.right:
        if not reading.token:
            return Refusal(
                case.policies.missing_token_fault,
                "token_required",
                "token_missing",
                (),
                counts=case.policies.missing_token_counts,
            )
        token = case.standing.tokens.get(reading.token)
        if token and token.retired_at is not None and token.retired_by is not None:
            return Refusal(
                "invalid_login",
                "invalid_password",
                "token_retired",
                (token.retired_at, token.retired_by),
                counts=True,
            )
    return Refusal("invalid_login", "invalid_password", "token_unknown", (), counts=True)


def _api_enabled(case: Case) -> Passed | Refusal:
    return plain("has_api_enabled") if case.user.api_enabled else Refusal("api_disabled", "login_invalid", "api_not_enabled")


def _interface_open(case: Case) -> Passed | Refusal:
    return Refusal("api_only_user", "api_only_user", "api_only") if case.user.api_only else plain("not_api_only")


GATES: tuple[Gate, ...] = (
    Gate(
        "api_version",
        "API version",
        "login() ends with version 64.0 and is retired in Summer '27; the SOAP API itself stays.",
        "[DOC] checked.md B19, C7",
        SOAP,
        _api_version,
    ),
    Gate(
        "user_known",
        "Username",
        "An unknown username gets the words of a wrong password, and leaves no row in Login History.",
        "[3P] salesforce.md 0.10",
        EVERY,
        _user_known,
    ),
    Gate(
        "soap_login_enabled",
        "SOAP API login()",
        "Off in orgs made since Winter '26: Setup > User Interface.",
        "[DOC] checked.md B19",
        SOAP,
        _soap_login_enabled,
    ),
    Gate(
        "rate_limit",
        "Login rate limit",
        "3,600 logins per user and hour; the remedy is to wait.",
        "[DOC] checked.md B23",
        EVERY,
        _rate_limit,
    ),
    Gate(
        "active",
        "User active",
        "A deactivated user is refused in the words of a wrong password.",
        "[INF] salesforce.md 3.1, 3.2",
        EVERY,
        _active,
    ),
    Gate(
        "not_frozen",
        "Freeze",
        "Freezing stops logins at once, without deactivating.",
        "[INF] salesforce.md 3.1, 4",
        EVERY,
        _not_frozen,
    ),
    Gate(
        "not_locked",
        "Lockout",
        "While locked even the right password and token are refused, in the same words.",
        "[DOC] checked.md B8; words [WIRE] B15",
        EVERY,
        _not_locked,
    ),
    Gate(
        "login_hours",
        "Login hours",
        "The profile's login hours deny outside them.",
        "[DOC] checked.md B22",
        EVERY,
        _login_hours,
    ),
    Gate(
        "login_ip_ranges",
        "Login IP ranges",
        "The profile's ranges block outside; the org's trusted ranges never block, they only relax.",
        "[DOC] checked.md B5, C1",
        EVERY,
        _login_ip_ranges,
    ),
    Gate(
        "password",
        "Password",
        "A wrong password counts toward the lockout. A token cut short or too long reads as part of it [INF].",
        "[DOC] salesforce.md 5.3",
        EVERY,
        _password,
    ),
    Gate(
        "token",
        "Security token",
        "Outside trusted ranges the live token must follow the password. It dies with every change or reset.",
        "[DOC] checked.md B3, B5, B7",
        API,
        _token,
    ),
    Gate(
        "api_enabled",
        "API Enabled",
        "Without the permission API Enabled a user logs in by no API.",
        "[INF] salesforce.md 3.1",
        API,
        _api_enabled,
    ),
    Gate(
        "interface_open",
        "API Only User",
        "An API Only User has no user interface: a token cannot be reset there either.",
        "[CONTRA] checked.md B30",
        UI,
        _interface_open,
    ),
)
BY_NAME = {gate.name: gate for gate in GATES}


def decide(attempt: Attempt, standing: Standing, evidence: Evidence, policies: Policies, now: int) -> Verdict:
    """Run a login through the gates of its door; the first refusal decides. Pure."""
    case = Case(attempt, standing, evidence, policies, now)
    steps: list[Step] = []
    refusal: Refusal | None = None
    for gate in GATES:
        if attempt.door not in gate.doors:
            continue
        if refusal is not None:
            steps.append(Step(gate.name, Outcome.NOT_REACHED))
            continue
        said = gate.judge(case)
        if isinstance(said, Refusal):
            refusal = said
            steps.append(Step(gate.name, Outcome.REFUSED, said.code, said.values))
        else:
            steps.append(Step(gate.name, Outcome.PASSED, *said))
    if refusal is not None:
        return Verdict(False, refusal.fault, refusal.status, refusal.counts, tuple(steps), tried_token=_tried_token(case))
    expired = case.user.must_change_password or policies.password_expired(case.user.password_changed_at, now)
    return Verdict(True, None, "success", False, tuple(steps), expired)


def _tried_token(case: Case) -> int | None:
    if case.standing.user is None or case.attempt.door is Door.UI:
        return None
    for reading in case.right:
        token = case.standing.tokens.get(reading.token)
        if token and token.retired_at is not None:
            return token.id
    return None

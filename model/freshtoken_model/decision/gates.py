"""The login decision: an ordered tuple of small pure gates. No database, no clock, no hashing, no
randomness.

The order of hours, IP ranges and token is documented [DOC login-order]; the rest is a model
[assumption gate_order].
"""

from dataclasses import dataclass
from functools import lru_cache

from freshtoken_model.values.kinds import LoginStatus

from . import gate_rules
from .credentials import Evidence
from .gate_rules import Case, Judge
from .policies import OrgSettings
from .verdict import Attempt, Door, Outcome, Refusal, Standing, Step, Verdict

EVERY, UI = frozenset(Door), frozenset({Door.UI})
SOAP, OAUTH = frozenset({Door.SOAP}), frozenset({Door.OAUTH})
API, API_PASSWORD = EVERY - UI, SOAP | OAUTH
PASSWORD_DOORS = frozenset(door for door in Door if door.takes_password)
NO_PASSWORD = EVERY - PASSWORD_DOORS


@dataclass(frozen=True, slots=True)
class Gate:
    """One check of a login: its name, what it asks, what it teaches, where it is known from, at
    which doors it stands.
    """

    name: str
    title: str
    lesson: str
    source: str
    doors: frozenset[Door]
    judge: Judge


GATES: tuple[Gate, ...] = (
    Gate(
        "api_version",
        "API version",
        "login() ends with version 64.0 and is retired in Summer '27; the SOAP API itself stays.",
        "[DOC soap-login-not-in-65, soap-login-retired, soap-api-stays]",
        SOAP,
        gate_rules.api_version,
    ),
    Gate(
        "user_known",
        "Username",
        "An unknown username gets the words of a wrong password, and leaves no row in Login "
        "History.",
        "[3P login-history-unknown-user]",
        EVERY,
        gate_rules.user_known,
    ),
    Gate(
        "soap_login_enabled",
        "SOAP API login()",
        "Off in orgs created since Winter '26: Setup > User Interface.",
        "[DOC soap-login-off-new-orgs]",
        SOAP,
        gate_rules.soap_login_enabled,
    ),
    Gate(
        "oauth_password_flow",
        "Username-password flow",
        "Blocked by default in orgs created since Summer '23; retired for connected apps on "
        "2027-02-20.",
        "[DOC oauth-password-blocked, oauth-password-retired]; what the client is told "
        "[WIRE oauth-password-blocked-seen]",
        OAUTH,
        gate_rules.oauth_password_flow,
    ),
    Gate(
        "login_host",
        "Login host",
        "My Domain can prevent logins at login.salesforce.com: then only the org's own host lets "
        "in, whatever the credentials.",
        "[DOC my-domain-login-policy, org-domain-only-kb]; what the client is told "
        "[3P login-host-closed]; its place [assumption gate_order]",
        PASSWORD_DOORS,
        gate_rules.login_host,
    ),
    Gate(
        "rate_limit",
        "Login rate limit",
        "3,600 logins per user and hour; the remedy is to wait.",
        "[DOC login-rate-kb]",
        EVERY,
        gate_rules.rate_limit,
    ),
    Gate(
        "active",
        "User active",
        "A deactivated user is refused in the words of a wrong password.",
        "[INF] its place [assumption gate_order]; the words [WIRE invalid-login-one-answer]",
        EVERY,
        gate_rules.active,
    ),
    Gate(
        "not_frozen",
        "Freeze",
        "Freezing stops logins at once, without deactivating.",
        "[INF] its place [assumption gate_order]; the row [3P login-history-statuses]",
        EVERY,
        gate_rules.not_frozen,
    ),
    Gate(
        "not_locked",
        "Lockout",
        "While locked even the right password and token are refused, in the same words.",
        "[DOC lockout-counter]; the words [WIRE invalid-login-words, invalid-login-one-answer]",
        PASSWORD_DOORS,
        gate_rules.not_locked,
    ),
    Gate(
        "login_hours",
        "Login hours",
        "The profile's login hours deny outside them.",
        "[DOC login-hours-denied]",
        EVERY,
        gate_rules.login_hours,
    ),
    Gate(
        "login_ip_ranges",
        "Login IP ranges",
        "The profile's ranges block outside; the org's trusted ranges never block, they only "
        "relax.",
        "[DOC profile-ip-blocks, trusted-ip-relaxes]",
        EVERY,
        gate_rules.login_ip_ranges,
    ),
    Gate(
        "password",
        "Password",
        "A wrong password counts toward the lockout. A token cut short or too long is taken for "
        "part of it [INF].",
        "[DOC lockout-counter, lockout-attempts-setting]",
        PASSWORD_DOORS,
        gate_rules.password,
    ),
    Gate(
        "token",
        "Security token",
        "Outside trusted ranges the live token must follow the password. It dies with every "
        "change or reset.",
        "[DOC token-dies-login-page, trusted-ip-no-token, lockout-wrong-token-counts]",
        API_PASSWORD,
        gate_rules.token,
    ),
    Gate(
        "no_password",
        "Password and token",
        "This flow presents neither: a password change, a dead token and a lockout change nothing "
        "here.",
        "[INF oauth-flows-without-password]",
        NO_PASSWORD,
        gate_rules.no_password,
    ),
    Gate(
        "api_enabled",
        "API Enabled",
        "Without the permission API Enabled a user logs in by no API.",
        "[INF] its place [assumption gate_order]",
        API,
        gate_rules.api_enabled,
    ),
    Gate(
        "any_api_auth",
        "Use Any API Auth",
        "Asked for by SOAP login() in new orgs, and with Winter '27 in every org; not the same as "
        "API Enabled, nor as Use Any API Client.",
        "[DOC any-api-auth-release-note, any-api-auth-winter27]; against it "
        "[DOC any-api-auth-kb]; not the same as Use Any API Client [3P any-api-client-differs]",
        SOAP,
        gate_rules.any_api_auth,
    ),
    Gate(
        "interface_open",
        "API Only User",
        "An API Only User has no user interface: a token cannot be reset there either.",
        "[CONTRA] refused [3P api-only-ui-restricted]; let in [DOC api-only-ui-insufficient]",
        UI,
        gate_rules.interface_open,
    ),
)
BY_NAME = {gate.name: gate for gate in GATES}
BY_DOOR = {door: tuple(gate for gate in GATES if door in gate.doors) for door in Door}


def decide(
    attempt: Attempt, standing: Standing, evidence: Evidence, settings: OrgSettings, now: int
) -> Verdict:
    """Run a login through the gates of its door; the first refusal decides. Pure."""
    case = Case(attempt, standing, evidence, settings, now)
    steps: list[Step] = []
    refusal: Refusal | None = None
    for gate in BY_DOOR[attempt.door]:
        if refusal is not None:
            steps.append(Step(gate.name, Outcome.NOT_REACHED))
            continue
        said = gate.judge(case)
        if isinstance(said, Refusal):
            refusal = said
            steps.append(Step(gate.name, Outcome.REFUSED, said.code, said.values))
        else:
            steps.append(_passed(gate.name, *said))
    if refusal is not None:
        return Verdict(
            False,
            refusal.fault,
            refusal.status,
            refusal.counts,
            tuple(steps),
            tried_token=_tried_token(case),
        )
    expired = attempt.door.takes_password and case.policy.password_expired(case.user, now)
    return Verdict(True, None, LoginStatus.SUCCESS, False, tuple(steps), expired)


@lru_cache(maxsize=4_096)
def _passed(gate: str, code: str, values: tuple[str | int, ...]) -> Step:
    """The same step again and again: made once."""
    return Step(gate, Outcome.PASSED, code, values)


def _tried_token(case: Case) -> int | None:
    if case.standing.user is None or case.attempt.door not in API_PASSWORD:
        return None
    for reading in case.right:
        token = case.standing.tokens.get(reading.token)
        if token and token.retired_at is not None:
            return token.id
    return None

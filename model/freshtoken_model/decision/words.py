"""Codes become words when read: the gates' trace, the kinds of events, the causes of a token's
death.
"""

import json
from collections.abc import Sequence

from freshtoken_model.values.clock import at
from freshtoken_model.values.errors import OrgFileError
from freshtoken_model.values.kinds import Cause, EventKind, FreezeReason, TokenState
from freshtoken_model.values.records import User
from freshtoken_model.values.visible import Visible, visible

from .gates import BY_NAME
from .policies import OrgSettings
from .slips import SLIPS
from .verdict import Outcome, Step, Verdict

CAUSES: dict[str, str] = {
    Cause.TRAINING_ORG: "came with the training org",
    Cause.PASSWORD_CHANGE: "the password change",
    Cause.PASSWORD_RESET: "an admin's password reset",
    Cause.PASSWORD_SET: "an admin's setPassword()",
    Cause.FORGOT_PASSWORD: "the Forgot your password? link",
    Cause.TOKEN_RESET: "Reset My Security Token",
}
"""What issues or retires a token, as 'retired 14:02 by ...'."""

MARKS = {
    "DOC": "official documentation",
    "WIRE": "captured on the wire",
    "3P": "third parties",
    "INF": "inferred",
    "MEM": "from memory",
    "CONTRA": "sources disagree",
    "OURS": "our wording",
    "MEASURED": "measured here, not on a real org",
}
"""What the marks of the sources mean."""


def clock_words(moment: int, now: int, zone: str) -> str:
    """14:02 when it is of the same day as now, else 24 Sep 2026 14:02."""
    then, today = at(moment, zone), at(now, zone)
    return f"{then:%H:%M}" if then.date() == today.date() else f"{then.day} {then:%b %Y %H:%M}"


def when_words(moment: int, now: int, zone: str) -> str:
    """`at 14:02` when it is of the same day as now, else `on 24 Sep at 14:02`."""
    then, today = at(moment, zone), at(now, zone)
    if then.date() == today.date():
        return f"at {then:%H:%M}"
    year = "" if then.year == today.year else f" {then.year}"
    return f"on {then.day} {then:%b}{year} at {then:%H:%M}"


DETAILS: dict[str, str] = {
    "version": "{0}",
    "version_retired": "version {0}: 30.0 and older are retired",
    "version_unborn": "version {0}: the newest one is 68.0",
    "version_without_login": "version {0}: login() ends with 64.0",
    "user": "{0}",
    "user_unknown": "no such user in this org",
    "other_login_host": "{0} does not know this org: sandboxes log in at test.salesforce.com, all "
    "others at login.salesforce.com",
    "soap_login_on": "enabled in Setup",
    "soap_login_off": "not enabled in Setup > User Interface",
    "password_flow_on": "allowed in Setup",
    "password_flow_off": "not allowed in Setup > OAuth and OpenID Connect Settings",
    "any_host": "My Domain allows the login host",
    "own_host": "the org's own host",
    "login_host_prevented": "{0}: prevented in Setup > My Domain; the org's own host lets in",
    "rate_fine": "under 3,600 logins an hour",
    "rate_off": "switched off, for measuring",
    "rate_exceeded": "{0} logins within the hour",
    "login_retired": "login() is retired in every version by now; the SOAP API itself stays",
    "password_flow_retired": "the username-password flow is retired by now",
    "is_active": "active",
    "inactive": "deactivated by an admin",
    "not_frozen": "not frozen",
    "frozen": "frozen by an admin",
    "frozen_by_salesforce": "frozen by Salesforce, not by an admin (our wording)",
    "not_locked": "not locked out",
    "locked_for_ever": "locked {moment}, until an admin unlocks",
    "locked_until": "locked out until {moment}",
    "no_hours": "no hours set on the profile",
    "inside_hours": "within the profile's hours",
    "outside_hours": "outside the profile's hours",
    "no_ranges": "no ranges set on the profile",
    "inside_ranges": "{0} is inside",
    "outside_ranges": "{0} is outside the profile's ranges",
    "ranges_relaxed": "{0} is outside the profile's ranges, and the app relaxes them",
    "password_right": "password right",
    "password_wrong": "password wrong{slip}",
    "no_password": "an admin's reset ended the password; none is set",
    "token_live": "issued {moment}",
    "token_not_needed": "trusted IP range: no token needed",
    "token_not_needed_inside": "inside the login IP ranges: no token needed",
    "token_missing": "password right, token missing",
    "token_retired": "password right, token retired {moment} by {cause}",
    "token_unknown": "password right, token is none of this user's",
    "code_right": "MFA for API Logins: the authenticator's code is right",
    "code_missing": "password right, the authenticator's code is missing",
    "code_wrong": "password right, the authenticator's code is wrong",
    "code_not_token": "password right, but MFA for API Logins asks for a code in the token's place",
    "no_password_presented": "this flow presents neither",
    "any_api_auth_not_required": "not required in this org",
    "has_any_api_auth": "the user has the permission",
    "lacks_any_api_auth": "the user lacks the permission",
    "has_api_enabled": "the user has the permission",
    "api_not_enabled": "the user lacks the permission",
    "not_api_only": "no: the user interface is open",
    "api_only": "yes: no user interface",
}


def detail(step: Step, now: int, zone: str) -> str:
    """What a gate did, in words."""
    if step.outcome is Outcome.NOT_REACHED:
        return "not reached"
    first = step.values[0] if step.values else ""
    moment = (
        clock_words(first, now, zone)
        if isinstance(first, int) and "{moment}" in DETAILS.get(step.code, "")
        else ""
    )
    cause = CAUSES.get(str(step.values[1]), str(step.values[1])) if len(step.values) > 1 else ""
    slip = ""
    if step.code == "password_wrong" and str(first) in SLIPS:
        slip = f": {SLIPS[str(first)].format(*step.values)}"
    return DETAILS.get(step.code, "").format(*step.values, moment=moment, cause=cause, slip=slip)


def title(step: Step) -> str:
    """What the gate asks."""
    return BY_NAME[step.gate].title if step.gate in BY_NAME else step.gate


def pack(verdict: Verdict) -> str:
    """A trace as stored: JSON, one row a distinct trace."""
    return json.dumps(
        [[s.gate, s.outcome.value, s.code, list(s.values)] for s in verdict.steps],
        separators=(",", ":"),
    )


def unpack(trace: str) -> tuple[Step, ...]:
    """The steps of a stored trace. Raises OrgFileError for what is none: the file was damaged."""
    try:
        return tuple(Step(g, Outcome(o), c, tuple(v)) for g, o, c, v in json.loads(trace))
    except (ValueError, TypeError, RecursionError) as error:
        raise OrgFileError(
            "The org file is damaged: what a login was decided by cannot be read."
        ) from error


def known_from(source: str) -> str:
    """Where a rule is known from, in words: the mark at the start of its source."""
    mark = source.removeprefix("[").partition("]")[0].partition(" ")[0]
    return MARKS.get(mark, mark)


def refusing(steps: tuple[Step, ...]) -> Step | None:
    """The step that refused, None for an accepted login."""
    return next((s for s in steps if s.outcome is Outcome.REFUSED), None)


def change_warning(user: User, settings: OrgSettings, holders: Sequence[str]) -> str:
    """What a user's own password change will end. `holders` are the API clients that hold the
    user's live token.
    """
    if user.token_state == TokenState.RETIRED:
        return "You have no live security token: none can die."
    if user.token_state == TokenState.NEVER_ISSUED:
        mailed = "one is mailed" if settings.token_mail_always else "by default none is mailed"
        return f"You never had a security token: none can die, and {mailed} (an assumption)."
    held = f" Held by: {', '.join(holders)}." if holders else ""
    ends = settings.own_change_ends_sessions
    sessions = "Your other open sessions end" if ends else "Open sessions go on working"
    return (
        f"Your security token stops working as soon as the password is changed.{held} {sessions} "
        "(an assumption)."
    )


WHY_NOT = {
    "inactive": "is inactive",
    "frozen": "is frozen",
    "frozen_by_salesforce": "is frozen by Salesforce",
    "locked_for_ever": "is locked out",
    "locked_until": "is locked out",
    "outside_hours": "is outside the login hours of the profile",
    "api_only": "is an API Only User",
    "login_host_prevented": "must log in at the org's My Domain",
    "rate_exceeded": "has reached the limit of logins within an hour",
}
"""Why a user cannot log in to the user interface with the right password, by the refusal's code."""


def why_not(step: Step) -> str:
    """Why a user cannot log in, as in 'ada@acme.example is frozen'; else which check refused."""
    return WHY_NOT.get(step.code, f"is refused ({title(step)})")


EVENTS: dict[str, str] = {
    EventKind.ORG_MADE: "the training org was made",
    EventKind.ORG_RESET: "the org was set back to the training org",
    EventKind.LOGIN_ACCEPTED: "{user} logged in",
    EventKind.LOGIN_REFUSED: "a login as {user} was refused",
    EventKind.LOCKED_OUT: "{user} was locked out",
    EventKind.LOCK_ENDED: "the lockout of {user} ended by time",
    EventKind.UNLOCKED: "an admin unlocked {user}",
    EventKind.UNLOCKED_BY_RESET: "the password reset ended the lockout of {user}",
    EventKind.FROZEN: "an admin froze {user}",
    EventKind.FROZEN_BY_SALESFORCE: "Salesforce, not an admin, froze {user}: {detail}",
    EventKind.UNFROZEN: "an admin unfroze {user}",
    EventKind.PASSWORD_CHANGED: "{user} changed the password",
    EventKind.PASSWORD_RESET: "an admin reset the password of {user}",
    EventKind.LINK_MAILED: "a password link was mailed to {user}",
    EventKind.TOKEN_RESET: "{user} used Reset My Security Token",
    EventKind.TOKEN_RETIRED: "the security token of {user} died",
    EventKind.PERMISSION_GRANTED: "{user} got the permission {detail}",
    EventKind.PERMISSION_REVOKED: "{user} lost the permission {detail}",
    EventKind.AUTHENTICATOR_REGISTERED: "{user} registered an authenticator",
    EventKind.APP_CHANGED: "connected app {detail}",
    EventKind.TOKENS_REVOKED: "an OAuth token of {user} was revoked",
    EventKind.TOKEN_MAILED: "a new security token was mailed to {user}",
    EventKind.SESSION_ENDED: "a session of {user} ended",
    EventKind.SHARED_SESSION_ENDED: "a shared session of {user} ended: {detail}",
    EventKind.SESSION_LOST: "{client} found its session ended by another program's logout",
    EventKind.USER_CREATED: "an admin made the user {user}",
    EventKind.USER_CHANGED: "an admin changed {user}: {detail}",
    EventKind.PASSWORDS_EXPIRED: "an admin expired all passwords",
    EventKind.PROFILE_CHANGED: "profile {detail}",
    EventKind.SETTING_CHANGED: "setting changed: {detail}",
    EventKind.RANGE_ADDED: "trusted IP range added: {detail}",
    EventKind.RANGE_REMOVED: "trusted IP range removed: {detail}",
    EventKind.CLIENT_CHANGED: "API client {client}: {detail}",
    EventKind.CLIENT_TOLD: "API client {client}: {detail}",
    EventKind.CLOCK_CHANGED: "org clock: {detail}",
    EventKind.INTEGRATION_CHANGED: "integration {client}: {detail}",
    EventKind.INTEGRATION_STOPPED: "integration {client} stopped by itself: INVALID_LOGIN",
    EventKind.RUN_WORKED: "{client} worked with the session it keeps",
    EventKind.RUN_REFUSED: "{client} was refused before any login: {detail}",
    EventKind.PASSWORD_EXPIRED: "the password of {user} expired",
    EventKind.RELEASE_REACHED: "release calendar: {detail}",
    EventKind.MAIL_READ: "a mail to {user} was read",
    EventKind.MAIL_DELETED: "a mail to {user} was deleted",
    EventKind.LAB_STARTED: "the lab {detail} began",
    EventKind.FAULT_INJECTED: "a call of {user} was answered with the injected fault {detail}",
}


RELEASES = {
    "login_retired": "SOAP API login() is retired; the SOAP API itself stays",
    "password_flow_retired": "the OAuth username-password flow for connected apps is retired",
    "any_api_auth_required": "SOAP login() asks everybody for Use Any API Auth",
}
"""What the release calendar brings."""


FREEZES = {
    FreezeReason.LOGIN_ANOMALY.value: "login anomaly (our wording)",
    FreezeReason.HIGH_RISK_ADDRESS.value: "API traffic from a high-risk address (our wording)",
}
"""Why Salesforce froze a user [assumption freeze_by_salesforce_words]."""


def event_words(kind: str, user: str | None, client: str | None, detail: str) -> Visible:
    """An event as a sentence."""
    words = EVENTS.get(kind, kind)
    return visible(
        words.format(
            user=user or "an unknown user",
            client=client or "?",
            detail=(RELEASES | FREEZES).get(detail, detail),
        )
    )

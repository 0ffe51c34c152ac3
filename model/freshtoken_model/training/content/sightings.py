"""What a statement of a proof came to, as a sentence that needs no knowledge of the content files:
`Nightly sync logged in once; the option says never`.
"""

from collections.abc import Callable
from typing import Any

from freshtoken_model.accounts.users import PERMISSIONS
from freshtoken_model.decision.lights import Light
from freshtoken_model.decision.settings import settings
from freshtoken_model.decision.words import DETAILS, EVENTS
from freshtoken_model.login.clients import PROTOCOLS
from freshtoken_model.simulation.integrations import HABITS, RETRIES
from freshtoken_model.values.kinds import EventKind, TokenState
from freshtoken_model.values.visible import visible

from .checks import STATE_CHECKS
from .statements import MISSING, Measure, Moment, Statement

Fields = dict[str, Any]

REASONS = {
    "version_retired": "its API version is retired",
    "version_unborn": "its API version does not exist yet",
    "version_without_login": "its API version has no login()",
    "other_login_host": "that login host does not know this org",
    "rate_exceeded": "too many logins within the hour",
    "locked_for_ever": "locked out, until an admin unlocks",
    "locked_until": "locked out",
    "outside_ranges": "outside the profile's login IP ranges",
    "password_wrong": "password wrong",
    "token_retired": "password right, token retired",
}
"""Reasons of a refusal whose words in Why have values in them; the others are told as there."""
DOORS = {
    "ui": " through the user interface",
    "refresh_token": " by a refresh token",
    "web_server": " by the OAuth web server flow",
}
"""Ways to log in that no API client of the pane has."""
WITHOUT_DETAIL = {
    EventKind.FROZEN_BY_SALESFORCE: "Salesforce, not an admin, froze {user}",
    EventKind.PERMISSION_GRANTED: "{user} got a permission",
    EventKind.PERMISSION_REVOKED: "{user} lost a permission",
    EventKind.APP_CHANGED: "a connected app was changed",
    EventKind.USER_CHANGED: "an admin changed {user}",
    EventKind.PROFILE_CHANGED: "a profile was changed",
    EventKind.SETTING_CHANGED: "a setting was changed",
    EventKind.RANGE_ADDED: "a trusted IP range was added",
    EventKind.RANGE_REMOVED: "a trusted IP range was removed",
    EventKind.CLIENT_CHANGED: "{client} was changed",
    EventKind.CLIENT_TOLD: "{client} got an answer",
    EventKind.CLOCK_CHANGED: "org time was moved",
    EventKind.INTEGRATION_CHANGED: "{client} was changed",
    EventKind.RUN_REFUSED: "{client} was refused before any login",
    EventKind.RELEASE_REACHED: "a date of the release calendar came",
    EventKind.LAB_STARTED: "the lab began",
    EventKind.SHARED_SESSION_ENDED: "a shared session of {user} ended",
    EventKind.FAULT_INJECTED: "a call of {user} was answered with an injected fault",
}
"""Events whose words in the event log have a detail, where a statement asks for none."""
TOKENS = {
    TokenState.LIVE: "holds a live security token",
    TokenState.RETIRED: "holds a retired security token",
    "unknown": "holds a security token that is not the user's",
    "none": "holds no security token",
}
LIGHTS = {
    Light.IDLE: "has not logged in",
    Light.CONNECTED: "is connected",
    Light.BLOCKED: "is refused",
    Light.EXPIRED: "is in, and must change an expired password",
    Light.LOCKED: "is refused: its user is locked out",
}


def sighting(statement: Statement, measure: Measure) -> str:
    """What was seen; where the statement does not hold, also what the option says. Text from a
    content file is made visible.
    """
    of = dict(statement.of)
    if statement.check in STATE_CHECKS:
        words = _state(statement.check, of, measure.found)
        says = " or ".join(_predicate(statement.check, of, one) for one in statement.wanted)
        says = f"that it {says}" if says else "that it is not so"
    else:
        words = _count(statement, of, int(measure.found))
        says = _often(statement)
    return visible(words if measure.holds else f"{words}; the option says {says}")


# ---- States


def _state(check: str, of: Fields, found: str) -> str:
    return f"{SUBJECTS[check](of)} {_predicate(check, of, found)}"


def _user(of: Fields) -> str:
    return f"the user {of['user']}"


def _client(of: Fields) -> str:
    return str(of["client"])


def _network(of: Fields) -> str:
    return f"the network {of['network']}"


SUBJECTS: dict[str, Callable[[Fields], str]] = {
    "user_state": _user,
    "token_state": lambda of: f"the security token of {of['user']}",
    "permission": _user,
    "user_profile": _user,
    "client_token": _client,
    "client_light": _client,
    "client_user": _client,
    "client_network": _client,
    "client_protocol": _client,
    "session_habit": _client,
    "retry": _client,
    "schedule": lambda of: f"the schedule of {of['client']}",
    "setting": lambda of: f"“{settings()[of['setting']].label}”",
    "network_trust": _network,
    "login_ip_ranges": _network,
    "app_flow": lambda of: f"the app {of['app']}",
    "printed": lambda of: "the output",
}
"""What each state is about."""


def _predicate(check: str, of: Fields, state: str) -> str:
    """A state as what follows its subject."""
    if state == MISSING:
        return "is not in the org"
    match check:
        case "token_state" if state == TokenState.NEVER_ISSUED:
            return "was never issued"
        case "permission":
            label = PERMISSIONS[of["permission"]][1]
            return f"{'has' if state == 'held' else 'does not have'} the permission {label}"
        case "user_profile":
            return f"has the profile {state}"
        case "client_token":
            return TOKENS[state]
        case "client_light":
            return LIGHTS[Light(state)]
        case "client_user":
            return f"logs in as {state}"
        case "client_network":
            return f"calls from {state}"
        case "client_protocol":
            return f"logs in{_door(state)}"
        case "session_habit":
            return HABITS[state]
        case "retry":
            return f"retries like this: {RETRIES[state].label}"
        case "setting":
            return f"is set to {settings()[of['setting']].words(state)}"
        case "login_ip_ranges" if state == "no ranges":
            return f"is not limited: the profile {of['profile']} has no login IP ranges"
        case "login_ip_ranges":
            return f"is {state} the login IP ranges of the profile {of['profile']}"
        case "app_flow":
            return f"{'allows' if state == 'allowed' else 'does not allow'} the flow {of['flow']}"
        case "printed":
            return f"{'has' if state == 'shown' else 'does not have'} the text “{of['text']}”"
        case _:
            return f"is {state}"


# ---- Counts


def _count(statement: Statement, of: Fields, found: int) -> str:
    before = "" if statement.after is None else f"after {_moment(statement.after)}, "
    who = of.get("client") or (_user(of) if "user" in of else "")
    way = _door(of["protocol"]) if "protocol" in of else ""
    way += f" from {of['network']}" if "network" in of else ""
    if "outside" in of:
        way += " as a real client" if of["outside"] else " in freshtoken"
    match statement.check:
        case "logged_in" if found:
            words = f"{who or 'somebody'} logged in {_times(found)}{way}"
        case "logged_in":
            words = f"{who} did not log in{way}" if who else f"nobody logged in{way}"
        case "refused":
            why = f" ({_reason(of['reason'])})" if "reason" in of else ""
            if found:
                words = f"{who or 'somebody'} was refused {_times(found)}{way}{why}"
            else:
                did_not = f"{who} was not refused" if who else "nobody was refused"
                words = f"{did_not}{way}{' for this reason' if why else ''}{why}"
        case "login_history":
            whose = f" of {of['user']}" if "user" in of else ""
            words = f"Login History has {_rows(found)} “{of['status']}”{whose}{way}"
        case _:
            words = f"{_happened(of)}: {_times(found)}"
    return before + words


def _door(name: str) -> str:
    label = dict(PROTOCOLS).get(name, "")
    return DOORS.get(name) or f" by {'the ' if label.startswith('OAuth') else ''}{label}"


def _reason(code: str) -> str:
    words = REASONS.get(code) or DETAILS[code]
    return code.replace("_", " ") if "{" in words else words


def _happened(of: Fields) -> str:
    kind, detail = of["event"], of.get("detail")
    if kind == EventKind.CLIENT_TOLD and detail:
        return f"{of.get('client', 'a client')} was told “{detail}”"
    return _event(kind, of.get("user"), of.get("client"), detail)


def _moment(moment: Moment) -> str:
    return _event(moment.event, moment.user, moment.client, None)


def _event(kind: str, user: str | None, client: str | None, detail: str | None) -> str:
    """An event in words; what it does not name is left open."""
    words = EVENTS[kind] if detail else WITHOUT_DETAIL.get(EventKind(kind), EVENTS[kind])
    return words.format(user=user or "a user", client=client or "a client", detail=detail)


def _times(count: int) -> str:
    return "never" if count == 0 else "once" if count == 1 else f"{count} times"


def _rows(count: int) -> str:
    return "no row" if count == 0 else "one row" if count == 1 else f"{count} rows"


def _often(statement: Statement) -> str:
    """How often the option says it was."""
    say = _rows if statement.check == "login_history" else _times
    least, most = statement.least, statement.most
    if most is None:
        return f"at least {say(least)}"
    if most == least:
        return say(most)
    return f"{least} to {say(most)}" if least else f"at most {say(most)}"

"""The one vocabulary of checks: what can be asked about an org's state, and what can be counted in
its event log and its Login History. A statement of a content file fills one in (`statements.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from freshtoken_model.accounts.networks import address_number
from freshtoken_model.accounts.users import PERMISSIONS
from freshtoken_model.decision.lights import Light
from freshtoken_model.decision.settings import settings
from freshtoken_model.decision.words import DETAILS, EVENTS
from freshtoken_model.history.login_history import status_texts
from freshtoken_model.login.clients import PROTOCOLS
from freshtoken_model.org import Org
from freshtoken_model.simulation.integrations import HABITS, RETRIES
from freshtoken_model.store.connection import Database
from freshtoken_model.values.kinds import EventKind, TokenState


@dataclass(frozen=True, slots=True)
class Scene:
    """An org, and the id of the event a lab, a demo or a proof began with."""

    org: Org
    began: int = 0
    printed: str = ""
    """What the steps of a proof printed; a lab and a demo have none."""

    @property
    def db(self) -> Database:
        """The org's database, to read from."""
        return self.org.database


@dataclass(frozen=True, slots=True)
class Check:
    """A word of the vocabulary: what it says, the fields it takes, what a state can be."""

    about: str
    fields: tuple[str, ...]
    read: Callable[[Scene, dict[str, Any]], str]
    states: tuple[str, ...] = ()


def _user_state(scene: Scene, of: dict[str, Any]) -> str:
    return scene.org.users.get(of["user"]).state


def _token_state(scene: Scene, of: dict[str, Any]) -> str:
    return scene.org.users.get(of["user"]).token_state


def _permission(scene: Scene, of: dict[str, Any]) -> str:
    column, _ = PERMISSIONS[of["permission"]]
    return "held" if getattr(scene.org.users.get(of["user"]), column) else "not held"


def _client(name: str) -> Callable[[Scene, dict[str, Any]], str]:
    return lambda scene, of: str(getattr(scene.org.clients.named(of["client"]), name))


def _integration(name: str) -> Callable[[Scene, dict[str, Any]], str]:
    def read(scene: Scene, of: dict[str, Any]) -> str:
        found = scene.org.integrations.get(of["client"])
        if name == "schedule":
            return "stopped" if found.stopped else "paused" if found.paused else "running"
        return str(getattr(found, name))

    return read


def _network_trust(scene: Scene, of: dict[str, Any]) -> str:
    return "trusted" if scene.org.setup.network(of["network"]).trusted else "not trusted"


def _login_ranges(scene: Scene, of: dict[str, Any]) -> str:
    ranges = scene.org.admin.profile(of["profile"]).ranges
    number = address_number(scene.org.setup.network(of["network"]).address)
    inside = any(address_number(one.first) <= number <= address_number(one.last) for one in ranges)
    return "no ranges" if not ranges else "inside" if inside else "outside"


def _app_flow(scene: Scene, of: dict[str, Any]) -> str:
    return "allowed" if of["flow"] in scene.org.apps.get(of["app"]).flows else "not allowed"


def _printed(scene: Scene, of: dict[str, Any]) -> str:
    return "shown" if of["text"] in scene.printed else "not shown"


STATE_CHECKS: dict[str, Check] = {
    "user_state": Check(
        "A user is", ("user",), _user_state, ("active", "locked", "frozen", "inactive")
    ),
    "token_state": Check("A user's security token is", ("user",), _token_state, tuple(TokenState)),
    "permission": Check(
        "A user's permission is", ("user", "permission"), _permission, ("held", "not held")
    ),
    "user_profile": Check(
        "A user's profile is", ("user",), lambda scene, of: scene.org.users.get(of["user"]).profile
    ),
    "client_token": Check(
        "The token an API client holds is",
        ("client",),
        _client("holds"),
        (TokenState.LIVE, TokenState.RETIRED, "unknown", "none"),
    ),
    "client_light": Check(
        "An API client's light is",
        ("client",),
        _client("light"),
        tuple(Light),
    ),
    "client_user": Check("An API client logs in as", ("client",), _client("username")),
    "client_network": Check("An API client calls from", ("client",), _client("network")),
    "client_protocol": Check(
        "An API client calls by",
        ("client",),
        _client("protocol"),
        tuple(PROTOCOLS),
    ),
    "session_habit": Check(
        "What an API client does with its session",
        ("client",),
        _integration("habit"),
        tuple(HABITS),
    ),
    "retry": Check("How an API client retries", ("client",), _integration("retry"), tuple(RETRIES)),
    "schedule": Check(
        "An API client's schedule is",
        ("client",),
        _integration("schedule"),
        ("running", "paused", "stopped"),
    ),
    "setting": Check(
        "A setting has the value",
        ("setting",),
        lambda scene, of: scene.org.setup.values()[of["setting"]],
    ),
    "network_trust": Check(
        "A network is", ("network",), _network_trust, ("trusted", "not trusted")
    ),
    "login_ip_ranges": Check(
        "Seen from a profile's login IP ranges a network is",
        ("profile", "network"),
        _login_ranges,
        ("inside", "outside", "no ranges"),
    ),
    "app_flow": Check(
        "A flow of a connected app is", ("app", "flow"), _app_flow, ("allowed", "not allowed")
    ),
    "printed": Check(
        "In what a proof's steps printed a text is", ("text",), _printed, ("shown", "not shown")
    ),
}
"""What can be asked about the org as it is now."""


def _event(of: dict[str, Any]) -> dict[str, Any]:
    return {"kind": of["event"], "detail": of.get("detail")}


def _accepted(of: dict[str, Any]) -> dict[str, Any]:
    return {"kind": EventKind.LOGIN_ACCEPTED}


def _refused(of: dict[str, Any]) -> dict[str, Any]:
    return {"kind": EventKind.LOGIN_REFUSED, "code": of.get("reason")}


def _history(of: dict[str, Any]) -> dict[str, Any]:
    return {"status": next(key for key, text in status_texts().items() if text == of["status"])}


@dataclass(frozen=True, slots=True)
class Count:
    """A word of the vocabulary that counts: what it counts, and the fields it needs and takes."""

    about: str
    which: Callable[[dict[str, Any]], dict[str, Any]]
    """The fields of an EventFilter."""
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ("user", "client")


LOGIN_TAKES = ("user", "client", "protocol", "network", "outside")
COUNT_CHECKS: dict[str, Count] = {
    "happened": Count("An event happened", _event, ("event",), ("user", "client", "detail")),
    "logged_in": Count("A login was accepted", _accepted, (), LOGIN_TAKES),
    "refused": Count("A login was refused, for a reason", _refused, (), (*LOGIN_TAKES, "reason")),
    "login_history": Count(
        "Login History has a status", _history, ("status",), ("user", "network")
    ),
}
"""What can be counted, in the event log and in Login History."""

FIELD_VALUES: dict[str, Callable[[], list[str]]] = {
    "permission": lambda: list(PERMISSIONS),
    "setting": lambda: list(settings()),
    "event": lambda: list(EVENTS),
    "status": lambda: list(status_texts().values()),
    "reason": lambda: list(DETAILS),
    "protocol": lambda: [
        "soap",
        "oauth",
        "ui",
        "client_credentials",
        "jwt_bearer",
        "refresh_token",
        "web_server",
    ],
}
"""Fields whose values are of a list."""

"""The one vocabulary of checks: what can be said about an org's state, its event log and its Login
History.

A statement is a table of a content file: `check` names a row of STATES or COUNT_CHECKS below, the
other fields fill it in. A state is compared by `is` or `is_not`; a count by `times`, `at_least`,
`at_most` (at least once, when none is given), and `after` an event. Only what happened after the
lab began is counted.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from freshtoken_model.accounts.networks import address_number
from freshtoken_model.accounts.users import PERMISSIONS, find
from freshtoken_model.decision.lights import Light
from freshtoken_model.decision.settings import settings
from freshtoken_model.decision.words import DETAILS, EVENTS
from freshtoken_model.history.counting import EventFilter, count_events, newest_event
from freshtoken_model.history.login_history import status_texts
from freshtoken_model.login.clients import PROTOCOLS, client_id_of
from freshtoken_model.org import Org
from freshtoken_model.simulation.integrations import HABITS, RETRIES
from freshtoken_model.values.errors import OrgError, UnknownNameError
from freshtoken_model.values.kinds import EventKind, TokenState

from .tables import Table

MISSING = "missing"
"""The state of what is not, or not yet, in the org."""


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
class Moment:
    """The newest event of a kind, of a user or a client where they are named."""

    event: str
    user: str = ""
    client: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """How a statement stands: whether it holds, what was found, and what it asks for."""

    holds: bool
    found: str
    wanted: str


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
ORG_NAMES = ("user", "client", "network", "profile", "app")
"""Fields that name something of the org."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A check with its fields filled in."""

    check: str
    of: tuple[tuple[str, Any], ...]
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    least: int = 0
    most: int | None = None
    after: Moment | None = None

    def measure(self, scene: Scene) -> Measure:
        """How it stands in an org. What it names and the org does not have is `missing`, or has not
        happened.
        """
        of = dict(self.of)
        if self.check in STATE_CHECKS:
            try:
                found = STATE_CHECKS[self.check].read(scene, of)
            except UnknownNameError:
                found = MISSING
            holds = found in self.wanted if self.wanted else found not in self.unwanted
            return Measure(
                holds, found, " or ".join(self.wanted) or f"not {' or '.join(self.unwanted)}"
            )
        since, count = _since(scene, self.after), 0
        if since is not None:
            with suppress(UnknownNameError):
                count = self._count(scene, of, since)
        holds = (
            since is not None and count >= self.least and (self.most is None or count <= self.most)
        )
        return Measure(holds, str(count), self.amount)

    @property
    def amount(self) -> str:
        """How often it is wanted, in words."""
        if self.most is None:
            return f"at least {self.least}"
        if 0 < self.least < self.most:
            return f"{self.least} to {self.most}"
        return str(self.most) if self.most == self.least else f"at most {self.most}"

    def _count(self, scene: Scene, of: dict[str, Any], since: int) -> int:
        which = COUNT_CHECKS[self.check].which(of) | _whose(scene, of)
        return count_events(scene.db, EventFilter(since, **which))


def _whose(scene: Scene, of: dict[str, Any]) -> dict[str, Any]:
    which: dict[str, Any] = {"outside": of.get("outside"), "door": of.get("protocol")}
    if "user" in of:
        which["user_id"] = find(scene.db, of["user"]).id
    if "client" in of:
        which["client_id"] = client_id_of(scene.db, of["client"])
    if "network" in of:
        which["address"] = scene.org.setup.network(of["network"]).address
    return which


def _since(scene: Scene, after: Moment | None) -> int | None:
    """The event to count from; None while it has not happened, or cannot: nobody has that name."""
    if after is None:
        return scene.began
    try:
        return newest(scene, after)
    except UnknownNameError:
        return None


def newest(scene: Scene, moment: Moment) -> int | None:
    """The id of the newest event a moment names, None while it has not happened. Raises
    UnknownNameError.
    """
    named = {k: v for k, v in (("user", moment.user), ("client", moment.client)) if v}
    which = EventFilter(scene.began, moment.event, **_whose(scene, named))
    return newest_event(scene.db, which)


def read_statement(table: Table) -> Statement | None:
    """The statement of a table; what is wrong with it becomes its problems. The caller asks for its
    own fields after.
    """
    name = table.get("check", str, "the name of a check")
    if name is None:
        return None
    if name in STATE_CHECKS:
        return _read_state(table, name, STATE_CHECKS[name])
    if name in COUNT_CHECKS:
        return _read_count(table, name, COUNT_CHECKS[name])
    table.wrong(
        "check", f"expected one of {', '.join((*STATE_CHECKS, *COUNT_CHECKS))}; found {name!r}"
    )
    table.asked |= set(table.fields)  # which fields are right cannot be said
    return None


def read_statements(table: Table, name: str) -> tuple[Statement, ...]:
    """The statements of [[name]], which have no fields but their own."""
    statements = []
    for row in table.tables(name):
        row.name = f"{table.name} {row.name}"
        statement = read_statement(row)
        row.finish()
        if statement is not None:
            statements.append(statement)
    return tuple(statements)


def _field(table: Table, name: str, needed: bool) -> Any:
    if name == "outside":
        return table.get(name, bool, "true or false", needed)
    value = table.get(name, str, f"the name of a {name}", needed)
    if value is not None and name in FIELD_VALUES and value not in FIELD_VALUES[name]():
        known = FIELD_VALUES[name]()
        listed = ", ".join(known) if len(known) < 12 else f"one of the {len(known)} there are"
        table.wrong(name, f"expected {listed}; there is no {name} {value!r}")
    return value


def _strings(table: Table, name: str) -> tuple[str, ...]:
    value = table.get(name, (str, list), "a word, or a list of words", needed=False)
    return () if value is None else (value,) if isinstance(value, str) else tuple(map(str, value))


def _read_state(table: Table, name: str, check: Check) -> Statement:
    of = tuple((field, _field(table, field, True)) for field in check.fields)
    wanted, unwanted = _strings(table, "is"), _strings(table, "is_not")
    if bool(wanted) == bool(unwanted):
        table.wrong("is", "expected either is or is_not")
    states = check.states
    if name == "setting" and of[0][1] in settings():
        states = tuple(value for value, _ in settings()[of[0][1]].choices)
    for value in (*wanted, *unwanted):
        if states and value not in states:
            table.wrong(
                "is" if wanted else "is_not",
                f"expected one of {', '.join(states)}; found {value!r}",
            )
    return Statement(name, of, wanted, unwanted)


def _read_count(table: Table, name: str, check: Count) -> Statement:
    of = [(field, _field(table, field, True)) for field in check.needs]
    of += [(f, value) for f in check.takes if (value := _field(table, f, False)) is not None]
    bounds = {
        b: table.get(b, int, "a whole number", needed=False)
        for b in ("times", "at_least", "at_most")
    }
    given = [bound for bound, value in bounds.items() if value is not None]
    if len(given) > 1 and "times" in given:
        table.wrong("times", "expected either times, or at_least and at_most")
    for bound in given:
        if bounds[bound] < 0:
            table.wrong(bound, "expected a number that is not negative")
    times, least, most = bounds["times"], bounds["at_least"], bounds["at_most"]
    if times is not None:
        least = most = times
    elif least is None:
        least = 0 if most is not None else 1
    if most is not None and 0 <= most < least:
        table.wrong("at_most", f"expected at least {least}, as at_least has it; found {most}")
    return Statement(name, tuple(of), least=least, most=most, after=_read_moment(table))


def _read_moment(table: Table) -> Moment | None:
    inner = table.table(
        "after", 'a moment, as in { event = "password_changed", user = "integration" }'
    )
    if inner is None:
        return None
    moment = Moment(
        *(_field(inner, name, name == "event") or "" for name in ("event", "user", "client"))
    )
    inner.finish()
    return moment


def unknown_names(statement: Statement, org: Org) -> list[tuple[str, str]]:
    """Fields of a statement that name what an org does not have, and why."""
    found = []
    look: dict[str, Callable[[str], object]] = {
        "user": org.users.get,
        "client": org.clients.named,
        "network": org.setup.network,
        "profile": org.admin.profile,
        "app": org.apps.get,
    }
    of = dict(statement.of)
    moment = (
        {}
        if statement.after is None
        else {"user": statement.after.user, "client": statement.after.client}
    )
    for fields in (of, {name: value for name, value in moment.items() if value}):
        for name in ORG_NAMES:
            if name in fields:
                try:
                    look[name](fields[name])
                except OrgError as error:
                    found.append((name, str(error)))
    return found

"""What a content file states about an org: read from its table, measured in the org, and looked
through for names that the org does not have.

A statement is a table of a content file: `check` names a row of STATE_CHECKS or COUNT_CHECKS, the
other fields fill it in. A state is compared by `is` or `is_not`; a count by `times`, `at_least`,
`at_most` (at least once, when none is given), and `after` an event. Only what happened after the
lab began is counted.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from freshtoken_model.accounts.users import find
from freshtoken_model.decision.settings import settings
from freshtoken_model.history.counting import EventFilter, count_events, newest_event
from freshtoken_model.login.clients import client_id_of
from freshtoken_model.org import Org
from freshtoken_model.values.errors import OrgError, UnknownNameError

from .checks import COUNT_CHECKS, FIELD_VALUES, STATE_CHECKS, Check, Count, Scene
from .tables import Table

MISSING = "missing"
"""The state of what is not, or not yet, in the org."""
ORG_NAMES = ("user", "client", "network", "profile", "app")
"""Fields that name something of the org."""


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
    named = {k: v for k, v in (("user", after.user), ("client", after.client)) if v}
    try:
        return newest_event(scene.db, EventFilter(scene.began, after.event, **_whose(scene, named)))
    except UnknownNameError:
        return None


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

"""The scenarios: what happens to the credentials of a client, as steps on its org, and what a right
client does then. Content, read from `freshtoken_data/rehearsals`.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import freshtoken_data
from freshtoken_data import ContentError
from freshtoken_model.training.content.steps import read_steps
from freshtoken_model.training.content.tables import Table
from freshtoken_model.training.labs.labs import read_identity
from freshtoken_model.training.shelf import read_files
from freshtoken_model.values.names import match_name

from .evidence import Evidence, LoginKind, RecordedOperation


class Wants(StrEnum):
    """What a right client does."""

    WORKS = "works"
    STOPS = "stops"
    STOPS_OR_RECOVERS = "stops_or_recovers"
    LOGS_IN_ONCE_MORE = "logs_in_once_more"
    RETRIES_WITH_BACKOFF = "retries_with_backoff"


class Need(StrEnum):
    """What a client must have done in the healthy run for a scenario to apply."""

    LOGIN = "login"
    PASSWORD_LOGIN = "password_login"
    SOAP_LOGIN = "soap_login"
    OAUTH_PASSWORD = "oauth_password"
    CLIENT_CREDENTIALS = "client_credentials"
    REFRESH_TOKEN = "refresh_token"
    TOKEN = "token"
    NO_TOKEN = "no_token"
    DATA_CALL = "data_call"
    SESSION_REUSE = "session_reuse"


class After(StrEnum):
    """What a client does that the steps in the middle of a run wait for."""

    LOGIN = "login"
    REFUSED_LOGIN = "refused_login"
    DATA_CALL = "data_call"


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """A fault that the next calls of an operation are answered with, whatever the org says."""

    fault: str
    operation: str
    times: int


@dataclass(frozen=True, slots=True)
class Trigger:
    """Steps that are run when the client has done something for the so manieth time."""

    after: After
    count: int
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, as its file has it. `steps` are freshtoken command lines; {user}, {password},
    {token} and {sent} (password and token) stand for what the client holds.
    """

    id: str
    title: str
    group: str
    words: str
    setup: tuple[str, ...]
    injects: tuple[InjectedFault, ...]
    during: tuple[Trigger, ...]
    wants: Wants
    needs: tuple[Need, ...]
    facts: tuple[str, ...]
    change: str
    """What has to be changed although the client is right; empty for most."""
    file: str


HEALTHY = "healthy"
"""The id of the scenario that comes first: nothing is wrong."""
WANTED = {
    Wants.WORKS: "logs in, reads what it reads, and exits with 0",
    Wants.STOPS: "stops at the first refusal, names it, and exits with another status than 0",
    Wants.STOPS_OR_RECOVERS: "stops at the refusal, or goes on by itself when it is over",
    Wants.LOGS_IN_ONCE_MORE: "logs in again, once, and goes on",
    Wants.RETRIES_WITH_BACKOFF: "tries again, later each time, and goes on",
}
"""What a right client does, in words."""
UNMET = {
    Need.LOGIN: "The client never logs in.",
    Need.PASSWORD_LOGIN: "The client presents no password.",
    Need.SOAP_LOGIN: "The client does not call SOAP login().",
    Need.OAUTH_PASSWORD: "The client does not use the OAuth username-password flow.",
    Need.CLIENT_CREDENTIALS: "The client does not use the client credentials flow.",
    Need.REFRESH_TOKEN: "The client uses no refresh token.",
    Need.TOKEN: "The client sends no security token.",
    Need.NO_TOKEN: "The client sends a security token, so it needs no trusted IP range.",
    Need.DATA_CALL: "The client makes no data call.",
    Need.SESSION_REUSE: "The client makes fewer than two data calls: no session ends in between.",
}
"""Why a scenario is not applicable."""


def unmet(scenario: Scenario, healthy: Evidence, sends_token: bool) -> str:
    """Why a client cannot meet a scenario, as one sentence; empty when it can."""
    kinds = {e.login for e in healthy.logins}
    data_calls = sum(e.operation is RecordedOperation.DATA for e in healthy.exchanges)
    with_password = bool(kinds & {LoginKind.SOAP, LoginKind.PASSWORD})
    does = {
        Need.LOGIN: bool(kinds),
        Need.PASSWORD_LOGIN: with_password,
        Need.TOKEN: with_password and sends_token,
        Need.NO_TOKEN: with_password and not sends_token,
        Need.DATA_CALL: data_calls > 0,
        Need.SESSION_REUSE: data_calls > 1,
    }
    return next(
        (UNMET[need] for need in scenario.needs if not does.get(need, need.value in kinds)), ""
    )


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Every scenario in its order, the healthy one first. Raises ContentError."""
    found, problems = read_files(freshtoken_data.folder(), "rehearsals", read_scenarios)
    if problems:
        raise ContentError(str(problems[0]))
    return tuple(found)


def chosen(names: tuple[str, ...]) -> tuple[Scenario, ...]:
    """The scenarios of these names in their own order, the healthy one always among them; all for
    none. Raises UnknownNameError.
    """
    known = [scenario.id for scenario in scenarios()]
    wanted = {match_name("scenario", name, known, by_beginning=True) for name in names}
    return tuple(s for s in scenarios() if not names or s.id in wanted or s.id == HEALTHY)


def read_scenarios(table: Table, file: str) -> list[Scenario]:
    """The scenarios of a content file; what is wrong with it becomes the table's problems."""
    group = table.line("group", 40)
    found = [_scenario(row, group, file) for row in table.tables("scenario", needed=True)]
    table.finish()
    return found


def _scenario(table: Table, group: str, file: str) -> Scenario:
    name = read_identity(table)
    table.name = f"[[scenario]] {name}" if name else table.name
    scenario = Scenario(
        id=name,
        title=table.line("title", 48),
        group=group,
        words=table.prose("words"),
        setup=read_steps(table, "setup", ""),
        injects=tuple(_injected(row) for row in table.tables("injects")),
        during=tuple(_trigger(row) for row in table.tables("during")),
        wants=Wants(table.choice("wants", [*Wants])),
        needs=_needs(table),
        facts=tuple(table.lines("facts", 0, 8)),
        change=table.line("change", 110, needed=False),
        file=file,
    )
    table.finish()
    return scenario


def _needs(table: Table) -> tuple[Need, ...]:
    names = table.lines("needs", 0)
    for name in names:
        if name not in [*Need]:
            table.wrong("needs", f"expected some of {', '.join(Need)}; found {name!r}")
    return tuple(Need(name) for name in names if name in [*Need])


def _injected(table: Table) -> InjectedFault:
    found = InjectedFault(
        table.line("fault", 40),
        table.choice("operation", ("login", "data", "any")),
        table.number("times", 1, 10_000),
    )
    table.finish()
    return found


def _trigger(table: Table) -> Trigger:
    found = Trigger(
        After(table.choice("after", [*After])),
        table.number("count", 1, 1_000, default=1),
        read_steps(table, "steps", "", least=1),
    )
    table.finish()
    return found

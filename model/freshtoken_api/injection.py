"""Injected faults: the next calls of an operation are answered with a fault that was asked for,
before the org is asked. Off unless create_app() is given Injections; the org counts nothing.
"""

import threading
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from string import Formatter

from starlette.responses import Response

from freshtoken_model.pool import OrgPool
from freshtoken_model.values.errors import BadValueError, NotAllowedError
from freshtoken_model.values.names import match_name

from .exchange import CALLER
from .faults import Fault, faults

INJECTED = "X-Freshtoken-Injected"
"""The header of an answer that was injected, which no Salesforce org sends; it names the fault."""
MOST_TIMES, MOST_PENDING = 10_000, 100
"""How many calls one injection may answer, and how many injections may wait."""
SUPPLIED = {"version"}
"""The values that a door can put into the text of a fault by itself."""


class InjectedOperation(StrEnum):
    """The calls that an injected fault can answer."""

    LOGIN = "login"
    """SOAP login() and the OAuth token endpoint."""
    DATA = "data"
    """Every other SOAP operation and every REST resource of a version, queries included."""
    QUERY = "query"
    """query and queryMore over SOAP; query and queryAll over REST."""
    ANY = "any"
    """All of them."""


class Told(StrEnum):
    """The doors by the words that they have for a fault."""

    SOAP_LOGIN = "SOAP login()"
    OAUTH = "the OAuth token endpoint"
    SOAP_SESSION = "SOAP in a session"
    REST = "REST"


ASKED_AT: dict[InjectedOperation, tuple[Told, ...]] = {
    InjectedOperation.LOGIN: (Told.SOAP_LOGIN, Told.OAUTH),
    InjectedOperation.DATA: (Told.SOAP_SESSION, Told.REST),
    InjectedOperation.QUERY: (Told.SOAP_SESSION, Told.REST),
    InjectedOperation.ANY: tuple(Told),
}
"""Where the calls of an operation arrive."""
COVERS = {
    InjectedOperation.LOGIN: {InjectedOperation.LOGIN, InjectedOperation.ANY},
    InjectedOperation.DATA: {InjectedOperation.DATA, InjectedOperation.ANY},
    InjectedOperation.QUERY: {
        InjectedOperation.QUERY,
        InjectedOperation.DATA,
        InjectedOperation.ANY,
    },
}
"""The operations by which a fault may have been injected that a call takes."""


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault that waits: its key in faults.toml, the operation, and for how many more calls."""

    fault: str
    operation: str
    times: int


def doors_of(fault: Fault) -> frozenset[Told]:
    """The doors that can tell a fault by its key alone; none if its text names a value of the
    request.
    """
    texts = (fault.soap_message, fault.oauth_description, fault.rest_message)
    if {name for text in texts for _, name, _, _ in Formatter().parse(text) if name} - SUPPLIED:
        return frozenset()
    in_session = fault.soap_code.startswith("sf:")
    at_login = bool(fault.soap_code) and not in_session
    known = {
        Told.OAUTH: bool(fault.oauth_error),
        Told.REST: bool(fault.rest_code),
        Told.SOAP_SESSION: bool(fault.soap_code and (in_session or fault.rest_code)),
        Told.SOAP_LOGIN: at_login and bool(fault.oauth_error or not fault.rest_code),
    }
    return frozenset(told for told, knows in known.items() if knows)


@cache
def injectable() -> dict[str, frozenset[Told]]:
    """The faults that can be injected, with the doors that have words for each."""
    found = {key: doors_of(fault) for key, fault in faults().items()}
    return {key: doors for key, doors in found.items() if doors}


class Injections:
    """The faults that wait for a call. Each call takes the first that its operation and its door
    can answer. Used by several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[Injection] = []

    def add(self, fault: str, operation: str = InjectedOperation.ANY, times: int = 1) -> Injection:
        """Answer the next `times` calls of an operation with a fault; both are found whatever their
        letter case. Raises UnknownNameError with the nearest names; BadValueError if `times` is not
        1 to MOST_TIMES; NotAllowedError if no call of the operation can be told the fault, or if
        MOST_PENDING wait.
        """
        known = injectable()
        wanted = match_name("fault", fault, list(known))
        named = InjectedOperation(match_name("operation", operation, list(InjectedOperation)))
        if not 1 <= times <= MOST_TIMES:
            raise BadValueError(f"times is a whole number from 1 to {MOST_TIMES:,}.", str(times))
        if known[wanted].isdisjoint(ASKED_AT[named]):
            where = ", ".join(told for told in Told if told in known[wanted])
            raise NotAllowedError(
                f"The operation {named.value} has no words for {wanted}; it is told at: {where}."
            )
        added = Injection(wanted, named.value, times)
        with self._lock:
            if len(self._pending) >= MOST_PENDING:
                raise NotAllowedError(f"{MOST_PENDING} faults wait already; clear them first.")
            self._pending.append(added)
        return added

    def take(self, operation: InjectedOperation, told: Told) -> str | None:
        """The key of the fault that answers a call now, which is then used once; else None."""
        if not self._pending:
            return None
        with self._lock:
            for place, waits in enumerate(self._pending):
                if waits.operation not in COVERS[operation]:
                    continue
                if told not in injectable()[waits.fault]:
                    continue
                if waits.times > 1:
                    self._pending[place] = replace(waits, times=waits.times - 1)
                else:
                    del self._pending[place]
                return waits.fault
        return None

    def pending(self) -> tuple[Injection, ...]:
        """What still waits, the first that was added first."""
        with self._lock:
            return tuple(self._pending)

    def clear(self) -> int:
        """Drop what waits; returns how many calls would have been answered."""
        with self._lock:
            dropped = sum(waits.times for waits in self._pending)
            self._pending.clear()
        return dropped


class Injector:
    """What a door asks before it asks the org."""

    def __init__(self, pool: OrgPool, injections: Injections | None) -> None:
        self._pool, self._injections = pool, injections

    async def fault(
        self, operation: InjectedOperation, told: Told, username: str = "", session: str = ""
    ) -> str | None:
        """The key of the fault that answers this call, noted in the event log; else None. The user
        is the one of the username, or of the session ID. Raises OrgFileError.
        """
        taken = None if self._injections is None else self._injections.take(operation, told)
        if taken is not None:
            caller = CALLER.get()
            client_id = caller.client_id if caller else None
            await self._pool.quick(
                lambda org: org.injected.note(taken, username, session, client_id)
            )
        return taken


def marked(answer: Response, fault: str) -> Response:
    """An answer that says by its header that it was injected."""
    answer.headers[INJECTED] = fault
    return answer

"""What one run of a client left behind: its requests, its process, what its output shows. Pure
values, in the time of the machine: a rehearsed client waits in real time.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from statistics import median


class RecordedOperation(StrEnum):
    """What a request asks for."""

    LOGIN = "login"
    DATA = "data"
    OTHER = "other"


class LoginKind(StrEnum):
    """How a login comes in."""

    SOAP = "soap_login"
    PASSWORD = "oauth_password"
    CLIENT_CREDENTIALS = "client_credentials"
    JWT_BEARER = "jwt_bearer"
    REFRESH_TOKEN = "refresh_token"
    WEB_SERVER = "web_server"


DEAD_SESSION = "INVALID_SESSION_ID"
PASSING = ("SERVER_UNAVAILABLE", "server_unavailable")
"""Codes of refusals that pass by themselves: trying again, later, is right."""
FINAL_OF_DATA = frozenset(
    {
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
        "API_CURRENTLY_DISABLED",
        "API_DISABLED_FOR_ORG",
        "REQUEST_LIMIT_EXCEEDED",
        "LOGIN_DURING_RESTRICTED_DOMAIN",
        "INVALID_AUTH_HEADER",
    }
)
"""Codes by which a data call is refused for good. A query with a mistake in it is none of them."""


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """A request and its answer. `at_ms`: since the command was started. `fault` and `sentence` are
    those of the answer, empty for one that was accepted; a login's `counted` and `locked` are the
    org's own verdict.
    """

    at_ms: int
    operation: RecordedOperation
    login: str = ""
    status: int = 200
    fault: str = ""
    sentence: str = ""
    counted: bool = False
    locked: bool = False
    path: str = ""
    user_agent: str = ""
    application: str = ""
    """As the client names itself: in SOAP's CallOptions, else the start of its User-Agent."""
    injected: bool = False
    event_id: int | None = None

    @property
    def passing(self) -> bool:
        """Whether it was refused by what passes by itself."""
        return self.fault in PASSING

    @property
    def dead_session(self) -> bool:
        """Whether a session was presented that has ended: one new login cures it."""
        return self.operation is RecordedOperation.DATA and self.fault == DEAD_SESSION

    @property
    def final(self) -> bool:
        """Whether it was refused by what no retry cures: somebody has to act first."""
        if self.operation is RecordedOperation.LOGIN:
            return bool(self.fault) and not self.passing
        return self.operation is RecordedOperation.DATA and self.fault in FINAL_OF_DATA

    @property
    def trouble(self) -> bool:
        """Whether access was refused, for good or not."""
        return self.final or self.dead_session or (self.passing and self.tries)

    @property
    def tries(self) -> bool:
        """Whether it logs in or works."""
        return self.operation is not RecordedOperation.OTHER

    @property
    def worked(self) -> bool:
        """Whether it is a data call that was let in, also one with a mistake in it."""
        return self.operation is RecordedOperation.DATA and not self.trouble


@dataclass(frozen=True, slots=True)
class Process:
    """How the command ended. `exit_status`: negative for the signal that ended it; `ended_by`: the
    signal that freshtoken sent at the limit, empty when it ended by itself.
    """

    exit_status: int
    seconds: float
    ended_by: str = ""
    output_bytes: int = 0
    dropped_bytes: int = 0
    left_processes: bool = False

    @property
    def timed_out(self) -> bool:
        """Whether it had to be ended."""
        return bool(self.ended_by)


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret where it must not be: standard output, standard error, or the URL of a request."""

    where: str
    what: str


URL = "the URL of a request"


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of a run. Distances and times in ms, None where there are none."""

    logins: int
    refused: int
    counted: int
    lockout_limit: int
    locked: bool
    data_calls: int
    refused_data_calls: int
    calls_after_refusal: int
    smallest_distance: int | None
    median_distance: int | None
    longest_distance: int | None
    worked_again_after: int | None


@dataclass(frozen=True)
class Evidence:
    """One run. `names_fault`: whether its output names a fault it was told, by code or sentence;
    `runs_on`: it is a service, which had to be ended in the healthy run too.
    """

    exchanges: tuple[RecordedExchange, ...]
    process: Process
    leaks: tuple[Leak, ...] = ()
    names_fault: bool = False
    lockout_limit: int = 10
    runs_on: bool = False

    @cached_property
    def logins(self) -> tuple[RecordedExchange, ...]:
        """The logins."""
        return tuple(e for e in self.exchanges if e.operation is RecordedOperation.LOGIN)

    @cached_property
    def tries(self) -> tuple[RecordedExchange, ...]:
        """Logins and data calls, in their order."""
        return tuple(e for e in self.exchanges if e.tries)

    @cached_property
    def first_trouble(self) -> RecordedExchange | None:
        """The first refusal of access."""
        return next((e for e in self.tries if e.trouble), None)

    @cached_property
    def first_final(self) -> RecordedExchange | None:
        """The first refusal that no retry cures."""
        return next((e for e in self.tries if e.final), None)

    @cached_property
    def after_final(self) -> tuple[RecordedExchange, ...]:
        """What it tried after the first refusal that no retry cures."""
        return self._after(self.first_final)

    @cached_property
    def after_trouble(self) -> tuple[RecordedExchange, ...]:
        """What it tried after the first refusal of access."""
        return self._after(self.first_trouble)

    @cached_property
    def ends_well(self) -> bool:
        """Whether it was never refused, or worked again after the last refusal; where it makes no
        data calls, a login is its work.
        """
        place = max((n for n, e in enumerate(self.tries, 1) if e.trouble), default=0)
        only_logs_in = all(e.operation is RecordedOperation.LOGIN for e in self.tries)
        worked = any(e.worked or only_logs_in for e in self.tries[place:])
        return worked if place else bool(self.tries)

    @property
    def works(self) -> bool:
        """Whether it ended well and says so."""
        return self.ends_well and (self.process.exit_status == 0 or self.runs_on)

    @cached_property
    def logins_after_dead_session(self) -> int | None:
        """How often it logged in after it was told that its session has ended; None when it was
        not.
        """
        dead = next((e for e in self.tries if e.dead_session), None)
        if dead is None:
            return None
        return sum(e.operation is RecordedOperation.LOGIN for e in self._after(dead))

    @cached_property
    def figures(self) -> Figures:
        """The numbers."""
        refused = [e for e in self.logins if e.fault]
        data = [e for e in self.tries if e.operation is RecordedOperation.DATA]
        first = self.first_trouble
        again = [first, *self.after_trouble] if first else []
        distances = [b.at_ms - a.at_ms for a, b in pairwise(again)]
        worked = next((e for e in self.after_trouble if e.worked), None)
        return Figures(
            logins=len(self.logins),
            refused=len(refused),
            counted=sum(e.counted for e in refused),
            lockout_limit=self.lockout_limit,
            locked=any(e.locked for e in refused),
            data_calls=len(data),
            refused_data_calls=sum(e.status >= 400 for e in data),
            calls_after_refusal=len(self.after_final),
            smallest_distance=min(distances, default=None),
            longest_distance=max(distances, default=None),
            median_distance=round(median(distances)) if distances else None,
            worked_again_after=worked.at_ms - first.at_ms if worked and first else None,
        )

    def _after(self, moment: RecordedExchange | None) -> tuple[RecordedExchange, ...]:
        if moment is None:
            return ()
        place = next(number for number, e in enumerate(self.tries) if e is moment)
        return self.tries[place + 1 :]

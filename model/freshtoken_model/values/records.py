"""Rows as frozen dataclasses. Times are milliseconds since 1970 UTC, of org time unless named
wall.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, TypeVar

from .kinds import TokenState
from .visible import NOTHING, Visible, visible

Row = TypeVar("Row")


@cache
def _read(kind: Any) -> dict[str, Any]:
    """How a field is read from its column, for the fields that are not taken as they are."""
    readers: dict[Any, Any] = {
        bool: bool,
        "bool": bool,
        Visible: visible,
        Visible | None: _visible_or_none,
    }
    return {f.name: readers[f.type] for f in fields(kind) if f.type in readers}


def _visible_or_none(text: str | None) -> Visible | None:
    return None if text is None else visible(text)


def record(kind: type[Row], row: Mapping[str, Any]) -> Row:
    """A record of a class from a row that has its fields as columns.

    Integers become booleans, and texts visible, where the class says so: a file may hold what an
    older freshtoken let in.
    """
    read = _read(kind)  # type: ignore[arg-type]
    return kind(
        **{name: read[name](value) if name in read else value for name, value in row.items()}
    )


def records(kind: type[Row], rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """record() of every row."""
    return [record(kind, row) for row in rows]


@dataclass(frozen=True, slots=True)
class User:
    """A user, without secrets. A lock without an end (`locked_until` None) waits for an admin."""

    id: int
    record_id: str
    username: str
    first_name: str
    last_name: str
    email: str
    profile_id: int
    profile: str
    profile_record_id: str
    administers: bool
    purpose: str
    active: bool
    frozen: bool
    api_enabled: bool
    api_only: bool
    use_any_api_auth: bool
    mfa_api: bool
    authenticator: bool
    password_changed_at: int
    must_change_password: bool
    never_expires: bool
    demo_password: str | None
    has_reset_token: bool
    failed_attempts: int
    locked_at: int | None
    locked_until: int | None
    token_issued_at: int | None = None
    token_retired_at: int | None = None
    token_retired_by: str | None = None

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def state(self) -> str:
        """inactive, frozen, locked or active."""
        if not self.active:
            return "inactive"
        if self.frozen:
            return "frozen"
        return "locked" if self.locked_at is not None else "active"

    @property
    def token_state(self) -> TokenState:
        """What has become of the newest security token."""
        if self.token_issued_at is None:
            return TokenState.NEVER_ISSUED
        return TokenState.LIVE if self.token_retired_at is None else TokenState.RETIRED


@dataclass(frozen=True, slots=True)
class Token:
    """A security token as the org keeps it: a digest, its birth, and its death if it has died."""

    id: int
    user_id: int
    digest: str
    issued_at: int
    issued_by: str
    retired_at: int | None
    retired_by: str | None


@dataclass(frozen=True, slots=True)
class Network:
    """A place logins come from. Trusted when its address lies in a trusted IP range."""

    id: int
    name: str
    label: str
    address: str
    trusted: bool


@dataclass(frozen=True, slots=True)
class IpRange:
    """Addresses from first to last, as dotted IPv4, both included."""

    id: int
    first: str
    last: str
    description: Visible = NOTHING


@dataclass(frozen=True, slots=True)
class Session:
    """A session the org knows. `holders` counts the logins that its session ID was answered to; of
    an API client of the org its repeated logins count once.
    """

    id: int
    user_id: int
    username: str
    kind: str
    source_ip: str
    opened_at: int
    used_at: int
    password_expired: bool
    ended_at: int | None
    ended_by: str | None
    app_id: int | None
    scope: str
    application: Visible
    holders: int


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in the simulated inbox. `token` is the bare token it carries, `link` the key of its
    reset link.
    """

    id: int
    user_id: int
    username: str
    email: str
    sent_at: int
    subject: str
    body: str = field(repr=False)
    token: str | None = field(repr=False)
    link: str | None = field(repr=False)
    read_at: int | None
    tried_dead_at: int | None


@dataclass(frozen=True, slots=True)
class Client:
    """An API client and what it holds: credentials and its open session. `light` is idle,
    connected, blocked, expired, or locked while a refused client's user is locked out.

    One from outside (`serve`) holds nothing we know: its light is what its last login came to,
    `told` that fault's key.
    """

    id: int
    name: Visible
    username: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    network_id: int
    network: str
    address: str
    protocol: str
    api_version: str
    app_id: int | None
    session: str = field(repr=False)
    light: str
    told: Visible
    told_at: int | None
    outside: bool
    login_at: str
    """A LoginAt."""
    login_host: str
    """The host that it logs in at, by that."""
    holds: str = "unknown"
    """State of the token it holds: live, retired, unknown or none."""


@dataclass(frozen=True, slots=True)
class Integration:
    """An API client with a schedule: it runs every `every` ms from `anchor` on. `tries` counts
    those of the present run.
    """

    client_id: int
    client: Visible
    username: str
    protocol: str
    every: int
    anchor: int
    habit: str
    retry: str
    paused: bool
    stopped: bool
    """Its circuit breaker is open: it logs in no more until somebody starts it again."""
    tries: int
    run_at: int | None
    next_due: int | None


@dataclass(frozen=True, slots=True)
class App:
    """A connected app: its flows, the user that client credentials run as, the key that signed JWTs
    must match.
    """

    id: int
    name: str
    consumer_key: str
    consumer_secret: str = field(repr=False)
    flow_names: str
    run_as: str | None
    public_key: str | None
    callback_lines: str
    refresh_rotation: bool = False
    """Enable Refresh Token Rotation: each use of a refresh token gives a new one."""
    ip_relaxation: str = "enforce"
    """IP Relaxation: whether the profile's login IP ranges hold for its users."""

    @property
    def flows(self) -> tuple[str, ...]:
        """The OAuth flows the app may use, in our names."""
        return tuple(self.flow_names.split(","))

    @property
    def callbacks(self) -> tuple[str, ...]:
        """The callback URLs of the web server flow."""
        return tuple(self.callback_lines.split())


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. Holds no secret. `number` counts (failed attempts after a refused
    login).
    """

    id: int
    at: int
    kind: str
    user_id: int | None
    username: str | None
    client_id: int | None
    client: Visible | None
    number: int | None
    detail: Visible
    trace: str | None = None

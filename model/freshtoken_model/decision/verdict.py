"""What goes into the login decision and what comes out of it, as values."""

from dataclasses import dataclass, field
from enum import StrEnum

from freshtoken_model.values.kinds import FaultKey, LoginStatus
from freshtoken_model.values.records import Token, User
from freshtoken_model.values.visible import NOTHING, Visible

from .policies import PasswordPolicy

LOGIN_HOST = Visible("login.salesforce.com")


class Door(StrEnum):
    """How a login comes in: three doors take a password, the others an app's secret, a signed
    assertion or a code.
    """

    SOAP = "soap"
    OAUTH = "oauth"
    UI = "ui"
    CLIENT_CREDENTIALS = "client_credentials"
    JWT_BEARER = "jwt_bearer"
    WEB_SERVER = "web_server"

    @property
    def takes_password(self) -> bool:
        """Whether a password is presented here."""
        return self in (Door.SOAP, Door.OAUTH, Door.UI)


class Outcome(StrEnum):
    """What a gate did."""

    PASSED = "passed"
    REFUSED = "refused"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login as it arrives: who, from where, through which door, and everything sent as the
    password.

    `organization` is LoginScopeHeader's organizationId; `outside` marks a client that is none of
    this org's own.
    """

    username: str
    sent: str = field(repr=False)
    door: Door
    address: str
    api_version: str = ""
    application: Visible = NOTHING
    endpoint: Visible = NOTHING
    login_url: Visible = LOGIN_HOST
    client_id: int | None = None
    organization: str = ""
    app_id: int | None = None
    scope: str = ""
    outside: bool = False
    remembered_only: bool = False
    """Decide it only if no password has to be verified; else NeedsHashingError is raised and
    nothing was done.
    """
    other_host: bool = False
    """It came to a login host that does not know this org: test.salesforce.com, unless the org is a
    sandbox.
    """
    ip_relaxed: bool = False
    """The connected app lets its users pass the profile's login IP ranges."""
    agent: Visible = NOTHING
    """The program behind it, when it does not name itself in the protocol: the start of
    User-Agent.
    """


@dataclass(frozen=True, slots=True)
class Standing:
    """What the org knows when it decides: the user (None = no such user) and all that hangs on
    it.
    """

    user: User | None
    policy: PasswordPolicy | None
    """Of the user's profile; None without a user."""
    password_hash: str | None
    tokens: dict[str, Token]
    """The user's tokens, live and dead, by their text in what was sent."""
    login_ip_ranges: tuple[tuple[int, int], ...]
    login_hours: str | None
    address: int
    trusted: bool
    logins_this_hour: int
    codes: frozenset[str] = frozenset()
    """What the user's authenticator shows now; empty when none is registered."""
    frozen_by_salesforce: bool = False
    """Of a frozen user: whether Salesforce did it, and no admin."""

    @property
    def inside_ranges(self) -> bool:
        """Whether the address is inside the login IP ranges of the profile."""
        return any(first <= self.address <= last for first, last in self.login_ip_ranges)

    @property
    def no_token_needed(self) -> bool:
        """Whether a password alone is enough where the login comes from."""
        return self.trusted or self.inside_ranges


@dataclass(frozen=True, slots=True)
class Step:
    """What one gate did, as a code and its parameters; words.py turns it into a sentence."""

    gate: str
    outcome: Outcome
    code: str = ""
    values: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a gate stops a login: what the client is told, what Login History shows, whether it
    counts.
    """

    fault: FaultKey
    status: LoginStatus
    code: str
    values: tuple[str | int, ...] = ()
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision and its trace."""

    accepted: bool
    fault: FaultKey | None
    status: LoginStatus
    counts: bool
    steps: tuple[Step, ...]
    password_expired: bool = False
    tried_token: int | None = None
    """The id of the retired token presented with the right password, if one was."""

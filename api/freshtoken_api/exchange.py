"""What every endpoint shares: who calls, how an answer looks, and who is behind a session ID."""

import ipaddress
from contextvars import ContextVar
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from freshtoken_model.org import Org, OrgInfo
from freshtoken_model.policies import Policies
from freshtoken_model.records import Account, User, records
from freshtoken_model.work import one

XML, JSON = "text/xml; charset=utf-8", "application/json;charset=UTF-8"
NEVER_CACHED = {"Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private"}
"""As captured at the login endpoint [WIRE salesforce.md 9]."""
NO_STORE = {"Cache-Control": "no-store"}
"""As documented at the token endpoint [DOC salesforce.md 3.5]."""


@dataclass
class Caller:
    """The simulated API client behind a request made in this process; endpoints note the login events it caused."""

    client_id: int
    events: list[int] = field(default_factory=list)


NOWHERE = "0.0.0.0"
CALLER: ContextVar[Caller | None] = ContextVar("CALLER", default=None)
"""Set by the API client pane around its calls; a request from a port has none."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What an answer says about a user: the user, the profile's id, the org and its policies."""

    user: User
    profile_id: str
    info: OrgInfo
    policies: Policies


def caller_id() -> int | None:
    """The client behind this request, if it is one of ours."""
    caller = CALLER.get()
    return caller.client_id if caller else None


def note_event(event_id: int) -> None:
    """Tell the calling client which login event it caused."""
    caller = CALLER.get()
    if caller:
        caller.events.append(event_id)


def base_of(request: Request) -> str:
    """Scheme and host as the client named them: serverUrl and instance_url are built from it."""
    return f"{request.url.scheme}://{request.headers.get('host', 'acme.my.salesforce.com')}"


def host_of(request: Request) -> str:
    """The host the client named, for Login History's Login URL."""
    return request.headers.get("host", "")[:120]


def address_of(request: Request) -> str:
    """The caller's IPv4 address; forwarded headers are ignored. An IPv6 caller is nowhere: trusted ranges are IPv4 here."""
    try:
        address = ipaddress.ip_address(request.client.host if request.client else NOWHERE)
    except ValueError:
        return NOWHERE
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or NOWHERE)
    return str(address)


def xml(body: bytes, status: int = 200) -> Response:
    """A SOAP answer."""
    return Response(body, status, NEVER_CACHED, media_type=XML)


def json_answer(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer; that REST sets the header of the login endpoint is INF."""
    return Response(body, status, NEVER_CACHED if headers is None else headers, media_type=JSON)


def identity(org: Org, user: User) -> Identity:
    """What getUserInfo() and login() say about a user."""
    profile = one(org.database, "select record_id from profile where id = ?", user.profile_id)["record_id"]
    return Identity(user, profile, org.info(), org.setup.policies())


def accounts(org: Org, limit: int | None) -> list[Account]:
    """The handful of Account rows."""
    rows = org.database.query("select * from account order by id limit ?", (-1 if limit is None else limit,))
    return records(Account, rows)

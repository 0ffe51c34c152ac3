"""What every endpoint shares: who calls, how an answer looks, and who is behind a session ID."""

import asyncio
import ipaddress
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from freshtoken_model.accounts.networks import OUTSIDE
from freshtoken_model.decision.policies import OrgSettings
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.login.login import LoginResult
from freshtoken_model.org import Org, OrgInfo
from freshtoken_model.pool import THREADS, OrgPool
from freshtoken_model.values.errors import NeedsHashing
from freshtoken_model.values.records import User
from freshtoken_model.values.visible import visible

from .messages import TooSlowError

Answer = TypeVar("Answer")
XML, JSON = "text/xml; charset=utf-8", "application/json;charset=UTF-8"
NEVER_CACHED = {"Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private"}
"""As captured at the login endpoint [WIRE salesforce.md 9]."""
NO_STORE = {"Cache-Control": "no-store"}
"""As documented at the token endpoint [DOC salesforce.md 3.5]."""


@dataclass
class Caller:
    """Who is behind a request: a simulated API client, or somebody outside (None); endpoints note
    the logins it caused.
    """

    client_id: int | None
    events: list[int] = field(default_factory=list)


NOWHERE = "0.0.0.0"
CALLER: ContextVar[Caller | None] = ContextVar("CALLER", default=None)
"""Set around the calls of the API client pane, and by a port that records what outside clients
do.
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """What an answer says about a user: the user, the org and its settings."""

    user: User
    info: OrgInfo
    settings: OrgSettings


def note_login(result: LoginResult) -> None:
    """Tell who called which login event it caused, and which client it is kept for."""
    caller = CALLER.get()
    if caller:
        caller.events.append(result.event_id)
        caller.client_id = result.client_id


def attempt_of(request: Request, door: Door, **known: Any) -> Attempt:
    """A login as it arrives in a request: from where, by which client; `known` adds what the
    protocol says.
    """
    caller = CALLER.get()
    client_id = caller.client_id if caller else None
    return Attempt(
        username=known.pop("username", "").strip(),
        sent=known.pop("sent", ""),
        door=door,
        address=address_of(request),
        endpoint=visible(request.scope["path"][:200]),
        login_url=visible(request.headers.get("host", "")[:120]),
        client_id=client_id,
        outside=client_id is None
        and door is not Door.UI,  # who logs in to the user interface is a person, no client
        agent=visible(request.headers.get("user-agent", "").partition("/")[0].strip()[:40]),
        **known,
    )


class LoginDesk:
    """Where logins wait: those that memory lets in pass at once, the others stand in line for a
    thread that hashes.
    """

    def __init__(self, pool: OrgPool) -> None:
        self._pool, self._line = pool, asyncio.Semaphore(THREADS)

    async def run(
        self, request: Request, attempt: Attempt, log_in: Callable[[Org, Attempt], Answer]
    ) -> Answer:
        """Log in. Who has left the line meanwhile is not served: raises TooSlowError."""
        try:
            remembered = replace(attempt, remembered_only=True)
            return await self._pool.quick(lambda org: log_in(org, remembered))
        except NeedsHashing:
            pass
        async with self._line:
            if await request.is_disconnected():
                raise TooSlowError
            return await self._pool.run(lambda org: log_in(org, attempt))


def bearer_of(request: Request) -> str:
    """The access token of a request: Authorization: Bearer, or OAuth."""
    scheme, _, session = request.headers.get("authorization", "").partition(" ")
    return session.strip() if scheme.lower() in ("bearer", "oauth") else ""


def base_of(request: Request) -> str:
    """Scheme and host as the client named them: serverUrl and instance_url are built from it."""
    return f"{request.scope['scheme']}://{request.headers.get('host', 'acme.my.salesforce.com')}"


def address_of(request: Request) -> str:
    """The caller's IPv4 address; forwarded headers are ignored. An IPv6 caller is nowhere: trusted
    ranges are IPv4 here.
    """
    if request.client is not None and request.client.host == OUTSIDE:
        return OUTSIDE
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


def identity(org: Org, user: User, settings: OrgSettings | None = None) -> Identity:
    """What getUserInfo() and login() say about a user."""
    return Identity(user, org.info(), settings or org.setup.org_settings())

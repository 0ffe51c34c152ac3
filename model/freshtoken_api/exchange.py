"""What the endpoints share: the caller of a request, its login attempt, and answers."""

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
from freshtoken_model.values.errors import NeedsHashingError
from freshtoken_model.values.records import User
from freshtoken_model.values.visible import visible

from .messages import TooSlowError

Answer = TypeVar("Answer")
XML, JSON = "text/xml; charset=utf-8", "application/json;charset=UTF-8"
NEVER_CACHED = {"Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private"}
"""As captured at the login endpoint [WIRE soap-login-response]."""
NO_STORE = {"Cache-Control": "no-store"}
"""As documented for the token endpoint [DOC oauth-error-format]."""


@dataclass
class Caller:
    """The client behind a request: the ID of a simulated one, None for an external one; and the
    logins that the request caused with the IDs of their events, which endpoints add.
    """

    client_id: int | None
    events: list[int] = field(default_factory=list)
    logins: list[LoginResult] = field(default_factory=list, repr=False)


NOWHERE = "0.0.0.0"
SCHEMES = ("bearer", "oauth")
CALLER: ContextVar[Caller | None] = ContextVar("CALLER", default=None)
"""Set by the API client pane around its calls, and by a port that records external clients."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What an answer says about a user: the user, the org and its settings."""

    user: User
    info: OrgInfo
    settings: OrgSettings


def note_login(result: LoginResult) -> None:
    """Add a login's event to the caller, and the client that the org keeps it for."""
    caller = CALLER.get()
    if caller:
        caller.events.append(result.event_id)
        caller.logins.append(result)
        caller.client_id = result.client_id


def attempt_of(request: Request, door: Door, **known: Any) -> Attempt:
    """The login attempt of a request, with the caller's address and client; `known` holds the
    fields that the protocol carries, by their names in Attempt.
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
        and door is not Door.UI,  # a person logs in to the user interface, not a client
        agent=visible(request.headers.get("user-agent", "").partition("/")[0].strip()[:40]),
        **known,
    )


class LoginQueue:
    """Runs logins. Those decided from memory run at once; the others wait for a thread that hashes,
    so that no more logins hash at a time than there are threads.
    """

    def __init__(self, pool: OrgPool) -> None:
        self._pool, self._line = pool, asyncio.Semaphore(THREADS)

    async def run(
        self, request: Request, attempt: Attempt, log_in: Callable[[Org, Attempt], Answer]
    ) -> Answer:
        """Log in. Raises TooSlowError if the client disconnected while waiting."""
        try:
            remembered = replace(attempt, remembered_only=True)
            return await self._pool.quick(lambda org: log_in(org, remembered))
        except NeedsHashingError:
            pass
        async with self._line:
            if await request.is_disconnected():
                raise TooSlowError
            return await self._pool.run(lambda org: log_in(org, attempt))


def bearer_of(request: Request) -> str:
    """The access token of the Authorization header, in the scheme Bearer or OAuth; else empty."""
    scheme, _, session = request.headers.get("authorization", "").partition(" ")
    return session.strip() if scheme.lower() in SCHEMES else ""


def lacks_token(request: Request) -> bool:
    """Whether the Authorization header has a scheme and nothing behind it."""
    scheme, _, session = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() in SCHEMES and not session.strip()


def base_of(request: Request) -> str:
    """Scheme and host as the client named them; serverUrl and instance_url begin with it."""
    return f"{request.scope['scheme']}://{request.headers.get('host', 'acme.my.salesforce.com')}"


def address_of(request: Request) -> str:
    """The caller's IPv4 address, without regard to forwarded headers. An IPv6 address becomes
    0.0.0.0, because trusted ranges are IPv4 here.
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
    """A SOAP answer with its headers."""
    return Response(body, status, NEVER_CACHED, media_type=XML)


def json_answer(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer. REST gets the headers captured at the login endpoint [assumption]."""
    return Response(body, status, NEVER_CACHED if headers is None else headers, media_type=JSON)


def identity(org: Org, user: User, settings: OrgSettings | None = None) -> Identity:
    """What getUserInfo() and login() say about a user."""
    return Identity(user, org.info(), settings or org.setup.org_settings())

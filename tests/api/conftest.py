"""The org of org_file behind its ASGI app, called by httpx from one of the training org's
networks.
"""

import re
from collections.abc import AsyncIterable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import httpx
import pytest
from starlette.applications import Starlette

from freshtoken_api.app import create_app
from freshtoken_api.injection import Injections
from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool

from ..world import CLOUD, INTEGRATION, START
from .wire_helpers import Scene

SOAP_NS = "http://schemas.xmlsoap.org/soap/envelope/"
NAMES = {"u": "partner", "c": "enterprise"}


def login_body(username: str, password: str, edition: str = "u") -> bytes:
    """What jsforce sends: one line, no header, password and token glued."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><se:Envelope '
        f'xmlns:se="{SOAP_NS}"><se:Header/><se:Body>'
        f"<login "
        f'xmlns="urn:{NAMES[edition]}.soap.sforce.com"><username>{escape(username)}</username>'
        f"<password>{escape(password)}</password></login></se:Body></se:Envelope>"
    ).encode()


def session_body(session: str, operation: str, edition: str = "u") -> bytes:
    """An operation with a SessionHeader, the endpoint's namespace bound to `urn`."""
    return (
        f'<se:Envelope xmlns:se="{SOAP_NS}" '
        f'xmlns:urn="urn:{NAMES[edition]}.soap.sforce.com"><se:Header><urn:SessionHeader>'
        f"<urn:sessionId>{escape(session)}</urn:sessionId></urn:SessionHeader></se:Header>"
        f"<se:Body>{operation}</se:Body></se:Envelope>"
    ).encode()


class Wire:
    """Calls the app as a client on a network does. An exception of the app is raised here, not
    answered.
    """

    def __init__(self, app: Starlette, injections: Injections | None = None) -> None:
        self.app, self.injections = app, injections

    async def send(
        self, method: str, path: str, *, address: str = CLOUD, **request: object
    ) -> httpx.Response:
        """One request to the org's My Domain host."""
        transport = httpx.ASGITransport(self.app, client=(address, 40_000))
        async with httpx.AsyncClient(
            transport=transport, base_url="https://acme.my.salesforce.com"
        ) as client:
            return await client.request(method, path, **request)  # type: ignore[arg-type]

    async def soap(
        self,
        body: bytes | AsyncIterable[bytes],
        path: str = "/services/Soap/u/64.0",
        address: str = CLOUD,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """A SOAP request with a body as it is."""
        sent = {"Content-Type": "text/xml", **(headers or {})}
        return await self.send("POST", path, address=address, content=body, headers=sent)

    async def login(
        self,
        password: str,
        username: str = INTEGRATION,
        address: str = CLOUD,
        version: str = "64.0",
        edition: str = "u",
    ) -> httpx.Response:
        """A SOAP login()."""
        return await self.soap(
            login_body(username, password, edition), f"/services/Soap/{edition}/{version}", address
        )

    async def open_session(self, password: str, **login: str) -> str:
        """The session ID of a SOAP login() that must be accepted."""
        answer = await self.login(password, **login)
        assert answer.status_code == 200, answer.text
        return tag(answer.text, "sessionId")

    async def in_session(
        self, session: str, operation: str, path: str = "/services/Soap/u/64.0"
    ) -> httpx.Response:
        """A SOAP operation with a session ID."""
        edition = "c" if "/Soap/c/" in path else "u"
        return await self.soap(session_body(session, operation, edition), path)

    async def token(self, address: str = CLOUD, **form: str) -> httpx.Response:
        """A form at the token endpoint."""
        return await self.send("POST", "/services/oauth2/token", address=address, data=form)

    async def query(
        self, session: str, soql: str, path: str = "/services/data/v64.0/query"
    ) -> httpx.Response:
        """A REST query with a bearer token."""
        return await self.send(
            "GET", path, params={"q": soql}, headers={"Authorization": f"Bearer {session}"}
        )


def tag(text: str, name: str) -> str:
    """The text of an element, read as simple-salesforce does: by its literal spelling."""
    found = re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
    assert found, f"no <{name}> in {text}"
    return found.group(1)


@pytest.fixture
def pool(org_file: Path) -> Iterator[OrgPool]:
    """The threads of an org, with cheap hashing."""
    opened = OrgPool(org_file, Hashing(memory_kib=8, passes=1))
    yield opened
    opened.close()


@pytest.fixture
def wall_clock_of_the_org(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wall clock shows the training org's first moment where answers are made."""
    monkeypatch.setattr("freshtoken_api.answers.results.wall_clock", lambda: START)


@pytest.fixture
def wire(pool: OrgPool) -> Wire:
    """The app of a pool, ready to be called."""
    injections = Injections()
    return Wire(create_app(pool, injections), injections)


@pytest.fixture
def scene(wire: Wire, org: Org, token: str) -> Scene:
    """The wire with the org behind it, and helpers."""
    return Scene(wire, org, token, org.apps.all()[0])

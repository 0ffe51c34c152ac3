"""What the tests of the wire do again and again: sessions, forms, the web server flow's pages,
signed assertions.
"""

import base64
import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from freshtoken_model.org import Org
from freshtoken_model.store import database
from freshtoken_model.values.records import App

from ..world import ADA, ADAS, OFFICE, PASSWORD, SAM, SAMS
from ..world import INTEGRATION as USER

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUTHORIZE = "/services/oauth2/authorize"
VERIFIER = "a-verifier-of-a-client-that-keeps-no-secret-0123456789"
CALLBACK = "http://localhost:1717/OauthRedirect"
SOQL = "SELECT Id, Name FROM Account LIMIT 5"


def challenge_of(verifier: str) -> str:
    """PKCE, S256."""
    return (
        base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    )


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """The private key of whoever signs assertions."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem() -> bytes:
    """What an admin registers for it."""
    return signing_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def assertion(app: App, **claims: Any) -> str:
    """A signed JWT as sf, simple-salesforce or CumulusCI send it; claims replace its own."""
    own = {
        "iss": app.consumer_key,
        "sub": USER,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 300,
    }
    return jwt.encode(own | claims, signing_key(), algorithm="RS256")


@dataclass
class Scene:
    """The wire, the org behind it, the integration user's token, and the connected app."""

    wire: Any
    org: Org
    token: str
    app: App

    @property
    def client(self) -> dict[str, str]:
        """What an app proves itself with."""
        return {"client_id": self.app.consumer_key, "client_secret": self.app.consumer_secret}

    @property
    def me(self) -> str:
        """The integration user's record ID."""
        return self.id_of(USER)

    def id_of(self, username: str) -> str:
        return self.org.users.get(username).record_id

    async def session(self, password: str = PASSWORD) -> str:
        """The integration user's session, through SOAP."""
        return await self.wire.open_session(
            password + (self.org.mail.newest_token(USER) or self.token)
        )

    async def admin(self) -> str:
        """Ada's session."""
        return await self.wire.open_session(ADAS, username=ADA, address=OFFICE)

    async def rest(self, method: str, path: str, session: str = "", **request: Any) -> Any:
        """A REST request of version 64.0."""
        headers = {"Authorization": f"Bearer {session}", **request.pop("headers", {})}
        return await self.wire.send(
            method, f"/services/data/v64.0{path}", headers=headers, **request
        )

    async def password_resource(
        self, method: str, session: str, username: str = USER, **request: Any
    ) -> Any:
        return await self.rest(
            method, f"/sobjects/User/{self.id_of(username)}/password", session, **request
        )

    async def grant(self, grant_type: str, **form: str) -> Any:
        """A token request of the app, with its secret."""
        return await self.wire.token(grant_type=grant_type, **(self.client | form))

    async def jwt(self, sent: str) -> Any:
        """A token request with an assertion; its key is registered."""
        if self.org.apps.all()[0].public_key is None:
            self.org.apps.register_key(self.app.name, public_pem())
        return await self.wire.token(grant_type=JWT_GRANT, assertion=sent)

    def asked(self, **other: str) -> dict[str, str]:
        """What an app sends the browser to the authorize page with."""
        own = {
            "response_type": "code",
            "client_id": self.app.consumer_key,
            "redirect_uri": CALLBACK,
            "state": "a b&c",
        }
        return own | other

    async def allow(
        self, username: str = SAM, password: str = SAMS, headers: Any = None, **asked: str
    ) -> Any:
        """The form of the authorize page, filled in."""
        data = {"username": username, "password": password}
        return await self.wire.send(
            "POST", AUTHORIZE, params=self.asked(**asked), data=data, headers=headers or {}
        )

    async def code(self, username: str = SAM, password: str = SAMS, **asked: str) -> str:
        """An authorization code."""
        return parse_qs(
            urlsplit((await self.allow(username, password, **asked)).headers["location"]).query
        )["code"][0]

    async def exchange(self, code: str, **form: str) -> Any:
        """A token request with an authorization code and the app's secret."""
        return await self.grant("authorization_code", code=code, redirect_uri=CALLBACK, **form)

    async def granted(self, username: str = SAM, password: str = SAMS) -> dict[str, str]:
        """Access and refresh token of the web server flow."""
        return (await self.exchange(await self.code(username, password))).json()

    async def refresh(self, refresh_token: str) -> Any:
        return await self.grant("refresh_token", refresh_token=refresh_token)

    async def with_the_file_busy(self, asking: Callable[[], Awaitable[Any]]) -> Any:
        """What is answered while another process writes to the org file, and goes on writing."""
        patience, database.BUSY_LIMIT = database.BUSY_LIMIT, 0.0
        self.org.database.conn.execute("BEGIN IMMEDIATE")
        try:
            return await asking()
        finally:
            self.org.database.conn.execute("ROLLBACK")
            database.BUSY_LIMIT = patience

    async def works(self, session: str) -> bool:
        """Whether an access token opens REST."""
        return (await self.wire.query(session, SOQL)).status_code == 200

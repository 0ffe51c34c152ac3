"""openid-client, unmodified, on node: discovery, a sign-in with PKCE whose ID token it verifies, and
what a password change leaves of it. Skipped where node or the package is not there.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import failed
from .keys import APP
from .node import FOLDER, NODE, NodeProcess

MODULES = Path(os.environ.get("FRESHTOKEN_JS_MODULES") or FOLDER / "node_modules")
MAIN = MODULES / "openid-client" / "build" / "index.js"
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.skipif(
        not MAIN.exists(),
        reason=f"no openid-client in {MODULES}: npm install --prefix {FOLDER}, or set "
        f"FRESHTOKEN_JS_MODULES",
    ),
]
CALLBACK = "http://localhost:8000/callback"


@pytest.fixture
def client(salesforce: Salesforce) -> Iterator[NodeProcess]:
    """The client, which has discovered the served org."""
    app = salesforce.org.apps.get(APP)
    node = NodeProcess("openid.cjs", str(MAIN))
    told = node.ok(
        "discover", issuer=salesforce.url, key=app.consumer_key, secret=app.consumer_secret
    )
    assert told["issuer"] == salesforce.url
    yield node
    node.end()


def allow(client: NodeProcess, password: str) -> requests.Response:
    """What the browser does at the page."""
    return requests.post(
        client.ok("begin", callback=CALLBACK),
        data={"username": USER, "password": password},
        allow_redirects=False,
        timeout=10,
    )


def sign_in(client: NodeProcess, password: str) -> dict[str, Any]:
    """The tokens; the client has verified signature, issuer, audience, times and nonce."""
    back = allow(client, password)
    return dict(client.ok("complete", address=back.headers["location"]))


def test_it_verifies_the_id_token_and_reads_userinfo(
    client: NodeProcess, salesforce: Salesforce, org: Org
) -> None:
    tokens = sign_in(client, OLD)
    subject = tokens["claims"]["sub"]
    info, user = org.info(), org.users.get(USER)
    assert subject == f"{salesforce.url}/id/{info.record_id}/{user.record_id}"
    found = client.ok("userinfo", token=tokens["access_token"], subject=subject)
    assert (found["preferred_username"], found["organization_id"]) == (USER, info.record_id)
    assert client.ok("introspect", token=tokens["access_token"])["active"] is True


def test_the_sign_in_asks_for_no_token_and_its_refresh_token_outlives_the_password(
    client: NodeProcess, org: Org, token: str
) -> None:
    org.setup.choose("own_change_ends_sessions", "yes")
    tokens = sign_in(client, OLD)
    subject = tokens["claims"]["sub"]
    org.passwords.change(USER, OLD, NEW)
    client.refused("userinfo", token=tokens["access_token"], subject=subject)
    assert failed(org) == 0, "an ended session costs no attempt"
    fresh = client.ok("refresh", token=tokens["refresh_token"])
    assert client.ok("userinfo", token=fresh["access_token"], subject=subject)["email"]

    for number, password in enumerate((OLD, OLD + token, NEW + token), start=1):
        assert allow(client, password).status_code == 200, "the page again"
        assert failed(org) == number
    assert sign_in(client, NEW)["claims"]["sub"] == subject
    assert failed(org) == 0


def test_a_revoked_refresh_token_is_refused_by_its_name(client: NodeProcess, org: Org) -> None:
    tokens = sign_in(client, OLD)
    client.ok("revoke", token=tokens["refresh_token"])
    error = client.refused("refresh", token=tokens["refresh_token"])
    assert (error["name"], error["code"]) == ("ResponseBodyError", "invalid_grant")
    assert failed(org) == 0

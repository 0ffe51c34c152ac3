"""jsforce 3 and 1, unmodified, on node: the same story in JavaScript. Skipped where node or the
packages are not there.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import LIMIT, NEW_LOCATION, REFUSED, failed, fresh_token
from .keys import APP, JWT_GRANT, Keys
from .node import FOLDER, NODE, NodeProcess

MODULES = Path(os.environ.get("FRESHTOKEN_JS_MODULES") or FOLDER / "node_modules")
COUNT = "SELECT Id, Name FROM Account"
NO = f"INVALID_LOGIN: {REFUSED}"
"""jsforce's error is a plain Error whose message is the faultstring."""


class Jsforce(NodeProcess):
    """A node process with one jsforce Connection at a time."""

    def __init__(self, package: str) -> None:
        super().__init__("client.cjs", str(MODULES / package))

    def login(self, password: str) -> dict[str, Any]:
        """A good login."""
        return dict(self.ok("login", user=USER, password=password))

    def no_login(self, password: str) -> str:
        """The words of a refused login."""
        error = self.refused("login", user=USER, password=password)
        assert (error["name"], error["code"]) == ("Error", None)
        return str(error["message"])


@pytest.fixture(params=["jsforce", "jsforce1"])
def js(request: pytest.FixtureRequest) -> Iterator[Jsforce]:
    """jsforce 3, then jsforce 1."""
    if NODE is None:
        pytest.skip("node is not installed")
    if not (MODULES / request.param / "package.json").exists():
        pytest.skip(
            f"no {request.param} in {MODULES}: npm install --prefix {FOLDER}, or set "
            f"FRESHTOKEN_JS_MODULES"
        )
    running = Jsforce(request.param)
    yield running
    running.end()


@pytest.fixture
def client(js: Jsforce, salesforce: Salesforce) -> Jsforce:
    """jsforce at the plain port, over SOAP."""
    js.ok("open", options={"loginUrl": salesforce.url})
    return js


@pytest.mark.parametrize("by_rest", [False, True], ids=["by the model", "by rest"])
def test_the_token_dies_with_the_password_and_a_fresh_one_lets_in(
    by_rest: bool, client: Jsforce, salesforce: Salesforce, org: Org, token: str
) -> None:
    user, info = org.users.get(USER), org.info()
    found = client.login(OLD + token)
    assert (found["id"], found["organizationId"]) == (user.record_id, info.record_id)
    assert client.ok("session") == {"instanceUrl": salesforce.url, "hasToken": True}
    rows = client.ok("query", soql=COUNT)
    assert (rows["total"], rows["names"][0]) == (5, "Blue Fjord Shipping")

    if by_rest:
        url = f"/services/data/v50.0/sobjects/User/{user.record_id}/password"
        assert client.ok("post", url=url, body={"NewPassword": NEW}) == {}
    else:
        org.passwords.change(USER, OLD, NEW)
    assert client.ok("query", soql=COUNT)["total"] == 5, (
        "an open session goes on working [assumption own_change_ends_sessions]"
    )
    assert client.no_login(OLD + token) == NO
    assert client.no_login(NEW + token) == NO
    assert client.no_login(NEW).startswith(f"LOGIN_MUST_USE_SECURITY_TOKEN: {NEW_LOCATION}")
    assert failed(org) == 3
    client.login(NEW + fresh_token(org))
    assert client.ok("query", soql=COUNT)["total"] == 5
    assert failed(org) == 0


def test_each_wrong_login_costs_one_attempt_up_to_the_lockout(
    client: Jsforce, org: Org, token: str
) -> None:
    org.passwords.change(USER, OLD, NEW)
    for number in range(1, LIMIT):
        assert client.no_login(NEW + token) == NO
        assert failed(org) == number
    assert client.no_login(NEW + token) == NO
    assert org.users.get(USER).state == "locked"
    assert client.no_login(NEW + fresh_token(org)) == NO
    org.users.unlock(USER)
    client.login(NEW + fresh_token(org))
    assert client.ok("query", soql=COUNT)["total"] == 5


def test_when_sessions_end_with_the_password_it_tries_the_old_one_once_more(
    client: Jsforce, org: Org, token: str
) -> None:
    org.setup.choose("own_change_ends_sessions", "yes")
    client.login(OLD + token)
    org.passwords.change(USER, OLD, NEW)
    assert "INVALID_LOGIN" in client.refused("query", soql=COUNT)["message"]
    assert failed(org) == 1


def test_a_session_id_alone_that_ended_is_told_as_such(
    client: Jsforce, salesforce: Salesforce, org: Org
) -> None:
    client.ok(
        "open",
        options={"instanceUrl": salesforce.url, "accessToken": org.info().record_id[:15] + "!dead"},
    )
    error = client.refused("query", soql=COUNT)
    assert (error["name"], error["code"]) == ("INVALID_SESSION_ID", "INVALID_SESSION_ID")
    assert error["message"] == "Session expired or invalid"
    assert failed(org) == 0


def test_the_password_flow_is_refused_in_one_vague_answer(
    js: Jsforce, salesforce: Salesforce, org: Org, token: str
) -> None:
    app = org.apps.get(APP)
    keys = {
        "loginUrl": salesforce.url,
        "clientId": app.consumer_key,
        "clientSecret": app.consumer_secret,
    }
    js.ok("open", options={"oauth2": keys, "loginUrl": salesforce.url})
    found = js.login(OLD + token)
    assert found["id"] == org.users.get(USER).record_id
    who = js.ok("identity")
    assert (who["username"], who["organization_id"]) == (USER, org.info().record_id)
    org.passwords.change(USER, OLD, NEW)
    for number, password in enumerate((OLD + token, NEW + token, NEW), start=1):
        error = js.refused("login", user=USER, password=password)
        assert (error["name"], error["message"]) == ("invalid_grant", "authentication failure")
        assert failed(org) == number
    js.login(NEW + fresh_token(org))
    assert js.ok("query", soql=COUNT)["total"] == 5


@pytest.mark.parametrize("js", ["jsforce"], indirect=True)
@pytest.mark.parametrize("flow", ["client_credentials", "jwt"])
def test_the_flows_without_a_password_survive_a_password_change_and_a_lockout(
    flow: str, js: Jsforce, salesforce: Salesforce, org: Org, token: str
) -> None:
    keys = Keys()
    app = org.apps.register_key(APP, keys.public)
    oauth = {
        "loginUrl": salesforce.url,
        "clientId": app.consumer_key,
        "clientSecret": app.consumer_secret,
    }
    if flow == "jwt":
        claims = {
            "iss": app.consumer_key,
            "sub": USER,
            "aud": salesforce.url,
            "exp": int(time.time()) + 60,
        }
        params = {"grant_type": JWT_GRANT, "assertion": keys.sign(claims)}
    else:
        params = {"grant_type": "client_credentials"}

    def work() -> None:
        js.ok("open", options={"oauth2": oauth, "instanceUrl": salesforce.url})
        assert js.ok("authorize", params=params)["id"] == org.users.get(USER).record_id
        assert js.ok("query", soql=COUNT)["total"] == 5

    work()
    org.passwords.change(USER, OLD, NEW)
    js.ok("open", options={"loginUrl": salesforce.url})
    for _ in range(LIMIT):
        js.no_login(NEW + token)
    assert org.users.get(USER).state == "locked"
    work()


@pytest.fixture
def led(salesforce: Salesforce, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of `freshtoken serve env`; asked for before node starts."""
    for name, value in salesforce.environment.items():
        monkeypatch.setenv(name, value)


def test_the_variables_lead_it_here_from_the_address_of_salesforce(
    led: None, js: Jsforce, token: str
) -> None:
    js.ok("open", options={})
    js.login(OLD + token)
    assert js.ok("session")["instanceUrl"] == "https://acme.my.salesforce.com"
    assert js.ok("query", soql=COUNT)["total"] == 5

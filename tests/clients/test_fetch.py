"""Node's own fetch, without any package: at the plain port, and led by the variables from the
address of Salesforce. Skipped where there is no node, or one that cannot be led.
"""

import subprocess
from collections.abc import Callable, Iterator

import pytest

from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import LIMIT, REFUSED, failed, fresh_token
from .keys import APP
from .node import NODE, NodeProcess

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")
LOGIN, MY_DOMAIN = "https://login.salesforce.com", "https://acme.my.salesforce.com"
COUNT = "SELECT Id FROM Account"
Fetch = Callable[[str], NodeProcess]


@pytest.fixture
def fetch() -> Iterator[Fetch]:
    """Start node for a login host."""
    started: list[NodeProcess] = []

    def start(host: str) -> NodeProcess:
        started.append(NodeProcess("fetch.cjs", host))
        return started[-1]

    yield start
    for process in started:
        process.end()


@pytest.fixture
def led(salesforce: Salesforce, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of `freshtoken serve env`, for a node whose fetch knows them."""
    assert NODE is not None
    knows = 'process.exit(process.allowedNodeEnvironmentFlags.has("--use-env-proxy") ? 0 : 1)'
    if subprocess.run([NODE, "-e", knows], check=False, timeout=30).returncode:
        pytest.skip("node before 22.21 and 24.5 does not read NODE_USE_ENV_PROXY")
    for name, value in salesforce.environment.items():
        monkeypatch.setenv(name, value)


def story(node: NodeProcess, org: Org, token: str, soap: bool, instance: str) -> None:
    """The token dies with the password, each refusal counts, and a fresh one lets in."""
    app = org.apps.get(APP)
    step, more = "soap", {}
    if not soap:
        step, more = "password", {"key": app.consumer_key, "secret": app.consumer_secret}

    def login(password: str) -> str:
        return str(node.ok(step, user=USER, password=password, **more))

    def no_login(password: str) -> tuple[int, str]:
        error = node.refused(step, user=USER, password=password, **more)
        return error["code"], error["message"]

    assert login(OLD + token) == instance
    assert node.ok("query", soql=COUNT) == 5
    assert node.ok("change", id=org.users.get(USER).record_id, password=NEW) == 204
    assert node.ok("query", soql=COUNT) == 5, "an open session goes on working"
    for number, password in enumerate((OLD + token, NEW + token, NEW), start=1):
        status, said = no_login(password)
        if soap:
            kind = "LOGIN_MUST_USE_SECURITY_TOKEN" if password == NEW else "INVALID_LOGIN"
            assert status == 500 and f"<faultcode>{kind}</faultcode>" in said and REFUSED in said
        else:
            assert status == 400 and '"error":"invalid_grant"' in said
        assert failed(org) == number
    assert login(NEW + fresh_token(org)) == instance
    assert node.ok("query", soql=COUNT) == 5
    assert failed(org) == 0


@pytest.mark.parametrize("soap", [True, False], ids=["soap", "password flow"])
def test_the_token_dies_with_the_password_and_a_fresh_one_lets_in(
    soap: bool, fetch: Fetch, salesforce: Salesforce, org: Org, token: str
) -> None:
    story(fetch(salesforce.url), org, token, soap, salesforce.url)


@pytest.mark.parametrize("soap", [True, False], ids=["soap", "password flow"])
def test_the_variables_lead_it_here_from_the_address_of_salesforce(
    led: None, soap: bool, fetch: Fetch, org: Org, token: str
) -> None:
    story(fetch(LOGIN), org, token, soap, MY_DOMAIN)


def test_ten_refusals_lock_the_user_out(
    fetch: Fetch, salesforce: Salesforce, org: Org, token: str
) -> None:
    node = fetch(salesforce.url)
    for number in range(1, LIMIT):
        node.refused("soap", user=USER, password=NEW + token)
        assert failed(org) == number
    node.refused("soap", user=USER, password=NEW + token)
    assert org.users.get(USER).state == "locked"
    assert node.refused("soap", user=USER, password=OLD + token)["code"] == 500


def test_an_ended_session_is_401_and_costs_no_attempt(
    fetch: Fetch, salesforce: Salesforce, org: Org, token: str
) -> None:
    org.setup.choose("own_change_ends_sessions", "yes")
    node = fetch(salesforce.url)
    node.ok("soap", user=USER, password=OLD + token)
    org.passwords.change(USER, OLD, NEW)
    error = node.refused("query", soql=COUNT)
    assert error["code"] == 401 and "INVALID_SESSION_ID" in error["message"]
    assert failed(org) == 0

"""Which host answers what: login hosts, My Domain, Lightning and plain addresses, for a production
org and for a sandbox.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from freshtoken_api.app import create_app
from freshtoken_api.client.api_client import ApiClient
from freshtoken_api.hosts import HOSTS, HostKind, host_kind
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool

from ..world import CHEAP, PASSWORD, START
from ..world import INTEGRATION as USER
from .conftest import Wire, login_body, session_body, tag

LOGIN, TEST, DOMAIN = "login.salesforce.com", "test.salesforce.com", "acme.my.salesforce.com"
SANDBOX_DOMAIN = "acme--training.sandbox.my.salesforce.com"
LIGHTNING, PLAIN = "acme.lightning.force.com", "127.0.0.1:8080"
MADE = 1
"""Rows of Login History that the training org begins with."""


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        (LOGIN, HostKind.PRODUCTION_LOGIN),
        ("LOGIN.Salesforce.com:443", HostKind.PRODUCTION_LOGIN),
        (TEST, HostKind.SANDBOX_LOGIN),
        (DOMAIN, HostKind.MY_DOMAIN),
        (SANDBOX_DOMAIN, HostKind.MY_DOMAIN),
        ("eu42.salesforce.com", HostKind.MY_DOMAIN),
        (LIGHTNING, HostKind.LIGHTNING),
        (PLAIN, HostKind.PLAIN),
        ("localhost", HostKind.PLAIN),
        ("notsalesforce.com", HostKind.PLAIN),
        ("", HostKind.PLAIN),
    ],
)
def test_a_host_is_of_a_kind(host: str, kind: HostKind) -> None:
    assert host_kind(host) is kind and kind in HOSTS


async def soap_login(wire: Wire, host: str, token: str, password: str = PASSWORD) -> Any:
    return await wire.soap(login_body(USER, password + token), headers={"Host": host})


async def oauth_login(wire: Wire, org: Org, host: str, token: str) -> Any:
    app = org.apps.all()[0]
    form = {
        "grant_type": "password",
        "username": USER,
        "password": PASSWORD + token,
        "client_id": app.consumer_key,
        "client_secret": app.consumer_secret,
    }
    return await wire.send("POST", "/services/oauth2/token", data=form, headers={"Host": host})


@pytest.mark.parametrize("host", [LOGIN, f"{LOGIN}:8443"])
async def test_a_login_host_names_the_my_domain_and_answers_no_data(
    wire: Wire, org: Org, token: str, host: str
) -> None:
    answer = await soap_login(wire, host, token)
    port = host.removeprefix(LOGIN)
    home = f"https://{DOMAIN}{port}"
    assert tag(answer.text, "serverUrl").startswith(f"{home}/services/Soap/u/64.0/")
    assert tag(answer.text, "metadataServerUrl").startswith(f"{home}/services/Soap/m/64.0/")
    session = tag(answer.text, "sessionId")
    granted = (await oauth_login(wire, org, host, token)).json()
    assert granted["instance_url"] == home and granted["id"].startswith(f"{home}/id/")
    for bearer in (session, granted["access_token"]):
        headers = {"Host": host, "Authorization": f"Bearer {bearer}"}
        rest = await wire.send("GET", "/services/data/v64.0/limits", headers=headers)
        assert (rest.status_code, rest.json()[0]["errorCode"]) == (400, "URL_NOT_RESET")
        at_home = await wire.send(
            "GET", "/services/data/v64.0/limits", headers=headers | {"Host": DOMAIN + port}
        )
        assert at_home.status_code == 200
    soap = await wire.soap(session_body(session, "<urn:getUserInfo/>"), headers={"Host": host})
    assert "Destination URL not reset" in soap.text and "set in the SforceService" in soap.text


@pytest.mark.parametrize("host", [DOMAIN, PLAIN, "eu42.salesforce.com"])
async def test_elsewhere_everything_stays_where_it_was_called(
    wire: Wire, org: Org, token: str, host: str
) -> None:
    assert f"https://{host}/services/Soap/u" in (await soap_login(wire, host, token)).text
    granted = (await oauth_login(wire, org, host, token)).json()
    assert granted["instance_url"] == f"https://{host}"


async def test_lightning_is_no_login_host(wire: Wire, org: Org, token: str) -> None:
    answer = await soap_login(wire, LIGHTNING, token)
    assert (answer.status_code, answer.headers["content-type"]) == (405, "text/html; charset=utf-8")
    assert "Only POST allowed" in answer.text and "sessionId" not in answer.text
    refused = await oauth_login(wire, org, LIGHTNING, token)
    assert (refused.status_code, refused.json()["error"]) == (400, "unsupported_grant_type")
    assert org.history.newest() == MADE and org.users.get(USER).failed_attempts == 0


async def test_a_production_org_is_unknown_at_the_login_host_of_sandboxes(
    wire: Wire, org: Org, token: str
) -> None:
    refused = await soap_login(wire, TEST, token)
    assert "INVALID_LOGIN" in refused.text
    over_oauth = await oauth_login(wire, org, TEST, token)
    assert over_oauth.json()["error"] == "invalid_grant"
    assert org.history.newest() == MADE and org.users.get(USER).failed_attempts == 0
    last = org.history.events()[-1]
    assert (last.kind, last.user_id) == ("login_refused", None)
    assert "other_login_host" in str(last.trace) and TEST in str(last.trace)


@pytest.mark.parametrize("host", [LOGIN, TEST])
async def test_client_credentials_are_answered_at_the_my_domain_only(
    wire: Wire, org: Org, host: str
) -> None:
    app = org.apps.all()[0]
    form = {
        "grant_type": "client_credentials",
        "client_id": app.consumer_key,
        "client_secret": app.consumer_secret,
    }
    path = "/services/oauth2/token"
    refused = await wire.send("POST", path, data=form, headers={"Host": host})
    assert (refused.status_code, refused.json()) == (
        400,
        {
            "error": "invalid_grant",
            "error_description": "request not supported on this domain",
        },
    )
    for home in (DOMAIN, PLAIN):
        granted = await wire.send("POST", path, data=form, headers={"Host": home})
        assert granted.status_code == 200


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[tuple[Wire, Org]]:
    path = tmp_path / "sandbox.db"
    Org.create(path, "sandbox", START, CHEAP, sandbox=True)
    pool = OrgPool(path, CHEAP)
    with Org(path, CHEAP) as org:
        yield Wire(create_app(pool)), org
    pool.close()


async def test_a_sandbox_logs_in_at_its_own_login_host_and_says_what_it_is(
    sandbox: tuple[Wire, Org],
) -> None:
    wire, org = sandbox
    token = org.clients.all()[0].token
    answer = await soap_login(wire, TEST, token)
    assert tag(answer.text, "sandbox") == "true"
    assert tag(answer.text, "serverUrl").startswith(f"https://{SANDBOX_DOMAIN}/services/Soap/u/")
    assert "INVALID_LOGIN" in (await soap_login(wire, LOGIN, token)).text
    found = await wire.query(tag(answer.text, "sessionId"), "SELECT IsSandbox FROM Organization")
    assert found.json()["records"][0]["IsSandbox"] is True
    org.reset()
    assert org.info().sandbox, "it is one still"


PREVENTED = {
    "soap": "prevent_soap_login_at_login_host",
    "oauth": "prevent_login_at_login_host",
}


@pytest.mark.parametrize("host", [LOGIN, "LOGIN.salesforce.com", f"{LOGIN}:8443"])
@pytest.mark.parametrize("door", PREVENTED)
async def test_a_prevented_login_host_refuses_right_credentials_and_the_own_host_lets_in(
    wire: Wire, org: Org, token: str, door: str, host: str
) -> None:
    async def status(at: str) -> int:
        answer = (
            await soap_login(wire, at, token)
            if door == "soap"
            else await oauth_login(wire, org, at, token)
        )
        return int(answer.status_code)

    assert await status(host) == 200
    org.setup.choose(PREVENTED[door], "on")
    assert await status(host) == (500 if door == "soap" else 400)
    row = org.history.logins()[0]
    assert (row.status, row.login_url) == ("Restricted Domain", host)
    assert org.users.get(USER).failed_attempts == 0
    assert await status(DOMAIN) == await status(PLAIN) == 200


async def test_each_of_the_two_switches_is_for_its_own_logins(
    wire: Wire, org: Org, token: str
) -> None:
    org.setup.choose("prevent_login_at_login_host", "on")
    assert (await soap_login(wire, LOGIN, token)).status_code == 200
    org.setup.choose("prevent_login_at_login_host", "off")
    org.setup.choose("prevent_soap_login_at_login_host", "on")
    assert (await oauth_login(wire, org, LOGIN, token)).status_code == 200
    refused = await soap_login(wire, LOGIN, token)
    assert "INVALID_LOGIN: Invalid username, password, security token" in refused.text


async def test_an_api_client_logs_in_where_it_is_set_to_and_calls_the_my_domain_afterwards(
    pool: OrgPool, org: Org
) -> None:
    api, nightly = ApiClient(pool), org.clients.all()[0]
    assert nightly.login_host == DOMAIN
    org.setup.choose("prevent_soap_login_at_login_host", "on")
    assert (await api.login(nightly.id)).answer.light == "connected"
    org.clients.hold(nightly.id, login_at="login-host")
    assert org.clients.get(nightly.id).login_host == LOGIN
    assert (await api.login(nightly.id)).answer.told.startswith("INVALID_LOGIN")
    assert (await api.query(nightly.id)).answer.light == "connected", "its session goes on"
    org.integrations.change(nightly.name, every=60_000, first=org.clock.read().seen_org + 1)
    org.clock.advance("1m")
    row = org.history.logins()[0]
    assert (row.status, row.login_url) == ("Restricted Domain", LOGIN), "by its schedule too"

"""aiosalesforce, unmodified, through the proxy: it tries a refused login four times, which empties
the lockout's margin.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiosalesforce import Salesforce as Client
from aiosalesforce.auth import ClientCredentialsFlow, JwtBearerFlow, SoapLogin
from aiosalesforce.auth.base import Auth
from aiosalesforce.exceptions import AuthenticationError
from aiosalesforce.retries import RULE_RESPONSE_RETRY_SERVER_ERRORS, RetryPolicy

from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import LIMIT, NEW_LOCATION, REFUSED, failed, fresh_token
from .keys import APP, Keys

ORG = "https://acme.my.salesforce.com"
NO = ("INVALID_LOGIN", REFUSED, f"[INVALID_LOGIN] {REFUSED}")
TRIES = 4
"""A login and its three retries: the client takes the HTTP 500 of a SOAP fault for a server that is
down.
"""
IMPATIENT = RetryPolicy(response_rules=[RULE_RESPONSE_RETRY_SERVER_ERRORS], backoff_base=0)
"""The client's own rule for server errors, without its pauses."""


@pytest.fixture
async def http(
    salesforce: Salesforce, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """httpx as it is, led here by the variables of `freshtoken serve env`."""
    for name, value in salesforce.environment.items():
        monkeypatch.setenv(name, value)
    async with httpx.AsyncClient() as client:
        yield client


async def count(http: httpx.AsyncClient, auth: Auth, **more: object) -> int:
    """How many accounts a fresh client of that login sees."""
    client = Client(http, ORG, auth=auth, **more)
    return len([row async for row in client.query("SELECT Id FROM Account")])


async def refused(
    http: httpx.AsyncClient, auth: Auth, policy: RetryPolicy | None
) -> tuple[object, str | None, str]:
    """Code, text and words of the client's own error."""
    with pytest.raises(AuthenticationError) as caught:
        await count(http, auth, retry_policy=policy)
    return caught.value.error_code, caught.value.error_message, str(caught.value)


async def test_one_wrong_login_is_sent_four_times_and_costs_four_attempts(
    http: httpx.AsyncClient, org: Org, token: str
) -> None:
    assert await count(http, SoapLogin(USER, OLD, token)) == 5
    org.passwords.change(USER, OLD, NEW)
    with pytest.raises(AuthenticationError) as caught:
        await count(http, SoapLogin(USER, NEW, token))  # with every setting at its default
    assert (caught.value.error_code, caught.value.response.status_code) == ("INVALID_LOGIN", 500)
    assert failed(org) == TRIES
    assert [row.status for row in org.history.logins(USER)][:TRIES] == ["Invalid Password"] * TRIES
    assert await count(http, SoapLogin(USER, NEW, fresh_token(org))) == 5
    assert failed(org) == 0


async def test_three_wrong_logins_lock_the_user_out(
    http: httpx.AsyncClient, org: Org, token: str
) -> None:
    org.passwords.change(USER, OLD, NEW)
    for number in (1, 2):
        assert await refused(http, SoapLogin(USER, NEW, token), IMPATIENT) == NO
        assert (failed(org), org.users.get(USER).state) == (number * TRIES, "active")
    assert await refused(http, SoapLogin(USER, NEW, token), IMPATIENT) == NO
    assert org.users.get(USER).state == "locked"
    rows = [row.status for row in org.history.logins(USER)]
    assert rows[:3] == ["Password Lockout", "Password Lockout", "Invalid Password"], (
        "the last two met the lock"
    )
    fresh = fresh_token(org)
    assert await refused(http, SoapLogin(USER, NEW, fresh), IMPATIENT) == NO
    org.users.unlock(USER)
    assert await count(http, SoapLogin(USER, NEW, fresh)) == 5


async def test_without_its_retries_a_wrong_login_costs_one_attempt(
    http: httpx.AsyncClient, org: Org, token: str
) -> None:
    org.passwords.change(USER, OLD, NEW)
    assert await refused(http, SoapLogin(USER, OLD, token), None) == NO
    assert failed(org) == 1
    assert await refused(http, SoapLogin(USER, NEW, token), None) == NO
    assert failed(org) == 2
    code, message, words = await refused(http, SoapLogin(USER, NEW, ""), None)
    assert code == "LOGIN_MUST_USE_SECURITY_TOKEN"
    assert (message or "").startswith(NEW_LOCATION)
    assert words == f"[LOGIN_MUST_USE_SECURITY_TOKEN] {message}"
    assert failed(org) == 3
    for number in range(4, LIMIT):
        await refused(http, SoapLogin(USER, NEW, token), None)
        assert failed(org) == number


async def test_a_live_client_whose_session_ends_with_the_password_costs_four_attempts_at_its_next_call(
    http: httpx.AsyncClient, org: Org, token: str
) -> None:
    org.setup.choose("own_change_ends_sessions", "yes")
    client = Client(http, ORG, auth=SoapLogin(USER, OLD, token), retry_policy=IMPATIENT)
    ident = org.users.get(USER).record_id
    assert (await client.sobject.get("User", ident))["Username"] == USER
    org.passwords.change(USER, OLD, NEW)
    with pytest.raises(AuthenticationError) as caught:
        await client.sobject.get("User", ident)
    assert (caught.value.error_code, failed(org)) == ("INVALID_LOGIN", TRIES)


async def test_the_password_may_be_changed_by_the_client_itself(
    http: httpx.AsyncClient, org: Org, token: str
) -> None:
    client = Client(http, ORG, auth=SoapLogin(USER, OLD, token))
    url = f"{ORG}/services/data/v60.0/sobjects/User/{org.users.get(USER).record_id}/password"
    assert (await client.request("POST", url, json={"NewPassword": NEW})).status_code == 204
    assert len([row async for row in client.query("SELECT Id FROM Account")]) == 5
    assert await refused(http, SoapLogin(USER, NEW, token), None) == NO
    assert await count(http, SoapLogin(USER, NEW, fresh_token(org))) == 5


async def test_an_ampersand_in_the_password_breaks_this_clients_xml_and_costs_nothing(
    http: httpx.AsyncClient, org: Org
) -> None:
    org.passwords.change(USER, OLD, "Fresh&Start-88")
    code, message, _ = await refused(
        http, SoapLogin(USER, "Fresh&Start-88", fresh_token(org)), None
    )
    assert code == "UNKNOWN_EXCEPTION"
    assert "The reference to entity" in (message or "")
    assert failed(org) == 0, "it was no login attempt"
    assert await count(http, SoapLogin(USER, "Fresh&amp;Start-88", fresh_token(org))) == 5


# ---- The flows without a password


async def change_and_lock_out(http: httpx.AsyncClient, org: Org, token: str) -> None:
    org.passwords.change(USER, OLD, NEW)
    for _ in range(LIMIT):
        await refused(http, SoapLogin(USER, NEW, token), None)
    assert org.users.get(USER).state == "locked"


async def test_client_credentials_survive_a_password_change_and_a_lockout(
    http: httpx.AsyncClient, org: Org, token: str
) -> None:
    app = org.apps.get(APP)
    assert await count(http, ClientCredentialsFlow(app.consumer_key, app.consumer_secret)) == 5
    await change_and_lock_out(http, org, token)
    assert await count(http, ClientCredentialsFlow(app.consumer_key, app.consumer_secret)) == 5
    assert await refused(http, ClientCredentialsFlow(app.consumer_key, "wrong"), None) == (
        "invalid_client",
        "invalid client credentials",
        "[invalid_client] invalid client credentials",
    )


async def test_a_signed_jwt_survives_a_password_change_and_a_lockout(
    http: httpx.AsyncClient, org: Org, token: str, tmp_path: Path
) -> None:
    keys, key_file = Keys(), tmp_path / "server.key"
    key_file.write_bytes(keys.private)
    app = org.apps.register_key(APP, keys.public)
    assert await count(http, JwtBearerFlow(app.consumer_key, USER, key_file)) == 5
    await change_and_lock_out(http, org, token)
    assert await count(http, JwtBearerFlow(app.consumer_key, USER, key_file)) == 5
    key_file.write_bytes(Keys().private)
    assert await refused(http, JwtBearerFlow(app.consumer_key, USER, key_file), None) == (
        "invalid_grant",
        "invalid assertion",
        "[invalid_grant] invalid assertion",
    )

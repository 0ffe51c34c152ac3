"""pyforce, unmodified: SOAP with gzipped requests, to the URL it is given, then to the session's
serverUrl.
"""

from collections.abc import Callable

import pyforce
import pytest
from pyforce.xmlclient import SessionTimeoutError, SoapFaultError

from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import LIMIT, NEW_LOCATION, REFUSED, failed, fresh_token

COUNT = "SELECT Id, Name FROM Account"


@pytest.fixture
def client(salesforce: Salesforce) -> pyforce.PythonClient:
    """pyforce at the plain port."""
    return pyforce.PythonClient(serverUrl=f"{salesforce.url}/services/Soap/u/59.0")


def refused(call: Callable[[], object]) -> tuple[str, str]:
    """Code and text of the client's own error."""
    with pytest.raises(SoapFaultError) as caught:
        call()
    return caught.value.faultCode, caught.value.faultString


NO = ("INVALID_LOGIN", f"INVALID_LOGIN: {REFUSED}")


def by_the_model(client: pyforce.PythonClient, org: Org) -> None:
    org.passwords.change(USER, OLD, NEW)


def by_set_password(client: pyforce.PythonClient, org: Org) -> None:
    client.setPassword(org.users.get(USER).record_id, NEW)


@pytest.mark.parametrize("change", [by_the_model, by_set_password])
def test_the_token_dies_with_the_password_and_a_fresh_one_lets_in(
    change: Callable[[pyforce.PythonClient, Org], None],
    client: pyforce.PythonClient,
    org: Org,
    token: str,
) -> None:
    found = client.login(USER, OLD + token)
    assert (found["userInfo"]["userFullName"], found["passwordExpired"]) == ("Nightly Sync", False)
    rows = client.query(COUNT)
    assert (rows.size, rows.done, rows[0].Name) == (5, True, "Blue Fjord Shipping")

    change(client, org)
    assert client.query(COUNT).size == 5, (
        "an open session goes on working [assumption own_change_ends_sessions]"
    )
    other = pyforce.PythonClient(serverUrl=client.serverUrl)
    assert refused(lambda: other.login(USER, OLD + token)) == NO
    assert refused(lambda: other.login(USER, NEW + token)) == NO
    code, words = refused(lambda: other.login(USER, NEW))
    assert code == "LOGIN_MUST_USE_SECURITY_TOKEN"
    assert words.startswith(f"LOGIN_MUST_USE_SECURITY_TOKEN: {NEW_LOCATION}")
    assert failed(org) == 3
    other.login(USER, NEW + fresh_token(org))
    assert other.query(COUNT).size == 5
    assert failed(org) == 0


def test_each_wrong_login_costs_one_attempt_up_to_the_lockout(
    client: pyforce.PythonClient, org: Org, token: str
) -> None:
    org.passwords.change(USER, OLD, NEW)
    for number in range(1, LIMIT):
        assert refused(lambda: client.login(USER, NEW + token)) == NO
        assert failed(org) == number
    assert refused(lambda: client.login(USER, NEW + token)) == NO
    assert org.users.get(USER).state == "locked"
    assert refused(lambda: client.login(USER, NEW + fresh_token(org))) == NO
    org.users.unlock(USER)
    client.login(USER, NEW + fresh_token(org))
    assert client.query(COUNT).size == 5


def test_a_session_that_ended_is_the_error_a_script_can_catch_to_log_in_again(
    client: pyforce.PythonClient, org: Org, token: str
) -> None:
    client.login(USER, OLD + token)
    assert client.logout()
    with pytest.raises(SessionTimeoutError) as caught:
        client.query(COUNT)
    assert caught.value.faultCode == "INVALID_SESSION_ID"
    assert failed(org) == 0
    client.login(USER, OLD + token)
    assert client.query(COUNT).size == 5


def test_a_password_that_breaks_the_policy_is_refused_with_the_rule(
    client: pyforce.PythonClient, org: Org, token: str
) -> None:
    client.login(USER, OLD + token)
    code, words = refused(lambda: client.setPassword(org.users.get(USER).record_id, "short1"))
    assert code == "INVALID_NEW_PASSWORD"
    assert "8 characters or more" in words
    client.login(USER, OLD + token)


def test_the_version_that_it_has_by_default_is_retired(
    salesforce: Salesforce, org: Org, token: str
) -> None:
    default = pyforce.PythonClient().serverUrl
    assert default.startswith("https://") and default.endswith("/20.0")
    old = pyforce.PythonClient(serverUrl=f"{salesforce.url}/services/Soap/u/20.0")
    code, _ = refused(lambda: old.login(USER, OLD + token))
    assert code == "UNSUPPORTED_API_VERSION"
    assert failed(org) == 0


def test_the_variables_lead_it_here_from_the_address_of_salesforce(
    salesforce: Salesforce, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    for name, value in salesforce.environment.items():
        monkeypatch.setenv(name, value)
    client = pyforce.PythonClient(serverUrl="https://login.salesforce.com/services/Soap/u/59.0")
    found = client.login(USER, OLD + token)
    assert found["serverUrl"].startswith("https://acme.my.salesforce.com/services/Soap/u/59.0/00D")
    assert client.query(COUNT).size == 5

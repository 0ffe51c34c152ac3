"""simple-salesforce, unmodified, against a served org: the token works, dies, is refused, and comes back."""

import pytest
import requests
from simple_salesforce import Salesforce, SalesforceAuthenticationFailed, SalesforceLogin

from freshtoken_model.org import Org

USER, OLD, NEW = "integration@acme.example", "Harbour-Light-7", "Fresh-Start-88"
REFUSED = "Invalid username, password, security token; or user locked out."


def connect(session: requests.Session, password: str, token: str) -> Salesforce:
    return Salesforce(username=USER, password=password, security_token=token, session=session)


def refusal(session: requests.Session, password: str, token: str) -> SalesforceAuthenticationFailed:
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        connect(session, password, token)
    return caught.value


def test_a_script_is_refused_after_a_password_change_and_let_in_with_a_fresh_token(
    served, session: requests.Session, org: Org
) -> None:
    token = org.clients.all()[0].token
    sf = connect(session, OLD, token)
    assert [row["Name"] for row in sf.query("SELECT Id, Name FROM Account LIMIT 2")["records"]] == [
        "Blue Fjord Shipping",
        "Kestrel Optics",
    ]

    org.passwords.change(USER, OLD, NEW)
    assert sf.query("SELECT Id FROM Account")["totalSize"] == 5, "an open session goes on working (assumption B12)"
    for password in (OLD, NEW):
        error = refusal(session, password, token)
        assert (error.code, str(error)) == ("INVALID_LOGIN", f"Authentication failed (code: INVALID_LOGIN): {REFUSED}")
    missing = refusal(session, NEW, "")
    assert missing.code == "LOGIN_MUST_USE_SECURITY_TOKEN"

    fresh = org.mail.newest_token(USER)
    assert fresh is not None
    assert connect(session, NEW, fresh).query("SELECT Id FROM Account")["totalSize"] == 5
    statuses = [row.status for row in org.history.logins(USER)]
    assert statuses[:5] == ["Success", "Failed: API security token required", *["Invalid Password"] * 2, "Success"]


def test_one_wrong_login_costs_exactly_one_attempt_and_ten_lock_the_user_out(served, session, org: Org) -> None:
    token = org.clients.all()[0].token
    org.passwords.change(USER, OLD, NEW)
    for number in range(1, 10):
        refusal(session, NEW, token)
        assert org.users.get(USER).failed_attempts == number
    refusal(session, NEW, token)
    assert org.users.get(USER).state == "locked"
    fresh = org.mail.newest_token(USER)
    assert refusal(session, NEW, fresh or "").code == "INVALID_LOGIN"
    org.users.unlock(USER)
    assert connect(session, NEW, fresh or "").session_id


def test_the_oauth_flow_needs_the_token_too(served, session, org: Org) -> None:
    token, app = org.clients.all()[0].token, org.clients.apps()[0]
    keys = {"consumer_key": app.consumer_key, "consumer_secret": app.consumer_secret, "session": session}
    assert Salesforce(username=USER, password=OLD + token, **keys).query("SELECT Id FROM Account")["totalSize"] == 5
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        Salesforce(username=USER, password=OLD, **keys)
    assert (caught.value.code, str(caught.value)) == (
        "invalid_grant",
        "Authentication failed (code: invalid_grant): authentication failure",
    )


def test_a_login_over_plain_http_with_the_documented_argument(served, org: Org) -> None:
    token = org.clients.all()[0].token
    session_id, instance = SalesforceLogin(username=USER, password=OLD, security_token=token, scratch_url=served.url)
    assert session_id.startswith(org.info().record_id[:15] + "!")
    assert f"http://{instance}" == served.url

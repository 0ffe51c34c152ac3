"""simple-salesforce, unmodified, over SOAP: the token works, dies, is refused, and comes back; the
ways it is led here.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from simple_salesforce import (
    Salesforce,
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceLogin,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
)

from freshtoken_model.org import Org

from ..world import ADA as ADMIN
from ..world import ADAS as ADMIN_PASSWORD
from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from ..world import RUN
from .conftest import LIMIT, NEW_LOCATION, REFUSED, failed, fresh_token, freshtoken

COUNT = "SELECT Id FROM Account"
SCRIPT = """
import sys
from simple_salesforce import Salesforce
sf = Salesforce(username=sys.argv[1], password=sys.argv[2], security_token=sys.argv[3])
print(sf.sf_instance, sf.query("SELECT Id FROM Account")["totalSize"])
sf.session.close()
"""
"""What somebody's nightly job may look like: nothing in it knows of freshtoken."""


def connect(session: requests.Session, password: str, token: str, user: str = USER) -> Salesforce:
    return Salesforce(username=user, password=password, security_token=token, session=session)


def refusal(session: requests.Session, password: str, token: str) -> tuple[object, str]:
    """The code and the text that the client's own error has."""
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        connect(session, password, token)
    return caught.value.code, str(caught.value)


NO = ("INVALID_LOGIN", f"Authentication failed (code: INVALID_LOGIN): {REFUSED}")


def by_the_model(org: Org, sf: Salesforce) -> None:
    org.passwords.change(USER, OLD, NEW)


def by_rest(org: Org, sf: Salesforce) -> None:
    assert sf.set_password(org.users.get(USER).record_id, NEW) is None


def by_the_user_resource(org: Org, sf: Salesforce) -> None:
    path = f"sobjects/User/{org.users.get(USER).record_id}/password"
    assert sf.restful(path, method="POST", data=json.dumps({"NewPassword": NEW})) is None


@pytest.mark.parametrize("change", [by_the_model, by_rest, by_the_user_resource])
def test_a_script_is_refused_after_a_password_change_and_let_in_with_a_fresh_token(
    change: Callable[[Org, Salesforce], None], session: requests.Session, org: Org, token: str
) -> None:
    sf = connect(session, OLD, token)
    assert [row["Name"] for row in sf.query("SELECT Id, Name FROM Account LIMIT 2")["records"]] == [
        "Blue Fjord Shipping",
        "Kestrel Optics",
    ]

    change(org, sf)
    assert sf.query(COUNT)["totalSize"] == 5, (
        "an open session goes on working [assumption own_change_ends_sessions]"
    )
    assert refusal(session, OLD, token) == NO
    assert refusal(session, NEW, token) == NO
    code, words = refusal(session, NEW, "")
    assert code == "LOGIN_MUST_USE_SECURITY_TOKEN"
    assert words.startswith(
        f"Authentication failed (code: LOGIN_MUST_USE_SECURITY_TOKEN): {NEW_LOCATION}"
    )

    fresh = fresh_token(org)
    assert refusal(session, OLD, fresh) == NO, (
        "the old password does not come back with the new token"
    )
    assert connect(session, NEW, fresh).query(COUNT)["totalSize"] == 5
    statuses = [row.status for row in org.history.logins(USER)]
    token_missing = "Failed: API security token required"
    assert statuses[:6] == [
        "Success",
        "Invalid Password",
        token_missing,
        *["Invalid Password"] * 2,
        "Success",
    ]


def test_one_wrong_login_costs_exactly_one_attempt_and_ten_lock_the_user_out(
    session: requests.Session, org: Org, token: str
) -> None:
    org.passwords.change(USER, OLD, NEW)
    for number in range(1, LIMIT):
        assert refusal(session, NEW, token) == NO
        assert failed(org) == number
    assert refusal(session, NEW, token) == NO
    assert org.users.get(USER).state == "locked"
    fresh = fresh_token(org)
    assert refusal(session, NEW, fresh) == NO, "the right credentials are refused in the same words"
    org.users.unlock(USER)
    assert connect(session, NEW, fresh).query(COUNT)["totalSize"] == 5
    assert failed(org) == 0


def test_the_lockout_ends_by_itself_after_its_period(
    session: requests.Session, org: Org, token: str
) -> None:
    for _ in range(LIMIT):
        refusal(session, "wrong", token)
    org.clock.advance(15 * 60_000 - 1)
    assert refusal(session, OLD, token) == NO
    org.clock.advance(1)
    assert connect(session, OLD, token).session_id


def test_when_sessions_end_with_the_password_a_live_object_logs_in_with_what_it_has_and_is_refused(
    session: requests.Session, org: Org, token: str
) -> None:
    org.setup.choose("own_change_ends_sessions", "yes")
    sf = connect(session, OLD, token)
    org.passwords.change(USER, OLD, NEW)
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        sf.query(COUNT)
    assert (caught.value.code, failed(org)) == ("INVALID_LOGIN", 1)
    bare = Salesforce(instance=sf.sf_instance, session_id=sf.session_id, session=session)
    with pytest.raises(SalesforceExpiredSession) as expired:
        bare.query(COUNT)
    assert expired.value.status == 401
    assert expired.value.content == [
        {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
    ]
    assert failed(org) == 1, "a session ID alone has no password to try"


def test_who_sets_his_own_password_keeps_the_session_he_does_it_with(
    session: requests.Session, org: Org, token: str
) -> None:
    org.setup.choose("own_change_ends_sessions", "yes")
    sf = connect(session, OLD, token)
    other = Salesforce(
        username=USER, password=OLD, security_token=token, session=session, client_id="other"
    )
    logins = len(org.history.logins(USER))
    sf.set_password(org.users.get(USER).record_id, NEW)
    assert sf.query(COUNT)["totalSize"] == 5
    assert len(org.history.logins(USER)) == logins, "the same session, not a new login"
    with pytest.raises(SalesforceAuthenticationFailed):
        other.query(COUNT)


def test_two_programs_of_one_name_share_a_session_and_one_logs_the_other_out(
    session: requests.Session, org: Org, token: str
) -> None:
    one, two = connect(session, OLD, token), connect(session, OLD, token)
    assert one.session_id == two.session_id and two.query(COUNT)["totalSize"] == 5
    org.sessions.end(one.session_id)
    logins = len(org.history.logins(USER))
    assert two.query(COUNT)["totalSize"] == 5 and two.session_id != one.session_id
    assert len(org.history.logins(USER)) == logins + 1, "it logs in again by itself"


def test_a_password_that_breaks_the_policy_changes_nothing(
    session: requests.Session, org: Org, token: str
) -> None:
    sf = connect(session, OLD, token)
    with pytest.raises(SalesforceMalformedRequest) as caught:
        sf.set_password(org.users.get(USER).record_id, "short")
    assert caught.value.content[0]["errorCode"] == "INVALID_NEW_PASSWORD"
    assert connect(session, OLD, token).session_id


def test_an_admin_sets_the_password_of_another_and_nobody_else_may(
    session: requests.Session, org: Org, token: str
) -> None:
    sam = org.users.get("sam@acme.example").record_id
    with pytest.raises(SalesforceRefusedRequest) as caught:
        connect(session, OLD, token).set_password(sam, NEW)
    assert caught.value.content[0]["errorCode"] == "INSUFFICIENT_ACCESS"
    org.tokens.reset(ADMIN)
    connect(session, ADMIN_PASSWORD, fresh_token(org, ADMIN), ADMIN).set_password(
        org.users.get(USER).record_id, NEW
    )
    assert refusal(session, NEW, token) == NO, "the user's token died with it"
    assert connect(session, NEW, fresh_token(org)).session_id


def test_a_password_with_the_characters_of_xml_arrives_whole(
    session: requests.Session, org: Org
) -> None:
    odd = """<Fresh>&"Start"'88"""
    org.passwords.change(USER, OLD, odd)
    assert connect(session, odd, fresh_token(org)).query(COUNT)["totalSize"] == 5


def test_a_login_scoped_to_the_org_needs_the_token_too(
    session: requests.Session, org: Org, token: str
) -> None:
    ident = org.info().record_id
    scoped = Salesforce(username=USER, password=OLD + token, organizationId=ident, session=session)
    assert scoped.query(COUNT)["totalSize"] == 5
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        Salesforce(username=USER, password="wrong", organizationId=ident, session=session)
    assert caught.value.code == "INVALID_LOGIN"
    assert "Invalid username or password, locked out or Self-Service portal is not enabled" in str(
        caught.value
    )


def test_a_login_over_plain_http_with_the_documented_argument(
    salesforce, org: Org, token: str
) -> None:
    session_id, instance = SalesforceLogin(
        username=USER, password=OLD, security_token=token, scratch_url=salesforce.url
    )
    assert session_id.startswith(org.info().record_id[:15] + "!")
    assert f"http://{instance}" == salesforce.url
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        SalesforceLogin(
            username=USER, password=OLD, security_token="x" * 24, scratch_url=salesforce.url
        )
    assert caught.value.code == "INVALID_LOGIN"


# ---- https://login.salesforce.com itself, through the proxy


def test_the_proxies_argument_and_the_bundle_lead_it_here(
    salesforce, monkeypatch, token: str
) -> None:
    at = salesforce.addresses
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", at.ca_bundle)
    sf = Salesforce(username=USER, password=OLD, security_token=token, proxies={"https": at.proxy})
    with sf.session:
        assert sf.sf_instance == "acme.my.salesforce.com"
        assert sf.query(COUNT)["totalSize"] == 5


def test_a_session_with_its_own_proxy_and_ca_needs_no_variable(salesforce, token: str) -> None:
    at = salesforce.addresses
    with requests.Session() as own:
        own.proxies, own.verify = {"https": at.proxy}, at.ca
        sf = Salesforce(
            username=USER, password=OLD, security_token=token, domain="acme.my", session=own
        )
        assert sf.query(COUNT)["totalSize"] == 5
        assert sf.sf_instance == "acme.my.salesforce.com"


def test_without_our_ca_the_client_does_not_trust_the_proxy(salesforce, token: str) -> None:
    at = salesforce.addresses
    with requests.Session() as own:
        own.proxies = {"https": at.proxy}
        with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            connect(own, OLD, token)
    assert failed(salesforce.org) == 0, "no password went over that wire"


@pytest.fixture
def job(tmp_path: Path) -> list[str]:
    """The command that runs the script."""
    path = tmp_path / "nightly job.py"
    path.write_text(SCRIPT)
    return [sys.executable, str(path)]


def test_serve_run_leads_an_unmodified_script_here(
    org_file: Path, tmp_path: Path, job: list[str]
) -> None:
    with Org(org_file) as org:
        token = org.clients.all()[0].token
        serve = [
            "--org",
            str(org_file),
            "serve",
            "run",
            "--journal",
            str(tmp_path / "journal"),
            "--",
        ]
        done = freshtoken(*serve, *job, USER, OLD, token)
        assert (done.returncode, done.stdout, done.stderr) == (0, "acme.my.salesforce.com 5\n", "")

        org.passwords.change(USER, OLD, NEW)
        done = freshtoken(*serve, *job, USER, NEW, token)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.splitlines()[-1].endswith(
            f"Authentication failed (code: INVALID_LOGIN): {REFUSED}"
        )
        assert failed(org) == 1

        done = freshtoken(*serve, *job, USER, NEW, fresh_token(org))
        assert (done.returncode, done.stdout) == (0, "acme.my.salesforce.com 5\n")
    entries = [json.loads(line) for line in (tmp_path / "journal").read_text().splitlines()]
    assert [(e["method"], e["outcome"]) for e in entries] == [
        ("POST", "ok"),
        ("GET", "ok"),
        ("POST", "INVALID_LOGIN"),
        ("POST", "ok"),
        ("GET", "ok"),
    ]


def test_serve_env_in_a_shell_leads_an_unmodified_script_here(
    served, job: list[str], org_file: Path
) -> None:
    with Org(org_file) as org:
        token = org.clients.all()[0].token
    words = subprocess.list2cmdline(
        ["serve", "env", "--shell", "bash", "--ready-file", str(served.ready_file)]
    )
    line = f"eval \"$('{RUN[0]}' -c '{RUN[2]}' {words})\" && exec \"$@\""
    done = subprocess.run(
        ["bash", "-c", line, "bash", *job, USER, OLD, token],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "acme.my.salesforce.com 5\n"), done.stderr

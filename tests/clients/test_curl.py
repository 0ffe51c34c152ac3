"""curl, by hand: the plain port, TLS on Salesforce's names, and the proxy; what it prints and the
code it exits with.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from lxml import etree

from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import LIMIT, NEW_LOCATION, REFUSED, failed, fresh_token
from .keys import APP

CURL = shutil.which("curl")
pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed")
LOGIN, HOME = "https://login.salesforce.com", "https://acme.my.salesforce.com"
HTTP_ERROR, NOT_TRUSTED, REFUSED_BY_PROXY = 22, 60, 56
"""curl's exit codes: an HTTP error with --fail, a certificate nobody vouches for, and a proxy that
says no.
"""


def curl(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run curl to its end; nothing of the machine's own settings."""
    return subprocess.run(
        [str(CURL), "-q", "--silent", "--show-error", "--max-time", "10", *words],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, **environment},
    )


def envelope(password: str) -> str:
    """What the README says to send."""
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login '
        'xmlns="urn:partner.soap.sforce.com">'
        f"<username>{USER}</username><password>{escape(password)}</password></login></e:Body></e:Envelope>"
    )


def soap_login(
    url: str, password: str, *words: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A SOAP login; an HTTP error becomes an exit code, with the body printed all the same."""
    headers = ("-H", "Content-Type: text/xml", "-H", "SOAPAction: login")
    end = ("--fail-with-body", "--data-binary", envelope(password), f"{url}/services/Soap/u/64.0")
    return curl(*words, *headers, *end, **environment)


def session_of(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """The session ID of a login that worked, and its serverUrl."""
    assert done.returncode == 0, done.stdout + done.stderr
    root = etree.fromstring(done.stdout.encode())
    return root.findtext(".//{*}sessionId") or "", root.findtext(".//{*}serverUrl") or ""


def fault_of(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """The code and the words of a login that was refused."""
    assert done.returncode == HTTP_ERROR, done.stdout + done.stderr
    root = etree.fromstring(done.stdout.encode())
    code, words = root.findtext(".//faultcode") or "", root.findtext(".//faultstring") or ""
    assert root.findtext(".//{*}exceptionCode") == code
    return code, words.removeprefix(f"{code}: ")


NO = ("INVALID_LOGIN", REFUSED)


def test_the_token_dies_with_the_password_and_a_fresh_one_lets_in(
    salesforce: Salesforce, org: Org, token: str
) -> None:
    url, user = salesforce.url, org.users.get(USER).record_id
    session, _ = session_of(soap_login(url, OLD + token))
    bearer = ("-H", f"Authorization: Bearer {session}")
    asked = (
        "-G",
        "--data-urlencode",
        "q=SELECT Id FROM Account",
        f"{url}/services/data/v64.0/query",
    )
    assert json.loads(curl(*bearer, *asked).stdout)["totalSize"] == 5

    new = ("-H", "Content-Type: application/json", "-d", json.dumps({"NewPassword": NEW}))
    path = f"{url}/services/data/v64.0/sobjects/User/{user}/password"
    done = curl(*bearer, *new, "--write-out", "%{http_code}", path)
    assert done.stdout == "204"
    assert fault_of(soap_login(url, OLD + token)) == NO
    assert fault_of(soap_login(url, NEW + token)) == NO
    code, words = fault_of(soap_login(url, NEW))
    assert code == "LOGIN_MUST_USE_SECURITY_TOKEN"
    assert words.startswith(NEW_LOCATION)
    assert failed(org) == 3
    session_of(soap_login(url, NEW + fresh_token(org)))
    assert failed(org) == 0


def test_each_wrong_login_costs_one_attempt_up_to_the_lockout(
    salesforce: Salesforce, org: Org, token: str
) -> None:
    org.passwords.change(USER, OLD, NEW)
    for number in range(1, LIMIT):
        assert fault_of(soap_login(salesforce.url, NEW + token)) == NO
        assert failed(org) == number
    assert fault_of(soap_login(salesforce.url, NEW + token)) == NO
    assert org.users.get(USER).state == "locked"
    assert fault_of(soap_login(salesforce.url, NEW + fresh_token(org))) == NO
    org.users.unlock(USER)
    session_of(soap_login(salesforce.url, NEW + fresh_token(org)))


def test_curls_own_retries_try_a_wrong_login_again_and_each_counts(
    salesforce: Salesforce, org: Org, tmp_path: Path
) -> None:
    done = soap_login(salesforce.url, "wrong", "--retry", "1", "--output", str(tmp_path / "answer"))
    assert done.returncode == HTTP_ERROR
    assert failed(org) == 2, (
        "the HTTP 500 of a SOAP fault is one of the errors that --retry takes for passing"
    )


def test_an_oauth_login_by_hand(salesforce: Salesforce, org: Org, token: str) -> None:
    app, url = org.apps.get(APP), f"{salesforce.url}/services/oauth2/token"

    def ask(password: str) -> subprocess.CompletedProcess[str]:
        fields = {
            "grant_type": "password",
            "client_id": app.consumer_key,
            "client_secret": app.consumer_secret,
            "username": USER,
            "password": password,
        }
        return curl(
            *(w for n, v in fields.items() for w in ("--data-urlencode", f"{n}={v}")),
            "--fail-with-body",
            url,
        )

    assert json.loads(ask(OLD + token).stdout)["instance_url"] == salesforce.url
    org.passwords.change(USER, OLD, NEW)
    for password in (OLD + token, NEW + token, NEW):
        done = ask(password)
        assert done.returncode == HTTP_ERROR
        assert (
            done.stdout == '{"error":"invalid_grant","error_description":"authentication failure"}'
        )
    assert failed(org) == 3
    assert json.loads(ask(NEW + fresh_token(org)).stdout)["token_type"] == "Bearer"


# ---- https://login.salesforce.com itself


def test_the_tls_port_in_the_place_of_salesforce(salesforce: Salesforce, token: str) -> None:
    at = salesforce.addresses
    there = ("--connect-to", "::" + at.https.removeprefix("https://"))
    _, server = session_of(soap_login(LOGIN, OLD + token, *there, "--cacert", at.ca))
    assert server.startswith(f"{HOME}/services/Soap/u/64.0/00D")
    done = soap_login(LOGIN, OLD + token, *there)
    assert (done.returncode, done.stdout) == (NOT_TRUSTED, ""), (
        "without our CA it sends no password"
    )


def test_the_variables_lead_it_here(salesforce: Salesforce, org: Org, token: str) -> None:
    _, server = session_of(soap_login(LOGIN, OLD + token, **salesforce.environment))
    assert server.startswith(f"{HOME}/services/Soap/u/64.0/00D")
    org.passwords.change(USER, OLD, NEW)
    assert (
        fault_of(
            soap_login("https://acme.my.salesforce.com", NEW + token, **salesforce.environment)
        )
        == NO
    )
    assert failed(org) == 1


def test_the_proxy_lets_it_go_nowhere_else(salesforce: Salesforce) -> None:
    for url in ("https://example.com/", "https://login.salesforce.com:8443/", "https://127.0.0.1/"):
        done = curl("--noproxy", "", url, **salesforce.environment)
        assert (done.returncode, done.stdout) == (REFUSED_BY_PROXY, ""), done.stderr
        assert "403" in done.stderr

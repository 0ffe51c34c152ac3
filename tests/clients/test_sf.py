"""The Salesforce command line `sf`, unmodified: it knows no password login, so it shows what
survives a password change.

Skipped where there is no sf, or none that starts (it needs node 22): npm install --global
@salesforce/cli, or FRESHTOKEN_SF.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from simple_salesforce import SalesforceAuthenticationFailed, SalesforceLogin

from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import LIMIT, failed, fresh_token
from .keys import APP, Keys

SF = os.environ.get("FRESHTOKEN_SF") or shutil.which("sf")
COUNT = "SELECT Id, Name FROM Account"
QUIET = {
    **dict.fromkeys(
        ("SF_USE_GENERIC_UNIX_KEYCHAIN", "SF_DISABLE_TELEMETRY", "SF_AUTOUPDATE_DISABLE"), "true"
    ),
    **dict.fromkeys(("SF_SKIP_NEW_VERSION_CHECK", "SF_DISABLE_LOG_FILE"), "true"),
}
"""It keeps its keys in a file, and calls nobody else."""
KEYS = Keys()
CALLBACK = "http://localhost:1717/OauthRedirect"
VERIFIER = "v" * 64


def starts() -> bool:
    """Whether there is an sf here whose node is new enough: with an older one it crashes at the
    first real command.
    """
    if SF is None:
        return False
    told = subprocess.run(
        [SF, "--version"], capture_output=True, text=True, timeout=60, check=False
    )
    found = re.search(r"@salesforce/cli/.* node-v([0-9]+)", told.stdout)
    return found is not None and int(found[1]) >= 22


pytestmark = pytest.mark.skipif(
    not starts(),
    reason="no sf that starts here: npm install --global @salesforce/cli on node 22, or set "
    "FRESHTOKEN_SF",
)
Sf = Callable[..., Any]


def run_sf(*words: str, **variables: str) -> tuple[int, dict[str, Any]]:
    """One command, in a home of its own (the fixture own_folders); its exit code and what it
    told.
    """
    assert SF is not None
    done = subprocess.run(
        [SF, *words, "--json"],
        env={**os.environ, **QUIET, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    return done.returncode, dict(json.loads(done.stdout or done.stderr))


def sf(*words: str, **variables: str) -> Any:
    """A command that must work; its result."""
    code, told = run_sf(*words, **variables)
    assert code == 0, told
    return told["result"]


def refused(*words: str, **variables: str) -> str:
    """A command that must not work; what it says."""
    code, told = run_sf(*words, **variables)
    assert code == 1, told
    return str(told["message"])


def count(**variables: str) -> int:
    """How many accounts it reads."""
    return int(
        sf("data", "query", "--query", COUNT, "--target-org", "fresh", **variables)["totalSize"]
    )


def jwt_words(org: Org, folder: Path, keys: Keys = KEYS, user: str = USER) -> list[str]:
    """The command that logs in with a key."""
    file = folder / "server.key"
    file.write_bytes(keys.private)
    words = [
        "org",
        "login",
        "jwt",
        "--client-id",
        org.apps.get(APP).consumer_key,
        "--jwt-key-file",
        str(file),
    ]
    return [*words, "--username", user, "--alias", "fresh"]


def with_session(served: Salesforce, session: str) -> tuple[list[str], dict[str, str]]:
    """The command that takes a session ID."""
    words = [
        "org",
        "login",
        "access-token",
        "--instance-url",
        served.url,
        "--no-prompt",
        "--alias",
        "fresh",
    ]
    return words, {"SF_ACCESS_TOKEN": session}


def log_in(served: Salesforce, password: str, token: str) -> str:
    """A session of a password login, as a script gets one; sf has none."""
    session, _ = SalesforceLogin(
        username=USER, password=password, security_token=token, scratch_url=served.url
    )
    return str(session)


def test_a_jwt_login_survives_password_change_ended_sessions_and_lockout(
    salesforce: Salesforce, org: Org, tmp_path: Path, token: str
) -> None:
    org.apps.register_key(APP, KEYS.public)
    words = [*jwt_words(org, tmp_path), "--instance-url", salesforce.url]
    found = sf(*words)
    assert (found["username"], found["orgId"]) == (USER, org.info().record_id)
    assert found["instanceUrl"] == salesforce.url
    assert count() == 5

    org.setup.choose("own_change_ends_sessions", "yes")
    org.passwords.change(USER, OLD, NEW)
    assert count() == 5, "its session ended with the password; it logged in by itself, with the key"
    for _ in range(LIMIT):
        with pytest.raises(SalesforceAuthenticationFailed):
            log_in(salesforce, NEW, token)
    assert org.users.get(USER).state == "locked"
    assert count() == 5
    sf(*words)


def test_the_session_of_a_password_login_dies_with_the_password_and_a_fresh_token_opens_one(
    salesforce: Salesforce, org: Org, token: str
) -> None:
    org.setup.choose("own_change_ends_sessions", "yes")
    words, session = with_session(salesforce, log_in(salesforce, OLD, token))
    assert sf(*words, **session)["username"] == USER
    assert count() == 5
    org.passwords.change(USER, OLD, NEW)
    assert "Session expired or invalid" in refused(
        "data", "query", "--query", COUNT, "--target-org", "fresh"
    )
    assert "Bad_OAuth_Token" in refused(*words, **session)
    for password in (OLD, NEW):
        with pytest.raises(SalesforceAuthenticationFailed):
            log_in(salesforce, password, token)
    words, session = with_session(salesforce, log_in(salesforce, NEW, fresh_token(org)))
    sf(*words, **session)
    assert count() == 5
    assert failed(org) == 0


def test_what_people_ask_with_it_is_answered(salesforce: Salesforce, org: Org, token: str) -> None:
    words, session = with_session(salesforce, log_in(salesforce, OLD, token))
    sf(*words, **session)
    shown = sf("org", "display", "--target-org", "fresh")
    assert (shown["id"], shown["connectedStatus"]) == (org.info().record_id, "Connected")
    record = ("--target-org", "fresh", "--sobject", "Account", "--where", "Name='Kestrel Optics'")
    assert sf("data", "get", "record", *record)["Industry"]
    assert "Account" in sf("sobject", "list", "--target-org", "fresh", "--sobject", "all")
    assert (
        sf("sobject", "describe", "--target-org", "fresh", "--sobject", "User")["keyPrefix"]
        == "005"
    )
    assert sf("org", "list", "limits", "--target-org", "fresh")[0]["name"] == "DailyApiRequests"
    no_column = refused(
        "data", "query", "--query", "SELECT Nope FROM Account", "--target-org", "fresh"
    )
    assert "No such column 'Nope' on entity 'Account'." in no_column


def test_the_variables_lead_it_here_though_no_dns_may_know_the_name(
    salesforce: Salesforce, org: Org, tmp_path: Path
) -> None:
    org.apps.register_key(APP, KEYS.public)
    led = salesforce.environment
    assert sf(*jwt_words(org, tmp_path), **led)["instanceUrl"] == "https://login.salesforce.com"
    assert count(**led) == 5


def test_a_jwt_that_is_not_accepted_is_told_as_such(
    salesforce: Salesforce, org: Org, tmp_path: Path
) -> None:
    org.apps.register_key(APP, KEYS.public)
    led = salesforce.environment  # it tries login and test.salesforce.com too: these are here
    assert "invalid assertion" in refused(*jwt_words(org, tmp_path, Keys()), **led)
    words = jwt_words(org, tmp_path, user="nobody@acme.example")
    assert "user hasn't approved this consumer" in refused(*words, **led)
    assert failed(org) == 0


def authorized(served: Salesforce, org: Org) -> str:
    """The refresh token that `sf org login web` gets: its own requests, by hand, for it wants a
    browser and a terminal.
    """
    app = org.apps.get(APP)
    challenge = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    asked = {
        "state": "e91c8b855779",
        "prompt": "login",
        "scope": "refresh_token api web",
        "code_challenge": challenge,  # and no code_challenge_method
        "response_type": "code",
        "client_id": app.consumer_key,
        "redirect_uri": CALLBACK,
    }
    page, form = f"{served.url}/services/oauth2/authorize", {"username": USER, "password": OLD}
    answer = requests.post(page, params=asked, data=form, allow_redirects=False, timeout=10)
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["state"] == [asked["state"]]
    grant = {
        "grant_type": "authorization_code",
        "code": back["code"][0],
        "client_id": app.consumer_key,
        "client_secret": app.consumer_secret,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    granted = requests.post(f"{served.url}/services/oauth2/token", data=grant, timeout=10)
    assert granted.status_code == 200, granted.text
    return str(granted.json()["refresh_token"])


def test_a_refresh_token_survives_the_password_change(
    salesforce: Salesforce, org: Org, tmp_path: Path
) -> None:
    app, refresh = org.apps.get(APP), authorized(salesforce, org)
    url = tmp_path / "url.txt"
    url.write_text(
        f"force://{app.consumer_key}:{app.consumer_secret}:{refresh}@login.salesforce.com"
    )
    led = salesforce.environment
    assert (
        sf("org", "login", "sfdx-url", "--sfdx-url-file", str(url), "--alias", "fresh", **led)[
            "username"
        ]
        == USER
    )
    org.setup.choose("own_change_ends_sessions", "yes")
    org.passwords.change(USER, OLD, NEW)
    assert count(**led) == 5

"""CumulusCI, unmodified, as it runs in CI: a persistent org named by a variable, let in by JWT.

Skipped where there is no cci: pipx install cumulusci, or FRESHTOKEN_CCI.
"""

import json
import os
import shutil
import subprocess

import pytest
import requests

from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import LIMIT, failed
from .keys import APP, Keys

CCI = os.environ.get("FRESHTOKEN_CCI") or shutil.which("cci")
pytestmark = pytest.mark.skipif(
    CCI is None, reason="there is no cci: pipx install cumulusci, or set FRESHTOKEN_CCI"
)
KEYS = Keys()
COUNT = "SELECT Id FROM Account"


def cci_info(served: Salesforce, key: bytes) -> subprocess.CompletedProcess[str]:
    """`cci org info`: a JWT login, then userinfo, the versions, and the Organization by
    simple-salesforce.
    """
    assert CCI is not None
    named = {
        "CUMULUSCI_KEY": "0123456789abcdef",
        "CUMULUSCI_ORG_fresh": json.dumps(
            {"username": USER, "instance_url": "https://login.salesforce.com"}
        ),
        "SFDX_CLIENT_ID": served.org.apps.get(APP).consumer_key,
        "SFDX_HUB_KEY": key.decode(),
    }
    return subprocess.run(
        [CCI, "org", "info", "fresh", "--json"],
        env={**os.environ, **served.environment, **named},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def let_in(served: Salesforce) -> str:
    """A login that must work; its session."""
    done = cci_info(served, KEYS.private)
    assert done.returncode == 0, done.stderr
    found, info = json.loads(done.stdout), served.org.info()
    assert (found["username"], found["userinfo"]["organization_id"]) == (USER, info.record_id)
    assert (found["org_type"], found["is_sandbox"], found["namespace"]) == (
        "Developer Edition",
        False,
        None,
    )
    assert found["id"].endswith(f"/id/{info.record_id}/{served.org.users.get(USER).record_id}")
    return str(found["access_token"])


def works(served: Salesforce, session: str) -> bool:
    """Whether the session reads the accounts."""
    bearer, url = {"Authorization": f"Bearer {session}"}, f"{served.url}/services/data/v64.0/query"
    return requests.get(url, params={"q": COUNT}, headers=bearer, timeout=10).status_code == 200


def test_its_jwt_survives_password_change_ended_sessions_and_lockout(
    salesforce: Salesforce, org: Org, token: str
) -> None:
    app = org.apps.register_key(APP, KEYS.public)
    old = let_in(salesforce)
    assert works(salesforce, old)
    org.setup.choose("own_change_ends_sessions", "yes")
    org.passwords.change(USER, OLD, NEW)
    assert not works(salesforce, old)
    assert works(salesforce, let_in(salesforce))
    form = {
        "grant_type": "password",
        "client_id": app.consumer_key,
        "client_secret": app.consumer_secret,
    }
    for _ in range(LIMIT):
        form |= {"username": USER, "password": NEW + token}
        assert (
            requests.post(
                f"{salesforce.url}/services/oauth2/token", data=form, timeout=10
            ).status_code
            == 400
        )
    assert org.users.get(USER).state == "locked"
    assert works(salesforce, let_in(salesforce))


def test_a_key_that_is_not_registered_is_told_as_such(salesforce: Salesforce, org: Org) -> None:
    org.apps.register_key(APP, KEYS.public)
    done = cci_info(salesforce, Keys().private)
    assert done.returncode == 1
    assert '"error_description":"invalid assertion"' in done.stdout + done.stderr
    assert failed(org) == 0

"""salesforce-bulk, unmodified: it logs in by simple-salesforce, from the address of Salesforce
only.
"""

import os
import subprocess
import sys

import pytest

from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import REFUSED, failed, fresh_token

bulk = pytest.importorskip(
    "salesforce_bulk", reason="salesforce-bulk is not installed: pip install salesforce-bulk"
)

SCRIPT = """
import sys
from salesforce_bulk import SalesforceBulk
from simple_salesforce import SalesforceAuthenticationFailed
user, password, token, *more = sys.argv[1:]
try:
    client = SalesforceBulk(username=user, password=password, security_token=token, **dict(word.split("=") for word in more))
except SalesforceAuthenticationFailed as refusal:
    sys.exit(f"{refusal.code}: {refusal}")
print(client.endpoint, client.sessionId[:15])
"""
"""What somebody's load job may look like. In a process of its own, for its session reads the
variables.
"""


def run(served: Salesforce, password: str, token: str, *more: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one login."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, USER, password, token, *more],
        env={**os.environ, **served.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


NO = (1, "", f"INVALID_LOGIN: Authentication failed (code: INVALID_LOGIN): {REFUSED}")


def let_in(org: Org, host: str = "acme.my") -> tuple[int, str, str]:
    """What a good login shows."""
    return 0, f"https://{host}.salesforce.com/services/async/40.0 {org.info().record_id[:15]}", ""


def test_the_token_dies_with_the_password_and_a_fresh_one_lets_in(
    salesforce: Salesforce, org: Org, token: str
) -> None:
    assert run(salesforce, OLD, token) == let_in(org)
    org.passwords.change(USER, OLD, NEW)
    assert run(salesforce, OLD, token) == NO
    assert run(salesforce, NEW, token) == NO
    code, _, said = run(salesforce, NEW, "")
    assert code == 1 and said.startswith("LOGIN_MUST_USE_SECURITY_TOKEN: ")
    assert failed(org) == 3
    assert run(salesforce, NEW, fresh_token(org)) == let_in(org)
    assert failed(org) == 0


def test_each_wrong_login_costs_one_attempt_up_to_the_lockout(
    salesforce: Salesforce, org: Org, token: str
) -> None:
    org.setup.choose("max_attempts", "3")
    org.passwords.change(USER, OLD, NEW)
    for number in range(1, 3):
        assert run(salesforce, NEW, token) == NO
        assert failed(org) == number
    assert run(salesforce, NEW, token) == NO
    assert org.users.get(USER).state == "locked"
    assert run(salesforce, NEW, fresh_token(org)) == NO


def test_its_own_domain_leads_here_and_the_login_host_of_sandboxes_does_not_know_it(
    salesforce: Salesforce, org: Org, token: str
) -> None:
    assert run(salesforce, OLD, token, "domain=acme.my") == let_in(org)
    assert run(salesforce, OLD, token, "sandbox=1") == NO
    assert org.users.get(USER).failed_attempts == 0


def test_login_history_names_it(salesforce: Salesforce, org: Org, token: str) -> None:
    run(salesforce, OLD, token, "client_id=nightly")
    assert (
        next(iter(org.history.logins())).fields()["Application"]
        == "simple-salesforce/PySFBulk/nightly"
    )


def test_the_bulk_api_itself_is_not_there_and_said_so(salesforce: Salesforce) -> None:
    client = bulk.SalesforceBulk(sessionId="any", host=salesforce.url)
    with pytest.raises(bulk.BulkApiError) as caught:
        client.create_query_job("Account")
    assert caught.value.status_code == 400 and "FeatureNotEnabled" in str(caught.value)

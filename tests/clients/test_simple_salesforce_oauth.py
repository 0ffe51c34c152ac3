"""simple-salesforce, unmodified, over OAuth: the password flow needs the token; the flows without a
password never die.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from simple_salesforce import Salesforce, SalesforceAuthenticationFailed

from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import LIMIT, failed, fresh_token
from .keys import APP, Keys

COUNT = "SELECT Id FROM Account"
FAILURE = ("invalid_grant", "Authentication failed (code: invalid_grant): authentication failure")


@pytest.fixture
def app(org: Org) -> dict[str, str]:
    """The arguments that name the connected app."""
    found = org.apps.get(APP)
    return {"consumer_key": found.consumer_key, "consumer_secret": found.consumer_secret}


def refused(session: requests.Session, **more: str) -> tuple[object, str]:
    """Code and text of the client's own error."""
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        Salesforce(session=session, **more)
    return caught.value.code, str(caught.value)


# ---- Password: the token hangs on it, as over SOAP


def test_the_password_flow_tells_the_story_in_one_vague_answer(
    session: requests.Session, org: Org, token: str, app: dict[str, str]
) -> None:
    def as_user(password: str) -> dict[str, str]:
        return {"username": USER, "password": password, **app}

    sf = Salesforce(session=session, **as_user(OLD + token))
    assert sf.query(COUNT)["totalSize"] == 5
    sf.set_password(org.users.get(USER).record_id, NEW)
    assert sf.query(COUNT)["totalSize"] == 5
    for number, password in enumerate((OLD + token, NEW + token, NEW), start=1):
        assert refused(session, **as_user(password)) == FAILURE
        assert failed(org) == number
    statuses = [row.status for row in org.history.logins(USER)]
    assert statuses[:3] == [
        "Failed: API security token required",
        "Invalid Password",
        "Invalid Password",
    ]
    fresh = fresh_token(org)
    assert Salesforce(session=session, **as_user(NEW + fresh)).query(COUNT)["totalSize"] == 5
    assert failed(org) == 0

    for _ in range(LIMIT):
        assert refused(session, **as_user(NEW + token)) == FAILURE
    assert org.users.get(USER).state == "locked"
    assert refused(session, **as_user(NEW + fresh)) == FAILURE
    org.users.unlock(USER)
    assert Salesforce(session=session, **as_user(NEW + fresh)).session_id


def test_a_token_apart_from_the_password_makes_this_client_speak_soap(
    session: requests.Session, org: Org, token: str, app: dict[str, str]
) -> None:
    sf = Salesforce(username=USER, password=OLD, security_token=token, session=session, **app)
    assert sf.query(COUNT)["totalSize"] == 5
    newest = org.history.logins(USER)[0]
    assert (newest.login_type, newest.application) == ("Other Apex API", "simple-salesforce")


def test_a_wrong_key_or_secret_costs_no_attempt(
    session: requests.Session, org: Org, token: str, app: dict
) -> None:
    good = {"username": USER, "password": OLD + token, **app}
    code, words = refused(session, **{**good, "consumer_secret": "wrong"})
    assert (code, words) == (
        "invalid_client",
        "Authentication failed (code: invalid_client): invalid client credentials",
    )
    code, words = refused(session, **{**good, "consumer_key": "wrong"})
    assert (code, words) == (
        "invalid_client_id",
        "Authentication failed (code: invalid_client_id): client identifier invalid",
    )
    assert failed(org) == 0


def test_the_switch_in_setup_closes_the_password_flow(
    session: requests.Session, org: Org, token: str, app: dict
) -> None:
    org.setup.choose("oauth_password_flow", "off")
    assert refused(session, username=USER, password=OLD + token, **app) == FAILURE
    assert org.history.logins(USER)[0].status == "Username-Password Flow Disabled"
    assert failed(org) == 0


# ---- Client credentials and JWT bearer: no password, no token, no lockout


def change_and_lock_out(session: requests.Session, org: Org, token: str) -> None:
    """What stops every client that holds a password: it is changed, and tried until the lockout."""
    org.passwords.change(USER, OLD, NEW)
    for _ in range(LIMIT):
        with pytest.raises(SalesforceAuthenticationFailed):
            Salesforce(username=USER, password=NEW, security_token=token, session=session)
    assert org.users.get(USER).state == "locked"


def test_client_credentials_survive_a_password_change_and_a_lockout(
    session: requests.Session, org: Org, token: str, app: dict[str, str]
) -> None:
    def work() -> None:
        sf = Salesforce(domain="acme.my", session=session, **app)
        assert sf.sf_instance == "acme.my.salesforce.com"
        assert sf.query(COUNT)["totalSize"] == 5
        assert sf.oauth2("userinfo")["preferred_username"] == USER

    work()
    change_and_lock_out(session, org, token)
    work()
    assert org.users.get(USER).state == "locked", "it goes in without unlocking anybody"
    org.users.freeze(USER)
    assert refused(session, domain="acme.my", **app) == (
        "invalid_grant",
        "Authentication failed (code: invalid_grant): inactive user",
    )


def test_client_credentials_need_a_run_as_user_and_the_secret(
    session: requests.Session, org: Org, app: dict
) -> None:
    code, _ = refused(session, domain="acme.my", **{**app, "consumer_secret": "wrong"})
    assert code == "invalid_client"
    org.apps.run_as(APP, None)
    assert refused(session, domain="acme.my", **app) == (
        "invalid_grant",
        "Authentication failed (code: invalid_grant): no client credentials user enabled",
    )
    org.apps.choose_flows(APP, ["password"])
    assert refused(session, domain="acme.my", **app)[0] == "unsupported_grant_type"


@pytest.fixture
def keys(org: Org) -> Iterator[Keys]:
    """A key pair whose public half is registered for the app."""
    made = Keys()
    org.apps.register_key(APP, made.public)
    yield made


def test_a_signed_jwt_survives_a_password_change_and_a_lockout(
    session: requests.Session, org: Org, token: str, app: dict[str, str], keys: Keys
) -> None:
    def work() -> None:
        sf = Salesforce(
            username=USER,
            consumer_key=app["consumer_key"],
            privatekey=keys.private.decode(),
            session=session,
        )
        assert sf.query(COUNT)["totalSize"] == 5
        user, who = org.users.get(USER), sf.oauth2("userinfo")
        assert (who["user_id"], who["preferred_username"]) == (user.record_id, USER)
        assert who["sub"].endswith(f"/id/{org.info().record_id}/{user.record_id}")

    work()
    change_and_lock_out(session, org, token)
    work()
    assert org.users.get(USER).state == "locked", "it goes in without unlocking anybody"


def of_my_domain(session: requests.Session, app: dict[str, str], key: Path) -> Salesforce:
    """As ada, at the org's own domain: this client then names it in aud."""
    return Salesforce(
        username="ada@acme.example",
        consumer_key=app["consumer_key"],
        privatekey_file=str(key),
        domain="acme.my",
        instance_url="acme.my",
        session=session,
    )


def test_a_jwt_signed_with_the_key_in_a_file_speaks_for_the_user_it_names(
    salesforce, app: dict[str, str], keys: Keys, tmp_path: Path
) -> None:
    (tmp_path / "server.key").write_bytes(keys.private)
    with requests.Session() as own:
        own.proxies, own.verify = {"https": salesforce.addresses.proxy}, salesforce.addresses.ca
        sf = of_my_domain(own, app, tmp_path / "server.key")
        assert sf.oauth2("userinfo")["preferred_username"] == "ada@acme.example"
        assert sf.sf_instance == "acme.my.salesforce.com"


def test_the_audience_is_the_host_that_was_named_on_the_plain_port_too(
    session: requests.Session, app: dict[str, str], keys: Keys, tmp_path: Path
) -> None:
    (tmp_path / "server.key").write_bytes(keys.private)
    assert of_my_domain(session, app, tmp_path / "server.key").session_id


def test_a_jwt_of_another_key_or_for_nobody_is_refused(
    session: requests.Session, org: Org, app: dict[str, str], keys: Keys
) -> None:
    good = {
        "username": USER,
        "consumer_key": app["consumer_key"],
        "privatekey": keys.private.decode(),
    }
    assert refused(session, **{**good, "privatekey": Keys().private.decode()}) == (
        "invalid_grant",
        "Authentication failed (code: invalid_grant): invalid assertion",
    )
    with pytest.warns(UserWarning, match="you may need to authorize this"):
        assert refused(session, **{**good, "username": "nobody@acme.example"}) == (
            "invalid_grant",
            "Authentication failed (code: invalid_grant): user hasn't approved this consumer",
        )
    assert failed(org) == 0

"""Signed JWTs as CumulusCI, the sf command line and others send them: sloppy ones pass, wrong ones
do not.
"""

import time

import jwt
import pytest
import requests

from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import INTEGRATION as USER
from .keys import APP, JWT_GRANT, Keys

LOGIN = "https://login.salesforce.com"
KEYS, STRANGER = Keys(), Keys()


@pytest.fixture(scope="module")
def registered(house: Salesforce) -> Salesforce:
    """The served org, with the public key of KEYS registered."""
    house.org.apps.register_key(APP, KEYS.public)
    return house


def claims(served: Salesforce, **changed: object) -> dict[str, object]:
    """The claims of a JWT that is right, but for what is changed; None leaves a claim out, a
    function makes its value of the present second.
    """
    now = int(time.time())
    right = {
        "iss": served.org.apps.get(APP).consumer_key,
        "sub": USER,
        "aud": LOGIN,
        "exp": now + 180,
        **changed,
    }
    return {
        name: value(now) if callable(value) else value
        for name, value in right.items()
        if value is not None
    }


def ask(served: Salesforce, assertion: str) -> requests.Response:
    """A token request, as every client sends it."""
    form = {"grant_type": JWT_GRANT, "assertion": assertion}
    return requests.post(f"{served.url}/services/oauth2/token", data=form, timeout=10)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({}, id="right"),
        pytest.param({"exp": lambda now: str(now + 180)}, id="exp a string: simple-salesforce"),
        pytest.param(
            {"exp": lambda now: (now + 180) * 1000, "iat": lambda now: now},
            id="exp in milliseconds: sf",
        ),
        pytest.param({"exp": lambda now: now}, id="exp is now: CumulusCI"),
        pytest.param({"exp": lambda now: now + 0.5}, id="exp a fraction"),
        pytest.param({"aud": "https://test.salesforce.com"}, id="aud test"),
        pytest.param({"aud": LOGIN + "/"}, id="aud with a slash: sf"),
        pytest.param({"sub": None, "prn": USER}, id="prn, the old name of sub"),
        pytest.param({"sub": USER.upper()}, id="sub in capitals"),
        pytest.param(
            {"iat": lambda now: now + 600, "nbf": lambda now: now + 120}, id="a clock that is ahead"
        ),
    ],
)
def test_a_jwt_of_a_real_client_is_accepted(registered: Salesforce, changed: dict) -> None:
    answer = ask(registered, KEYS.sign(claims(registered, **changed)))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    user, info = registered.org.users.get(USER), registered.org.info()
    assert found["id"] == f"{registered.url}/id/{info.record_id}/{user.record_id}"
    assert (found["instance_url"], found["token_type"], found["scope"]) == (
        registered.url,
        "Bearer",
        "api",
    )
    assert "refresh_token" not in found
    bearer = {"Authorization": f"Bearer {found['access_token']}"}
    query = f"{registered.url}/services/data/v64.0/query?q=SELECT+Id+FROM+Account"
    assert requests.get(query, headers=bearer, timeout=10).json()["totalSize"] == 5


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_audience_may_be_this_very_server(registered: Salesforce, slash: str) -> None:
    assert (
        ask(registered, KEYS.sign(claims(registered, aud=registered.url + slash))).status_code
        == 200
    )


INVALID = ("invalid_grant", "invalid assertion")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"exp": lambda now: now - 600}, INVALID, id="expired"),
        pytest.param({"exp": lambda now: str(now - 600)}, INVALID, id="expired, a string"),
        pytest.param(
            {"exp": lambda now: (now - 600) * 1000}, INVALID, id="expired, in milliseconds"
        ),
        pytest.param({"exp": None}, INVALID, id="without exp"),
        pytest.param({"exp": "soon"}, INVALID, id="exp is no number"),
        pytest.param({"exp": "nan"}, INVALID, id="exp is not a number"),
        pytest.param({"exp": "inf"}, INVALID, id="exp has no end"),
        pytest.param(
            {"nbf": lambda now: now + 600, "exp": lambda now: now + 900},
            INVALID,
            id="not valid yet",
        ),
        pytest.param(
            {"aud": "https://evil.example"},
            ("invalid_grant", "audience is invalid"),
            id="aud elsewhere",
        ),
        pytest.param({"aud": None}, ("invalid_grant", "audience is invalid"), id="without aud"),
        pytest.param(
            {"sub": "nobody@acme.example"},
            ("invalid_grant", "user hasn't approved this consumer"),
            id="unknown user",
        ),
        pytest.param(
            {"sub": None}, ("invalid_grant", "user hasn't approved this consumer"), id="no user"
        ),
        pytest.param(
            {"sub": "lee@acme.example"}, ("invalid_grant", "inactive user"), id="inactive user"
        ),
        pytest.param(
            {"iss": "wrong"}, ("invalid_client_id", "client identifier invalid"), id="unknown app"
        ),
        pytest.param(
            {"iss": None}, ("invalid_client_id", "client identifier invalid"), id="without iss"
        ),
    ],
)
def test_a_wrong_jwt_is_refused_with_its_reason(
    registered: Salesforce, changed: dict, said: tuple[str, str]
) -> None:
    assert told(ask(registered, KEYS.sign(claims(registered, **changed)))) == said


def told(answer: requests.Response) -> tuple[str, str]:
    """What a refusal says; always 400."""
    assert answer.status_code == 400, answer.text
    found = answer.json()
    assert set(found) == {"error", "error_description"}
    return found["error"], found["error_description"]


def test_no_other_signature_passes(registered: Salesforce) -> None:
    right = claims(registered)
    good = KEYS.sign(right)
    head, body, signature = good.split(".")
    forged = {
        "another key": STRANGER.sign(right),
        "no algorithm": jwt.encode(right, "", algorithm="none"),
        "a shared secret": jwt.encode(
            right, "a-shared-secret-that-is-long-enough", algorithm="HS256"
        ),
        "another RSA algorithm": KEYS.sign(right, "RS512"),
        "no signature": f"{head}.{body}.",
        "the claims of another": f"{head}.{KEYS.sign(claims(registered, sub='ada@acme.example')).split('.')[1]}.{signature}",
        "not a JWT": "a.b.c",
        "nothing": "",
    }
    assert {
        name: told(ask(registered, assertion)) for name, assertion in forged.items()
    } == dict.fromkeys(forged, INVALID)
    assert ask(registered, good).status_code == 200


def test_an_app_without_a_registered_key_takes_no_jwt(salesforce: Salesforce) -> None:
    assert told(ask(salesforce, KEYS.sign(claims(salesforce)))) == INVALID
    salesforce.org.apps.register_key(APP, STRANGER.public)
    assert told(ask(salesforce, KEYS.sign(claims(salesforce)))) == INVALID
    salesforce.org.apps.register_key(APP, KEYS.public)
    assert ask(salesforce, KEYS.sign(claims(salesforce))).status_code == 200, (
        "the key was exchanged"
    )


def test_refused_jwts_count_for_no_lockout(registered: Salesforce) -> None:
    org: Org = registered.org
    before = org.users.get(USER).failed_attempts
    for _ in range(12):
        ask(registered, STRANGER.sign(claims(registered)))
    assert (org.users.get(USER).failed_attempts, org.users.get(USER).state) == (before, "active")

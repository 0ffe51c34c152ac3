"""social-auth-core's Salesforce backend: sign in with Salesforce, and who signed in. A login in the
user interface asks for no security token, so this goes on where a token has died.
"""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from social_core.backends.salesforce import SalesforceOAuth2
from social_core.exceptions import AuthException
from social_core.strategy import BaseStrategy

from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import failed
from .keys import APP

CALLBACK = "http://localhost:8000/callback"


class Backend(SalesforceOAuth2):
    """By default the state is added to the callback URL, which Salesforce takes to the letter."""

    REDIRECT_STATE = False


class Storage:
    """Keeps no users: only the nonces of sign-ins that were begun."""

    class nonce:  # noqa: N801 (the client's name)
        seen: set[object] = set()

        @classmethod
        def use(cls, *nonce: object) -> bool:
            new = nonce not in cls.seen
            cls.seen.add(nonce)
            return new

        @classmethod
        def consume(cls, *nonce: object) -> bool:
            there = nonce in cls.seen
            cls.seen.discard(nonce)
            return there


class Site(BaseStrategy):
    """What a web framework gives the client: settings, a session, the request that came back."""

    def __init__(self, **settings: object) -> None:
        super().__init__(Storage)
        self.settings = settings
        self.kept: dict[str, object] = {}
        self.came_back: dict[str, str] = {}

    def get_setting(self, name: str) -> object:
        return self.settings[name]

    def session_get(self, name: str, default: object = None) -> object:
        return self.kept.get(name, default)

    def session_set(self, name: str, value: object) -> None:
        self.kept[name] = value

    def session_pop(self, name: str) -> object:
        return self.kept.pop(name, None)

    def request_data(self, merge: bool = True) -> dict[str, str]:
        return self.came_back

    get_request_data = request_data

    def build_absolute_uri(self, path: str | None = None) -> str:
        return path or CALLBACK

    def authenticate(self, backend: Any, *args: object, **more: Any) -> dict[str, Any]:
        return dict(more["response"])


Settings = dict[str, object]


@pytest.fixture
def keys(salesforce: Salesforce, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The connected app, as the site's settings name it."""
    for name, value in salesforce.environment.items():
        monkeypatch.setenv(name, value)
    app = salesforce.org.apps.get(APP)
    own = {
        "KEY": app.consumer_key,
        "SECRET": app.consumer_secret,
        "SCOPE": ["api", "refresh_token"],
    }
    return {f"SOCIAL_AUTH_SALESFORCE_OAUTH2_{name}": value for name, value in own.items()}


def allow(address: str, password: str) -> requests.Response:
    """What the browser does at the page: the user logs in and allows the app."""
    form = {"username": USER, "password": password}
    return requests.post(address, data=form, allow_redirects=False, timeout=10)


def sign_in(keys: Settings, password: str) -> tuple[Backend, dict[str, Any]]:
    """The whole way from the button to the user; the backend, and what it was told."""
    site = Site(**keys)
    back = allow(Backend(site, CALLBACK).auth_url(), password)
    assert back.status_code == 302, back.text
    site.came_back = dict(parse_qsl(urlsplit(back.headers["location"]).query))
    backend = Backend(site, CALLBACK)
    found: Any = backend.complete()
    return backend, found


def test_it_reads_who_signed_in_from_the_identity_url(
    keys: Settings, salesforce: Salesforce
) -> None:
    backend, found = sign_in(keys, OLD)
    user, info = salesforce.org.users.get(USER), salesforce.org.info()
    assert backend.get_user_details(found) == {
        "username": USER,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "fullname": user.name,
    }
    assert found["id"].endswith(f"/id/{info.record_id}/{user.record_id}")
    assert backend.get_user_id({}, found) == found["id"]
    extra = backend.extra_data(None, found["id"], found, {}, {})
    assert extra["refresh_token"] and extra["signature"] and extra["instance_url"]


def test_the_sign_in_asks_for_no_token_and_its_refresh_token_outlives_the_password(
    keys: Settings, org: Org, token: str
) -> None:
    backend, found = sign_in(keys, OLD)
    org.passwords.change(USER, OLD, NEW)
    again: Any = backend.user_data(found["access_token"], response=found)
    assert again["username"] == USER, "an open session goes on working"
    new = backend.refresh_token(found["refresh_token"])
    assert backend.user_data(new["access_token"], response=found) == again

    for number, password in enumerate((OLD, OLD + token, NEW + token), start=1):
        page = allow(Backend(Site(**keys), CALLBACK).auth_url(), password)
        assert page.status_code == 200 and "check your username and password" in page.text
        assert failed(org) == number
    _, found = sign_in(keys, NEW)
    assert found["username"] == USER
    assert failed(org) == 0


def test_an_ended_session_has_no_identity(keys: Settings, org: Org) -> None:
    org.setup.choose("own_change_ends_sessions", "yes")
    backend, found = sign_in(keys, OLD)
    org.passwords.change(USER, OLD, NEW)
    with pytest.raises(AuthException) as caught:
        backend.user_data(found["access_token"], response=found)
    said = caught.value.__cause__
    assert isinstance(said, requests.HTTPError) and said.response is not None
    assert (said.response.status_code, said.response.text) == (403, "Bad_OAuth_Token")
    assert failed(org) == 0


def test_a_callback_url_with_the_state_in_it_is_another_one(keys: Settings) -> None:
    answer = allow(SalesforceOAuth2(Site(**keys), CALLBACK).auth_url(), OLD)
    assert (answer.status_code, answer.json()["error"]) == (400, "redirect_uri_mismatch")

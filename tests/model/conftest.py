"""Fixtures of the heart's tests: a login in one line, and what its trace says."""

from collections.abc import Callable

import pytest
from hypothesis import settings

from freshtoken_model.decision import words
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.login.login import LoginResult
from freshtoken_model.org import Org

settings.register_profile("heart", deadline=None)
settings.load_profile("heart")
ADDRESSES = {"office": "198.51.100.20", "home": "192.0.2.44", "cloud": "203.0.113.7"}
LogIn = Callable[..., LoginResult]


@pytest.fixture
def log_in(org: Org) -> LogIn:
    """log_in(username, sent, door, network, version): one login at the org."""

    def one(
        username: str, sent: str, door: str = "soap", network: str = "cloud", version: str = "64.0"
    ) -> LoginResult:
        return org.login(Attempt(username, sent, Door(door), ADDRESSES[network], version))

    return one


@pytest.fixture
def why() -> Callable[[LoginResult], str]:
    """why(result): the words of the gate that refused, as the Why tab shows them."""

    def say(result: LoginResult) -> str:
        step = words.refusing(result.verdict.steps)
        assert step is not None, "this login was accepted"
        return words.detail(step, result.at, "Europe/London")

    return say


@pytest.fixture
def kinds(org: Org) -> Callable[..., list[str]]:
    """kinds(after): the kinds of the events after an id."""
    return lambda after=0: [event.kind for event in org.history.events(after)]

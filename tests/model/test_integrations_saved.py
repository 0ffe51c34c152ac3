"""An integration is saved whole: its plan and what its client holds, or nothing of either."""

from collections.abc import Callable

import pytest

from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY, HOUR
from freshtoken_model.values.errors import OrgError, UnknownNameError

NIGHTLY, DASHBOARD = "Nightly sync", "Sales dashboard"
USER = "integration@acme.example"


def everything(org: Org) -> tuple[object, ...]:
    """The clients and their plans, and the newest event."""
    return org.clients.all(), org.integrations.all(), org.info().last_event


def add(org: Org, **held: str) -> object:
    return org.integrations.add("Order feed", USER, "cloud", "script", HOUR, held=held)


@pytest.mark.parametrize(
    "save",
    [
        lambda org: add(org, password="x", api_version="newest"),
        lambda org: add(org, protocol="smoke signals"),
        lambda org: org.integrations.change(NIGHTLY, HOUR, held={"api_version": "newest"}),
        lambda org: org.integrations.change(DASHBOARD, DAY, held={"protocol": "smoke signals"}),
        lambda org: org.integrations.change(NIGHTLY, retry="fixed", held={"light": "connected"}),
    ],
)
def test_what_the_client_cannot_hold_leaves_nothing_of_the_plan(
    org: Org, save: Callable[[Org], object]
) -> None:
    before = everything(org)
    with pytest.raises(OrgError):
        save(org)
    assert everything(org) == before


def test_a_client_without_a_schedule_takes_nothing_from_a_refused_change(org: Org) -> None:
    before = everything(org)
    with pytest.raises(UnknownNameError, match="no schedule"):
        org.integrations.change(DASHBOARD, held={"password": "New-One-5"})
    assert everything(org) == before


def test_one_step_makes_an_integration_with_what_it_holds_and_one_takes_it_back(org: Org) -> None:
    before = everything(org)
    add(org, password="New-One-5", token="t" * 24)
    client = org.clients.named("Order feed")
    assert (client.password, client.token) == ("New-One-5", "t" * 24)
    org.rewind.back(1)
    assert everything(org)[:2] == before[:2]


def test_new_credentials_alone_leave_the_plan_as_it_is(org: Org) -> None:
    """An integration that its circuit breaker has stopped stays stopped, at its old moments."""
    org.integrations.change(NIGHTLY, every=HOUR, retry="breaker", held={"password": "wrong"})
    org.clock.advance(2 * HOUR)
    stopped = org.integrations.get(NIGHTLY)
    assert stopped.stopped
    assert org.integrations.change(NIGHTLY, held={"password": "New-One-5"}) == stopped
    assert org.clients.named(NIGHTLY).password == "New-One-5"

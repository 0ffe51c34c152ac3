"""Clients from outside: a row for each, by its name and whom it logs in as; its light is what its
last login came to.
"""

from collections.abc import Callable
from typing import Any

import pytest

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.login.clients import MOST_OUTSIDE
from freshtoken_model.login.login import LoginResult
from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY, MINUTE
from freshtoken_model.values.errors import NotAllowedError
from freshtoken_model.values.records import Client
from freshtoken_model.values.visible import visible

from ..world import CLOUD, FRESH, INTEGRATION, OFFICE, PASSWORD
from .org_states import GHOST

NOWHERE = "0.0.0.0"
Call = Callable[..., LoginResult]


@pytest.fixture
def call(org: Org) -> Call:
    """call(sent, application=...): one login from outside."""

    def one(
        sent: str,
        username: str = INTEGRATION,
        door: Door = Door.SOAP,
        address: str = CLOUD,
        application: str = "",
        **more: Any,
    ) -> LoginResult:
        return org.login(
            Attempt(
                username,
                sent,
                door,
                address,
                "64.0",
                application=visible(application),
                outside=True,
                **more,
            )
        )

    return one


def outside(org: Org) -> list[Client]:
    return [client for client in org.clients.all() if client.outside]


def test_a_first_login_makes_a_client_named_after_the_program_and_the_user(
    org: Org, token: str, call: Call
) -> None:
    result = call(PASSWORD + token, application="simple-salesforce")
    (client,) = outside(org)
    assert (client.name, client.username) == ("simple-salesforce as integration", INTEGRATION)
    assert (client.protocol, client.api_version, client.network) == ("soap", "64.0", "cloud")
    assert (client.password, client.token, client.session, client.holds) == (
        "",
        "",
        "",
        "unknown",
    ), "it holds no secret"
    assert result.client_id == client.id
    assert org.history.attempts(client.id)[0].event.client == client.name


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"application": "jsforce", "agent": "node"}, "jsforce as integration"),
        ({"agent": "curl"}, "curl as integration"),
        ({}, "unnamed as integration"),
    ],
)
def test_who_does_not_name_itself_is_named_by_its_user_agent(
    org: Org, call: Call, more: dict, name: str
) -> None:
    call("wrong", **more)
    assert [client.name for client in outside(org)] == [name]


def test_the_next_login_finds_the_client_again_and_another_user_or_program_is_another(
    org: Org, call: Call
) -> None:
    for _ in range(3):
        call("wrong", application="sync")
    call("wrong", username="sam@acme.example", application="sync")
    call("wrong", application="loader")
    assert [c.name for c in outside(org)] == [
        "sync as integration",
        "sync as sam",
        "loader as integration",
    ]


def test_an_unknown_username_makes_none(org: Org, call: Call) -> None:
    result = call(PASSWORD, username=GHOST, application="sync")
    assert outside(org) == [] and result.client_id is None


def test_an_unknown_username_does_not_take_over_the_client_of_a_known_one(
    org: Org, call: Call
) -> None:
    call("wrong", application="sync")
    event = call("wrong", username="integration@elsewhere.example", application="sync")
    assert event.client_id is None and outside(org)[0].told == "invalid_login"
    assert [attempt.event.username for attempt in org.history.attempts(outside(org)[0].id)][:1] == [
        INTEGRATION
    ]


def test_a_client_of_the_orgs_own_is_not_taken_over_by_its_name(org: Org, call: Call) -> None:
    org.database.conn.execute("update client set name = 'sync as integration' where id = 1")
    assert call("wrong", application="sync").client_id is None
    assert outside(org) == [] and org.clients.get(1).light == "connected"


def test_there_are_fifty_at_most_and_those_known_go_on(org: Org, token: str, call: Call) -> None:
    org.setup.choose("max_attempts", "0")
    for number in range(MOST_OUTSIDE + 5):
        call("wrong", application=f"program {number}")
    assert MOST_OUTSIDE == 50 and len(outside(org)) == 50
    last = call(PASSWORD + token, application="program 54")
    assert last.verdict.accepted and last.client_id is None, "no room is no reason to refuse"
    assert call(PASSWORD + token, application="program 0").client_id == outside(org)[0].id
    assert outside(org)[0].light == "connected"


def test_light_and_words_follow_the_last_login(org: Org, token: str, call: Call) -> None:
    def seen() -> tuple[str, str, int | None]:
        (client,) = outside(org)
        return client.light, client.told, client.told_at

    first = call(PASSWORD + token)
    assert seen() == ("connected", "", first.at)
    org.clock.advance(MINUTE)
    second = call(PASSWORD)
    assert seen() == ("blocked", "must_use_token", second.at)
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    org.clock.advance(MINUTE)
    third = call(FRESH + token)
    assert seen() == ("blocked", "invalid_login", third.at)
    org.clock.advance(91 * DAY)
    call(FRESH + (org.mail.newest_token(INTEGRATION) or ""))
    assert seen()[:2] == ("expired", "password_expired")


def test_what_a_client_from_outside_holds_cannot_be_edited_here(org: Org, call: Call) -> None:
    call("wrong")
    with pytest.raises(NotAllowedError, match="outside"):
        org.clients.hold(outside(org)[0].id, token="x" * 24)


@pytest.mark.parametrize(
    "door", [Door.OAUTH, Door.CLIENT_CREDENTIALS, Door.JWT_BEARER, Door.WEB_SERVER]
)
def test_clients_of_every_flow_are_kept_with_their_protocol(
    org: Org, token: str, call: Call, door: Door
) -> None:
    app = org.apps.all()[0]
    assert call(PASSWORD + token, door=door, application=app.name, app_id=app.id).verdict.accepted
    (client,) = outside(org)
    assert (client.protocol, client.name, client.app_id) == (
        door.value,
        "Acme Dashboards as integration",
        app.id,
    )
    assert org.clients.app(client) == app


def test_a_client_from_an_unknown_address_is_put_into_the_first_network(
    org: Org, call: Call
) -> None:
    call("wrong", address=NOWHERE)
    assert outside(org)[0].network == "office"
    call("wrong", address=OFFICE, application="x")
    assert outside(org)[1].address == OFFICE


def test_a_login_inside_the_app_makes_no_client_from_outside(org: Org, token: str) -> None:
    org.login(
        Attempt(
            INTEGRATION, PASSWORD + token, Door.SOAP, CLOUD, "64.0", visible("pane"), client_id=1
        )
    )
    assert outside(org) == []


def test_a_reset_of_the_org_forgets_them(org: Org, call: Call) -> None:
    call("wrong")
    org.reset()
    assert outside(org) == []

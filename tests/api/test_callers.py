"""Who calls, as the org sees it: outside clients get their row from what they say on the wire; MFA
codes pass as sent.
"""

from typing import Any

import pytest

from freshtoken_model.values.records import Client

from ..world import INTEGRATION as USER
from ..world import OFFICE, PASSWORD, SAM
from .conftest import login_body
from .wire_helpers import Scene, assertion


def outside(scene: Scene) -> list[Client]:
    return [client for client in scene.org.clients.all() if client.outside]


async def soap(
    scene: Scene, sent: str, application: str, agent: str = "python-requests/2.32"
) -> Any:
    options = (
        f"<CallOptions "
        f'xmlns="urn:partner.soap.sforce.com"><client>{application}</client></CallOptions>'
    )
    body = login_body(USER, sent).replace(
        b"<se:Header/>", f"<se:Header>{options if application else ''}</se:Header>".encode()
    )
    return await scene.wire.soap(body, headers={"User-Agent": agent})


@pytest.mark.parametrize(
    ("application", "agent", "name"),
    [
        ("simple-salesforce", "python-requests/2.32", "simple-salesforce as integration"),
        ("simple-salesforce/PySFBulk", "x", "simple-salesforce/PySFBulk as integration"),
        ("", "curl/8.5.0", "curl as integration"),
        ("", "", "unnamed as integration"),
        ("n" * 500, "", "n" * 80 + " as integration"),
        ("", "a" * 500, "a" * 40 + " as integration"),
    ],
)
async def test_a_soap_client_is_named_by_call_options_or_user_agent(
    scene: Scene, application: str, agent: str, name: str
) -> None:
    assert (await soap(scene, PASSWORD + scene.token, application, agent)).status_code == 200
    (client,) = outside(scene)
    assert (client.name, client.light, client.api_version) == (name, "connected", "64.0")


async def test_its_light_follows_what_it_was_told(scene: Scene) -> None:
    for sent, light, told in (
        (PASSWORD, "blocked", "must_use_token"),
        ("x", "blocked", "invalid_login"),
    ):
        await soap(scene, sent, "sync")
        assert [(client.light, client.told) for client in outside(scene)] == [(light, told)]


async def test_clients_of_an_app_are_named_after_it_and_keep_their_flow(scene: Scene) -> None:
    await scene.grant("password", username=USER, password=PASSWORD + scene.token)
    await scene.jwt(assertion(scene.app, sub=SAM))
    found = [(client.name, client.protocol) for client in outside(scene)]
    assert found == [
        ("Acme Dashboards as integration", "oauth"),
        ("Acme Dashboards as sam", "jwt_bearer"),
    ]


async def test_a_request_in_a_session_makes_no_client(scene: Scene) -> None:
    session = await scene.wire.open_session("Velvet-Train-9", username=SAM, address=OFFICE)
    before = outside(scene)
    await scene.works(session)
    await scene.wire.in_session(session, "<urn:getUserInfo/>")
    assert outside(scene) == before


async def test_an_authenticators_code_takes_the_tokens_place_over_soap_and_oauth(
    scene: Scene,
) -> None:
    scene.org.users.permit(USER, "mfa-for-api-logins", True)
    scene.org.users.register_authenticator(USER)
    code = scene.org.users.authenticator_code(USER)
    assert (await scene.wire.login(PASSWORD + code)).status_code == 200
    assert (
        await scene.grant("password", username=USER, password=PASSWORD + code)
    ).status_code == 200
    refused = await scene.wire.login(PASSWORD + scene.token)
    assert (refused.status_code, "<faultcode>INVALID_LOGIN</faultcode>" in refused.text) == (
        500,
        True,
    )
    missing = await scene.wire.login(PASSWORD)
    assert missing.content == refused.content, (
        "a client cannot tell a missing code from a wrong one"
    )
    assert [row.status for row in scene.org.history.logins(USER)[:2]] == [
        "Multi-factor required",
        "Invalid Password",
    ]
    assert (await scene.grant("client_credentials")).status_code == 200, (
        "no code where no password is presented"
    )

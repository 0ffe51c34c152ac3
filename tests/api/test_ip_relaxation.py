"""IP Relaxation of a connected app: from where each flow lets its users in, and the sessions they
keep.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ..world import CLOUD, INTEGRATION, OFFICE, PASSWORD, SAM, SAMS
from .wire_helpers import AUTHORIZE, JWT_GRANT, Scene, assertion, public_pem

RESTRICTED = ("invalid_grant", "ip restricted")
Ask = Callable[[], Awaitable[Any]]


def error_of(answer: Any) -> tuple[str, str]:
    """What a token request was refused with."""
    assert answer.status_code == 400, answer.text
    return answer.json()["error"], answer.json()["error_description"]


def close_in(scene: Scene, *usernames: str) -> None:
    """Let the profiles of users log in from the office only."""
    for username in usernames:
        scene.org.admin.add_login_range(scene.org.users.get(username).profile, OFFICE, OFFICE)


def asks(scene: Scene) -> dict[str, Ask]:
    """A token request of each flow that logs in, for the integration user, from the cloud."""
    scene.org.apps.register_key(scene.app.name, public_pem())
    scene.org.tokens.reset(INTEGRATION)
    sent = PASSWORD + (scene.org.mail.newest_token(INTEGRATION) or "")
    return {
        "password": lambda: scene.grant("password", username=INTEGRATION, password=sent),
        "client_credentials": lambda: scene.grant("client_credentials"),
        "jwt_bearer": lambda: scene.wire.token(
            grant_type=JWT_GRANT, assertion=assertion(scene.app)
        ),
    }


@pytest.mark.parametrize("flow", ["password", "client_credentials", "jwt_bearer"])
@pytest.mark.parametrize("relaxation", ["enforce", "relax-refresh", "relax"])
async def test_a_login_from_outside_the_ranges_is_let_in_where_the_app_relaxes_them(
    scene: Scene, flow: str, relaxation: str
) -> None:
    ask = asks(scene)[flow]
    close_in(scene, INTEGRATION)
    if relaxation != "enforce":
        scene.org.apps.relax_ranges(scene.app.name, relaxation)
    answer = await ask()
    row = scene.org.history.logins(INTEGRATION)[0]
    if relaxation == "relax" and flow != "jwt_bearer":
        assert answer.status_code == 200 and row.status == "Success"
        assert await scene.works(answer.json()["access_token"])
    else:
        assert error_of(answer) == RESTRICTED and row.status == "Restricted IP"


async def test_relaxed_ranges_leave_the_token_to_be_asked_for(scene: Scene) -> None:
    close_in(scene, INTEGRATION)
    scene.org.apps.relax_ranges(scene.app.name, "relax")
    answer = await scene.grant("password", username=INTEGRATION, password=PASSWORD)
    assert answer.status_code == 400
    assert "token" in scene.org.history.logins(INTEGRATION)[0].status


async def test_soap_knows_no_app_that_relaxes(scene: Scene) -> None:
    scene.org.tokens.reset(INTEGRATION)
    close_in(scene, INTEGRATION)
    scene.org.apps.relax_ranges(scene.app.name, "relax")
    sent = PASSWORD + (scene.org.mail.newest_token(INTEGRATION) or "")
    answer = await scene.wire.login(sent)
    assert answer.status_code == 500 and "LOGIN_DURING_RESTRICTED_DOMAIN" in answer.text


@pytest.mark.parametrize(
    ("relaxation", "logs_in", "refreshes"),
    [("enforce", False, False), ("relax-refresh", False, True), ("relax", True, True)],
)
async def test_the_web_server_flow_and_its_refresh_token(
    scene: Scene, relaxation: str, logs_in: bool, refreshes: bool
) -> None:
    held = (await scene.granted())["refresh_token"]
    close_in(scene, SAM)
    scene.org.apps.relax_ranges(scene.app.name, relaxation)
    allowed = await scene.allow()
    assert (allowed.status_code == 302) == logs_in, "the page itself"
    inside = await scene.wire.send(
        "POST",
        AUTHORIZE,
        address=OFFICE,
        params=scene.asked(),
        data={"username": SAM, "password": SAMS},
    )
    code = inside.headers["location"].partition("code=")[2].partition("&")[0]
    exchanged = await scene.exchange(code)
    assert (exchanged.status_code == 200) == logs_in
    answer = await scene.refresh(held)
    if refreshes:
        assert answer.status_code == 200
    else:
        assert error_of(answer) == RESTRICTED
    close_to = {"grant_type": "refresh_token", "refresh_token": held, **scene.client}
    assert (await scene.wire.token(address=OFFICE, **close_to)).status_code == 200


@pytest.mark.parametrize(
    ("relaxation", "works"), [("enforce", False), ("relax-refresh", True), ("relax", True)]
)
async def test_enforced_on_every_request_a_session_goes_on_where_the_app_relaxes(
    scene: Scene, relaxation: str, works: bool
) -> None:
    held = await scene.granted()
    scene.org.apps.relax_ranges(scene.app.name, "relax-refresh")
    close_in(scene, SAM)
    scene.org.setup.choose("enforce_ip_ranges", "on")
    opened = (await scene.refresh(held["refresh_token"])).json()["access_token"]
    scene.org.apps.relax_ranges(scene.app.name, relaxation)
    assert await scene.works(opened) == works


async def test_a_session_of_jwt_bearer_or_soap_is_held_to_the_ranges_on_every_request(
    scene: Scene,
) -> None:
    scene.org.apps.relax_ranges(scene.app.name, "relax")
    opened = (await scene.jwt(assertion(scene.app))).json()["access_token"]
    over_soap = await scene.session()
    assert await scene.works(opened) and await scene.works(over_soap)
    close_in(scene, INTEGRATION)
    scene.org.setup.choose("enforce_ip_ranges", "on")
    assert not await scene.works(opened) and not await scene.works(over_soap)


async def test_an_integration_by_schedule_passes_the_ranges_as_its_app_says(scene: Scene) -> None:
    close_in(scene, INTEGRATION)
    scene.org.integrations.change("Data bridge", every=3_600_000)
    scene.org.clock.advance("2h")
    assert scene.org.history.logins(INTEGRATION)[0].status == "Restricted IP"
    scene.org.apps.relax_ranges(scene.app.name, "relax")
    scene.org.clock.advance("2h")
    newest = scene.org.history.logins(INTEGRATION)[0]
    assert (newest.status, newest.source_ip) == ("Success", CLOUD)

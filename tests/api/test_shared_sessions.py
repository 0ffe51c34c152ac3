"""Two programs that log in the same way share a session: what each reads when one logs out."""

from typing import Any

import pytest

from freshtoken_api.client.api_client import ApiClient
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.kinds import EventKind

from ..world import CLOUD, PASSWORD
from ..world import INTEGRATION as USER
from .conftest import tag
from .wire_helpers import SOQL, Scene

LOGOUT = "<urn:logout/>"
DEAD = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


async def by_soap(scene: Scene) -> str:
    return await scene.session()


async def by_password_flow(scene: Scene) -> str:
    answer = await scene.grant("password", username=USER, password=PASSWORD + scene.token)
    return str(answer.json()["access_token"])


async def by_client_credentials(scene: Scene) -> str:
    scene.org.apps.choose_flows(scene.app.name, ["password", "client_credentials"])
    scene.org.apps.run_as(scene.app.name, USER)
    return str((await scene.grant("client_credentials")).json()["access_token"])


async def log_out(scene: Scene, session: str) -> None:
    assert (await scene.wire.in_session(session, LOGOUT)).status_code == 200


async def revoke(scene: Scene, session: str) -> None:
    answer = await scene.wire.send("POST", "/services/oauth2/revoke", data={"token": session})
    assert answer.status_code == 200


@pytest.mark.parametrize("end", [log_out, revoke])
@pytest.mark.parametrize("log_in", [by_soap, by_password_flow, by_client_credentials])
async def test_whoever_logs_out_ends_the_session_of_the_other(
    scene: Scene, log_in: Any, end: Any
) -> None:
    first, second = await log_in(scene), await log_in(scene)
    assert first == second
    assert (await scene.wire.query(first, SOQL)).status_code == 200
    await end(scene, second)
    answer = await scene.wire.query(first, SOQL)
    assert (answer.status_code, answer.json()) == (401, DEAD)
    again = await log_in(scene)
    assert again != first and (await scene.wire.query(again, SOQL)).status_code == 200


async def test_a_second_login_says_the_whole_timeout_which_begins_anew(scene: Scene) -> None:
    first = await scene.wire.login(PASSWORD + scene.token)
    scene.org.clock.advance("1h59m")
    second = await scene.wire.login(PASSWORD + scene.token)
    assert tag(first.text, "sessionId") == tag(second.text, "sessionId")
    assert tag(second.text, "sessionSecondsValid") == "7200"
    scene.org.clock.advance("1h59m")
    assert (await scene.wire.query(tag(first.text, "sessionId"), SOQL)).status_code == 200


async def test_both_versions_and_both_wsdls_of_a_program_share(scene: Scene) -> None:
    """Salesforce is known to share by user, place and application; no report names the version."""
    sessions = {
        tag((await scene.wire.login(PASSWORD + scene.token, **way)).text, "sessionId")
        for way in ({}, {"version": "58.0"}, {"edition": "c"})
    }
    assert len(sessions) == 1


async def test_an_api_client_is_told_that_its_session_is_gone_and_the_log_says_why(
    pool: OrgPool, org: Org, scene: Scene
) -> None:
    """The client of the pane and a program that names itself as it does."""
    api, nightly = ApiClient(pool), org.clients.all()[0]
    session = (await api.login(nightly.id)).answer.session
    body = f"<urn:CallOptions><urn:client>{nightly.name}</urn:client></urn:CallOptions>"
    envelope = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:urn="urn:partner.soap.sforce.com">'
        f"<soapenv:Header>{body}</soapenv:Header><soapenv:Body><urn:login>"
        f"<urn:username>{USER}</urn:username><urn:password>{PASSWORD}{scene.token}</urn:password>"
        "</urn:login></soapenv:Body></soapenv:Envelope>"
    )
    other = await scene.wire.soap(envelope.encode(), address=CLOUD)
    assert tag(other.text, "sessionId") == session
    await log_out(scene, session or "")
    for _ in range(2):
        exchange = await api.query(nightly.id)
        assert exchange.answer.light == "blocked"
        assert exchange.answer.told.startswith("INVALID_SESSION_ID")
    found = [event for event in org.history.events(limit=-1) if event.client_id == nightly.id]
    assert [event.kind for event in found].count(EventKind.SESSION_LOST) == 1

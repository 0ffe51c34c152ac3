"""The flows without a password: what a password change, a lockout, an admin and time do to them;
revoke and introspect.
"""

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from freshtoken_model.values.clock import DAY, HOUR

from ..world import FRESH, LOADER, OFFICE, PASSWORD, SAM, SAMS
from ..world import INTEGRATION as USER
from .wire_helpers import SOQL, Scene, assertion, public_pem, signing_key

GRANTS = ["client_credentials", "jwt_bearer", "refresh_token", "web_server"]


def error_of(answer: Any) -> tuple[str, str]:
    """What a token request was refused with."""
    assert answer.status_code == 400, answer.text
    return answer.json()["error"], answer.json()["error_description"]


async def ready(scene: Scene, flow: str) -> Any:
    """Prepare a flow for the integration user; returns what asks for an access token, as often as
    it is called.
    """
    if flow == "client_credentials":
        return lambda: scene.grant("client_credentials")
    if flow == "jwt_bearer":
        return lambda: scene.jwt(assertion(scene.app))
    if flow == "refresh_token":
        token = (await scene.granted(USER, PASSWORD))["refresh_token"]
        return lambda: scene.refresh(token)
    codes = [await scene.code(USER, PASSWORD) for _ in range(4)]
    return lambda: scene.exchange(codes.pop())


def by_password(scene: Scene, sent: str, **more: str) -> Any:
    return scene.grant("password", username=USER, password=sent, **more)


@pytest.mark.parametrize("flow", GRANTS)
async def test_a_password_change_changes_nothing_for_a_flow_without_a_password(
    scene: Scene, flow: str
) -> None:
    ask = await ready(scene, flow)
    before = (await ask()).json()["access_token"]
    scene.org.passwords.change(USER, PASSWORD, FRESH)
    after = await ask()
    assert after.status_code == 200 and await scene.works(after.json()["access_token"])
    assert await scene.works(before), "an open session lives on"
    assert error_of(await by_password(scene, PASSWORD + scene.token)) == (
        "invalid_grant",
        "authentication failure",
    )
    assert error_of(await by_password(scene, FRESH + scene.token)) == (
        "invalid_grant",
        "authentication failure",
    )


@pytest.mark.parametrize("flow", GRANTS)
async def test_a_lockout_and_an_admins_reset_change_nothing_for_it_either(
    scene: Scene, flow: str
) -> None:
    ask = await ready(scene, flow)
    scene.org.setup.choose("max_attempts", "3")
    for _ in range(3):
        await by_password(scene, "wrong")
    assert scene.org.users.get(USER).state == "locked"
    assert (await ask()).status_code == 200
    scene.org.passwords.reset(USER)
    answer = await ask()
    assert answer.status_code == 200 and await scene.works(answer.json()["access_token"])


@pytest.mark.parametrize("flow", GRANTS)
async def test_a_login_without_a_password_leaves_the_failed_attempts_as_they_are(
    scene: Scene, flow: str
) -> None:
    ask = await ready(scene, flow)
    for number in (1, 2):
        await by_password(scene, "wrong")
        assert (await ask()).status_code == 200
        assert scene.org.users.get(USER).failed_attempts == number
    assert (await by_password(scene, PASSWORD + scene.token)).status_code == 200
    assert scene.org.users.get(USER).failed_attempts == 0


@pytest.mark.parametrize("flow", GRANTS)
@pytest.mark.parametrize("how", ["frozen", "deactivated"])
async def test_a_stopped_user_is_told_inactive_user(scene: Scene, flow: str, how: str) -> None:
    ask = await ready(scene, flow)
    if how == "frozen":
        scene.org.users.freeze(USER)
    else:
        scene.org.database.conn.execute("update user set active = 0 where username = ?", [USER])
    assert error_of(await ask()) == ("invalid_grant", "inactive user")


@pytest.mark.parametrize(
    ("flow", "grant_type"), [("client_credentials", "client_credentials"), ("password", "password")]
)
async def test_a_flow_the_app_may_not_use_is_no_supported_grant_type(
    scene: Scene, flow: str, grant_type: str
) -> None:
    scene.org.apps.choose_flows(scene.app.name, {"jwt_bearer"})
    answer = await scene.grant(grant_type, username=USER, password=PASSWORD + scene.token)
    assert error_of(answer) == ("unsupported_grant_type", "grant type not supported")


async def test_the_password_flow_switched_off_says_no_more_than_a_wrong_password(
    scene: Scene,
) -> None:
    scene.org.setup.choose("oauth_password_flow", "off")
    assert error_of(await by_password(scene, PASSWORD + scene.token)) == (
        "invalid_grant",
        "authentication failure",
    )
    row = scene.org.history.logins(USER)[0]
    assert (row.status, row.login_type) == ("Username-Password Flow Disabled", "Remote Access 2.0")
    assert scene.org.users.get(USER).failed_attempts == 0
    assert (await scene.grant("client_credentials")).status_code == 200
    assert (await scene.wire.login(PASSWORD + scene.token)).status_code == 200, (
        "SOAP login() has a switch of its own"
    )


# ---- Client credentials


async def test_client_credentials_may_come_in_a_basic_header_as_simple_salesforce_sends_them(
    scene: Scene,
) -> None:
    auth = (scene.app.consumer_key, scene.app.consumer_secret)
    data = {"grant_type": "client_credentials"}
    answer = await scene.wire.send("POST", "/services/oauth2/token", data=data, auth=auth)
    assert answer.status_code == 200 and await scene.works(answer.json()["access_token"])


async def test_the_run_as_user_decides_who_the_app_is(scene: Scene) -> None:
    scene.org.apps.run_as(scene.app.name, SAM)
    answer = await scene.grant("client_credentials")
    assert answer.json()["id"].endswith(scene.id_of(SAM))
    scene.org.apps.run_as(scene.app.name, LOADER)
    assert (await scene.grant("client_credentials")).status_code == 200, (
        "API Only is no matter here; the cloud is inside"
    )
    scene.org.apps.run_as(scene.app.name, None)
    assert (
        error_of(await scene.grant("client_credentials"))[1] == "no client credentials user enabled"
    )


async def test_login_history_names_the_app_and_the_run_as_user(scene: Scene) -> None:
    await scene.grant("client_credentials")
    row = scene.org.history.logins()[0]
    assert (row.username, row.application, row.login_type) == (
        USER,
        "Acme Dashboards",
        "Remote Access 2.0",
    )


# ---- JWT bearer


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://test.salesforce.com"},
        {"aud": "https://login.salesforce.com/"},
        {"aud": "https://acme.my.salesforce.com"},
        {"aud": "https://acme.my.salesforce.com/"},
        {"sub": "SAM@acme.example"},
    ],
    ids=repr,
)
async def test_what_real_clients_send_is_taken(scene: Scene, claims: dict[str, Any]) -> None:
    assert (await scene.jwt(assertion(scene.app, **claims))).status_code == 200


async def test_an_expiry_is_taken_as_a_text_in_milliseconds_and_without_a_margin(
    scene: Scene,
) -> None:
    """As simple-salesforce, sf and CumulusCI send it [MEASURED client-jwt-claims]."""
    now = int(time.time())
    for exp in (str(now + 3_600), (now + 3_600) * 1_000, str((now + 3_600) * 1_000), now, now - 60):
        assert (await scene.jwt(assertion(scene.app, exp=exp, iat=now + 30))).status_code == 200, (
            exp
        )
    for exp in (now - 600, (now - 600) * 1_000, str(now - 600)):
        assert error_of(await scene.jwt(assertion(scene.app, exp=exp)))[1] == "invalid assertion", (
            exp
        )


async def test_an_assertion_counts_from_its_nbf_on_but_for_clocks_that_differ(scene: Scene) -> None:
    now = int(time.time())
    for nbf in (now, now - 600, now + 120, str(now), now * 1_000, 0):
        assert (await scene.jwt(assertion(scene.app, nbf=nbf))).status_code == 200, nbf
    wrong = (now + 600, str(now + 600), (now + 600) * 1_000, "soon", float("nan"), None, [now])
    for odd in wrong:
        assert (
            error_of(await scene.jwt(assertion(scene.app, nbf=odd, exp=now + 900)))[1]
            == "invalid assertion"
        ), odd


@pytest.mark.parametrize(
    ("claims", "description"),
    [
        ({"exp": None}, "invalid assertion"),
        ({"exp": "soon"}, "invalid assertion"),
        ({"exp": float("nan")}, "invalid assertion"),
        ({"exp": "Infinity"}, "invalid assertion"),
        ({"aud": "https://evil.example"}, "audience is invalid"),
        ({"aud": None}, "audience is invalid"),
        ({"sub": "nobody@acme.example"}, "user hasn't approved this consumer"),
        ({"sub": ""}, "user hasn't approved this consumer"),
        ({"sub": "lee@acme.example"}, "inactive user"),
    ],
    ids=repr,
)
async def test_an_assertion_that_claims_wrongly_is_refused(
    scene: Scene, claims: dict, description: str
) -> None:
    assert error_of(await scene.jwt(assertion(scene.app, **claims))) == (
        "invalid_grant",
        description,
    )


async def test_an_assertion_of_an_unknown_app_is_an_invalid_client_id(scene: Scene) -> None:
    assert error_of(await scene.jwt(assertion(scene.app, iss="x")))[0] == "invalid_client_id"


async def test_only_the_registered_key_signs_and_no_assertion_without_a_signature_is_taken(
    scene: Scene,
) -> None:
    good = assertion(scene.app)
    assert (await scene.jwt(good)).status_code == 200
    claims = jwt.decode(good, options={"verify_signature": False})
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    head, body, signature = good.split(".")
    forged = [
        jwt.encode(claims, stranger, algorithm="RS256"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, scene.app.consumer_secret, algorithm="HS256"),
        jwt.encode(claims, signing_key(), algorithm="RS512"),
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body[:-4]}AAAA.{signature}",
        "",
        "..",
    ]
    for each in forged:
        assert (await scene.jwt(each)).status_code == 400, each
    assert scene.org.history.logins(USER)[0].status == "Success"


async def test_without_a_registered_key_no_assertion_is_taken(scene: Scene) -> None:
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert (
        error_of(await scene.wire.token(grant_type=grant, assertion=assertion(scene.app)))[1]
        == "invalid assertion"
    )


async def test_a_refused_assertion_is_no_failed_login(scene: Scene) -> None:
    before = scene.org.info().last_event
    scene.org.apps.register_key(scene.app.name, public_pem())
    await scene.jwt(assertion(scene.app, aud="x"))
    assert [e.kind for e in scene.org.history.events(before)] == ["app_changed"]


# ---- Refresh token


async def test_a_refresh_token_dies_after_thirty_days_without_use_in_org_time(scene: Scene) -> None:
    token = (await scene.granted())["refresh_token"]
    for _ in range(3):
        scene.org.clock.advance(30 * DAY - 1)
        assert (await scene.refresh(token)).status_code == 200, (
            "each use starts the thirty days anew"
        )
    scene.org.clock.advance(30 * DAY)
    assert error_of(await scene.refresh(token)) == ("invalid_grant", "expired access/refresh token")


async def test_a_refresh_may_ask_for_less_and_never_for_more(scene: Scene) -> None:
    token = (await scene.exchange(await scene.code(scope="api web refresh_token"))).json()[
        "refresh_token"
    ]

    async def asked(scope: str) -> Any:
        return await scene.grant("refresh_token", refresh_token=token, scope=scope)

    for scope, granted in (
        ("api", "api"),
        ("web api", "web api"),
        ("", "api web refresh_token"),
        ("offline_access", None),
    ):
        answer = await asked(scope)
        assert answer.json()["scope"] == (granted or "refresh_token")
        found = await introspect(scene, answer.json()["access_token"])
        assert found.json()["scope"] == answer.json()["scope"]
    for more in ("full", "api full", "api id", "admin"):
        assert error_of(await asked(more))[0] == "invalid_scope", more
    assert (await asked("api web")).json()["scope"] == "api web", (
        "the refresh token keeps what it was granted with"
    )


async def test_a_refresh_writes_no_login_history_row(scene: Scene) -> None:
    token = (await scene.granted())["refresh_token"]
    rows = scene.org.history.logins()
    answer = await scene.refresh(token)
    assert scene.org.history.logins() == rows and "refresh_token" not in answer.json()


async def test_a_refresh_token_of_one_app_is_none_of_another(scene: Scene) -> None:
    token = (await scene.granted())["refresh_token"]
    scene.org.database.conn.execute(
        "insert into app(name, consumer_key, consumer_secret, flows) values ('Other', 'key', "
        "'secret', 'refresh_token')"
    )
    other = {"client_id": "key", "client_secret": "secret"}
    assert (
        error_of(await scene.grant("refresh_token", refresh_token=token, **other))[1]
        == "expired access/refresh token"
    )


async def test_a_refresh_token_wants_the_apps_secret(scene: Scene) -> None:
    token = (await scene.granted())["refresh_token"]
    for secret in ("x", ""):
        answer = await scene.grant("refresh_token", refresh_token=token, client_secret=secret)
        assert error_of(answer)[0] == "invalid_client"


# ---- Revoke and introspect


async def revoke(scene: Scene, token: str, method: str = "POST") -> int:
    where = {"data": {"token": token}} if method == "POST" else {"params": {"token": token}}
    return (await scene.wire.send(method, "/services/oauth2/revoke", **where)).status_code


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_revoked_access_token_opens_nothing_and_is_revoked_once(
    scene: Scene, method: str
) -> None:
    granted = await scene.granted()
    assert await revoke(scene, granted["access_token"], method) == 200
    assert not await scene.works(granted["access_token"])
    assert await revoke(scene, granted["access_token"], method) == 400
    assert (await scene.refresh(granted["refresh_token"])).status_code == 200, (
        "the refresh token is another matter"
    )


async def test_a_revoked_refresh_token_takes_its_sessions_with_it(scene: Scene) -> None:
    granted, others = (
        await scene.granted(),
        await scene.wire.open_session(SAMS, username=SAM, address=OFFICE),
    )
    later = (await scene.refresh(granted["refresh_token"])).json()["access_token"]
    assert await revoke(scene, granted["refresh_token"]) == 200
    assert (
        error_of(await scene.refresh(granted["refresh_token"]))[1] == "expired access/refresh token"
    )
    assert [await scene.works(token) for token in (granted["access_token"], later, others)] == [
        False,
        False,
        True,
    ]
    assert [event.kind for event in scene.org.history.events()][-1] == "tokens_revoked"


@pytest.mark.parametrize("token", ["", "x", "00D5j000001NGD6!AQnothing"])
async def test_what_is_no_token_cannot_be_revoked(scene: Scene, token: str) -> None:
    assert await revoke(scene, token) == 400


async def introspect(scene: Scene, token: str, **client: str) -> Any:
    return await scene.wire.send(
        "POST", "/services/oauth2/introspect", data=scene.client | {"token": token} | client
    )


@pytest.mark.parametrize("flow", GRANTS)
async def test_an_access_token_of_a_flow_without_a_password_can_be_introspected(
    scene: Scene, flow: str
) -> None:
    token = (await (await ready(scene, flow))()).json()["access_token"]
    told = (await introspect(scene, token)).json()
    assert (
        told["active"] is True and told["username"] == USER and told["token_type"] == "access_token"
    )
    assert told["exp"] - told["iat"] == 7_200 and told["nbf"] == told["iat"]
    scene.org.clock.advance(2 * HOUR)
    assert (await introspect(scene, token)).json() == {"active": False}


async def test_other_access_tokens_and_other_apps_tokens_cannot(scene: Scene) -> None:
    by_flow = (await by_password(scene, PASSWORD + scene.token)).json()["access_token"]
    of_soap, of_app = (
        await scene.session(),
        (await scene.grant("client_credentials")).json()["access_token"],
    )
    scene.org.database.conn.execute(
        "insert into app(name, consumer_key, consumer_secret, flows) values ('Other', 'key', "
        "'secret', 'password')"
    )
    for token in (by_flow, of_soap, "x", ""):
        assert (await introspect(scene, token)).json() == {"active": False}
    assert (await introspect(scene, of_app, client_id="key", client_secret="secret")).json() == {
        "active": False
    }
    assert (await introspect(scene, of_app)).json()["active"] is True


async def test_introspection_asks_for_the_apps_secret(scene: Scene) -> None:
    token = (await scene.grant("client_credentials")).json()["access_token"]
    assert error_of(await introspect(scene, token, client_secret="x"))[0] == "invalid_client"
    assert error_of(await introspect(scene, token, client_id="x"))[0] == "invalid_client_id"


# ---- Who is it


async def test_userinfo_and_identity_answer_after_an_expired_password_too(scene: Scene) -> None:
    """As forrest#240 saw it."""
    temporary = scene.org.passwords.reset(USER, through_api=True) or ""
    session = await scene.wire.open_session(temporary, address=OFFICE)
    headers = {"Authorization": f"Bearer {session}"}
    userinfo = await scene.wire.send("GET", "/services/oauth2/userinfo", headers=headers)
    identity = await scene.wire.send(
        "GET", f"/id/{scene.org.info().record_id}/{scene.me}", headers=headers
    )
    assert (userinfo.json()["user_id"], identity.json()["username"]) == (scene.me, USER)
    assert (await scene.wire.query(session, SOQL)).status_code == 401


async def test_the_identity_url_of_somebody_else_or_another_org_is_a_bad_token(
    scene: Scene,
) -> None:
    headers, org = {"Authorization": f"Bearer {await scene.session()}"}, scene.org.info().record_id
    for path in (
        f"/id/{org}/{scene.id_of(SAM)}",
        f"/id/00D000000000001AAA/{scene.me}",
        f"/id/{org}/x",
        "/id/x/x",
    ):
        answer = await scene.wire.send("GET", path, headers=headers)
        assert (answer.status_code, answer.text) == (403, "Bad_OAuth_Token")
        assert answer.headers["content-type"].startswith("text/plain")
    assert (
        await scene.wire.send("GET", f"/id/{org[:15]}/{scene.me[:15]}", headers=headers)
    ).status_code == 200


async def test_the_identity_url_in_a_token_reply_is_one_that_answers(scene: Scene) -> None:
    granted = await scene.granted()
    answer = await scene.wire.send(
        "GET", granted["id"], params={"oauth_token": granted["access_token"], "format": "json"}
    )
    assert (answer.json()["user_id"], answer.json()["id"]) == (scene.id_of(SAM), granted["id"])

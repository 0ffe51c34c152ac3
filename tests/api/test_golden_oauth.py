"""OAuth replies and errors byte for byte: five flows, revoke, introspect, userinfo, the identity
URL, the authorize page.
"""

import pytest

from freshtoken_model.values.clock import MINUTE

from ..world import HOME, LEE, LOADER, OFFICE, PASSWORD, SAM, SAMS
from ..world import INTEGRATION as USER
from .golden import Case
from .wire_helpers import AUTHORIZE, CALLBACK, JWT_GRANT, VERIFIER, Scene, assertion, challenge_of

WRONG = "WRONG"


async def by_password(
    scene: Scene, username: str = USER, password: str = "", address: str = "203.0.113.7"
):
    form = {
        "grant_type": "password",
        "username": username,
        "password": password or PASSWORD + scene.token,
    }
    return await scene.wire.token(address, **(scene.client | form))


async def after_hours(scene: Scene):
    scene.org.database.conn.execute("update profile set login_hours = '{\"tue\": [0, 60]}'")
    return await by_password(scene)


async def without_api_enabled(scene: Scene):
    scene.org.users.permit(USER, "api-enabled", False)
    return await by_password(scene)


async def too_often(scene: Scene):
    await by_password(scene)
    scene.org.database.conn.execute(
        "insert into login_history(user_id, login_time, shape_id, status, event_id)"
        " with recursive n(i) as (select 1 union all select i + 1 from n where i < 3600)"
        " select user_id, login_time, shape_id, status, event_id from n, (select * from "
        "login_history where user_id = 1)"
    )
    return await by_password(scene)


async def at_the_login_host(scene: Scene):
    return await scene.wire.send(
        "POST",
        "/services/oauth2/token",
        data={**scene.client, "grant_type": "client_credentials"},
        headers={"Host": "login.salesforce.com"},
    )


async def without_run_as(scene: Scene):
    scene.org.apps.run_as(scene.app.name, None)
    return await scene.grant("client_credentials")


async def while_too_busy(scene: Scene):
    scene.wire.injections.add("server_unavailable", "login")
    return await by_password(scene)


async def refreshed(scene: Scene):
    return await scene.refresh((await scene.granted())["refresh_token"])


async def refreshed_for_more(scene: Scene):
    return await scene.grant(
        "refresh_token", refresh_token=(await scene.granted())["refresh_token"], scope="full"
    )


async def exchanged(scene: Scene):
    return await scene.exchange(await scene.code())


async def exchanged_late(scene: Scene):
    code = await scene.code()
    scene.org.clock.advance(15 * MINUTE)
    return await scene.exchange(code)


async def wrong_verifier(scene: Scene):
    code = await scene.code(code_challenge=challenge_of(VERIFIER), code_challenge_method="S256")
    return await scene.exchange(code, code_verifier="another")


async def introspected(scene: Scene):
    access = (await scene.grant("client_credentials")).json()["access_token"]
    return await scene.wire.send(
        "POST", "/services/oauth2/introspect", data=scene.client | {"token": access}
    )


async def introspected_password_flow(scene: Scene):
    access = (await by_password(scene)).json()["access_token"]
    return await scene.wire.send(
        "POST", "/services/oauth2/introspect", data=scene.client | {"token": access}
    )


async def userinfo(scene: Scene):
    headers = {"Authorization": f"Bearer {await scene.session()}"}
    return await scene.wire.send("GET", "/services/oauth2/userinfo", headers=headers)


async def identity(scene: Scene):
    session = await scene.session()
    return await scene.wire.send(
        "GET", f"/id/{scene.org.info().record_id}/{scene.me}", params={"oauth_token": session}
    )


CASES = [
    Case("oauth_domain_not_supported.json", "domain_not_supported", 400, at_the_login_host),
    Case("oauth_server_unavailable.json", "server_unavailable", 503, while_too_busy),
    Case("token.json", "", 200, lambda scene: by_password(scene, SAM, SAMS, OFFICE)),
    Case("token_client_credentials.json", "", 200, lambda scene: scene.grant("client_credentials")),
    Case("token_jwt_bearer.json", "", 200, lambda scene: scene.jwt(assertion(scene.app))),
    Case("token_web_server.json", "", 200, exchanged),
    Case("token_refresh.json", "", 200, refreshed),
    Case("introspect_active.json", "", 200, introspected),
    Case("introspect_inactive.json", "", 200, introspected_password_flow),
    Case("userinfo.json", "", 200, userinfo),
    Case("identity.json", "", 200, identity),
    Case("bad_oauth_token.txt", "", 403, lambda scene: scene.wire.send("GET", "/services/oauth2/userinfo")),
    Case("bad_oauth_token.txt", "", 403, lambda scene: scene.wire.send("GET", f"/id/{scene.me}/{scene.me}")),
    Case("authorize.html", "", 200, lambda scene: scene.wire.send("GET", AUTHORIZE, params=scene.asked())),
    Case("authorize_refused.html", "", 200, lambda scene: scene.allow("<b>&", "wrong")),
    Case("invalid_grant.json", "invalid_login", 400, lambda scene: by_password(scene, password="wrong")),
    Case("invalid_grant.json", "must_use_token", 400, lambda scene: by_password(scene, password=PASSWORD)),
    Case("invalid_grant.json", "restricted_time", 400, after_hours),
    Case("invalid_grant.json", "api_disabled", 400, without_api_enabled),
    Case("invalid_grant.json", "rate_limited", 400, too_often),
    Case("ip_restricted.json", "restricted_domain", 400,
         lambda scene: by_password(scene, LOADER, "Granite-Bridge-8", HOME)),
    Case("inactive_user.json", "inactive_user", 400, lambda scene: scene.jwt(assertion(scene.app, sub=LEE))),
    Case("not_approved.json", "not_approved", 400, lambda scene: scene.jwt(assertion(scene.app, sub="ghost@acme.example"))),
    Case("invalid_client_id.json", "invalid_client_id", 400, lambda scene: scene.grant("password", client_id=WRONG)),
    Case("invalid_client.json", "invalid_client", 400, lambda scene: scene.grant("password", client_secret=WRONG)),
    Case("expired_refresh_token.json", "expired_refresh_token", 400, lambda scene: scene.refresh(WRONG)),
    Case("no_run_as_user.json", "no_run_as_user", 400, without_run_as),
    Case("invalid_assertion.json", "invalid_assertion", 400,
         lambda scene: scene.wire.token(grant_type=JWT_GRANT, assertion=WRONG)),
    Case("wrong_audience.json", "wrong_audience", 400,
         lambda scene: scene.jwt(assertion(scene.app, aud="https://evil.example"))),
    Case("invalid_code.json", "invalid_code", 400, lambda scene: scene.exchange(WRONG)),
    Case("invalid_code.json", "invalid_code", 400, exchanged_late),
    Case("invalid_code_verifier.json", "invalid_code_verifier", 400, wrong_verifier),
    Case("invalid_scope.json", "invalid_scope", 400, refreshed_for_more),
    Case("redirect_uri_mismatch.json", "redirect_uri_mismatch", 400,
         lambda scene: scene.wire.send("GET", AUTHORIZE, params=scene.asked(redirect_uri="https://evil.example"))),
    Case("unsupported_token_type.json", "unsupported_token_type", 400,
         lambda scene: scene.wire.send("POST", "/services/oauth2/revoke", data={"token": WRONG})),
    Case("server_unavailable.json", "unavailable", 400,
         lambda scene: scene.with_the_file_busy(lambda: by_password(scene))),
    Case("unsupported_grant_type.json", "unsupported_grant_type", 400, lambda scene: scene.grant(WRONG)),
]  # fmt: skip


@pytest.mark.usefixtures("wall_clock_of_the_org")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_oauth_answers_to_the_byte(scene: Scene, case: Case) -> None:
    await case.check(scene)


async def test_the_way_back_from_the_authorize_page_to_the_byte(scene: Scene) -> None:
    answer = await scene.allow()
    code, _, state = answer.headers["location"].removeprefix(f"{CALLBACK}?code=").partition("&")
    assert (answer.status_code, answer.content, state) == (302, b"", "state=a+b%26c")
    assert code.startswith("aPrx") and code.isalnum() and len(code) == 84


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ({"response_type": "token"},
         "error=unsupported_response_type&error_description=response+type+not+supported&state=a+b%26c"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"},
         "error=invalid_request&error_description=code_challenge_method+must+be+S256&state=a+b%26c"),
        ({"scope": "admin"},
         "error=invalid_scope&error_description=freshtoken%3A+a+scope+that+is+asked+for+is+not+allowed&state=a+b%26c"),
        ({"response_type": "", "state": ""},
         "error=unsupported_response_type&error_description=response+type+not+supported"),
    ],
)  # fmt: skip
async def test_what_the_page_cannot_grant_goes_back_to_the_app_to_the_byte(
    scene: Scene, asked: dict, query: str
) -> None:
    answer = await scene.wire.send("GET", AUTHORIZE, params=scene.asked(**asked))
    assert (answer.status_code, answer.headers["location"]) == (302, f"{CALLBACK}?{query}")


async def test_a_revocation_is_answered_by_200_and_nothing_else(scene: Scene) -> None:
    answer = await scene.wire.send(
        "POST", "/services/oauth2/revoke", data={"token": await scene.session()}
    )
    assert (answer.status_code, answer.content) == (200, b"")

"""The web server flow: the authorize page, the way back with a code, PKCE, and what the code is
good for.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from freshtoken_model.values.clock import DAY, MINUTE

from ..world import ADA, ADAS, CLOUD, LEE, LOADER, OFFICE, SAM, SAMS, open_sessions
from ..world import INTEGRATION as USER
from .wire_helpers import AUTHORIZE, CALLBACK, VERIFIER, Scene, challenge_of

PKCE = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
HOST = "https://acme.my.salesforce.com"
NO_SCOPE = "freshtoken: a scope that is asked for is not allowed"


def error_of(answer: Any) -> str:
    """What a token request was refused with."""
    assert answer.status_code == 400, answer.text
    return answer.json()["error_description"]


def second_app(scene: Scene) -> dict[str, str]:
    """Another connected app of the org with the same flows and callbacks; its key and secret."""
    scene.org.database.conn.execute(
        "insert into app(name, consumer_key, consumer_secret, flows, callbacks)"
        " select 'Other', 'key', 'secret', flows, callbacks from app"
    )
    return {"client_id": "key", "client_secret": "secret"}


async def test_the_page_names_org_and_app_and_may_not_be_framed_or_cached(scene: Scene) -> None:
    answer = await scene.wire.send("GET", AUTHORIZE, params=scene.asked())
    assert answer.status_code == 200 and "Acme Dashboards" in answer.text
    assert (
        answer.headers["x-frame-options"] == "DENY"
        and answer.headers["cache-control"] == "no-store"
    )
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text


async def test_password_alone_allows_the_app_and_the_code_opens_a_session(scene: Scene) -> None:
    answer = await scene.allow()
    back = urlsplit(answer.headers["location"])
    query = parse_qs(back.query)
    assert (answer.status_code, f"{back.scheme}://{back.netloc}{back.path}") == (302, CALLBACK)
    assert query["state"] == ["a b&c"]
    granted = (await scene.exchange(query["code"][0])).json()
    assert await scene.works(granted["access_token"]) and granted["refresh_token"]
    row = scene.org.history.logins(SAM)[0]
    assert (row.login_type, row.application, row.status) == (
        "Remote Access 2.0",
        "Acme Dashboards",
        "Success",
    )


async def test_no_browser_session_is_left_behind(scene: Scene) -> None:
    await scene.allow()
    assert "ui" not in open_sessions(scene.org, SAM)


async def test_without_the_scope_refresh_token_none_is_given(scene: Scene) -> None:
    granted = (await scene.exchange(await scene.code(scope="api"))).json()
    assert "refresh_token" not in granted and granted["scope"] == "api"


@pytest.mark.parametrize("username", [SAM, "nobody@acme.example", "", LEE])
async def test_who_is_not_let_in_sees_the_page_again_with_the_one_message(
    scene: Scene, username: str
) -> None:
    answer = await scene.allow(username, "wrong")
    assert answer.status_code == 200 and "location" not in answer.headers
    assert "Please check your username and password." in answer.text


async def test_wrong_passwords_at_the_page_count_and_lock(scene: Scene) -> None:
    scene.org.setup.choose("max_attempts", "3")
    for _ in range(3):
        await scene.allow(SAM, "wrong")
    assert scene.org.users.get(SAM).state == "locked"
    assert (await scene.allow()).status_code == 200


async def test_the_security_token_is_no_part_of_the_password_here(scene: Scene) -> None:
    assert (await scene.allow(USER, "Harbour-Light-7" + scene.token)).status_code == 200
    assert (await scene.allow(USER, "Harbour-Light-7")).status_code == 302


async def test_an_api_only_user_has_no_page_to_allow_from(scene: Scene) -> None:
    answer = await scene.allow(LOADER, "Granite-Bridge-8")
    assert answer.status_code == 200 and "Access Restricted for API Only Users" in answer.text


async def test_an_expired_password_must_be_changed_first(scene: Scene) -> None:
    scene.org.clock.advance(60 * DAY)
    answer = await scene.allow()
    assert (
        answer.status_code == 200 and "expired" in answer.text and "location" not in answer.headers
    )
    assert open_sessions(scene.org, SAM) == []


async def test_a_persons_login_at_the_page_is_no_client_from_outside(scene: Scene) -> None:
    await scene.allow()
    await scene.allow(SAM, "wrong")
    assert [client.name for client in scene.org.clients.all() if client.outside] == []


@pytest.mark.parametrize(
    "callback", ["https://evil.example/cb", CALLBACK + "/", CALLBACK + "?x=1", CALLBACK.upper(), ""]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_wrong_callback_is_never_redirected_to(
    scene: Scene, callback: str, method: str
) -> None:
    data = {"username": SAM, "password": SAMS} if method == "POST" else None
    answer = await scene.wire.send(
        method, AUTHORIZE, params=scene.asked(redirect_uri=callback), data=data
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "redirect_uri_mismatch")
    assert "location" not in answer.headers


async def test_an_unknown_app_and_one_without_the_flow_are_not_redirected_to_either(
    scene: Scene,
) -> None:
    unknown = await scene.wire.send("GET", AUTHORIZE, params=scene.asked(client_id="x"))
    scene.org.apps.choose_flows(scene.app.name, ["password"])
    without = await scene.wire.send("GET", AUTHORIZE, params=scene.asked())
    assert (unknown.json()["error"], without.json()["error"]) == (
        "invalid_client_id",
        "unsupported_grant_type",
    )
    assert "location" not in unknown.headers and "location" not in without.headers


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", HOST.replace("https", "http"), HOST + ".evil.example", "null", ""],
)
async def test_a_form_sent_from_another_site_is_refused_before_any_login(
    scene: Scene, origin: str
) -> None:
    before = scene.org.info().last_event
    answer = await scene.allow(headers={"Origin": origin})
    assert answer.status_code == 200 and "another site" in answer.text
    assert scene.org.info().last_event == before


@pytest.mark.parametrize("headers", [{"Origin": HOST}, {"Origin": HOST.upper()}, {}], ids=repr)
async def test_a_form_of_our_own_page_is_taken_and_one_of_a_client_that_names_no_origin(
    scene: Scene, headers: dict
) -> None:
    assert (await scene.allow(headers=headers)).status_code == 302


async def test_the_page_lets_browsers_name_its_origin_when_the_form_is_sent(scene: Scene) -> None:
    """With Referrer-Policy: no-referrer they send Origin: null from our own page (Fetch
    standard).
    """
    answer = await scene.wire.send("GET", AUTHORIZE, params=scene.asked())
    assert answer.headers["referrer-policy"] == "same-origin"


async def test_a_question_for_the_head_of_the_page_is_no_login(scene: Scene) -> None:
    before = scene.org.info().last_event
    assert (await scene.wire.send("HEAD", AUTHORIZE, params=scene.asked())).status_code == 200
    assert scene.org.info().last_event == before


ANSWERS = {
    "page": lambda scene: scene.wire.send("GET", AUTHORIZE, params=scene.asked()),
    "page with a message": lambda scene: scene.allow(SAM, "wrong"),
    "another site's form": lambda scene: scene.allow(headers={"Origin": "null"}),
    "code": lambda scene: scene.allow(),
    "redirected refusal": lambda scene: scene.wire.send(
        "GET", AUTHORIZE, params=scene.asked(scope="admin")
    ),
    "unknown app": lambda scene: scene.wire.send(
        "GET", AUTHORIZE, params=scene.asked(client_id="x")
    ),
    "wrong method": lambda scene: scene.wire.send("PUT", AUTHORIZE),
    "file busy": lambda scene: scene.with_the_file_busy(lambda: scene.allow()),
}


@pytest.mark.parametrize("play", ANSWERS.values(), ids=ANSWERS)
async def test_no_answer_of_the_page_may_be_framed_or_kept(scene: Scene, play: Any) -> None:
    headers = (await play(scene)).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (headers["x-frame-options"], headers["cache-control"]) == ("DENY", "no-store")


# ---- Scopes


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("", "refresh_token api"),
        ("api", "api"),
        ("refresh_token api web", "refresh_token api web"),  # sf
        ("web full refresh_token", "web full refresh_token"),  # CumulusCI
        ("openid id profile email", "openid id profile email"),
        ("api  offline_access api", "api refresh_token"),
    ],
)
async def test_the_scopes_that_apps_have_are_granted_as_asked(
    scene: Scene, asked: str, granted: str
) -> None:
    answer = (await scene.exchange(await scene.code(scope=asked))).json()
    assert answer["scope"] == granted
    assert ("refresh_token" in answer) is ("refresh_token" in granted.split())


@pytest.mark.parametrize(
    "scope", ["admin", "full admin web whatever", "API", "api\u00a0web,full", " "]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_scope_that_the_app_does_not_have_goes_back_as_invalid_scope(
    scene: Scene, scope: str, method: str
) -> None:
    before = scene.org.info().last_event
    data = {"username": SAM, "password": SAMS} if method == "POST" else None
    answer = await scene.wire.send(method, AUTHORIZE, params=scene.asked(scope=scope), data=data)
    back, query = answer.headers["location"].split("?")
    assert (answer.status_code, back) == (302, CALLBACK)
    assert parse_qs(query) == {
        "error": ["invalid_scope"],
        "error_description": [NO_SCOPE],
        "state": ["a b&c"],
    }
    assert scene.org.info().last_event == before, "nobody was logged in for it"


async def test_what_was_typed_comes_back_escaped(scene: Scene) -> None:
    answer = await scene.allow('"><script>alert(1)</script>', "x")
    assert "<script>alert" not in answer.text and "&lt;script&gt;" in answer.text


# ---- The code


async def test_a_code_works_once(scene: Scene) -> None:
    code = await scene.code()
    assert (await scene.exchange(code)).status_code == 200
    assert error_of(await scene.exchange(code)) == "invalid authorization code"


@pytest.mark.parametrize(
    ("milliseconds", "good"), [(15 * MINUTE - 1, True), (15 * MINUTE, False), (DAY, False)]
)
async def test_a_code_works_for_fifteen_minutes_of_org_time(
    scene: Scene, milliseconds: int, good: bool
) -> None:
    code = await scene.code()
    scene.org.clock.advance(milliseconds)
    answer = await scene.exchange(code)
    assert answer.status_code == 200 if good else error_of(answer) == "invalid authorization code"


async def test_a_code_of_one_app_is_none_of_another(scene: Scene) -> None:
    other, code = second_app(scene), await scene.code()
    assert error_of(await scene.exchange(code, **other)) == "invalid authorization code"
    assert error_of(await scene.exchange(code)) == "invalid authorization code", "it is used up"


async def test_a_code_is_exchanged_only_with_the_callback_it_was_asked_with(scene: Scene) -> None:
    code = await scene.code()
    answer = await scene.grant("authorization_code", code=code, redirect_uri=scene.app.callbacks[1])
    assert (answer.status_code, answer.json()["error"]) == (400, "redirect_uri_mismatch")
    assert error_of(await scene.exchange(code)) == "invalid authorization code", "it is used up"


async def test_the_code_needs_the_apps_secret(scene: Scene) -> None:
    code = await scene.code()
    assert error_of(await scene.exchange(code, client_secret="x")) == "invalid client credentials"
    assert (await scene.exchange(code)).status_code == 200, (
        "a client that is not let in has shown no code"
    )
    without = {
        "grant_type": "authorization_code",
        "client_id": scene.app.consumer_key,
        "redirect_uri": CALLBACK,
    }
    for verifier in ({}, {"code_verifier": VERIFIER}, {"code_verifier": ""}):
        code = await scene.code()
        assert (
            error_of(await scene.wire.token(**without, code=code, **verifier))
            == "invalid code verifier"
        )
        assert error_of(await scene.exchange(code)) == "invalid authorization code", "it is used up"


@pytest.mark.parametrize(
    "asked", [PKCE, {"code_challenge": PKCE["code_challenge"]}], ids=["S256", "no method: sf"]
)
async def test_with_pkce_the_verifier_stands_for_the_secret(
    scene: Scene, asked: dict[str, str]
) -> None:
    form = {
        "grant_type": "authorization_code",
        "client_id": scene.app.consumer_key,
        "redirect_uri": CALLBACK,
    }
    for wrong in ("another", "", VERIFIER + "x", PKCE["code_challenge"]):
        code = await scene.code(**asked)
        assert (
            error_of(await scene.wire.token(**form, code=code, code_verifier=wrong))
            == "invalid code verifier"
        )
        again = await scene.wire.token(**form, code=code, code_verifier=VERIFIER)
        assert error_of(again) == "invalid authorization code", "there is one guess"
    granted = await scene.wire.token(**form, code=await scene.code(**asked), code_verifier=VERIFIER)
    assert granted.status_code == 200 and await scene.works(granted.json()["access_token"])


@pytest.mark.parametrize("verifier", ["another", "", "é", VERIFIER.upper()])
async def test_with_pkce_the_secret_does_not_stand_for_the_verifier(
    scene: Scene, verifier: str
) -> None:
    code = await scene.code(**PKCE)
    assert error_of(await scene.exchange(code, code_verifier=verifier)) == "invalid code verifier"
    assert (
        error_of(await scene.exchange(code, code_verifier=VERIFIER)) == "invalid authorization code"
    ), "there is one guess"
    assert (
        await scene.exchange(await scene.code(**PKCE), code_verifier=VERIFIER)
    ).status_code == 200


async def test_a_refresh_token_got_without_the_secret_is_used_without_it_and_no_other_is(
    scene: Scene,
) -> None:
    """cumulusci and sf send no secret [MEASURED client-public-refresh]."""
    form = {
        "client_id": scene.app.consumer_key,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    granted = await scene.wire.token(
        grant_type="authorization_code", code=await scene.code(**PKCE), **form
    )
    public = {"grant_type": "refresh_token", "client_id": scene.app.consumer_key}
    assert (
        await scene.wire.token(**public, refresh_token=granted.json()["refresh_token"])
    ).status_code == 200
    confidential = (await scene.granted())["refresh_token"]
    assert (
        error_of(await scene.wire.token(**public, refresh_token=confidential))
        == "invalid client credentials"
    )


@pytest.mark.parametrize("state", ["frozen", "inactive"])
async def test_who_is_stopped_after_allowing_gets_no_session(scene: Scene, state: str) -> None:
    code = await scene.code()
    if state == "frozen":
        scene.org.users.freeze(SAM)
    else:
        scene.org.database.conn.execute("update user set active = 0 where username = ?", [SAM])
    assert error_of(await scene.exchange(code)) == "inactive user"
    scene.org.database.conn.execute(
        "update user set active = 1, frozen = 0 where username = ?", [SAM]
    )
    assert error_of(await scene.exchange(code)) == "invalid authorization code", (
        "it is used up all the same"
    )


async def test_the_exchange_is_a_login_from_where_the_app_calls(scene: Scene) -> None:
    code = parse_qs(urlsplit((await office_allows(scene)).headers["location"]).query)["code"][0]
    assert error_of(await scene.exchange(code)) == "ip restricted"
    assert scene.org.history.logins("kim")[0].source_ip == CLOUD


async def office_allows(scene: Scene) -> Any:
    """Kim, behind login IP ranges, allows the app from the office."""
    data = {"username": "kim@acme.example", "password": "Amber-Window-6"}
    return await scene.wire.send("POST", AUTHORIZE, params=scene.asked(), data=data, address=OFFICE)


async def test_a_code_survives_the_password_change_between_page_and_exchange(scene: Scene) -> None:
    code = await scene.code(ADA, ADAS)
    scene.org.passwords.change(ADA, ADAS, "Fresh-Start-88")
    assert (await scene.exchange(code)).status_code == 200

"""Passwords set, changed and reset over the wire: SOAP operations and the REST password resource.
Each kills the token.
"""

from typing import Any

import pytest
from lxml import etree

from freshtoken_model.accounts.mail import LINK_SUBJECT
from freshtoken_model.values.clock import DAY

from ..world import ADA, ADAS, FRESH, OFFICE, PASSWORD, SAM, SAMS
from ..world import INTEGRATION as USER
from .conftest import login_body
from .wire_helpers import Scene

SOAP_EXPIRED, REST_EXPIRED = (
    "sf:INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
    "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
)


def fault_code(answer: Any) -> str:
    assert answer.status_code == 500, answer.text
    return etree.fromstring(answer.content).findtext(".//faultcode") or ""


def error_code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


def with_fields(operation: str, **fields: str) -> str:
    inner = "".join(f"<urn:{name}>{value}</urn:{name}>" for name, value in fields.items())
    return f"<urn:{operation}>{inner}</urn:{operation}>"


async def soap_set(scene: Scene, session: str, username: str = USER, new: str = FRESH) -> Any:
    return await scene.wire.in_session(
        session, with_fields("setPassword", userId=scene.id_of(username), password=new)
    )


async def soap_change(scene: Scene, session: str, username: str = USER, new: str = FRESH) -> Any:
    old = scene.org.users.get(username).demo_password or PASSWORD
    return await scene.wire.in_session(
        session, with_fields("changeOwnPassword", oldPassword=old, newPassword=new)
    )


async def rest_set(scene: Scene, session: str, username: str = USER, new: str = FRESH) -> Any:
    return await scene.password_resource("POST", session, username, json={"NewPassword": new})


WAYS = {"setPassword": soap_set, "changeOwnPassword": soap_change, "REST POST": rest_set}


async def expired_session(scene: Scene) -> str:
    """A session of the integration user, whose password expired."""
    scene.org.clock.advance(29 * DAY)
    return await scene.session()


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_a_password_set_over_the_wire_kills_the_token_and_mails_a_new_one(
    scene: Scene, way: Any
) -> None:
    session = await scene.session()
    assert (await way(scene, session)).status_code in (200, 204)
    assert scene.org.users.get(USER).token_issued_at == scene.org.clock.read().seen_org
    mailed = scene.org.mail.newest_token(USER)
    assert mailed is not None and mailed != scene.token
    assert (await scene.wire.login(FRESH + scene.token)).status_code == 500
    assert (await scene.wire.login(FRESH + mailed)).status_code == 200
    assert await scene.works(session), "the session that did it lives on"


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_the_password_policy_is_the_same_over_the_wire(scene: Scene, way: Any) -> None:
    session = await scene.session()
    for new in ("short1", "nodigits-here", PASSWORD, ""):
        answer = await way(scene, session, USER, new)
        assert "INVALID_NEW_PASSWORD" in answer.text and answer.status_code in (400, 500), new
    assert (await scene.wire.login(PASSWORD + scene.token)).status_code == 200, (
        "nothing was changed"
    )


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_who_never_had_a_token_is_mailed_none(scene: Scene, way: Any) -> None:
    nora = "nora@acme.example"
    session = await scene.wire.open_session("Marble-Garden-3", username=nora, address=OFFICE)
    assert (await way(scene, session, nora)).status_code in (200, 204)
    assert scene.org.mail.all(nora) == []


# ---- One's own, and others'


async def test_an_admin_sets_the_password_of_another_and_nobody_else_does(scene: Scene) -> None:
    admin, user = await scene.admin(), await scene.session()
    assert error_code(await rest_set(scene, user, SAM)) == (403, "INSUFFICIENT_ACCESS")
    assert fault_code(await soap_set(scene, user, SAM)) == "sf:INSUFFICIENT_ACCESS"
    assert (await scene.wire.login(SAMS, username=SAM, address=OFFICE)).status_code == 200, (
        "nothing was changed"
    )
    assert (await soap_set(scene, admin, SAM)).status_code == 200
    assert (await rest_set(scene, admin, USER)).status_code == 204
    assert (await scene.wire.login(FRESH, username=SAM, address=OFFICE)).status_code == 200
    assert scene.org.users.get(USER).token_state == "live" and scene.org.mail.newest_token(USER)
    causes = [
        event.detail for event in scene.org.history.events() if event.kind == "password_changed"
    ]
    assert causes == ["password_set", "password_set"]


async def test_the_ids_of_15_and_18_characters_are_the_same_user_and_others_are_none(
    scene: Scene,
) -> None:
    session = await scene.session()
    for ident, new in ((scene.me[:15], FRESH), (scene.me, "Another-Day-5")):
        assert (
            await scene.rest(
                "POST", f"/sobjects/User/{ident}/password", session, json={"NewPassword": new}
            )
        ).status_code == 204
    for ident in (scene.me[:14], scene.me + "x", scene.me[:16], "me", "%00"):
        path = f"/sobjects/User/{ident}/password"
        assert error_code(await scene.rest("GET", path, session)) == (404, "NOT_FOUND"), ident


async def test_where_setup_forbids_self_resets_change_own_password_and_the_admin_remain(
    scene: Scene,
) -> None:
    scene.org.setup.choose("self_set_password", "off")
    session = await scene.session()
    assert fault_code(await soap_set(scene, session)) == "sf:INSUFFICIENT_ACCESS"
    assert error_code(await rest_set(scene, session)) == (403, "INSUFFICIENT_ACCESS")
    assert (await soap_change(scene, session)).status_code == 200
    assert (await soap_set(scene, await scene.admin(), USER, "Third-Time-99")).status_code == 200


async def test_change_own_password_asks_for_the_current_one_without_the_token(scene: Scene) -> None:
    session = await scene.session()
    for old in ("", "wrong", PASSWORD + scene.token, FRESH):
        answer = await scene.wire.in_session(
            session, with_fields("changeOwnPassword", oldPassword=old, newPassword=FRESH)
        )
        assert fault_code(answer) == "sf:INVALID_OLD_PASSWORD", old


# ---- An admin's reset


async def soap_reset(scene: Scene, session: str, username: str = USER) -> Any:
    return await scene.wire.in_session(
        session, with_fields("resetPassword", userId=scene.id_of(username))
    )


async def rest_reset(scene: Scene, session: str, username: str = USER) -> Any:
    return await scene.password_resource("DELETE", session, username)


@pytest.mark.parametrize("reset", [soap_reset, rest_reset], ids=["resetPassword", "REST DELETE"])
async def test_a_reset_returns_a_temporary_password_kills_the_token_and_mails_a_link(
    scene: Scene, reset: Any
) -> None:
    answer = await reset(scene, await scene.admin())
    text = answer.text
    temporary = (
        text.partition("<password>")[2].partition("<")[0]
        if "<" in text
        else answer.json()["NewPassword"]
    )
    assert answer.status_code == 200 and temporary.isalnum()
    assert scene.org.users.get(USER).token_state == "retired"
    assert [mail.subject for mail in scene.org.mail.all(USER)] == [LINK_SUBJECT], (
        "a link, and no token before it is used"
    )
    assert (await scene.wire.login(PASSWORD + scene.token)).status_code == 500
    session = await scene.wire.open_session(temporary, address=OFFICE)
    assert error_code(await scene.rest("GET", "/limits", session)) == (401, REST_EXPIRED)


@pytest.mark.parametrize("reset", [soap_reset, rest_reset], ids=["resetPassword", "REST DELETE"])
async def test_only_an_admin_resets_even_ones_own(scene: Scene, reset: Any) -> None:
    session = await scene.session()
    for username in (SAM, USER):
        assert "INSUFFICIENT_ACCESS" in (await reset(scene, session, username)).text
    assert (await scene.wire.login(PASSWORD + scene.token)).status_code == 200


@pytest.mark.parametrize("reset", [soap_reset, rest_reset], ids=["resetPassword", "REST DELETE"])
async def test_an_inactive_user_is_not_reset(scene: Scene, reset: Any) -> None:
    answer = await reset(scene, await scene.admin(), "lee@acme.example")
    assert "INSUFFICIENT_ACCESS" in answer.text and "inactive" in answer.text


async def test_whether_a_password_is_expired_is_told_to_its_owner_and_to_an_admin(
    scene: Scene,
) -> None:
    user, admin = await scene.session(), await scene.admin()
    assert (await scene.password_resource("GET", user)).json() == {"isExpired": False}
    assert error_code(await scene.password_resource("GET", user, SAM)) == (
        403,
        "INSUFFICIENT_ACCESS",
    )
    scene.org.passwords.reset(SAM)
    assert (await scene.password_resource("GET", admin, SAM)).json() == {"isExpired": True}
    head = await scene.password_resource("HEAD", admin, SAM)
    assert (head.status_code, head.content) == (200, b"")


# ---- With an expired password


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_the_session_of_an_expired_password_may_end_the_expiry(
    scene: Scene, way: Any
) -> None:
    session = await expired_session(scene)
    assert error_code(await scene.rest("GET", "/limits", session)) == (401, REST_EXPIRED)
    assert (await way(scene, session)).status_code in (200, 204)
    assert await scene.works(session)


@pytest.mark.parametrize(
    "operation",
    [
        "getUserInfo",
        "getServerTimestamp",
        "query",
        "queryMore",
        "describeSObjects",
        "resetPassword",
    ],
)
async def test_it_may_do_nothing_else_over_soap(scene: Scene, operation: str) -> None:
    session = await expired_session(scene)
    assert fault_code(await scene.wire.in_session(session, f"<urn:{operation}/>")) == SOAP_EXPIRED


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/limits",
        "/query?q=x",
        "/query/01gX",
        "/sobjects",
        "/sobjects/Account/describe",
        "/sobjects/User/x",
    ],
)
async def test_nor_over_rest(scene: Scene, path: str) -> None:
    assert error_code(await scene.rest("GET", path, await expired_session(scene))) == (
        401,
        REST_EXPIRED,
    )


async def test_an_admin_whose_password_expired_sets_and_resets_nobody_elses(scene: Scene) -> None:
    scene.org.clock.advance(80 * DAY)
    session = await scene.admin()
    assert fault_code(await soap_set(scene, session, SAM)) == SOAP_EXPIRED
    assert fault_code(await soap_reset(scene, session, SAM)) == SOAP_EXPIRED
    assert error_code(await rest_set(scene, session, SAM)) == (401, REST_EXPIRED)
    assert error_code(await rest_reset(scene, session, SAM)) == (401, REST_EXPIRED)
    assert scene.org.users.get(SAM).demo_password == SAMS, "nothing was changed"
    assert (await soap_set(scene, session, ADA)).status_code == 200
    assert (await soap_set(scene, session, SAM)).status_code == 200, (
        "then it is an admin's session again"
    )


async def test_it_may_log_out(scene: Scene) -> None:
    session = await expired_session(scene)
    assert (await scene.wire.in_session(session, "<urn:logout/>")).status_code == 200
    assert (
        fault_code(await scene.wire.in_session(session, "<urn:getUserInfo/>"))
        == "sf:INVALID_SESSION_ID"
    )


# ---- Bodies of the REST resource


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ('{"NewPassword":"Fresh-Start-88"}', "application/json"),
        ('{"NewPassword":"Fresh-Start-88","x":[1]}', ""),
        ("<SObject><NewPassword>Fresh-Start-88</NewPassword></SObject>", "application/xml"),
        ('<?xml version="1.0"?><n:X '
            'xmlns:n="n"><n:NewPassword>Fresh-Start-88</n:NewPassword></n:X>', "text/xml; "
            "charset=x"),
    ],
)  # fmt: skip
async def test_json_and_xml_bodies_are_read(scene: Scene, content: str, kind: str) -> None:
    answer = await scene.password_resource(
        "POST", await scene.session(), content=content, headers={"Content-Type": kind}
    )
    assert answer.status_code == 204
    assert (await scene.wire.login(FRESH, address=OFFICE)).status_code == 200


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("", "application/json"), ("[]", "application/json"), ("null", ""), ('{"NewPassword":7}', ""),
        ('{"newpassword":"Fresh-Start-88"}', ""), ("{" * 50_000, ""), ("[" * 50_000, ""), ("\xff", ""),
        ("<X/>", "text/xml"), ("", "text/xml"), ("<X><NewPassword>", "text/xml"), ("{}", "text/xml"),
        ('<!DOCTYPE x [<!ENTITY p "Fresh-Start-88">]><X><NewPassword>&p;</NewPassword></X>', "text/xml"),
    ],
)  # fmt: skip
async def test_a_body_without_a_new_password_is_a_broken_one(
    scene: Scene, content: str, kind: str
) -> None:
    session = await scene.session()
    answer = await scene.password_resource(
        "POST", session, content=content.encode("latin-1"), headers={"Content-Type": kind}
    )
    assert error_code(answer) == (400, "JSON_PARSER_ERROR")
    assert (await scene.wire.login(PASSWORD, address=OFFICE)).status_code == 200, (
        "nothing was changed"
    )


async def test_without_a_session_nobody_learns_who_exists(scene: Scene) -> None:
    for username in (USER, SAM):
        for method in ("GET", "POST", "DELETE"):
            assert error_code(await scene.password_resource(method, "nothing", username)) == (
                401,
                "INVALID_SESSION_ID",
            )


# ---- LoginScopeHeader


async def scoped(scene: Scene, organization: str, sent: str) -> Any:
    scope = (
        f"<LoginScopeHeader "
        f'xmlns="urn:x"><organizationId>{organization}</organizationId></LoginScopeHeader>'
    )
    body = login_body(USER, sent).replace(
        b"<se:Header/>", f"<se:Header>{scope}</se:Header>".encode()
    )
    return await scene.wire.soap(body)


async def test_the_scope_header_with_this_orgs_id_lets_in(scene: Scene) -> None:
    org_id = scene.org.info().record_id
    for named in (org_id, org_id[:15], f" {org_id} ", ""):
        assert (await scoped(scene, named, PASSWORD + scene.token)).status_code == 200, named


@pytest.mark.parametrize(
    "change",
    [
        lambda i: "00D000000000001",
        lambda i: i[:14],
        lambda i: i[:16],
        lambda i: i + "AAA",
        str.lower,
    ],
)
async def test_with_another_id_nobody_is_found_and_nothing_counts(
    scene: Scene, change: Any
) -> None:
    rows = scene.org.history.logins()
    answer = await scoped(scene, change(scene.org.info().record_id), PASSWORD + scene.token)
    assert (
        fault_code(answer) == "INVALID_LOGIN"
        and "Self-Service portal is not enabled" in answer.text
    )
    assert scene.org.history.logins() == rows and scene.org.users.get(USER).failed_attempts == 0


async def test_with_the_header_a_wrong_password_reads_as_captured_and_a_missing_token_as_ever(
    scene: Scene,
) -> None:
    org_id = scene.org.info().record_id
    assert "Self-Service portal" in (await scoped(scene, org_id, "wrong")).text
    assert fault_code(await scoped(scene, org_id, PASSWORD)) == "LOGIN_MUST_USE_SECURITY_TOKEN"
    assert scene.org.users.get(USER).failed_attempts == 2
    assert ADAS not in (await scoped(scene, org_id, ADAS)).text

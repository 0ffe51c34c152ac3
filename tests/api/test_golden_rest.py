"""REST replies and errors byte for byte, in JSON and in XML."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from freshtoken_api import messages

from ..world import FRESH, LEE, SAM
from ..world import INTEGRATION as USER
from .golden import Case
from .wire_helpers import Scene

AS_XML = {"Accept": "application/xml"}
ACCOUNT = "/sobjects/Account/0015j0000000001AAA"


def gets(path: str, **query: str) -> Any:
    """A GET by the integration user, in the form asked for."""

    async def play(scene: Scene, headers: dict[str, str]) -> Any:
        return await scene.rest("GET", path, await scene.session(), params=query, headers=headers)

    return play


async def versions(scene: Scene, headers: dict[str, str]) -> Any:
    return await scene.wire.send("GET", "/services/data", headers=headers)


async def retired(scene: Scene, headers: dict[str, str]) -> Any:
    bearer = {"Authorization": f"Bearer {await scene.session()}"}
    return await scene.wire.send("GET", "/services/data/v30.0/limits", headers=headers | bearer)


async def no_session(scene: Scene, headers: dict[str, str]) -> Any:
    return await scene.rest("GET", "/limits", "00D5j000001NGD6!AQnothing", headers=headers)


async def at_the_login_host(scene: Scene, headers: dict[str, str]) -> Any:
    host = {"Host": "login.salesforce.com"}
    return await scene.rest("GET", "/limits", await scene.session(), headers=headers | host)


async def nothing_behind_bearer(scene: Scene, headers: dict[str, str]) -> Any:
    return await scene.rest("GET", "/limits", "", headers=headers)


async def without_the_permission(scene: Scene, headers: dict[str, str]) -> Any:
    session = await scene.session()
    scene.org.users.permit(USER, "api-enabled", False)
    return await scene.rest("GET", "/limits", session, headers=headers)


async def expired(scene: Scene, headers: dict[str, str]) -> Any:
    temporary = scene.org.passwords.reset(USER, through_api=True) or ""
    session = await scene.wire.open_session(temporary, address="198.51.100.20")
    return await scene.rest("GET", "/limits", session, headers=headers)


async def is_expired(scene: Scene, headers: dict[str, str]) -> Any:
    return await scene.password_resource("GET", await scene.session(), headers=headers)


async def resets(scene: Scene, headers: dict[str, str]) -> Any:
    return await scene.password_resource("DELETE", await scene.admin(), headers=headers)


async def resets_somebody_inactive(scene: Scene, headers: dict[str, str]) -> Any:
    return await scene.password_resource("DELETE", await scene.admin(), LEE, headers=headers)


def posts(content: Any, username: str = USER, length: int = 0) -> Any:
    """A POST at the password resource."""

    async def play(scene: Scene, headers: dict[str, str]) -> Any:
        return await scene.password_resource(
            "POST", await scene.session(), username, content=content, headers=headers
        )

    return play


async def slowly(scene: Scene, headers: dict[str, str]) -> Any:
    async def stalls() -> AsyncIterator[bytes]:
        yield b"{"
        raise TimeoutError  # what asyncio.timeout() makes of a body that does not come

    return await posts(stalls())(scene, headers)


async def unknown_user(scene: Scene, headers: dict[str, str]) -> Any:
    path = "/sobjects/User/005000000000000AAA/password"
    return await scene.rest(
        "POST", path, await scene.session(), json={"NewPassword": FRESH}, headers=headers
    )


async def setup_forbids(scene: Scene, headers: dict[str, str]) -> Any:
    scene.org.setup.choose("self_set_password", "off")
    return await posts(b'{"NewPassword": "Fresh-Start-88"}')(scene, headers)


async def busy(scene: Scene, headers: dict[str, str]) -> Any:
    session, sent = await scene.session(), {"NewPassword": FRESH}
    return await scene.with_the_file_busy(
        lambda: scene.password_resource("POST", session, json=sent, headers=headers)
    )


def injected(fault: str) -> Any:
    """A GET that is answered with an injected fault."""

    async def play(scene: Scene, headers: dict[str, str]) -> Any:
        session = await scene.session()
        scene.wire.injections.add(fault, "data")
        return await scene.rest("GET", "/limits", session, headers=headers)

    return play


OWN = b'{"NewPassword": "Fresh-Start-88"}'
PLAYS: list[tuple[str, str, int, Any]] = [
    ("rest_versions", "", 200, versions),
    ("rest_resources", "", 200, gets("/")),
    ("rest_limits", "", 200, gets("/limits")),
    ("rest_query", "", 200, gets("/query", q="SELECT Id, Name FROM Account WHERE Name = 'orchard "
        "& quay legal'")),
    ("rest_query_nulls", "", 200, gets("/query", q="SELECT Name, IsSandbox, NamespacePrefix FROM "
        "Organization")),
    ("rest_query_count", "", 200, gets("/query", q="SELECT COUNT() FROM User")),
    ("rest_query_columns", "", 200, gets("/query", q="SELECT Id, Name, IsActive FROM User", columns="true")),
    ("rest_sobjects", "", 200, gets("/sobjects")),
    ("rest_sobject", "", 200, gets("/sobjects/account")),
    ("rest_describe", "", 200, gets("/sobjects/Account/describe")),
    ("rest_record", "", 200, gets(ACCOUNT)),
    ("rest_record_fields", "", 200, gets(ACCOUNT[:-3], fields="name, Id")),
    ("password_is_expired", "", 200, is_expired),
    ("password_reset", "", 200, resets),
    ("rest_url_not_reset", "url_not_reset", 400, at_the_login_host),
    ("rest_invalid_auth_header", "invalid_auth_header", 401, nothing_behind_bearer),
    ("rest_api_off_for_user", "api_off_for_user", 403, without_the_permission),
    ("rest_invalid_session", "invalid_session", 401, no_session),
    ("rest_expired_password", "expired_password", 401, expired),
    ("rest_malformed_query", "malformed_query", 400, gets("/query", q="SELECT Id FROM Account "
        "WHERE Name < 'a & b'")),
    ("rest_invalid_type", "invalid_type", 400, gets("/sobjects/Contact/describe")),
    ("rest_invalid_field", "invalid_field", 400, gets(ACCOUNT, fields="Phone")),
    ("rest_not_found", "not_found", 404, gets("/sobjects/Account/0015j0000000099AAA")),
    ("rest_retired_version", "retired_version", 410, retired),
    ("rest_invalid_id", "invalid_id", 404, unknown_user),
    ("rest_insufficient_access", "insufficient_access", 403, posts(OWN, SAM)),
    ("rest_invalid_new_password", "invalid_new_password", 400, posts(b'{"NewPassword": "short"}')),
    ("rest_self_password", "self_password", 403, setup_forbids),
    ("rest_refused_use", "refused_use", 403, resets_somebody_inactive),
    ("rest_bad_query_locator", "bad_query_locator", 400, gets("/query/01gAAA")),
    ("rest_broken_body", "broken_body", 400, posts(b'{"NewPassword": ')),
    ("rest_broken_body_field", "broken_body", 400, posts(b'{"Password": "x"}')),
    ("rest_too_large", "too_large", 413, posts(b" " * (messages.LARGEST_BODY + 1))),
    ("rest_too_slow", "too_slow", 408, slowly),
    ("rest_unavailable", "unavailable", 503, busy),
    ("rest_server_unavailable", "server_unavailable", 503, injected("server_unavailable")),
    ("rest_request_limit_exceeded", "request_limit_exceeded", 403, injected("request_limit_exceeded")),
    ("rest_unable_to_lock_row", "unable_to_lock_row", 400, injected("unable_to_lock_row")),
]  # fmt: skip


def case_of(play: tuple[str, str, int, Any], suffix: str) -> Case:
    name, fault, status, how = play
    return Case(
        f"{name}.{suffix}",
        fault,
        status,
        lambda scene: how(scene, AS_XML if suffix == "xml" else {}),
    )


CASES = [case_of(play, suffix) for play in PLAYS for suffix in ("json", "xml")]
CASES.append(
    Case(
        "rest_method_not_allowed.json",
        "method_not_allowed",
        405,
        lambda scene: scene.rest("POST", "/limits"),
    )
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_rest_answers_to_the_byte(scene: Scene, case: Case) -> None:
    await case.check(scene)


async def test_a_password_set_by_rest_is_answered_by_204_and_nothing_else(scene: Scene) -> None:
    answer = await scene.password_resource("POST", await scene.session(), content=OWN)
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "accept",
    ["application/json", "*/*", "text/html, application/xhtml+xml", "application/xml, text/json"],
)
async def test_json_is_the_form_unless_xml_alone_is_asked_for(scene: Scene, accept: str) -> None:
    answer = await scene.rest("GET", "/limits", await scene.session(), headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("application/json")

"""SOAP answers byte for byte, against golden files written from captures [WIRE soap-fault-http-500]
[WIRE must-use-token-words] [WIRE soap-login-response].
"""

from pathlib import Path
from typing import Any

import pytest

from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY

from ..world import HOME, PASSWORD

GOLDEN = Path(__file__).parent / "golden"
QUERY = (
    "<urn:query><urn:queryString>SELECT Id, Name FROM Account LIMIT 5</urn:queryString></urn:query>"
)


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.xml").read_bytes()


@pytest.mark.parametrize(
    ("edition", "version", "name"),
    [
        ("u", "64.0", "login_partner_64"),
        ("u", "37.0", "login_partner_37"),
        ("c", "64.0", "login_enterprise_64"),
    ],
)
async def test_a_login_with_the_live_token_is_answered_as_captured(
    wire: Any, token: str, edition: str, version: str, name: str
) -> None:
    answer = await wire.login(PASSWORD + token, edition=edition, version=version)
    assert (answer.status_code, answer.content) == (200, golden(name))


@pytest.mark.parametrize(
    ("edition", "name"), [("u", "invalid_login_partner"), ("c", "invalid_login_enterprise")]
)
async def test_a_wrong_password_is_refused_as_captured(
    wire: Any, token: str, edition: str, name: str
) -> None:
    answer = await wire.login("Wrong-Light-7" + token, edition=edition)
    assert (answer.status_code, answer.content) == (500, golden(name))


async def test_a_missing_token_is_refused_as_captured(wire: Any) -> None:
    answer = await wire.login(PASSWORD)
    assert (answer.status_code, answer.content) == (500, golden("must_use_security_token"))


async def test_a_missing_token_reads_invalid_login_when_that_is_assumed(
    wire: Any, org: Org
) -> None:
    org.setup.choose("missing_token_fault", "invalid_login")
    answer = await wire.login(PASSWORD)
    assert (answer.status_code, answer.content) == (500, golden("invalid_login_partner"))


async def test_a_login_from_outside_the_profiles_ip_ranges_is_refused_as_captured(
    wire: Any,
) -> None:
    answer = await wire.login("Granite-Bridge-8", username="loader@acme.example", address=HOME)
    assert (answer.status_code, answer.content) == (500, golden("restricted_domain"))


@pytest.mark.parametrize("version", ["65.0", "66.0"])
async def test_login_is_not_available_from_version_65_on(
    wire: Any, token: str, version: str
) -> None:
    answer = await wire.login(PASSWORD + token, version=version)
    assert (answer.status_code, answer.content) == (500, golden(f"version_{version[:2]}"))


async def test_soap_login_can_be_off_in_the_org(wire: Any, org: Org, token: str) -> None:
    org.setup.choose("soap_login", "off")
    answer = await wire.login(PASSWORD + token)
    assert (answer.status_code, answer.content) == (500, golden("soap_login_disabled"))


@pytest.mark.parametrize("version", ["7.0", "20.0", "30.0"])
async def test_a_retired_version_is_unsupported(wire: Any, token: str, version: str) -> None:
    answer = await wire.login(PASSWORD + token, version=version)
    assert (answer.status_code, answer.content) == (500, golden("retired_version"))


async def test_an_unknown_session_is_illegal(wire: Any) -> None:
    answer = await wire.in_session("00D5j000001NGD6!AQnothing", "<urn:getUserInfo/>")
    assert (answer.status_code, answer.content) == (500, golden("invalid_session"))


async def test_a_login_with_an_expired_password_succeeds_and_says_so(
    wire: Any, org: Org, token: str
) -> None:
    org.clock.advance(29 * DAY)  # the password is 61 days old, and expires in 90
    answer = await wire.login(PASSWORD + token)
    assert (answer.status_code, answer.content) == (200, golden("login_expired_64"))


@pytest.mark.parametrize("operation", ["<urn:getUserInfo/>", QUERY])
async def test_nothing_works_with_an_expired_password(
    wire: Any, org: Org, token: str, operation: str
) -> None:
    org.clock.advance(29 * DAY)
    session = await wire.open_session(PASSWORD + token)
    answer = await wire.in_session(session, operation)
    assert (answer.status_code, answer.content) == (500, golden("expired_password"))


@pytest.mark.parametrize(
    ("operation", "name"),
    [("<urn:getUserInfo/>", "get_user_info"), (QUERY, "query"), ("<urn:logout/>", "logout")],
)
async def test_an_operation_in_a_session_is_answered_as_captured(
    wire: Any, token: str, operation: str, name: str
) -> None:
    session = await wire.open_session(PASSWORD + token)
    answer = await wire.in_session(session, operation)
    assert (answer.status_code, answer.content) == (200, golden(name))


async def test_a_session_that_was_logged_out_is_illegal(wire: Any, token: str) -> None:
    session = await wire.open_session(PASSWORD + token)
    await wire.in_session(session, "<urn:logout/>")
    answer = await wire.in_session(session, "<urn:getUserInfo/>")
    assert (answer.status_code, answer.content) == (500, golden("invalid_session"))

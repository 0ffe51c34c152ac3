"""SOAP over the wire: what a login and a session are told, in the spelling real clients read."""

import gzip
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from lxml import etree

from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY, MINUTE

from ..world import FRESH, HOME, OFFICE, PASSWORD
from ..world import INTEGRATION as USER

PARTNER, FAULTS = "{urn:partner.soap.sforce.com}", "{urn:fault.partner.soap.sforce.com}"
GET_USER_INFO = "<urn:getUserInfo/>"
LOGIN_RESULT = [
    "metadataServerUrl",
    "passwordExpired",
    "sandbox",
    "serverUrl",
    "sessionId",
    "userId",
    "userInfo",
]
USER_INFO = [
    "accessibilityMode",
    "chatterExternal",
    "currencySymbol",
    "orgAttachmentFileSizeLimit",
    "orgDefaultCurrencyIsoCode",
    "orgDefaultCurrencyLocale",
    "orgDisallowHtmlAttachments",
    "orgHasPersonAccounts",
    "organizationId",
    "organizationMultiCurrency",
    "organizationName",
    "profileId",
    "roleId",
    "sessionSecondsValid",
    "userDefaultCurrencyIsoCode",
    "userEmail",
    "userFullName",
    "userId",
    "userLanguage",
    "userLocale",
    "userName",
    "userTimeZone",
    "userType",
    "userUiSkin",
]
"""GetUserInfoResult in the order of the partner WSDL 56.0 [DOC soap-user-info-order]."""


def element(answer: Any, path: str) -> etree._Element:
    found = etree.fromstring(answer.content).find(path)
    assert found is not None, answer.text
    return found


def names(parent: etree._Element) -> list[str]:
    return [etree.QName(child).localname for child in parent]


def fault_code(answer: Any) -> str:
    assert answer.status_code == 500, answer.text
    return element(answer, ".//faultcode").text or ""


def login_with(prefix: str, inner: str) -> bytes:
    return (
        f'<{prefix}:Envelope xmlns:{prefix}="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns:n1="urn:partner.soap.sforce.com"><{prefix}:Header><n1:CallOptions><n1:client>simple-salesforce</n1:client>'
        "<n1:defaultNamespace>sf</n1:defaultNamespace>"
        f"</n1:CallOptions></{prefix}:Header><{prefix}:Body>{inner}</{prefix}:Body></{prefix}:Envelope>"
    ).encode()


def glued(password: str, username: str = USER, spelled: str = "n1:") -> str:
    return (
        f"<{spelled}login><{spelled}username>{username}</{spelled}username>"
        f"<{spelled}password>{password}</{spelled}password></{spelled}login>"
    )


async def test_every_refusal_of_a_login_is_a_500_with_an_unprefixed_code(
    wire: Any, org: Org, token: str
) -> None:
    org.users.freeze("sam")
    refused = [
        await wire.login("wrong" + token),
        await wire.login(PASSWORD),
        await wire.login(PASSWORD + token, version="65.0"),
        await wire.login(PASSWORD + token, version="20.0"),
        await wire.login("Granite-Bridge-8", username="loader@acme.example", address=HOME),
        await wire.login("Silver-Meadow-5", username="lee@acme.example"),
        await wire.login("Velvet-Train-9", username="sam@acme.example", address=OFFICE),
        await wire.login("whatever", username="nobody@acme.example"),
        await wire.login("", username=""),
        await wire.soap(b"<broken"),
    ]
    assert [fault_code(answer) for answer in refused] == [
        "INVALID_LOGIN",
        "LOGIN_MUST_USE_SECURITY_TOKEN",
        "INVALID_OPERATION",
        "UNSUPPORTED_API_VERSION",
        "LOGIN_DURING_RESTRICTED_DOMAIN",
        "INVALID_LOGIN",
        "INVALID_LOGIN",
        "INVALID_LOGIN",
        "INVALID_LOGIN",
        "UNKNOWN_EXCEPTION",
    ]


async def test_inactive_frozen_locked_and_unknown_users_are_told_the_very_same(
    wire: Any, org: Org, token: str
) -> None:
    org.users.freeze("sam")
    org.setup.choose("max_attempts", "3")
    for _ in range(3):
        await wire.login("wrong", username="ada@acme.example")
    told = {
        (await wire.login("Copper-Kettle-4", username="ada@acme.example", address=OFFICE)).content,
        (await wire.login("Silver-Meadow-5", username="lee@acme.example", address=OFFICE)).content,
        (await wire.login("Velvet-Train-9", username="sam@acme.example", address=OFFICE)).content,
        (await wire.login("x", username="nobody@acme.example", address=OFFICE)).content,
        (await wire.login("wrong" + token)).content,
    }
    assert org.users.get("ada").locked_at is not None
    assert len(told) == 1


@pytest.mark.parametrize(
    "operation",
    [
        GET_USER_INFO,
        "<urn:query><urn:queryString>DROP TABLE Account</urn:queryString></urn:query>",
        "<urn:query><urn:queryString>SELECT Id FROM Contact</urn:queryString></urn:query>",
        "<urn:query><urn:queryString>SELECT Phone FROM Account</urn:queryString></urn:query>",
        "<urn:query/>",
        "<urn:describeGlobal/>",
    ],
    ids=[
        "no session",
        "malformed query",
        "unknown object",
        "unknown field",
        "no query",
        "unknown operation",
    ],
)
async def test_every_refusal_in_a_session_carries_the_prefix_in_faultcode_only(
    wire: Any, token: str, operation: str
) -> None:
    session = "none" if operation == GET_USER_INFO else await wire.open_session(PASSWORD + token)
    answer = await wire.in_session(session, operation)
    bare = element(answer, f".//{FAULTS}exceptionCode").text
    assert fault_code(answer) == f"sf:{bare}"
    assert (element(answer, ".//faultstring").text or "").startswith(f"{bare}: ")


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("DROP TABLE Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact", "INVALID_TYPE"),
        ("SELECT Phone FROM Account", "INVALID_FIELD"),
    ],
)
async def test_a_query_that_cannot_be_answered_says_why(
    wire: Any, token: str, soql: str, code: str
) -> None:
    session = await wire.open_session(PASSWORD + token)
    answer = await wire.in_session(
        session, f"<urn:query><urn:queryString>{soql}</urn:queryString></urn:query>"
    )
    assert fault_code(answer) == f"sf:{code}"


async def test_results_use_the_default_namespace_and_faults_the_prefix_sf(
    wire: Any, token: str
) -> None:
    """simple-salesforce, aiosalesforce and jsforce read tags by their literal spelling
    [MEASURED client-reads-by-tag].
    """
    good, bad = await wire.login(PASSWORD + token), await wire.login("wrong")
    for name in ("sessionId", "serverUrl", "userId", "passwordExpired", "organizationId"):
        assert f"<{name}>" in good.text
    for name in ("faultcode", "faultstring", "sf:exceptionCode", "sf:exceptionMessage"):
        assert f"<{name}>" in bad.text
    assert 'xmlns:sf="urn:fault.partner.soap.sforce.com"' in bad.text
    assert good.headers["content-type"].startswith("text/xml") and bad.headers[
        "content-type"
    ].startswith("text/xml")


async def test_login_result_and_user_info_come_in_the_order_of_the_wsdl(
    wire: Any, token: str
) -> None:
    answer = await wire.login(PASSWORD + token)
    assert names(element(answer, f".//{PARTNER}result")) == LOGIN_RESULT
    assert names(element(answer, f".//{PARTNER}userInfo")) == USER_INFO
    session = element(answer, f".//{PARTNER}sessionId").text
    info = await wire.in_session(session, GET_USER_INFO)
    assert names(element(info, f".//{PARTNER}result")) == USER_INFO


@pytest.mark.parametrize(
    ("version", "present"), [("31.0", False), ("41.0", False), ("42.0", True), ("64.0", True)]
)
async def test_chatter_external_exists_from_version_42_on(
    wire: Any, token: str, version: str, present: bool
) -> None:
    answer = await wire.login(PASSWORD + token, version=version)
    assert ("chatterExternal" in names(element(answer, f".//{PARTNER}userInfo"))) is present


async def test_ids_have_18_characters_and_a_session_id_112(wire: Any, token: str) -> None:
    text = (await wire.login(PASSWORD + token)).text
    ids = {
        name: re.findall(f"<{name}>([^<]*)</{name}>", text)
        for name in ("userId", "organizationId", "profileId")
    }
    assert all(re.fullmatch("[a-zA-Z0-9]{18}", value) for found in ids.values() for value in found)
    (org_id,), (session,) = (
        ids["organizationId"],
        re.findall("<sessionId>([^<]*)</sessionId>", text),
    )
    assert ids["userId"] == [ids["userId"][0]] * 2
    assert len(session) == 112 and re.fullmatch(r"00D[a-zA-Z0-9]{12}!AQ[A-Za-z0-9._]{94}", session)
    assert session.startswith(org_id[:15] + "!")


async def test_the_server_url_is_built_from_the_host_the_client_named_and_works(
    wire: Any, token: str
) -> None:
    answer = await wire.send(
        "POST",
        "http://127.0.0.1:8080/services/Soap/u/59.0",
        content=login_with("se", glued(PASSWORD + token)),
    )
    url = element(answer, f".//{PARTNER}serverUrl").text or ""
    assert re.fullmatch(r"http://127\.0\.0\.1:8080/services/Soap/u/59\.0/00D[a-zA-Z0-9]{12}", url)
    session = element(answer, f".//{PARTNER}sessionId").text
    assert (await wire.in_session(session, GET_USER_INFO, url)).status_code == 200


@pytest.mark.parametrize("prefix", ["soapenv", "env", "SOAP-ENV", "x"])
async def test_request_prefixes_are_free(wire: Any, token: str, prefix: str) -> None:
    assert (await wire.soap(login_with(prefix, glued(PASSWORD + token)))).status_code == 200


@pytest.mark.parametrize("action", ["login", '""', "", "urn:something/else"])
async def test_soap_action_is_ignored(wire: Any, token: str, action: str) -> None:
    answer = await wire.soap(
        login_with("se", glued(PASSWORD + token)),
        headers={"SOAPAction": action, "charset": "UTF-8"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("version", ["38.0", "40.0", "42.0", "50.0", "59.0", "60.0", "64.0"])
async def test_the_versions_real_clients_ask_for_all_log_in(
    wire: Any, token: str, version: str
) -> None:
    assert (await wire.login(PASSWORD + token, version=version)).status_code == 200


async def test_a_gzipped_request_is_read_as_pyforce_sends_it(wire: Any, token: str) -> None:
    body = gzip.compress(login_with("se", glued(PASSWORD + token)))
    assert (await wire.soap(body, headers={"Content-Encoding": "gzip"})).status_code == 200


async def test_a_chunked_request_is_read_as_jsforce_sends_it(wire: Any, token: str) -> None:
    body = login_with("se", glued(PASSWORD + token))

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 7):
            yield body[start : start + 7]

    assert (await wire.soap(chunks())).status_code == 200


@pytest.mark.parametrize(
    "password", ["Salt & Pepper 1", "a<b>c4&amp;", "]]>9 'quoted' \"twice\"", "Käse-Brücke-7 £€"]
)
async def test_a_password_that_xml_has_to_escape_logs_in(
    wire: Any, org: Org, password: str
) -> None:
    org.passwords.change(USER, PASSWORD, password)
    mailed = org.mail.all(USER)[0].token or ""
    assert (await wire.login(password + mailed)).status_code == 200


async def test_a_cdata_password_with_comments_around_logs_in(wire: Any, org: Org) -> None:
    org.passwords.change(USER, PASSWORD, "Salt & Pepper 1")
    sent = f"<!-- here --><![CDATA[Salt & Pepper 1]]>{org.mail.all(USER)[0].token}<?pi?>"
    assert (await wire.soap(login_with("se", glued(sent)))).status_code == 200


async def test_an_unescaped_ampersand_is_told_as_malformed_and_reaches_no_login(
    wire: Any, org: Org, token: str
) -> None:
    """aiosalesforce does not escape: its user sees this, not INVALID_LOGIN."""
    before = org.info().last_event
    answer = await wire.soap(login_with("se", glued("Salt & Pepper 1" + token)))
    assert fault_code(answer) == "UNKNOWN_EXCEPTION"
    assert element(answer, f".//{FAULTS}UnexpectedErrorFault") is not None
    assert org.info().last_event == before


async def test_the_old_session_goes_on_working_after_a_password_change(
    wire: Any, org: Org, token: str
) -> None:
    session = await wire.open_session(PASSWORD + token)
    org.passwords.change(USER, PASSWORD, FRESH)
    assert (await wire.in_session(session, GET_USER_INFO)).status_code == 200
    assert fault_code(await wire.login(PASSWORD + token)) == "INVALID_LOGIN"


async def test_the_old_session_ends_with_the_password_when_that_is_assumed(
    wire: Any, org: Org, token: str
) -> None:
    org.setup.choose("own_change_ends_sessions", "yes")
    session = await wire.open_session(PASSWORD + token)
    org.passwords.change(USER, PASSWORD, FRESH)
    assert fault_code(await wire.in_session(session, GET_USER_INFO)) == "sf:INVALID_SESSION_ID"


async def test_a_session_times_out_by_inactivity_and_use_keeps_it(
    wire: Any, org: Org, token: str
) -> None:
    session = await wire.open_session(PASSWORD + token)
    for _ in range(3):
        org.clock.advance(70 * MINUTE)
        assert (await wire.in_session(session, GET_USER_INFO)).status_code == 200
    org.clock.advance(120 * MINUTE)
    assert fault_code(await wire.in_session(session, GET_USER_INFO)) == "sf:INVALID_SESSION_ID"


async def test_a_password_change_kills_the_token_and_only_the_mailed_one_lets_in(
    wire: Any, org: Org, token: str
) -> None:
    org.passwords.change(USER, PASSWORD, FRESH)
    mailed = org.mail.all(USER)[0].token or ""
    assert fault_code(await wire.login(PASSWORD + token)) == "INVALID_LOGIN"
    assert fault_code(await wire.login(FRESH + token)) == "INVALID_LOGIN"
    assert fault_code(await wire.login(FRESH)) == "LOGIN_MUST_USE_SECURITY_TOKEN"
    assert fault_code(await wire.login(FRESH + mailed.swapcase())) == "INVALID_LOGIN"
    assert (await wire.login(FRESH + mailed)).status_code == 200


async def test_a_token_reset_kills_the_mailed_token_too(wire: Any, org: Org) -> None:
    org.passwords.change(USER, PASSWORD, FRESH)
    mailed = org.mail.all(USER)[0].token or ""
    org.tokens.reset(USER)
    assert fault_code(await wire.login(FRESH + mailed)) == "INVALID_LOGIN"
    assert (await wire.login(FRESH + (org.mail.all(USER)[0].token or ""))).status_code == 200


async def test_no_token_is_needed_from_a_trusted_network_and_a_dead_one_is_refused(
    wire: Any, org: Org, token: str
) -> None:
    assert (await wire.login(PASSWORD, address=OFFICE)).status_code == 200
    assert (await wire.login(PASSWORD + token, address=OFFICE)).status_code == 200
    org.passwords.change(USER, PASSWORD, FRESH)
    assert fault_code(await wire.login(FRESH + token, address=OFFICE)) == "INVALID_LOGIN"


async def test_wrong_tokens_lock_the_user_out_until_time_passes(
    wire: Any, org: Org, token: str
) -> None:
    for _ in range(10):
        assert fault_code(await wire.login(PASSWORD + "A" * 24)) == "INVALID_LOGIN"
    assert fault_code(await wire.login(PASSWORD + token)) == "INVALID_LOGIN"
    assert [row.status for row in org.history.logins(USER)[:11]] == ["Password Lockout"] + [
        "Invalid Password"
    ] * 10
    org.clock.advance(15 * MINUTE)
    assert (await wire.login(PASSWORD + token)).status_code == 200


async def test_login_history_names_the_client_and_the_endpoint(
    wire: Any, org: Org, token: str
) -> None:
    body = login_with("se", glued(PASSWORD + token)).replace(b"urn:partner.", b"urn:enterprise.")
    await wire.soap(body, "/services/Soap/c/58.0")
    row = org.history.logins(USER)[0]
    assert (row.application, row.api_type, row.api_version) == (
        "simple-salesforce",
        "SOAP Enterprise",
        "58.0",
    )
    assert (row.source_ip, row.login_type, row.status) == (
        "203.0.113.7",
        "Other Apex API",
        "Success",
    )
    assert row.login_url == "acme.my.salesforce.com"


async def test_forwarded_headers_do_not_move_a_client_into_the_office(wire: Any) -> None:
    headers = {"X-Forwarded-For": OFFICE, "Forwarded": f"for={OFFICE}", "X-Real-IP": OFFICE}
    answer = await wire.soap(login_with("se", glued(PASSWORD)), headers=headers)
    assert fault_code(answer) == "LOGIN_MUST_USE_SECURITY_TOKEN"


async def test_a_caller_on_ipv6_gets_an_answer(wire: Any, token: str) -> None:
    """Salesforce's ranges are IPv4; a client on ::1 still must be answered by a session or a
    fault.
    """
    answer = await wire.login(PASSWORD + token, address="::1")
    assert answer.status_code in (200, 500) and b"soapenv:Envelope" in answer.content


async def test_an_expired_password_works_again_after_its_change(
    wire: Any, org: Org, token: str
) -> None:
    org.clock.advance(29 * DAY)
    session = await wire.open_session(PASSWORD + token)
    assert (
        fault_code(await wire.in_session(session, GET_USER_INFO))
        == "sf:INVALID_OPERATION_WITH_EXPIRED_PASSWORD"
    )
    org.passwords.change(USER, PASSWORD, FRESH)
    assert (await wire.in_session(session, GET_USER_INFO)).status_code == 200

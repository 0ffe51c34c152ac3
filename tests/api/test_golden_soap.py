"""SOAP replies and faults byte for byte: operations in a session, and every refusal that SOAP
knows.
"""

from collections.abc import AsyncIterator

import pytest

from freshtoken_api import messages

from ..world import ADA, ADAS, FRESH, HOME, LEE, LOADER, OFFICE, PASSWORD, SAM
from ..world import INTEGRATION as USER
from .conftest import SOAP_NS, login_body, session_body
from .golden import Case
from .wire_helpers import Scene

OLD = "00D000000000001"
LOCATOR = "<urn:queryMore><urn:queryLocator>{0}</urn:queryLocator></urn:queryMore>"
SMALL_BATCHES = (
    "<urn:QueryOptions><urn:batchSize>200</urn:batchSize></urn:QueryOptions></se:Header>"
)


def asks(operation: str) -> str:
    return f"<urn:query><urn:queryString>{operation}</urn:queryString></urn:query>"


def with_fields(operation: str, **fields: str) -> str:
    inner = "".join(f"<urn:{name}>{value}</urn:{name}>" for name, value in fields.items())
    return f"<urn:{operation}>{inner}</urn:{operation}>"


async def in_session(scene: Scene, operation: str, path: str = "/services/Soap/u/64.0"):
    return await scene.wire.in_session(await scene.session(), operation, path)


def operation(text: str, path: str = "/services/Soap/u/64.0"):
    return lambda scene: in_session(scene, text, path)


def injected(fault: str):
    async def play(scene: Scene):
        session = await scene.session()
        scene.wire.injections.add(fault, "data")
        return await scene.wire.in_session(session, "<urn:getUserInfo/>")

    return play


async def login_while_too_busy(scene: Scene):
    scene.wire.injections.add("server_unavailable", "login")
    return await scene.wire.login(PASSWORD)


def described(*names: str) -> str:
    listed = "".join(f"<urn:sObjectType>{name}</urn:sObjectType>" for name in names)
    return f"<urn:describeSObjects>{listed}</urn:describeSObjects>"


async def set_own_password(scene: Scene):
    return await in_session(scene, with_fields("setPassword", userId=scene.me, password=FRESH))


async def set_own_password_where_setup_forbids_it(scene: Scene):
    scene.org.setup.choose("self_set_password", "off")
    return await set_own_password(scene)


async def set_the_password_of_another(scene: Scene):
    return await in_session(
        scene, with_fields("setPassword", userId=scene.id_of(SAM), password=FRESH)
    )


async def reset_a_password(scene: Scene):
    return await scene.wire.in_session(
        await scene.admin(), with_fields("resetPassword", userId=scene.me)
    )


async def reset_the_password_of_somebody_inactive(scene: Scene):
    return await scene.wire.in_session(
        await scene.admin(), with_fields("resetPassword", userId=scene.id_of(LEE))
    )


async def second_batch(scene: Scene):
    for number in range(200):
        scene.org.database.conn.execute(
            "insert into account(record_id, name, industry) values (?, ?, 'Energy')",
            [f"0015j00000000{number:05}", "x"],
        )
    body = session_body(
        await scene.session(), asks("SELECT Id, Name FROM Account ORDER BY Industry")
    )
    first = await scene.wire.soap(body.replace(b"</se:Header>", SMALL_BATCHES.encode()))
    locator = first.text.partition("<queryLocator>")[2].partition("</queryLocator>")[0]
    assert first.text.count("<records ") == 200 and "<done>false</done>" in first.text
    return await in_session(scene, LOCATOR.format(locator))


async def scoped_login(scene: Scene):
    header = (
        f"<se:Header><LoginScopeHeader "
        f'xmlns="urn:x"><organizationId>{OLD}</organizationId></LoginScopeHeader></se:Header>'
    )
    return await scene.wire.soap(
        login_body(USER, PASSWORD + scene.token).replace(b"<se:Header/>", header.encode())
    )


async def without_any_api_auth(scene: Scene):
    scene.org.setup.choose("any_api_auth", "on")
    scene.org.users.permit(USER, "use-any-api-auth", False)
    return await scene.wire.login(PASSWORD + scene.token)


async def without_soap_login(scene: Scene):
    scene.org.setup.choose("soap_login", "off")
    return await scene.wire.login(PASSWORD)


async def without_api_enabled(scene: Scene):
    scene.org.users.permit(USER, "api-enabled", False)
    return await scene.wire.login(PASSWORD + scene.token)


async def after_hours(scene: Scene):
    scene.org.database.conn.execute("update profile set login_hours = '{\"tue\": [0, 60]}'")
    return await scene.wire.login(PASSWORD + scene.token)


async def too_often(scene: Scene):
    await scene.wire.login(PASSWORD + scene.token)
    scene.org.database.conn.execute(
        "insert into login_history(user_id, login_time, shape_id, status, event_id)"
        " with recursive n(i) as (select 1 union all select i + 1 from n where i < 3600)"
        " select user_id, login_time, shape_id, status, event_id from n, (select * from "
        "login_history where user_id = 1)"
    )
    return await scene.wire.login(PASSWORD + scene.token)


async def with_an_expired_password(scene: Scene):
    scene.org.passwords.reset(USER, through_api=True)
    temporary = scene.org.passwords.reset(USER, through_api=True) or ""
    session = await scene.wire.open_session(temporary, address=OFFICE)
    return await scene.wire.in_session(session, "<urn:getServerTimestamp/>")


def unescaped(scene: Scene):
    """As in postman-salesforce-apis#26: an & in the password, followed by Cl."""
    return scene.wire.soap(login_body(USER, "x").replace(b">x<", b">Super&Cl-7<"))


def sent(body: bytes):
    return lambda scene: scene.wire.soap(body)


async def slowly(scene: Scene):
    async def stalls() -> AsyncIterator[bytes]:
        yield b"<"
        raise TimeoutError  # what asyncio.timeout() makes of a body that does not come

    return await scene.wire.soap(stalls())


DOCTYPE = b"<!DOCTYPE e>" + login_body(USER, "x").partition(b"?>")[2]
NO_OPERATION = f'<e:Envelope xmlns:e="{SOAP_NS}"><e:Body/></e:Envelope>'.encode()
BAD_ID = "005000000000000AAA"


async def at_the_login_host(scene: Scene):
    body = session_body(await scene.session(), "<urn:getUserInfo/>")
    return await scene.wire.soap(body, headers={"Host": "login.salesforce.com"})


async def without_the_permission(scene: Scene):
    session = await scene.session()
    scene.org.users.permit(USER, "api-enabled", False)
    return await scene.wire.in_session(session, "<urn:getUserInfo/>")


CASES = [
    Case("server_unavailable.xml", "server_unavailable", 500, login_while_too_busy),
    Case("server_unavailable_in_session.xml", "", 500, injected("server_unavailable")),
    Case("request_limit_exceeded.xml", "request_limit_exceeded", 500, injected("request_limit_exceeded")),
    Case("unable_to_lock_row.xml", "unable_to_lock_row", 500, injected("unable_to_lock_row")),
    Case("url_not_reset.xml", "url_not_reset", 500, at_the_login_host),
    Case("api_off_for_user.xml", "api_off_for_user", 500, without_the_permission),
    Case("no_operation.xml", "no_operation", 500,
         lambda scene: scene.wire.soap(login_body(USER, PASSWORD), "/services/Soap/c/64.0")),
    Case("no_such_api.xml", "no_such_api", 500,
         lambda scene: scene.wire.soap(login_body(USER, PASSWORD), "/services/Soap/m/64.0")),
    Case("set_password.xml", "", 200, set_own_password),
    Case("change_own_password.xml", "", 200,
         operation(with_fields("changeOwnPassword", oldPassword=PASSWORD, newPassword=FRESH))),
    Case("reset_password.xml", "", 200, reset_a_password),
    Case("query_more.xml", "", 200, second_batch),
    Case("query_enterprise.xml", "", 200, operation(asks("SELECT Id, Name FROM Account LIMIT 1"), "/services/Soap/c/64.0")),
    Case("query_count.xml", "", 200, operation(asks("SELECT COUNT() FROM User"))),
    Case("query_nulls.xml", "", 200, operation(asks("SELECT Name, IsSandbox, NamespacePrefix FROM "
        "Organization"))),
    Case("server_timestamp.xml", "", 200, operation("<urn:getServerTimestamp/>")),
    Case("describe_sobjects.xml", "", 200, operation(described("Account", "user"))),
    Case("describe_sobject.xml", "", 200, operation(with_fields("describeSObject", sObjectType="Organization"))),
    Case("get_user_info_enterprise.xml", "", 200, operation("<urn:getUserInfo/>", "/services/Soap/c/40.0")),
    Case("invalid_login_scoped.xml", "invalid_login_scoped", 500, scoped_login),
    Case("any_api_auth.xml", "any_api_auth", 500, without_any_api_auth),
    Case("api_disabled.xml", "api_disabled", 500, without_api_enabled),
    Case("restricted_time.xml", "restricted_time", 500, after_hours),
    Case("invalid_login_partner.xml", "rate_limited", 500, too_often),
    Case("invalid_login_partner.xml", "invalid_login", 500, lambda scene: scene.wire.login("wrong" + scene.token)),
    Case("must_use_security_token.xml", "must_use_token", 500, lambda scene: scene.wire.login(PASSWORD)),
    Case("soap_login_disabled.xml", "soap_login_disabled", 500,
         without_soap_login),
    Case("version_65.xml", "login_not_in_version", 500, lambda scene: scene.wire.login(PASSWORD, version="65.0")),
    Case("retired_version.xml", "unsupported_version", 500, operation("<urn:getUserInfo/>", "/services/Soap/u/30.0")),
    Case("restricted_domain.xml", "restricted_domain", 500,
         lambda scene: scene.wire.login("Granite-Bridge-8", username=LOADER, address=HOME)),
    Case("invalid_session.xml", "invalid_session", 500, lambda scene: scene.wire.in_session("00D!AQ", "<urn:getUserInfo/>")),
    Case("expired_password.xml", "expired_password", 500, with_an_expired_password),
    Case("malformed_xml_ampersand.xml", "malformed_xml", 500, unescaped),
    Case("refused_xml_doctype.xml", "refused_xml", 500, sent(DOCTYPE)),
    Case("refused_xml_too_large.xml", "refused_xml", 500, sent(b" " * (messages.LARGEST_BODY + 1))),
    Case("refused_xml_too_slow.xml", "refused_xml", 500, slowly),
    Case("refused_xml_root.xml", "refused_xml", 500, sent(b"<login/>")),
    Case("refused_xml_no_operation.xml", "refused_xml", 500, sent(NO_OPERATION)),
    Case("unknown_operation.xml", "unknown_operation", 500, operation("<urn:describeGlobal/>")),
    Case("malformed_query.xml", "malformed_query", 500, operation(asks("SELECT Id FROM Account "
        "WHERE NOT Name = 'a'"))),
    Case("invalid_type.xml", "invalid_type", 500, operation(asks("SELECT Id FROM Contact"))),
    Case("invalid_type.xml", "invalid_type", 500, operation(described("Account", "Contact"))),
    Case("invalid_field.xml", "invalid_field", 500, operation(asks("SELECT Id, Phone FROM "
        "Account"))),
    Case("invalid_id.xml", "invalid_id", 500, operation(with_fields("setPassword", userId=BAD_ID, password=FRESH))),
    Case("insufficient_access.xml", "insufficient_access", 500, set_the_password_of_another),
    Case("insufficient_access.xml", "insufficient_access", 500,
         lambda scene: in_session(scene, with_fields("resetPassword", userId=scene.id_of(ADA)))),
    Case("invalid_new_password.xml", "invalid_new_password", 500,
         lambda scene: in_session(scene, with_fields("setPassword", userId=scene.me, password="short"))),
    Case("invalid_old_password.xml", "invalid_old_password", 500,
         operation(with_fields("changeOwnPassword", oldPassword=ADAS, newPassword=FRESH))),
    Case("unavailable.xml", "unavailable", 500, lambda scene: scene.with_the_file_busy(lambda: scene.wire.login("x"))),
    Case("unavailable_enterprise.xml", "unavailable", 500,
         lambda scene: scene.with_the_file_busy(lambda: scene.wire.login("x", edition="c"))),
    Case("self_password.xml", "self_password", 500, set_own_password_where_setup_forbids_it),
    Case("refused_use.xml", "refused_use", 500, reset_the_password_of_somebody_inactive),
    Case("bad_query_locator.xml", "bad_query_locator", 500, operation(LOCATOR.format("01gAAA"))),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_soap_answers_to_the_byte(scene: Scene, case: Case) -> None:
    await case.check(scene)

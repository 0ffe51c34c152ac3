"""zeep, strict, with a WSDL of version 64.0: every answer fits the schema, every fault is what the
WSDL declares.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
from lxml import etree
from zeep.transports import Transport

from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import ADA as ADMIN
from ..world import ADAS as ADMIN_PASSWORD
from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import LIMIT, NEW_LOCATION, REFUSED, ToLocal, failed, fresh_token

WSDL = Path(__file__).with_name("partner.wsdl")
BINDING = "{urn:partner.soap.sforce.com}SoapBinding"
XSD, SOAP = "{http://www.w3.org/2001/XMLSchema}", "{http://schemas.xmlsoap.org/soap/envelope/}"


class Client:
    """What somebody writes around zeep: log in, then speak to the serverUrl with the session in the
    header.
    """

    def __init__(self, url: str, session: requests.Session) -> None:
        self.url, self.session = url, session
        self.zeep = zeep.Client(
            str(WSDL), transport=Transport(session=session), settings=zeep.Settings(strict=True)
        )
        self.door = self.zeep.create_service(BINDING, f"{url}/services/Soap/u/64.0")

    def login(self, password: str, user: str = USER) -> Any:
        """Log in; operations go to the session's own URL from then on."""
        result = self.door.login(username=user, password=password)
        self.service = self.zeep.create_service(BINDING, result.serverUrl)
        self.headers = {"SessionHeader": {"sessionId": result.sessionId}}
        return result

    def call(self, operation: str, **values: str) -> Any:
        """Call an operation in the session."""
        return self.service[operation](**values, _soapheaders=self.headers)

    def fault(self, call: Callable[[], Any]) -> tuple[str, str, str, str]:
        """Of a refused call: faultcode, the fault's name in the WSDL, and the code and message of
        its detail, decoded.
        """
        with pytest.raises(zeep.exceptions.Fault) as caught:
            call()
        [detail] = caught.value.detail
        assert caught.value.message.startswith(caught.value.code.removeprefix("sf:") + ": ")
        decoded = self.zeep.wsdl.types.deserialize(detail)
        return (
            caught.value.code,
            type(decoded).__name__,
            decoded.exceptionCode,
            decoded.exceptionMessage,
        )


@pytest.fixture
def plain() -> Iterator[requests.Session]:
    """A session that is closed, and leads nowhere."""
    with requests.Session() as own:
        own.trust_env = False
        yield own


@pytest.fixture
def client(salesforce: Salesforce, plain: requests.Session) -> Client:
    """zeep at the plain port."""
    return Client(salesforce.url, plain)


def login_fault(code: str, words: str) -> tuple[str, str, str, str]:
    return code, "LoginFault", code, words


NO = login_fault("INVALID_LOGIN", REFUSED)


def by_the_model(client: Client, org: Org) -> None:
    org.passwords.change(USER, OLD, NEW)


def by_set_password(client: Client, org: Org) -> None:
    client.call("setPassword", userId=org.users.get(USER).record_id, password=NEW)


def by_change_own_password(client: Client, org: Org) -> None:
    client.call("changeOwnPassword", oldPassword=OLD, newPassword=NEW)


def by_an_admins_set_password(client: Client, org: Org) -> None:
    org.tokens.reset(ADMIN)
    admin = Client(client.url, client.session)
    admin.login(ADMIN_PASSWORD + fresh_token(org, ADMIN), ADMIN)
    admin.call("setPassword", userId=org.users.get(USER).record_id, password=NEW)


@pytest.mark.parametrize(
    "change", [by_the_model, by_set_password, by_change_own_password, by_an_admins_set_password]
)
def test_the_token_dies_with_the_password_however_it_is_changed(
    change: Callable[[Client, Org], None], client: Client, org: Org, token: str
) -> None:
    client.login(OLD + token)
    change(client, org)
    assert client.call("getUserInfo").userName == USER, "the session goes on"
    assert client.fault(lambda: client.door.login(USER, OLD + token)) == NO
    assert client.fault(lambda: client.door.login(USER, NEW + token)) == NO
    code, kind, detail, words = client.fault(lambda: client.door.login(USER, NEW))
    assert (code, kind, detail) == login_fault("LOGIN_MUST_USE_SECURITY_TOKEN", "")[:3]
    assert words.startswith(NEW_LOCATION)
    assert failed(org) == 3
    assert client.login(NEW + fresh_token(org)).passwordExpired is False
    assert failed(org) == 0


def test_each_wrong_login_costs_one_attempt_up_to_the_lockout(
    client: Client, org: Org, token: str
) -> None:
    org.passwords.change(USER, OLD, NEW)
    for number in range(1, LIMIT):
        assert client.fault(lambda: client.door.login(USER, NEW + token)) == NO
        assert failed(org) == number
    assert client.fault(lambda: client.door.login(USER, NEW + token)) == NO
    assert org.users.get(USER).state == "locked"
    assert client.fault(lambda: client.door.login(USER, NEW + fresh_token(org))) == NO
    org.users.unlock(USER)
    assert client.login(NEW + fresh_token(org)).sessionId


def test_the_login_result_is_read_field_by_field(
    client: Client, salesforce: Salesforce, org: Org, token: str
) -> None:
    result, user, info = client.login(OLD + token), org.users.get(USER), org.info()
    tail = f"64.0/{info.record_id[:15]}"
    assert (result.passwordExpired, result.sandbox, result.userId) == (False, False, user.record_id)
    assert result.serverUrl == f"{salesforce.url}/services/Soap/u/{tail}"
    assert result.metadataServerUrl == f"{salesforce.url}/services/Soap/m/{tail}"
    about = result.userInfo
    assert (about.userName, about.userFullName, about.userEmail) == (
        USER,
        "Nightly Sync",
        "it-operations@acme.example",
    )
    assert (about.organizationId, about.organizationName) == (info.record_id, "Acme")
    assert (about.sessionSecondsValid, about.userTimeZone) == (7200, "Europe/London")
    assert (about.chatterExternal, about.orgDefaultCurrencyLocale, about.roleId) == (
        False,
        "en_GB",
        None,
    )
    assert client.call("getUserInfo") == about


def test_what_a_session_is_refused_is_the_fault_that_the_wsdl_declares(
    client: Client, org: Org, token: str
) -> None:
    client.login(OLD + token)
    own = org.users.get(USER).record_id

    def refused(operation: str, **values: str) -> tuple[str, str, str]:
        code, kind, detail, _ = client.fault(lambda: client.call(operation, **values))
        return code, kind, detail

    assert refused("setPassword", userId=own, password="short") == (
        "sf:INVALID_NEW_PASSWORD",
        "InvalidNewPasswordFault",
        "INVALID_NEW_PASSWORD",
    )
    assert refused("changeOwnPassword", oldPassword="wrong", newPassword=NEW) == (
        "sf:INVALID_OLD_PASSWORD",
        "InvalidOldPasswordFault",
        "INVALID_OLD_PASSWORD",
    )
    assert refused("setPassword", userId="005" + "9" * 15, password=NEW) == (
        "sf:MALFORMED_ID",
        "InvalidIdFault",
        "MALFORMED_ID",
    )
    assert refused("setPassword", userId=org.users.get("sam").record_id, password=NEW) == (
        "sf:INSUFFICIENT_ACCESS",
        "UnexpectedErrorFault",
        "INSUFFICIENT_ACCESS",
    )
    assert client.login(OLD + token).sessionId, "and nothing was changed"
    client.call("logout")
    assert client.fault(lambda: client.call("getUserInfo")) == (
        "sf:INVALID_SESSION_ID",
        "UnexpectedErrorFault",
        "INVALID_SESSION_ID",
        "Invalid Session ID found in SessionHeader: Illegal Session",
    )


def test_after_a_reset_through_the_api_nothing_but_a_new_password_works(
    client: Client, org: Org
) -> None:
    temporary = org.passwords.reset("sam", through_api=True)
    assert temporary
    org.setup.choose("outside_network", "office")
    assert client.login(temporary, "sam@acme.example").passwordExpired is True
    code, kind, _, words = client.fault(lambda: client.call("getUserInfo"))
    assert (code, kind) == ("sf:INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "UnexpectedErrorFault")
    assert words.startswith("The users password has expired, you must call SetPassword")
    client.call("setPassword", userId=org.users.get("sam").record_id, password=NEW)
    assert client.call("getUserInfo").userName == "sam@acme.example"


def test_a_login_scoped_to_another_org_finds_no_user(client: Client, org: Org, token: str) -> None:
    def scoped(organization: str) -> Any:
        header = {"LoginScopeHeader": {"organizationId": organization}}
        return client.door.login(USER, OLD + token, _soapheaders=header)

    assert scoped(org.info().record_id).userId == org.users.get(USER).record_id
    code, kind, detail, _ = client.fault(lambda: scoped("00D000000000001AAA"))
    assert (code, kind, detail) == ("INVALID_LOGIN", "LoginFault", "INVALID_LOGIN")
    assert failed(org) == 0


# ---- The bytes, by the schema


@pytest.fixture(scope="module")
def schemas() -> dict[str, etree.XMLSchema]:
    """The schemas inside the WSDL, by namespace."""
    found = etree.parse(str(WSDL)).iter(f"{XSD}schema")
    return {
        str(each.get("targetNamespace")): etree.XMLSchema(etree.fromstring(etree.tostring(each)))
        for each in found
    }


def posted(url: str, operation: str, fields: str = "", session_id: str = "") -> etree._Element:
    """What comes back in the Body."""
    header = (
        f"<p:SessionHeader><p:sessionId>{session_id}</p:sessionId></p:SessionHeader>"
        if session_id
        else ""
    )
    body = (
        f'<e:Envelope xmlns:e="{SOAP[1:-1]}" '
        f'xmlns:p="urn:partner.soap.sforce.com"><e:Header>{header}</e:Header>'
        f"<e:Body><p:{operation}>{fields}</p:{operation}></e:Body></e:Envelope>"
    )
    answer = requests.post(f"{url}/services/Soap/u/64.0", data=body, timeout=10)
    [content] = etree.fromstring(answer.content).iterfind(f"{SOAP}Body/*")
    return content


def test_every_answer_is_valid_by_the_schema(
    salesforce: Salesforce, org: Org, token: str, schemas: dict
) -> None:
    partner = schemas["urn:partner.soap.sforce.com"]
    login = posted(
        salesforce.url,
        "login",
        f"<p:username>{USER}</p:username><p:password>{OLD}{token}</p:password>",
    )
    partner.assertValid(login)
    session_id = login.findtext(".//{*}sessionId", "")
    partner.assertValid(posted(salesforce.url, "getUserInfo", "", session_id))
    own = org.users.get(USER).record_id
    fields = f"<p:userId>{own}</p:userId><p:password>{NEW}</p:password>"
    partner.assertValid(posted(salesforce.url, "setPassword", fields, session_id))
    fields = f"<p:oldPassword>{NEW}</p:oldPassword><p:newPassword>Later-On-99</p:newPassword>"
    partner.assertValid(posted(salesforce.url, "changeOwnPassword", fields, session_id))
    partner.assertValid(posted(salesforce.url, "logout", "", session_id))


def test_every_fault_is_valid_by_the_schema(house: Salesforce, schemas: dict) -> None:
    for operation, fields, kind in (
        ("login", "<p:username>nobody</p:username><p:password>x</p:password>", "LoginFault"),
        ("getUserInfo", "", "UnexpectedErrorFault"),
    ):
        fault = posted(house.url, operation, fields, "dead-session")
        [detail] = fault.iterfind("detail/*")
        assert detail.tag == f"{{urn:fault.partner.soap.sforce.com}}{kind}"
        schemas["urn:fault.partner.soap.sforce.com"].assertValid(detail)


def test_zeep_reaches_the_address_inside_the_wsdl(
    salesforce: Salesforce, plain: requests.Session, token: str
) -> None:
    plain.mount("https://", ToLocal(salesforce.url))
    unmodified = zeep.Client(str(WSDL), transport=Transport(session=plain))
    assert unmodified.service.login(USER, OLD + token).userInfo.userName == USER

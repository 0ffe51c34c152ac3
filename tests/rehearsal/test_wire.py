"""What a request asks for, and what is noted of it."""

import asyncio
import base64
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from freshtoken_api.exchange import CALLER
from freshtoken_model.decision.verdict import Verdict
from freshtoken_model.files.adoption import AdoptedCredentials
from freshtoken_model.login.login import LoginResult
from freshtoken_model.values.kinds import FaultKey, LoginStatus
from freshtoken_rehearsal.evidence import LoginKind, RecordedExchange, RecordedOperation
from freshtoken_rehearsal.secrets import Secrets
from freshtoken_rehearsal.wire import Asked, Wire, what_is_asked

ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><c:CallOptions '
    'xmlns:c="urn:partner.soap.sforce.com"><c:client>tester/1</c:client></c:CallOptions>'
    "</e:Header><e:Body>{}</e:Body></e:Envelope>"
)
LOGIN = ENVELOPE.format(
    '<login xmlns="urn:partner.soap.sforce.com"><username>me@x.example</username>'
    "<password>secret</password></login>"
).encode()
QUERY = ENVELOPE.format('<query xmlns="urn:partner.soap.sforce.com"/>').encode()
LOGOUT = ENVELOPE.format('<logout xmlns="urn:partner.soap.sforce.com"/>').encode()
FORM = b"application/x-www-form-urlencoded"
SOAP = "/services/Soap/u/59.0"


def refused_login() -> LoginResult:
    """As the org decides a wrong password."""
    wrong = Verdict(False, FaultKey.INVALID_LOGIN, LoginStatus.INVALID_PASSWORD, True, ())
    return LoginResult(wrong, None, None, 1, 0)


def asked(path: str, body: bytes = b"", query: bytes = b"", **headers: bytes) -> Asked:
    named = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": query,
        "headers": [(b"user-agent", b"agent/2"), *named],
    }
    return asyncio.run(what_is_asked(scope, body))


@pytest.mark.parametrize(
    ("path", "body", "operation"),
    [
        (SOAP, LOGIN, RecordedOperation.LOGIN),
        (SOAP, QUERY, RecordedOperation.DATA),
        (SOAP, LOGOUT, RecordedOperation.OTHER),
        (SOAP, b"<not xml", RecordedOperation.OTHER),
        ("/services/data/v59.0/query", b"", RecordedOperation.DATA),
        ("/services/data/v59.0/", b"", RecordedOperation.OTHER),
        ("/services/data", b"", RecordedOperation.OTHER),
        ("/services/async/59.0/job", b"{}", RecordedOperation.DATA),
        ("/services/oauth2/token", b"grant_type=password", RecordedOperation.LOGIN),
        ("/services/oauth2/userinfo", b"", RecordedOperation.OTHER),
        ("/id/00D/005", b"", RecordedOperation.OTHER),
    ],
)
def test_a_request_is_a_login_a_data_call_or_neither(
    path: str, body: bytes, operation: RecordedOperation
) -> None:
    assert asked(path, body).operation is operation


def test_a_soap_login_shows_its_secret_and_the_client() -> None:
    found = asked(SOAP, gzip.compress(LOGIN), content_encoding=b"gzip")
    assert found.held is not None
    assert (found.held.username, found.held.password) == ("me@x.example", "secret")
    assert (found.login, found.application) == (LoginKind.SOAP, "tester/1")


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        (b"grant_type=password&username=u&password=p", LoginKind.PASSWORD),
        (b"grant_type=client_credentials", LoginKind.CLIENT_CREDENTIALS),
        (b"grant_type=refresh_token&refresh_token=r", LoginKind.REFRESH_TOKEN),
        (
            b"grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=a",
            LoginKind.JWT_BEARER,
        ),
        (b"grant_type=authorization_code&code=c", LoginKind.WEB_SERVER),
        (b"grant_type=none-of-these", ""),
    ],
)
def test_a_token_request_is_a_login_of_its_kind_in_the_body_or_the_address(
    form: bytes, kind: str
) -> None:
    path = "/services/oauth2/token"
    assert asked(path, form, content_type=FORM).login == kind
    assert asked(path, query=form).login == kind


def test_key_and_secret_come_in_the_form_or_a_header() -> None:
    basic = b"Basic " + base64.b64encode(b"key:se%2Bcret")
    by_header = asked(
        "/services/oauth2/token", b"grant_type=client_credentials", authorization=basic
    )
    by_form = asked("/services/oauth2/token", b"client_id=key&client_secret=se%2Bcret")
    for found in (by_header, by_form):
        assert found.held is not None
        assert (found.held.client_id, found.held.client_secret) == ("key", "se+cret")


@given(st.binary(max_size=200), st.sampled_from([SOAP, "/services/oauth2/token", "/x"]))
def test_no_body_is_too_odd_to_be_noted(body: bytes, path: str) -> None:
    assert asked(path, body).operation in RecordedOperation


@pytest.mark.parametrize(("decided", "noted"), [(False, 0), (True, 1)])
async def test_who_has_gone_is_noted_only_when_the_org_has_decided(
    decided: bool, noted: int
) -> None:
    """As when a client is ended in the middle of a login that waits for a thread."""
    found: list[RecordedExchange] = []

    async def org(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        assert (await receive())["type"] == "http.disconnect"
        caller = CALLER.get()
        assert caller is not None
        if decided:
            caller.logins.append(refused_login())
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b"<faultcode>INVALID_LOGIN<"})

    async def note(exchange: RecordedExchange) -> None:
        found.append(exchange)

    async def arrived(asked: Asked) -> None:
        """Nothing is learned."""

    messages: list[Message] = [{"type": "http.request", "body": LOGIN}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        """Nobody hears it."""

    wire = Wire(org, Secrets(AdoptedCredentials()), arrived, note)
    scope = {"type": "http", "method": "POST", "path": SOAP, "query_string": b"", "headers": []}
    await wire(scope, receive, send)
    assert [one.counted for one in found] == [True] * noted

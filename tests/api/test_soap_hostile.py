"""Requests no honest client sends: each is answered by a Salesforce fault, and no exception escapes
the app.
"""

import gzip
from collections.abc import AsyncIterator
from time import process_time
from typing import Any

import pytest
from lxml import etree

from freshtoken_api.faults import soap_fault
from freshtoken_model.org import Org

LARGEST = 1_000_000
LOGIN = (
    b'<se:Envelope xmlns:se="http://schemas.xmlsoap.org/soap/envelope/"><se:Body><login '
    b'xmlns="urn:partner.soap.sforce.com">'
    b"<username>integration@acme.example</username><password>&p;</password></login></se:Body></se:Envelope>"
)
BOMB = (
    b'<!DOCTYPE b [<!ENTITY a0 "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    + b'<!ENTITY p "&a9;">]>'
    + LOGIN
)
HOSTILE = {
    "empty body": b"",
    "only space": b" \n ",
    "no xml": b"username=x&password=y",
    "broken xml": b"<se:Envelope><se:Body>",
    "unbound prefix": b"<se:Envelope><se:Body><login/></se:Body></se:Envelope>",
    "half a tag": LOGIN[:-9],
    "two roots": b"<a/><b/>",
    "not utf-8": b"<a>\xff\xfe\x80</a>",
    "unknown encoding": b'<?xml version="1.0" encoding="martian"?><a/>',
    "declared utf-16": b'<?xml version="1.0" encoding="utf-16"?><a/>',
    "utf-16 for real": "<?xml version='1.0' encoding='utf-16'?><a/>".encode("utf-16"),
    "nul": b"<a>\x00</a>",
    "forbidden character": b"<a>&#1;</a>",
    "undefined entity": LOGIN,
    "doctype": b"<!DOCTYPE Envelope>" + LOGIN.replace(b"&p;", b"x"),
    "own entity": b'<!DOCTYPE e [<!ENTITY p "Harbour-Light-7">]>' + LOGIN,
    "entity bomb": BOMB,
    "external entity": b'<!DOCTYPE e [<!ENTITY p SYSTEM "file:///etc/passwd">]>' + LOGIN,
    "external dtd": b'<!DOCTYPE e SYSTEM "http://192.0.2.1/evil.dtd">'
    + LOGIN.replace(b"&p;", b"x"),
    "parameter entity": b'<!DOCTYPE e [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>'
    + LOGIN.replace(b"&p;", b"x"),
    "deep nesting": b"<a>" * 50_000 + b"</a>" * 50_000,
    "deep in a field": LOGIN.replace(b"&p;", b"<a>" * 50_000 + b"</a>" * 50_000),
    "other root": b"<login><username>x</username></login>",
    "no body": b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header/></e:Envelope>',
    "empty soap body": b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>x</e:Body></e:Envelope>',
    "xinclude": b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd" '
    b'parse="text"/></a>',
}


def told(answer: Any) -> str:
    """The code of a Salesforce fault; whatever else came back fails."""
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/xml")
    fault = etree.fromstring(answer.content).find(
        ".//{http://schemas.xmlsoap.org/soap/envelope/}Fault"
    )
    assert fault is not None, answer.text
    code = fault.findtext(".//{urn:fault.partner.soap.sforce.com}exceptionCode")
    assert code and (fault.findtext("faultstring") or "").startswith(f"{code}: ")
    return code


@pytest.mark.parametrize("body", list(HOSTILE.values()), ids=list(HOSTILE))
async def test_a_hostile_body_is_answered_by_a_fault_and_reaches_no_login(
    wire: Any, org: Org, body: bytes
) -> None:
    before = org.info().last_event
    answer = await wire.soap(body)
    assert told(answer) == "UNKNOWN_EXCEPTION"
    assert "root:" not in answer.text and "hahaha" not in answer.text
    assert org.info().last_event == before


async def test_a_body_of_two_megabytes_is_refused_before_it_is_read(wire: Any) -> None:
    read = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(200):
            read += 10_000
            yield b" " * 10_000

    assert told(await wire.soap(stream())) == "UNKNOWN_EXCEPTION"
    assert LARGEST < read <= LARGEST + 30_000


async def test_the_largest_body_allowed_is_read_whole(wire: Any, token: str) -> None:
    body = LOGIN.replace(b"&p;", b"Harbour-Light-7" + token.encode())
    assert (await wire.soap(body + b" " * (LARGEST - len(body)))).status_code == 200
    assert told(await wire.soap(body + b" " * (LARGEST + 1 - len(body)))) == "UNKNOWN_EXCEPTION"


@pytest.mark.parametrize(
    "body",
    [
        b"not gzip at all",
        b"",
        gzip.compress(LOGIN)[:-12],
        b"\x1f\x8b\x08" + b"\xff" * 50,
        gzip.compress(BOMB),
    ],
    ids=["not gzip", "empty", "cut short", "garbage", "entity bomb inside"],
)
async def test_a_bad_gzip_body_is_answered_by_a_fault(wire: Any, body: bytes) -> None:
    assert told(await wire.soap(body, headers={"Content-Encoding": "gzip"})) == "UNKNOWN_EXCEPTION"


async def test_a_gzip_bomb_is_not_unpacked(wire: Any) -> None:
    bomb = gzip.compress(b" " * 300_000_000)
    assert len(bomb) < LARGEST
    assert told(await wire.soap(bomb, headers={"Content-Encoding": "gzip"})) == "UNKNOWN_EXCEPTION"


async def test_a_host_that_is_no_host_is_answered(wire: Any, token: str) -> None:
    body = LOGIN.replace(b"&p;", b"Harbour-Light-7" + token.encode())
    for host in ("[", "a b", "<script>&", "\u00e9".encode("latin-1"), ""):
        answer = await wire.soap(body, headers={"Host": host})
        assert answer.status_code == 200
        etree.fromstring(answer.content)


async def test_a_username_of_a_megabyte_is_refused_and_kept_short(wire: Any, org: Org) -> None:
    body = LOGIN.replace(b"integration@acme.example", b"u" * 900_000).replace(b"&p;", b"x")
    assert told(await wire.soap(body)) == "INVALID_LOGIN"
    attempt = org.history.attempt(org.info().last_event)
    assert attempt is not None and attempt.shape["username"] == "u" * 80


async def test_an_operation_named_in_markup_comes_back_escaped(wire: Any, token: str) -> None:
    session = await wire.open_session("Harbour-Light-7" + token)
    answer = await wire.in_session(session, "<urn:évil-operation.x/>")
    assert told(answer) == "UNKNOWN_EXCEPTION"
    assert "évil-operation.x" in answer.text


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT" + " " * 19_900,
        "SELECT Id FROM Account WHERE Name = '" + " " * 19_000,
        "SELECT " + "'\\" * 9_900,
        "((" * 9_900,
    ],
    ids=["spaces", "an open literal", "quotes", "brackets"],
)
async def test_the_longest_query_is_refused_without_holding_up_the_server(
    wire: Any, token: str, soql: str
) -> None:
    """The reader of SOQL holds Python's lock while it reads: it must not take quadratic time."""
    session = await wire.open_session("Harbour-Light-7" + token)
    start = process_time()
    answer = await wire.in_session(
        session, f"<urn:query><urn:queryString>{soql}</urn:queryString></urn:query>"
    )
    assert told(answer) == "MALFORMED_QUERY"
    assert process_time() - start < 1


@pytest.mark.parametrize(
    "path", ["/services/Soap/u/64.0", "/services/oauth2/token", "/services/oauth2/revoke"]
)
async def test_a_client_that_goes_away_in_the_middle_of_its_body_raises_nothing(
    wire: Any, path: str
) -> None:
    arriving: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"<a", "more_body": True},
        {"type": "http.disconnect"},
    ]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": [(b"host", b"localhost")],
             "client": ("203.0.113.7", 1), "scheme": "http", "http_version": "1.1"}  # fmt: skip

    async def receive() -> dict[str, Any]:
        return arriving.pop(0)

    async def nowhere(message: dict[str, Any]) -> None:
        pass

    await wire.app(scope, receive, nowhere)


def test_a_fault_carries_no_character_that_xml_does_not_know() -> None:
    """No request brings one here, but a text of the org may: XML could not be parsed with it."""
    sent = "a\x00b\x1bc\ud800d\ufffee<&\U0001f600"
    fault = etree.fromstring(soap_fault("unknown_operation", "partner", name=sent))
    (message,) = fault.iterfind(".//{*}exceptionMessage")
    assert message.text is not None and message.text.endswith("a?b?c?d?e<&\U0001f600")
    assert fault.findtext(".//faultstring") == f"UNKNOWN_EXCEPTION: {message.text}"

"""Whatever bytes come in, SOAP answers XML and the token endpoint answers JSON; nothing is
raised.
"""

import gzip
import json
from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

SOAP_FAULT = ".//{http://schemas.xmlsoap.org/soap/envelope/}Fault"
TEMPLATE = (
    '<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:u="urn:partner.soap.sforce.com"><e:Header><u:CallOptions><u:client>{0}</u:client></u:CallOptions><u:SessionHeader>'
    "<u:sessionId>{1}</u:sessionId>"
    "</u:SessionHeader></e:Header><e:Body><u:{2}><u:username>{3}</u:username><u:password>{4}</u:password></u:{2}></e:Body>"
    "</e:Envelope>"
)
texts = st.text(max_size=40)
operations = st.sampled_from(["login", "query", "getUserInfo", "logout", "x", "é", ""])
envelopes = st.builds(TEMPLATE.format, texts, texts, operations, texts, texts).map(
    lambda text: text.encode("utf-8", "replace")
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An envelope with a few bytes replaced, taken out or put in."""
    body = bytearray(draw(envelopes))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(body)))
        body[at : at + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return bytes(body)


fields = st.sampled_from(["grant_type", "client_id", "client_secret", "username", "password", "x"])
pairs = st.lists(st.tuples(fields, texts | st.just("password")), max_size=8)
forms = pairs.map(
    lambda found: urlencode([(k, v.encode("utf-8", "replace")) for k, v in found]).encode()
)
calm = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
encodings = st.sampled_from([{}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "deflate"}])


@calm
@given(
    body=st.binary(max_size=400) | envelopes | damaged() | envelopes.map(gzip.compress),
    headers=encodings,
)
@example(body=b"", headers={})
@example(body=b"\x00" * 50, headers={})
async def test_soap_answers_any_bytes_with_an_envelope(
    wire: Any, body: bytes, headers: dict[str, str]
) -> None:
    answer = await wire.soap(body, headers=headers)
    root = etree.fromstring(answer.content)
    assert etree.QName(root).localname == "Envelope"
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.status_code == 500 and root.find(SOAP_FAULT) is not None


@calm
@given(body=st.binary(max_size=400) | forms | forms.map(gzip.compress), headers=encodings)
@example(body=b"", headers={})
@example(body=b"&" * 63, headers={})
async def test_the_token_endpoint_answers_any_bytes_with_an_error(
    wire: Any, body: bytes, headers: dict[str, str]
) -> None:
    answer = await wire.send("POST", "/services/oauth2/token", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/json")
    assert set(json.loads(answer.content)) == {"error", "error_description"}


@calm
@given(
    soql=texts,
    session=st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=30),
)
async def test_rest_answers_any_query_with_an_array_of_errors(
    wire: Any, token: str, soql: str, session: str
) -> None:
    bad = await wire.send(
        "GET",
        "/services/data/v64.0/query",
        params={"q": soql.encode("utf-8", "replace").decode()},
        headers={"Authorization": f"Bearer {session}".encode("latin-1")},
    )
    code = "INVALID_SESSION_ID" if session.strip() else "INVALID_AUTH_HEADER"
    assert (bad.status_code, bad.json()[0]["errorCode"]) == (401, code)


@calm
@given(
    words=st.lists(
        st.sampled_from(
            ["SELECT", "Id", ",", "Name", "FROM", "Account", "LIMIT", "5", "٣", "\n", ";", "é", "."]
        )
    )
)
async def test_a_session_gets_records_or_an_error_for_any_soql(
    wire: Any, token: str, words: list[str]
) -> None:
    session = await wire.open_session("Harbour-Light-7", address="198.51.100.20")
    answer = await wire.query(session, " ".join(words))
    body = answer.json()
    assert answer.status_code in (200, 400)
    assert body["done"] if answer.status_code == 200 else set(body[0]) == {"message", "errorCode"}

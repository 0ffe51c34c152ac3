"""What hostile and broken clients send, as strategies; and what every answer must be, whatever came
in.
"""

import base64
import json
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st
from lxml import etree

from ..world import INTEGRATION as USER
from ..world import PASSWORD, SAM, SAMS
from .wire_helpers import JWT_GRANT

SOAP_FAULT = "{http://schemas.xmlsoap.org/soap/envelope/}Fault"
ANSWERED = {200, 204, 302, 400, 401, 403, 404, 405, 408, 410, 413}
ODD_TEXTS = [
    "",
    " ",
    "\x00",
    "&",
    "<",
    "]]>",
    "é",
    "😀",
    "\u202e",
    "\ufeff",
    "' or '1'='1",
    "%s%n{0}",
    "{reason}",
    "../..",
    "nan",
]

texts = st.text(max_size=40) | st.sampled_from(ODD_TEXTS)
numbers = (
    st.integers()
    | st.floats()
    | st.sampled_from([0, -1, 10**400, float("inf"), float("nan"), 1e308])
)
documents = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
latin = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=40)
odd_headers = st.fixed_dictionaries(
    {},
    optional={
        "Accept": st.sampled_from(
            ["application/xml", "text/xml", "application/json", "*/*", "text/html", ""]
        )
        | latin,
        "Content-Type": st.sampled_from(
            ["text/xml", "application/json", "application/x-www-form-urlencoded", "xml"]
        )
        | latin,
        "User-Agent": latin,
        "SOAPAction": latin,
        "Origin": latin | st.just("null"),
        "Host": st.sampled_from(["localhost", "[::1]", "[", "a b", "x:y:z", ""]) | latin,
        "X-Forwarded-For": latin,
    },
)
packed = st.fixed_dictionaries(
    {"Content-Encoding": st.sampled_from(["gzip", "GZIP ", "deflate", "gzip, gzip", ""]) | latin}
)
headers: st.SearchStrategy[dict[str, str]] = (
    st.just({})
    | odd_headers
    | st.sampled_from([{"Accept": "text/xml"}, {"Content-Type": "text/xml"}])
    | packed
)


def text_bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@st.composite
def damaged(draw: st.DrawFn, bodies: st.SearchStrategy[bytes]) -> bytes:
    """A body with some bytes replaced, taken out, put in or sent twice."""
    body = bytearray(draw(bodies))
    for _ in range(draw(st.integers(0, 5))):
        at, length = draw(st.integers(0, len(body))), draw(st.integers(0, 12))
        piece = draw(
            st.binary(max_size=8)
            | st.just(bytes(body[at : at + length]))
            | st.sampled_from([b"&", b"<", b"\x00"])
        )
        body[at : at + draw(st.integers(0, length))] = piece
    return bytes(body)


# ---- SOAP

OPERATIONS = [
    "login",
    "query",
    "queryMore",
    "getUserInfo",
    "getServerTimestamp",
    "setPassword",
    "changeOwnPassword",
    "resetPassword",
    "describeSObjects",
    "x",
    "é",
]
FIELDS = [
    "username",
    "password",
    "queryString",
    "queryLocator",
    "userId",
    "oldPassword",
    "newPassword",
    "sObjectType",
    "x",
]
DOCTYPES = [
    "<!DOCTYPE e>",
    '<!DOCTYPE e SYSTEM "file:///etc/passwd">',
    '<!DOCTYPE e [<!ENTITY a "ha">]>',
    '<!DOCTYPE e [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
    '<!DOCTYPE e [<!ENTITY a "'
    + "ha" * 500
    + '"><!ENTITY b "'
    + "&a;" * 500
    + '"><!ENTITY c "'
    + "&b;" * 500
    + '">]>',
    '<!DOCTYPE e [<!ATTLIST e x CDATA "&#0;">]>',
]
ENCODINGS = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "latin-1",
    "cp1252",
    "cp037",
    "utf-7",
]
WORDS = [
    "SELECT",
    "Id",
    ",",
    "Name",
    "FROM",
    "Account",
    "User",
    "LoginHistory",
    "WHERE",
    "=",
    "!=",
    "'",
    "\\'",
    "'x'",
    "true",
    "null",
    "AND",
    "ORDER",
    "BY",
    "DESC",
    "NULLS",
    "LAST",
    "LIMIT",
    "5",
    "99999999999",
    "٣",
    "COUNT",
    "(",
    ")",
    ";",
    "é",
    ".",
    "\n",
    "--",
    "*",
]
PIECES = [" ", "'", "\\", "'\\", "(", "a ", "1"]
sentences = st.lists(st.sampled_from(WORDS) | texts, max_size=25).map(" ".join)
almost = st.builds(
    "SELECT {} FROM {} WHERE {} = '{}' ORDER BY {} LIMIT {}".format,
    *(
        st.sampled_from(["Id", "Name, Id"]),
        st.sampled_from(["Account", "User", "LoginHistory"]),
        st.sampled_from(["Id", "x"]),
    ),
    *(texts, st.sampled_from(["Id", "Name DESC"]), st.sampled_from(["1", "0", "999999999"])),
)
endless = st.builds(
    lambda piece, times: (piece * times)[:21_000], st.sampled_from(PIECES), st.integers(0, 21_000)
)
soql = sentences | almost | texts | endless
legal = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=30
)
plain = (
    legal
    | almost
    | sentences.map(lambda text: "".join(c for c in text if c.isprintable()))
    | st.just(PASSWORD)
)
escaped = plain.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;"))
odd_values = (
    texts
    | endless
    | st.sampled_from(
        [
            "&a;",
            "&c;",
            "&#0;",
            "&#x1F600;",
            "<![CDATA[<x>]]>",
            "<a/>",
            "<!-- x -->",
            "<?x y?>",
            "&amp",
        ]
    )
)
declarations = st.sampled_from(["utf-8", "utf-16", "latin-1", "martian", "UCS-4", "cp037"])


def seldom(draw: st.DrawFn, usual: Any, odd: st.SearchStrategy[Any]) -> Any:
    """Mostly the usual thing: so that what is odd in one place is met by code that got as far as
    that.
    """
    return draw(odd) if draw(st.integers(0, 9)) == 0 else usual


@st.composite
def envelopes(draw: st.DrawFn, sessions: list[str]) -> bytes:
    """A SOAP request; seldom in an odd encoding, with a doctype, deeply nested, or with the wrong
    encoding declared.
    """
    operation, names = (
        draw(st.sampled_from(OPERATIONS)),
        draw(st.lists(st.sampled_from(FIELDS), max_size=3)),
    )
    told = {"login": ["username", "password"], "query": ["queryString"], "queryMore": ["queryLocator"],
            "setPassword": ["userId", "password"], "resetPassword": ["userId"], "describeSObjects": ["sObjectType"],
            "changeOwnPassword": ["oldPassword", "newPassword"]}  # fmt: skip
    inner = "".join(
        f"<u:{name}>{seldom(draw, draw(escaped), odd_values)}</u:{name}>"
        for name in told.get(operation, []) + names
    )
    nesting = seldom(draw, 0, st.sampled_from([1, 200, 300, 5_000]))
    declared = seldom(draw, "", declarations.map('<?xml version="1.0" encoding="{}"?>'.format))
    session = seldom(draw, draw(st.sampled_from(sessions)), odd_values)
    head = (
        f"<u:SessionHeader><u:sessionId>{session}</u:sessionId></u:SessionHeader>"
        f"<u:QueryOptions><u:batchSize>{seldom(draw, 200, odd_values)}</u:batchSize></u:QueryOptions>"
        f"<u:CallOptions><u:client>{seldom(draw, 'x', odd_values)}</u:client></u:CallOptions>"
        f"<u:LoginScopeHeader><u:organizationId>{seldom(draw, '', odd_values)}</u:organizationId></u:LoginScopeHeader>"
    )
    text = (
        f"{declared}{seldom(draw, '', st.sampled_from(DOCTYPES))}"
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:u="urn:partner.soap.sforce.com">'
        f"<e:Header>{head}</e:Header><e:Body>{'<a>' * nesting}<u:{operation}>{inner}</u:{operation}>{'</a>' * nesting}"
        "</e:Body></e:Envelope>"
    )
    return text.encode(seldom(draw, "utf-8", st.sampled_from(ENCODINGS)), "replace")


def soap_bodies(sessions: list[str]) -> st.SearchStrategy[bytes]:
    whole = envelopes(sessions)
    return whole | whole | damaged(whole) | st.binary(max_size=300)


# ---- OAuth


def assertions(sign: Any, consumer_key: str) -> st.SearchStrategy[str]:
    """JWTs: signed by the right key with odd claims, unsigned, or only something like it."""
    claims = st.fixed_dictionaries(
        {"iss": st.just(consumer_key) | documents},
        optional={
            "sub": st.just(USER) | documents,
            "aud": st.just("https://login.salesforce.com") | documents,
            "exp": numbers | documents,
            "nbf": documents,
            "iat": documents,
            "prn": documents,
            "jti": documents,
        },
    )
    headers = st.fixed_dictionaries(
        {}, optional={n: documents | st.just("RS256") for n in ("alg", "typ", "kid", "crit", "b64")}
    )
    raw = st.builds(
        lambda h, c, s: (
            f"{unpadded(json.dumps(h).encode())}.{unpadded(json.dumps(c).encode())}.{unpadded(s)}"
        ),
        headers | documents,
        claims | documents,
        st.binary(max_size=20),
    )
    nested = st.builds(
        lambda depth, iss: (
            f"{unpadded(b'[' * depth)}.{unpadded(json.dumps(iss).encode()[:-1] + b',' + b'[' * depth)}.x"
        ),
        st.integers(0, 3_000),
        st.just({"iss": consumer_key, "x": 1}),
    )
    return claims.map(sign) | raw | nested | texts | st.just("...")


def forms(known: dict[str, str], jwts: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    """Form bodies of the OAuth endpoints: right but for a field or two, random ones, and what is no
    form.
    """
    grants = [
        "password",
        "client_credentials",
        JWT_GRANT,
        "refresh_token",
        "authorization_code",
        "x",
    ]
    right = st.sampled_from(grants).map(
        lambda grant: known | {"username": USER, "password": PASSWORD, "grant_type": grant}
    )
    names = st.sampled_from(["grant_type", "username", "password", *sorted(known)])
    wrong = st.dictionaries(names, texts | st.sampled_from([SAM, SAMS, *grants]), max_size=2)
    almost_right = st.builds(lambda found, other: list((found | other).items()), right, wrong)
    by_jwt = jwts.map(lambda jwt: [("grant_type", JWT_GRANT), ("assertion", jwt)])
    pairs = (
        almost_right | almost_right | by_jwt | st.lists(st.tuples(names | texts, texts), max_size=8)
    )
    encoded = pairs.map(
        lambda found: urlencode(
            [(text_bytes(name), text_bytes(value)) for name, value in found]
        ).encode()
    )
    return encoded | encoded | damaged(encoded) | st.binary(max_size=200)


authorizations = st.one_of(
    st.builds(lambda raw: b"Basic " + base64.b64encode(raw), st.binary(max_size=60)),
    st.builds("{} {}".format, st.sampled_from(["Basic", "Bearer", "bAsIc", ""]), latin).map(
        lambda t: t.encode("latin-1")
    ),
)

# ---- REST

segments = st.sampled_from(
    [
        "services",
        "data",
        "v64.0",
        "v30.0",
        "v68.0",
        "v69.0",
        "v0.0",
        "query",
        "sobjects",
        "User",
        "Account",
        "LoginHistory",
        "describe",
        "password",
        "limits",
        "oauth2",
        "id",
        "",
        ".",
        "..",
    ]
)
locators = st.builds(
    lambda read: "01g" + base64.urlsafe_b64encode(json.dumps(read).encode()).decode(),
    documents
    | st.tuples(soql | documents, numbers, numbers | st.just(200))
    | st.tuples(
        st.just("SELECT Id FROM Account"), st.integers(-3, 9) | numbers, st.just(200) | numbers
    ),
)


def paths(record: str) -> st.SearchStrategy[str]:
    """REST paths: right ones with odd parts, and odd ones."""
    part = (segments | texts | locators | st.just(record)).map(
        lambda text: quote(text_bytes(text), safe="")[:8_000]
    )
    right = st.sampled_from(
        f"sobjects/{{}} sobjects/User/{{}} sobjects/User/{{}}/password sobjects/{{}}/describe "
        f"query/{{}} query/{{}}"
        f" sobjects/User/{record}/password sobjects/User/{record}/password sobjects/Account/{{}} "
        f"limits{{}}".split()
    )
    under = st.builds(lambda path, text: f"/services/data/v64.0/{path.format(text)}", right, part)
    return (
        under
        | under
        | under
        | under
        | st.lists(part, max_size=7).map(lambda found: "/" + "/".join(found))
    )


ODD_BODIES = [
    *(
        b"[" * 5_000,
        b'{"NewPassword":' * 2_000,
        b'{"NewPassword":"\\ud800"}',
        b"\xff\xfe{\x00}\x00",
        b"<a>" * 5_000,
    ),
    *(b"0" * 5_000, b"<X><NewPassword>&#0;</NewPassword></X>", b"\xef\xbb\xbf{}"),
]
new_passwords = texts.map(lambda text: json.dumps({"NewPassword": text}).encode())
bodies = (
    documents.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=200)
    | new_passwords
)
bodies |= st.sampled_from(ODD_BODIES)


# ---- What every answer must be


def no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def judge(answer: Any) -> None:
    """A status we know; XML that is XML, JSON that is JSON; a 500 only from SOAP, and then a
    fault.
    """
    kind, body = answer.headers.get("content-type", ""), answer.content
    soap = "/services/Soap/" in answer.request.url.path
    assert answer.status_code in ANSWERED or (answer.status_code == 500 and soap), (
        answer.status_code,
        body,
    )
    if answer.request.method == "HEAD" or not body:
        return
    if "xml" in kind:
        root = etree.fromstring(body)
        assert (answer.status_code == 500) is (root.find(f".//{SOAP_FAULT}") is not None), body
    elif "json" in kind:
        json.loads(body, parse_constant=no_constant)
    else:
        assert kind.startswith(("text/plain", "text/html")), kind
        body.decode()
    assert "Traceback" not in answer.text

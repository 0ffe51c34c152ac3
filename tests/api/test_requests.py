"""Shapes of requests that real clients send, and what each must be answered."""

import json
import zlib
from typing import Any
from urllib.parse import parse_qs

import pytest

from freshtoken_model.org import Org

from ..world import INTEGRATION as USER
from ..world import PASSWORD
from .conftest import NAMES, SOAP_NS, Wire, login_body, session_body, tag

TOKEN = "/services/oauth2/token"
MADE = 1
"""Rows of Login History that the training org begins with."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def form(org: Org, token: str) -> dict[str, str]:
    app = org.apps.all()[0]
    return {
        "grant_type": "password",
        "client_id": app.consumer_key,
        "client_secret": app.consumer_secret,
        "username": USER,
        "password": PASSWORD + token,
    }


# ---- the token endpoint


async def test_parameters_come_in_the_url_in_the_body_or_in_both(
    wire: Wire, form: dict[str, str]
) -> None:
    assert (await wire.send("POST", TOKEN, params=form)).status_code == 200
    secrets = {name: form.pop(name) for name in ("client_secret", "password")}
    both = await wire.send("POST", TOKEN, params=form, data=secrets)
    assert both.status_code == 200
    session = both.json()["access_token"]
    revoked = await wire.send("POST", "/services/oauth2/revoke", params={"token": session})
    assert revoked.status_code == 200


@pytest.mark.parametrize(
    "label",
    ["application/json", "text/plain", "text/xml; charset=utf-8", "multipart/form-data", ""],
)
async def test_a_form_with_another_label_has_no_grant_type(
    wire: Wire, org: Org, form: dict[str, str], label: str
) -> None:
    body = "&".join(f"{name}={value}" for name, value in form.items())
    answer = await wire.send("POST", TOKEN, content=body, headers={"Content-Type": label})
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    assert org.history.newest() == MADE


@pytest.mark.parametrize(
    "label", ["application/x-www-form-urlencoded; charset=UTF-8", FORM["Content-Type"].upper()]
)
async def test_a_labelled_form_is_read_whatever_its_case_and_charset(
    wire: Wire, form: dict[str, str], label: str
) -> None:
    body = "&".join(f"{name}={value}" for name, value in form.items())
    assert (
        await wire.send("POST", TOKEN, content=body, headers={"Content-Type": label})
    ).status_code == 200


@pytest.mark.parametrize("by_header", [False, True], ids=["format=", "Accept"])
@pytest.mark.parametrize("accepted", [True, False], ids=["granted", "refused"])
async def test_answers_come_in_the_format_that_is_asked_for(
    wire: Wire, form: dict[str, str], by_header: bool, accepted: bool
) -> None:
    if not accepted:
        form["password"] = "wrong"
    key = "access_token" if accepted else "error"
    kinds = {"xml": "application/xml", "urlencoded": "application/x-www-form-urlencoded"}
    for name, kind in kinds.items():
        named = {} if by_header else {"format": name}
        headers = {"Accept": kind} if by_header else {}
        answer = await wire.send("POST", TOKEN, data={**form, **named}, headers=headers)
        assert answer.headers["content-type"].startswith(kind)
        assert answer.status_code == (200 if accepted else 400)
        if name == "xml":
            assert answer.text.startswith("<?xml") and tag(answer.text, key)
        else:
            assert parse_qs(answer.text)[key]
    assert key in (await wire.send("POST", TOKEN, data={**form, "format": "json"})).json()


async def test_a_slash_behind_the_address_is_served_directly(
    wire: Wire, form: dict[str, str], token: str
) -> None:
    assert (await wire.send("POST", TOKEN + "/", data=form)).status_code == 200
    answer = await wire.soap(login_body(USER, PASSWORD + token), "/services/Soap/u/64.0/")
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["oauth_token", "access_token"])
@pytest.mark.parametrize("way", ["url", "form"])
async def test_a_token_is_presented_by_either_name_in_url_or_form(
    wire: Wire, form: dict[str, str], name: str, way: str
) -> None:
    granted = (await wire.send("POST", TOKEN, data=form)).json()
    given: dict[str, Any] = {
        ("params" if way == "url" else "data"): {name: granted["access_token"]}
    }
    method = "GET" if way == "url" else "POST"
    for path in ("/services/oauth2/userinfo", granted["id"].partition(".com")[2]):
        answer = await wire.send(method, path, **given)
        assert answer.status_code == 200, answer.text
        assert answer.json()["email"]
    assert (
        await wire.send("GET", "/services/oauth2/userinfo", params={name: "x"})
    ).status_code == 403


# ---- SOAP


@pytest.mark.parametrize(
    ("letter", "namespace"),
    [
        ("c", "urn:partner.soap.sforce.com"),
        ("u", "urn:enterprise.soap.sforce.com"),
        ("u", "urn:tooling.soap.sforce.com"),
        ("u", ""),
        ("c", ""),
        ("u", "urn:x"),
    ],
)
async def test_a_namespace_of_another_endpoint_has_no_operation_and_counts_nothing(
    wire: Wire, org: Org, token: str, letter: str, namespace: str
) -> None:
    spelled = f' xmlns="{namespace}"' if namespace else ""
    body = (
        f'<e:Envelope xmlns:e="{SOAP_NS}"><e:Body><login{spelled}><username>{USER}</username>'
        f"<password>{PASSWORD}{token}</password></login></e:Body></e:Envelope>"
    )
    answer = await wire.soap(body.encode(), f"/services/Soap/{letter}/64.0")
    named = f"{{{namespace}}}login" if namespace else "login"
    assert answer.status_code == 500
    assert tag(answer.text, "faultcode") == "soapenv:Client"
    assert tag(answer.text, "faultstring") == (
        f"No operation available for request {named}, please check the WSDL for the service."
    )
    assert org.history.newest() == MADE


@pytest.mark.parametrize("letter", list(NAMES))
async def test_the_endpoints_own_namespace_is_answered(wire: Wire, token: str, letter: str) -> None:
    body = login_body(USER, PASSWORD + token, letter)
    assert (await wire.soap(body, f"/services/Soap/{letter}/64.0")).status_code == 200


@pytest.mark.parametrize("version", ["v50.0", "50.0", "v64.0"])
async def test_a_version_may_begin_with_a_v(wire: Wire, token: str, version: str) -> None:
    answer = await wire.soap(login_body(USER, PASSWORD + token), f"/services/Soap/u/{version}")
    assert f"/services/Soap/u/{version.removeprefix('v')}/" in tag(answer.text, "serverUrl")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("ends-with&", "The entity name must immediately follow the '&amp;'"),
        ("before-digit&1x", "The entity name must immediately follow the '&amp;'"),
        ("before blank& x", "The entity name must immediately follow the '&amp;'"),
        ("named&x y", "The reference to entity \"x\" must end with the ';' delimiter."),
        ("less<than", "The request is not well-formed XML."),
        ("]]>", "The request is not well-formed XML."),
    ],
)
async def test_no_words_of_a_parser_reach_a_client(wire: Wire, password: str, said: str) -> None:
    body = login_body(USER, "HERE").replace(b"HERE", password.encode())
    answer = await wire.soap(body)
    assert answer.status_code == 500 and said in answer.text.replace("&apos;", "'")
    assert not any(word in answer.text for word in ("xmlParse", "StartTag", "line ", "column "))


@pytest.mark.parametrize("wbits", [15, -15, 31], ids=["zlib", "raw", "gzip"])
async def test_a_compressed_body_is_read(wire: Wire, token: str, wbits: int) -> None:
    squeezed = zlib.compressobj(wbits=wbits)
    body = squeezed.compress(login_body(USER, PASSWORD + token)) + squeezed.flush()
    encoding = "gzip" if wbits == 31 else "deflate"
    assert (await wire.soap(body, headers={"Content-Encoding": encoding})).status_code == 200
    broken = await wire.soap(b"plain", headers={"Content-Encoding": encoding})
    assert f"The body is not {encoding}." in broken.text


async def test_a_browser_is_told_that_only_post_is_allowed(wire: Wire) -> None:
    answer = await wire.send("GET", "/services/Soap/u/64.0")
    assert (answer.status_code, "Only POST allowed" in answer.text) == (405, True)
    assert answer.headers["content-type"].startswith("text/html")


# ---- APIs that freshtoken does not have


@pytest.mark.parametrize(
    ("path", "api"),
    [
        ("/services/data/v64.0/jobs/query", "Bulk API 2.0"),
        ("/services/data/v64.0/tooling/query", "Tooling API"),
        ("/services/data/v64.0/composite", "Composite resources"),
        ("/services/data/v64.0/search", "Search"),
        ("/services/data/v64.0/graphql", "GraphQL API"),
        ("/services/apexrest/mine", "Apex REST"),
    ],
)
async def test_an_api_that_is_not_here_is_unknown_and_named_in_our_own_header(
    wire: Wire, path: str, api: str
) -> None:
    for method in ("GET", "POST"):
        answer = await wire.send(method, path)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")
        assert answer.headers["x-freshtoken-has-no"] == api


@pytest.mark.parametrize(
    ("letter", "api"), [("m", "Metadata API"), ("T", "Tooling API"), ("s", "Apex API")]
)
async def test_another_soap_api_is_refused_by_a_soap_fault(
    wire: Wire, letter: str, api: str
) -> None:
    answer = await wire.soap(login_body(USER, "x"), f"/services/Soap/{letter}/64.0")
    assert answer.status_code == 500
    assert tag(answer.text, "faultstring") == f"UNKNOWN_EXCEPTION: freshtoken has no {api}"
    assert answer.headers["x-freshtoken-has-no"] == api


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
async def test_the_bulk_api_is_not_enabled(wire: Wire, accept: str) -> None:
    answer = await wire.send(
        "POST", "/services/async/64.0/job", content=b"{}", headers={"Accept": accept}
    )
    assert answer.status_code == 400 and answer.headers["content-type"].startswith(accept)
    assert "FeatureNotEnabled" in answer.text and "Async API not enabled" in answer.text


# ---- REST


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "OAuth", "OAuth  ", "bearer "])
async def test_a_scheme_with_nothing_behind_it_is_no_header(wire: Wire, header: str) -> None:
    answer = await wire.send(
        "GET", "/services/data/v64.0/limits", headers={"Authorization": header}
    )
    assert (answer.status_code, answer.json()) == (
        401,
        [{"message": "INVALID_HEADER_TYPE", "errorCode": "INVALID_AUTH_HEADER"}],
    )


@pytest.mark.parametrize("resource", ["limits", "sobjects", "sobjects/Account/describe"])
@pytest.mark.parametrize(
    ("version", "suffix", "accept", "served"),
    [
        ("57.0", ".json", "application/xml", "application/json"),
        ("57.0", ".xml", "application/json", "application/xml"),
        ("31.0", ".xml", "*/*", "application/xml"),
        ("58.0", ".json", "application/json", None),
        ("64.0", ".xml", "application/json", None),
    ],
)
async def test_a_path_may_name_the_format_up_to_version_57(
    wire: Wire,
    token: str,
    resource: str,
    version: str,
    suffix: str,
    accept: str,
    served: str | None,
) -> None:
    session = await wire.open_session(PASSWORD + token)
    answer = await wire.send(
        "GET",
        f"/services/data/v{version}/{resource}{suffix}",
        headers={"Authorization": f"Bearer {session}", "Accept": accept},
    )
    if served is None:
        assert answer.status_code == 404
    else:
        assert answer.status_code == 200 and answer.headers["content-type"].startswith(served)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eA=="}, {"Authorization": "x"}])
async def test_any_other_header_is_no_session(wire: Wire, headers: dict[str, str]) -> None:
    answer = await wire.send("GET", "/services/data/v64.0/limits", headers=headers)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


async def test_every_rest_answer_counts_the_calls(wire: Wire, token: str) -> None:
    session = await wire.open_session(PASSWORD + token)
    for number, bearer in enumerate((session, "x", session), 1):
        answer = await wire.send(
            "GET", "/services/data/v64.0/limits", headers={"Authorization": f"Bearer {bearer}"}
        )
        assert answer.headers["sforce-limit-info"] == f"api-usage={number}/15000"


@pytest.mark.parametrize("resource", ["query", "queryAll"])
async def test_a_batch_size_is_heeded_and_the_next_batch_is_found(
    wire: Wire, org: Org, token: str, resource: str
) -> None:
    for number in range(250):
        org.database.conn.execute(
            "insert into account(record_id, name, industry) values (?, 'x', '')",
            [f"0015j00000001{number:05}"],
        )
    bearer = {"Authorization": f"Bearer {await wire.open_session(PASSWORD + token)}"}
    asked = {**bearer, "Sforce-Query-Options": "batchSize=200"}
    path = f"/services/data/v64.0/{resource}"
    soql = {"q": "SELECT Id FROM Account"}
    first = (await wire.send("GET", path, params=soql, headers=asked)).json()
    assert (len(first["records"]), first["done"]) == (200, False)
    rest = (await wire.send("GET", first["nextRecordsUrl"], headers=asked)).json()
    assert len(first["records"]) + len(rest["records"]) == first["totalSize"]
    whole = (await wire.send("GET", path, params=soql, headers=bearer)).json()
    assert whole["done"] and len(whole["records"]) == first["totalSize"]


async def test_the_resources_name_the_identity_of_the_user(wire: Wire, token: str) -> None:
    bearer = {"Authorization": f"Bearer {await wire.open_session(PASSWORD + token)}"}
    found = (await wire.send("GET", "/services/data/v64.0", headers=bearer)).json()
    identity = await wire.send("GET", found["identity"].partition(".com")[2], headers=bearer)
    assert identity.json()["username"] == USER


async def test_a_broken_body_is_told_in_words_of_ours(wire: Wire, org: Org, token: str) -> None:
    bearer = {"Authorization": f"Bearer {await wire.open_session(PASSWORD + token)}"}
    path = f"/services/data/v64.0/sobjects/User/{org.users.get(USER).record_id}/password"
    for body in (b"{", b"nothing", json.dumps([]).encode()):
        answer = await wire.send("POST", path, content=body, headers=bearer)
        assert answer.status_code == 400 and "column" not in answer.text


# ---- sessions


async def test_the_permission_is_looked_at_with_every_call(
    wire: Wire, org: Org, token: str
) -> None:
    session = await wire.open_session(PASSWORD + token)
    org.users.permit(USER, "api-enabled", False)
    refused = await wire.query(session, "SELECT Id FROM Account")
    assert (refused.status_code, refused.json()[0]) == (
        403,
        {"message": "API is disabled for this User", "errorCode": "API_CURRENTLY_DISABLED"},
    )
    soap = await wire.soap(session_body(session, "<urn:getUserInfo/>"))
    assert "API_CURRENTLY_DISABLED" in soap.text
    org.users.permit(USER, "api-enabled", True)
    assert (await wire.query(session, "SELECT Id FROM Account")).status_code == 200


@pytest.mark.parametrize("way", ["freeze", "deactivate"])
async def test_freezing_and_deactivating_end_the_sessions(
    wire: Wire, org: Org, token: str, way: str
) -> None:
    session = await wire.open_session(PASSWORD + token)
    if way == "freeze":
        org.users.freeze(USER)
        org.users.freeze(USER, frozen=False)
    else:
        org.admin.edit_user(USER, active=False)
        org.admin.edit_user(USER, active=True)
    refused = await wire.query(session, "SELECT Id FROM Account")
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")
    assert [event.kind for event in org.history.events()].count("session_ended") == 1

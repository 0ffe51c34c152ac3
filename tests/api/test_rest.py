"""REST: a query with a bearer token, and error bodies as JSON arrays."""

from pathlib import Path
from typing import Any

import pytest

from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY, MINUTE

from ..world import FRESH, PASSWORD
from ..world import INTEGRATION as USER

GOLDEN = Path(__file__).parent / "golden"
SOQL = "SELECT Id, Name FROM Account LIMIT 5"


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.json").read_bytes()


@pytest.mark.parametrize("path", ["/services/data/v64.0/query", "/services/data/v64.0/query/"])
async def test_a_query_is_answered_with_and_without_a_slash_at_the_end(
    wire: Any, token: str, path: str
) -> None:
    """simple-salesforce sends the slash, jsforce does not; neither may be redirected."""
    session = await wire.open_session(PASSWORD + token)
    answer = await wire.query(session, SOQL, path)
    assert (answer.status_code, answer.content) == (200, golden("query"))
    assert answer.headers["content-type"].startswith("application/json")


async def test_the_attributes_url_carries_the_version_asked_for(wire: Any, token: str) -> None:
    session = await wire.open_session(PASSWORD + token)
    answer = await wire.query(
        session, "select name from account limit 1", "/services/data/v58.0/query"
    )
    (row,) = answer.json()["records"]
    assert row["attributes"]["url"].startswith("/services/data/v58.0/sobjects/Account/001")
    assert (list(row), answer.json()["totalSize"]) == (["attributes", "Name"], 1)


async def test_rest_lives_on_in_versions_that_have_no_login_any_more(wire: Any, token: str) -> None:
    """Only login() ends with version 64.0; the APIs stay."""
    session = await wire.open_session(PASSWORD + token)
    assert (await wire.query(session, SOQL, "/services/data/v68.0/query")).status_code == 200
    assert (
        await wire.in_session(session, "<urn:getUserInfo/>", "/services/Soap/u/68.0")
    ).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer 00D5j000001NGD6!AQnothing",
        "Basic eDp5",
        "Bearer None",
        "Bearer \u00e9",
    ],
)
async def test_a_bad_token_is_told_that_the_session_has_expired(
    wire: Any, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    answer = await wire.send(
        "GET", "/services/data/v64.0/query", params={"q": SOQL}, headers=headers
    )
    assert (answer.status_code, answer.content) == (401, golden("invalid_session"))


async def test_a_session_id_behind_the_wrong_scheme_is_not_used(wire: Any, token: str) -> None:
    session = await wire.open_session(PASSWORD + token)
    answer = await wire.send(
        "GET",
        "/services/data/v64.0/query",
        params={"q": SOQL},
        headers={"Authorization": f"Basic {session}"},
    )
    assert (answer.status_code, answer.content) == (401, golden("invalid_session"))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "OAuth"])
async def test_bearer_and_oauth_are_the_schemes(wire: Any, token: str, scheme: str) -> None:
    session = await wire.open_session(PASSWORD + token)
    answer = await wire.send(
        "GET",
        "/services/data/v64.0/query",
        params={"q": SOQL},
        headers={"Authorization": f"{scheme} {session}"},
    )
    assert answer.status_code == 200


async def test_a_timed_out_session_is_refused(wire: Any, org: Org, token: str) -> None:
    session = await wire.open_session(PASSWORD + token)
    org.clock.advance(120 * MINUTE)
    answer = await wire.query(session, SOQL)
    assert (answer.status_code, answer.content) == (401, golden("invalid_session"))


async def test_an_open_session_survives_the_password_change_over_rest(
    wire: Any, org: Org, token: str
) -> None:
    session = await wire.open_session(PASSWORD + token)
    org.passwords.change(USER, PASSWORD, FRESH)
    assert (await wire.query(session, SOQL)).status_code == 200


async def test_an_expired_password_is_a_401_on_which_clients_loop(
    wire: Any, org: Org, token: str
) -> None:
    org.clock.advance(29 * DAY)
    session = await wire.open_session(PASSWORD + token)
    answer = await wire.query(session, SOQL)
    assert (answer.status_code, answer.content) == (401, golden("expired_password"))


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("", "MALFORMED_QUERY"),
        ("SELECT", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE NOT Name = 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account; DROP TABLE account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT -1", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact", "INVALID_TYPE"),
        ("SELECT Id FROM sqlite_master", "INVALID_TYPE"),
        ("SELECT Id, password_hash FROM Account", "INVALID_FIELD"),
    ],
)
async def test_a_query_that_cannot_be_answered_is_a_400(
    wire: Any, token: str, soql: str, code: str
) -> None:
    session = await wire.open_session(PASSWORD + token)
    answer = await wire.query(session, soql)
    (error,) = answer.json()
    assert (answer.status_code, error["errorCode"], list(error)) == (
        400,
        code,
        ["message", "errorCode"],
    )
    assert error["message"]


@pytest.mark.parametrize(
    ("soql", "count"), [("SELECT Id FROM Account", 5), ("SELECT Id FROM Account LIMIT 0", 0)]
)
async def test_limit_says_how_many_records_come_back(
    wire: Any, token: str, soql: str, count: int
) -> None:
    session = await wire.open_session(PASSWORD + token)
    body = (await wire.query(session, soql)).json()
    assert (body["totalSize"], len(body["records"]), body["done"]) == (count, count, True)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/services",
        "/services/data/v64.0/nothing",
        "/services/data/v64/query",
        "/x%00",
    ],
)
async def test_an_address_nobody_answers_is_a_404_array(wire: Any, path: str) -> None:
    answer = await wire.send("GET", path)
    assert answer.status_code == 404
    assert answer.json() == [
        {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/services/data/v64.0/query"),
        ("DELETE", "/services/data/v64.0/query/"),
    ],
)
async def test_another_method_is_a_405_array(wire: Any, method: str, path: str) -> None:
    answer = await wire.send(method, path)
    (error,) = answer.json()
    assert (answer.status_code, error["errorCode"], list(error)) == (
        405,
        "METHOD_NOT_ALLOWED",
        ["message", "errorCode"],
    )

"""An org file that another process keeps busy: one sentence at every door, and no traceback."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from freshtoken_api.faults import refusal_of
from freshtoken_model.org import Org
from freshtoken_model.store import database
from freshtoken_model.values.errors import OrgFileError

from .conftest import tag

WORDS = "freshtoken cannot use its org file now"


@pytest.fixture
def busy(org_file: Path, wire: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody holds the write lock, and we wait for a moment only."""
    monkeypatch.setattr(database, "BUSY_LIMIT", 0.05)
    other = sqlite3.connect(org_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.close()


@pytest.mark.parametrize("edition", ["u", "c"])
async def test_soap_answers_a_fault(busy: None, wire: Any, token: str, edition: str) -> None:
    answer = await wire.login("Harbour-Light-7" + token, edition=edition)
    assert answer.status_code == 500
    assert tag(answer.text, "faultcode") == "SERVER_UNAVAILABLE"
    assert tag(answer.text, "sf:exceptionMessage") == WORDS
    assert f"urn:fault.{'partner' if edition == 'u' else 'enterprise'}.soap" in answer.text


async def test_the_token_endpoint_answers_an_error(
    busy: None, wire: Any, org: Org, token: str
) -> None:
    (app,) = org.apps.all()
    answer = await wire.token(
        grant_type="password",
        client_id=app.consumer_key,
        client_secret=app.consumer_secret,
        username="integration@acme.example",
        password="Harbour-Light-7" + token,
    )
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "server_unavailable", "error_description": WORDS},
    )


async def test_rest_answers_503_and_a_query_goes_on_working(
    wire: Any, org: Org, token: str, request: Any
) -> None:
    session = await wire.open_session("Harbour-Light-7" + token)
    request.getfixturevalue("busy")
    me = org.users.get("integration").record_id
    headers = {"Authorization": f"Bearer {session}"}
    answer = await wire.send(
        "POST",
        f"/services/data/v64.0/sobjects/User/{me}/password",
        headers=headers,
        json={"NewPassword": "Fresh-Start-88"},
    )
    assert (answer.status_code, answer.json()) == (
        503,
        [{"message": WORDS, "errorCode": "SERVER_UNAVAILABLE"}],
    )
    assert (await wire.query(session, "SELECT Id FROM Account")).json()["totalSize"] == 5, (
        "readers never wait"
    )


def test_a_file_that_is_gone_within_an_operation_is_no_refusal_of_the_operation() -> None:
    """Only a race reaches this through a door: the session's check notices the loss just before."""
    assert refusal_of(OrgFileError("/secret/path/org.db is gone"), "").key == "unavailable"

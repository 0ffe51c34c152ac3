"""Injected faults: which call they answer, in whose words, and what they leave in the org: an event
and nothing else.
"""

import sys
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from freshtoken_api.app import create_app
from freshtoken_api.faults import faults
from freshtoken_api.injection import (
    INJECTED,
    MOST_PENDING,
    MOST_TIMES,
    InjectedOperation,
    Injection,
    Injections,
    Told,
    injectable,
)
from freshtoken_api.serve.external import ExternalApp
from freshtoken_api.serve.journal import Entry, as_line
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.errors import BadValueError, NotAllowedError, UnknownNameError
from freshtoken_model.values.kinds import EventKind

from ..world import INTEGRATION as USER
from ..world import PASSWORD
from .conftest import Wire
from .wire_helpers import SOQL, Scene


def told(answer: Any) -> tuple[int, str | None]:
    return answer.status_code, answer.headers.get(INJECTED)


def injected_events(org: Org) -> list[tuple[str | None, str]]:
    events = org.history.events(limit=10_000)
    return [(e.username, e.detail) for e in events if e.kind == EventKind.FAULT_INJECTED]


async def test_the_next_calls_are_answered_with_the_fault_and_then_the_org_answers(
    scene: Scene,
) -> None:
    session = await scene.session()
    scene.wire.injections.add("request_limit_exceeded", "data", 2)
    answers = [await scene.wire.query(session, SOQL) for _ in range(3)]
    assert [told(answer) for answer in answers] == [
        (403, "request_limit_exceeded"),
        (403, "request_limit_exceeded"),
        (200, None),
    ]
    assert injected_events(scene.org) == [(USER, "request_limit_exceeded")] * 2


async def test_an_injected_refusal_of_a_login_counts_nothing_and_leaves_no_login_history(
    scene: Scene,
) -> None:
    before = len(scene.org.history.logins(USER))
    scene.wire.injections.add("invalid_login", "login", 20)
    for _ in range(20):
        answer = await scene.wire.login(PASSWORD + scene.token)
        assert told(answer) == (500, "invalid_login")
    user = scene.org.users.get(USER)
    assert (user.failed_attempts, user.locked_at) == (0, None)
    assert len(scene.org.history.logins(USER)) == before
    assert injected_events(scene.org) == [(USER, "invalid_login")] * 20
    assert told(await scene.wire.login(PASSWORD + scene.token)) == (200, None)


async def test_a_fault_is_told_even_to_a_call_without_a_session(scene: Scene) -> None:
    scene.wire.injections.add("server_unavailable", "data")
    answer = await scene.rest("GET", "/limits")
    assert told(answer) == (503, "server_unavailable")
    assert injected_events(scene.org) == [(None, "server_unavailable")]


async def test_a_query_fault_waits_for_a_query(scene: Scene) -> None:
    session = await scene.session()
    scene.wire.injections.add("unable_to_lock_row", "query", 3)
    assert told(await scene.rest("GET", "/limits", session)) == (200, None)
    assert told(await scene.wire.in_session(session, "<urn:getUserInfo/>")) == (200, None)
    query = f"<urn:query><urn:queryString>{SOQL}</urn:queryString></urn:query>"
    assert told(await scene.wire.in_session(session, query)) == (500, "unable_to_lock_row")
    assert told(await scene.wire.query(session, SOQL)) == (400, "unable_to_lock_row")
    more = await scene.rest("GET", "/query/01gAAA", session)
    assert told(more) == (400, "unable_to_lock_row")


async def test_a_fault_for_any_call_waits_for_a_door_that_has_words_for_it(scene: Scene) -> None:
    scene.wire.injections.add("invalid_client", "any")
    session = await scene.session()
    assert told(await scene.wire.query(session, SOQL)) == (200, None)
    assert told(await scene.grant("client_credentials")) == (400, "invalid_client")


async def test_a_code_has_the_prefix_of_a_session_there_and_none_at_the_login(
    scene: Scene,
) -> None:
    session = await scene.session()
    scene.wire.injections.add("server_unavailable", "any", 2)
    at_login = await scene.wire.login(PASSWORD)
    in_session = await scene.wire.in_session(session, "<urn:getUserInfo/>")
    assert "<faultcode>SERVER_UNAVAILABLE<" in at_login.text
    assert "<faultcode>sf:SERVER_UNAVAILABLE<" in in_session.text


async def test_the_journal_names_the_injected_fault_and_only_where_there_is_one(
    pool: OrgPool,
) -> None:
    journal: list[Entry] = []
    injections = Injections()
    injections.add("server_unavailable", "data")
    app = ExternalApp(create_app(pool, injections), "127.0.0.1", journal.append)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for _ in range(2):
            await client.get("/services/data/v64.0/limits")
    assert [(e["status"], e.get("injected")) for e in journal] == [
        (503, "server_unavailable"),
        (401, None),
    ]
    assert "503 SERVER_UNAVAILABLE  injected" in as_line(journal[0])
    assert "injected" not in as_line(journal[1])


async def test_an_app_without_injections_answers_as_ever(pool: OrgPool) -> None:
    answer = await Wire(create_app(pool)).login("wrong")
    assert told(answer) == (500, None)


@pytest.mark.parametrize("operation", [InjectedOperation.LOGIN, InjectedOperation.DATA])
@pytest.mark.parametrize("fault", injectable())
async def test_every_fault_that_can_be_injected_is_told_with_its_code(
    scene: Scene, fault: str, operation: InjectedOperation
) -> None:
    doors = injectable()[fault]
    calls = {
        Told.SOAP_LOGIN: lambda: scene.wire.login(PASSWORD),
        Told.OAUTH: lambda: scene.grant("password", username=USER, password=PASSWORD),
        Told.SOAP_SESSION: lambda: scene.wire.in_session("none", "<urn:getUserInfo/>"),
        Told.REST: lambda: scene.rest("GET", "/limits", "none"),
    }
    codes = {
        Told.SOAP_LOGIN: f"<faultcode>{faults()[fault].soap_code}<",
        Told.OAUTH: f'"error":"{faults()[fault].oauth_error}"',
        Told.SOAP_SESSION: f"{faults()[fault].soap_code}<",
        Told.REST: f'"errorCode":"{faults()[fault].rest_code}"',
    }
    logins = {Told.SOAP_LOGIN, Told.OAUTH}
    for door in doors & logins if operation is InjectedOperation.LOGIN else doors - logins:
        scene.wire.injections.add(fault, operation)
        answer = await calls[door]()
        assert answer.headers[INJECTED] == fault
        assert codes[door] in answer.text
        assert scene.wire.injections.pending() == ()


@pytest.mark.parametrize(
    ("fault", "operation", "times", "error", "words"),
    [
        ("nothing_like_it", "any", 1, UnknownNameError, "There is no fault 'nothing_like_it'."),
        ("request_limit", "any", 1, UnknownNameError, "Did you mean 'request_limit_exceeded'"),
        ("malformed_query", "query", 1, UnknownNameError, "There is no fault 'malformed_query'."),
        ("invalid_login", "logins", 1, UnknownNameError, "Did you mean 'login'?"),
        ("invalid_login", "data", 1, NotAllowedError, "it is told at: SOAP login(), the OAuth"),
        ("request_limit_exceeded", "login", 1, NotAllowedError, "it is told at: SOAP in a session"),
        ("invalid_login", "login", 0, BadValueError, "from 1 to 10,000"),
        ("invalid_login", "login", MOST_TIMES + 1, BadValueError, "from 1 to 10,000"),
    ],
)
def test_what_cannot_be_injected_is_refused_and_nothing_waits(
    fault: str, operation: str, times: int, error: type[Exception], words: str
) -> None:
    injections = Injections()
    with pytest.raises(error) as refusal:
        injections.add(fault, operation, times)
    assert words in str(refusal.value)
    assert injections.pending() == ()


def test_names_are_found_whatever_their_letter_case() -> None:
    added = Injections().add("REQUEST_LIMIT_EXCEEDED", "Data", 2)
    assert added == Injection("request_limit_exceeded", "data", 2)


def test_clear_drops_what_waits_and_so_many_may_wait() -> None:
    injections = Injections()
    for _ in range(MOST_PENDING):
        injections.add("invalid_login", "login", 2)
    with pytest.raises(NotAllowedError):
        injections.add("invalid_login", "login")
    assert injections.clear() == 2 * MOST_PENDING
    assert injections.take(InjectedOperation.LOGIN, Told.SOAP_LOGIN) is None


@pytest.fixture
def often_switching() -> Iterator[None]:
    """Threads are switched as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_several_threads_take_each_fault_once(often_switching: None) -> None:
    injections, taken = Injections(), []
    injections.add("invalid_login", "login", MOST_TIMES)

    def take() -> None:
        while fault := injections.take(InjectedOperation.LOGIN, Told.SOAP_LOGIN):
            taken.append(fault)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == MOST_TIMES

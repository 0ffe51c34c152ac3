"""What each operation does in the org, and that its answer is what the command prints."""

import json
import threading
import time
from typing import Any

import httpx
import pytest

from freshtoken_model.values.clock import HOUR, iso
from freshtoken_model.values.kinds import EventKind, TokenState

from ...world import FRESH, INTEGRATION, PASSWORD, SAM, START, invoke
from .conftest import Driven


def test_a_client_meets_the_password_change_that_a_test_made(control: Driven, log_in: Any) -> None:
    held = control.get("/users/integration/token")["token"]
    assert log_in(PASSWORD + held).status_code == 200
    changed = control.post("/users/integration/password", old=PASSWORD, new=FRESH)
    consequences = changed.pop("consequences")
    assert changed == {
        "username": INTEGRATION,
        "token_died": True,
        "token_mailed": True,
        "token_state": TokenState.LIVE,
    }
    assert {"deed", "token_retired", "token_mailed"} <= {one["kind"] for one in consequences}
    assert log_in(FRESH + held).status_code == 500
    mailed = control.get("/mail/latest", user="integration")["token"]
    assert control.get("/users/integration/token")["token"] == mailed != held
    assert log_in(FRESH + mailed).status_code == 200


COMMANDS: list[tuple[str, str, dict[str, Any] | None, tuple[str, ...]]] = [
    ("GET", "/org", None, ("org", "show")),
    ("GET", "/users", None, ("user", "list")),
    ("GET", "/users/ada", None, ("user", "show", "ada")),
    ("GET", "/clock", None, ("clock", "show")),
    ("GET", "/settings", None, ("setup", "show")),
    ("POST", "/users/sam/freeze", {}, ("user", "freeze", "sam")),
    (
        "POST",
        "/users/sam/freeze",
        {"by_salesforce": "login-anomaly"},
        ("user", "freeze", "sam", "--by-salesforce", "login-anomaly"),
    ),
    (
        "POST",
        "/users/integration/password",
        {"old": PASSWORD, "new": FRESH},
        ("password", "change", "integration", "--old", PASSWORD, "--new", FRESH),
    ),
    ("POST", "/users/integration/end-sessions", {}, ("user", "end-sessions", "integration")),
    ("POST", "/users/sam/token", {}, ("token", "reset", "sam")),
    (
        "POST",
        "/users/sam/password/reset",
        {"link_only": True},
        ("password", "reset", "sam", "--link-only"),
    ),
    ("POST", "/clock/advance", {"duration": "1h 30m"}, ("clock", "advance", "1h30m")),
    ("POST", "/clock/set", {"moment": "mon 9:00"}, ("clock", "set", "mon 9:00")),
    (
        "POST",
        "/settings/Soap-Login",
        {"value": "Off"},
        ("setup", "set", "Soap-Login", "Off"),
    ),
    ("POST", "/reset", {}, ("org", "reset", "--yes")),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "words"), COMMANDS, ids=lambda value: str(value)[:40]
)
def test_the_answer_is_what_the_command_prints(
    control: Driven, method: str, path: str, body: dict[str, Any] | None, words: tuple[str, ...]
) -> None:
    file = control.org.path
    before = file.with_name("before.db")
    control.org.snapshot(before)
    answer = control.call(method, path, json=body)
    assert answer.is_success, answer.text
    printed = invoke("--org", before, *words, "--json")
    assert printed.exit_code == 0, printed.output
    told = printed.stdout.replace(str(before), str(file))
    assert answer.json() == json.loads(told)


REFUSED: list[tuple[str, dict[str, Any], tuple[str, ...], int, str]] = [
    ("/users/sammy/freeze", {}, ("user", "freeze", "sammy"), 404, "not_found"),
    ("/users/sam/unlock", {}, ("user", "unlock", "sam"), 409, "refused"),
    (
        "/users/sam/password",
        {"old": "nonsense", "new": FRESH},
        ("password", "change", "sam", "--old", "nonsense", "--new", FRESH),
        409,
        "refused",
    ),
    ("/settings/soap_logn", {"value": "off"}, ("setup", "set", "soap_logn", "off"), 404, "not_found"),
    ("/settings/soap_login", {"value": "of"}, ("setup", "set", "soap_login", "of"), 400, "bad_request"),
    ("/clock/set", {"moment": "2020-01-01"}, ("clock", "set", "2020-01-01"), 409, "refused"),
    ("/clock/set", {"moment": "never"}, ("clock", "set", "never"), 400, "bad_request"),
    ("/clock/advance", {"duration": "soon"}, ("clock", "advance", "soon"), 400, "bad_request"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "words", "status", "code"), REFUSED)
def test_a_refusal_has_the_commands_own_words(
    control: Driven,
    path: str,
    body: dict[str, Any],
    words: tuple[str, ...],
    status: int,
    code: str,
) -> None:
    told = control.refused("POST", path, json=body)
    assert told[:2] == (status, code)
    printed = invoke("--org", control.org.path, *words, "--json")
    said = json.loads(printed.stdout)["error"]["message"]
    assert said.partition("All are in:")[0].strip().endswith(told[2])


def test_requests_are_told_once_and_a_caller_can_wait_for_the_next(
    control: Driven, log_in: Any
) -> None:
    log_in("wrong")
    first = control.get("/requests")
    assert [(r["path"], r["outcome"]) for r in first["requests"]] == [
        ("/services/Soap/u/64.0", "INVALID_LOGIN")
    ]
    assert control.get("/requests", since=first["last"]) == {"requests": [], "last": first["last"]}
    found: list[Any] = []
    waits = threading.Thread(
        target=lambda: found.append(control.get("/requests", since=first["last"], wait=60))
    )
    waits.start()
    log_in("wrong again")
    waits.join(timeout=10)
    assert found, "it was not woken"
    assert [r["id"] for r in found[0]["requests"]] == [first["last"] + 1]
    assert len(control.journal) == 2, "the control API's own requests are no client's"


def test_waiting_ends_when_nothing_comes(control: Driven) -> None:
    begun = time.monotonic()
    assert control.get("/requests", wait=1) == {"requests": [], "last": 0}
    assert time.monotonic() - begun >= 1


def test_verdicts_tell_the_gates_of_every_attempt_in_their_order(
    control: Driven, log_in: Any
) -> None:
    since = control.get("/verdicts")["last"]
    held = control.get("/users/integration/token")["token"]
    log_in(PASSWORD + held)
    log_in("nonsense")
    control.post("/faults", fault="invalid_login", operation="login")
    log_in(PASSWORD + held)
    told = control.get("/verdicts", since=since)
    accepted, refused, injected = told["verdicts"]
    assert (accepted["accepted"], accepted["refused_by"]) == (True, None)
    assert (refused["accepted"], refused["refused_by"]) == (False, "password")
    assert refused["failed_attempts"] == 1
    assert {"name": "password", "outcome": "refused"}.items() <= next(
        gate.items() for gate in refused["gates"] if gate["outcome"] == "refused"
    )
    assert (injected["injected"], injected["gates"]) == ("invalid_login", [])
    assert {v["username"] for v in told["verdicts"]} == {INTEGRATION}
    assert control.get("/verdicts", since=told["last"])["verdicts"] == []
    assert control.get("/verdicts", since=since, user="sam")["verdicts"] == []
    assert len(control.get("/verdicts", since=since, user="integration")["verdicts"]) == 3


def test_the_verdict_of_an_unknown_user_names_what_was_sent(control: Driven) -> None:
    since = control.get("/verdicts")["last"]
    form = {"grant_type": "password", "username": "who@acme.example", "password": "x"}
    app = control.org.apps.all()[0]
    form |= {"client_id": app.consumer_key, "client_secret": app.consumer_secret}
    httpx.post(f"{control.addresses.http}/services/oauth2/token", data=form, trust_env=False)
    (told,) = control.get("/verdicts", since=since)["verdicts"]
    assert (told["username"], told["door"]) == ("who@acme.example", "oauth")


def test_injected_faults_are_marked_in_answer_journal_and_event_log(
    control: Driven, log_in: Any
) -> None:
    added = control.post("/faults", fault="Server_Unavailable", operation="login", times=2)
    assert added == {"fault": "server_unavailable", "operation": "login", "times": 2}
    answer = log_in("wrong")
    assert answer.headers["x-freshtoken-injected"] == "server_unavailable"
    (entry,) = control.get("/requests")["requests"]
    assert (entry["injected"], entry["outcome"]) == ("server_unavailable", "SERVER_UNAVAILABLE")
    assert control.org.history.events(limit=10_000)[-1].kind == EventKind.FAULT_INJECTED
    listed = control.get("/faults")
    assert listed["pending"] == [{**added, "times": 1}]
    assert "REST" in listed["injectable"]["request_limit_exceeded"]
    assert control.call("DELETE", "/faults").json() == {"cleared": 1}
    assert control.org.users.get(INTEGRATION).failed_attempts == 0


def test_a_reset_drops_the_faults_that_wait(control: Driven) -> None:
    control.post("/faults", fault="server_unavailable")
    control.post("/reset")
    assert control.get("/faults")["pending"] == []


def test_the_settings_of_the_release_calendar_bring_the_days_of_2027(
    control: Driven, log_in: Any
) -> None:
    control.post("/settings/release_calendar", value="on")
    held = control.get("/users/integration/token")["token"]
    control.post("/clock/set", moment="2027-12-01")
    answer = log_in(PASSWORD + held)
    assert answer.status_code == 500
    last = control.get("/verdicts")["verdicts"][-1]
    assert last["accepted"] is False


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("kim", "kim@acme.example has no live security token."),
        ("ada", "No mail and no API client has the live security token of ada@acme.example."),
    ],
)
def test_a_token_that_nobody_knows_is_not_told(control: Driven, user: str, words: str) -> None:
    assert control.refused("GET", f"/users/{user}/token") == (409, "refused", words)


def test_a_name_that_two_users_have_is_refused_with_both(control: Driven) -> None:
    control.org.admin.create_user("sam@other.example", "Sam", "Other", "s@o.example", "Standard")
    told = control.refused("GET", "/users/sam")
    assert told[:2] == (400, "bad_request")
    assert "sam@acme.example or sam@other.example" in told[2]


def test_without_a_mail_there_is_no_latest_one(control: Driven) -> None:
    told = control.refused("GET", "/mail/latest", params={"user": "nora"})
    assert told == (404, "not_found", "No mail.")


def test_an_org_file_that_is_gone_is_told_as_503(control: Driven) -> None:
    control.org.path.unlink()
    assert control.refused("GET", "/health")[:2] == (503, "unusable")
    assert control.refused("POST", "/users/sam/freeze", json={})[:2] == (503, "unusable")


def test_two_callers_at_once_are_both_answered_and_one_change_is_refused(control: Driven) -> None:
    answers: list[int] = []

    def change() -> None:
        body = {"old": PASSWORD, "new": FRESH}
        answers.append(control.call("POST", "/users/integration/password", json=body).status_code)

    threads = [threading.Thread(target=change) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409], "the second one gave a password that was current no more"


def test_time_that_was_moved_is_told(control: Driven) -> None:
    assert control.post("/clock/advance", duration="1h")["now"] == iso(START + HOUR)
    assert control.get("/users/sam")["username"] == SAM

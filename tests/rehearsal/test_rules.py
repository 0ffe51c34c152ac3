"""The verdict on evidence that is written by hand: no org, no process."""

from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshtoken_rehearsal.evidence import (
    URL,
    Evidence,
    Leak,
    LoginKind,
    Process,
    RecordedExchange,
    RecordedOperation,
)
from freshtoken_rehearsal.judges import MANY_TRIES, PAUSE
from freshtoken_rehearsal.rules import RULES, VerdictKind, verdict
from freshtoken_rehearsal.scenarios import Scenario, Wants, scenarios

LOGIN, DATA = RecordedOperation.LOGIN, RecordedOperation.DATA
BY_WANTS = {one.wants: one for one in reversed(scenarios())}
STOPS, RECOVERS = BY_WANTS[Wants.STOPS], BY_WANTS[Wants.STOPS_OR_RECOVERS]
ONCE_MORE, BACKOFF = BY_WANTS[Wants.LOGS_IN_ONCE_MORE], BY_WANTS[Wants.RETRIES_WITH_BACKOFF]


def login(
    at: int = 0, fault: str = "", counted: bool = False, locked: bool = False
) -> RecordedExchange:
    status = 500 if fault else 200
    return RecordedExchange(at, LOGIN, LoginKind.SOAP, status, fault, "", counted, locked)


def call(at: int = 0, fault: str = "") -> RecordedExchange:
    return RecordedExchange(at, DATA, "", 401 if fault else 200, fault)


def refused(at: int = 0) -> RecordedExchange:
    return login(at, "INVALID_LOGIN", True)


def run(
    *exchanges: RecordedExchange, status: int = 1, names: bool = True, **more: object
) -> Evidence:
    process = Process(status, 1.0)
    return Evidence(exchanges, process, names_fault=names, **more)  # type: ignore[arg-type]


def ended_at_the_limit(evidence: Evidence) -> Evidence:
    return replace(evidence, process=replace(evidence.process, exit_status=-15, ended_by="SIGTERM"))


def rule_of(scenario: Scenario, evidence: Evidence) -> str:
    return verdict(scenario, evidence).rule


def test_who_stops_at_the_first_refusal_names_it_and_says_so_by_its_status_is_right() -> None:
    found = verdict(STOPS, run(refused()))
    assert found.kind is VerdictKind.PASS
    assert found.sentence == "Stops at INVALID_LOGIN (a login), names it and exits with 1."


@pytest.mark.parametrize(
    ("attempts", "rule"),
    [(1, ""), (2, "retries-the-refusal"), (4, "retries-the-refusal"), (5, "near-the-lockout")],
)
def test_half_of_the_attempts_are_one_too_many(attempts: int, rule: str) -> None:
    assert rule_of(STOPS, run(*map(refused, range(attempts)))) == rule


def test_the_attempt_that_locks_is_told_as_such() -> None:
    tries = [*map(refused, range(9)), login(9, "INVALID_LOGIN", True, True)]
    found = verdict(STOPS, run(*tries))
    assert found.rule == "locks-the-user"
    assert "10 invalid attempts in one run, the limit is 10" in found.sentence


def test_where_no_limit_is_set_nothing_is_half_of_it() -> None:
    tries = map(refused, range(5))
    assert rule_of(STOPS, run(*tries, lockout_limit=0)) == "retries-the-refusal"


@pytest.mark.parametrize(
    ("more", "rule"), [(MANY_TRIES - 1, "retries-the-refusal"), (MANY_TRIES, "loops")]
)
def test_many_tries_that_do_not_count_are_a_loop(more: int, rule: str) -> None:
    frozen = [login(at, "INVALID_OPERATION") for at in range(more + 1)]
    assert rule_of(STOPS, run(*frozen)) == rule


def test_calls_after_an_expired_password_are_tries_like_logins() -> None:
    expired = "INVALID_OPERATION_WITH_EXPIRED_PASSWORD"
    assert rule_of(STOPS, run(login(), call(1, expired))) == ""
    assert rule_of(STOPS, run(login(), call(1, expired), call(2, expired))) == "retries-the-refusal"


def test_a_right_client_that_a_retirement_ends_is_told_what_to_change() -> None:
    ends = next(one for one in scenarios() if one.id == "summer-27")
    found = verdict(ends, run(login(fault="INVALID_OPERATION")))
    assert found.kind is VerdictKind.PASS
    assert found.sentence.startswith("Works no longer, and says so: stops at INVALID_OPERATION")
    assert found.advice is not None and "client credentials" in found.advice.words
    works = verdict(ends, run(login(), call(), status=0))
    assert (works.sentence, works.advice) == (
        "Is not affected: 1 login, 1 data call, exits with 0.",
        None,
    )


def test_who_stops_before_it_is_refused_is_right_too() -> None:
    """As jsforce 3 does when the login says that the password has expired."""
    found = verdict(STOPS, run(login(), status=1))
    assert (found.kind, found.sentence) == (
        VerdictKind.PASS,
        "Stops by itself: 1 login, 0 data calls, exits with 1.",
    )


def test_a_query_with_a_mistake_in_it_is_no_refusal() -> None:
    mistaken = run(login(), call(1, "INVALID_FIELD"), call(2), status=0)
    assert verdict(BY_WANTS[Wants.WORKS], mistaken).kind is VerdictKind.PASS


def test_a_refusal_that_ends_in_status_0_is_hidden() -> None:
    assert rule_of(STOPS, run(refused(), status=0)) == "hides-the-failure"
    assert rule_of(RECOVERS, run(refused(), status=0)) == "hides-the-failure"
    assert rule_of(RECOVERS, run(refused(), login(1), call(2), status=0)) == ""


def test_who_recovers_by_itself_is_right_where_that_is_asked() -> None:
    found = verdict(RECOVERS, run(refused(), login(3_000), call(3_100), status=0))
    assert found.kind is VerdictKind.PASS
    assert found.sentence == "Works again 3.1 s after INVALID_LOGIN (a login), and exits with 0."


def test_still_trying_at_the_limit_is_a_verdict() -> None:
    found = verdict(STOPS, ended_at_the_limit(run(*map(refused, range(3)))))
    assert found.rule == "never-stops"
    assert found.sentence.startswith("Still trying after 1.0 s: 3 logins, 3 refused")


def test_a_service_that_waits_after_a_refusal_does_not_hang() -> None:
    waiting = ended_at_the_limit(run(refused()))
    assert rule_of(STOPS, waiting) == "hangs"
    assert rule_of(STOPS, replace(waiting, runs_on=True)) == ""


@pytest.mark.parametrize(
    ("after", "rule"),
    [
        ([login(2), call(3)], ""),
        ([login(2), login(3), call(4)], "logs-in-too-often"),
        ([], "gives-up"),
        ([login(2)], "gives-up"),
    ],
)
def test_a_dead_session_takes_one_login(after: list[RecordedExchange], rule: str) -> None:
    dead = call(1, "INVALID_SESSION_ID")
    status = 0 if after[1:] else 1
    assert rule_of(ONCE_MORE, run(login(), dead, *after, status=status)) == rule


@pytest.mark.parametrize(
    ("waits", "rule"),
    [
        ([PAUSE - 1], "hammers"),
        ([PAUSE], ""),
        ([5, PAUSE], ""),
        ([PAUSE, 5], ""),
        ([5, 5], "hammers"),
    ],
)
def test_what_passes_by_itself_is_waited_for(waits: list[int], rule: str) -> None:
    *busy, last = accumulate(waits, initial=10)
    tries = [call(at, "SERVER_UNAVAILABLE") for at in busy]
    assert rule_of(BACKOFF, run(login(), *tries, call(last), status=0)) == rule


def test_a_run_that_spends_some_attempts_tells_which_run_locks_the_user() -> None:
    found = verdict(STOPS, run(*map(refused, range(4))))
    assert found.sentence == (
        "Tried 3 more times after INVALID_LOGIN (a login). That is 4 of 10 invalid attempts: the "
        "third run like it locks the user out."
    )


@pytest.mark.parametrize(
    ("leak", "rule"),
    [
        (Leak("stdout", "the password"), "shows-a-credential"),
        (Leak(URL, "the security token"), "shows-a-credential"),
        (Leak("stderr", "a session ID"), "shows-a-credential"),
        (Leak(URL, "a session ID"), "shows-a-session"),
    ],
)
def test_a_secret_that_is_shown_is_told_with_its_place(leak: Leak, rule: str) -> None:
    found = verdict(STOPS, run(refused(), leaks=(leak,)))
    assert (found.rule, leak.what in found.sentence) == (rule, True)


def test_a_failure_stands_before_a_warning_that_comes_first_in_the_table() -> None:
    evidence = run(refused(), refused(1), status=1, names=False)
    left = replace(evidence, process=replace(evidence.process, exit_status=0))
    found = verdict(STOPS, left)
    assert found.rule == "hides-the-failure"
    assert found.broken == ("hides-the-failure", "retries-the-refusal", "does-not-name-the-fault")


def test_the_figures_of_a_run() -> None:
    figures = run(
        login(0),
        call(100),
        refused(1_000),
        refused(1_200),
        refused(2_200),
        login(3_000),
        call(3_500),
    ).figures
    assert (figures.logins, figures.refused, figures.counted) == (5, 3, 3)
    assert (figures.data_calls, figures.refused_data_calls) == (2, 0)
    assert figures.calls_after_refusal == 4
    assert (figures.smallest_distance, figures.median_distance) == (200, 650)
    assert figures.longest_distance == 1_000
    assert figures.worked_again_after == 2_500


HEALTHY = BY_WANTS[Wants.WORKS]


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (run(refused()), "It is refused although nothing is wrong: INVALID_LOGIN (a login)."),
        (run(call(), status=0), "It made no login."),
        (run(login(), call(), status=3), "Nothing is wrong, and it exits with 3."),
    ],
)
def test_a_healthy_run_that_does_not_work_says_why(evidence: Evidence, said: str) -> None:
    found = verdict(HEALTHY, evidence)
    assert (found.rule, found.sentence) == ("unhealthy", said)
    assert "unhealthy" not in verdict(RECOVERS, evidence).broken


def test_a_service_is_healthy_though_it_is_ended() -> None:
    serves = replace(ended_at_the_limit(run(login(), call())), runs_on=True)
    assert verdict(HEALTHY, serves).sentence == "1 login, 1 data call, is ended at the limit."


def test_one_try_after_a_refusal_is_no_endless_one() -> None:
    assert rule_of(STOPS, ended_at_the_limit(run(refused(), refused(1)))) == "retries-the-refusal"


def test_who_answers_the_end_at_the_limit_with_status_0_hides_nothing() -> None:
    ended = ended_at_the_limit(run(refused(), runs_on=True))
    polite = replace(ended, process=replace(ended.process, exit_status=0))
    assert rule_of(STOPS, polite) == ""


def test_what_is_asked_of_one_scenario_is_not_asked_of_another() -> None:
    dead, renewed = call(1, "INVALID_SESSION_ID"), replace(refused(2), login="refresh_token")
    often = run(login(), dead, login(2), login(3), call(4), status=0)
    reused = run(login(), dead, renewed)
    assert (rule_of(ONCE_MORE, often), rule_of(STOPS, often)) == ("logs-in-too-often", "")
    assert rule_of(ONCE_MORE, reused) == "reuses-an-old-refresh-token"
    assert "reuses-an-old-refresh-token" not in verdict(STOPS, reused).broken


@pytest.mark.parametrize(
    ("tries", "status", "works"),
    [
        ([login(), call()], 0, True),
        ([login()], 0, True),
        ([login(), call()], 1, False),
        ([refused(), login(1)], 0, True),
        ([refused(), login(1), call(2, "INVALID_FIELD")], 0, True),
        ([refused(), login(1), call(2, "REQUEST_LIMIT_EXCEEDED")], 0, False),
        ([login(), call(1), call(2, "INVALID_SESSION_ID")], 0, False),
        ([], 0, False),
    ],
)
def test_a_run_works_when_nothing_is_left_refused_and_its_status_is_0(
    tries: list[RecordedExchange], status: int, works: bool
) -> None:
    assert run(*tries, status=status).works is works


def test_a_fault_that_it_got_over_need_not_be_named() -> None:
    got_over = run(refused(), login(1), call(2), status=0, names=False)
    assert rule_of(RECOVERS, got_over) == ""
    assert rule_of(RECOVERS, run(refused(), names=False)) == "does-not-name-the-fault"


def test_processes_that_were_left_behind_are_told() -> None:
    stopped = run(refused())
    left = replace(stopped, process=replace(stopped.process, left_processes=True))
    assert rule_of(STOPS, left) == "leaves-processes"


def test_a_run_without_a_call_shows_nothing() -> None:
    assert rule_of(STOPS, run(RecordedExchange(0, RecordedOperation.OTHER))) == "does-not-call"


faults = st.sampled_from(
    ["", "", "INVALID_LOGIN", "INVALID_SESSION_ID", "SERVER_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED"]
)
exchanges = st.lists(
    st.builds(
        lambda at, operation, fault, counted: RecordedExchange(
            at,
            operation,
            "soap_login" if operation is LOGIN else "",
            500 if fault else 200,
            fault,
            counted=bool(counted and fault and operation is LOGIN),
        ),
        st.integers(0, 60_000),
        st.sampled_from(list(RecordedOperation)),
        faults,
        st.booleans(),
    ),
    max_size=30,
).map(lambda found: tuple(sorted(found, key=lambda e: e.at_ms)))
processes = st.builds(
    Process,
    exit_status=st.sampled_from([0, 1, 2, -15]),
    seconds=st.floats(0, 60),
    ended_by=st.sampled_from(["", "", "SIGTERM", "SIGKILL"]),
    left_processes=st.booleans(),
)
evidences = st.builds(
    Evidence,
    exchanges,
    processes,
    st.just(()),
    st.booleans(),
    st.sampled_from([0, 3, 5, 10]),
    st.booleans(),
)
any_scenario = st.sampled_from(scenarios())


@given(any_scenario, evidences)
def test_every_run_has_one_verdict_with_a_sentence(scenario: Scenario, evidence: Evidence) -> None:
    found = verdict(scenario, evidence)
    severities = {rule.id: rule.severity for rule in RULES}
    assert found.sentence.endswith(".") and "\n" not in found.sentence
    assert found.kind == (VerdictKind.PASS if not found.broken else severities[found.rule])
    assert (found.kind is VerdictKind.FAIL) == any(
        severities[name] is VerdictKind.FAIL for name in found.broken
    )


@given(any_scenario, evidences, st.sampled_from(["the password", "a session ID"]))
def test_a_secret_in_the_output_is_never_good(
    scenario: Scenario, evidence: Evidence, what: str
) -> None:
    leaky = replace(evidence, leaks=(Leak("stdout", what),))
    assert "shows-a-credential" in verdict(scenario, leaky).broken


@given(evidences)
def test_one_more_refused_login_at_the_end_makes_no_run_better(evidence: Evidence) -> None:
    worse = replace(evidence, exchanges=(*evidence.exchanges, refused(60_001)))
    order = [VerdictKind.PASS, VerdictKind.WARN, VerdictKind.FAIL]
    before, after = verdict(STOPS, evidence), verdict(STOPS, worse)
    if set(before.broken) != {"does-not-call"}:  # then there was nothing to judge
        assert order.index(after.kind) >= order.index(before.kind)

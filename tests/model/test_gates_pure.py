"""decide() is pure: it looks at what it is given and at nothing else. Readings depend on the input alone."""

import copy
import os
import random
import secrets
import string
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from freshtoken_model.credentials import TOKEN_LENGTH, Reading, readings
from freshtoken_model.gates import GATES, Attempt, Door, Outcome, Standing, Verdict, decide
from freshtoken_model.policies import Policies
from freshtoken_model.records import Token, User

NOW = 1_795_528_800_000  # Tue 24 Nov 2026, 14:00
STORED = "a stored hash"
RANGE = ((100, 200),)
TAIL = "T" * 12 + "t" * 12
ALPHANUMERIC = string.ascii_letters + string.digits
DEFAULTS = Policies.of({}, "Europe/London")
USER = User(
    1, "005", "u@x", "First", "Last", "u@x", 1, "P", False, "", True, False, True, False, NOW, False, None, True, 0, None,
    None,
)  # fmt: skip
LIVE = Token(1, 1, "d", NOW - 1, "token_reset", None, None)
DEAD = replace(LIVE, id=2, retired_at=NOW - 1, retired_by="password_change")
OTHER_GATES_OPEN = Standing(USER, STORED, {}, (), None, 1, False, 0)

users = st.none() | st.builds(
    lambda active, frozen, api, only, locked, until, must: replace(
        USER, active=active, frozen=frozen, api_enabled=api, api_only=only, locked_at=locked, locked_until=until,
        must_change_password=must,
    ),
    st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.sampled_from([None, NOW - 5]),
    st.sampled_from([None, NOW + 5]), st.booleans(),
)  # fmt: skip
standings = st.builds(
    Standing,
    user=users,
    password_hash=st.sampled_from([None, STORED]),
    tokens=st.dictionaries(st.just(TAIL), st.sampled_from([LIVE, DEAD])),
    login_ip_ranges=st.sampled_from([(), RANGE]),
    login_hours=st.sampled_from([None, '{"tue":[0,60]}', '{"tue":[780,900]}']),
    address=st.integers(99, 201),
    trusted=st.booleans(),
    logins_this_hour=st.sampled_from([0, 3_599, 3_600]),
)
sents = st.sampled_from(["pw", "pw" + TAIL, TAIL, "x" + TAIL, "", "pw" + TAIL + TAIL])
attempts = st.builds(
    Attempt, st.just("u@x"), sents, st.sampled_from(Door), st.just("1.2.3.4"), st.sampled_from(["30.0", "64.0", "65.0", ""])
)
evidences = st.dictionaries(st.tuples(st.sampled_from([STORED, "another"]), sents), st.booleans(), max_size=6)
chosen = st.fixed_dictionaries(
    {},
    optional={
        "soap_login": st.sampled_from(["on", "off"]),
        "rate_limit": st.sampled_from(["on", "off"]),
        "missing_token_counts": st.sampled_from(["yes", "no"]),
        "missing_token_fault": st.sampled_from(["must_use_token", "invalid_login"]),
    },
)
policies = chosen.map(lambda values: Policies.of(values, "Europe/London"))
cases = st.tuples(attempts, standings, evidences, policies, st.integers(NOW - 10**7, NOW + 10**10))


@given(cases)
def test_the_same_inputs_give_the_same_verdict_and_stay_as_they_were(case: tuple) -> None:
    before = copy.deepcopy(case)
    first = decide(*case)
    assert case == before
    assert decide(*case) == first == decide(*copy.deepcopy(case))


def test_deciding_asks_neither_clock_nor_chance_nor_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a gate asked the world")

    verdicts: list[Verdict] = []
    with monkeypatch.context() as world:
        for name in ("time", "time_ns"):
            world.setattr(time, name, forbidden)
        for module, name in ((secrets, "token_bytes"), (random, "random"), (os, "urandom")):
            world.setattr(module, name, forbidden)
        for sent in ("pw", "pw" + TAIL, "no"):
            attempt = Attempt("u@x", sent, Door.SOAP, "1.2.3.4", "64.0")
            verdicts.append(decide(attempt, OTHER_GATES_OPEN, {(STORED, "pw"): True}, DEFAULTS, NOW))
    assert [verdict.status for verdict in verdicts] == ["token_required", "invalid_password", "invalid_password"]


@given(cases)
def test_at_most_one_gate_refuses_and_none_behind_it_is_reached(case: tuple) -> None:
    attempt, verdict = case[0], decide(*case)
    outcomes = [step.outcome for step in verdict.steps]
    assert [step.gate for step in verdict.steps] == [gate.name for gate in GATES if attempt.door in gate.doors]
    if verdict.accepted:
        assert set(outcomes) == {Outcome.PASSED} and verdict.fault is None and verdict.status == "success"
        return
    place = outcomes.index(Outcome.REFUSED)
    assert set(outcomes[:place]) <= {Outcome.PASSED} and set(outcomes[place + 1 :]) <= {Outcome.NOT_REACHED}
    assert verdict.fault and not verdict.password_expired
    assert not verdict.counts or verdict.steps[place].gate in {"password", "token"}


@given(cases)
def test_nobody_gets_in_without_a_verified_password(case: tuple) -> None:
    attempt, standing, evidence, *_ = case
    if decide(*case).accepted:
        assert standing.user is not None and standing.password_hash == STORED
        assert any(right for (stored, _), right in evidence.items() if stored == STORED)
        assert standing.user.active and not standing.user.frozen and standing.user.locked_at is None
        needs_token = attempt.door is not Door.UI and not standing.trusted and not standing.login_ip_ranges
        if needs_token:
            assert standing.tokens == {TAIL: LIVE} and attempt.sent.endswith(TAIL)


@given(cases)
def test_evidence_for_another_hash_is_no_evidence(case: tuple) -> None:
    attempt, standing, evidence, chosen_policies, now = case
    foreign = {("another", candidate): True for _, candidate in evidence}
    assert not decide(attempt, standing, foreign, chosen_policies, now).accepted


def glued(
    whole: bool, split: bool, token: Token | None, trusted: bool = False, door: Door = Door.SOAP
) -> tuple[bool, str, str]:
    standing = replace(OTHER_GATES_OPEN, trusted=trusted, tokens={TAIL: token} if token else {})
    evidence = {(STORED, "pw" + TAIL): whole, (STORED, "pw"): split}
    verdict = decide(Attempt("u@x", "pw" + TAIL, door, "1.2.3.4", "64.0"), standing, evidence, DEFAULTS, NOW)
    codes = {step.gate: step.code for step in verdict.steps if step.code and step.gate != "api_enabled"}
    return verdict.accepted, verdict.status, list(codes.values())[-1]


@pytest.mark.parametrize(
    ("whole", "split", "token", "trusted", "expected"),
    [
        # both readings have a right password: the one that lets in wins
        (True, True, LIVE, False, (True, "success", "token_live")),
        (True, True, DEAD, True, (True, "success", "token_not_needed")),
        (True, True, None, True, (True, "success", "token_not_needed")),
        # none lets in: the whole was the password, so its token is missing
        (True, True, DEAD, False, (False, "token_required", "token_missing")),
        (True, False, None, False, (False, "token_required", "token_missing")),
        (True, False, LIVE, False, (False, "token_required", "token_missing")),
        (True, False, None, True, (True, "success", "token_not_needed")),
        (False, True, LIVE, False, (True, "success", "token_live")),
        (False, True, LIVE, True, (True, "success", "token_live")),
        (False, True, DEAD, False, (False, "invalid_password", "token_retired")),
        (False, True, DEAD, True, (False, "invalid_password", "token_retired")),
        (False, True, None, True, (False, "invalid_password", "token_unknown")),
        (False, False, LIVE, True, (False, "invalid_password", "password_wrong")),
    ],
)
def test_a_reading_that_lets_in_wins(
    whole: bool, split: bool, token: Token | None, trusted: bool, expected: tuple[bool, str, str]
) -> None:
    assert glued(whole, split, token, trusted) == expected


def test_the_interface_reads_what_was_typed_as_the_password_and_nothing_else() -> None:
    assert glued(whole=True, split=False, token=None, door=Door.UI)[0]
    assert glued(whole=False, split=True, token=LIVE, door=Door.UI) == (False, "invalid_password", "password_wrong")


@pytest.mark.parametrize(
    ("token", "whole", "split", "tried"),
    [(DEAD, False, True, 2), (DEAD, False, False, None), (LIVE, False, True, None), (None, False, True, None)],
)
def test_a_dead_token_counts_as_tried_only_behind_the_right_password(
    token: Token | None, whole: bool, split: bool, tried: int | None
) -> None:
    standing = replace(OTHER_GATES_OPEN, tokens={TAIL: token} if token else {})
    evidence = {(STORED, "pw" + TAIL): whole, (STORED, "pw"): split}
    attempt = Attempt("u@x", "pw" + TAIL, Door.OAUTH, "1.2.3.4")
    assert decide(attempt, standing, evidence, DEFAULTS, NOW).tried_token == tried


@given(st.text(max_size=60) | st.text(ALPHANUMERIC, max_size=60))
@example("x" * TOKEN_LENGTH)
@example("x" * (TOKEN_LENGTH + 1))
@example("ä" + "١" * TOKEN_LENGTH)
def test_what_was_sent_is_read_whole_and_split_before_its_last_24_letters_and_digits(sent: str) -> None:
    found = readings(sent)
    assert found[0] == Reading(sent, "") and len(found) <= 2
    assert all(reading.password + reading.token == sent for reading in found)
    tail = sent[-TOKEN_LENGTH:]
    could_be_a_token = len(sent) > TOKEN_LENGTH and all(char in ALPHANUMERIC for char in tail)
    assert (len(found) == 2) is could_be_a_token
    assert readings("".join(list(sent))) == found


@given(st.text(min_size=1, max_size=40), st.text(ALPHANUMERIC, min_size=24, max_size=24))
def test_every_password_with_a_token_behind_it_is_read_as_just_that(password: str, token: str) -> None:
    assert Reading(password, token) in readings(password + token)


@settings(max_examples=50)
@given(cases, st.integers(0, 10**12))
def test_what_is_not_looked_at_does_not_matter(case: tuple, number: int) -> None:
    attempt, standing, evidence, chosen_policies, now = case
    elsewhere = replace(attempt, application=f"app {number}", endpoint=f"/{number}", client_id=number)
    other = {**evidence, (f"hash {number}", attempt.sent): True}
    assert decide(elsewhere, standing, other, chosen_policies, now) == decide(*case)


def test_gate_names_are_unique_and_every_gate_teaches_with_a_source() -> None:
    assert len({gate.name for gate in GATES}) == len(GATES)
    marks: Callable[[str], bool] = lambda source: source.startswith("[")  # noqa: E731
    assert all(gate.lesson and gate.title and marks(gate.source) for gate in GATES)

"""decide() is pure: it looks at what it is given and at nothing else. Readings depend on the input
alone.
"""

import copy
import os
import random
import secrets
import string
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from freshtoken_model.decision.credentials import (
    CODE_LENGTH,
    TOKEN_LENGTH,
    Evidence,
    Reading,
    readings,
)
from freshtoken_model.decision.gates import GATES, decide
from freshtoken_model.decision.policies import OrgSettings, PasswordPolicy, values_of
from freshtoken_model.decision.verdict import Attempt, Door, Outcome, Standing, Verdict
from freshtoken_model.decision.words import refusing
from freshtoken_model.values.clock import DAY
from freshtoken_model.values.records import Token, User
from freshtoken_model.values.visible import visible

NOW = 1_795_528_800_000  # Tue 24 Nov 2026, 14:00
STORED = "a stored hash"
RANGE = ((100, 200),)
TAIL = "T" * 12 + "t" * 12
ALPHANUMERIC = string.ascii_letters + string.digits
DEFAULTS = OrgSettings.of(values_of({}, "Spring '23"), "Europe/London")
POLICY = PasswordPolicy.of(values_of({}, "Spring '23"))
USER = User(
    1, "005", "u@x", "First", "Last", "u@x", 1, "P", "00e", False, "", True, False, True, False, True, False, False, NOW,
    False, False, None, True, 0, None, None,
)  # fmt: skip
LIVE = Token(1, 1, "d", NOW - 1, "token_reset", None, None)
DEAD = replace(LIVE, id=2, retired_at=NOW - 1, retired_by="password_change")
OTHER_GATES_OPEN = Standing(USER, POLICY, STORED, {}, (), None, 1, False, 0)

CODE = "135790"
SENTS = ["pw" + TAIL, "pw", TAIL, "x" + TAIL, "", "pw" + TAIL + TAIL, "pw" + CODE, "pw000000"]
SETTINGS = {
    "soap_login": ["on", "off"],
    "oauth_password_flow": ["on", "off"],
    "any_api_auth": ["off", "on"],
    "prevent_login_at_login_host": ["off", "on"],
    "prevent_soap_login_at_login_host": ["off", "on"],
    "rate_limit": ["on", "off"],
    "missing_token_counts": ["yes", "no"],
    "missing_token_fault": ["must_use_token", "invalid_login"],
    "mfa_api_accepts_token": ["no", "yes"],
}
Case = tuple[Attempt, Standing, Evidence, OrgSettings, int]


@st.composite
def cases(draw: st.DrawFn, doors: Collection[Door] = tuple(Door), usual: int = 3) -> Case:
    """A case in which each thing is as it should be, `usual` times as often as it is any other way;
    it shrinks to one that is let in.
    """

    def one(value: Any, *others: Any) -> Any:
        return draw(st.sampled_from([*[value] * usual * len(others), *others]))

    locked = one(None, NOW - 5)
    user = replace(
        USER, active=one(True, False), frozen=one(False, True), api_enabled=one(True, False),
        use_any_api_auth=one(True, False), mfa_api=one(False, True), api_only=one(False, True), locked_at=locked,
        locked_until=locked and one(None, NOW + 5), must_change_password=one(False, True), never_expires=one(False, True),
    )  # fmt: skip
    found = one(user, None)
    standing = Standing(
        user=found,
        policy=POLICY if found else None,
        password_hash=one(STORED, None),
        tokens=one({TAIL: LIVE}, {TAIL: DEAD}, {}),
        login_ip_ranges=one((), RANGE),
        login_hours=one(None, '{"tue":[0,60]}', '{"tue":[780,900]}'),
        address=one(150, 99, 201),
        trusted=one(False, True),
        logins_this_hour=one(0, 3_599, 3_600),
        codes=one(frozenset({CODE}), frozenset()),
    )
    door = draw(st.sampled_from(list(doors)))
    sent = one("pw" if door is Door.UI else "pw" + TAIL, *SENTS)
    host = one("acme.my.salesforce.com", "login.salesforce.com", "TEST.salesforce.com:443", "")
    version = one("64.0", "30.0", "65.0", "")
    attempt = Attempt("u@x", sent, door, "1.2.3.4", version, login_url=visible(host))
    right = {one("pw", *SENTS), one("pw", *SENTS)}
    evidence = {(hashed, candidate): hashed == STORED and candidate in right for hashed in (STORED, "another")
                for candidate in ("pw", *SENTS)}  # fmt: skip
    chosen = {name: one(*values) for name, values in SETTINGS.items()}
    org = OrgSettings.of(values_of(chosen, "Spring '23"), "Europe/London")
    return attempt, standing, evidence, org, one(NOW, NOW - 10**7, NOW + 10**10)


BY_PASSWORD = [door for door in Door if door.takes_password]


def let_in(doors: Collection[Door]) -> st.SearchStrategy[Case]:
    """Cases that are let in at these doors."""
    return cases(doors, usual=12).filter(lambda case: decide(*case).accepted)


@given(cases())
def test_the_same_inputs_give_the_same_verdict_and_stay_as_they_were(case: Case) -> None:
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
            verdicts.append(
                decide(attempt, OTHER_GATES_OPEN, {(STORED, "pw"): True}, DEFAULTS, NOW)
            )
    assert [verdict.status for verdict in verdicts] == [
        "token_required",
        "invalid_password",
        "invalid_password",
    ]


@settings(max_examples=300)
@given(cases())
def test_at_most_one_gate_refuses_and_none_behind_it_is_reached(case: Case) -> None:
    verdict = decide(*case)
    outcomes = [step.outcome for step in verdict.steps]
    assert [step.gate for step in verdict.steps] == [
        gate.name for gate in GATES if case[0].door in gate.doors
    ]
    if verdict.accepted:
        assert set(outcomes) == {Outcome.PASSED}
        assert (verdict.fault, verdict.status) == (None, "success")
        return
    place = outcomes.index(Outcome.REFUSED)
    assert set(outcomes[:place]) <= {Outcome.PASSED}
    assert set(outcomes[place + 1 :]) <= {Outcome.NOT_REACHED}
    assert verdict.fault and not verdict.password_expired
    assert not verdict.counts or verdict.steps[place].gate in {"password", "token"}


def right_readings(attempt: Attempt, evidence: Evidence) -> list[Reading]:
    """The readings of what was sent whose password was verified for the stored hash; in the UI only
    the whole.
    """
    possible = [Reading(attempt.sent, "")] if attempt.door is Door.UI else readings(attempt.sent)
    return [reading for reading in possible if evidence.get((STORED, reading.password))]


@given(let_in(BY_PASSWORD))
def test_through_a_door_that_takes_a_password_nobody_gets_in_without_a_verified_one(
    case: Case,
) -> None:
    attempt, standing, evidence, *_ = case
    assert standing.user is not None and standing.user.locked_at is None
    assert standing.password_hash == STORED and right_readings(attempt, evidence)


@given(let_in([Door.SOAP, Door.OAUTH]))
def test_from_outside_nobody_gets_in_by_password_at_an_api_door_without_the_live_token_or_the_code(
    case: Case,
) -> None:
    attempt, standing, evidence, *_ = case
    assume(not standing.trusted and not standing.login_ip_ranges)
    right, user = right_readings(attempt, evidence), standing.user
    by_token = any(r.token and standing.tokens.get(r.token) == LIVE for r in right)
    by_code = bool(user and user.mfa_api) and any(r.code in standing.codes for r in right)
    assert by_token or by_code


@given(let_in(tuple(Door)))
def test_whoever_gets_in_is_active_unfrozen_and_permitted_at_that_door(case: Case) -> None:
    attempt, standing, _, policies, _ = case
    user = standing.user
    assert user is not None and user.active and not user.frozen
    assert not user.api_only if attempt.door is Door.UI else user.api_enabled
    assert not standing.login_ip_ranges or 100 <= standing.address <= 200
    if attempt.door is Door.SOAP:
        assert policies.soap_login and attempt.api_version == "64.0"
        assert user.use_any_api_auth or not policies.any_api_auth_required
    assert policies.oauth_password_flow or attempt.door is not Door.OAUTH


@given(cases([door for door in Door if not door.takes_password]), cases())
def test_at_a_door_without_a_password_password_token_code_and_lock_change_nothing(
    case: Case, another: Case
) -> None:
    (attempt, standing, _, policies, now), (other, found, evidence, *_) = case, another
    verdict = decide(*case)
    changed = replace(
        standing,
        password_hash=found.password_hash,
        tokens=found.tokens,
        codes=found.codes,
        trusted=found.trusted,
    )
    if standing.user is not None:
        locked = replace(
            standing.user, locked_at=NOW - 5, must_change_password=True, password_changed_at=0
        )
        changed = replace(changed, user=locked)
    assert decide(replace(attempt, sent=other.sent), changed, evidence, policies, now) == verdict
    assert not verdict.counts and not verdict.password_expired and verdict.tried_token is None


def test_a_password_expires_to_the_millisecond_and_never_with_the_permission_or_where_the_policy_says_so() -> (
    None
):
    monthly, never = (
        PasswordPolicy.of(values_of({"password_expires": days}, "Spring '23"))
        for days in ("30", "0")
    )
    exempt, due = replace(USER, never_expires=True), NOW + 30 * DAY
    assert [policies.password_expires(USER) for policies in (monthly, POLICY, never)] == [
        due,
        NOW + 90 * DAY,
        None,
    ]
    assert [monthly.password_expired(USER, at) for at in (NOW, due - 1, due, due + DAY)] == [
        False,
        False,
        True,
        True,
    ]
    assert monthly.password_expires(exempt) is None
    assert not monthly.password_expired(exempt, 2 * due) and not never.password_expired(
        USER, 2 * due
    )
    told = [
        policies.password_expired(replace(exempt, must_change_password=True), NOW)
        for policies in (monthly, never)
    ]
    assert told == [True, True], "who must change it, must"


@given(let_in(BY_PASSWORD))
def test_evidence_for_another_hash_is_no_evidence(case: Case) -> None:
    attempt, standing, evidence, policies, now = case
    foreign = {("another", candidate): True for _, candidate in evidence}
    assert not decide(attempt, standing, foreign, policies, now).accepted


def glued(
    whole: bool, split: bool, token: Token | None, trusted: bool = False, door: Door = Door.SOAP
) -> tuple[bool, str, str]:
    standing = replace(OTHER_GATES_OPEN, trusted=trusted, tokens={TAIL: token} if token else {})
    evidence = {(STORED, "pw" + TAIL): whole, (STORED, "pw"): split}
    verdict = decide(
        Attempt("u@x", "pw" + TAIL, door, "1.2.3.4", "64.0"), standing, evidence, DEFAULTS, NOW
    )
    codes = {step.gate: step.code for step in verdict.steps}
    return verdict.accepted, verdict.status, codes.get("token") or codes["password"]


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
    assert glued(whole=False, split=True, token=LIVE, door=Door.UI) == (
        False,
        "invalid_password",
        "password_wrong",
    )


@pytest.mark.parametrize(
    ("token", "whole", "split", "tried"),
    [
        (DEAD, False, True, 2),
        (DEAD, False, False, None),
        (LIVE, False, True, None),
        (None, False, True, None),
    ],
)
def test_a_dead_token_counts_as_tried_only_behind_the_right_password(
    token: Token | None, whole: bool, split: bool, tried: int | None
) -> None:
    standing = replace(OTHER_GATES_OPEN, tokens={TAIL: token} if token else {})
    evidence = {(STORED, "pw" + TAIL): whole, (STORED, "pw"): split}
    attempt = Attempt("u@x", "pw" + TAIL, Door.OAUTH, "1.2.3.4")
    assert decide(attempt, standing, evidence, DEFAULTS, NOW).tried_token == tried


@given(
    st.text(max_size=60) | st.text(ALPHANUMERIC, max_size=60) | st.text("0123456789", max_size=40)
)
@example("x" * TOKEN_LENGTH)
@example("x" * (TOKEN_LENGTH + 1))
@example("ä" + "١" * TOKEN_LENGTH)
@example("pw123456")
@example("pw" + "١" * 6)
def test_what_was_sent_is_read_whole_before_its_last_six_digits_and_before_its_last_24_letters_and_digits(
    sent: str,
) -> None:
    found = readings(sent)
    assert found[0] == Reading(sent, "")
    assert all(reading.password + reading.token + reading.code == sent for reading in found)
    ends_in_a_token = len(sent) > TOKEN_LENGTH and all(
        char in ALPHANUMERIC for char in sent[-TOKEN_LENGTH:]
    )
    ends_in_a_code = len(sent) > CODE_LENGTH and all(
        char in string.digits for char in sent[-CODE_LENGTH:]
    )
    assert [bool(reading.token) for reading in found].count(True) == ends_in_a_token
    assert [bool(reading.code) for reading in found].count(True) == ends_in_a_code
    assert len(found) == 1 + ends_in_a_token + ends_in_a_code


@given(st.text(min_size=1, max_size=40), st.text(ALPHANUMERIC, min_size=24, max_size=24))
def test_every_password_with_a_token_behind_it_is_read_as_just_that(
    password: str, token: str
) -> None:
    assert Reading(password, token) in readings(password + token)


@settings(max_examples=50)
@given(cases(), st.integers(0, 10**12))
def test_what_is_not_looked_at_does_not_matter(case: Case, number: int) -> None:
    attempt, standing, evidence, chosen_policies, now = case
    elsewhere = replace(
        attempt,
        application=visible(f"app {number}"),
        endpoint=visible(f"/{number}"),
        client_id=number,
    )
    other = {**evidence, (f"hash {number}", attempt.sent): True}
    assert decide(elsewhere, standing, other, chosen_policies, now) == decide(*case)


def test_gate_names_are_unique_and_every_gate_teaches_with_a_source() -> None:
    assert len({gate.name for gate in GATES}) == len(GATES)
    marks: Callable[[str], bool] = lambda source: source.startswith("[")  # noqa: E731
    assert all(gate.lesson and gate.title and marks(gate.source) for gate in GATES)


@given(cases())
def test_a_login_host_that_my_domain_prevents_lets_nobody_in_by_a_password_and_counts_nothing(
    case: Case,
) -> None:
    attempt, _, _, org, _ = case
    soap = attempt.door is Door.SOAP
    on = org.prevent_soap_login_at_login_host if soap else org.prevent_login_at_login_host
    prevented = on and attempt.door.takes_password and "my" not in attempt.login_url
    verdict = decide(*case)
    refused = refusing(verdict.steps)
    if prevented and attempt.login_url:
        assert not verdict.accepted and not verdict.counts
    else:
        assert refused is None or refused.code != "login_host_prevented"

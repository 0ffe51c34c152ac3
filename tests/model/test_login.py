"""The login: what an accepted and a refused one leave behind, the words of the trace, limits,
hours, and what it costs.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from freshtoken_model.decision.verdict import Attempt, Door, Outcome
from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY, HOUR, MINUTE
from freshtoken_model.values.errors import OrgError

from ..world import CHEAP, FRESH, INTEGRATION, LEE, PASSWORD, Counting
from .org_states import GHOST, freeze, lock, sql, switch_soap_login_off, use_up_the_rate_limit


def test_an_accepted_login_opens_a_session_and_leaves_a_row(
    org: Org, token: str, log_in: Callable
) -> None:
    result = log_in(INTEGRATION, PASSWORD + token)
    assert result.session_id is not None and len(result.session_id) == 112
    assert result.session_id.startswith(org.info().record_id[:15] + "!AQ")
    checked = org.sessions.check(result.session_id)
    assert (
        checked.fault is None and checked.user is not None and checked.user.username == INTEGRATION
    )
    row = org.history.logins(INTEGRATION)[0].fields()
    assert (row["Status"], row["LoginType"], row["ApiType"], row["ApiVersion"], row["SourceIp"]) == (
        "Success", "Other Apex API", "SOAP Partner", "64.0", "203.0.113.7",
    )  # fmt: skip
    assert all(step.outcome is Outcome.PASSED for step in result.verdict.steps)


def test_an_unknown_user_leaves_no_login_history_but_an_event(org: Org, log_in: Callable) -> None:
    before = org.history.logins()
    result = log_in(GHOST, PASSWORD)
    assert org.history.logins() == before and result.user is None
    event = org.history.events(result.event_id - 1)[0]
    assert (event.kind, event.user_id) == ("login_refused", None)
    attempt = org.history.attempt(event.id)
    assert attempt is not None and attempt.shape["username"] == GHOST


def test_a_username_that_is_no_unicode_is_refused_like_any_unknown_one(
    org: Org, log_in: Callable
) -> None:
    assert log_in("\udcff@acme.example", PASSWORD).verdict.fault == "invalid_login"


def test_the_letter_case_of_a_username_does_not_matter(
    org: Org, token: str, log_in: Callable
) -> None:
    assert log_in(INTEGRATION.upper(), PASSWORD + token).verdict.accepted


def test_an_address_that_is_none_is_refused_before_anything_is_written(org: Org) -> None:
    before = org.info().last_event
    with pytest.raises(OrgError, match="not an IPv4 address"):
        org.login(Attempt(INTEGRATION, PASSWORD, Door.SOAP, "203.0.113.700", "64.0"))
    assert org.info().last_event == before


def test_the_words_of_the_trace(org: Org, token: str, log_in: Callable, why: Callable) -> None:
    assert why(log_in(INTEGRATION, PASSWORD)) == "password right, token missing"
    assert why(log_in(INTEGRATION, "wrong")) == "password wrong"
    assert (
        why(log_in(INTEGRATION, PASSWORD + "x" * 24))
        == "password right, token is none of this user's"
    )
    org.clock.advance(2 * MINUTE)
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    org.clock.advance(HOUR)
    assert (
        why(log_in(INTEGRATION, FRESH + token))
        == "password right, token retired 14:02 by the password change"
    )
    org.clock.advance(DAY)
    said = why(log_in(INTEGRATION, FRESH + token))
    assert said == "password right, token retired 24 Nov 2026 14:02 by the password change"
    org.passwords.reset(INTEGRATION)
    assert why(log_in(INTEGRATION, FRESH)) == "an admin's reset ended the password; none is set"


@pytest.mark.parametrize("choice", ["must_use_token", "invalid_login"])
def test_only_a_missing_token_has_words_of_its_own(org: Org, log_in: Callable, choice: str) -> None:
    org.setup.choose("missing_token_fault", choice)
    assert log_in(INTEGRATION, PASSWORD).verdict.fault == choice
    assert log_in(INTEGRATION, "wrong").verdict.fault == "invalid_login", (
        "a wrong password never tells"
    )


def test_a_missing_token_counts_only_by_assumption(org: Org, log_in: Callable) -> None:
    org.setup.choose("missing_token_counts", "no")
    log_in(INTEGRATION, PASSWORD)
    assert org.users.get(INTEGRATION).failed_attempts == 0
    log_in(INTEGRATION, PASSWORD + "x" * 24)
    assert org.users.get(INTEGRATION).failed_attempts == 1


def test_an_expired_password_logs_in_and_can_do_nothing_until_it_is_changed(
    org: Org, token: str, log_in: Callable
) -> None:
    assert not log_in(INTEGRATION, PASSWORD + token).verdict.password_expired, "62 days old"
    org.clock.advance(29 * DAY)
    result = log_in(INTEGRATION, PASSWORD + token)
    assert result.verdict.accepted and result.verdict.password_expired
    assert org.history.logins()[0].status == "Success"
    assert org.sessions.check(result.session_id).fault == "expired_password"
    org.passwords.change(INTEGRATION, PASSWORD, FRESH, result.session_id)
    assert org.sessions.check(result.session_id).fault is None
    assert not log_in(INTEGRATION, FRESH, "ui").verdict.password_expired


def test_a_password_that_never_expires_does_not(org: Org, log_in: Callable) -> None:
    org.setup.choose("password_expires", "0")
    org.clock.advance(2_000 * DAY)
    result = log_in(INTEGRATION, PASSWORD, "ui")
    assert result.verdict.accepted and not result.verdict.password_expired


def test_login_3601_within_an_hour_is_refused_and_an_hour_later_accepted(
    org: Org, token: str, log_in: Callable
) -> None:
    use_up_the_rate_limit(org)
    assert log_in(INTEGRATION, PASSWORD + token).verdict.status == "rate_exceeded"
    org.clock.advance(HOUR - 1)
    assert log_in(INTEGRATION, PASSWORD + token).verdict.status == "rate_exceeded"
    org.clock.advance(1)
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted


def test_login_3600_within_an_hour_is_accepted(org: Org, token: str, log_in: Callable) -> None:
    use_up_the_rate_limit(org)
    sql(org, "delete from login_history where id = (select min(id) from login_history)")
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted
    assert log_in(INTEGRATION, PASSWORD + token).verdict.fault == "rate_limited"


def test_while_the_rate_limit_holds_an_hour_has_one_row_and_every_attempt_an_event(
    org: Org, token: str, log_in: Callable, kinds: Callable
) -> None:
    use_up_the_rate_limit(org)
    before, rows = org.info().last_event, len(org.history.logins())
    for _ in range(5):
        log_in(INTEGRATION, PASSWORD + token)
    statuses = [row.status for row in org.history.logins()]
    assert len(statuses) == rows + 1 and statuses[:2] == ["Login Rate Exceeded", "Success"]
    assert kinds(before) == ["login_refused"] * 5


def test_the_rate_limit_is_a_users_own_and_can_be_off(
    org: Org, token: str, log_in: Callable
) -> None:
    use_up_the_rate_limit(org)
    assert log_in("sam@acme.example", "Velvet-Train-9", network="office").verdict.accepted
    org.setup.choose("rate_limit", "off")
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted


@pytest.mark.parametrize(
    ("version", "fault"),
    [("30.0", "unsupported_version"), ("", "unsupported_version"), ("31.0", None), ("64.0", None),
     ("64.5", "login_not_in_version"), ("65.0", "login_not_in_version"), ("68.0", "login_not_in_version"),
     ("69.0", "unsupported_version"), ("999.0", "unsupported_version")],
)  # fmt: skip
def test_login_exists_from_version_31_to_64(
    org: Org, token: str, log_in: Callable, version: str, fault: str | None
) -> None:
    assert log_in(INTEGRATION, PASSWORD + token, version=version).verdict.fault == fault


@pytest.mark.parametrize("version", ["64.0x", "nan", "abc", "\u0661"])
def test_a_version_that_is_none_never_gets_past_the_version_gate(
    org: Org, token: str, log_in: Callable, version: str
) -> None:
    verdict = log_in(INTEGRATION, PASSWORD + token, version=version).verdict
    assert verdict.fault == "unsupported_version"


def test_with_soap_login_off_the_other_doors_stay_open(
    org: Org, token: str, log_in: Callable
) -> None:
    switch_soap_login_off(org)
    assert log_in(INTEGRATION, PASSWORD + token, "soap").verdict.fault == "soap_login_disabled"
    assert log_in(INTEGRATION, PASSWORD + token, "oauth").verdict.accepted
    assert log_in(INTEGRATION, PASSWORD, "ui").verdict.accepted


@pytest.mark.parametrize(
    ("at", "inside"), [(0, True), (3 * HOUR - 1, True), (3 * HOUR, False), (11 * HOUR, True)]
)
def test_login_hours_deny_outside_them(
    org: Org, token: str, log_in: Callable, at: int, inside: bool
) -> None:
    hours = json.dumps(
        {"tue": [14 * 60, 17 * 60]}
    )  # Wednesday (from 10 hours on) has no hours, so it is open
    sql(org, "update profile set login_hours = ? where name = 'Integration'", hours)
    org.clock.advance(at)
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted is inside


@pytest.fixture
def counted(org_file: Path) -> Iterator[tuple[Org, Counting]]:
    hashing = Counting(CHEAP.memory_kib, CHEAP.passes)
    with Org(org_file, hashing) as opened:
        yield opened, hashing


def at_soap(org: Org, username: str, sent: str) -> Callable[[], bool]:
    return lambda: (
        org.login(Attempt(username, sent, Door.SOAP, "203.0.113.7", "64.0")).verdict.accepted
    )


@pytest.mark.parametrize("suffix", ["", "x" * 24], ids=["bare", "glued"])
@pytest.mark.parametrize(
    "cause", ["wrong", "unknown", "locked", "frozen", "inactive", "no_password"]
)
def test_every_refusal_costs_two_verifications(
    counted: tuple[Org, Counting], cause: str, suffix: str
) -> None:
    org, hashing = counted
    username, sent = {"unknown": GHOST, "inactive": LEE}.get(cause, INTEGRATION), "wrong" + suffix
    if cause == "locked":
        lock(org)
    if cause == "frozen":
        freeze(org)
    if cause == "no_password":
        org.passwords.reset(INTEGRATION)
    assert hashing.count(at_soap(org, username, sent)) == 2


def test_an_accepted_login_is_remembered_and_the_memory_dies_with_the_credential(
    counted: tuple[Org, Counting],
) -> None:
    org, hashing = counted
    sent = PASSWORD + org.clients.all()[0].token
    assert hashing.count(at_soap(org, INTEGRATION, sent)) == 2
    assert hashing.count(at_soap(org, INTEGRATION, sent)) == 0
    org.tokens.reset(INTEGRATION)
    assert hashing.count(at_soap(org, INTEGRATION, sent)) == 2, "a refusal never becomes cheaper"
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    login = at_soap(org, INTEGRATION, PASSWORD)
    assert hashing.count(login) == 2 and login() is False

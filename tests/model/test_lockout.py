"""The lockout: what reaches it, how long it lasts, and the three ways out of it."""

from collections.abc import Callable

import pytest

from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY, MINUTE
from freshtoken_model.values.errors import NotAllowedError, OrgError

from ..world import FRESH, INTEGRATION, PASSWORD


def lock_out(org: Org, log_in: Callable, limit: int = 3) -> None:
    org.setup.choose("max_attempts", str(limit))
    for _ in range(limit):
        log_in(INTEGRATION, "wrong")
    assert org.users.get(INTEGRATION).state == "locked"


@pytest.mark.parametrize("limit", [3, 5, 10])
def test_the_last_allowed_attempt_locks_and_sets_the_counter_to_zero(
    org: Org, token: str, log_in: Callable, kinds: Callable, limit: int
) -> None:
    org.setup.choose("max_attempts", str(limit))
    before = org.info().last_event
    for number in range(1, limit):
        result = log_in(INTEGRATION, "wrong")
        assert not result.locked_out and org.users.get(INTEGRATION).failed_attempts == number
        assert org.history.events(result.event_id - 1)[0].number == number
    last = log_in(INTEGRATION, "wrong")
    user = org.users.get(INTEGRATION)
    assert last.locked_out and (user.state, user.failed_attempts) == ("locked", 0)
    assert kinds(before) == ["login_refused"] * limit + ["locked_out"]
    assert org.history.events()[-1].number == limit
    refused = log_in(INTEGRATION, PASSWORD + token)
    assert (refused.verdict.accepted, refused.verdict.status) == (False, "password_lockout")


def test_ten_attempts_and_15_minutes_are_the_default(org: Org, log_in: Callable) -> None:
    for _ in range(9):
        assert not log_in(INTEGRATION, "wrong").locked_out
    tenth = log_in(INTEGRATION, "wrong")
    user = org.users.get(INTEGRATION)
    assert tenth.locked_out and user.locked_until == tenth.at + 15 * MINUTE


def test_without_a_limit_nobody_is_ever_locked(
    org: Org, token: str, log_in: Callable, kinds: Callable
) -> None:
    org.setup.choose("max_attempts", "0")
    for _ in range(25):
        log_in(INTEGRATION, "wrong")
    assert org.users.get(INTEGRATION).failed_attempts == 25
    assert "locked_out" not in kinds()
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted


def test_wrong_passwords_wrong_tokens_and_missing_tokens_count_together_at_every_door(
    org: Org, token: str, log_in: Callable
) -> None:
    org.setup.choose("max_attempts", "5")
    org.tokens.reset(INTEGRATION)
    log_in(INTEGRATION, "wrong", "ui")
    log_in(INTEGRATION, PASSWORD, "soap")
    log_in(INTEGRATION, PASSWORD + token, "oauth")
    log_in(INTEGRATION, PASSWORD + "x" * 24, "soap", "office")
    assert org.users.get(INTEGRATION).failed_attempts == 4
    assert log_in(INTEGRATION, PASSWORD + token, "ui").locked_out


@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_the_lockout_ends_by_the_clock(
    org: Org, token: str, log_in: Callable, kinds: Callable, minutes: int
) -> None:
    org.setup.choose("lockout_minutes", str(minutes))
    lock_out(org, log_in)
    locked_at = org.clock.read().seen_org
    org.clock.advance(minutes * MINUTE - 1)
    assert not log_in(INTEGRATION, PASSWORD + token).verdict.accepted
    org.clock.advance(1)
    user = org.users.get(INTEGRATION)
    assert (user.state, user.failed_attempts, user.locked_until) == ("active", 0, None)
    ended = [event for event in org.history.events() if event.kind == "lock_ended"]
    assert [event.at for event in ended] == [locked_at + minutes * MINUTE]
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted, (
        "password and token outlive the lockout"
    )


def test_a_long_leap_ends_the_lockout_at_its_own_moment(org: Org, log_in: Callable) -> None:
    lock_out(org, log_in)
    start = org.clock.read().seen_org
    org.clock.advance(3 * DAY)
    events = org.history.events()
    assert [event.at for event in events if event.kind == "lock_ended"] == [start + 15 * MINUTE]
    moments = [event.at for event in events]
    assert moments == sorted(moments)


def test_a_lockout_for_ever_waits_for_an_admin(
    org: Org, token: str, log_in: Callable, why: Callable
) -> None:
    org.setup.choose("lockout_minutes", "0")
    lock_out(org, log_in)
    assert org.users.get(INTEGRATION).locked_until is None
    org.clock.advance(89 * DAY)
    refused = log_in(INTEGRATION, PASSWORD + token)
    assert why(refused) == "locked 24 Nov 2026 14:00, until an admin unlocks"
    org.users.unlock(INTEGRATION)
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted


def test_the_trace_says_until_when(org: Org, token: str, log_in: Callable, why: Callable) -> None:
    lock_out(org, log_in)
    assert why(log_in(INTEGRATION, PASSWORD + token)) == "locked out until 14:15"


def test_an_admins_unlock_keeps_password_and_token(
    org: Org, token: str, log_in: Callable, kinds: Callable
) -> None:
    lock_out(org, log_in)
    user = org.users.unlock(INTEGRATION)
    assert (user.state, user.token_state, user.failed_attempts) == ("active", "live", 0)
    assert kinds()[-1] == "unlocked"
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted
    assert org.mail.all(INTEGRATION) == []


def test_there_is_no_unlock_for_a_user_who_is_not_locked(org: Org, log_in: Callable) -> None:
    log_in(INTEGRATION, "wrong")
    with pytest.raises(NotAllowedError, match="not locked out"):
        org.users.unlock(INTEGRATION)
    assert org.users.get(INTEGRATION).failed_attempts == 1


@pytest.mark.parametrize("through_api", [True, False])
def test_an_admins_password_reset_ends_the_lockout_and_kills_password_and_token(
    org: Org, token: str, log_in: Callable, kinds: Callable, through_api: bool
) -> None:
    lock_out(org, log_in)
    temporary = org.passwords.reset(INTEGRATION, through_api)
    user = org.users.get(INTEGRATION)
    assert (user.state, user.token_state, user.failed_attempts) == ("active", "retired", 0)
    assert "unlocked_by_reset" in kinds()
    assert not log_in(INTEGRATION, PASSWORD + token).verdict.accepted
    assert not log_in(INTEGRATION, PASSWORD, "ui").verdict.accepted
    if temporary:
        assert log_in(INTEGRATION, temporary, "ui").verdict.accepted


def test_a_password_reset_clears_the_counter_of_a_user_who_is_not_locked(
    org: Org, log_in: Callable
) -> None:
    log_in(INTEGRATION, "wrong")
    org.passwords.reset(INTEGRATION)
    assert org.users.get(INTEGRATION).failed_attempts == 0


def test_a_forgot_password_link_does_not_end_a_lockout(org: Org, log_in: Callable) -> None:
    lock_out(org, log_in)
    org.passwords.forgot(INTEGRATION)
    link = org.mail.all(INTEGRATION)[0].link
    assert link is not None
    org.passwords.use_link(link, FRESH)
    assert not log_in(INTEGRATION, FRESH, "ui").verdict.accepted
    org.clock.advance(15 * MINUTE)
    assert log_in(INTEGRATION, FRESH, "ui").verdict.accepted


def test_a_success_clears_the_counter(org: Org, token: str, log_in: Callable) -> None:
    org.setup.choose("max_attempts", "3")
    for _ in range(4):
        log_in(INTEGRATION, "wrong")
        log_in(INTEGRATION, "wrong")
        assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted
        assert org.users.get(INTEGRATION).failed_attempts == 0


def test_attempts_while_locked_neither_count_nor_prolong(
    org: Org, token: str, log_in: Callable, kinds: Callable
) -> None:
    lock_out(org, log_in)
    until = org.users.get(INTEGRATION).locked_until
    org.clock.advance(14 * MINUTE)
    for sent in ("wrong", PASSWORD, PASSWORD + token, "wrong" + token):
        result = log_in(INTEGRATION, sent)
        assert (result.verdict.status, result.verdict.counts, result.locked_out) == (
            "password_lockout",
            False,
            False,
        )
    user = org.users.get(INTEGRATION)
    assert (user.failed_attempts, user.locked_until) == (0, until)
    assert kinds().count("locked_out") == 1
    org.clock.advance(MINUTE)
    assert log_in(INTEGRATION, "wrong").user.failed_attempts == 1
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted


def test_a_lower_limit_locks_at_the_next_counted_attempt_and_not_by_itself(
    org: Org, token: str, log_in: Callable
) -> None:
    for _ in range(6):
        log_in(INTEGRATION, "wrong")
    org.setup.choose("max_attempts", "5")
    assert org.users.get(INTEGRATION).state == "active"
    assert log_in(INTEGRATION, "wrong").locked_out


def test_a_changed_period_does_not_move_a_lockout_that_has_begun(
    org: Org, log_in: Callable
) -> None:
    lock_out(org, log_in)
    until = org.users.get(INTEGRATION).locked_until
    org.setup.choose("lockout_minutes", "60")
    assert org.users.get(INTEGRATION).locked_until == until


def test_refusals_that_do_not_count_never_lock(org: Org, token: str, log_in: Callable) -> None:
    org.setup.choose("max_attempts", "3")
    org.users.freeze(INTEGRATION)
    for _ in range(5):
        log_in(INTEGRATION, "wrong")
    org.users.freeze(INTEGRATION, frozen=False)
    for _ in range(5):
        log_in(INTEGRATION, "wrong", version="65.0")
    assert org.users.get(INTEGRATION).failed_attempts == 0
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted


def test_the_lockout_of_one_user_is_not_anothers(org: Org, log_in: Callable) -> None:
    lock_out(org, log_in)
    assert log_in("sam@acme.example", "Velvet-Train-9", network="office").verdict.accepted


def test_unknown_users_never_lock_anybody(org: Org, log_in: Callable, kinds: Callable) -> None:
    org.setup.choose("max_attempts", "3")
    for _ in range(7):
        log_in("ghost@acme.example", "wrong")
    assert "locked_out" not in kinds()
    assert not any(user.failed_attempts for user in org.users.all())


def test_an_open_session_survives_the_lockout(org: Org, token: str, log_in: Callable) -> None:
    session = log_in(INTEGRATION, PASSWORD + token).session_id
    lock_out(org, log_in)
    assert org.sessions.check(session).fault is None


@pytest.mark.parametrize(
    ("setting", "choices"),
    [("max_attempts", ["3", "5", "10", "0"]), ("lockout_minutes", ["15", "30", "60", "0"])],
)
def test_setup_offers_only_the_choices_of_its_picklists(
    org: Org, setting: str, choices: list[str]
) -> None:
    for value in (*choices[1:], choices[0]):
        org.setup.choose(setting, value)
        assert org.setup.values()[setting] == value
    for value in ("1", "4", "-3", "", "forever"):
        with pytest.raises(OrgError, match="is not one of"):
            org.setup.choose(setting, value)
    assert org.setup.values()[setting] == choices[0]

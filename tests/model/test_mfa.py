"""MFA for API Logins: the authenticator's code in the token's place, by org time and by wall
time.
"""

from collections.abc import Callable

import pytest

from freshtoken_model.accounts import standing
from freshtoken_model.decision.authenticator import STEP, code_at
from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY, HOUR
from freshtoken_model.values.errors import NotAllowedError

from ..world import FRESH, INTEGRATION, PASSWORD

WALL = 1_900_000_000_000
MFA = "mfa-for-api-logins"


@pytest.fixture(autouse=True)
def wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wall clock of a login stands still, far from org time: so a code is good by the one that
    is meant.
    """
    monkeypatch.setattr(standing, "wall_clock", lambda: WALL)


@pytest.fixture
def secret(org: Org) -> str:
    """The integration user has MFA for API Logins and an authenticator; its secret."""
    org.users.permit(INTEGRATION, MFA, True)
    return org.users.register_authenticator(INTEGRATION)


def now(org: Org) -> int:
    return org.clock.read().seen_org


@pytest.mark.parametrize("door", ["soap", "oauth"])
@pytest.mark.parametrize("network", ["cloud", "office"])
def test_the_code_by_org_time_lets_in_behind_the_password(
    org: Org, secret: str, log_in: Callable, door: str, network: str
) -> None:
    result = log_in(
        INTEGRATION, PASSWORD + org.users.authenticator_code(INTEGRATION), door, network
    )
    assert result.verdict.accepted and result.session_id is not None


def test_the_code_by_wall_time_lets_in_as_a_real_phone_shows_it(
    org: Org, secret: str, log_in: Callable
) -> None:
    assert log_in(INTEGRATION, PASSWORD + code_at(secret, WALL)).verdict.accepted
    assert not log_in(INTEGRATION, PASSWORD + code_at(secret, WALL + HOUR)).verdict.accepted


@pytest.mark.parametrize(
    ("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_code_is_good_one_step_early_and_one_step_late(
    org: Org, secret: str, log_in: Callable, steps: int, good: bool
) -> None:
    sent = PASSWORD + code_at(secret, now(org) + steps * STEP)
    assert log_in(INTEGRATION, sent).verdict.accepted is good


def test_a_code_dies_with_org_time(org: Org, secret: str, log_in: Callable) -> None:
    code = org.users.authenticator_code(INTEGRATION)
    org.clock.advance(3 * STEP)
    assert not log_in(INTEGRATION, PASSWORD + code).verdict.accepted
    assert log_in(
        INTEGRATION, PASSWORD + org.users.authenticator_code(INTEGRATION)
    ).verdict.accepted


@pytest.mark.parametrize("network", ["cloud", "office"])
def test_the_security_token_is_refused_and_counted(
    org: Org, token: str, secret: str, log_in: Callable, why: Callable, network: str
) -> None:
    refused = log_in(INTEGRATION, PASSWORD + token, network=network)
    assert (
        why(refused)
        == "password right, but MFA for API Logins asks for a code in the token's place"
    )
    assert (refused.verdict.fault, org.users.get(INTEGRATION).failed_attempts) == (
        "invalid_login",
        1,
    )


def test_by_the_other_reading_of_the_pages_token_and_code_both_let_in(
    org: Org, token: str, secret: str, log_in: Callable
) -> None:
    org.setup.choose("mfa_api_accepts_token", "yes")
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted
    assert log_in(
        INTEGRATION, PASSWORD + org.users.authenticator_code(INTEGRATION)
    ).verdict.accepted
    assert log_in(INTEGRATION, PASSWORD).verdict.fault == "must_use_token"
    assert log_in(INTEGRATION, PASSWORD, network="office").verdict.accepted, (
        "a trusted range asks for no token"
    )


@pytest.mark.parametrize("network", ["cloud", "office"])
def test_a_wrong_code_is_a_wrong_code_where_the_token_may_still_do(
    org: Org, secret: str, log_in: Callable, why: Callable, network: str
) -> None:
    org.setup.choose("mfa_api_accepts_token", "yes")
    refused = log_in(INTEGRATION, PASSWORD + "000000", network=network)
    assert (refused.verdict.accepted, refused.verdict.fault, refused.verdict.counts) == (
        False,
        "invalid_login",
        True,
    )
    assert why(refused) == "password right, the authenticator's code is wrong"


def test_a_missing_code_counts_only_by_the_assumption_of_the_missing_token(
    org: Org, secret: str, log_in: Callable, why: Callable
) -> None:
    refused = log_in(INTEGRATION, PASSWORD)
    assert why(refused) == "password right, the authenticator's code is missing"
    assert (refused.verdict.fault, org.history.logins()[0].status) == (
        "invalid_login",
        "Multi-factor required",
    )
    assert org.users.get(INTEGRATION).failed_attempts == 1
    org.setup.choose("missing_token_counts", "no")
    log_in(INTEGRATION, PASSWORD)
    assert org.users.get(INTEGRATION).failed_attempts == 1


def test_wrong_codes_lock_the_user_out(org: Org, secret: str, log_in: Callable) -> None:
    org.setup.choose("max_attempts", "3")
    for _ in range(3):
        assert log_in(INTEGRATION, PASSWORD + "000000").verdict.fault == "invalid_login"
    assert org.users.get(INTEGRATION).state == "locked"
    assert not log_in(
        INTEGRATION, PASSWORD + org.users.authenticator_code(INTEGRATION)
    ).verdict.accepted


def test_a_code_behind_the_wrong_password_helps_nobody(
    org: Org, secret: str, log_in: Callable, why: Callable
) -> None:
    assert (
        why(log_in(INTEGRATION, "wrong" + org.users.authenticator_code(INTEGRATION)))
        == "password wrong"
    )


def test_it_is_not_in_force_before_the_authenticator_is_registered(
    org: Org, token: str, log_in: Callable
) -> None:
    org.users.permit(INTEGRATION, MFA, True)
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted
    org.users.register_authenticator(INTEGRATION)
    assert not log_in(INTEGRATION, PASSWORD + token).verdict.accepted
    org.users.permit(INTEGRATION, MFA, False)
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted


def test_without_the_permission_a_code_is_part_of_the_password(
    org: Org, log_in: Callable, why: Callable
) -> None:
    org.users.register_authenticator(INTEGRATION)
    assert (
        why(log_in(INTEGRATION, PASSWORD + org.users.authenticator_code(INTEGRATION)))
        == "password wrong"
    )


def test_registering_anew_ends_the_old_authenticator(
    org: Org, secret: str, log_in: Callable
) -> None:
    another = org.users.register_authenticator(INTEGRATION)
    assert another != secret
    assert not log_in(INTEGRATION, PASSWORD + code_at(secret, now(org))).verdict.accepted
    assert log_in(INTEGRATION, PASSWORD + code_at(another, now(org))).verdict.accepted


def test_who_has_registered_no_authenticator_has_no_code(org: Org) -> None:
    with pytest.raises(NotAllowedError, match="registered no authenticator"):
        org.users.authenticator_code(INTEGRATION)


def test_one_users_code_opens_nothing_for_another(org: Org, secret: str, log_in: Callable) -> None:
    org.users.permit("sam", MFA, True)
    org.users.register_authenticator("sam")
    code = org.users.authenticator_code(INTEGRATION)
    assert code != org.users.authenticator_code("sam")
    assert not log_in("sam@acme.example", "Velvet-Train-9" + code).verdict.accepted


def test_the_reset_of_the_token_is_not_offered_and_a_password_change_mails_none(
    org: Org, secret: str
) -> None:
    offer = org.tokens.offer(INTEGRATION)
    assert not offer.offered and "MFA for API Logins" in offer.reason
    with pytest.raises(NotAllowedError, match="MFA for API Logins"):
        org.tokens.reset(INTEGRATION)
    changed = org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    assert (changed.token_died, changed.token_mailed) == (True, False)


def test_the_code_outlives_a_password_change(org: Org, secret: str, log_in: Callable) -> None:
    """What stands in the token's place does not die with the password: MFA cures the story's
    trap.
    """
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    org.clock.advance(DAY)
    assert log_in(INTEGRATION, FRESH + org.users.authenticator_code(INTEGRATION)).verdict.accepted


def test_the_user_interface_asks_for_no_code(org: Org, secret: str, log_in: Callable) -> None:
    assert log_in(INTEGRATION, PASSWORD, "ui").verdict.accepted
    assert not log_in(
        INTEGRATION, PASSWORD + org.users.authenticator_code(INTEGRATION), "ui"
    ).verdict.accepted


@pytest.mark.parametrize("mfa", [False, True])
def test_a_password_that_ends_in_six_digits_works(
    org: Org, token: str, log_in: Callable, mfa: bool
) -> None:
    org.passwords.change(INTEGRATION, PASSWORD, "Summer-123456")
    suffix = org.mail.newest_token(INTEGRATION)
    if mfa:
        org.users.permit(INTEGRATION, MFA, True)
        org.users.register_authenticator(INTEGRATION)
        suffix = org.users.authenticator_code(INTEGRATION)
    assert log_in(INTEGRATION, f"Summer-123456{suffix}").verdict.accepted
    assert log_in(INTEGRATION, "Summer-123456", "ui").verdict.accepted
    assert not log_in(INTEGRATION, "Summer-123456").verdict.accepted

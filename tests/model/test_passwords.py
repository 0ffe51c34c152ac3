"""Passwords: the policy's rules, the history, the mailed links with their limits, and temporary
passwords.
"""

import itertools
from collections.abc import Callable

import pytest

from freshtoken_model.accounts.mail import LINK_SUBJECT
from freshtoken_model.decision.complexity import Complexity
from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY, HOUR, MINUTE
from freshtoken_model.values.errors import (
    NotAllowedError,
    OrgError,
    PasswordRefusedError,
    UnknownNameError,
    WrongPasswordError,
)

from ..world import FRESH, INTEGRATION, PASSWORD

LENGTH, MIXED = "8 characters or more", "Must include alpha and numeric characters"
NAMES = "does not contain your username, is not your first or last name"
HISTORY = "not one of your last 3 passwords"


def broken(org: Org, new: str, old: str = PASSWORD) -> tuple[str, ...]:
    with pytest.raises(PasswordRefusedError) as caught:
        org.passwords.change(INTEGRATION, old, new)
    return caught.value.broken


def link_of(org: Org, name: str = INTEGRATION) -> str:
    link = next(mail.link for mail in org.mail.all(name) if mail.subject == LINK_SUBJECT)
    assert link is not None
    return link


def fresh_passwords() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"Never-Used-{next(numbers)}"


@pytest.mark.parametrize(
    ("new", "rules"),
    [
        ("Sh0rt-1", (LENGTH,)),
        ("nodigits-here", (MIXED,)),
        ("1234567890", (MIXED,)),
        ("", (LENGTH, MIXED, NAMES)),
        ("x-INTEGRATION@acme.EXAMPLE-1", (NAMES,)),
        ("nightly", (LENGTH, MIXED, NAMES)),
        ("SYNC", (LENGTH, MIXED, NAMES)),
        (PASSWORD, (HISTORY,)),
        ("a1" + "x" * 15_999, ("at most 16,000 bytes",)),
    ],
)
def test_a_password_that_breaks_rules_is_refused_with_the_rules_own_words(
    org: Org, token: str, log_in: Callable, new: str, rules: tuple[str, ...]
) -> None:
    before = org.info().last_event
    assert broken(org, new) == rules
    assert org.info().last_event == before
    assert org.users.get(INTEGRATION).token_state == "live"
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted


def test_a_password_may_contain_the_first_name_and_be_16000_bytes_long(
    org: Org, log_in: Callable
) -> None:
    org.passwords.change(INTEGRATION, PASSWORD, "nightly-job-1")
    longest = "ä1" * 5_333 + "z"
    assert len(longest.encode()) == 16_000
    org.passwords.change(INTEGRATION, "nightly-job-1", longest)
    assert log_in(INTEGRATION, longest, "ui").verdict.accepted
    assert not log_in(INTEGRATION, longest[:-1], "ui").verdict.accepted
    assert broken(org, "ä1" * 5_333 + "ä", longest) == ("at most 16,000 bytes",)


def test_the_old_password_is_refused_after_a_password_change(org: Org, log_in: Callable) -> None:
    changed = org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    assert changed.user.password_changed_at == changed.at and changed.user.demo_password is None
    assert not log_in(INTEGRATION, PASSWORD, "ui").verdict.accepted
    assert not log_in(INTEGRATION, PASSWORD, network="office").verdict.accepted
    assert log_in(INTEGRATION, FRESH, "ui").verdict.accepted


@pytest.mark.parametrize("old", ["", "wrong", PASSWORD.lower(), PASSWORD + " "])
def test_a_wrong_current_password_changes_nothing_and_does_not_count(
    org: Org, old: str, kinds: Callable
) -> None:
    before = kinds()
    with pytest.raises(WrongPasswordError):
        org.passwords.change(INTEGRATION, old, FRESH)
    user = org.users.get(INTEGRATION)
    assert (user.failed_attempts, user.token_state, kinds()) == (0, "live", before)


def test_a_wrong_current_password_tells_nothing_about_the_history(org: Org) -> None:
    with pytest.raises(WrongPasswordError):
        org.passwords.change(INTEGRATION, "wrong", PASSWORD)


def test_current_password_and_token_together_are_no_current_password(org: Org, token: str) -> None:
    with pytest.raises(WrongPasswordError):
        org.passwords.change(INTEGRATION, PASSWORD + token, FRESH)


def test_a_locked_or_frozen_user_changes_no_password_without_a_session(
    org: Org, log_in: Callable
) -> None:
    session = log_in(INTEGRATION, PASSWORD, "ui").session_id
    org.users.freeze(INTEGRATION)
    for held in (None, session):
        with pytest.raises(NotAllowedError, match=r"frozen|session has ended"):
            org.passwords.change(INTEGRATION, PASSWORD, FRESH, held)
    org.users.freeze(INTEGRATION, frozen=False)
    session = log_in(INTEGRATION, PASSWORD, "ui").session_id
    org.passwords.change(INTEGRATION, PASSWORD, FRESH, session)
    org.clock.advance(3 * HOUR)
    with pytest.raises(NotAllowedError, match="session has ended"):
        org.passwords.change(INTEGRATION, FRESH, "Another-Day-5", session)


@pytest.mark.parametrize("remembered", [1, 2, 3, 24])
def test_the_last_passwords_are_refused_and_the_one_before_them_is_not(
    org: Org, remembered: int
) -> None:
    org.setup.choose("password_history", str(remembered))
    fresh, used = fresh_passwords(), [PASSWORD]
    for _ in range(remembered):
        used.append(fresh())
        org.passwords.change(INTEGRATION, used[-2], used[-1])
    words = (
        "not your current password"
        if remembered == 1
        else f"not one of your last {remembered} passwords"
    )
    for last in used[-remembered:]:
        assert broken(org, last, used[-1]) == (words,)
    assert org.passwords.change(INTEGRATION, used[-1], used[-remembered - 1])


@pytest.mark.parametrize(
    ("remembered", "through_api"), [(1, False), (3, False), (3, True), (24, False)]
)
def test_an_admin_reset_does_not_shorten_the_password_history(
    org: Org, remembered: int, through_api: bool
) -> None:
    org.setup.choose("password_history", str(remembered))
    fresh, used = fresh_passwords(), [PASSWORD]
    for _ in range(remembered - 1):
        used.append(fresh())
        org.passwords.change(INTEGRATION, used[-2], used[-1])
    temporary = org.passwords.reset(INTEGRATION, through_api)
    link = link_of(org)
    known = [*used, temporary] if temporary else used
    for last in known[-remembered:]:
        with pytest.raises(PasswordRefusedError):
            org.passwords.use_link(link, last)


def test_no_passwords_remembered_goes_only_with_passwords_that_never_expire(org: Org) -> None:
    with pytest.raises(NotAllowedError, match="never expire"):
        org.setup.choose("password_history", "0")
    org.setup.choose("password_expires", "0")
    org.setup.choose("password_history", "0")
    with pytest.raises(NotAllowedError, match="never expire"):
        org.setup.choose("password_expires", "90")
    org.passwords.change(INTEGRATION, PASSWORD, PASSWORD)
    assert (
        org.users.get(INTEGRATION).token_state == "live"
        and org.mail.newest_token(INTEGRATION) is not None
    )


def test_the_checklist_follows_what_is_typed(org: Org) -> None:
    def met(candidate: str, with_history: bool = False) -> list[bool | None]:
        return [rule.met for rule in org.passwords.checklist(INTEGRATION, candidate, with_history)]

    assert [rule.words for rule in org.passwords.checklist(INTEGRATION, "")] == [
        LENGTH,
        MIXED,
        NAMES,
        HISTORY,
    ]
    assert met("") == [False, False, False, None]
    assert met("Harbour") == [False, False, True, None]
    assert met("Harbour-7") == [True, True, True, None], (
        "the history costs hashing: only when asked for"
    )
    assert met("Harbour-7", with_history=True) == [True, True, True, True]
    assert met(PASSWORD, with_history=True) == [True, True, True, False]
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    assert met(PASSWORD, with_history=True)[-1] is False
    org.setup.choose("password_history", "1")
    assert (
        met(PASSWORD, with_history=True)[-1] is True and met(FRESH, with_history=True)[-1] is False
    )


def test_the_checklist_agrees_with_the_change(org: Org) -> None:
    for setting, value in (("minimum_length", "12"), ("complexity", "upper_lower_numeric_special")):
        org.setup.choose(setting, value)
    for candidate in (
        "short1!A",
        "all-lower-case-1",
        "NoDigits-Here-At-All",
        "NoSpecial0123",
        "Right-Enough-12",
    ):
        unmet = tuple(
            rule.words
            for rule in org.passwords.checklist(INTEGRATION, candidate, True)
            if not rule.met
        )
        if unmet:
            assert broken(org, candidate) == unmet
        else:
            assert org.passwords.change(INTEGRATION, PASSWORD, candidate)


KINDS_OF_CHARACTERS = [
    # password, no restriction, alpha+numeric, +special, upper+lower+numeric, +special
    ("abcdefgh", True, False, False, False, False),
    ("12345678", True, False, False, False, False),
    ("abcd1234", True, True, False, False, False),
    ("ABCD1234", True, True, False, False, False),
    ("abcd123!", True, True, True, False, False),
    ("Abcd1234", True, True, False, True, False),
    ("Abcd123!", True, True, True, True, True),
    ("abcd-efgh", True, False, False, False, False),
    ("Abcd123 ", True, True, False, True, False),
    ("Äbcd123~", True, True, True, True, True),
]


@pytest.mark.parametrize("row", KINDS_OF_CHARACTERS, ids=lambda row: row[0])
def test_each_complexity_asks_for_its_kinds_of_characters(
    row: tuple[str, bool, bool, bool, bool, bool],
) -> None:
    password, *expected = row
    assert [complexity.met_by(password) for complexity in Complexity] == expected


def test_the_complexity_labels_are_setups_own(org: Org) -> None:
    assert [complexity.value for complexity in Complexity] == [
        "No restriction",
        "Must include alpha and numeric characters",
        "Must include alpha, numeric, and special characters",
        "Must include numbers and uppercase and lowercase letters",
        "Must include numbers, uppercase and lowercase letters, and special characters",
    ]
    assert (
        org.passwords.policy_of(org.users.get(INTEGRATION)).complexity is Complexity.ALPHA_NUMERIC
    )


def test_every_special_character_of_setup_is_one() -> None:
    specials = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    assert not [s for s in specials if not Complexity.ALPHA_NUMERIC_SPECIAL.met_by(f"abcdefg1{s}")]


def test_a_new_minimum_length_bites_at_the_next_change(org: Org, log_in: Callable) -> None:
    org.setup.choose("minimum_length", "50")
    assert log_in(INTEGRATION, PASSWORD, "ui").verdict.accepted
    assert broken(org, FRESH) == ("50 characters or more",)
    org.setup.choose("minimum_length", "5")
    org.passwords.change(INTEGRATION, PASSWORD, "abc-1")
    for value in ("4", "51"):
        with pytest.raises(OrgError):
            org.setup.choose("minimum_length", value)


def test_a_link_works_once(org: Org, token: str, log_in: Callable) -> None:
    org.passwords.forgot(INTEGRATION)
    link = link_of(org)
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted, "asking for a link kills nothing"
    changed = org.passwords.use_link(link, FRESH)
    assert changed.token_died and changed.token_mailed
    assert org.users.get(INTEGRATION).token_state == "live"
    assert not log_in(INTEGRATION, FRESH + token).verdict.accepted
    with pytest.raises(NotAllowedError, match="has been used"):
        org.passwords.use_link(link, "Another-Day-5")


def test_a_password_that_breaks_a_rule_does_not_use_the_link_up(org: Org) -> None:
    org.passwords.forgot(INTEGRATION)
    with pytest.raises(PasswordRefusedError):
        org.passwords.use_link(link_of(org), "short")
    assert org.passwords.use_link(link_of(org), FRESH)


@pytest.mark.parametrize(("after", "works"), [(DAY - 1, True), (DAY, False)])
def test_a_link_works_for_24_hours(org: Org, after: int, works: bool) -> None:
    org.passwords.forgot(INTEGRATION)
    org.clock.advance(after)
    if works:
        assert org.passwords.use_link(link_of(org), FRESH)
    else:
        with pytest.raises(NotAllowedError, match="expired"):
            org.passwords.use_link(link_of(org), FRESH)


@pytest.mark.parametrize("newer", ["user", "admin"])
def test_a_link_is_replaced_by_a_newer_one(org: Org, newer: str) -> None:
    org.passwords.forgot(INTEGRATION)
    older = link_of(org)
    if newer == "user":
        org.passwords.forgot(INTEGRATION)
    else:
        org.passwords.reset(INTEGRATION)
    with pytest.raises(NotAllowedError, match="replaced by a newer one"):
        org.passwords.use_link(older, FRESH)
    assert org.passwords.use_link(link_of(org), FRESH)


@pytest.mark.parametrize("key", ["", "x" * 32, PASSWORD])
def test_a_link_that_was_never_mailed_does_nothing(org: Org, key: str) -> None:
    with pytest.raises(NotAllowedError):
        org.passwords.use_link(key, FRESH)


def test_ten_links_an_hour_can_be_asked_for(org: Org) -> None:
    for _ in range(10):
        org.passwords.forgot(INTEGRATION)
    with pytest.raises(NotAllowedError, match="10 requests"):
        org.passwords.forgot(INTEGRATION)
    org.passwords.forgot("sam@acme.example")
    assert org.passwords.reset(INTEGRATION) is None, "an admin's reset is no request of the user"
    assert len(org.mail.all(INTEGRATION)) == 11
    org.clock.advance(HOUR)
    org.passwords.forgot(INTEGRATION)
    assert len(org.mail.all(INTEGRATION)) == 12


def test_five_changes_through_links_an_hour_are_allowed(org: Org) -> None:
    fresh = fresh_passwords()
    for _ in range(5):
        org.passwords.forgot(INTEGRATION)
        org.passwords.use_link(link_of(org), fresh())
        org.clock.advance(MINUTE)
    org.passwords.forgot(INTEGRATION)
    with pytest.raises(NotAllowedError, match="At most 5 changes"):
        org.passwords.use_link(link_of(org), fresh())
    org.clock.advance(HOUR - 5 * MINUTE)
    assert org.passwords.use_link(link_of(org), fresh())


def test_replaced_links_are_no_changes(org: Org) -> None:
    for _ in range(8):
        org.passwords.forgot(INTEGRATION)
    assert org.passwords.use_link(link_of(org), FRESH)


@pytest.mark.parametrize("username", ["ghost@acme.example", "lee@acme.example"])
def test_forgot_your_password_says_the_same_for_an_unknown_and_an_inactive_user(
    org: Org, username: str
) -> None:
    before = org.info().last_event
    assert org.passwords.forgot(username) is None
    assert org.mail.all() == [] and org.info().last_event == before


def test_a_temporary_password_must_be_changed_at_the_first_login(
    org: Org, log_in: Callable
) -> None:
    temporary = org.passwords.reset(INTEGRATION, through_api=True)
    assert temporary is not None and any(c.isdigit() for c in temporary)
    org.setup.choose("password_expires", "0")
    result = log_in(INTEGRATION, temporary, network="office")
    assert result.verdict.accepted and result.verdict.password_expired
    assert org.sessions.check(result.session_id).fault == "expired_password"
    changed = org.passwords.change(INTEGRATION, temporary, FRESH)
    assert changed.token_mailed and not changed.user.must_change_password
    assert org.sessions.check(result.session_id).fault is None
    assert not log_in(INTEGRATION, FRESH, "ui").verdict.password_expired


def test_a_reset_in_setup_leaves_no_password_at_all(org: Org, log_in: Callable) -> None:
    org.passwords.reset(INTEGRATION)
    for sent in ("", PASSWORD, "x" * 24):
        assert not log_in(INTEGRATION, sent, network="office").verdict.accepted
    with pytest.raises(WrongPasswordError):
        org.passwords.change(INTEGRATION, "", FRESH)


def test_a_second_admin_reset_makes_another_temporary_password(org: Org, log_in: Callable) -> None:
    first, second = (org.passwords.reset(INTEGRATION, through_api=True) for _ in range(2))
    assert first != second
    assert not log_in(INTEGRATION, first, "ui").verdict.accepted
    assert log_in(INTEGRATION, second, "ui").verdict.accepted


def test_an_inactive_or_unknown_user_gets_no_reset(org: Org) -> None:
    with pytest.raises(NotAllowedError, match="inactive"):
        org.passwords.reset("lee")
    with pytest.raises(UnknownNameError, match="ghost"):
        org.passwords.reset("ghost")

"""org.admin: what an admin does to users and profiles, what is refused, and that the event log
tells of it.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from freshtoken_model.accounts.mail import LINK_SUBJECT
from freshtoken_model.accounts.profiles import (
    DAYS,
    WHOLE_DAY,
    clock_of,
    minute_of,
    profile_settings,
)
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.decision.words import event_words
from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY, HOUR
from freshtoken_model.values.errors import (
    AmbiguousNameError,
    BadValueError,
    NotAllowedError,
    OrgError,
    UnknownNameError,
)

from ..world import ADA, CHEAP, FRESH, INTEGRATION, LEE, LOADER, LOADERS, PASSWORD, START
from .org_states import LEES

NOON = 14 * 60
"""It is Tuesday, 14:00, in London."""
ROBIN = ("robin@acme.example", "Robin", "Vale", "robin.vale@acme.example")


def link_of(org: Org, name: str) -> str:
    link = next(mail.link for mail in org.mail.all(name) if mail.subject == LINK_SUBJECT)
    assert link is not None
    return link


def told(org: Org, after: int) -> list[str]:
    """The events after an id, as sentences."""
    return [event_words(e.kind, e.username, e.client, e.detail) for e in org.history.events(after)]


def refused(org: Org, kind: type[OrgError], words: str, use_case: Callable[[], object]) -> None:
    """The use case is refused so, and nothing has happened."""
    before, users, profiles = org.info().last_event, org.users.all(), org.admin.profiles()
    with pytest.raises(kind) as caught:
        use_case()
    assert words in str(caught.value)
    assert (org.info().last_event, org.users.all(), org.admin.profiles()) == (
        before,
        users,
        profiles,
    )


# ---- A new user


def test_a_new_user_has_no_password_until_the_mailed_link_is_used(
    org: Org, log_in: Callable, why: Callable
) -> None:
    before = org.info().last_event
    user = org.admin.create_user(*ROBIN, "Standard User")
    assert (user.username, user.name, user.email, user.profile, user.state) == (
        "robin@acme.example",
        "Robin Vale",
        "robin.vale@acme.example",
        "Standard User",
        "active",
    )
    assert (user.token_state, user.demo_password, len(user.record_id), user.record_id[:3]) == (
        "never_issued",
        None,
        18,
        "005",
    )
    assert told(org, before) == [
        "an admin made the user robin@acme.example",
        "a password link was mailed to robin@acme.example",
    ]
    refusal = log_in("robin@acme.example", "", "ui", "office")
    assert not refusal.verdict.accepted
    org.passwords.use_link(link_of(org, "robin"), FRESH)
    assert log_in("robin@acme.example", FRESH, "ui", "office").verdict.accepted
    assert org.users.get("robin").token_state == "never_issued", (
        "nobody without a token gets one by a password"
    )


def test_the_link_of_a_new_user_works_once_and_for_a_day(org: Org) -> None:
    org.admin.create_user(*ROBIN, "Standard User")
    org.clock.advance(DAY - 1)
    org.passwords.use_link(link_of(org, "robin"), FRESH)
    with pytest.raises(NotAllowedError, match="has been used"):
        org.passwords.use_link(link_of(org, "robin"), "Another-One-9")
    org.admin.create_user(
        "late@acme.example", "Late", "Comer", "late@acme.example", "Standard User"
    )
    org.clock.advance(DAY)
    with pytest.raises(NotAllowedError, match="has expired"):
        org.passwords.use_link(link_of(org, "late"), FRESH)


def test_what_is_typed_is_trimmed_and_a_profile_may_be_named_by_its_beginning(org: Org) -> None:
    user = org.admin.create_user(
        "  robin@acme.example ", " Robin", "Vale ", " robin@acme.example ", "data loads"
    )
    assert (user.username, user.first_name, user.last_name, user.email) == (
        "robin@acme.example",
        "Robin",
        "Vale",
        "robin@acme.example",
    )
    assert user.profile == "Data Loads (login IP ranges)"


@pytest.mark.parametrize(
    ("place", "typed", "kind", "words"),
    [
        (0, "", OrgError, "it has the form of an e-mail address"),
        (0, "robin", OrgError, "'robin' is not a username"),
        (0, "robin@acme", OrgError, "it has the form of an e-mail address"),
        (0, "ro bin@acme.example", OrgError, "it has the form of an e-mail address"),
        (0, "a@b@acme.example", OrgError, "it has the form of an e-mail address"),
        (0, "r" * 69 + "@acme.example", OrgError, "at most 80 characters"),
        (0, "r" * 60 + "@" + "a" * 15 + ".exam", OrgError, "at most 80 characters"),
        (0, "ada@acme.example", NotAllowedError, "There is a user ada@acme.example already."),
        (0, "ADA@Acme.Example", NotAllowedError, "There is a user ADA@Acme.Example already."),
        (1, "", OrgError, "First name needs 1 to 80 characters."),
        (1, "   ", OrgError, "First name needs 1 to 80 characters."),
        (1, "x" * 81, OrgError, "First name needs 1 to 80 characters."),
        (2, "", OrgError, "Last name needs 1 to 80 characters."),
        (2, "V\x07ale", OrgError, "Last name needs 1 to 80 characters."),
        (3, "", OrgError, "'' is not an e-mail address"),
        (3, "robin at acme", OrgError, "'robin at acme' is not an e-mail address"),
        (
            4,
            "Nobody",
            UnknownNameError,
            "There is no profile 'Nobody'. There are: System Administrator, Standard User",
        ),
        (4, "S", UnknownNameError, "'S' could be System Administrator, Standard User."),
    ],
)
def test_a_new_user_is_refused_with_the_field_that_is_wrong(
    org: Org, place: int, typed: str, kind: type[OrgError], words: str
) -> None:
    fields = [*ROBIN, "Standard User"]
    fields[place] = typed
    refused(org, kind, words, lambda: org.admin.create_user(*fields))


def test_the_longest_username_is_80_characters(org: Org) -> None:
    longest = "r" * 60 + "@" + "a" * 12 + ".exampl"
    assert len(longest) == 80
    assert org.admin.create_user(longest, *ROBIN[1:], "Standard User").username == longest


TYPED = st.text(st.characters(codec="utf-8"), max_size=90)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(local=TYPED, domain=TYPED, first=TYPED, last=TYPED, email=TYPED)
def test_whatever_is_typed_makes_that_user_or_is_refused_in_words(
    org: Org, local: str, domain: str, first: str, last: str, email: str
) -> None:
    before = len(org.users.all())
    typed = f"{local}@{domain}.example"
    try:
        user = org.admin.create_user(typed, first, last, email, "Standard User")
    except OrgError as error:
        assert str(error).endswith(".") and len(org.users.all()) == before
        return
    assert len(org.users.all()) == before + 1
    assert org.users.get(user.username) == user
    assert (user.username, user.first_name, user.last_name, user.email) == tuple(
        text.strip() for text in (typed, first, last, email)
    )


# ---- Editing


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("username", "nightly@acme.example", "an admin changed nightly@acme.example: username"),
        ("first_name", "Daily", "an admin changed integration@acme.example: first name"),
        ("last_name", "Synch", "an admin changed integration@acme.example: last name"),
        ("email", "ops@acme.example", "an admin changed integration@acme.example: email"),
        (
            "profile",
            "Standard User",
            "an admin changed integration@acme.example: profile Standard User",
        ),
        ("active", False, "an admin changed integration@acme.example: deactivated"),
    ],
)
def test_a_field_is_changed_alone_and_the_event_log_says_which(
    org: Org, field: str, value: Any, words: str
) -> None:
    before, seen = org.users.get(INTEGRATION), org.info().last_event
    after = org.admin.edit_user(INTEGRATION, **{field: value})
    assert getattr(after, field) == value
    same = [
        f
        for f in ("username", "first_name", "last_name", "email", "profile", "active")
        if f != field
    ]
    assert [getattr(after, f) for f in same] == [getattr(before, f) for f in same]
    ended = ["a session of integration@acme.example ended"] if field == "active" else []
    assert sorted(told(org, seen)) == sorted([words, *ended])


def test_several_fields_are_one_event_and_the_ones_that_stay_are_not_told(org: Org) -> None:
    seen = org.info().last_event
    org.admin.edit_user(
        INTEGRATION, first_name="Daily", last_name="Sync", email="ops@acme.example", active=True
    )
    assert told(org, seen) == ["an admin changed integration@acme.example: first name, email"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"first_name": "Nightly"},
        {"username": INTEGRATION, "last_name": " Sync "},
        {"active": True, "profile": "Integration"},
    ],
)
def test_what_is_so_already_is_refused(org: Org, fields: dict[str, Any]) -> None:
    refused(
        org,
        NotAllowedError,
        "Nothing of integration@acme.example would change.",
        lambda: org.admin.edit_user("integration", **fields),
    )


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"username": "no name"}, OrgError, "is not a username"),
        (
            {"username": "Ada@acme.example"},
            NotAllowedError,
            "There is a user Ada@acme.example already.",
        ),
        ({"first_name": ""}, OrgError, "First name"),
        ({"last_name": "x" * 81}, OrgError, "Last name"),
        ({"email": "nowhere"}, OrgError, "is not an e-mail address"),
        ({"profile": "Admin"}, UnknownNameError, "There is no profile 'Admin'."),
        ({"first_name": "Daily", "email": "nowhere"}, OrgError, "is not an e-mail address"),
    ],
)
def test_an_edit_is_refused_as_a_whole(
    org: Org, fields: dict[str, Any], kind: type[OrgError], words: str
) -> None:
    refused(org, kind, words, lambda: org.admin.edit_user(INTEGRATION, **fields))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("ghost", UnknownNameError), ("", UnknownNameError), ("ghost@acme.example", UnknownNameError)],
)
def test_nobody_cannot_be_edited(org: Org, name: str, kind: type[OrgError]) -> None:
    refused(org, kind, "There is no user", lambda: org.admin.edit_user(name, first_name="Daily"))


def test_a_name_that_two_users_have_before_the_at_is_refused_with_both(org: Org) -> None:
    org.admin.create_user("ada@other.example", "Ada", "Two", "ada@other.example", "Standard User")
    refused(
        org,
        AmbiguousNameError,
        "ada@acme.example or ada@other.example",
        lambda: org.admin.edit_user("ada", first_name="A"),
    )


def test_after_a_new_username_clients_with_the_old_one_are_refused_and_password_and_token_stay(
    org: Org, token: str, log_in: Callable, why: Callable
) -> None:
    org.admin.edit_user(INTEGRATION, username="nightly@acme.example")
    refusal = log_in(INTEGRATION, PASSWORD + token)
    assert (refusal.verdict.fault, why(refusal)) == ("invalid_login", "no such user in this org")
    assert log_in("nightly@acme.example", PASSWORD + token).verdict.accepted


def test_a_deactivated_user_is_refused_and_activated_again_lets_the_old_credentials_in(
    org: Org, token: str, log_in: Callable, why: Callable
) -> None:
    org.admin.edit_user(INTEGRATION, active=False)
    refusal = log_in(INTEGRATION, PASSWORD + token)
    assert (refusal.verdict.fault, why(refusal)) == ("invalid_login", "deactivated by an admin")
    with pytest.raises(NotAllowedError, match="is inactive; activate the user first"):
        org.passwords.reset(INTEGRATION)
    org.admin.edit_user(INTEGRATION, active=True)
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted
    org.admin.edit_user(LEE, active=True)
    assert log_in(LEE, LEES, "ui", "office").verdict.accepted


def test_mails_go_to_the_new_address_and_the_token_stays(
    org: Org, token: str, log_in: Callable
) -> None:
    org.admin.edit_user(INTEGRATION, email="ops@acme.example")
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted
    org.tokens.reset(INTEGRATION)
    assert org.mail.all(INTEGRATION)[0].email == "ops@acme.example"


def test_another_profile_brings_its_login_ip_ranges(org: Org, token: str, log_in: Callable) -> None:
    org.admin.edit_user(INTEGRATION, profile="Office Staff")
    assert log_in(INTEGRATION, PASSWORD + token).verdict.fault == "restricted_domain"
    assert log_in(INTEGRATION, PASSWORD, network="office").verdict.accepted, (
        "inside no token is needed"
    )
    with pytest.raises(NotAllowedError):
        org.tokens.reset(INTEGRATION)


def test_another_profile_moves_the_moment_the_password_expires(org: Org) -> None:
    org.admin.create_profile("Quarterly")
    org.admin.set_policy("Quarterly", "password_expires", "180")
    before = dict(org.clock.upcoming(20))
    org.admin.edit_user(INTEGRATION, profile="Quarterly")
    changed = org.users.get(INTEGRATION).password_changed_at
    words = f"the password of {INTEGRATION} expires"
    assert before[changed + 90 * DAY] == words
    after = dict(org.clock.upcoming(20))
    assert changed + 90 * DAY not in after and after[changed + 180 * DAY] == words


# ---- Expire All Passwords, sessions


def test_expire_all_passwords_spares_who_never_expires_and_who_has_none(
    org: Org, token: str, log_in: Callable
) -> None:
    org.users.permit(ADA, "password-never-expires", True)
    org.admin.create_user(*ROBIN, "Standard User")
    open_already = log_in(INTEGRATION, PASSWORD + token).session_id
    seen = org.info().last_event
    assert org.admin.expire_all_passwords() == 6, (
        "seven users, one of whom never expires; Robin has no password yet"
    )
    assert told(org, seen) == ["an admin expired all passwords"]
    must = {user.username for user in org.users.all() if user.must_change_password}
    assert ADA not in must and "robin@acme.example" not in must and INTEGRATION in must
    result = log_in(INTEGRATION, PASSWORD + token)
    assert (result.verdict.accepted, result.verdict.password_expired) == (True, True)
    assert org.sessions.check(result.session_id).fault == "expired_password"
    assert org.sessions.check(open_already).fault is None, "an open session goes on"
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    assert not org.users.get(INTEGRATION).must_change_password
    assert org.users.get(INTEGRATION).token_state == "live", (
        "the old token is dead, a new one was issued"
    )
    assert not log_in(INTEGRATION, FRESH + token).verdict.accepted


def test_expire_all_passwords_twice_is_refused(org: Org) -> None:
    org.admin.expire_all_passwords()
    refused(
        org, NotAllowedError, "Every password is expired already.", org.admin.expire_all_passwords
    )


def test_end_sessions_ends_every_door_of_one_user_and_nothing_else(
    org: Org, token: str, log_in: Callable
) -> None:
    mine = [
        log_in(INTEGRATION, PASSWORD, "ui", "office").session_id,
        log_in(INTEGRATION, PASSWORD + token).session_id,
        log_in(INTEGRATION, PASSWORD + token, "oauth").session_id,
    ]
    other = log_in(LOADER, LOADERS).session_id
    seen = org.info().last_event
    assert org.admin.end_sessions("integration") == 4, "the three, and the client's own"
    assert [org.sessions.check(session).fault for session in mine] == ["invalid_session"] * 3
    assert org.sessions.check(other).fault is None
    (event,) = org.history.events(seen)
    assert (event.kind, event.number, event.detail) == ("session_ended", 4, "admin")
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted, "password and token stay"


def test_a_user_without_open_sessions_has_none_to_end(org: Org) -> None:
    refused(
        org,
        NotAllowedError,
        "nora@acme.example has no open session.",
        lambda: org.admin.end_sessions("nora"),
    )


# ---- Profiles


def test_the_profiles_of_the_training_org(org: Org) -> None:
    profiles = {p.name: p for p in org.admin.profiles()}
    assert {name: p.users for name, p in profiles.items()} == {
        "System Administrator": 1,
        "Standard User": 3,
        "Integration": 1,
        "Data Loads (login IP ranges)": 1,
        "Office Staff (login IP ranges)": 1,
    }
    assert [name for name, p in profiles.items() if p.administers] == ["System Administrator"]
    ranges = {
        name: [(r.first, r.last) for r in p.ranges] for name, p in profiles.items() if p.ranges
    }
    assert ranges == {
        "Data Loads (login IP ranges)": [("203.0.113.0", "203.0.113.255")],
        "Office Staff (login IP ranges)": [("198.51.100.0", "198.51.100.255")],
    }
    assert not any(p.hours or p.policies for p in profiles.values())


def test_a_new_profile_has_nothing_of_its_own_and_users_can_have_it(org: Org) -> None:
    seen = org.info().last_event
    profile = org.admin.create_profile("  Night Shift ")
    assert (profile.name, profile.administers, profile.users) == ("Night Shift", False, 0)
    assert (profile.hours, profile.ranges, profile.policies) == ({}, (), {})
    assert told(org, seen) == ["profile Night Shift: made"]
    org.admin.edit_user(INTEGRATION, profile="night")
    assert org.admin.profile("Night Shift").users == 1
    assert org.users.get(INTEGRATION).profile_record_id[:3] == "00e"


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("", OrgError, "needs 1 to 80 characters"),
        ("x" * 81, OrgError, "needs 1 to 80 characters"),
        ("integration", NotAllowedError, "There is a profile 'integration' already."),
        ("INTEGRATION", NotAllowedError, "already"),
    ],
)
def test_a_new_profile_is_refused(org: Org, name: str, kind: type[OrgError], words: str) -> None:
    refused(org, kind, words, lambda: org.admin.create_profile(name))


# ---- Login hours


@pytest.mark.parametrize(
    ("start", "end", "accepted"),
    [
        ("9:00", "17:00", True),
        ("14:00", "14:01", True),
        ("13:00", "14:00", False),
        ("14:01", "24:00", False),
        ("0:00", "24:00", True),
        ("8:00", "8:00", False),
        ("14:00", "14:00", False),
        ("0:00", "0:00", False),
    ],
)
def test_login_hours_hold_from_their_start_to_before_their_end(
    org: Org, token: str, log_in: Callable, start: str, end: str, accepted: bool
) -> None:
    org.admin.set_login_hours("Integration", "tue", start, end)
    result = log_in(INTEGRATION, PASSWORD + token)
    assert (result.verdict.accepted, result.verdict.fault) == (
        accepted,
        None if accepted else "restricted_time",
    )


def test_login_hours_are_of_a_day_and_of_a_profile(org: Org, token: str, log_in: Callable) -> None:
    org.admin.set_login_hours("Integration", "wed", "8:00", "8:00")
    org.admin.set_login_hours("Standard User", "tue", "8:00", "8:00")
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted
    org.clock.advance(12 * HOUR)
    assert log_in(INTEGRATION, PASSWORD + token).verdict.fault == "restricted_time"
    org.clock.advance(24 * HOUR)
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted


def test_the_whole_day_takes_the_hours_away_and_the_event_log_tells(org: Org) -> None:
    seen = org.info().last_event
    org.admin.set_login_hours("integration", "mon", "8:30", "17:05")
    assert org.admin.profile("Integration").hours == {"mon": (510, 1025)}
    org.admin.set_login_hours("integration", "mon", "0:00", "24:00")
    assert org.admin.profile("Integration").hours == {}
    assert told(org, seen) == [
        "profile Integration: login hours mon 8:30 - 17:05",
        "profile Integration: login hours mon 0:00 - 24:00",
    ]


@pytest.mark.parametrize(
    ("day", "start", "end", "kind", "words"),
    [
        (
            "monday",
            "8:00",
            "9:00",
            UnknownNameError,
            "Did you mean 'mon'?",
        ),
        ("", "8:00", "9:00", UnknownNameError, "There is no day ''."),
        ("mon", "", "9:00", OrgError, "'' is not a time of day; write it like 9:00 or 24:00."),
        ("mon", "8", "9:00", OrgError, "is not a time of day"),
        ("mon", "8:60", "9:00", OrgError, "is not a time of day"),
        ("mon", "8:00", "24:01", OrgError, "is not a time of day"),
        ("mon", "8:00", "25:00", OrgError, "is not a time of day"),
        ("mon", "-1:00", "9:00", OrgError, "is not a time of day"),
        ("mon", "22:00", "6:00", OrgError, "Login hours end before they begin"),
    ],
)
def test_login_hours_are_refused(
    org: Org, day: str, start: str, end: str, kind: type[OrgError], words: str
) -> None:
    refused(org, kind, words, lambda: org.admin.set_login_hours("Integration", day, start, end))


@given(minute=st.integers(0, WHOLE_DAY))
def test_a_minute_of_the_day_is_read_as_it_is_written(minute: int) -> None:
    assert minute_of(clock_of(minute)) == minute_of(f" {clock_of(minute)} ") == minute


@given(text=st.text(max_size=6))
def test_what_is_no_time_of_day_is_refused_in_words(text: str) -> None:
    try:
        assert 0 <= minute_of(text) <= WHOLE_DAY
    except OrgError as error:
        assert "is not a time of day" in str(error)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    hours=st.dictionaries(
        st.sampled_from(DAYS), st.tuples(st.integers(0, WHOLE_DAY), st.integers(0, WHOLE_DAY))
    )
)
def test_whatever_the_hours_a_login_is_let_in_inside_those_of_its_day(
    org: Org, token: str, hours: dict[str, tuple[int, int]]
) -> None:
    for day in DAYS:
        org.admin.set_login_hours("Integration", day, "0:00", "24:00")
    for day, ends in hours.items():
        org.admin.set_login_hours("Integration", day, clock_of(min(ends)), clock_of(max(ends)))
    first, last = sorted(hours.get("tue", (0, WHOLE_DAY)))
    result = org.login(Attempt(INTEGRATION, PASSWORD + token, Door.SOAP, "203.0.113.7", "64.0"))
    assert result.verdict.accepted is (first <= NOON < last)


# ---- Login IP ranges


def test_a_login_ip_range_blocks_outside_and_spares_the_token_inside(
    org: Org, token: str, log_in: Callable
) -> None:
    seen = org.info().last_event
    profile = org.admin.add_login_range("Integration", " 203.0.113.7 ", "")
    assert [(r.first, r.last) for r in profile.ranges] == [("203.0.113.7", "203.0.113.7")]
    assert log_in(INTEGRATION, PASSWORD).verdict.accepted
    assert (
        log_in(INTEGRATION, PASSWORD + token, network="home").verdict.fault == "restricted_domain"
    )
    assert log_in(INTEGRATION, PASSWORD, network="office").verdict.fault == "restricted_domain", (
        "trusted or not"
    )
    assert not org.tokens.offer(INTEGRATION).offered
    org.admin.remove_login_range("Integration", profile.ranges[0].id)
    assert log_in(INTEGRATION, PASSWORD + token, network="home").verdict.accepted
    assert org.tokens.offer(INTEGRATION).offered
    words = [line for line in told(org, seen) if line.startswith("profile")]
    assert words == [
        "profile Integration: login IP range 203.0.113.7 - 203.0.113.7 added",
        "profile Integration: login IP range 203.0.113.7 - 203.0.113.7 removed",
    ]


@pytest.mark.parametrize(
    ("first", "last", "kind", "words"),
    [
        ("203.0.113.9", "203.0.113.1", OrgError, "The range ends before it starts."),
        ("203.0.113", "203.0.113.1", OrgError, "'203.0.113' is not an IPv4 address."),
        ("203.0.113.0", "203.0.113.256", OrgError, "'203.0.113.256' is not an IPv4 address."),
        ("::1", "", OrgError, "'::1' is not an IPv4 address."),
        ("", "", OrgError, "'' is not an IPv4 address."),
        ("198.51.100.0", "198.51.100.255", NotAllowedError, "The profile has that range already."),
    ],
)
def test_a_login_ip_range_is_refused(
    org: Org, first: str, last: str, kind: type[OrgError], words: str
) -> None:
    refused(org, kind, words, lambda: org.admin.add_login_range("Office Staff", first, last))


def test_a_range_of_another_profile_or_one_that_is_gone_cannot_be_removed(org: Org) -> None:
    number = org.admin.profile("Office Staff").ranges[0].id
    refused(
        org,
        UnknownNameError,
        "There is no range",
        lambda: org.admin.remove_login_range("Integration", number),
    )
    org.admin.remove_login_range("Office Staff", number)
    refused(
        org,
        UnknownNameError,
        "There is no range",
        lambda: org.admin.remove_login_range("Office Staff", number),
    )


ADDRESSES = st.integers(0, 2**32 - 1)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    ranges=st.lists(
        st.tuples(ADDRESSES, ADDRESSES),
        min_size=1,
        max_size=3,
        unique_by=lambda ends: (min(ends), max(ends)),
    ),
    anywhere=ADDRESSES,
    near=st.sampled_from([None, (0, -1), (0, 0), (1, 0), (1, 1)]),
)
def test_a_login_comes_in_from_inside_one_of_the_ranges_and_from_nowhere_else(
    org: Org, token: str, ranges: list[tuple[int, int]], anywhere: int, near: tuple[int, int] | None
) -> None:
    from ipaddress import IPv4Address

    for old in org.admin.profile("Integration").ranges:
        org.admin.remove_login_range("Integration", old.id)
    spans = [(min(ends), max(ends)) for ends in ranges]
    for low, high in spans:
        org.admin.add_login_range("Integration", str(IPv4Address(low)), str(IPv4Address(high)))
    where = anywhere if near is None else spans[0][near[0]] + near[1]
    assume(0 <= where < 2**32)
    result = org.login(
        Attempt(INTEGRATION, PASSWORD + token, Door.SOAP, str(IPv4Address(where)), "64.0")
    )
    assert result.verdict.accepted is any(low <= where <= high for low, high in spans)


# ---- Password policies of a profile's own


def test_a_profile_can_have_every_password_policy_of_its_own_but_the_one_of_set_password() -> None:
    assert set(profile_settings()) == {
        "password_expires",
        "password_history",
        "minimum_length",
        "complexity",
        "max_attempts",
        "lockout_minutes",
        "minimum_lifetime",
    }


def test_a_policy_of_its_own_is_told_in_setups_words_and_given_back(org: Org) -> None:
    seen = org.info().last_event
    assert org.admin.set_policy("Integration", "max_attempts", "3").policies == {
        "max_attempts": "3"
    }
    assert org.admin.set_policy("Integration", "max_attempts", "0").policies == {
        "max_attempts": "0"
    }
    assert org.admin.set_policy("Integration", "max_attempts", None).policies == {}
    assert told(org, seen) == [
        "profile Integration: Maximum invalid login attempts = 3",
        "profile Integration: Maximum invalid login attempts = No Limit",
        "profile Integration: Maximum invalid login attempts = the org's",
    ]


@pytest.mark.parametrize(
    ("policy", "value", "kind", "words"),
    [
        ("soap_login", "off", BadValueError, "A profile cannot have its own 'soap_login'."),
        (
            "self_set_password",
            "off",
            BadValueError,
            "A profile cannot have its own 'self_set_password'.",
        ),
        (
            "max_attempts",
            "4",
            OrgError,
            "Maximum invalid login attempts (max_attempts): '4' is not one of 3, 5, 10, 0.",
        ),
        ("max_attempts", "", OrgError, "is not one of"),
        ("max_attempts", None, NotAllowedError, "Integration has it so already."),
        (
            "password_history",
            "0",
            NotAllowedError,
            "No passwords remembered goes only with passwords that never expire.",
        ),
    ],
)
def test_a_policy_of_its_own_is_refused(
    org: Org, policy: str, value: str | None, kind: type[OrgError], words: str
) -> None:
    refused(org, kind, words, lambda: org.admin.set_policy("Integration", policy, value))


def test_no_history_goes_with_passwords_that_never_expire_on_the_profile_too(org: Org) -> None:
    org.admin.set_policy("Integration", "password_expires", "0")
    org.admin.set_policy("Integration", "password_history", "0")
    refused(
        org,
        NotAllowedError,
        "never expire",
        lambda: org.admin.set_policy("Integration", "password_expires", None),
    )
    refused(
        org,
        NotAllowedError,
        "never expire",
        lambda: org.admin.set_policy("Integration", "password_expires", "30"),
    )


def test_the_same_value_again_is_refused(org: Org) -> None:
    org.admin.set_policy("Integration", "max_attempts", "3")
    refused(
        org,
        NotAllowedError,
        "has it so already",
        lambda: org.admin.set_policy("Integration", "max_attempts", "3"),
    )


@pytest.mark.parametrize(
    "use_case",
    [
        lambda org: org.admin.profile("Nobody"),
        lambda org: org.admin.set_login_hours("Nobody", "mon", "8:00", "9:00"),
        lambda org: org.admin.add_login_range("Nobody", "203.0.113.0", ""),
        lambda org: org.admin.remove_login_range("Nobody", 1),
        lambda org: org.admin.set_policy("Nobody", "max_attempts", "3"),
    ],
)
def test_a_profile_that_does_not_exist_is_told_with_those_that_do(
    org: Org, use_case: Callable[[Org], object]
) -> None:
    refused(
        org,
        UnknownNameError,
        "There are: System Administrator, Standard User, Integration",
        lambda: use_case(org),
    )


# ---- Together


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "max_attempts",
                    "minimum_length",
                    "password_expires",
                    "password_history",
                    "minimum_lifetime",
                ]
            ),
            st.sampled_from([None, "0", "3", "5", "10", "20", "30", "90", "on", "off"]),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_what_holds_for_a_user_is_the_profiles_own_else_the_orgs(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str | None, bool]]
) -> None:
    path: Path = tmp_path_factory.mktemp("steps") / "org.db"
    Org.create(path, seed="steps", frozen_at=START, hashing=CHEAP)
    with Org(path, CHEAP) as org:
        own: dict[str, str] = {}
        for name, value, for_profile in steps:
            with suppress(OrgError):
                if for_profile:
                    org.admin.set_policy("Integration", name, value)
                    own.pop(name, None)
                    own |= {name: value} if value is not None else {}
                elif value is not None:
                    org.setup.choose(name, value)
        assert org.admin.profile("Integration").policies == own
        wanted = org.setup.values() | own
        limit = int(wanted["max_attempts"])
        for _ in range(3):
            org.login(Attempt(INTEGRATION, "wrong", Door.SOAP, "203.0.113.7", "64.0"))
        assert (org.users.get(INTEGRATION).state == "locked") is (limit == 3)
        rules = org.passwords.checklist(INTEGRATION, "")
        assert rules[0].words == f"{wanted['minimum_length']} characters or more"

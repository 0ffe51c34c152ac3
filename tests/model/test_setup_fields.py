"""Every setting of Setup is felt: asked the same thing, the org answers otherwise once the setting
stands otherwise.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from freshtoken_model.accounts.networks import OUTSIDE
from freshtoken_model.decision.settings import PASSWORDS, SETUP, SINCE, default_of, settings
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY, MINUTE, parse_moment
from freshtoken_model.values.errors import (
    GrantRefusedError,
    NotAllowedError,
    OrgError,
    PasswordRefusedError,
)

from ..world import CHEAP, CLOUD, FRESH, HOME, INTEGRATION, LOADER, LOADERS, OFFICE, PASSWORD, START
from .org_states import use_up_the_rate_limit

CALLBACK = "http://localhost:1717/OauthRedirect"


@contextmanager
def made(path: Path, release: str | None = None) -> Iterator[Org]:
    """A training org of its own, seeded and frozen."""
    Org.create(path, seed="fields", frozen_at=START, hashing=CHEAP, created_release=release)
    with Org(path, CHEAP) as org:
        yield org


def held(org: Org) -> str:
    """The integration user's token, as the client Nightly sync holds it."""
    return org.clients.all()[0].token


def log_in(org: Org, username: str, sent: str, door: Door = Door.SOAP, address: str = CLOUD) -> Any:
    return org.login(Attempt(username, sent, door, address, "64.0" if door is Door.SOAP else ""))


def fault(org: Org, door: Door = Door.SOAP) -> str | None:
    """What the integration user's right credentials are told."""
    return log_in(org, INTEGRATION, PASSWORD + held(org), door).verdict.fault


def opened(org: Org, username: str, sent: str, door: Door = Door.SOAP, address: str = CLOUD) -> str:
    session = log_in(org, username, sent, door, address).session_id
    assert session is not None
    return session


def tried(use_case: Callable[[], object]) -> str:
    """done, or the kind of refusal."""
    try:
        use_case()
    except OrgError as error:
        return type(error).__name__
    return "done"


# ---- What is asked


def whether_the_password_has_expired(org: Org) -> tuple[bool, bool]:
    """The integration user's password is 62 days old, an API client is let in with an expired one,
    and then refused.
    """
    result = log_in(org, INTEGRATION, PASSWORD + held(org))
    assert result.verdict.accepted
    return result.verdict.password_expired, org.sessions.check(
        result.session_id
    ).fault == "expired_password"


def the_old_password_again(org: Org) -> str:
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    return tried(lambda: org.passwords.change(INTEGRATION, FRESH, PASSWORD))


def a_password_of_14_characters(org: Org) -> str:
    return tried(lambda: org.passwords.change(INTEGRATION, PASSWORD, FRESH))


def a_password_without_capitals(org: Org) -> str:
    return tried(lambda: org.passwords.change(INTEGRATION, PASSWORD, "harbour-light-8"))


def three_wrong_passwords(org: Org) -> str:
    for _ in range(3):
        log_in(org, INTEGRATION, "wrong")
    return org.users.get(INTEGRATION).state


def a_lockout_after_20_minutes(org: Org) -> str:
    for _ in range(10):
        log_in(org, INTEGRATION, "wrong")
    assert org.users.get(INTEGRATION).state == "locked"
    org.clock.advance(20 * MINUTE)
    return org.users.get(INTEGRATION).state


def two_changes_and_a_reset_in_a_day(org: Org) -> tuple[str, str]:
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    again = tried(lambda: org.passwords.change(INTEGRATION, FRESH, "Another-One-9"))
    return again, tried(lambda: org.passwords.reset(INTEGRATION))


def a_session_unused_for_20_minutes(org: Org) -> str | None:
    session = opened(org, INTEGRATION, PASSWORD + held(org))
    org.clock.advance(20 * MINUTE)
    return org.sessions.check(session).fault


def sessions_after_an_admins_reset(org: Org) -> tuple[str | None, str | None]:
    """Of the user interface, and of the API."""
    interface = opened(org, INTEGRATION, PASSWORD, Door.UI)
    api = opened(org, INTEGRATION, PASSWORD + held(org))
    org.passwords.reset(INTEGRATION)
    return org.sessions.check(interface).fault, org.sessions.check(api).fault


def a_session_that_wanders_out_of_the_ranges(org: Org) -> tuple[str | None, str | None]:
    """From inside the profile's login IP ranges, and from outside them."""
    session = opened(org, LOADER, LOADERS)
    return org.sessions.check(session, CLOUD).fault, org.sessions.check(session, HOME).fault


def logins_at_the_login_host(doors: tuple[str, ...], org: Org) -> tuple[str, ...]:
    """The status of a login with the right credentials through each door."""
    found = []
    for door in doors:
        org.login(Attempt(INTEGRATION, PASSWORD, Door(door), OFFICE, "64.0"))
        found.append(org.history.logins()[0].status)
    return tuple(found)


def a_soap_login(org: Org) -> str | None:
    return fault(org)


def a_soap_login_without_the_permission(org: Org) -> str | None:
    org.users.permit(INTEGRATION, "use-any-api-auth", False)
    return fault(org)


def the_password_flow(org: Org) -> tuple[str | None, str]:
    told = fault(org, Door.OAUTH)
    return told, org.history.logins()[0].status


def a_refresh_token_unused_for_8_days(org: Org) -> str:
    app = org.apps.all()[0]
    session = opened(org, INTEGRATION, PASSWORD, Door.UI)
    code = org.apps.authorize(app.consumer_key, CALLBACK, "", "refresh_token api", session)
    attempt = Attempt("", "", Door.WEB_SERVER, CLOUD)
    refresh = org.apps.web_server(app, code, CALLBACK, "", attempt, public=False).refresh_token
    assert refresh is not None
    org.clock.advance(8 * DAY)
    try:
        org.apps.refresh(app, refresh, CLOUD, public=False)
    except GrantRefusedError as refused:
        return refused.fault
    return "a session"


def a_soap_login_in_july_2027(org: Org) -> str | None:
    org.clock.set(parse_moment("2027-07-01T12:00", "Europe/London"))
    return fault(org)


def a_soap_login_in_march_2027(org: Org) -> str | None:
    org.setup.choose("release_calendar", "on")
    org.clock.set(parse_moment("2027-03-01T12:00", "Europe/London"))
    return fault(org)


def a_soap_login_without_the_permission_in_december(org: Org) -> str | None:
    org.setup.choose("release_calendar", "on")
    org.clock.set(parse_moment("2026-12-02T12:00", "Europe/London"))
    return a_soap_login_without_the_permission(org)


def set_password_of_ones_own(org: Org) -> str:
    session = opened(org, INTEGRATION, PASSWORD + held(org))
    return tried(lambda: org.passwords.set(session, org.users.get(INTEGRATION).record_id, FRESH))


def a_call_from_a_port_without_a_token(org: Org) -> str | None:
    return log_in(org, INTEGRATION, PASSWORD, address=OUTSIDE).verdict.fault


def login_3601_of_an_hour(org: Org) -> str | None:
    use_up_the_rate_limit(org)
    return fault(org)


@dataclass(frozen=True)
class Felt:
    """What is asked, the answer by default, another value of the setting, and the answer then."""

    ask: Callable[[Org], Any]
    before: Any
    value: str
    after: Any


FIELDS = {
    "password_expires": Felt(whether_the_password_has_expired, (False, False), "30", (True, True)),
    "password_history": Felt(the_old_password_again, "PasswordRefusedError", "1", "done"),
    "minimum_length": Felt(a_password_of_14_characters, "done", "15", "PasswordRefusedError"),
    "complexity": Felt(
        a_password_without_capitals, "done", "upper_lower_numeric", "PasswordRefusedError"
    ),
    "max_attempts": Felt(three_wrong_passwords, "active", "3", "locked"),
    "lockout_minutes": Felt(a_lockout_after_20_minutes, "active", "30", "locked"),
    "minimum_lifetime": Felt(
        two_changes_and_a_reset_in_a_day,
        ("done", "done"),
        "on",
        ("NotAllowedError", "NotAllowedError"),
    ),
    "session_timeout": Felt(a_session_unused_for_20_minutes, None, "15", "invalid_session"),
    "terminate_on_admin_reset": Felt(
        sessions_after_an_admins_reset, (None, None), "on", ("invalid_session", None)
    ),
    "enforce_ip_ranges": Felt(
        a_session_that_wanders_out_of_the_ranges, (None, None), "on", (None, "invalid_session")
    ),
    "prevent_login_at_login_host": Felt(
        partial(logins_at_the_login_host, ("oauth", "ui", "soap")),
        ("Success", "Success", "Success"),
        "on",
        ("Restricted Domain", "Restricted Domain", "Success"),
    ),
    "prevent_soap_login_at_login_host": Felt(
        partial(logins_at_the_login_host, ("oauth", "ui", "soap")),
        ("Success", "Success", "Success"),
        "on",
        ("Success", "Success", "Restricted Domain"),
    ),
    "soap_login": Felt(a_soap_login, None, "off", "soap_login_disabled"),
    "any_api_auth": Felt(a_soap_login_without_the_permission, None, "on", "any_api_auth"),
    "oauth_password_flow": Felt(
        the_password_flow,
        (None, "Success"),
        "off",
        ("invalid_login", "Username-Password Flow Disabled"),
    ),
    "refresh_idle": Felt(
        a_refresh_token_unused_for_8_days, "a session", "7", "expired_refresh_token"
    ),
    "release_calendar": Felt(a_soap_login_in_july_2027, None, "on", "login_not_in_version"),
    "login_retirement": Felt(
        a_soap_login_in_march_2027, None, "2027-02-15", "login_not_in_version"
    ),
    "any_api_auth_date": Felt(
        a_soap_login_without_the_permission_in_december, "any_api_auth", "never", None
    ),
    "self_set_password": Felt(set_password_of_ones_own, "done", "off", "SelfPasswordError"),
    "outside_network": Felt(a_call_from_a_port_without_a_token, "must_use_token", "office", None),
    "rate_limit": Felt(login_3601_of_an_hour, "rate_limited", "off", None),
}


def test_no_setting_is_left_out() -> None:
    assert set(FIELDS) == {setting.name for setting in SETUP}


@pytest.mark.parametrize("name", FIELDS)
def test_a_setting_changes_what_the_org_answers(tmp_path: Path, name: str) -> None:
    felt = FIELDS[name]
    assert felt.value != settings()[name].default and felt.before != felt.after
    with made(tmp_path / "before.db") as org:
        assert felt.ask(org) == felt.before
    with made(tmp_path / "after.db") as org:
        assert org.setup.choose(name, felt.value)
        assert felt.ask(org) == felt.after
    with made(tmp_path / "back.db") as org:
        org.setup.choose(name, felt.value)
        org.setup.choose(name, settings()[name].default)
        assert felt.ask(org) == felt.before, "set back, it is as if nothing had been set"


@pytest.mark.parametrize("name", SINCE)
def test_an_org_made_in_a_later_release_starts_with_the_other_default(
    tmp_path: Path, name: str
) -> None:
    since, value = SINCE[name]
    felt = FIELDS[name]
    assert value == felt.value
    with made(tmp_path / "new.db", since) as org:
        assert org.setup.values()[name] == value
        if name == "any_api_auth":
            org.setup.choose(
                "soap_login", "on"
            )  # off as well in orgs so new, and that is said first
        assert felt.ask(org) == felt.after
    with made(tmp_path / "chosen.db", since) as org:
        org.setup.choose("soap_login", "on")
        org.setup.choose(name, settings()[name].default)
        assert felt.ask(org) == felt.before, "what is chosen wins over the release"


def test_a_release_older_than_the_change_keeps_the_old_default() -> None:
    for name, (since, value) in SINCE.items():
        assert default_of(settings()[name], since) == value
        assert default_of(settings()[name], "Spring '23") != value


# ---- A profile's own

OWN = [
    name for name in FIELDS if settings()[name].page == PASSWORDS and name != "self_set_password"
]


@pytest.mark.parametrize("name", OWN)
def test_a_policy_of_the_profiles_own_is_felt_by_its_users(tmp_path: Path, name: str) -> None:
    felt = FIELDS[name]
    with made(tmp_path / "own.db") as org:
        org.admin.set_policy("Integration", name, felt.value)
        assert felt.ask(org) == felt.after
    with made(tmp_path / "other.db") as org:
        org.admin.set_policy("Standard User", name, felt.value)
        assert felt.ask(org) == felt.before, "another profile's policy is not felt"


@pytest.mark.parametrize("name", OWN)
def test_the_orgs_setting_does_not_reach_a_profile_with_its_own(tmp_path: Path, name: str) -> None:
    felt, default = FIELDS[name], settings()[name].default
    with made(tmp_path / "shielded.db") as org:
        org.admin.set_policy("Integration", name, default)
        org.setup.choose(name, felt.value)
        assert felt.ask(org) == felt.before
    with made(tmp_path / "given_back.db") as org:
        org.admin.set_policy("Integration", name, default)
        org.setup.choose(name, felt.value)
        org.admin.set_policy("Integration", name, None)
        assert felt.ask(org) == felt.after, "without its own the org's holds again"


@pytest.mark.parametrize("name", OWN)
def test_a_user_takes_the_policies_of_the_profile_along_when_the_profile_changes(
    tmp_path: Path, name: str
) -> None:
    felt = FIELDS[name]
    with made(tmp_path / "moved.db") as org:
        org.admin.create_profile("Strict")
        org.admin.set_policy("Strict", name, felt.value)
        org.admin.edit_user(INTEGRATION, profile="Strict")
        assert felt.ask(org) == felt.after


# ---- More than one value, where the border matters


@pytest.mark.parametrize(("limit", "locks_at"), [("3", 3), ("5", 5), ("10", 10)])
def test_the_limit_of_attempts_is_exact(org: Org, limit: str, locks_at: int) -> None:
    org.setup.choose("max_attempts", limit)
    for _ in range(locks_at - 1):
        log_in(org, INTEGRATION, "wrong")
    assert org.users.get(INTEGRATION).state == "active"
    log_in(org, INTEGRATION, "wrong")
    assert org.users.get(INTEGRATION).state == "locked"


def test_no_limit_never_locks(org: Org) -> None:
    org.setup.choose("max_attempts", "0")
    for _ in range(30):
        log_in(org, INTEGRATION, "wrong")
    assert (org.users.get(INTEGRATION).state, org.users.get(INTEGRATION).failed_attempts) == (
        "active",
        30,
    )


@pytest.mark.parametrize(("minutes", "value"), [(15, "15"), (30, "30"), (60, "60")])
def test_the_lockout_lasts_as_long_as_it_says(org: Org, minutes: int, value: str) -> None:
    org.setup.choose("lockout_minutes", value)
    for _ in range(10):
        log_in(org, INTEGRATION, "wrong")
    org.clock.advance(minutes * MINUTE - 1)
    assert org.users.get(INTEGRATION).state == "locked"
    org.clock.advance(1)
    assert org.users.get(INTEGRATION).state == "active"


def test_a_lockout_for_ever_waits_for_the_admin(org: Org) -> None:
    org.setup.choose("lockout_minutes", "0")
    for _ in range(10):
        log_in(org, INTEGRATION, "wrong")
    org.clock.advance(400 * DAY)
    assert org.users.get(INTEGRATION).state == "locked"
    org.users.unlock(INTEGRATION)
    assert fault(org) is None


@pytest.mark.parametrize("value", ["15", "30", "60", "120", "240", "480", "720", "1440"])
def test_a_session_is_over_when_it_was_not_used_for_so_long(org: Org, value: str) -> None:
    org.setup.choose("session_timeout", value)
    session = opened(org, INTEGRATION, PASSWORD + held(org))
    org.clock.advance(int(value) * MINUTE - 1)
    assert org.sessions.glance(session).fault is None
    org.clock.advance(1)
    assert org.sessions.check(session).fault == "invalid_session"


def test_a_shorter_timeout_ends_a_session_that_is_open(org: Org) -> None:
    session = opened(org, INTEGRATION, PASSWORD + held(org))
    org.clock.advance(20 * MINUTE)
    org.setup.choose("session_timeout", "15")
    assert org.sessions.check(session).fault == "invalid_session"


@pytest.mark.parametrize(("value", "days"), [("7", 7), ("30", 30), ("90", 90)])
def test_a_refresh_token_dies_idle_and_lives_by_use(org: Org, value: str, days: int) -> None:
    org.setup.choose("refresh_idle", value)
    app = org.apps.all()[0]
    session = opened(org, INTEGRATION, PASSWORD, Door.UI)
    code = org.apps.authorize(app.consumer_key, CALLBACK, "", "refresh_token api", session)
    refresh = org.apps.web_server(
        app, code, CALLBACK, "", Attempt("", "", Door.WEB_SERVER, CLOUD), False
    ).refresh_token
    assert refresh is not None
    for _ in range(3):
        org.clock.advance(days * DAY - 1)
        assert org.apps.refresh(app, refresh, CLOUD, public=False).session_id, (
            "each use begins the time anew"
        )
    org.clock.advance(days * DAY)
    with pytest.raises(GrantRefusedError) as refused:
        org.apps.refresh(app, refresh, CLOUD, public=False)
    assert refused.value.fault == "expired_refresh_token"


def test_a_refresh_token_that_never_dies_idle(org: Org) -> None:
    org.setup.choose("refresh_idle", "0")
    app = org.apps.all()[0]
    session = opened(org, INTEGRATION, PASSWORD, Door.UI)
    code = org.apps.authorize(app.consumer_key, CALLBACK, "", "refresh_token api", session)
    refresh = org.apps.web_server(
        app, code, CALLBACK, "", Attempt("", "", Door.WEB_SERVER, CLOUD), False
    ).refresh_token
    org.clock.advance(2_000 * DAY)
    assert refresh is not None and org.apps.refresh(app, refresh, CLOUD, public=False).session_id


# ---- Minimum lifetime


def test_the_minimum_lifetime_is_24_hours_to_the_millisecond(org: Org) -> None:
    org.setup.choose("minimum_lifetime", "on")
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    org.clock.advance(DAY - 1)
    with pytest.raises(NotAllowedError, match="cannot be reset at this time"):
        org.passwords.change(INTEGRATION, FRESH, "Another-One-9")
    org.clock.advance(1)
    org.passwords.change(INTEGRATION, FRESH, "Another-One-9")


def test_a_password_that_must_be_changed_is_changed_whatever_its_age(org: Org) -> None:
    org.setup.choose("minimum_lifetime", "on")
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    org.admin.expire_all_passwords()
    org.passwords.change(INTEGRATION, FRESH, "Another-One-9")
    assert not org.users.get(INTEGRATION).must_change_password


def test_broken_rules_come_after_the_minimum_lifetime(org: Org) -> None:
    org.setup.choose("minimum_lifetime", "on")
    with pytest.raises(PasswordRefusedError):
        org.passwords.change(INTEGRATION, PASSWORD, "short")
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    with pytest.raises(NotAllowedError):
        org.passwords.change(INTEGRATION, FRESH, "short")


# ---- Login IP ranges on every request


def test_users_without_login_ip_ranges_call_from_anywhere_also_when_ranges_are_enforced(
    org: Org,
) -> None:
    org.setup.choose("enforce_ip_ranges", "on")
    session = opened(org, INTEGRATION, PASSWORD + held(org))
    assert [org.sessions.check(session, address).fault for address in (CLOUD, HOME, OFFICE)] == [
        None
    ] * 3


def test_a_range_added_to_the_profile_stops_a_session_only_when_ranges_are_enforced(
    org: Org,
) -> None:
    session = opened(org, INTEGRATION, PASSWORD + held(org))
    org.admin.add_login_range("Integration", OFFICE, OFFICE)
    assert org.sessions.check(session, CLOUD).fault is None
    org.setup.choose("enforce_ip_ranges", "on")
    assert org.sessions.check(session, CLOUD).fault == "invalid_session"
    assert org.sessions.check(session, OFFICE).fault is None


# ---- The release calendar


def test_each_date_of_the_calendar_is_reached_to_the_millisecond_in_the_orgs_time_zone(
    org: Org,
) -> None:
    org.setup.choose("release_calendar", "on")
    ends = parse_moment("2027-02-20T00:00", "Europe/London")
    org.clock.set(ends - 1)
    assert fault(org, Door.OAUTH) is None
    org.clock.advance(1)
    assert fault(org, Door.OAUTH) == "invalid_login"
    assert fault(org) is None, "SOAP login() ends later"
    org.clock.set(parse_moment("2027-06-01T00:00", "Europe/London"))
    assert fault(org) == "login_not_in_version"


def test_what_is_reached_is_told_in_the_event_log_and_the_next_date_is_due(org: Org) -> None:
    org.setup.choose("release_calendar", "on")
    org.setup.choose("any_api_auth_date", "2026-12-01")
    dates = [
        parse_moment(day, "Europe/London") for day in ("2026-12-01", "2027-02-20", "2027-06-01")
    ]
    settings = org.setup.org_settings()
    assert [moment for moment, _ in settings.calendar] == dates
    assert settings.due_after(START) == dates[0]
    assert settings.due_after(dates[0]) == dates[1]
    assert settings.due_after(dates[2]) is None
    seen = org.info().last_event
    org.clock.set(dates[2] + DAY)
    reached = [
        (e.at, e.detail)
        for e in org.history.events(seen, limit=10_000)
        if e.kind == "release_reached"
    ]
    assert reached == list(
        zip(dates, ("any_api_auth_required", "password_flow_retired", "login_retired"), strict=True)
    )


def test_switched_on_late_the_calendar_retires_at_once_what_has_passed(org: Org) -> None:
    org.clock.set(parse_moment("2027-07-01T12:00", "Europe/London"))
    assert fault(org) is None
    org.setup.choose("release_calendar", "on")
    assert fault(org) == "login_not_in_version"
    org.setup.choose("release_calendar", "off")
    assert fault(org) is None


def test_a_session_outlives_the_retirement_of_login(org: Org) -> None:
    org.setup.choose("release_calendar", "on")
    org.clock.set(parse_moment("2027-06-01T00:00", "Europe/London") - MINUTE)
    org.users.permit(INTEGRATION, "password-never-expires", True)
    session = opened(org, INTEGRATION, PASSWORD + held(org))
    org.clock.advance(2 * MINUTE)
    assert fault(org) == "login_not_in_version"
    assert org.sessions.check(session).fault is None, "the SOAP API itself stays"


# ---- Refusals


@pytest.mark.parametrize("name", [setting.name for setting in SETUP])
def test_a_value_that_is_no_choice_is_refused_with_the_choices_and_changes_nothing(
    org: Org, name: str
) -> None:
    before = org.info().last_event
    with pytest.raises(OrgError, match=r"is not (one of|a number from)") as refused:
        org.setup.choose(name, "perhaps")
    values, said = [value for value, _ in settings()[name].choices], str(refused.value)
    assert all(value in said for value in values) or said.endswith(
        f"is not a number from {values[0]} to {values[-1]}."
    )
    assert org.info().last_event == before


@pytest.mark.parametrize("name", [setting.name for setting in SETUP])
def test_a_change_is_in_the_event_log_in_setups_own_words_and_the_same_value_again_is_none(
    org: Org, name: str
) -> None:
    value = FIELDS[name].value
    before = org.info().last_event
    assert org.setup.choose(name, value)
    (event,) = org.history.events(before)
    setting = settings()[name]
    assert (event.kind, event.detail) == (
        "setting_changed",
        f"{setting.label} = {setting.words(value)}",
    )
    assert not org.setup.choose(name, value)
    assert org.info().last_event == event.id

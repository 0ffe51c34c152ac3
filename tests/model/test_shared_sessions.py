"""Repeated logins share a session, and whoever logs out ends it for all that hold it."""

from dataclasses import replace

import pytest

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.decision.words import event_words
from freshtoken_model.login.clients import attempt_of
from freshtoken_model.org import Org
from freshtoken_model.values.clock import HOUR, MINUTE
from freshtoken_model.values.kinds import Cause, EventKind
from freshtoken_model.values.visible import visible

from ..world import CLOUD, FRESH, HOME, INTEGRATION, OFFICE, PASSWORD, SAM, SAMS

APP = "Acme Dashboards"


def login(org: Org, **other: object) -> str:
    """The session ID of a login of the integration user from the cloud, as a program "sync"."""
    token = org.mail.newest_token(INTEGRATION) or org.clients.all()[0].token
    plain = Attempt(
        INTEGRATION,
        PASSWORD + token,
        Door.SOAP,
        CLOUD,
        "64.0",
        application=visible("sync"),
        outside=True,
    )
    session = org.login(replace(plain, **other)).session_id  # type: ignore[arg-type]
    assert session
    return session


def by_oauth(org: Org, door: Door) -> str:
    """The session ID of a login by the connected app, through one of its flows."""
    org.apps.choose_flows(APP, ["password", "client_credentials"])
    app = org.apps.run_as(APP, INTEGRATION)
    attempt = Attempt(INTEGRATION, PASSWORD + org.clients.all()[0].token, door, CLOUD, outside=True)
    flow = org.apps.password if door is Door.OAUTH else org.apps.client_credentials
    return flow(app, attempt).session_id or ""


def kinds(org: Org, after: int) -> list[str]:
    wanted = (EventKind.SHARED_SESSION_ENDED, EventKind.SESSION_ENDED, EventKind.SESSION_LOST)
    return [event.kind for event in org.history.events(after) if event.kind in wanted]


def test_a_second_login_is_answered_the_session_of_the_first_and_a_logout_ends_it_for_both(
    org: Org,
) -> None:
    first, second = login(org), login(org)
    assert first == second and org.sessions.check(first).fault is None
    assert org.sessions.end(second)
    assert org.sessions.check(first).fault == "invalid_session"
    third = login(org)
    assert third != first and org.sessions.check(third).fault is None


@pytest.mark.parametrize("door", [Door.OAUTH, Door.CLIENT_CREDENTIALS])
def test_the_flows_of_an_app_share_and_a_revoked_access_token_ends_it_for_all(
    org: Org, door: Door
) -> None:
    first = by_oauth(org, door)
    assert by_oauth(org, door) == first and org.apps.revoke(first)
    assert org.sessions.check(first).fault == "invalid_session"


@pytest.mark.parametrize(
    "other",
    [
        {"address": HOME},
        {"application": visible("report")},
        {"application": visible("")},
        {"door": Door.OAUTH},
        {"username": SAM, "sent": SAMS, "address": OFFICE},
        {"scope": "api"},
    ],
)
def test_another_user_door_address_application_or_scope_has_a_session_of_its_own(
    org: Org, other: dict[str, object]
) -> None:
    first, second = login(org), login(org, **other)
    assert first != second and org.sessions.end(second)
    assert org.sessions.check(first).fault is None


def test_logins_to_the_user_interface_share_nothing(org: Org) -> None:
    first, second = (
        org.login(Attempt(SAM, SAMS, Door.UI, OFFICE)).session_id or "" for _ in range(2)
    )
    assert first != second and org.sessions.end(first)
    assert org.sessions.check(second).fault is None


def test_with_the_assumption_switched_off_every_login_has_a_session_of_its_own(org: Org) -> None:
    shared = login(org)
    org.setup.choose("repeated_logins_share", "no")
    first, second = login(org), login(org)
    assert len({shared, first, second}) == 3
    org.setup.choose("repeated_logins_share", "yes")
    assert login(org) not in (first, second), "they were opened as sessions of their own"


def test_a_login_is_a_use_of_the_shared_session_and_a_session_that_timed_out_is_not_shared(
    org: Org,
) -> None:
    first = login(org)
    org.clock.advance(2 * HOUR - 1)
    assert login(org) == first
    org.clock.advance(2 * HOUR - 1)
    assert org.sessions.glance(first).fault is None
    org.clock.advance(2 * HOUR)
    assert login(org) != first and org.sessions.check(first).fault == "invalid_session"


def test_a_session_from_before_a_password_expired_is_not_shared_with_a_login_after(
    org: Org,
) -> None:
    """Or a program with an expired password would be handed a session that works."""
    org.setup.choose("session_timeout", "1440")
    before = login(org)
    org.admin.expire_all_passwords()
    after = login(org)
    assert before != after == login(org)
    assert org.sessions.check(before).fault is None
    assert org.sessions.check(after).fault == "expired_password"


def test_a_password_change_lets_in_no_old_token_though_a_session_is_shared(org: Org) -> None:
    token = org.clients.all()[0].token
    session = login(org)
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    with pytest.raises(AssertionError):
        login(org, sent=PASSWORD + token)
    with pytest.raises(AssertionError):
        login(org, sent=FRESH + token)
    assert login(org, sent=FRESH + (org.mail.newest_token(INTEGRATION) or "")) == session


def test_the_log_says_who_held_a_session_that_a_logout_ended(org: Org) -> None:
    nightly = org.clients.all()[0]
    own = attempt_of(nightly, None)
    session = org.login(own).session_id or ""
    org.clients.told(nightly.id, "connected", "", session)
    assert login(org, application=own.application) == session
    mark = org.info().last_event
    org.sessions.end(session)
    (event,) = org.history.events(mark)
    assert (event.kind, event.number) == (EventKind.SHARED_SESSION_ENDED, 2)
    assert event_words(event.kind, event.username, event.client, event.detail) == (
        f"a shared session of {INTEGRATION} ended: logout; held by Nightly sync, "
        "Nightly sync as integration"
    )


def test_two_programs_of_one_name_are_two_logins_of_it(org: Org) -> None:
    session = login(org)
    login(org)
    org.apps.revoke(session)
    event = org.history.events(limit=-1)[-1]
    assert (event.kind, event.number) == (EventKind.SHARED_SESSION_ENDED, 2)
    assert event.detail == "revoked; held by 2 logins of sync as integration"


def test_a_logout_of_the_only_holder_is_no_shared_one(org: Org) -> None:
    nightly = org.clients.all()[0]
    for _ in range(3):  # a client that logs in again holds the session once
        session = org.login(attempt_of(nightly, None)).session_id or ""
        org.clients.told(nightly.id, "connected", "", session)
    mark = org.info().last_event
    org.sessions.end(session)
    assert kinds(org, mark) == [EventKind.SESSION_ENDED]


@pytest.mark.parametrize("end", [Cause.LOGOUT, Cause.REVOKED])
def test_a_client_that_keeps_its_session_finds_it_ended_by_another_programs_logout_once(
    org: Org, end: Cause
) -> None:
    nightly, now = org.clients.all()[0], org.clock.read().seen_org
    org.integrations.change(nightly.name, every=10 * MINUTE, first=now + MINUTE, habit="keep")
    org.clock.advance(2 * MINUTE)
    session = org.clients.get(nightly.id).session
    assert login(org, application=nightly.name) == session
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    org.sessions.end(session, end)
    mark = org.info().last_event
    org.clock.advance(HOUR)
    found = [event for event in org.history.events(mark) if event.client_id == nightly.id]
    assert [event.kind for event in found][:2] == [EventKind.SESSION_LOST, EventKind.LOGIN_REFUSED]
    assert kinds(org, mark) == [EventKind.SESSION_LOST], "it is told once"
    told = [sentence.words for sentence in org.incidents.of(INTEGRATION).sentences]
    assert (
        "Nightly sync found its session ended by another program's logout, and had to log in."
        in told
    )


@pytest.mark.parametrize("end", [Cause.ADMIN, Cause.PASSWORD_RESET])
def test_an_end_by_anything_else_is_no_other_programs_logout(org: Org, end: Cause) -> None:
    nightly, now = org.clients.all()[0], org.clock.read().seen_org
    org.integrations.change(nightly.name, every=10 * MINUTE, first=now + MINUTE, habit="keep")
    org.clock.advance(2 * MINUTE)
    session = org.clients.get(nightly.id).session
    login(org, application=nightly.name)
    org.sessions.end(session, end)
    mark = org.info().last_event
    org.clock.advance(HOUR)
    assert kinds(org, mark) == []


def test_an_ended_session_leaves_no_session_id_in_the_file(org: Org) -> None:
    session = login(org)
    kept = "select count(*) as n from session where kept_id = ?"
    assert next(iter(org.database.tables.query(kept, [session])))["n"] == 1
    org.sessions.end(session)
    assert next(iter(org.database.tables.query(kept, [session])))["n"] == 0

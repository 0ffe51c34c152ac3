"""Who may change a password or reset a token: who could log in to the user interface now, or has an
open session.
"""

from collections.abc import Callable

import pytest

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org
from freshtoken_model.values.clock import HOUR
from freshtoken_model.values.errors import NotAllowedError

USER, PASSWORD, FRESH = "integration@acme.example", "Harbour-Light-7", "Fresh-Start-88"
LOADER, LOADERS = "loader@acme.example", "Granite-Bridge-8"
KIM = "kim@acme.example"
"""Of a profile with login IP ranges, and not API Only."""


def change(org: Org) -> object:
    return org.passwords.change(USER, PASSWORD, FRESH)


def reset(org: Org) -> object:
    return org.tokens.reset(USER)


def close_for_today(org: Org) -> None:
    """It is Tuesday, 14:00."""
    org.admin.set_login_hours("Integration", "tue", "18:00", "22:00")


def lock(org: Org) -> None:
    org.setup.choose("max_attempts", "3")
    for _ in range(3):
        org.login(Attempt(USER, "wrong", Door.UI, "203.0.113.7"))


@pytest.mark.parametrize("act", [change, reset])
@pytest.mark.parametrize(
    ("stop", "words", "undo"),
    [
        (close_for_today, "outside the login hours", lambda org: org.clock.advance(5 * HOUR)),
        (
            lambda org: org.users.permit(USER, "api-only", True),
            "API Only User",
            lambda org: org.users.permit(USER, "api-only", False),
        ),
        (
            lambda org: org.users.freeze(USER),
            "is frozen and cannot log in",
            lambda org: org.users.freeze(USER, frozen=False),
        ),
        (lock, "is locked out and cannot log in", lambda org: org.users.unlock(USER)),
        (
            lambda org: org.admin.edit_user(USER, active=False),
            "is inactive and cannot log in",
            lambda org: org.admin.edit_user(USER, active=True),
        ),
    ],
    ids=["hours", "api only", "frozen", "locked", "inactive"],
)
def test_who_cannot_log_in_to_the_user_interface_changes_nothing(
    org: Org,
    act: Callable[[Org], object],
    stop: Callable[[Org], object],
    words: str,
    undo: Callable[[Org], object],
) -> None:
    stop(org)
    before = org.users.get(USER), org.info().last_event
    ui = org.login(Attempt(USER, PASSWORD, Door.UI, "203.0.113.7")).verdict
    assert not ui.accepted, "the door says no, so must the setting"
    org.rewind.back(1)
    with pytest.raises(NotAllowedError, match=words):
        act(org)
    assert (org.users.get(USER), org.info().last_event) == before
    undo(org)
    act(org)


def test_who_may_log_in_from_some_ranges_only_is_taken_to_be_there(org: Org) -> None:
    """A command names no place; the login itself is refused from elsewhere."""
    user = org.users.get(KIM)
    password = user.demo_password or ""
    refused = org.login(Attempt(KIM, password, Door.UI, "192.0.2.44")).verdict
    assert refused.status == "restricted_ip"
    assert org.passwords.change(KIM, password, FRESH).user.username == KIM


def test_at_the_rate_limit_nobody_acts(org: Org) -> None:
    with org.database.conn:
        org.database.conn.execute(
            "insert into login_history(user_id, login_time, shape_id, status, event_id)"
            " select user_id, ?, shape_id, status, event_id from login_history,"
            " (with recursive n(i) as (select 1 union all select i + 1 from n where i < 3600)"
            " select i from n) where id = 1",
            (org.clock.read().seen_org,),
        )
    with pytest.raises(NotAllowedError, match="limit of logins within an hour"):
        org.tokens.reset(USER)


def test_an_open_session_of_the_user_interface_does_nothing_more_outside_login_hours(
    org: Org,
) -> None:
    """It may look at its page; an open session of the API is not stopped by them."""
    token = org.clients.all()[0].token
    ui, api = (
        org.login(Attempt(USER, sent, door, "203.0.113.7", "64.0")).session_id
        for sent, door in ((PASSWORD, Door.UI), (PASSWORD + token, Door.SOAP))
    )
    close_for_today(org)
    for act in (
        lambda: org.passwords.change(USER, PASSWORD, FRESH, ui),
        lambda: org.tokens.reset(USER, ui),
    ):
        with pytest.raises(NotAllowedError, match="outside the login hours"):
            act()
    assert org.passwords.change_own(api or "", PASSWORD, FRESH).token_died


@pytest.mark.parametrize(
    "stop",
    [
        lock,
        lambda org: org.users.permit(USER, "api-only", True),
    ],
    ids=["locked", "api only"],
)
def test_an_open_session_goes_on_through_a_lock_and_api_only(
    org: Org, stop: Callable[[Org], object]
) -> None:
    session = org.login(Attempt(USER, PASSWORD, Door.UI, "203.0.113.7")).session_id
    stop(org)
    assert org.passwords.change(USER, PASSWORD, FRESH, session).token_died


@pytest.mark.parametrize(
    "stop",
    [lambda org: org.users.freeze(USER), lambda org: org.admin.edit_user(USER, active=False)],
    ids=["frozen", "deactivated"],
)
def test_freezing_and_deactivating_end_every_session(
    org: Org, stop: Callable[[Org], object]
) -> None:
    session = org.login(Attempt(USER, PASSWORD, Door.UI, "203.0.113.7")).session_id
    stop(org)
    with pytest.raises(NotAllowedError, match="session has ended"):
        org.passwords.change(USER, PASSWORD, FRESH, session)

"""The life of a security token: how it dies, when a new one is mailed, and that none returns from
the dead.
"""

from collections.abc import Callable

import pytest

from freshtoken_model.accounts.mail import TOKEN_SUBJECT
from freshtoken_model.org import Org
from freshtoken_model.values.clock import MINUTE
from freshtoken_model.values.errors import NotAllowedError

from ..world import FRESH, INTEGRATION, LOADER, NORA, PASSWORD, SAM, SAMS

NORAS = "Marble-Garden-3"
MAIL_RULE = "token_mail_on_password_change"


def newest(org: Org, name: str = INTEGRATION) -> str:
    token = org.mail.newest_token(name)
    assert token is not None
    return token


def token_mails(org: Org, name: str) -> int:
    return sum(mail.subject == TOKEN_SUBJECT for mail in org.mail.all(name))


def sql(org: Org, statement: str, *values: object) -> None:
    org.database.conn.execute(statement, values)


def test_the_live_token_behind_the_password_lets_in_from_anywhere(
    org: Org, token: str, log_in: Callable
) -> None:
    for network in ("office", "home", "cloud"):
        for door in ("soap", "oauth"):
            assert log_in(INTEGRATION, PASSWORD + token, door, network).verdict.accepted, (
                network,
                door,
            )


def test_an_old_token_is_refused_after_a_password_change(
    org: Org, token: str, log_in: Callable
) -> None:
    changed = org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    assert changed.token_died
    for door in ("soap", "oauth"):
        refused = log_in(INTEGRATION, FRESH + token, door)
        assert not refused.verdict.accepted and refused.session_id is None
        assert refused.verdict.fault == "invalid_login"
    assert not log_in(INTEGRATION, PASSWORD + token).verdict.accepted
    assert log_in(INTEGRATION, FRESH + newest(org)).verdict.accepted


def test_an_admin_reset_kills_password_and_token_at_the_click(
    org: Org, token: str, log_in: Callable
) -> None:
    assert org.passwords.reset(INTEGRATION) is None
    user = org.users.get(INTEGRATION)
    assert (user.token_state, user.token_retired_by) == ("retired", "password_reset")
    assert not log_in(INTEGRATION, PASSWORD + token).verdict.accepted
    assert not log_in(INTEGRATION, PASSWORD, "ui").verdict.accepted
    assert token_mails(org, INTEGRATION) == 0, (
        "the new token comes with the new password, not before"
    )


def test_an_admin_reset_through_the_api_kills_the_token_and_returns_a_temporary_password(
    org: Org, token: str, log_in: Callable, why: Callable
) -> None:
    temporary = org.passwords.reset(INTEGRATION, through_api=True)
    assert temporary is not None
    assert not log_in(INTEGRATION, PASSWORD + token).verdict.accepted
    assert (
        why(log_in(INTEGRATION, temporary + token))
        == "password right, token retired 14:00 by an admin's password reset"
    )
    assert log_in(INTEGRATION, temporary, "ui").verdict.password_expired


def test_a_new_token_follows_an_admin_reset_when_the_mailed_link_is_used(
    org: Org, log_in: Callable
) -> None:
    org.passwords.reset(INTEGRATION)
    link = org.mail.all(INTEGRATION)[0].link
    assert link is not None
    changed = org.passwords.use_link(link, FRESH)
    assert changed.token_mailed and not changed.token_died
    assert log_in(INTEGRATION, FRESH + newest(org)).verdict.accepted


def test_reset_my_security_token_kills_the_old_token_and_keeps_the_password(
    org: Org, token: str, log_in: Callable, why: Callable
) -> None:
    org.clock.advance(2 * MINUTE)
    user = org.tokens.reset(INTEGRATION)
    assert user.token_state == "live"
    refused = log_in(INTEGRATION, PASSWORD + token)
    assert why(refused) == "password right, token retired 14:02 by Reset My Security Token"
    assert log_in(INTEGRATION, PASSWORD + newest(org)).verdict.accepted


def test_a_password_change_mails_a_new_token_to_a_user_who_has_used_the_reset(org: Org) -> None:
    assert org.passwords.change(INTEGRATION, PASSWORD, FRESH).token_mailed
    assert token_mails(org, INTEGRATION) == 1
    mail = org.mail.all(INTEGRATION)[0]
    assert (
        mail.token is not None
        and mail.token in mail.body
        and mail.email == "it-operations@acme.example"
    )
    assert len(mail.token) == 24 and mail.token.isalnum()


def test_a_user_who_never_had_a_token_gets_no_mail_at_a_password_change(org: Org) -> None:
    changed = org.passwords.change(NORA, NORAS, FRESH)
    assert not changed.token_mailed and not changed.token_died
    assert org.mail.all(NORA) == [] and org.users.get(NORA).token_state == "never_issued"


def test_with_the_rule_always_everybody_gets_a_token_at_a_password_change(
    org: Org, log_in: Callable
) -> None:
    org.setup.choose(MAIL_RULE, "always")
    assert org.passwords.change(NORA, NORAS, FRESH).token_mailed
    assert log_in(NORA, FRESH + newest(org, NORA)).verdict.accepted
    org.setup.choose(MAIL_RULE, "after_first_reset")
    assert not org.passwords.change(NORA, FRESH, "Another-Day-5").token_mailed, (
        "a mailed token is no use of the reset"
    )
    assert org.users.get(NORA).token_state == "retired"


def test_the_first_reset_makes_every_later_password_change_mail_a_token(org: Org) -> None:
    org.tokens.reset(NORA)
    assert org.passwords.change(NORA, NORAS, FRESH).token_mailed
    assert token_mails(org, NORA) == 2


@pytest.mark.parametrize("rule", ["after_first_reset", "always"])
def test_no_token_is_mailed_where_the_reset_is_not_offered(org: Org, rule: str) -> None:
    org.setup.choose(MAIL_RULE, rule)
    org.passwords.reset(LOADER)
    (mail,) = org.mail.all(LOADER)
    assert not org.passwords.use_link(mail.link or "", FRESH).token_mailed
    assert token_mails(org, LOADER) == 0


def test_the_reset_is_not_offered_to_an_api_only_user(org: Org) -> None:
    assert org.tokens.offer(INTEGRATION).offered
    sql(org, "update user set api_only = 1 where username = ?", INTEGRATION)
    offer = org.tokens.offer(INTEGRATION)
    assert (
        not offer.offered
        and "API Only User" in offer.reason
        and "token-reset-hidden-help" in offer.source
    )
    with pytest.raises(NotAllowedError, match="API Only User"):
        org.tokens.reset(INTEGRATION)
    assert org.users.get(INTEGRATION).token_state == "live" and org.mail.all(INTEGRATION) == []


def test_the_reset_is_not_offered_behind_profile_login_ip_ranges(org: Org) -> None:
    sql(org, "update user set api_only = 0 where username = ?", LOADER)
    offer = org.tokens.offer(LOADER)
    assert not offer.offered and "login IP ranges" in offer.reason
    with pytest.raises(NotAllowedError, match="login IP ranges"):
        org.tokens.reset(LOADER)
    assert org.users.get(LOADER).token_state == "never_issued"


def test_a_token_obtained_before_the_login_ip_ranges_dies_without_a_successor(
    org: Org, token: str
) -> None:
    sql(
        org,
        "insert into login_ip_range(profile_id, first, last) select profile_id, 0, 4294967295 "
        "from user where id = 1",
    )
    changed = org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    assert changed.token_died and not changed.token_mailed
    assert org.users.get(INTEGRATION).token_state == "retired"


@pytest.mark.parametrize("state", ["locked", "frozen", "inactive"])
def test_who_cannot_log_in_cannot_reset_the_token(org: Org, log_in: Callable, state: str) -> None:
    if state == "locked":
        org.setup.choose("max_attempts", "3")
        for _ in range(3):
            log_in(INTEGRATION, "wrong")
    elif state == "frozen":
        org.users.freeze(INTEGRATION)
    else:
        sql(org, "update user set active = 0 where username = ?", INTEGRATION)
    with pytest.raises(NotAllowedError, match=state):
        org.tokens.reset(INTEGRATION)
    assert org.mail.all(INTEGRATION) == []


def test_an_open_session_can_reset_the_token_of_a_locked_user_and_unlocks_nothing(
    org: Org, log_in: Callable
) -> None:
    session = log_in(INTEGRATION, PASSWORD, "ui").session_id
    org.setup.choose("max_attempts", "3")
    for _ in range(3):
        log_in(INTEGRATION, "wrong")
    assert org.tokens.reset(INTEGRATION, session).state == "locked"
    assert not log_in(INTEGRATION, PASSWORD + newest(org)).verdict.accepted


def test_nobody_resets_a_token_with_the_session_of_another(org: Org, log_in: Callable) -> None:
    session = log_in(SAM, SAMS, "ui").session_id
    with pytest.raises(NotAllowedError, match="session has ended"):
        org.tokens.reset(INTEGRATION, session)


def test_a_session_with_an_expired_password_can_only_change_the_password(
    org: Org, log_in: Callable
) -> None:
    temporary = org.passwords.reset(INTEGRATION, through_api=True)
    session = log_in(INTEGRATION, temporary, "ui").session_id
    with pytest.raises(NotAllowedError):
        org.tokens.reset(INTEGRATION, session)


def test_a_user_without_a_password_cannot_log_in_to_reset_the_token(org: Org) -> None:
    org.passwords.reset(INTEGRATION)
    with pytest.raises(NotAllowedError):
        org.tokens.reset(INTEGRATION)


def test_an_old_token_never_returns(org: Org, token: str, log_in: Callable) -> None:
    dead = [token]
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    dead.append(newest(org))
    org.tokens.reset(INTEGRATION)
    dead.append(newest(org))
    org.setup.choose("password_expires", "0")
    org.setup.choose("password_history", "0")
    org.passwords.change(
        INTEGRATION, FRESH, PASSWORD
    )  # the first password again; its token stays dead
    org.setup.choose("max_attempts", "0")
    for old in dead:
        assert not log_in(INTEGRATION, PASSWORD + old).verdict.accepted
        assert not log_in(INTEGRATION, PASSWORD + old, network="office").verdict.accepted
    assert log_in(INTEGRATION, PASSWORD + newest(org)).verdict.accepted


def test_from_a_trusted_network_the_password_alone_lets_in(org: Org, log_in: Callable) -> None:
    assert log_in(INTEGRATION, PASSWORD, network="office").verdict.accepted
    assert log_in(NORA, NORAS, network="office").verdict.accepted
    assert not log_in(NORA, NORAS, network="cloud").verdict.accepted


def test_from_a_trusted_network_the_password_with_a_dead_or_unknown_token_is_refused_and_counted(
    org: Org, token: str, log_in: Callable
) -> None:
    assert log_in(INTEGRATION, PASSWORD + token, network="office").verdict.accepted
    org.tokens.reset(INTEGRATION)
    for number, suffix in enumerate((token, "x" * 24, "short"), 1):
        refused = log_in(INTEGRATION, PASSWORD + suffix, network="office")
        assert not refused.verdict.accepted
        assert org.users.get(INTEGRATION).failed_attempts == number
    assert log_in(INTEGRATION, PASSWORD, network="office").verdict.accepted, (
        "the password alone still does"
    )


def test_a_network_is_trusted_from_the_moment_its_range_is_added_and_no_longer(
    org: Org, log_in: Callable
) -> None:
    added = org.setup.add_trusted_range("203.0.113.7", "203.0.113.7", "the cloud")
    assert log_in(NORA, NORAS, network="cloud").verdict.accepted
    org.setup.remove_trusted_range(added.id)
    assert not log_in(NORA, NORAS, network="cloud").verdict.accepted


def test_one_users_token_opens_nothing_for_another(
    org: Org, token: str, log_in: Callable, why: Callable
) -> None:
    assert why(log_in(SAM, SAMS + token)) == "password right, token is none of this user's"


def test_a_token_is_case_sensitive(org: Org, token: str, log_in: Callable) -> None:
    assert not log_in(INTEGRATION, PASSWORD + token.swapcase()).verdict.accepted


def test_the_token_of_an_earlier_mail_is_dead_after_another_reset(
    org: Org, log_in: Callable, why: Callable
) -> None:
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    first = newest(org)
    org.clock.advance(5 * MINUTE)
    org.tokens.reset(INTEGRATION)
    assert (
        why(log_in(INTEGRATION, FRESH + first))
        == "password right, token retired 14:05 by Reset My Security Token"
    )
    assert log_in(INTEGRATION, FRESH + newest(org)).verdict.accepted


def test_a_mail_is_marked_dead_only_after_its_token_was_tried(org: Org, log_in: Callable) -> None:
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    first = newest(org)
    log_in(INTEGRATION, FRESH + first)
    org.tokens.reset(INTEGRATION)
    newer, older = org.mail.all(INTEGRATION)
    assert newer.tried_dead_at is None and older.tried_dead_at is None, (
        "dead, but nobody has found out"
    )
    org.clock.advance(3 * MINUTE)
    tried = log_in(INTEGRATION, FRESH + first)
    newer, older = org.mail.all(INTEGRATION)
    assert (newer.tried_dead_at, older.tried_dead_at) == (None, tried.at)
    org.clock.advance(MINUTE)
    log_in(INTEGRATION, FRESH + first)
    assert org.mail.all(INTEGRATION)[1].tried_dead_at == tried.at, "the first try counts"


def test_a_client_sees_what_became_of_the_token_it_holds(org: Org, token: str) -> None:
    client = org.clients.all()[0]
    assert client.holds == "live"
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    assert org.clients.get(client.id).holds == "retired"
    assert org.clients.hold(client.id, token=newest(org)).holds == "live"
    assert org.clients.hold(client.id, token="x" * 24).holds == "unknown"
    assert org.clients.hold(client.id, token="").holds == "none"


def test_an_open_session_outlives_the_token(org: Org, token: str, log_in: Callable) -> None:
    session = log_in(INTEGRATION, PASSWORD + token).session_id
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    assert org.sessions.check(session).fault is None
    org.setup.choose("own_change_ends_sessions", "yes")
    org.passwords.change(INTEGRATION, FRESH, "Another-Day-5")
    assert org.sessions.check(session).fault == "invalid_session"


def test_an_admin_reset_ends_ui_sessions_only_and_only_by_its_setting(
    org: Org, token: str, log_in: Callable
) -> None:
    ui, api = (
        log_in(INTEGRATION, PASSWORD, "ui").session_id,
        log_in(INTEGRATION, PASSWORD + token).session_id,
    )
    org.passwords.reset(INTEGRATION)
    assert org.sessions.check(ui).fault is None
    org.setup.choose("terminate_on_admin_reset", "on")
    org.passwords.reset(INTEGRATION)
    assert org.sessions.check(ui).fault == "invalid_session"
    assert org.sessions.check(api).fault is None

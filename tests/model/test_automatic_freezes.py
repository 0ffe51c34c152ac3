"""Salesforce itself freezes a user: what ends with it, what the password needs after it, and that
no page takes it for an admin's act.
"""

import pytest

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.decision.words import detail, event_words, refusing
from freshtoken_model.login.login import LoginResult
from freshtoken_model.org import Org
from freshtoken_model.values.errors import GrantRefusedError, NotAllowedError
from freshtoken_model.values.kinds import EventKind, FreezeReason

from ..world import CLOUD, INTEGRATION, PASSWORD, START

CALLBACK = "http://localhost:1717/OauthRedirect"


def in_the_interface(org: Org, password: str = PASSWORD) -> LoginResult:
    return org.login(Attempt(INTEGRATION, password, Door.UI, CLOUD))


def refresh_token(org: Org) -> str:
    """A refresh token of the integration user."""
    app, opened = org.apps.get("Acme Dashboards"), in_the_interface(org).session_id or ""
    code = org.apps.authorize(app.consumer_key, CALLBACK, "", "", opened)
    attempt = Attempt("", "", Door.WEB_SERVER, CLOUD)
    grant = org.apps.web_server(app, code, CALLBACK, "", attempt, public=False)
    assert grant.refresh_token
    return grant.refresh_token


def events(org: Org, since: int) -> list[tuple[str, str]]:
    return [(event.kind, event.detail) for event in org.history.events(since, limit=100)]


@pytest.mark.parametrize("reason", list(FreezeReason))
def test_it_ends_every_session_and_says_that_no_admin_did_it(
    org: Org, reason: FreezeReason
) -> None:
    opened = in_the_interface(org).session_id or ""
    before = org.info().last_event
    assert org.users.freeze_by_salesforce("integration", reason).state == "frozen"
    assert org.sessions.check(opened).fault == "invalid_session"
    told = events(org, before)
    assert told[:2] == [
        (EventKind.FROZEN_BY_SALESFORCE, reason),
        (EventKind.SESSION_ENDED, "salesforce"),
    ]
    assert EventKind.FROZEN not in dict(told)
    words = event_words(told[0][0], INTEGRATION, None, told[0][1])
    assert words.startswith(f"Salesforce, not an admin, froze {INTEGRATION}: ")
    assert words.endswith("(our wording)") and reason not in words


def test_why_names_who_froze_and_an_admins_freeze_is_an_admins_again(org: Org) -> None:
    org.users.freeze_by_salesforce("integration", FreezeReason.HIGH_RISK_ADDRESS)
    step = refusing(in_the_interface(org).verdict.steps)
    assert step is not None and step.code == "frozen_by_salesforce"
    assert "Salesforce, not by an admin" in detail(step, START, "Europe/London")
    org.users.freeze("integration", frozen=False)
    org.users.freeze("integration")
    step = refusing(in_the_interface(org).verdict.steps)
    assert step is not None and step.code == "frozen"
    with pytest.raises(NotAllowedError, match="already frozen"):
        org.users.freeze_by_salesforce("integration", FreezeReason.LOGIN_ANOMALY)


@pytest.mark.parametrize("reason", list(FreezeReason))
def test_a_login_anomaly_revokes_oauth_tokens_and_wants_a_new_password_an_address_does_not(
    org: Org, reason: FreezeReason
) -> None:
    app, refresh = org.apps.get("Acme Dashboards"), refresh_token(org)
    sent = PASSWORD + org.clients.get(1).token
    before = org.info().last_event
    org.users.freeze_by_salesforce("integration", reason)
    anomaly = reason is FreezeReason.LOGIN_ANOMALY
    assert dict(events(org, before)).get(EventKind.TOKENS_REVOKED) == ("" if anomaly else None)
    with pytest.raises(GrantRefusedError, match="expired_refresh" if anomaly else "inactive_user"):
        org.apps.refresh(app, refresh, CLOUD, public=False)
    org.users.freeze("integration", frozen=False)
    after = org.login(Attempt(INTEGRATION, sent, Door.SOAP, CLOUD, "64.0"))
    assert after.verdict.accepted, "the security token stays"
    assert after.verdict.password_expired is anomaly
    session = org.sessions.check(after.session_id or "")
    assert session.fault == ("expired_password" if anomaly else None)
    if anomaly:
        with pytest.raises(GrantRefusedError, match="expired_refresh"):
            org.apps.refresh(app, refresh, CLOUD, public=False)
        org.passwords.change("integration", PASSWORD, "Quiet-Meadow-52")
        assert not in_the_interface(org, "Quiet-Meadow-52").verdict.password_expired
    else:
        assert org.apps.refresh(app, refresh, CLOUD, public=False).session_id


def test_the_incident_says_who_froze_that_it_lasts_and_how_it_ended(org: Org) -> None:
    org.users.freeze_by_salesforce("integration", FreezeReason.LOGIN_ANOMALY)
    client = org.clients.get(1)
    sent = Attempt(INTEGRATION, PASSWORD + client.token, Door.SOAP, CLOUD, "64.0", client_id=1)
    org.login(sent)
    org.clock.advance(1)
    incident = org.incidents.of("integration")
    told = [one.words for one in incident.sentences]
    assert told[0] == f"Salesforce, not an admin, froze {INTEGRATION}: login anomaly (our wording)."
    assert "frozen by Salesforce, not by an admin" in told[1]
    assert told[-1] == "It is frozen now, until an admin unfreezes." and not incident.over
    assert any("reset the password first" in words for words in incident.prevention)
    org.users.freeze("integration", frozen=False)
    org.login(sent)
    incident = org.incidents.of("integration")
    told = [one.words for one in incident.sentences]
    assert f"an admin unfroze {INTEGRATION}." in [words[:1].lower() + words[1:] for words in told]
    assert incident.over and not any("frozen now" in words for words in told)


def test_a_freeze_by_salesforce_is_one_step_that_can_be_taken_back(org: Org) -> None:
    refresh = refresh_token(org)
    org.users.freeze_by_salesforce("integration", FreezeReason.LOGIN_ANOMALY)
    org.rewind.back()
    user = org.users.get("integration")
    assert (user.state, user.must_change_password) == ("active", False)
    app = org.apps.get("Acme Dashboards")
    assert org.apps.refresh(app, refresh, CLOUD, public=False).session_id

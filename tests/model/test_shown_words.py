"""Sentences that screens show and the org decides: retries, the warning before a change, the
refusing gate.
"""

from freshtoken_model.decision.client_note import client_note
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.decision.words import change_warning
from freshtoken_model.history.retries import cost_of_retries
from freshtoken_model.org import Org
from freshtoken_model.values.clock import MINUTE, SECOND
from freshtoken_model.values.visible import visible

USER, PASSWORD, CLOUD = "integration@acme.example", "Harbour-Light-7", "203.0.113.7"


def tries(org: Org, sent: str, times: int = 1, every: int = 10 * SECOND) -> None:
    client = org.clients.all()[0]
    for _ in range(times):
        org.clock.advance(every)
        org.login(
            Attempt(USER, sent, Door.SOAP, CLOUD, "64.0", visible("sync"), client_id=client.id)
        )


def cost(org: Org) -> str:
    return cost_of_retries(org.history.attempts(org.clients.all()[0].id, 60))


def test_retries_of_one_wrong_credential_are_added_up_until_something_differs(org: Org) -> None:
    token = org.clients.all()[0].token
    tries(org, "wrong")
    assert cost(org) == "", "one try is no series"
    tries(org, "wrong", 2)
    assert cost(org) == "Nightly sync: one wrong password, three counted attempts."
    tries(org, PASSWORD, 2)
    assert cost(org) == "Nightly sync: one missing token, two counted attempts."
    tries(org, PASSWORD + token[::-1], every=2 * MINUTE)
    assert cost(org) == "", "another reason, and long after"
    tries(org, PASSWORD + token[::-1])
    assert cost(org) == "Nightly sync: one wrong token, two counted attempts."
    tries(org, PASSWORD + token)
    assert cost(org) == ""


def test_an_attempt_says_which_gate_refused_it(org: Org) -> None:
    tries(org, "wrong")
    tries(org, PASSWORD)
    tries(org, PASSWORD + org.clients.all()[0].token)
    rows = org.history.attempts(org.clients.all()[0].id, 3)
    assert [row.refused_by for row in rows] == ["", "token", "password"]


def test_the_warning_before_a_change_follows_the_token_and_the_assumptions(org: Org) -> None:
    def warning(name: str, *holders: str) -> str:
        return change_warning(org.users.get(name), org.setup.org_settings(), holders)

    assert warning("integration", "Nightly sync") == (
        "Your security token stops working as soon as the password is changed. "
        "Held by: Nightly sync. Open "
        "sessions go on working (an assumption)."
    )
    assert "by default none is mailed" in warning("nora")
    org.setup.choose("own_change_ends_sessions", "yes")
    org.setup.choose("token_mail_on_password_change", "always")
    assert "Your other open sessions end (an assumption)" in warning("integration")
    assert "none can die, and one is mailed" in warning("nora")
    org.passwords.reset("integration")
    assert warning("integration") == "You have no live security token: none can die."


def test_the_note_beside_a_client_follows_its_light_and_its_user(org: Org) -> None:
    def note(refused_by: str = "") -> str:
        return client_note(org.clients.all()[0], org.users.get(USER), refused_by)

    client = org.clients.all()[0]
    assert (client.light, client.holds, note()) == ("connected", "live", "")
    org.tokens.reset(USER)
    assert "until it has to log in again" in note()
    org.clients.told(client.id, "expired", "")
    assert "Nothing but a password change works" in note()
    org.clients.told(client.id, "blocked", "")
    assert note("not_locked").startswith("No longer locked") and note("password") == ""
    tries(org, "wrong", 10)
    assert note() == "Even the right credentials are refused, in the same words."

"""What a use case did, told from the events of its own transaction."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshtoken_model.decision.consequences import ConsequenceKind
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org

from ..world import CHEAP, FRIDAY, PASSWORD

NEW = "Friday-Evening-5"
USER = "integration@acme.example"


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Org]:
    path = tmp_path / "org.db"
    Org.create(path, seed="after", frozen_at=FRIDAY, hashing=CHEAP)
    with Org(path, CHEAP) as opened:
        yield opened


def kinds(org: Org) -> list[str]:
    return [one.kind for one in org.consequences.last()]


def said(org: Org) -> str:
    return " ".join(one.sentence for one in org.consequences.last())


def test_a_password_change(org: Org) -> None:
    org.passwords.change("integration", PASSWORD, NEW)
    assert kinds(org) == [
        ConsequenceKind.DEED,
        ConsequenceKind.TOKEN_RETIRED,
        ConsequenceKind.TOKEN_MAILED,
        ConsequenceKind.SESSIONS_GO_ON,
        ConsequenceKind.CLIENT_REFUSED,
        ConsequenceKind.CLIENT_LET_IN,
    ]
    assert "issued on 27 Sep at 13:42, died with the old password" in said(org)
    assert "mailed to it-operations@acme.example" in said(org)
    assert "Nightly sync still holds the old password and the dead token" in said(org)


def test_no_mail_is_said_to_be_none(org: Org) -> None:
    org.setup.choose("token_mail_on_password_change", "after_first_reset")
    org.passwords.change("nora", "Marble-Garden-3", NEW)
    assert ConsequenceKind.NO_TOKEN_MAILED in kinds(org)
    assert ConsequenceKind.TOKEN_MAILED not in kinds(org)


def test_sessions_that_end_are_counted(org: Org) -> None:
    org.setup.choose("own_change_ends_sessions", "yes")
    org.passwords.change("integration", PASSWORD, NEW)
    found = {one.kind: one.sentence for one in org.consequences.last()}
    assert found[ConsequenceKind.SESSIONS_ENDED] == "1 open session ended."
    assert ConsequenceKind.SESSIONS_GO_ON not in found


def test_an_admin_reset_and_a_token_reset(org: Org) -> None:
    org.passwords.reset("integration")
    assert kinds(org)[:3] == [
        ConsequenceKind.DEED,
        ConsequenceKind.TOKEN_RETIRED,
        ConsequenceKind.LINK_MAILED,
    ]
    org.tokens.reset("ada")
    assert kinds(org) == [
        ConsequenceKind.DEED,
        ConsequenceKind.TOKEN_RETIRED,
        ConsequenceKind.TOKEN_MAILED,
    ]
    assert "was replaced" in said(org)


def lock(org: Org) -> None:
    for _ in range(10):
        org.login(Attempt(USER, "wrong", Door.SOAP, "203.0.113.7", "64.0"))


def test_a_lockout_and_its_end(org: Org) -> None:
    lock(org)
    assert kinds(org) == [ConsequenceKind.DEED, ConsequenceKind.LOCKED_OUT]
    assert "Even the right credentials are refused until" in said(org)
    org.users.unlock("integration")
    assert kinds(org)[:2] == [ConsequenceKind.DEED, ConsequenceKind.CREDENTIALS_KEPT]
    assert "Nightly sync holds the password and the token that the org takes now." in said(org)


def test_a_reset_ends_a_lockout(org: Org) -> None:
    lock(org)
    org.passwords.reset("integration")
    assert ConsequenceKind.LOCKOUT_ENDED in kinds(org)


def test_a_setting(org: Org) -> None:
    org.setup.choose("max_attempts", "3")
    assert [(one.kind, one.who) for one in org.consequences.last()] == [(ConsequenceKind.DEED, "")]


def test_another_connection_does_not_mix_in(org: Org) -> None:
    """The events are those of the transaction, however busy the org is."""
    org.passwords.change("integration", PASSWORD, NEW)

    def elsewhere() -> None:
        with Org(org.path, CHEAP) as other:
            other.tokens.reset("ada")

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert {one.who for one in org.consequences.last()} == {USER, "Nightly sync", "Data bridge"}


def test_what_changes_nothing_tells_nothing(org: Org) -> None:
    assert org.consequences.last() == ()
    org.users.all()
    assert org.consequences.last() == ()

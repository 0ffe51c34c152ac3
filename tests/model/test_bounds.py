"""Bounds of the login: the hour of a rate-limited row, the memory of verified passwords, and which
token was tried.
"""

from dataclasses import replace

import pytest

from freshtoken_model.decision.credentials import VerifiedPasswords
from freshtoken_model.decision.gates import decide
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.login.login import leaves_row
from freshtoken_model.org import Org
from freshtoken_model.values.clock import HOUR
from freshtoken_model.values.records import Token

from .test_gates_pure import DEAD, DEFAULTS, LIVE, NOW, OTHER_GATES_OPEN, STORED, TAIL, USER

INTEGRATION, PASSWORD, CLOUD = "integration@acme.example", "Harbour-Light-7", "203.0.113.7"
OVER = "rate_exceeded"


@pytest.mark.parametrize(
    ("status", "last", "ago", "leaves"),
    [
        (OVER, OVER, HOUR - 1, False),
        (OVER, OVER, HOUR, True),
        (OVER, "success", 0, True),
        ("success", OVER, 0, True),
    ],
)
def test_over_the_rate_limit_a_row_is_left_once_an_hour(
    status: str, last: str, ago: int, leaves: bool
) -> None:
    assert leaves_row(status, NOW, last, NOW - ago) is leaves


def test_the_memory_of_verified_passwords_forgets_the_oldest_and_keeps_no_refusal() -> None:
    memory = VerifiedPasswords(size=2)
    for password in ("first", "second", "third"):
        memory.remember({(STORED, password): True, (STORED, f"not {password}"): False})
    known = memory.recall(STORED, ["first", "second", "third", "not third"])
    assert known == {(STORED, "second"): True, (STORED, "third"): True}


@pytest.mark.parametrize(("token", "tried"), [(LIVE, None), (DEAD, DEAD.id)])
@pytest.mark.parametrize("door", [Door.SOAP, Door.OAUTH])
def test_a_live_token_is_never_counted_as_a_tried_dead_one(
    door: Door, token: Token, tried: int | None
) -> None:
    """A user without API Enabled is refused with the right password and token, too."""
    standing = replace(
        OTHER_GATES_OPEN, user=replace(USER, api_enabled=False), tokens={TAIL: token}
    )
    attempt = Attempt("u@x", "pw" + TAIL, door, "1.2.3.4", "64.0")
    verdict = decide(attempt, standing, {(STORED, "pw"): True}, DEFAULTS, NOW)
    assert not verdict.accepted and verdict.tried_token == tried


def test_the_mail_of_a_live_token_is_not_marked_as_tried_and_dead(org: Org) -> None:
    org.tokens.reset(INTEGRATION)
    org.users.permit(INTEGRATION, "api-enabled", False)
    sent = PASSWORD + (org.mail.newest_token(INTEGRATION) or "")
    assert not org.login(Attempt(INTEGRATION, sent, Door.SOAP, CLOUD, "64.0")).verdict.accepted
    assert org.mail.all(INTEGRATION)[0].tried_dead_at is None
    org.tokens.reset(INTEGRATION)
    org.login(Attempt(INTEGRATION, sent, Door.SOAP, CLOUD, "64.0"))
    assert [mail.tried_dead_at is not None for mail in org.mail.all(INTEGRATION)] == [False, True]

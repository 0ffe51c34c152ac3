"""Every rule has a client of a few lines that breaks it and no other, and one that keeps it."""

import pytest

from freshtoken_rehearsal.rules import RULES, VerdictKind

from .conftest import Rehearse
from .small_clients import BETTER, PLACE, RIGHT, WRONG, command

BY_ID = {rule.id: rule for rule in RULES}
LIMITS = {"never-stops": 4.0, "hangs": 4.0}


def test_each_rule_has_a_client_that_breaks_it() -> None:
    assert set(WRONG) == set(BY_ID)


@pytest.mark.parametrize("rule", WRONG)
def test_a_client_that_breaks_one_rule_is_told_so(rule: str, rehearsed: Rehearse) -> None:
    place = PLACE.get(rule, "password-changed")
    found = rehearsed(command(WRONG[rule]), place, limit=LIMITS.get(rule, 20.0))
    result = next(one for one in found.results if one.scenario.id == place)
    assert (result.verdict.rule, result.verdict.kind) == (rule, BY_ID[rule].severity)
    alone = [name for name in result.verdict.broken if name != rule]
    assert alone == ALSO.get(rule, []), result.verdict


ALSO = {
    "locks-the-user": ["near-the-lockout", "retries-the-refusal"],
    "never-stops": ["retries-the-refusal", "hangs"],
    "near-the-lockout": ["retries-the-refusal"],
    "loops": ["retries-the-refusal"],
    "reuses-an-old-refresh-token": ["gives-up"],
}
"""What cannot be broken alone: who locks the user out has spent half of the attempts too."""


@pytest.mark.parametrize("rule", WRONG)
def test_a_right_client_passes_where_that_one_does_not(rule: str, rehearsed: Rehearse) -> None:
    place = PLACE.get(rule, "password-changed")
    found = rehearsed(command(BETTER.get(rule, RIGHT)), place)
    assert [one.verdict.kind for one in found.results] == [VerdictKind.PASS] * len(found.results), (
        found
    )

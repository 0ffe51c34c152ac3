"""What Why adds to a wrong password: a token in the wrong place, a blank too many, a sign that did
not survive its way. The answer to the client stays the same.
"""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshtoken_model.decision.slips import SLIPS, slip_of, token_windows
from freshtoken_model.decision.verdict import Attempt, Door, Outcome, Step
from freshtoken_model.decision.words import detail
from freshtoken_model.org import Org

from ..world import CLOUD, INTEGRATION, PASSWORD

SENT: dict[str, tuple[str, Door, str]] = {
    "a blank behind the token": ("{p}{t} ", Door.SOAP, "with 1 character too many behind it"),
    "a line break behind it": ("{p}{t}\r\n", Door.SOAP, "with 2 characters too many behind it"),
    "a quote behind it": ("'{p}{t}'", Door.OAUTH, "with 1 character too many behind it"),
    "the token twice": ("{p}{t}{t}", Door.SOAP, "holds a security token of this user twice"),
    "the token first": ("{t}{p}", Door.OAUTH, "begins with a security token of this user"),
    "a blank first": (" {p}", Door.SOAP, "begins with a blank"),
    "a blank last": ("{p}\t", Door.UI, "ends with a blank"),
    "blanks around": (" {p} ", Door.SOAP, "begins and ends with a blank"),
    "a plus sign of a form": ("Har+bour".replace("+", " "), Door.OAUTH, "a form turns a plus sign"),
    "NFD": (unicodedata.normalize("NFD", "Häfen-Licht-7"), Door.SOAP, "(NFD)"),
}


@pytest.mark.parametrize("case", list(SENT))
def test_why_says_what_a_wrong_secret_looks_like_and_the_client_hears_the_same(
    org: Org, token: str, log_in: Callable, why: Callable, case: str
) -> None:
    form, door, expected = SENT[case]
    sent = form.format(p=PASSWORD, t=token)
    result = org.login(Attempt(INTEGRATION, sent, door, CLOUD, "64.0"))
    plain = org.login(Attempt(INTEGRATION, "wrong", door, CLOUD, "64.0"))
    assert why(result).startswith("password wrong: it") and expected in why(result)
    assert (result.verdict.fault, result.verdict.status, result.verdict.counts) == (
        plain.verdict.fault,
        plain.verdict.status,
        plain.verdict.counts,
    )
    assert token not in why(result) and PASSWORD not in why(result)


@pytest.mark.parametrize("sent", ["wrong", "two words", "Häfen-Licht-7", "x" * 60, ""])
def test_a_wrong_password_that_looks_like_nothing_is_only_wrong(
    token: str, log_in: Callable, why: Callable, sent: str
) -> None:
    assert why(log_in(INTEGRATION, sent)) == "password wrong"


def test_a_dead_token_in_the_wrong_place_is_found_too(
    org: Org, token: str, log_in: Callable, why: Callable
) -> None:
    org.tokens.reset(INTEGRATION)
    assert "with 1 character too many" in why(log_in(INTEGRATION, f"{PASSWORD}{token}\n"))


def test_the_token_of_another_user_is_not_named(
    org: Org, token: str, log_in: Callable, why: Callable
) -> None:
    assert "security token" not in why(log_in("loader@acme.example", f"{PASSWORD}{token} "))


@given(st.text(max_size=400), st.text("abcXYZ019", min_size=24, max_size=24), st.text(max_size=50))
def test_a_token_is_found_wherever_it_stands_in_a_secret_of_common_length(
    before: str, token: str, behind: str
) -> None:
    assert token in token_windows(before + token + behind)
    assert slip_of(before + token + behind, [token], is_form=False) or not behind


@given(st.text(max_size=2_000))
def test_the_work_of_looking_for_tokens_is_bounded(sent: str) -> None:
    assert len(token_windows(sent)) <= 257


@pytest.mark.parametrize("code", list(SLIPS))
def test_a_value_of_another_step_that_is_called_like_a_slip_is_only_a_value(code: str) -> None:
    step = Step("version", Outcome.REFUSED, "version_retired", (code,))
    assert detail(step, 0, "UTC").startswith(f"version {code}: ")

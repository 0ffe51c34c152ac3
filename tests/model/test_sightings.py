"""What a proof saw, as sentences: every kind of check has words, and none shows a code."""

import re
from itertools import product

import pytest

from freshtoken_model.decision.settings import settings
from freshtoken_model.decision.words import EVENTS
from freshtoken_model.training.content.checks import COUNT_CHECKS, FIELD_VALUES, STATE_CHECKS
from freshtoken_model.training.content.sightings import sighting
from freshtoken_model.training.content.statements import MISSING, Measure, Moment, Statement

PLAIN = {
    "user": "sam",
    "client": "Order feed",
    "network": "office",
    "profile": "Integration",
    "app": "Data bridge",
    "flow": "web_server",
    "text": "mailed to",
    "detail": "records returned",
    "outside": True,
}
"""A value for each field that is no word of a list."""


def values(field: str) -> list[object]:
    """Everything a field may be, or one example of it."""
    return list(FIELD_VALUES[field]()) if field in FIELD_VALUES else [PLAIN[field]]


def filled(fields: tuple[str, ...]) -> list[tuple[tuple[str, object], ...]]:
    """The fields with every value."""
    return [tuple(zip(fields, row, strict=True)) for row in product(*map(values, fields))]


def assert_plain(sentence: str) -> None:
    """It is a sentence for people: nothing is left to fill in, and no name of the code in it."""
    assert sentence and "{" not in sentence and "None" not in sentence, sentence
    assert "  " not in sentence, sentence
    assert not re.search("[a-z]_[a-z]", sentence.replace("web_server", "")), sentence


@pytest.mark.parametrize("check", STATE_CHECKS)
def test_every_state_has_words(check: str) -> None:
    known = STATE_CHECKS[check]
    for of in filled(known.fields):
        states = known.states or ("one", "another")
        if check == "setting":
            states = tuple(value for value, _ in settings()[str(of[0][1])].choices)
        statement = Statement(check, of, wanted=(states[0],))
        for state in (*states, MISSING):
            holds = state == states[0]
            sentence = sighting(statement, Measure(holds, state, states[0]))
            assert_plain(sentence)
            assert ("; the option says that it" in sentence) is not holds


@pytest.mark.parametrize("check", COUNT_CHECKS)
@pytest.mark.parametrize("all_fields", [True, False])
def test_every_count_has_words(check: str, all_fields: bool) -> None:
    known = COUNT_CHECKS[check]
    after = Moment("password_changed", "sam") if all_fields else None
    for of in filled((*known.needs, *known.takes) if all_fields else known.needs):
        for count in (0, 1, 3):
            for least, most in ((1, None), (0, 0), (2, 2), (0, 3), (1, 4)):
                statement = Statement(check, of, least=least, most=most, after=after)
                assert_plain(sighting(statement, Measure(False, str(count), "")))


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_that_nobody_names_has_words(event: str) -> None:
    statement = Statement("happened", (("event", event),), least=1, after=Moment(event))
    assert_plain(sighting(statement, Measure(True, "1", "")))


def test_the_sentences_say_what_was_seen_and_what_the_option_says() -> None:
    def words(check: str, found: str, holds: bool = False, **more: object) -> str:
        of = tuple((k, v) for k, v in more.items() if k in {*PLAIN, *FIELD_VALUES})
        rest = {k: v for k, v in more.items() if (k, v) not in of}
        return sighting(Statement(check, of, **rest), Measure(holds, found, ""))  # type: ignore[arg-type]

    assert words("token_state", "live", user="sam", unwanted=("never_issued",), holds=True) == (
        "the security token of sam is live"
    )
    assert words("token_state", "live", user="sam", wanted=("never_issued",)) == (
        "the security token of sam is live; the option says that it was never issued"
    )
    assert words("logged_in", "0", client="Order feed", least=1) == (
        "Order feed did not log in; the option says at least once"
    )
    assert words("refused", "3", client="Order feed", reason="token_retired", least=0, most=0) == (
        "Order feed was refused 3 times (password right, token retired); the option says never"
    )
    assert words("login_history", "1", status="Invalid Password", user="sam", least=2, most=2) == (
        "Login History has one row “Invalid Password” of sam; the option says 2 rows"
    )
    after = Moment("password_changed", "sam")
    assert words("logged_in", "2", True, client="Order feed", least=1, after=after) == (
        "after sam changed the password, Order feed logged in 2 times"
    )


def test_text_from_a_content_file_cannot_steer_the_terminal() -> None:
    statement = Statement("printed", (("text", "\x1b[2J"),), wanted=("shown",))
    assert "\x1b" not in sighting(statement, Measure(True, "shown", "shown"))

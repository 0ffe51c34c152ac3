"""Text from outside is shown, and does nothing: whatever it holds, what is left can be printed on
one line, or on lines.
"""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshtoken_model.values.visible import visible, visible_json, visible_lines

STEERING = {"Cc", "Cs", "Zl", "Zp"}
BIDI = "\u061c\u200e\u200f" + "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
EVERYTHING = st.text(st.characters(), max_size=60)


def steers(text: str) -> bool:
    return any(unicodedata.category(char) in STEERING or char in BIDI for char in text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Nightly sync", "Nightly sync"),
        ("\x1b]52;c;eA==\x1b\\", r"\x1b]52;c;eA==\x1b" + "\\"),
        ("\x9b31m\x7f", r"\x9b31m\x7f"),
        ("x\nFORGED LINE", r"x\nFORGED LINE"),
        ("evil\u202egnp.exe", r"evil\u202egnp.exe"),
        ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
        ("\ud8ff", r"\ud8ff"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("Zoë Müller 東京 👩\u200d🚀", "Zoë Müller 東京 👩\u200d🚀"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(EVERYTHING)
def test_no_text_steers_after_it_and_twice_is_once(text: str) -> None:
    assert not steers(visible(text))
    assert visible(visible(text)) == visible(text)
    assert not steers(visible_lines(text).replace("\n", "").replace("\t", ""))
    assert visible_lines(visible_lines(text)) == visible_lines(text)


@given(st.text(st.characters(categories=("L", "N", "P", "S")), max_size=60))
def test_what_can_be_read_stays_as_it_is(text: str) -> None:
    assert str(visible(text)) == str(visible_lines(text)) == text


def test_lines_stay_lines_and_windows_ones_become_lines() -> None:
    assert visible_lines("one\r\ntwo\n\tthree\rfour") == "one\ntwo\n\tthree\\rfour"


@given(
    st.recursive(
        EVERYTHING,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(EVERYTHING, inner, max_size=3),
    )
)
def test_json_reads_as_the_same_value(value: object) -> None:
    written = visible_json(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(written) == value
    assert not steers(written.replace("\n", ""))

"""Whether a bank gives its answers away: banks that lean, banks that do not, and where the line is."""

import random
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshtoken_model.training.exam.leaning import (
    ANY_KIND,
    ECHO,
    ENOUGH,
    KINDS,
    MOST_ALIKE,
    SIGNIFICANT,
    Lean,
    check_leaning,
    leans,
)
from freshtoken_model.training.exam.questions import Option, Question, Topic

TOPIC = Topic("doors", "Doors of the org", 7, "Written for a test.")
NAMES = {
    "API Only User": "Make it an API Only User",
    "freezing": "Freeze the user",
    "unlocking": "Unlock the user",
    "waiting": "Wait for a while",
    "a password reset": "Reset the user's password",
}


def question(*options: tuple[str, bool]) -> Question:
    return Question(
        id="one",
        topic=TOPIC,
        objective="",
        difficulty="easy",
        text="",
        options=tuple(Option(text, right, "") for text, right in options),
        sources=(),
        as_of="Winter '27",
        proof=None,
        unproved="written for a test",
        exam_answer="",
        todays_answer="",
        apart="",
        file="questions/doors.toml",
        folder=Path(),
    )


def by_rank(right: set[int], options: int = 4, step: int = 3) -> Question:
    """A question whose options grow; the right ones are named by their rank, 0 the shortest."""
    return question(*(("x" * (10 + step * rank), rank in right) for rank in range(options)))


def bank(longest: int, shortest: int, between: int) -> list[Question]:
    """A bank of four options each, by how often the right one is the longest, the shortest, or
    neither.
    """
    middle = islice(cycle((by_rank({1}), by_rank({2}))), between)
    return [by_rank({3})] * longest + [by_rank({0})] * shortest + [*middle]


WORDS = {
    MOST_ALIKE: ("", ("copper lamp", "copper rope", "marble lamp", "velvet sail")),
    ECHO: (
        "Where is the copper lamp?",
        ("copper lamp", "marble rope", "velvet sail", "silver moon"),
    ),
}
"""A question and its options, all of them equally long, the first one with most shared words."""


def sharing(what: str, often: int, questions: int = 48) -> list[Question]:
    """A bank where the option with most shared words is right so often, else another one in turn."""
    text, options = WORDS[what]
    places = [0] * often + [*islice(cycle((1, 2, 3)), questions - often)]
    return [
        replace(
            question(*((option, number == right) for number, option in enumerate(options))),
            text=text,
        )
        for right in places
    ]


def naming(kind: str, right: int, wrong: int, silent: int = 0) -> list[Question]:
    """A bank with a kind named in right and in wrong options; all options are equally long."""
    name = NAMES[kind]
    other = "o" * len(name)
    asked = [question((name, True), *[(other, False)] * 3)] * right
    asked += [question((name, False), (other, True), *[(other, False)] * 2)] * wrong
    return asked + [question((other, True), *[(other, False)] * 3)] * silent


def named(questions: list[Question]) -> list[str]:
    return [problem.expected for problem in check_leaning(questions)]


def of(questions: list[Question], what: str) -> Lean:
    return next(lean for lean in leans(questions) if what in lean.what)


@given(
    st.lists(st.integers(3, 5), min_size=8, max_size=16),
    st.integers(1, 9),
    st.sampled_from(sorted(NAMES)),
)
def test_a_bank_whose_right_options_are_of_every_rank_and_kind_does_not_lean(
    sizes: list[int], step: int, kind: str
) -> None:
    name = NAMES[kind]
    fair: list[Question] = []
    for options in sizes:
        for right in range(options):
            fair.append(by_rank({right}, options, step))
            fair.append(by_rank(set(range(options)) - {right}, options, step))
    # The kind is right as often as the bank's options are.
    texts = [(name, place < 2) for place in range(4)]
    fair += [question(*texts)] * 12
    assert len(fair) >= ENOUGH and named(fair) == []
    assert abs(of(fair, "longest").z) < 1e-6 and abs(of(fair, "shortest").z) < 1e-6


@pytest.mark.parametrize("what, place", [("longest", 0), ("shortest", 1)])
@pytest.mark.parametrize(
    "often, leaning", [(4, True), (5, False), (12, False), (19, False), (20, True), (48, True)]
)
def test_48_questions_of_four_may_have_5_to_19_right_options_at_an_end(
    what: str, place: int, often: int, leaning: bool
) -> None:
    other = min(12, 48 - often)
    counts = (often, other) if place == 0 else (other, often)
    found = named(bank(*counts, 48 - often - other))
    assert any(f"expected the {what} option to be right" in words for words in found) == leaning
    measured = of(bank(*counts, 48 - often - other), what)
    assert (measured.cases, measured.right, measured.expected) == (48, often, 12)
    assert measured.significant == leaning == (abs(often - 12) / 3 > SIGNIFICANT)


def test_a_problem_names_the_bank_and_the_figures() -> None:
    (problem,) = check_leaning(bank(30, 8, 10))
    assert (problem.file, problem.table, problem.field) == ("questions", "", "option")
    assert problem.expected == (
        "expected the longest option to be right as often as another; right in 30 of 48, by chance "
        "in 12.0 (z = +6.0)"
    )


@given(st.integers(0, ENOUGH - 1))
def test_a_bank_too_small_to_tell_is_left_alone(count: int) -> None:
    assert named(bank(count, 0, 0)) == []
    assert named(bank(ENOUGH, 0, 0)) != []


def test_of_options_equally_long_each_counts_for_its_part() -> None:
    same = [question(("aaaa", True), ("bbbb", False), ("cccc", False), ("dddd", False))] * 48
    assert (of(same, "longest").right, of(same, "shortest").right) == (12, 12)
    two = [question(("aaaa", True), ("bbbb", False), ("c", False), ("d", True))] * 48
    assert (of(two, "longest").right, of(two, "longest").expected) == (24, 24)
    assert named(same) == named(two) == []


@pytest.mark.parametrize("what", sorted(WORDS))
@pytest.mark.parametrize(
    "often, leaning", [(4, True), (5, False), (12, False), (19, False), (20, True), (48, True)]
)
def test_the_option_with_most_shared_words_is_right_as_often_as_another(
    what: str, often: int, leaning: bool
) -> None:
    questions = sharing(what, often)
    assert [what in words for words in named(questions)] == [True] * leaning
    measured = of(questions, what)
    assert (measured.cases, measured.right, measured.expected) == (48, often, 12)


def test_small_words_and_capitals_are_not_what_options_share() -> None:
    small = question(("It is the lamp", True), ("It is the rope", False), ("As a moon", False))
    assert of([small] * 48, MOST_ALIKE).right == 16
    other = question(("The LAMP falls", True), ("the lamp rises", False), ("A sail", False))
    assert of([other] * 48, MOST_ALIKE).right == 24
    asked = replace(small, text="Is it THE Moon, is it?")
    assert of([asked] * 48, ECHO).right == 0


def test_a_long_option_is_no_more_alike_for_its_length() -> None:
    texts = ("copper lamp", "copper rope", "marble silver golden wooden")
    asked = question(*((text, text == texts[0]) for text in texts))
    assert of([asked] * 48, MOST_ALIKE).right == 24


@pytest.mark.parametrize("what", sorted(WORDS))
def test_of_options_that_share_as_many_words_each_counts_for_its_part(what: str) -> None:
    text, options = WORDS[what]
    twice = question((options[0], True), (f"{options[0]}!", False), (options[3], False))
    assert of([replace(twice, text=text)] * 48, what).right == 24


@given(st.randoms(use_true_random=False), st.integers(0, 48))
def test_the_order_of_questions_and_options_does_not_matter(
    chance: random.Random, often: int
) -> None:
    plain = bank(often, (48 - often) // 2, 48 - often - (48 - often) // 2)
    mixed = [replace(one, options=tuple(chance.sample(one.options, 4))) for one in plain]
    chance.shuffle(mixed)
    for one, other in zip(leans(plain), leans(mixed), strict=True):
        assert (one.what, one.cases) == (other.what, other.cases)
        assert one.z == pytest.approx(other.z)


@pytest.mark.parametrize("kind", sorted(NAMES))
@pytest.mark.parametrize(
    "right, wrong, leaning",
    [(0, 21, True), (0, 20, False), (5, 15, False), (10, 10, False), (11, 9, True), (20, 0, True)],
)
def test_an_option_that_names_a_kind_is_right_as_often_as_another(
    kind: str, right: int, wrong: int, leaning: bool
) -> None:
    found = [words for words in named(naming(kind, right, wrong, 40)) if "names" in words]
    expected = [f"an option that names {kind}", f"an option that names {ANY_KIND}"]
    assert len(found) == (2 if leaning else 0)
    assert all(what in words for what, words in zip(expected, found, strict=False))


def test_kinds_that_lean_a_little_each_lean_together() -> None:
    little = [one for kind in NAMES for one in naming(kind, 0, 8)]
    (found,) = [words for words in named(little) if "names" in words]
    assert f"{ANY_KIND} to be right as often as another; right in 0 of 40" in found


@pytest.mark.parametrize(
    "text, kinds",
    [
        ("Assign API Only User to the user", ["API Only User"]),
        ("Use the profile Minimum Access - API Only Integrations", ["API Only User"]),
        ("Assign Use Any API Auth", []),
        ("Click Unfreeze", ["freezing"]),
        ("The user is frozen", ["freezing"]),
        ("Salesforce froze the user", ["freezing"]),
        ("Click Unlock", ["unlocking"]),
        ("The user is locked out", []),
        ("Wait, then unlock the user", ["unlocking", "waiting"]),
        ("Try again after waiting", ["waiting"]),
        ("Reset Password", ["a password reset"]),
        ("Reset the user's password", ["a password reset"]),
        ("Resetting the old password", ["a password reset"]),
        ("The password is reset", ["a password reset"]),
        ("Reset the security token, and keep the password", []),
        ("Reset the token. Change the password", []),
        ("Change the password", []),
    ],
)
def test_what_names_a_kind(text: str, kinds: list[str]) -> None:
    assert [kind for kind, words in KINDS.items() if words.search(text)] == kinds


def test_no_questions_and_no_kinds_are_no_lean() -> None:
    assert not any(lean.significant for lean in leans([]))
    assert (
        of(bank(12, 12, 24), "freezing").figures == "right in 0 of 0, by chance in 0.0 (z = +0.0)"
    )

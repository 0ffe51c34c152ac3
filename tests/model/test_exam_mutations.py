"""What the linter of questions is worth: a sound file, and every way to spoil it, each refused with
its place.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from freshtoken_model.training.content.tables import Problem
from freshtoken_model.training.exam.question_lint import PROVED, check_questions, unproved_share
from freshtoken_model.training.shelf import read_bank
from freshtoken_tui.cli.steps import run_quick

from .sample_questions import FILE, ONE, SOUND, TWO

Spoil = Callable[[dict[str, Any]], object]


def checked(folder: Path, *spoil: Spoil) -> list[Problem]:
    """What is wrong with the sound file, spoilt."""
    fields = tomllib.loads(SOUND)
    for one in spoil:
        one(fields)
    (folder / "questions").mkdir(exist_ok=True)
    (folder / FILE).write_text(tomlkit.dumps(fields), encoding="utf-8")
    questions, problems = read_bank(folder)
    return [*problems, *check_questions(questions, run_quick, lambda words: None)[1]]


def question(number: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda fields: fields["question"][number]


def option(number: int, place: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda fields: fields["question"][number]["option"][place]


def put(of: Callable[[dict[str, Any]], dict[str, Any]], **values: Any) -> Spoil:
    """Set fields; None takes one away."""

    def spoil(fields: dict[str, Any]) -> None:
        table = of(fields)
        for name, value in values.items():
            table.pop(name, None)
            if value is not None:
                table[name] = value

    return spoil


def test_the_sound_file_is_sound(tmp_path: Path) -> None:
    assert checked(tmp_path) == []


LIVE = [{"check": "happened", "event": "token_retired", "user": "ada", "times": 0}]
DEAD = [{"check": "happened", "event": "token_retired", "user": "ada"}]
DEAD_ONCE = [{"check": "happened", "event": "token_retired", "user": "ada", "times": 1}]
SPOILT: dict[str, tuple[tuple[Spoil, ...], str, str, str]] = {
    "a swapped answer": (
        (put(option(0, 0), right=True), put(option(0, 1), right=False)),
        ONE,
        "option A",
        "expected to hold, as the right option; it does not (found 1, it says 0)",
    ),
    "a swapped answer, tried apart": (
        (put(option(1, 0), right=False),),
        TWO,
        "option A",
        "expected not to hold, as a wrong option; it does",
    ),
    "an unproved claim": (
        (put(question(0), proof=None),),
        ONE,
        "proof",
        "expected either a proof, or in unproved why",
    ),
    "both a proof and an excuse": (
        (put(question(0), unproved="No."),),
        ONE,
        "proof",
        "expected either a proof, or",
    ),
    "a proof that holds for two options": (
        (put(option(0, 0), shows=DEAD_ONCE),),
        ONE,
        "option A",
        "expected not to hold, as a wrong option; it does",
    ),
    "a proof that holds for none": (
        (put(option(0, 1), shows=[*DEAD, *LIVE]),),
        ONE,
        "option B",
        "expected to hold, as the right option; it does not",
    ),
    "an option that claims nothing": (
        (put(option(0, 2), shows=None),),
        ONE,
        "option C",
        "expected a claim to observe",
    ),
    "two options seen alike": (
        (put(option(0, 0), shows=DEAD),),
        ONE,
        "option",
        "A and B are observed alike",
    ),
    "a step that does not run": (
        (put(question(0), proof={"steps": ["user unlock ada"]}),),
        ONE,
        "proof",
        "expected to run: 'user unlock ada' ended with exit code 1 instead of success",
    ),
    "a step that is no command": (
        (put(question(0), proof={"steps": ["--help"]}),),
        f"{ONE} proof",
        "steps[1]",
        "is not a step",
    ),
    "a name the org lacks": (
        (put(option(0, 0), shows=[{"check": "token_state", "user": "eve", "is": "live"}]),),
        ONE,
        "shows token_state",
        "expected a name of the org in user",
    ),
    "an unknown source": (
        (put(question(0), sources=["hearsay"]),),
        ONE,
        "sources[1]",
        "there is no 'hearsay'",
    ),
    "no right option": ((put(option(0, 1), right=False),), ONE, "option", "found 0 right"),
    "two options": (
        (lambda fields: question(0)(fields)["option"].pop(),),
        ONE,
        "option",
        "expected 3 to 5 options, found 2",
    ),
    "two questions in one": (
        (put(question(0), text="Ada changes it. Why? What becomes of the token?"),),
        ONE,
        "text",
        "expected one idea, one question; found 2 question marks",
    ),
    "no question": (
        (put(question(0), text="Ada changes the password."),),
        ONE,
        "text",
        "expected to end with the one",
    ),
    "all of the above": (
        (put(option(0, 0), text="All of the above"),),
        ONE,
        "option[1]",
        "expected no 'all of the above'",
    ),
    "a reason in an option": (
        (put(option(0, 0), text="It is refused, because the token is dead"),),
        ONE,
        "option[1]",
        "it belongs into `why`",
    ),
    "choose N in the text": (
        (put(question(1), text="Choose two: which acts let it log in?"),),
        TWO,
        "text",
        "it is said where the question is shown",
    ),
    "options of unlike length": (
        (
            put(
                option(0, 1), text="It is dead from the moment of the change, and stays so for ever"
            ),
        ),
        ONE,
        "option",
        "expected options of like length, found 11 to 63 characters",
    ),
    "a right option that gives itself away": (
        tuple(
            put(option(0, place), text=text)
            for place, text in enumerate(
                (
                    "It lives on as long as before",
                    "It is dead from the moment of the change on, for ever",
                    "It was none at all before",
                )
            )
        ),
        ONE,
        "option",
        "give itself away by its length",
    ),
    "the same option twice": (
        (put(option(0, 0), text="It is retired."),),
        ONE,
        "option",
        "expected different options",
    ),
    "one reason for two": (
        (put(option(0, 0), why="The change ends it."),),
        ONE,
        "option",
        "expected another reason",
    ),
    "the same id twice": (
        (put(question(1), id="old-token"),),
        "",
        "id",
        f"expected a unique id; {FILE} has 'old-token' too",
    ),
    "nearly the same question": (
        (
            lambda fields: fields["question"].append(
                {
                    **question(0)(fields),
                    "id": "again",
                    "text": "Ada changes her password. What is true of the token she had before?",
                }
            ),
        ),
        "[[question]] again",
        "text",
        "old-token asks nearly the same",
    ),
    "a line too wide": (
        (put(question(0), text="x" * 81 + "?"),),
        ONE,
        "text",
        "line 1 has 82 characters",
    ),
    "a field nobody knows": (
        (put(question(0), answer="B"),),
        ONE,
        "answer",
        "there is no such field",
    ),
    "an unknown release": (
        (put(question(0), as_of="Someday"),),
        ONE,
        "as_of",
        "expected a release",
    ),
    "one of two answers": (
        (put(question(0), todays_answer=None),),
        ONE,
        "exam_answer",
        "together, or neither",
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_spoilt_is_refused_with_its_place(tmp_path: Path, name: str) -> None:
    spoil, table, field, expected = SPOILT[name]
    problems = checked(tmp_path, *spoil)
    found = [problem for problem in problems if (problem.table, problem.field) == (table, field)]
    assert any(expected in problem.expected for problem in found), [
        str(problem) for problem in problems
    ]
    assert all(problem.file == FILE for problem in problems)


def test_a_bank_with_too_few_proofs_is_refused(tmp_path: Path) -> None:
    excuse = put(question(0), proof=None, unproved="It cannot be seen.")
    checked(tmp_path, excuse, *(put(option(0, place), shows=None) for place in range(3)))
    questions, problems = read_bank(tmp_path)
    assert problems == [] and PROVED == 0.85
    (problem,) = unproved_share(questions)
    assert "found 1 of 2" in problem.expected


def test_a_right_option_may_not_always_be_the_longest(tmp_path: Path) -> None:
    def many(fields: dict[str, Any]) -> None:
        first = fields["question"][0]
        words = ("river", "window", "ladder", "garden", "copper", "harbour", "marble", "velvet")
        fields["question"] = [
            {
                **first,
                "id": f"q{n}",
                "text": f"The {word} {word}s the {word}ing of {word}ly things. Does {word} stand?",
            }
            for n, word in enumerate(words)
        ]
        for one in fields["question"]:
            one["option"] = [dict(option) for option in first["option"]]
            one["option"][1]["text"] = "It is dead now"

    assert any(
        "the longest in at most half; found 8 of 8" in problem.expected
        for problem in checked(tmp_path, many)
    )

"""Which questions a command of the exam means: the bank, topics, words, and how many."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypedDict

import click

from freshtoken_model.values.names import match_name
from freshtoken_tui.exit_codes import UNUSABLE

from .common import Arguments, Stop, echo
from .params import Number

if TYPE_CHECKING:
    from freshtoken_model.training.exam.exam_room import ExamRoom
    from freshtoken_model.training.exam.questions import Question


def open_room() -> ExamRoom:
    """The exam room over the bank of this call; problems of the content are said. Raises Stop."""
    from freshtoken_model.training.exam.exam_room import ExamRoom
    from freshtoken_model.training.shelf import open_bank

    meta = click.get_current_context().meta
    questions, problems = open_bank(meta.get("content"), meta.get("only", False))
    if problems:
        echo(
            f"{len(problems)} problems in the content; see them with: freshtoken content check",
            err=True,
        )
    if not questions:
        raise Stop("There are no questions.", UNUSABLE)
    return ExamRoom(questions)


def topic_named(room: ExamRoom, name: str) -> str:
    """The id of a topic by its name or how that begins; empty for none. Raises UnknownNameError."""
    known = [topic.id for topic in room.topics]
    return match_name("topic", name, known, by_beginning=True) if name else ""


def chosen_questions(
    room: ExamRoom, which: str | None, topic: str, search: str, count: int | None
) -> list[Question]:
    """The questions of a set (None: due, then new), a topic and words, at most `count`."""
    from freshtoken_model.training.exam.questions import found

    study, only = room.study(), topic_named(room, topic)
    picked = (
        study.pick(which, only) if which else [*study.pick("due", only), *study.pick("new", only)]
    )
    if search:
        wanted = {question.id for question in found(room.bank, search)}
        picked = [
            question
            for question in (picked if which else study.pick("all", only))
            if question.id in wanted
        ]
    return picked[:count]


class QuestionChoice(TypedDict):
    """What question_options() adds to a command."""

    topic: str
    search: str
    count: int | None


def question_options(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Add --topic, --search and --count to a command."""
    for option in (
        click.option("--count", type=Number(), help="At most so many questions."),
        click.option(
            "--search", default="", metavar="WORDS", help="Only questions with these words."
        ),
        click.option(
            "--topic",
            default="",
            metavar="TOPIC",
            help="Only of this topic; exam stats names them.",
        ),
    ):
        function = option(function)
    return function


def question_row(question: Question) -> dict[str, object]:
    """A question as JSON, without what tells which options are right."""
    return {
        "id": question.id,
        "topic": question.topic.id,
        "difficulty": question.difficulty,
        "objective": question.objective,
        "text": question.flowing,
        "choose": question.choose,
        "options": [option.text for option in question.options],
        "as_of": question.as_of,
        "proved": question.proof is not None,
    }

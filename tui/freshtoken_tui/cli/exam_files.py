"""The exam as files: progress, the questions for Anki, and papers to print."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from freshtoken_model.values.errors import BadValueError
from freshtoken_model.values.visible import visible
from freshtoken_tui.exit_codes import REFUSED

from .common import Stop, command, echo, echo_text, print_json
from .exam_questions import (
    QuestionChoice,
    chosen_questions,
    open_room,
    question_options,
    question_row,
)
from .groups import CommandWithExamples, argument
from .output_file import force_option, write_file
from .params import STANDARD, File, NamedChoice, called, read_text


@click.command("export", cls=CommandWithExamples)
@click.option(
    "--format",
    "kind",
    type=NamedChoice(("csv", "json", "anki")),
    required=True,
    help="What is written.",
)
@click.option("--out", type=File(), help="Into a FILE; else printed.")
@force_option
@command
def exam_export(kind: str, out: Path | None, force: bool, as_json: bool) -> None:
    """Reviews as CSV, all progress as JSON (for exam import), or the questions for Anki's text
    import.
    """
    from freshtoken_model.training.exports import for_anki, reviews_csv

    room = open_room()
    if kind == "json" or as_json:
        text = room.progress_file() + "\n"
    else:
        text = (
            for_anki(room.bank) if kind == "anki" else reviews_csv(room.study().reviews, room.bank)
        )
    _write(text, out, force)


def _write(text: str, out: Path | None, force: bool) -> None:
    """Into a file that is not there yet, or on stdout."""
    if out is None:
        echo_text(text, nl=False)
        return
    write_file(out, text, force)
    if out != STANDARD:
        echo(f"Written to {out}.", err=True)


@click.command("import", cls=CommandWithExamples)
@argument("file", type=File())
@command
def exam_import(file: Path, as_json: bool) -> None:
    """Add the progress in FILE (from exam export --format json) to that of this machine; nothing is
    there twice.
    """
    text = read_text(file, "'FILE'")
    try:
        new = open_room().import_file(text)
    except BadValueError as error:
        raise click.BadParameter(f"{called(file)}: {error}", param_hint="'FILE'") from error
    print_json({"new": new}) if as_json else echo(f"{new} notes were new.", err=True)


@click.command("paper", cls=CommandWithExamples)
@question_options
@click.option(
    "--answers", is_flag=True, help="With the right options, all reasons and the sources."
)
@click.option("--html", is_flag=True, help="HTML that prints well; else Markdown.")
@click.option("--title", default="Practice paper", show_default=True, help="What stands above it.")
@click.option(
    "--seed",
    default="1",
    show_default=True,
    help="Another seed gives another order of questions and options.",
)
@click.option("--out", type=File(), help="Into a FILE; else printed.")
@force_option
@command
def exam_paper(
    answers: bool,
    html: bool,
    title: str,
    seed: str,
    out: Path | None,
    force: bool,
    as_json: bool,
    **which: Unpack[QuestionChoice],
) -> None:
    """A paper to print, by topic and weight; with --answers the same paper with its key."""
    from freshtoken_model.training.exam.mock import ExamForm, compose
    from freshtoken_model.training.exports import paper_html, paper_markdown

    room = open_room()
    count = which["count"]
    pool = chosen_questions(room, "all", which["topic"], which["search"], None)
    questions, _ = compose(pool, ExamForm(min(count or len(pool), len(pool))), seed)
    if not questions:
        raise Stop("No question contains these words.", REFUSED)
    if as_json:
        print_json([{**question_row(question), "report": question.doubt} for question in questions])
        return
    make = paper_html if html else paper_markdown
    _write(make(questions, visible(title), answers, visible(seed)), out, force)

"""freshtoken class: what the learners of a folder did in labs and exams."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .common import command, echo, json_text, opened_shelf, print_json, print_table
from .groups import Group, argument
from .output_file import force_option, write_file
from .params import File, Folder

if TYPE_CHECKING:
    from freshtoken_model.training.class_report import LearnerLine


@click.group("class", cls=Group)
def class_group() -> None:
    """Labs and exams of a whole class."""


@class_group.command("report")
@argument("folder", metavar="DIR", type=Folder(exists=True))
@click.option("--csv", "as_csv", is_flag=True, help="As CSV: a row for each lab, topic and exam.")
@click.option("--out", type=File(), help="Into a FILE, as CSV or JSON; else printed.")
@force_option
@command
def report(folder: Path, as_csv: bool, out: Path | None, force: bool, as_json: bool) -> None:
    """What every learner in DIR did in labs and exams. DIR is the folder of freshtoken web, or one
    that holds data folders of freshtoken.
    """
    from freshtoken_model.training.class_report import class_csv, class_report, class_rows
    from freshtoken_model.training.shelf import open_bank
    from freshtoken_model.values.clock import wall_clock

    if as_csv and as_json:
        raise click.UsageError("--csv or --json, not both.")
    if out is not None and not (as_csv or as_json):
        raise click.UsageError("--out needs --csv or --json.")
    lines = class_report(folder, opened_shelf().labs, open_bank()[0], wall_clock())
    if out is not None:
        text = class_csv(lines) if as_csv else json_text(class_rows(lines)) + "\n"
        write_file(out, text, force)
    elif as_csv:
        click.echo(class_csv(lines), nl=False)
    elif as_json:
        print_json(class_rows(lines))
    else:
        _print(lines)


def _print(lines: list[LearnerLine]) -> None:
    """Three tables: the learners, their labs, and the topics they have seen."""
    learners = [
        (
            line.name,
            str(line.solved),
            str(len(line.labs) - line.solved),
            str(line.hints),
            f"{line.ready:4.0%}",
            str(line.answers),
            ", ".join(f"{mock.right} of {mock.sitting.form.scored}" for mock in line.mocks),
        )
        for line in lines
    ]
    heads = ("LEARNER", "SOLVED", "OPEN", "HINTS", "READY", "ANSWERS", "MOCK EXAMS")
    print_table(learners, heads)
    labs = [
        (
            line.name,
            lab.id,
            lab.record.state,
            _when(lab.record.solved_at or lab.record.started_at),
            str(lab.record.hints),
            str(lab.failed_checks),
        )
        for line in lines
        for lab in line.labs
    ]
    if labs:
        echo("")
        print_table(labs, ("LEARNER", "LAB", "STATE", "WHEN", "HINTS", "FAILED CHECKS"))
    topics = [
        (line.name, one.topic.id, f"{one.share:4.0%}", f"{one.seen} of {one.questions}")
        for line in lines
        for one in line.topics
        if one.seen
    ]
    if topics:
        echo("")
        print_table(topics, ("LEARNER", "TOPIC", "READY", "SEEN"))
    for line in lines:
        if line.problem:
            echo(f"{line.name}: {line.problem}", err=True)


def _when(at: int | None) -> str:
    """A moment of wall time, where the reader is."""
    return "" if at is None else f"{datetime.fromtimestamp(at / 1000):%a %d %b %Y %H:%M}"

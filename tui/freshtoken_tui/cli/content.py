"""freshtoken content: the authoring linter, for what comes with freshtoken and for a teacher's own
folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import freshtoken_data
from freshtoken_model.values.errors import OrgError
from freshtoken_tui.exit_codes import REFUSED

from .common import ask_trust, command, echo, print_json, print_table, trusting
from .groups import Group

if TYPE_CHECKING:
    from freshtoken_model.training.content.tables import Problem
    from freshtoken_model.training.content.trust import Content
    from freshtoken_model.training.demos.demos import DemoStep
    from freshtoken_tui.app import FreshtokenApp

REPORT_COUNTS = ("labs", "demos", "questions", "proofs")


@click.group(cls=Group)
def content() -> None:
    """Labs, demos and questions as content: check freshtoken's, or those of a folder of your
    own.
    """


@content.command("check")
@click.option(
    "--content",
    "folder",
    metavar="DIR",
    help="A folder of your own; else FRESHTOKEN_CONTENT, else freshtoken's.",
)
@trusting
@command
def content_check(folder: str | None, as_json: bool) -> None:
    """Solve every lab, play every demo, prove every question, look up every reference. Exit 1 with
    any problem.
    """
    from freshtoken_model.training.lint import check_content
    from freshtoken_model.training.shelf import content_folder, read_bank, read_demos, read_labs

    from .steps import run_quick

    place: Path = content_folder(folder) or freshtoken_data.folder()
    if click.get_current_context().meta.get("trust"):
        contents: list[Content] = [
            *read_labs(place)[0],
            *read_demos(place)[0],
            *read_bank(place)[0],
        ]
        for one in contents:
            ask_trust(one)
    report = check_content(place, run_quick, lambda words: echo(words, err=True))
    report.problems += _play_demos(place)
    if as_json:
        problems = [
            {"file": p.file, "table": p.table, "field": p.field, "expected": p.expected}
            for p in report.problems
        ]
        print_json(
            {
                "folder": str(place),
                **{kind: getattr(report, kind) for kind in REPORT_COUNTS},
                "problems": problems,
            }
        )
    else:
        for problem in report.problems:
            echo(str(problem))
        counts = ", ".join(f"{getattr(report, kind)} {kind}" for kind in REPORT_COUNTS)
        echo(f"{counts}, {len(report.problems)} problems.", err=True)
    if report.problems:
        click.get_current_context().exit(REFUSED)


def _play_demos(place: Path) -> list[Problem]:
    """Play every demo without a terminal; a step that does not end as its script says is a
    problem.
    """
    import asyncio

    from freshtoken_model.training.content.tables import Problem
    from freshtoken_model.training.content.trust import Trust
    from freshtoken_model.training.shelf import read_demos
    from freshtoken_tui.cli.headless import play_headless
    from freshtoken_tui.demo.hands import DemoStepError

    from .steps import run_line

    found = []
    for demo in filter(Trust().allows, read_demos(place)[0]):
        echo(demo.file, err=True)
        steps: list[str] = []

        def on_step(
            app: FreshtokenApp, step: DemoStep, trouble: str, steps: list[str] = steps
        ) -> None:
            steps.append(step.table)

        try:
            asyncio.run(play_headless(demo, run_line, on_step))
        except (DemoStepError, OrgError) as error:
            found.append(Problem(demo.file, steps[-1] if steps else "setup", "", str(error)))
    return found


@content.command("vocabulary")
@command
def content_vocabulary(as_json: bool) -> None:
    """The words that goals and forbidden moves are made of: every check, its fields, what it can
    be.
    """
    from freshtoken_model.training.content.checks import COUNT_CHECKS, FIELD_VALUES, STATE_CHECKS
    from freshtoken_model.training.content.steps import STEP_COMMANDS

    lists = {name: known() for name, known in FIELD_VALUES.items()}
    if as_json:
        states = {
            n: {"about": c.about, "fields": c.fields, "states": c.states}
            for n, c in STATE_CHECKS.items()
        }
        counts = {
            n: {"about": c.about, "needs": c.needs, "takes": c.takes}
            for n, c in COUNT_CHECKS.items()
        }
        print_json({"states": states, "counts": counts, "values": lists, "steps": STEP_COMMANDS})
        return
    echo("A state, compared by is = or is_not = (a word, or a list of words):", "")
    rows = [
        (n, f"{c.about} ...", ", ".join(c.fields), ", ".join(c.states))
        for n, c in STATE_CHECKS.items()
    ]
    print_table(rows, ("CHECK", "SAYS", "FIELDS", "CAN BE"))
    echo(
        "",
        "A count, by times =, at_least = and at_most = (at least 1 when none is given), and after "
        "= { event = ... }:",
        "",
    )
    print_table(
        [(n, c.about, ", ".join(c.needs), ", ".join(c.takes)) for n, c in COUNT_CHECKS.items()],
        ("CHECK", "COUNTS", "NEEDS", "TAKES"),
    )
    for name, values in lists.items():
        echo("", f"{name}: {', '.join(values)}")
    echo(
        "", "A step is one of these commands, about its own org; with --json each prints JSON:", ""
    )
    print_table(
        [(n, " ".join(f"--{o}" for o in options)) for n, options in STEP_COMMANDS.items()],
        ("STEP", "OPTIONS"),
    )

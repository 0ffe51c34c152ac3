"""freshtoken lab: labs without the app, for classes and screen readers; same engine, same
records.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from freshtoken_model.store.orgfile import chosen_path
from freshtoken_model.values.visible import visible
from freshtoken_tui.exit_codes import REFUSED

from .common import (
    Stop,
    ask_trust,
    command,
    echo,
    echo_text,
    hashing,
    opened_shelf,
    print_json,
    print_table,
    trusting,
)
from .groups import Group, argument
from .lab_keys import with_commands

if TYPE_CHECKING:
    from freshtoken_model.training.labs.classroom import Classroom
    from freshtoken_model.training.labs.labs import Lab, LabStanding
    from freshtoken_model.training.labs.progress import Record

GOAL_MARK = {True: "[x]", False: "[ ]"}


@click.group(cls=Group)
@click.option(
    "--content", metavar="DIR", help="A folder with labs of your own; else FRESHTOKEN_CONTENT."
)
@click.pass_context
def lab(ctx: click.Context, content: str | None) -> None:
    """Labs: each is a small org, a story, and goals that tick by themselves."""
    ctx.meta["content"] = content


def _room() -> Classroom:
    from freshtoken_model.training.labs.classroom import Classroom
    from freshtoken_tui.demo.runner import runner_of

    from . import main

    return Classroom(runner_of(main, hashing()), hashing=hashing())


def _chosen(name: str | None, room: Classroom) -> Lab:
    """The lab named; else that of the org file of this call; else the one that was started or set
    back last.
    """
    from freshtoken_model.training.labs.progress import LAB_RESET, STARTED

    shelf = opened_shelf()
    if name is not None:
        return shelf.lab(name)
    path, _ = chosen_path(click.get_current_context().obj)
    here = next((one for one in shelf.labs if room.path(one).absolute() == path.absolute()), None)
    last = next(
        (note.lab for note in reversed(room.progress.notes()) if note.what in (STARTED, LAB_RESET)),
        None,
    )
    if here is not None:
        return here
    if last is None:
        raise click.UsageError("Which lab? freshtoken lab list names them.")
    return shelf.lab(last)


@lab.command("list")
@command
def lab_list(as_json: bool) -> None:
    """Every lab: level, minutes, and whether it is begun or solved."""
    from freshtoken_model.training.labs.progress import Record

    records = _room().progress.records()
    labs = [(one, records.get(one.id, Record()).state) for one in opened_shelf().labs]
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "title": one.title,
                    "level": one.level,
                    "minutes": one.minutes,
                    "state": state,
                }
                for one, state in labs
            ]
        )
        return
    rows = [(one.id, one.level, f"{one.minutes} min", state, one.title) for one, state in labs]
    print_table(rows, ("ID", "LEVEL", "TIME", "STATE", "TITLE"))


def _row(chosen: Lab, standing: LabStanding, record: Record) -> dict[str, object]:
    return {
        "id": chosen.id,
        "solved": standing.solved,
        "goals": [
            {"done": g.done, "words": g.words, "found": g.found, "wanted": g.wanted}
            for g in standing.goals
        ],
        "forbidden_moves": list(standing.broken),
        "failed_checks": record.tries,
        "hints": record.hints,
        "state": record.state,
    }


def _goals(chosen: Lab, standing: LabStanding) -> list[str]:
    """A line for each goal, with the command beside a key."""
    return [
        f"{GOAL_MARK[goal.done]} {with_commands(goal.words, chosen.solution)}"
        for goal in standing.goals
    ]


def _print_standing(chosen: Lab, standing: LabStanding) -> None:
    echo(*_goals(chosen, standing))
    for words in standing.broken:
        echo(f"[!] Not allowed in this lab: {words}")


@lab.command("start")
@argument("name", metavar="LAB")
@trusting
@command
def lab_start(name: str, as_json: bool) -> None:
    """Start LAB, or go on with it: prints its org file and the line that makes every command use
    it.
    """
    room = _room()
    chosen = opened_shelf().lab(name)
    ask_trust(chosen)
    new = room.start(chosen)
    path = room.path(chosen)
    line = f"export FRESHTOKEN_ORG={shlex.quote(str(path))}"
    if as_json:
        print_json(
            {
                "id": chosen.id,
                "title": chosen.title,
                "org": str(path),
                "environment": {"FRESHTOKEN_ORG": str(path)},
                "files": [str(room.files(chosen) / file) for file, _ in chosen.files],
                "new": new,
                "objectives": list(chosen.objectives),
                "story": chosen.story,
            }
        )
        return
    echo(path, line)
    said = [
        f"{chosen.title} ({chosen.level}, about {chosen.minutes} minutes)",
        "",
        with_commands(chosen.story, chosen.solution),
        "",
    ]
    said += [f"A file of this lab: {room.files(chosen) / file}" for file, _ in chosen.files]
    echo_text("\n".join(said), err=True)
    echo(*_goals(chosen, room.standing(chosen)), err=True)
    echo("", f"When you think you are there: freshtoken lab check {chosen.id}", err=True)


@lab.command("status")
@argument("name", metavar="[LAB]", required=False)
@command
def lab_status(name: str | None, as_json: bool) -> None:
    """How LAB (else the one at hand) stands, goal by goal. Exit 1 while it is not solved."""
    room = _room()
    chosen = _chosen(name, room)
    standing = room.standing(chosen)
    if as_json:
        print_json(_row(chosen, standing, room.progress.record(chosen.id)))
    else:
        _print_standing(chosen, standing)
    if not standing.solved:
        click.get_current_context().exit(REFUSED)


@lab.command("check")
@argument("name", metavar="[LAB]", required=False)
@command
def lab_check(name: str | None, as_json: bool) -> None:
    """Check LAB (else the one at hand), and note the try. Exit 1 while it is not solved."""
    room = _room()
    chosen = _chosen(name, room)
    checked = room.check(chosen)
    if as_json:
        print_json(_row(chosen, checked.standing, checked.record))
    else:
        _print_standing(chosen, checked.standing)
    if checked.nudge:
        echo(
            f"{checked.record.tries} tries. A hint costs nothing: freshtoken lab hint {chosen.id}",
            err=True,
        )
    if not checked.standing.solved:
        click.get_current_context().exit(REFUSED)
    if not as_json:
        from freshtoken_model.training.content.sources import cited

        known = (f"- {line}" for line in cited(chosen.sources))
        echo("", "Solved.", "", *chosen.debrief.split("\n"), "", "Known from:", *known, err=True)


@lab.command("hint")
@argument("name", metavar="[LAB]", required=False)
@command
def lab_hint(name: str | None, as_json: bool) -> None:
    """The next hint for LAB (else the one at hand); there are three."""
    room = _room()
    chosen = _chosen(name, room)
    number, text = room.hint(chosen)
    if as_json:
        print_json({"id": chosen.id, "hint": number, "of": len(chosen.hints), "text": text})
    else:
        said = with_commands(text, chosen.solution)
        echo(f"Hint {number} of {len(chosen.hints)}: {said}")


@lab.command("solve")
@argument("name", metavar="[LAB]", required=False)
@click.option("--give-up", is_flag=True, help="Show it although the lab is not solved.")
@click.option(
    "--play", is_flag=True, help="Set the lab back and play the solution in its org, step by step."
)
@trusting
@command
def lab_solve(name: str | None, give_up: bool, play: bool, as_json: bool) -> None:
    """The reference solution of LAB (else the one at hand), once it was solved or given up."""
    room = _room()
    chosen = _chosen(name, room)
    if give_up:
        room.give_up(chosen)
    lines = room.solution(chosen)
    if not play:
        print_json({"id": chosen.id, "solution": list(lines)}) if as_json else echo(*lines)
        return
    ask_trust(chosen)
    played: list[dict[str, object]] = []
    room.reset(chosen)
    for number in range(len(lines)):
        step, outcome = room.play_one(chosen, number)
        played.append(
            {
                "line": step.line,
                "exit_code": outcome.code,
                "stdout": outcome.out,
                "stderr": outcome.said,
            }
        )
        if not as_json:
            echo_text(f"$ freshtoken {visible(step.line)}\n{outcome.out}{outcome.said}")
    standing = room.standing(chosen)
    if as_json:
        print_json({"id": chosen.id, "steps": played, "solved": standing.solved})
    else:
        _print_standing(chosen, standing)


@lab.command("reset")
@argument("name", metavar="[LAB]", required=False)
@trusting
@command
def lab_reset(name: str | None, as_json: bool) -> None:
    """Set LAB (else the one at hand) back to its beginning."""
    room = _room()
    chosen = _chosen(name, room)
    ask_trust(chosen)
    aside = room.reset(chosen)
    if aside is not None:
        echo(f"What was there could not be used, and is kept as {aside}.", err=True)
    if as_json:
        print_json({"id": chosen.id, "org": str(room.path(chosen))})
    else:
        echo(f"{chosen.title}: as it was at the beginning.", err=True)


@lab.command("report")
@click.option("--name", "learner", default="", help="Whose report it is.")
@command
def lab_report(learner: str, as_json: bool) -> None:
    """What was done in labs, and when: Markdown, or JSON, to hand in."""
    from freshtoken_model.training.labs.report import labs_report, report_markdown

    found = labs_report(opened_shelf().labs, _room(), learner)
    if not found["labs"]:
        raise Stop("No lab was started yet.", REFUSED)
    if as_json:
        print_json(found)
    else:
        echo_text(report_markdown(found), nl=False)

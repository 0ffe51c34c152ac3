"""freshtoken demo: the list, playing one in the app or without a terminal, presenter notes on a
second terminal.
"""

from __future__ import annotations

import glob
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from freshtoken_model.store.orgfile import data_folder
from freshtoken_model.values.errors import OrgError
from freshtoken_tui.exit_codes import REFUSED

from . import start_app
from .common import Stop, ask_trust, command, echo, opened_shelf, print_json, print_table, trusting
from .groups import Group, argument
from .output_file import check_free, force_option
from .params import OwnFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshtoken_model.training.demos.demos import Demo, DemoStep
    from freshtoken_tui.app import FreshtokenApp

NOTES_EVERY = 0.2
"""Seconds between two looks at where the demo is."""


@click.group(cls=Group)
@click.option(
    "--content", metavar="DIR", help="A folder with demos of your own; else FRESHTOKEN_CONTENT."
)
@click.pass_context
def demo(ctx: click.Context, content: str | None) -> None:
    """Demos: they play by themselves, in the real screens."""
    ctx.meta["content"] = content


@demo.command("list")
@command
def demo_list(as_json: bool) -> None:
    """Every demo, and what it shows."""
    demos = opened_shelf().demos
    if as_json:
        print_json(
            [{"id": d.id, "title": d.title, "minutes": d.minutes, "about": d.about} for d in demos]
        )
    else:
        print_table([(d.id, f"{d.minutes} min", d.title) for d in demos], ("ID", "TIME", "TITLE"))


@demo.command("play")
@argument("name", metavar="DEMO")
@click.option(
    "--headless", is_flag=True, help="Without a terminal and without pauses: print a transcript."
)
@click.option(
    "--record",
    type=OwnFile(),
    help="Write an asciinema recording, and an SVG a step.",
)
@force_option
@trusting
@command
def demo_play(name: str, headless: bool, record: Path | None, force: bool, as_json: bool) -> None:
    """Play DEMO in the app. Headless: exit 1 when a step does not end as the script says."""
    chosen = opened_shelf().demo(name)
    ask_trust(chosen)
    if record is not None:
        check_free(record, force)
        for picture in record.parent.glob(f"{glob.escape(record.stem)}-*.svg"):
            check_free(picture, force)
    if not headless and record is None:
        code = start_app(
            click.get_current_context().obj,
            lambda app: app.demo.play(chosen),
            f"freshtoken demo play {chosen.id} --headless",
        )
        click.get_current_context().exit(code)
    _play_headless(chosen, record, as_json)


def _play_headless(chosen: Demo, record: Path | None, as_json: bool) -> None:
    import asyncio

    from freshtoken_tui.cli.headless import play_headless
    from freshtoken_tui.demo.hands import DemoStepError
    from freshtoken_tui.demo.recording import Recording

    from .steps import run_line

    recording = Recording(record) if record is not None else None
    played: list[dict[str, object]] = []

    def on_step(app: FreshtokenApp, step: DemoStep, trouble: str) -> None:
        light = app.org.view.light if app.org.view else ""
        played.append({"step": step.table, "say": step.say, "light": light, "trouble": trouble})
        if not as_json:
            echo(step.say, f"  [client: {light}]", *([f"  ✗ {trouble}"] if trouble else []))
        if recording is not None:
            recording.add(app, step)

    trouble = ""
    try:
        asyncio.run(play_headless(chosen, run_line, on_step, careful=recording is not None))
    except (DemoStepError, OrgError) as error:
        trouble = str(error)
    if recording is not None:
        try:
            recording.write()
        except OSError as error:
            raise Stop(f"{record} could not be written: {error.strerror}", REFUSED) from error
    if as_json:
        print_json({"id": chosen.id, "steps": played, "trouble": trouble})
    if trouble:
        raise Stop(trouble, REFUSED)


@demo.command("notes")
@argument("name", metavar="[DEMO]", required=False)
@click.option(
    "--follow",
    is_flag=True,
    help="Show the notes of the step that plays now, in another terminal, until ctrl+c.",
)
@command
def demo_notes(name: str | None, follow: bool, as_json: bool) -> None:
    """Presenter notes: all of DEMO, or those of the step that plays now."""
    if follow:
        _follow_notes(opened_shelf().demos)
        return
    if name is None:
        raise click.UsageError(
            "Which demo? freshtoken demo list names them. Or: freshtoken demo notes --follow"
        )
    chosen = opened_shelf().demo(name)
    if as_json:
        print_json(
            [
                [{"say": s.say, "notes": s.notes} for s in chapter.steps]
                for chapter in chosen.chapters
            ]
        )
        return
    for number, chapter in enumerate(chosen.chapters, 1):
        echo("", f"{number}  {chapter.title}")
        for step in chapter.steps:
            echo("", f"  {step.say}", *(f"    {line}" for line in step.notes.split("\n")))
    from freshtoken_model.training.content.sources import cited

    echo("", "Known from:", *(f"- {line}" for line in cited(chosen.sources)))


def _follow_notes(demos: Sequence[Demo]) -> None:
    place, shown = data_folder() / "demo.json", ""
    echo("Waiting for a demo. ctrl+c ends this.", err=True)
    try:
        while True:
            try:
                text = place.read_text(encoding="utf-8")
                at = json.loads(text)
                found = next((d for d in demos if d.id == at["demo"]), None)
                if text != shown and found is not None:
                    shown, chapter = text, found.chapters[at["chapter"]]
                    step = chapter.steps[at["step"]]
                    click.clear()
                    where = (
                        f"{at['chapter'] + 1} {chapter.title} · step {at['step'] + 1} · "
                        f"{at['state']}"
                    )
                    echo(f"{found.title} · {where}", "")
                    echo(step.say, "", *step.notes.split("\n"))
            except (OSError, ValueError, KeyError, IndexError, TypeError):
                pass  # no demo plays, or it is just being written
            time.sleep(NOTES_EVERY)
    except KeyboardInterrupt:
        echo()

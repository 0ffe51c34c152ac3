"""The header says what takes long, for as long as it does, and nothing about what does not."""

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from freshtoken_model.training.exam.proofs import Laboratory
from freshtoken_model.training.labs.classroom import Classroom
from freshtoken_model.training.shelf import open_bank, open_shelf
from freshtoken_model.values.errors import NotAllowedError
from freshtoken_tui.parts import demo, part

LAB, DEMO = open_shelf().labs[0], open_shelf().demos[0]
QUESTION = next(question for question in open_bank()[0] if question.proof is not None)
SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Labs, demos and experiments are set up only when this is set."""
    event = Event()

    def after(do: Callable[..., Any]) -> Callable[..., Any]:
        def wait(*given: Any, **more: Any) -> Any:
            assert event.wait(30)
            return do(*given, **more)

        return wait

    monkeypatch.setattr(Classroom, "start", after(Classroom.start))
    monkeypatch.setattr(Laboratory, "set_up", after(Laboratory.set_up))
    monkeypatch.setattr(demo, "make_demo_org", after(demo.make_demo_org))
    monkeypatch.setattr(part, "BUSY_AFTER", 0.01)
    return event


@pytest.mark.parametrize("size", SIZES)
async def test_a_lab_that_takes_long_to_open_is_told_until_it_is_open(
    org_file: Path, play, release: Event, size
) -> None:
    async with play(org_file, size) as player:
        player.app.labs.open(LAB)
        await player.sees("Opening the lab")
        assert "CONNECTED" in player.screen(), "the light keeps its place"
        release.set()
        await player.until(lambda: player.app.main.page.id == "page-lab", "open")
        await player.until(lambda: not player.app.main.header.busy, "told no more")


async def test_an_experiment_and_a_demo_are_told_too(org_file: Path, play, release: Event) -> None:
    async with play(org_file) as player:
        player.app.exam.prove(QUESTION, list(range(len(QUESTION.options))), "exam")
        await player.sees("Setting up the experiment")
        release.set()
        await player.until(lambda: player.app.main.page.id == "page-proof", "set up")
        await player.until(lambda: not player.app.main.header.busy, "told no more")
        await player.app.exam.leave_proof().wait()
        release.clear()
        player.app.demo.play(DEMO)
        await player.sees("Setting up the demo")
        release.set()
        await player.until(lambda: player.app.demo.player is not None, "it plays")
        assert not player.app.main.header.busy
        await player.press("ctrl+d", "ctrl+d")
        await player.until(lambda: player.app.demo.player is None, "it ended")


async def test_what_is_refused_is_told_no_more(
    org_file: Path, play, release: Event, monkeypatch: pytest.MonkeyPatch, toasts: list[str]
) -> None:
    def refuse(room: Classroom, lab: object) -> None:
        assert release.wait(30)
        raise NotAllowedError("Not today.")

    monkeypatch.setattr(Classroom, "start", refuse)
    async with play(org_file) as player:
        player.app.labs.open(LAB)
        await player.sees("Opening the lab")
        release.set()
        await player.until(lambda: "Not today." in toasts, "refused")
        await player.until(lambda: not player.app.main.header.busy, "told no more")


async def test_what_is_quick_is_not_told(
    org_file: Path, play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, "BUSY_AFTER", 3_600)
    said: list[str] = []
    async with play(org_file) as player:
        player.app.main.watch(player.app.main.header, "busy", said.append, init=False)
        player.app.labs.open(LAB)
        await player.until(lambda: player.app.main.page.id == "page-lab", "open")
    assert said == []

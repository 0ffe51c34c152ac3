"""The app in a browser leaves the machine alone: it is not the visitor's."""

from pathlib import Path

import pytest

from freshtoken_model.training.content.trust import Trust
from freshtoken_model.training.shelf import open_shelf
from freshtoken_tui import clipboard
from freshtoken_tui.app import FreshtokenApp

from .test_strangers_content import course_of


@pytest.fixture(autouse=True)
def in_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FreshtokenApp, "is_web", True)


async def test_no_ports_are_opened(org_file: Path, play) -> None:
    async with play(org_file, toasts=True) as player:
        await player.press("ctrl+s")
        await player.sees("In a browser no ports are opened")
        assert player.app.serving.server is None


async def test_what_is_copied_goes_to_the_terminal_and_not_to_the_machine(
    org_file: Path, play, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine: list[str] = []
    monkeypatch.setattr(clipboard, "copy_locally", machine.append)
    async with play(org_file) as player:
        player.app.copy("A1b2", "The token")
        assert player.app.clipboard == "A1b2" and machine == []
        monkeypatch.setattr(FreshtokenApp, "is_web", False)
        player.app.copy("C3d4", "The token")
        assert machine == ["C3d4"]


async def test_a_visitor_cannot_allow_programs(
    org_file: Path, tmp_path: Path, play, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "mark"
    monkeypatch.setenv("FRESHTOKEN_CONTENT", str(course_of(tmp_path / "course", mark)))
    mine = open_shelf().lab("mine")
    async with play(org_file, (160, 40), toasts=True) as player:
        player.app.labs.open(mine)
        await player.sees("Only whoever runs it can allow that")
        assert len(player.app.screen_stack) == 1
        assert not mark.exists() and not Trust().allows(mine)

"""In the app as on the command line: a stranger's lab runs a program only when somebody said
yes.
"""

import asyncio
import tomllib
from pathlib import Path

import pytest
import tomlkit

import freshtoken_data
from freshtoken_model.training.demos.demos import Act
from freshtoken_model.training.shelf import open_shelf
from freshtoken_tui.demo import hands
from freshtoken_tui.demo.hands import DemoHands, DemoStepError
from freshtoken_tui.demo.player import DemoPlayer

SOUND = tomllib.loads(
    (freshtoken_data.folder() / "labs" / "01-first-change.toml").read_text(encoding="utf-8")
)


def course_of(folder: Path, mark: Path) -> Path:
    """A content folder with one lab, whose setup runs a program that writes a mark."""
    (folder / "labs").mkdir(parents=True)
    setup = [f"serve run -- sh -c 'echo ran >> {mark}'"]
    lab = {**SOUND, "id": "mine", "title": "[/b] mine", "runs": "sh -c", "setup": setup}
    (folder / "labs" / "01.toml").write_text(tomlkit.dumps(lab), encoding="utf-8")
    return folder


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_a_program_is_shown_and_asked_for_once(
    org_file: Path, tmp_path: Path, play, monkeypatch, size
) -> None:
    mark = tmp_path / "mark"
    monkeypatch.setenv("FRESHTOKEN_CONTENT", str(course_of(tmp_path / "course", mark)))
    mine = open_shelf().lab("mine")
    async with play(org_file, size) as player:
        player.app.labs.open(mine)
        await player.sees("runs programs on this machine")
        await player.press("escape")
        await player.until(lambda: len(player.app.screen_stack) == 1, "the question is gone")
        assert not mark.exists() and player.app.labs.lab is None
        player.app.labs.open(mine)
        await player.sees("sh -c 'echo ran")
        await player.press("y")
        await player.sees("[/b] mine")
        assert mark.read_text() == "ran\n"
        await player.until(lambda: player.app.labs.standing is not None, "the lab is open")
        player.app.labs.reset()
        await player.until(lambda: mark.read_text() == "ran\n" * 2, "it ran again, unasked")


async def test_a_demo_answers_no_question_and_reaches_no_hidden_page(
    org_file: Path, tmp_path: Path, play, monkeypatch
) -> None:
    """Its hands act on what is in sight of its own org; while it plays nobody can be asked."""
    mark = tmp_path / "mark"
    (tmp_path / "labs").mkdir()
    lab = {
        **SOUND,
        "id": "mine",
        "runs": "sh -c",
        "setup": [f"serve run -- sh -c 'echo ran >> {mark}'"],
    }
    (tmp_path / "labs" / "01.toml").write_text(tomlkit.dumps(lab), encoding="utf-8")
    mine = open_shelf(str(tmp_path)).lab("mine")
    monkeypatch.setattr(hands, "STEP_TIMEOUT", 0.2)
    async with play(org_file) as player:
        app = player.app
        app.action_page("labs")
        await player.sees("Labs ·")
        app.action_page("home")
        await player.sees("Demo password")
        demo_hands = DemoHands(app, lambda seconds: asyncio.sleep(0), tmp_path, programs=False)
        with pytest.raises(DemoStepError):
            await demo_hands._touch(Act("row", "labs", "1"))
        app.labs.open(mine)
        await player.sees("runs programs on this machine")
        with pytest.raises(DemoStepError):
            await demo_hands._touch(Act("press", "yes", ""))
        await player.press("escape")
        app.demo.player = DemoPlayer(app, open_shelf().demo("two-minutes"))
        try:
            assert not await app.stage.may_run(mine)
            app.labs.open(mine)
            await player.until(
                lambda: not any(w.is_running and w.group == "lab" for w in app.workers),
                "it was refused",
            )
            assert app.labs.lab is None
        finally:
            app.demo.player._folder.cleanup()
            app.demo.player = None
        assert not mark.exists()


async def test_a_long_question_scrolls(org_file: Path, play) -> None:
    from freshtoken_tui.dialogs.modals import Confirm

    async with play(org_file, (80, 24)) as player:
        player.app.run_worker(
            player.app.push_screen_wait(Confirm("\n".join(f"line {n}" for n in range(40)), "Yes"))
        )
        await player.sees("line 0")
        assert "line 39" not in player.screen()
        await player.sees("↑ ↓ scroll")
        await player.press(*["down"] * 8)
        await player.sees("line 39")

"""What the README says is so."""

from pathlib import Path

from freshtoken_model.training.exports import bank_table
from freshtoken_model.training.shelf import open_bank, open_shelf
from freshtoken_tui.cli.headless import play_headless
from freshtoken_tui.cli.steps import run_line
from freshtoken_tui.commands import COMMANDS, key_table
from freshtoken_tui.demo.recording import Recording

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PICTURES = Path(__file__).parents[1] / "pictures"


def test_the_key_table_of_the_readme_is_the_one_of_the_app() -> None:
    assert key_table() in README


def test_the_figures_of_the_bank_in_the_readme_are_those_of_the_bank() -> None:
    questions, problems = open_bank()
    assert not problems and f"\n{bank_table(questions)}\n<!-- /bank -->" in README


def test_no_two_commands_have_the_same_key_or_id() -> None:
    keys = [command.key for command in COMMANDS if command.key]
    assert len(keys) == len(set(keys))
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)


def test_the_footer_has_at_most_six_keys() -> None:
    assert sum(command.footer for command in COMMANDS) <= 6


async def test_the_recording_and_the_picture_are_those_of_the_demo_as_it_plays_today(
    tmp_path: Path,
) -> None:
    """Made anew by: freshtoken demo play two-minutes --record tests/pictures/two-minutes.cast; keep
    the SVG shown.
    """
    demo = open_shelf().demo("two-minutes")
    recording = Recording(tmp_path / "two-minutes.cast")
    await play_headless(
        demo, run_line, lambda app, step, trouble: recording.add(app, step), careful=True
    )
    recording.write()
    shown = sorted(path.name for path in PICTURES.iterdir())
    assert len(shown) == 2 and all(name in README for name in shown)
    for name in shown:
        assert (tmp_path / name).read_text(encoding="utf-8") == (PICTURES / name).read_text(
            encoding="utf-8"
        ), name

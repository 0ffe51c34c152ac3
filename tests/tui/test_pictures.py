"""The pictures of README are those of the app as it is today."""

from pathlib import Path

from freshtoken_model.training.shelf import open_shelf
from freshtoken_tui.cli.headless import play_headless
from freshtoken_tui.cli.steps import run_line
from freshtoken_tui.demo.recording import Recording

PICTURES = Path(__file__).parents[1] / "pictures"


async def test_the_recording_and_the_picture_are_those_of_the_demo_as_it_plays_today(
    tmp_path: Path,
) -> None:
    """CONTRIBUTING.md says how to record them again."""
    demo = open_shelf().demo("two-minutes")
    recording = Recording(tmp_path / "two-minutes.cast")
    await play_headless(
        demo, run_line, lambda app, step, trouble: recording.add(app, step), careful=True
    )
    recording.write()
    shown = sorted(path.name for path in PICTURES.iterdir())
    assert len(shown) == 2
    for name in shown:
        assert (tmp_path / name).read_text(encoding="utf-8") == (PICTURES / name).read_text(
            encoding="utf-8"
        ), name

"""Plays a demo without a terminal, for recordings and for `content check`."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from freshtoken_model.store.whole_file import temporary_folder
from freshtoken_model.training.content.steps import LineRunner
from freshtoken_model.training.demos.demos import Demo, DemoStep
from freshtoken_tui.app import FreshtokenApp
from freshtoken_tui.demo.player import DemoPlayer
from freshtoken_tui.parts.demo import make_demo_org

OnStep = Callable[[FreshtokenApp, DemoStep, str], None]
"""Called at the end of a step: with the app as it is then, and what went wrong."""


async def play_headless(
    demo: Demo,
    run_line: LineRunner,
    on_step: OnStep,
    size: tuple[int, int] = (120, 40),
    careful: bool = False,
) -> None:
    """Play a demo at once, in an app without a terminal. `size`: columns and rows. Raises
    DemoStepError, OrgError.
    """
    with temporary_folder() as folder:
        path = Path(folder) / "demo.db"
        await asyncio.to_thread(make_demo_org, demo, path, run_line)
        app = FreshtokenApp(path, run_line)
        app.settings.welcomed, app.animation_level = True, "none"
        async with app.run_test(size=size, notifications=True) as pilot:
            while app.client.pane is None or not app.client.pane.ready:
                await pilot.pause(0.02)
            player = app.demo.player = DemoPlayer(
                app,
                demo,
                hurry=True,
                on_step=lambda step, trouble: on_step(app, step, trouble),
                careful=careful,
            )
            try:
                await player.play_at_once()
            finally:
                app.demo.player = None

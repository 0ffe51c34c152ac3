"""The part of the app that gives a demo its stage: an org file of its own, the bar, and the keys of
whoever presents.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.events import Event, Key, MouseDown

from .exam import ExamApp

if TYPE_CHECKING:
    from freshtoken_model.training.content.trust import Content
    from freshtoken_model.training.demos.demos import Demo, DemoStep
    from freshtoken_tui.demo.player import DemoPlayer
    from freshtoken_tui.view import Picture


class DemoApp(ExamApp):
    """An app that can play demos."""

    player: DemoPlayer | None = None

    def staying(self) -> str:
        """A demo's org is no place to come back to, and its hands open none of the learner's."""
        return (
            "A demo plays: leave it first, ctrl+d."
            if self.player is not None
            else super().staying()
        )

    async def may_run(self, content: Content) -> bool:
        """While a demo plays nobody is asked: its hands would answer."""
        return self.player is None and await super().may_run(content)

    def guide(self, picture: Picture, lines: int) -> str:
        """Nothing while a demo tells."""
        return "" if self.player is not None else super().guide(picture, lines)

    async def on_event(self, event: Event) -> None:
        """While a demo plays a key is the presenter's, or takes over; a demo itself sends none."""
        if self.player is not None and not event.is_forwarded:
            if isinstance(event, Key) and self.player.key(event.key):
                return
            if isinstance(event, MouseDown):
                self.player.take_over()
        await super().on_event(event)

    @work(group="demo", exclusive=True)
    async def play_demo(self, demo: Demo) -> None:
        """Play a demo on an org file of its own; afterwards the org before it is back."""
        from freshtoken_model.store.orgfile import data_folder
        from freshtoken_model.store.whole_file import temporary_folder
        from freshtoken_tui.demo.player import DemoPlayer

        if not await self.may_run(demo):
            return
        home = self.path
        with temporary_folder() as folder:
            path = Path(folder) / "demo.db"
            if await self.off_the_loop(
                lambda: make_stage(demo, path)
            ) is None or not await self.change_org(path):
                return
            lab, self.lab, self.standing = self.lab, None, None
            await self.open_page("home")
            self.player = DemoPlayer(self, demo, follow=data_folder() / "demo.json")
            try:
                await self.player.play()
            finally:
                self.player = None
            self._still_here()
            self.desk.show_demo(None)
            await self.close_dialogs()
            if await self.change_org(home):
                self.lab = lab
                self._look()
                await self.open_page("demos")


def make_stage(demo: Demo, path: Path) -> Path:
    """Make the org a demo plays in: seeded and frozen, its setup run. Raises OrgError."""
    from freshtoken_model.org import Org
    from freshtoken_model.training.content.trust import Trust
    from freshtoken_model.training.labs.classroom import make_org
    from freshtoken_tui.demo.runner import run_line

    make_org(path, demo.beginning, demo.setup, run_line, programs=Trust().allows(demo))
    with Org(path) as org:
        org.rewind.forget()
    return path


Told = Callable[["DemoApp", "DemoStep", str], None]
"""Hears of a step that has ended: the app as it is then, and what went wrong."""


async def play_headless(
    demo: Demo, told: Told, size: tuple[int, int] = (120, 40), careful: bool = False
) -> None:
    """Play a demo in an app without a terminal, at once. Raises StepWentWrong, OrgError."""
    from freshtoken_model.store.whole_file import temporary_folder
    from freshtoken_tui.app import FreshtokenApp
    from freshtoken_tui.demo.player import DemoPlayer

    with temporary_folder() as folder:
        path = Path(folder) / "demo.db"
        await asyncio.to_thread(make_stage, demo, path)
        app = FreshtokenApp(path)
        app.settings.welcomed, app.animation_level = True, "none"
        async with app.run_test(size=size, notifications=True) as pilot:
            while app.pane is None or not app.pane.ready:
                await pilot.pause(0.02)
            app.player = DemoPlayer(
                app,
                demo,
                hurry=True,
                told=lambda step, trouble: told(app, step, trouble),
                careful=careful,
            )
            try:
                await app.player.play_at_once()
            finally:
                app.player = None

"""Plays demos in the app, on an org file made for each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.events import Event, Key, MouseDown

from freshtoken_model.store.orgfile import data_folder
from freshtoken_tui.commands import key_of
from freshtoken_tui.messages import GoOnWithDemo, PlayDemo, Request

from .part import Part, in_worker

if TYPE_CHECKING:
    from freshtoken_model.training.content.steps import LineRunner
    from freshtoken_model.training.demos.demos import Demo
    from freshtoken_tui.demo.player import DemoPlayer


class Demos(Part):
    """The demo that plays, and the keys of the presenter."""

    player: DemoPlayer | None = None

    def hears(self, event: Event) -> bool:
        """While a demo plays a key is the presenter's, or takes over; the one that quits always
        does. True: it was for the demo. A demo itself sends no keys.
        """
        if self.player is None or event.is_forwarded:
            return False
        if isinstance(event, MouseDown):
            return self.player.click()
        if not isinstance(event, Key) or event.key in self._quitting():
            return False
        return self.player.key(event.key)

    def _quitting(self) -> list[str]:
        keys = self.app.settings.keys.get("quit") or key_of("quit")
        return [key.strip() for key in keys.split(",")]

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does."""
        return {"leave_demo": self.leave}

    def requests(self) -> dict[type[Request], Callable[[Any], object]]:
        """What it does for pages, dialogs and widgets."""
        return {
            PlayDemo: lambda asked: self.play(asked.demo),
            GoOnWithDemo: lambda _asked: self.go_on(),
        }

    def leave(self) -> None:
        """Leave the demo that plays; the own org comes back."""
        if self.player is None:
            self.app.notify("No demo plays.", severity="warning")
        else:
            self.player.leave()

    def go_on(self) -> None:
        """Pick up a demo that somebody took over, at the step where it was."""
        if self.player is not None:
            self.player.key("ctrl+d")

    def play(self, demo: Demo) -> None:
        """Play a demo, unless one is on its way: that one goes on."""
        if self.player is None:
            self._play(demo)
        else:
            self.app.notify("A demo is on its way: it goes on. Leave the demo: in the palette.")
            self.go_on()

    @in_worker(group="demo", exclusive=True)
    async def _play(self, demo: Demo) -> None:
        """Play a demo on an org file made for it; afterwards the org before it is back."""
        from freshtoken_model.store.whole_file import temporary_folder
        from freshtoken_tui.demo.player import DemoPlayer

        app = self.app
        if not await app.stage.may_run(demo):
            return
        with temporary_folder() as folder:
            path = Path(folder) / "demo.db"
            async with self.busy("Setting up the demo"):
                made = await app.off_the_loop(lambda: make_demo_org(demo, path, app.run_line))
                if made is None or not await app.stage.put_on(path):
                    return
                await app.pages.open("home")
            self.player = DemoPlayer(app, demo, follow=data_folder() / "demo.json")
            try:
                await self.player.play()
            finally:
                self.player = None
            app.end_worker_if_closing()
            app.main.show_demo(None)
            await app.close_dialogs()
            if await app.stage.bring_back():
                await app.pages.open("demos")


def make_demo_org(demo: Demo, path: Path, run_line: LineRunner) -> Path:
    """Make the org a demo plays in: seeded and frozen, its setup run. Raises OrgError."""
    from freshtoken_model.org import Org
    from freshtoken_model.training.content.trust import Trust
    from freshtoken_model.training.labs.classroom import make_org

    make_org(path, demo.beginning, demo.setup, run_line, programs=Trust().allows(demo))
    with Org(path) as org:
        org.rewind.forget()
    return path

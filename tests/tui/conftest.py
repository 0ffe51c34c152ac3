"""The app under Pilot: cheap hashing, a seeded and frozen org, and waiting for what is seen instead
of sleeping.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import _compositor, _wait
from textual._context import visible_screen_stack
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Button

from freshtoken_tui import clipboard
from freshtoken_tui.app import FreshtokenApp
from freshtoken_tui.cli.steps import run_line

from ..world import CHEAP

PAUSE, PATIENCE = 0.01, 1_500
"""Seconds of a pause; pauses before something that should be seen counts as missing."""
COLUMNS = ("pages", "client-pane", "client-strip", "told-column")
"""The widgets whose lines are read apart from those beside them."""
READ_APART = frozenset(("dialog", "desk-list", "desk-detail"))
"""The classes of widgets that are read apart likewise."""


@pytest.fixture(autouse=True)
def quick_pilot(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key press costs three idle polls; poll faster (private names, pinned by
    constraints.txt).
    """
    monkeypatch.setattr(_wait, "SLEEP_GRANULARITY", 0.005)
    monkeypatch.setattr(_wait, "SLEEP_IDLE", 0.0025)

    render = _compositor.Compositor.render_update

    def nothing(compositor, full=False, screen_stack=None, simplify=False) -> object:
        """What is rendered for a terminal that is not there; Player.screen() renders all of it when
        it looks.
        """
        if full:
            return render(compositor, full, screen_stack, simplify)
        visible_screen_stack.set(screen_stack or [])
        compositor._dirty_regions.clear()
        return None

    monkeypatch.setattr(_compositor.Compositor, "render_update", nothing)


@pytest.fixture(autouse=True)
def own_clipboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes into the clipboard of the machine."""
    monkeypatch.setattr(clipboard, "copy_locally", lambda text: None)


@pytest.fixture
def toasts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the app said in toasts."""
    said: list[str] = []
    monkeypatch.setattr(FreshtokenApp, "notify", lambda app, message, **more: said.append(message))
    return said


class Player:
    """Somebody at the keyboard, who reads the screen."""

    def __init__(self, pilot: Pilot[None], app: FreshtokenApp) -> None:
        self.pilot, self.app = pilot, app

    def screen(self) -> str:
        """The text on the screen, without the styles; runs of blanks folded."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    def words(self) -> list[str]:
        """What can be read in each column of the screen, lines folded: a fault may be wrapped."""
        lines = self.screen().split("\n")
        regions = [self.app.screen.region]
        regions += [
            w.region
            for w in self.app.screen.walk_children(Widget)
            if w.id in COLUMNS or w.classes & READ_APART
        ]
        shown = []
        for region in regions:
            column = (line[region.x : region.right] for line in lines[region.y : region.bottom])
            shown.append(" ".join(" ".join(column).replace("│", " ").replace("▌", " ").split()))
        return shown

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds; fail with the screen."""
        for _ in range(PATIENCE):
            if holds():
                return
            await asyncio.sleep(PAUSE)
            self.app.screen._on_timer_update()  # lays out what has changed, as Pilot.pause() does
        raise AssertionError(f"{what} did not happen; the screen is:\n{self.screen()}")

    async def focuses(self, ident: str) -> None:
        """Wait until a widget has the focus."""
        await self.until(
            lambda: self.app.focused is not None and self.app.focused.id == ident,
            f"{ident} in focus",
        )

    async def says(self, toasts: list[str], *expected: str) -> None:
        """Wait until these and no other toasts were shown (fixture `toasts`)."""
        try:
            await self.until(lambda: toasts == [*expected], "the toasts")
        finally:
            assert toasts == [*expected]

    async def sees(self, text: str) -> None:
        """Wait until a text can be read on the screen."""
        await self.until(
            lambda: any(text in words for words in self.words()), f"{text!r} on the screen"
        )

    async def push(self, label: str) -> None:
        """Press the button with this label that can be seen; a key may follow the label."""
        named = re.compile(re.escape(label) + r"( \S+)?")

        def seen() -> list[Button]:
            buttons = self.app.screen.query(Button).results(Button)
            return [
                b
                for b in buttons
                if named.fullmatch(str(b.label)) and b.region.area and not b.disabled
            ]

        await self.until(lambda: bool(seen()), f"a button {label!r}")
        seen()[0].press()

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type a text, key by key."""
        await self.pilot.press(
            *[{"-": "minus", "@": "at", ".": "full_stop"}.get(char, char) for char in text]
        )


@asynccontextmanager
async def playing(
    path: Path, size: tuple[int, int] = (120, 40), welcomed: bool = True, toasts: bool = False
) -> AsyncIterator[Player]:
    """The app on an org file, opened and furnished. `toasts`: they are drawn."""
    app = FreshtokenApp(path, run_line, CHEAP)
    app.settings.welcomed, app.animation_level = welcomed, "none"
    async with app.run_test(size=size, notifications=toasts) as pilot:
        player = Player(pilot, app)
        await player.until(
            lambda: app.client.pane is not None and app.client.pane.ready, "the org was opened"
        )
        await pilot.pause()
        yield player


@pytest.fixture
def play() -> object:
    """playing(), as a fixture."""
    return playing

"""What a demo says: a bar above the footer, or the whole screen where the back row must read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.widgets import Static

from freshtoken_tui.messages import GoOnWithDemo

from .notes import show

if TYPE_CHECKING:
    from freshtoken_tui.demo.player import DemoPlayer

STATE_GLYPHS = {"playing": "▶", "paused": "❚❚", "taken over": "◇", "ended": "■"}
DEMO_KEYS = {
    "playing": "space pauses  → on  ← back  1-9 chapter  + - speed  esc ends the chapter",
    "paused": "space goes on  → one step  ← back  1-9 chapter  ctrl+d leaves",
    "taken over": "the keyboard is yours · ctrl+d picks the demo up again, or a click here",
    "ended": "the end · enter or esc leaves  ← back  1-9 chapter",
}


class DemoBar(Vertical):
    """The caption of the step, where we are, which keys there are."""

    DEFAULT_CSS = """
    DemoBar {
        display: none;
        height: auto;
        background: $primary 15%;
        border-top: heavy $primary;
        padding: 0 2;
        #demo-say { text-style: bold; height: auto; }
        #demo-place { color: $foreground 70%; height: auto; }
        &.-shown { display: block; }
    }
    """

    def compose(self) -> ComposeResult:
        """Compose the caption and the place in the demo."""
        yield Static(id="demo-say")
        yield Static(id="demo-place")

    def on_click(self, event: Click) -> None:
        """A click goes on with a demo that was taken over."""
        event.stop()
        self.post_message(GoOnWithDemo())

    def tell(self, player: DemoPlayer) -> None:
        """Show where a demo is."""
        show(self.query_one("#demo-say", Static), player.now.say)
        show(self.query_one("#demo-place", Static), place_of(player))


class BigCaption(Vertical):
    """A caption as a whole screen."""

    DEFAULT_CSS = """
    BigCaption {
        display: none;
        layer: caption;
        dock: top;
        width: 100%;
        height: 100%;
        align: center middle;
        background: $background;
        #big-say { width: 80%; text-align: center; text-style: bold; color: $primary; height: auto;
        }
        #big-place { width: 80%; margin: 2 0 0 0; text-align: center; color: $foreground 60%;
        height: auto; }
        &.-shown { display: block; }
    }
    """

    def compose(self) -> ComposeResult:
        """Compose the caption and the place in the demo."""
        yield Static(id="big-say")
        yield Static(id="big-place")

    def tell(self, player: DemoPlayer) -> None:
        """Show where a demo is."""
        chapter = player.demo.chapters[player.chapter].title
        show(self.query_one("#big-say", Static), f"{player.demo.title}\n\n{player.now.say}")
        show(
            self.query_one("#big-place", Static),
            f"{chapter}\n{'' if player.hurry else DEMO_KEYS[player.state]}",
        )


def place_of(player: DemoPlayer) -> Content:
    """Chapter, step, speed; the trouble where there is one."""
    chapter = player.demo.chapters[player.chapter]
    place = (
        f"{STATE_GLYPHS[player.state]} {player.chapter + 1}/{len(player.demo.chapters)} "
        f"{chapter.title}"
    )
    place += f" · {player.step + 1}/{len(chapter.steps)}"
    if not player.hurry:
        place += f" · {player.speed:g}x · {DEMO_KEYS[player.state]}"
    if player.trouble:
        return Content.assemble((f"✗ {player.trouble} ", "$text-error bold"), place)
    return Content(place)

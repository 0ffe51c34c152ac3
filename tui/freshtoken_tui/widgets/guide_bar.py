"""The guide: which step of the story comes next, and why it matters, at one fixed place."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from .notes import show


class GuideBar(Vertical):
    """What to do, and in a tall window why it matters. It keeps its height while it is shown."""

    DEFAULT_CSS = """
    GuideBar {
        height: 1;
        padding: 0 1;
        background: $surface;
        border-left: outer $warning;
        Static { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        #guide-why { display: none; color: $foreground 70%; }
        &.-hidden { display: none; }
    }
    MainScreen.-tall GuideBar, MainScreen.-huge GuideBar {
        height: 2;
        #guide-why { display: block; }
    }
    """

    said = ""
    """What it says now."""

    def compose(self) -> ComposeResult:
        """Compose the step and its reason."""
        yield Static(id="guide-step")
        yield Static(id="guide-why")

    def tell(self, step: str, why: str = "") -> None:
        """Show a step; nothing hides the bar."""
        self.said = step
        self.set_class(not step, "-hidden")
        show(self.query_one("#guide-step", Static), Content(step))
        show(self.query_one("#guide-why", Static), Content(why))

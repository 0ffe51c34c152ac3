"""Jump mode: a letter on everything that can have the focus; the letter goes there."""

from __future__ import annotations

from string import ascii_lowercase

from textual.app import ComposeResult
from textual.events import Click, Key
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from freshtoken_tui.commands import local_keys


class Jump(ModalScreen[Widget | None]):
    """The labels. Answers the widget that was chosen."""

    DEFAULT_CSS = """
    Jump { background: $background 40%; layers: labels; }
    Jump Static {
        layer: labels;
        position: absolute;
        width: 3;
        height: 1;
        background: $warning;
        color: $background;
        text-style: bold;
        text-align: center;
    }
    """
    BINDINGS = local_keys("jump", ("escape", "dismiss", "Close"))

    def __init__(self, targets: list[Widget]) -> None:
        """`targets`: what can be gone to, as far as there are letters."""
        super().__init__()
        self._targets = dict(zip(ascii_lowercase, targets, strict=False))

    def compose(self) -> ComposeResult:
        """Compose a label at the upper left of each target."""
        for letter, target in self._targets.items():
            label = Static(letter)
            label.styles.offset = (target.region.x, target.region.y)
            yield label

    def on_key(self, event: Key) -> None:
        """A letter goes there; any other key closes."""
        if event.key != "escape":
            event.stop()
            self.dismiss(self._targets.get(event.key))

    def on_click(self, event: Click) -> None:
        """A click closes."""
        self.dismiss(None)

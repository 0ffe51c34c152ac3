"""The client in a few lines, for windows too narrow to show its pane beside the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from freshtoken_tui.widgets.header_bar import styled
from freshtoken_tui.widgets.notes import MarginNote, show
from freshtoken_tui.words import HOLDS, LIGHTS

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView


class ClientStrip(Vertical):
    """Light, words told, and our note; f8 opens the pane."""

    def compose(self) -> ComposeResult:
        """What it was told, what we know, what comes next."""
        yield Static(id="strip-told")
        yield MarginNote(id="strip-note")
        yield MarginNote(id="strip-next")

    def draw(self, picture: OrgView) -> None:
        """Show it. A long fault keeps its first sentence here; f8 has all of it."""
        glyph, word, colour = LIGHTS[picture.light]
        told: str = picture.client.told
        if len(told) > 2 * max(20, self.size.width - len(word) - 8):
            told = f"{told.split('. ', 1)[0]}. …"
        show(
            self.query_one("#strip-told", Static),
            Content.assemble(styled(f"{glyph} {word}", colour, "bold"), "  ", told),
        )
        _, holds, _ = HOLDS[picture.client.holds]
        said = (f"holds token: {holds}", picture.attempts_left, "f8 opens the client")
        self.query_one("#strip-note", MarginNote).tell(" · ".join(filter(None, said)))

    def guide(self, words: str) -> None:
        """Say what comes next."""
        self.query_one("#strip-next", MarginNote).tell(words)

"""Rows of a glyph and words, the words in a second column: long ones wrap within it."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

HangingRow = tuple[Content, Content]


class HangingList(VerticalGroup):
    """The rows; none take no room."""

    DEFAULT_CSS = """
    HangingList {
        .hanging-glyph { width: auto; min-width: 2; }
        .hanging-words { width: 1fr; height: auto; }
    }
    """
    rows: reactive[tuple[HangingRow, ...]] = reactive((), recompose=True)

    async def fill(self, rows: Iterable[HangingRow]) -> None:
        """Show these rows; they are there when this ends."""
        self.set_reactive(HangingList.rows, tuple(rows))
        await self.recompose()

    def compose(self) -> ComposeResult:
        """Compose a row for each glyph and its words."""
        for glyph, words in self.rows:
            with HorizontalGroup():
                yield Static(glyph, classes="hanging-glyph")
                yield Static(words, classes="hanging-words")

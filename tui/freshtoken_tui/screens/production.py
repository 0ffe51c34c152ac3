"""In production: one page after the story."""

from __future__ import annotations

from textual.app import ComposeResult

import freshtoken_data
from freshtoken_tui.dialogs.modals import plain_markdown

from .page import Page


class Production(Page, can_focus=True):
    """Rotating without downtime, not retrying on INVALID_LOGIN, leaving tokens behind."""

    TITLE = "In production"
    HELP = "## In production\nWhat to take from the story into a real org. Up and down scroll."

    def compose(self) -> ComposeResult:
        """The text of production.md."""
        yield plain_markdown(freshtoken_data.text("production.md"))

    def first_focus(self) -> str:
        """The page itself, so that keys scroll it."""
        return "#page-production"

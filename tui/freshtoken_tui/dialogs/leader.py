"""Every command by a letter behind the leader key, for terminals that take the other keys."""

from __future__ import annotations

from itertools import groupby

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click, Key
from textual.screen import ModalScreen
from textual.widgets import Static

from freshtoken_tui.command_groups import group_of
from freshtoken_tui.commands import COMMANDS, LEADER, local_keys

COLUMN = 30
"""Columns of an entry."""


class LeaderKeys(ModalScreen[str | None]):
    """The letters, at the lower edge. A letter answers the id of its command; Escape answers
    nothing.
    """

    DEFAULT_CSS = """
    LeaderKeys { align: center bottom; background: transparent; }
    LeaderKeys Vertical {
        height: auto;
        background: $panel;
        border-top: solid $primary;
        padding: 0 1;
    }
    """
    BINDINGS = local_keys("leader", (f"escape,{LEADER}", "dismiss", "Close"))

    def compose(self) -> ComposeResult:
        """Compose the letters, group by group, in as many columns as fit."""
        with Vertical():
            yield Static(self._letters())

    def _letters(self) -> Content:
        columns = max(1, (self.app.size.width - 12) // COLUMN)
        lettered = sorted((c for c in COMMANDS if c.letter), key=lambda c: group_of(c.id))
        lines: list[Content] = []
        for group, members in groupby(lettered, key=lambda c: group_of(c.id)):
            cells = [
                Content.assemble((f"{c.letter} ", "bold"), c.label[: COLUMN - 3]) for c in members
            ]
            for start in range(0, len(cells), columns):
                head = group if not start else ""
                row = [
                    cell.pad_right(COLUMN - cell.cell_length) for cell in cells[start:][:columns]
                ]
                lines.append(Content.assemble((head.ljust(9), "bold"), *row))
        return Content("\n").join(lines)

    def on_key(self, event: Key) -> None:
        """A letter chooses; any other key closes."""
        if event.key in ("escape", LEADER):
            return
        event.stop()
        pressed = event.character or event.key
        self.dismiss(next((c.id for c in COMMANDS if c.letter and c.letter == pressed), None))

    def on_click(self, event: Click) -> None:
        """A click closes."""
        self.dismiss(None)

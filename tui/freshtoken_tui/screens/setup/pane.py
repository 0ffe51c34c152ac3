"""What the tabs of Setup are made of: panes that scroll, settings, buttons in as many columns as
fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, DataTable

from freshtoken_model.decision.settings import SETUP
from freshtoken_model.values.citations import marks_in_words
from freshtoken_tui.host import Hosted
from freshtoken_tui.widgets.button_grid import ButtonGrid
from freshtoken_tui.widgets.scroll import UnanimatedScroll

from .setting_row import SettingRow, setting_of
from .words import CHANGES

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView


class Pane(Hosted, UnanimatedScroll, can_focus=False):
    """A tab of Setup. What it says of what has the focus is in the note of the page."""

    NOTES: ClassVar[dict[str, str]] = {}
    """What each button, or field, does, by its id."""

    picture: OrgView | None = None

    def show(self, picture: OrgView) -> None:
        """Draw the org as it is now."""
        self.picture = picture
        self.draw(picture)

    def draw(self, picture: OrgView) -> None:
        """Fill the tables from a picture of the org."""

    def about(self) -> str:
        """What is told of while no button has the focus."""
        return ""

    def told(self, focused: Widget | None) -> str | Content:
        """What is to be known of what has the focus: what a button does, before it is pressed; what
        another choice of a setting changes.
        """
        if focused is None or self not in focused.ancestors:
            return self.about()
        row = setting_of(focused)
        if row is not None:
            return row.about()
        return self.NOTES.get(str(focused.id), "") or self.about()

    def buttons(self, *made: Button) -> ButtonGrid:
        """A row of buttons; the tooltip of each says what it does."""
        for button in made:
            button.tooltip = marks_in_words(self.NOTES.get(str(button.id), "")) or None
        return ButtonGrid(*made)

    def settings(self, *pages: str) -> Iterator[SettingRow]:
        """The settings of some of Setup's pages."""
        for setting in SETUP:
            if setting.page in pages:
                yield SettingRow(
                    setting, self.host.org.setting(setting.name), CHANGES[setting.name]
                )

    def action_press(self, name: str) -> None:
        """A letter is as good as its button."""
        pressed = self.query_one(f"#{name}", Button)
        if not pressed.disabled:
            pressed.press()

    def row_of(self, table: str, count: int) -> int | None:
        """The row under the cursor of a table with so many rows."""
        row = self.query_one(table, DataTable).cursor_row
        return row if 0 <= row < count else None

    async def go_to(self, table: str, place: Callable[[OrgView], int | None]) -> None:
        """Put the cursor on what was just made, and the focus on the table."""
        found: DataTable[Any] = self.query_one(table, DataTable)
        row = place(self.picture) if self.picture else None
        if row is not None:
            found.move_cursor(row=row, animate=False)
        found.focus()

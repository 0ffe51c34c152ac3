"""What the tabs of Setup are made of: panes that scroll, settings with their notes, buttons in as
many columns as fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Vertical, VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.events import DescendantFocus
from textual.geometry import Offset, Region
from textual.widgets import Button, DataTable, Label, Select

from freshtoken_tui.widgets.notes import MarginNote
from freshtoken_tui.widgets.plain import Picklist

from .words import CHANGES

if TYPE_CHECKING:
    from freshtoken_model.decision.settings import Setting
    from freshtoken_tui.app import FreshtokenApp
    from freshtoken_tui.view import Picture

PADDING = 4
"""Columns of a button beside its label."""


def letters(*keys: tuple[str, str, str]) -> list[BindingType]:
    """Key, action and label of what the buttons show anyway: the footer does not."""
    return [Binding(key, action, label, show=False) for key, action, label in keys]


class SettingRow(Vertical):
    """One setting: its label, its picklist, and where it is known from."""

    def __init__(
        self,
        setting: Setting,
        value: str | None,
        changes: str = "",
        *,
        prefix: str = "set",
        org_value: str | None = None,
    ) -> None:
        """`value`: what stands now; a picklist mounted with anything else would save it.

        `changes`: what another choice does, told while the picklist is in focus. `org_value`: the
        setting is a profile's own, and its first choice is the org's, which stands at this.
        """
        super().__init__()
        self._setting, self._value, self._changes = setting, value, changes
        self._prefix, self._org_value = prefix, org_value

    def compose(self) -> ComposeResult:
        """Label and picklist; constants have none. What the facts leave open says why, and what is
        known.
        """
        from freshtoken_model.decision.words import MARKS

        setting, value = self._setting, self._value
        yield Label(Content.styled(setting.label, "bold"))
        if setting.choices:
            options = [(label, choice) for choice, label in setting.choices]
            if self._org_value is not None:
                options.insert(0, (org_choice(setting, self._org_value), ""))
            else:
                value = value or setting.default
            ident = f"{self._prefix}-{setting.name}"
            yield Picklist(options, id=ident, allow_blank=False, value=value or "", compact=True)
        source = Content.styled(f" ({MARKS[setting.mark]}) {setting.source}", "$foreground 70%")
        if self._changes:
            yield MarginNote(Content.assemble(self._changes, source), classes="-changes")
        if setting.why and self._org_value is None:
            why = setting.why if self._changes else Content.assemble(setting.why, source)
            yield MarginNote(why, classes="-why")

    def on_resize(self) -> None:
        """The note that has just appeared is seen as well."""
        if self.has_pseudo_class("focus-within"):
            self.scroll_visible(animate=False, immediate=True)


def org_choice(setting: Setting, value: str) -> str:
    """A profile's first choice: to have none of its own."""
    return f"the org's: {setting.words(value)}"


def show_values(page: DOMNode, values: dict[str, str], prefix: str = "set") -> None:
    """Put the present values into the picklists of a page."""
    for select in page.query(Select).results(Select):
        kind, _, name = str(select.id).partition("-")
        value = values.get(name)
        if kind != prefix or value is None or select.value == value:
            continue
        if not select.query(
            "SelectCurrent > #label"
        ):  # still being made: Textual's own parts are not there yet
            select.call_after_refresh(show_values, page, values, prefix)
            continue
        with select.prevent(Select.Changed):
            select.value = value


class ButtonGrid(Grid):
    """Buttons in columns: as many beside each other as the width has room for."""

    DEFAULT_CSS = """
    ButtonGrid {
        height: auto;
        grid-gutter: 0 1;
        grid-rows: 1;
        margin: 1 0 0 0;
    }
    """

    def on_resize(self) -> None:
        """Other columns."""
        self.fit()

    def fit(self) -> None:
        """Put them in columns anew; also when a label has changed."""
        widths = [
            Content(str(b.label)).cell_length + PADDING
            for b in self.query(Button).results(Button)
            if b.display
        ]
        columns = columns_for(widths, self.size.width)
        self.styles.grid_size_columns = len(columns)
        self.styles.grid_columns = " ".join(map(str, columns))


def columns_for(widths: Sequence[int], room: int) -> list[int]:
    """As many columns as have room, a blank between them, for things of these widths; each as wide
    as its widest.
    """
    for count in range(len(widths), 0, -1):
        columns = [max(widths[place::count]) for place in range(count)]
        if sum(columns) + count - 1 <= room:
            return columns
    return [max(widths)]


AT_ONCE = {"animate": False, "immediate": True}
"""How to scroll to what has the focus: gliding would end where that stood before its note
appeared.
"""


class Steady(VerticalScroll, can_focus=False):
    """Scrolls at once."""

    def scroll_to_region(self, region: Region, *args: Any, **options: Any) -> Offset:
        """As Textual does, without an animation."""
        return super().scroll_to_region(region, *args, **(options | AT_ONCE))


class PaneNote(MarginNote):
    """Tells of the button that has the focus, and is seen then."""

    def __init__(self) -> None:
        super().__init__(classes="pane-note")

    def tell(self, text: str | Content) -> None:
        """Show a note, and come into sight."""
        super().tell(text)
        self.call_after_refresh(self.on_resize)

    def on_resize(self) -> None:
        """Come into sight where a button has the focus."""
        focused = self.screen.focused
        if isinstance(focused, Button) and self.parent in focused.ancestors:
            self.scroll_visible(animate=False, immediate=True)


class Pane(Steady, can_focus=False):
    """A tab of Setup. Its note tells of what has the focus: what a button does, before it is
    pressed.
    """

    NOTES: ClassVar[dict[str, str]] = {}
    """What each button, or field, does, by its id."""

    picture: Picture | None = None

    @property
    def desk(self) -> FreshtokenApp:
        """The app, typed."""
        return cast("FreshtokenApp", self.app)

    def show(self, picture: Picture) -> None:
        """Draw the org as it is now."""
        self.picture = picture
        self.draw(picture)
        self.tell()

    def draw(self, picture: Picture) -> None:
        """Fill the tables."""

    def about(self) -> str:
        """What is told of while no button has the focus."""
        return ""

    def tell(self) -> None:
        """Tell of what has the focus."""
        focused = self.screen.focused
        name = focused.id if focused is not None and self in focused.ancestors else None
        words = self.NOTES.get(name or "", "") or self.about()
        for note in self.query(PaneNote):
            note.tell(words)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say what it does."""
        self.tell()

    def buttons(self, *made: Button) -> ButtonGrid:
        """A row of buttons, each with what it does for whoever points at it."""
        for button in made:
            button.tooltip = self.NOTES.get(str(button.id))
        return ButtonGrid(*made)

    def settings(self, *pages: str) -> Iterator[SettingRow]:
        """The settings of some of Setup's pages."""
        from freshtoken_model.decision.settings import SETUP

        for setting in SETUP:
            if setting.page in pages:
                yield SettingRow(
                    setting, self.desk.setting_value(setting.name), CHANGES[setting.name]
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

    async def go_to(self, table: str, place: Callable[[Picture], int | None]) -> None:
        """Put the cursor on what was just made, and the focus on the table."""
        found: DataTable[Any] = self.query_one(table, DataTable)
        row = place(self.picture) if self.picture else None
        if row is not None:
            found.move_cursor(row=row, animate=False)
        found.focus()

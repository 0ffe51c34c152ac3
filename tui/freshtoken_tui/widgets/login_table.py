"""Login History's table: a window on any number of rows. Row k is known by its id; what is read is
what is in sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from freshtoken_model.history.login_history import CSV_COLUMNS, LoginRow
from freshtoken_model.values.clock import at
from freshtoken_model.values.visible import visible
from freshtoken_tui.commands import local_keys

from .row_ids import RowIds

WIDTHS = {
    "Login Time": 15,
    "Status": 16,
    "Username": 24,
    "Source IP": 15,
    "Login Type": 19,
    "Application": 18,
    "API Type": 15,
    "API Version": 11,
    "Login URL": 24,
    "Login Subtype": 24,
}
"""Columns by their real headings, in the order they are read in, and how wide: a million rows
cannot be asked.
"""
STATUS, STATUS_WIDEST, FIRST_SEEN = 1, 35, 4
"""The column that grows while the first four fit: its longest usual text has 35 characters."""
GAP, TIGHT = 2, 60
"""Columns between columns; one less in a narrower window."""
ROWS_KEPT = 2_000
"""Rows kept, whatever was seen."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A row as it is drawn."""

    texts: tuple[str, ...]
    accepted: bool
    event_id: int


class LoginTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows by id, fetched as they come into sight. The heading stays; the cursor is a row."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {
        f"login-table--{part}"
        for part in ("header", "even", "cursor", "accepted", "refused", "waiting")
    }
    DEFAULT_CSS = """
    LoginTable {
        height: 1fr;
        min-height: 4;
        background: transparent;
        scrollbar-size: 0 1;
        & > .login-table--header { background: $panel; color: $foreground; text-style: bold; }
        & > .login-table--even { background: $surface; }
        & > .login-table--accepted { color: $text-success; }
        & > .login-table--refused { color: $text-error; }
        & > .login-table--waiting { color: $foreground 40%; }
        & > .login-table--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
            text-style: $block-cursor-blurred-text-style;
        }
        &:focus > .login-table--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
        &:ansi > .login-table--header { background: transparent; color: ansi_default; text-style:
        bold underline; }
        &:ansi > .login-table--even { background: transparent; }
        &:ansi > .login-table--waiting { color: ansi_default; text-style: dim; }
        &:ansi > .login-table--cursor { background: transparent; color: ansi_default; text-style:
        bold underline; }
        &:ansi:focus > .login-table--cursor { background: transparent; color: ansi_default;
        text-style: reverse; }
    }
    """
    BINDINGS = local_keys(
        "login_table",
        ("up", "move(-1)", "Newer"),
        ("down", "move(1)", "Older"),
        ("pageup", "page(-1)", "A page newer"),
        ("pagedown", "page(1)", "A page older"),
        ("home,ctrl+home", "end(-1)", "Newest"),
        ("end,ctrl+end", "end(1)", "Oldest"),
        ("left", "sideways(-1)", "Columns to the left"),
        ("right", "sideways(1)", "Columns to the right"),
        ("enter", "choose", "Why"),
    )

    cursor: reactive[int] = reactive(0)
    unseen: reactive[int] = reactive(0)
    """Rows that came in above and have not been in sight."""
    zone, year, empty = "UTC", 0, ""

    class Missing(Message):
        """Rows in sight, or nearly, are not there: supply() them. Not asked again until then."""

        def __init__(self, ids: list[int]) -> None:
            super().__init__()
            self.ids = ids

    class Moved(Message):
        """The cursor is on another row, or its row was read."""

    class Chosen(Message):
        """What did the org decide at this event?"""

        def __init__(self, event_id: int) -> None:
            super().__init__()
            self.event_id = event_id

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.ids = RowIds(0, gathered=False)
        self._cells: dict[int, Cells | None] = {}
        self._asked = False
        self._widths, self._gap = tuple(WIDTHS.values()), GAP

    # ---- The rows

    def start(self, ids: RowIds, rows: Sequence[LoginRow]) -> None:
        """Start over at the top, with the first rows."""
        self.ids, self._asked, self.cursor, self.unseen = ids, False, 0, 0
        self._cells.clear()
        self._measure()
        self.scroll_to(y=0, animate=False, force=True)
        self.supply([row.id for row in rows], rows)

    def supply(self, asked: Sequence[int], rows: Sequence[LoginRow] | None) -> None:
        """What was asked for, as far as it is still there; None: it could not be read, so ask at
        the next move.
        """
        self._asked = False
        if rows is None:
            return
        self._cells.update(dict.fromkeys(asked))
        self._cells.update((row.id, self._drawn(row)) for row in rows)
        self.post_message(self.Moved())
        for number in list(self._cells)[: max(0, len(self._cells) - ROWS_KEPT)]:
            del self._cells[number]
        self.refresh()
        self._look()

    def grown(self) -> None:
        """Older rows were added to the ids."""
        self._measure()
        self._look()

    def arrived(self, count: int) -> None:
        """So many rows were added above: who is at the top goes with them, everybody else keeps the
        place.
        """
        at_top = self.cursor == 0 and self.scroll_offset.y == 0
        self._measure()
        if not at_top:
            self.cursor += count
            self.scroll_to(y=self.scroll_target_y + count, animate=False, force=True)
            self.unseen = min(self.unseen + count, self.scroll_offset.y)
        self.refresh()
        self._look()

    def _drawn(self, row: LoginRow) -> Cells:
        moment, texts = (
            at(row.login_time, self.zone),
            dict(zip(CSV_COLUMNS, row.cells(), strict=True)),
        )
        texts["Login Time"] = (
            f"{moment:%d %b %H:%M:%S}" if moment.year == self.year else f"{moment:%d%b%Y %H:%M}"
        )
        return Cells(tuple(visible(texts[name]) for name in WIDTHS), row.accepted, row.event_id)

    def _measure(self) -> None:
        """As wide as the columns, as high as the rows and their heading."""
        widths = list(WIDTHS.values())
        gap = self._gap = GAP if self.room >= TIGHT else GAP - 1
        room = self.room - sum(widths[:FIRST_SEEN]) - gap * (FIRST_SEEN - 1)
        widths[STATUS] = min(STATUS_WIDEST, widths[STATUS] + max(0, room))
        self._widths = tuple(widths)
        self.virtual_size = Size(sum(widths) + gap * len(widths), len(self.ids) + 1)

    @property
    def room(self) -> int:
        """Columns beside the scroll bar."""
        return max(0, self.size.width - self.scrollbar_size_vertical)

    @property
    def rows_in_sight(self) -> int:
        """How many fit under the heading."""
        return max(1, self.size.height - 1)

    def _look(self) -> None:
        """Ask for what is missing in sight, or for a good part of the pages above and below it."""
        # Three screens are kept filled, so that scrolling by a page shows rows at once. One request
        # at a time, and none for a few rows out of sight: each one is a query.
        room, top = self.rows_in_sight, self.scroll_offset.y
        if self._asked or not self.size:
            return
        near = [
            self.ids[row] for row in range(max(0, top - room), min(len(self.ids), top + 2 * room))
        ]
        missing = [number for number in near if number not in self._cells]
        seen = {self.ids[row] for row in range(top, min(len(self.ids), top + room))}
        if len(missing) > room // 2 or not seen.isdisjoint(missing):
            self._asked = True
            self.post_message(self.Missing(missing))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Other rows come into sight."""
        super().watch_scroll_y(old_value, new_value)
        self.unseen = min(self.unseen, self.scroll_offset.y)
        self._look()

    def on_resize(self, event: Resize) -> None:
        """More or fewer of them."""
        self._measure()
        self._look()

    # ---- Keys and mouse

    def _go(self, row: int) -> None:
        """The cursor to a row, and the row into sight."""
        row = max(0, min(row, len(self.ids) - 1))
        top, room = self.scroll_offset.y, self.rows_in_sight
        self.cursor = row
        wanted = min(row, max(top, row - room + 1))
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True)

    def action_move(self, rows: int) -> None:
        """A row up or down."""
        self._go(self.cursor + rows)

    def action_page(self, way: int) -> None:
        """A window up or down; the cursor keeps its height in it."""
        self.scroll_to(y=self.scroll_offset.y + way * self.rows_in_sight, animate=False, force=True)
        self._go(self.cursor + way * self.rows_in_sight)

    def action_end(self, way: int) -> None:
        """To the newest or the oldest."""
        self._go(0 if way < 0 else len(self.ids) - 1)

    def action_sideways(self, way: int) -> None:
        """To the next column beyond the edge."""
        starts = [
            0,
            *(x - 1 for x in accumulate(width + self._gap for width in self._widths[:-1])),
        ]  # 1: for the arrow
        here = self.scroll_offset.x
        beyond = [x for x in starts if (x > here if way > 0 else x < here)]
        if beyond:
            self.scroll_to(x=beyond[0] if way > 0 else beyond[-1], animate=False, force=True)

    @property
    def row_shown(self) -> Cells | None:
        """The row of the cursor; None while it was not read, or there is none."""
        return self._cells.get(self.ids[self.cursor]) if self.cursor < len(self.ids) else None

    def watch_cursor(self) -> None:
        """Post that the cursor moved."""
        self.post_message(self.Moved())

    def action_choose(self) -> None:
        """Ask about the row of the cursor."""
        cells = self.row_shown
        if cells is not None:
            self.post_message(self.Chosen(cells.event_id))

    def on_click(self, event: Click) -> None:
        """The cursor goes where one clicks; a second click asks. The ends of the heading go
        sideways.
        """
        row = event.y - 1 + self.scroll_offset.y
        if event.y == 0:
            self.action_sideways(-1 if event.x < self.room // 2 else 1)
        elif row < len(self.ids):
            again, self.cursor = row == self.cursor, row
            if again:
                self.action_choose()

    # ---- Drawing

    def render_line(self, y: int) -> Strip:
        """The heading, or a row."""
        left, width = self.scroll_offset.x, self.room
        row = y - 1 + self.scroll_offset.y
        if y == 0:
            return self._heading(left, width)
        if row >= len(self.ids):
            text = self.empty if row == 0 else ""
            return Strip([Segment(text, self.rich_style)]).crop_extend(0, width, self.rich_style)
        cells, here = self._cells.get(self.ids[row]), row == self.cursor
        if here:
            style = self._part("cursor")
        elif self.ids[row] % 2 == 0:  # by id: stripes do not flicker when rows come in
            style = self._part("even")
        else:
            style = self.rich_style
        if cells is None:
            dots = "".join("····".ljust(width + self._gap) for width in self._widths)
            segments = [Segment(dots, style if here else style + self._ink("waiting"))]
        else:
            said = style if here else style + self._ink("accepted" if cells.accepted else "refused")
            shown = [
                _fit(text, width) + " " * self._gap
                for text, width in zip(cells.texts, self._widths, strict=True)
            ]
            segments = [
                Segment(shown[0], style),
                Segment(shown[1], said),
                Segment("".join(shown[2:]), style),
            ]
        return Strip(segments).crop_extend(left, left + width, style)

    def _heading(self, left: int, width: int) -> Strip:
        """The columns' names; arrows where there is more."""
        style = self._part("header")
        names = "".join(
            _fit(name, size) + " " * self._gap
            for name, size in zip(WIDTHS, self._widths, strict=True)
        )
        strip = Strip([Segment(names, style)]).crop_extend(left, left + width, style)
        if left < self.max_scroll_x:
            strip = Strip.join([strip.crop(0, width - 2), Strip([Segment(" ›", style)])])
        if left > 0:
            strip = Strip.join([Strip([Segment("‹", style)]), strip.crop(1)])
        return strip

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(f"login-table--{name}")

    def _ink(self, name: str) -> Style:
        """The text of a part, on whatever is behind it."""
        part = self._part(name)
        return Style(color=part.color, dim=part.dim)


def _fit(text: str, width: int) -> str:
    """As wide as its column."""
    return (
        set_cell_size(text, width)
        if cell_len(text) <= width
        else set_cell_size(text, width - 1) + "…"
    )

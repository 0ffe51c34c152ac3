"""Tables, filled again without losing the place: columns as wide as their cells, long cells cut."""

from collections.abc import Sequence

from textual.content import Content
from textual.coordinate import Coordinate
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import DataTable

WIDEST = 36
"""Columns of the widest cell: a long name does not push the other columns out of sight."""


class RowTable(DataTable[Content]):
    """A list of rows with a cursor. While it is empty the cursor stays: Textual's would go to row
    -1, and tell of a row without a key.
    """

    filled: object = None
    """What it was filled with."""

    def __init__(self, id: str, enter_does: str = "") -> None:
        """`enter_does`: what Enter does with a row, for the footer."""
        super().__init__(id=id, cursor_type="row", cell_padding=1)
        self._enter_does = enter_does

    @property
    def enter_does(self) -> str:
        """What Enter does; nothing while there is no row."""
        return self._enter_does if self.row_count else ""

    def validate_cursor_coordinate(self, value: Coordinate) -> Coordinate:
        """Keep the cursor in the table, at its beginning while it is empty."""
        row, column = super().validate_cursor_coordinate(value)
        return Coordinate(max(0, row), max(0, column))


def cut_middle(text: Content, width: int) -> Content:
    """A text of at most so many columns: the middle is left out, because names differ at both
    ends.
    """
    if text.cell_length <= width:
        return text
    plain = text.plain
    head = (width - 1) // 2
    tail = width - 1 - head
    return Content.assemble(text[:head], "…", text[len(plain) - tail :] if tail else "")


def fill(
    table: DataTable[Content],
    headings: Sequence[str],
    rows: Sequence[Sequence[Content]],
    keys: Sequence[str] | None = None,
    room: int = 0,
    flexible: int = 0,
    widest: int = WIDEST,
) -> None:
    """Replace everything in a table; the cursor stays on its row number, and the table tells of the
    row it is on. `room`: columns there are for all of it; the column `flexible` gives way when they
    are too few.
    """
    row = table.cursor_row
    if isinstance(table, RowTable):
        shown = [[(cell.plain, cell.spans) for cell in cells] for cells in rows]
        wanted = (list(headings), shown, keys and list(keys), room, flexible, widest)
        if table.filled == wanted and table.row_count == len(rows):
            if rows:
                key = table.coordinate_to_cell_key(Coordinate(row, 0)).row_key
                table.post_message(RowTable.RowHighlighted(table, row, key))
            return
        table.filled = wanted
    widths = [
        max([len(heading), *(min(widest, cells[place].cell_length) for cells in rows)])
        for place, heading in enumerate(headings)
    ]
    if room > 0:
        over = sum(widths) + 2 * table.cell_padding * len(widths) - room
        widths[flexible] = max(8, widths[flexible] - max(0, over))
    was_empty = not table.row_count
    table.clear(columns=True)
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(heading, width=width)
    for number, cells in enumerate(rows):
        cut = (cut_middle(cell, width) for cell, width in zip(cells, widths, strict=True))
        table.add_row(*cut, key=keys[number] if keys else None)
    if rows:
        table.move_cursor(row=min(row, len(rows) - 1), animate=False)
    if was_empty == bool(rows):
        table.refresh_bindings()  # the footer says what Enter does


def follow_cursor(page: Widget, table: DataTable[Content]) -> None:
    """Scroll a page so that the row the cursor is on can be seen: a table as high as its rows does
    not scroll itself.

    At the first row all above it comes back, at the last one all below it.
    """
    if table.cursor_row <= 0:
        page.scroll_home(animate=False)
    elif table.cursor_row >= table.row_count - 1:
        page.scroll_end(animate=False)
    else:
        page.scroll_to_region(
            Region(0, table.virtual_region.y + table.cursor_row, 1, 3), animate=False
        )

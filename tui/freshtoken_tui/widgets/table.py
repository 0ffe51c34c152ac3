"""Fill a table again without losing the place: columns as wide as their cells."""

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import DataTable


def fill(
    table: DataTable[Content],
    headings: Sequence[str],
    rows: Sequence[Sequence[Content]],
    keys: Sequence[str] | None = None,
) -> None:
    """Replace everything in a table; the cursor stays on its row number."""
    row = table.cursor_row
    table.clear(columns=True)
    for place, heading in enumerate(headings):
        widths = [cells[place].cell_length for cells in rows]
        table.add_column(heading, width=max([len(heading), *widths]))
    for number, cells in enumerate(rows):
        table.add_row(*cells, key=keys[number] if keys else None)
    if rows:
        table.move_cursor(row=min(row, len(rows) - 1), animate=False)


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

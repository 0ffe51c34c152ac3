"""Filling a table anew without losing the place: columns as wide as their cells."""

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import DataTable


def fill(
    table: DataTable[Content], headings: Sequence[str], rows: Sequence[Sequence[Content]], keys: Sequence[str] | None = None
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

"""Buttons in as many columns as fit."""

from collections.abc import Sequence

from textual.containers import Grid

from .field import button_widths


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

    def on_mount(self) -> None:
        """Textual tells no size to what is out of sight at first."""
        self.call_after_refresh(self.fit)

    def on_resize(self) -> None:
        """Other columns."""
        self.fit()

    def fit(self) -> None:
        """Arrange the buttons in columns; also after a label has changed or one was hidden."""
        columns = columns_for(button_widths(self), self.size.width)
        self.styles.grid_size_columns = len(columns)
        self.styles.grid_columns = " ".join(map(str, columns))
        self.screen.refresh_bindings()  # the footer leaves out what is hidden


def columns_for(widths: Sequence[int], room: int) -> list[int]:
    """The widths of as many columns as have room, a blank between them, for things of these widths:
    rows of equal length, all columns as wide as the widest where that has room too.
    """
    for rows in range(1, len(widths) + 1):
        count = -(-len(widths) // rows)
        for columns in (
            [max(widths)] * count,
            [max(widths[place::count]) for place in range(count)],
        ):
            if sum(columns) + count - 1 <= room:
                return columns
    return [max(widths)]

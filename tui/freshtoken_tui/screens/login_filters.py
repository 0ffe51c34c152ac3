"""The filters of Login History: picklists of what occurs, a time, and buttons."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual.containers import Horizontal, ItemGrid
from textual.widgets import Input, Select

from freshtoken_tui.widgets.field import button
from freshtoken_tui.widgets.plain import Picklist

PICKED = {
    "username": "All users",
    "status": "Any status",
    "source_ip": "Any IP",
    "application": "Any application",
    "subtype": "Any subtype",
}
"""What is picked from a list, and what stands there while nothing is."""
LEAST_WIDTH = 20
"""Columns a filter takes at least."""


class LoginFilters(ItemGrid):
    """They are mounted after the first rows, which cost less than they do."""

    def __init__(self) -> None:
        super().__init__(id="history-filters", min_column_width=LEAST_WIDTH, stretch_height=False)
        self._offered: dict[str, list[str]] = {}

    @property
    def filled(self) -> bool:
        """Whether something can be picked."""
        return bool(self._offered)

    def keep_room(self) -> None:
        """Take the height of the filters that are to come."""
        cells = len(PICKED) + 2
        columns = min(cells, max(1, (self.size.width + 1) // (LEAST_WIDTH + 1)))
        self.styles.min_height = -(-cells // columns)

    async def mount_all_of_them(self, clearable: bool) -> None:
        """Mount them, the first time. `clearable`: something is filtered."""
        if self.children:
            return
        clear = button("Clear", "clear-filters", key="x")
        clear.disabled = not clearable
        await self.mount_all(
            [
                *(
                    Picklist[str]((), prompt=words, id=f"filter-{name}", compact=True)
                    for name, words in PICKED.items()
                ),
                Input(placeholder="Time: today, 2h, 3d", id="filter-time", compact=True),
                Horizontal(button("Export", "export", key="c"), clear),
            ]
        )

    def offer(self, name: str, values: Iterable[str], picked: str) -> None:
        """What can be picked from a list, and what is; one that is open stays as it is."""
        offered = sorted({*values, picked} if picked else set(values))
        for select in self.query(f"#filter-{name}").results(Select):
            if select.expanded or offered == self._offered.get(name):
                continue
            self._offered[name] = offered
            with select.prevent(Select.Changed):
                select.set_options((Text(value), value) for value in offered)
                select.value = picked or Select.NULL

    def clear(self) -> None:
        """Empty all of them; nobody is told."""
        with self.prevent(Select.Changed):
            for select in self.query(Select).results(Select):
                select.clear()
        for field in self.query("#filter-time").results(Input):
            field.value = ""

"""The lanes of the timeline: one row a client, a cursor on one cell, marks above, times below."""

from __future__ import annotations

from textual.content import Content
from textual.events import Click, Resize, Show
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from freshtoken_model.history.timeline import Counts, Lane, TimelineHistory
from freshtoken_tui.commands import local_keys
from freshtoken_tui.timeline_render import (
    BAND,
    EVENT_GLYPHS,
    lock_bands,
    mark_line,
    time_line,
    volume_line,
)

NAME_COLUMNS = 15
"""Columns of the clients' names, the gap included."""
AIRY = 36
"""Rows of a window from which on the lanes have air between them."""
CELL_STYLES = {
    "ACCEPTED": "$text-success",
    "WORKED": "$text-success 80%",
    "MIXED": "$text-warning bold",
    "REFUSED": "$text-error",
    "LOCKED": "$text-error bold",
    "NOTHING": "$foreground 30%",
}


class Lanes(Widget, can_focus=True):
    """Arrows move the cursor, and the time shown with it; + and - zoom; Enter asks for what
    happened there.
    """

    BINDINGS = local_keys(
        "lanes",
        ("left", "move(-1)", "Earlier"),
        ("right", "move(1)", "Later"),
        ("shift+left,ctrl+left,pageup", "page(-1)", "Much earlier"),
        ("shift+right,ctrl+right,pagedown", "page(1)", "Much later"),
        ("up", "lane(-1)", "Lane above"),
        ("down", "lane(1)", "Lane below"),
        ("plus,equals_sign", "zoom(-1)", "Closer"),
        ("minus", "zoom(1)", "Farther"),
        ("0,home", "all", "Everything"),
        ("n,end", "now", "Now"),
        ("enter", "choose", "What happened here"),
    )
    DEFAULT_CSS = "Lanes { height: auto; &:focus { background: $surface; } }"

    shown: reactive[TimelineHistory | None] = reactive(None, layout=True)
    cursor: reactive[int] = reactive(0)
    lane: reactive[int] = reactive(0)
    now_cell: reactive[int] = reactive(0)
    """The cell of the present moment; it need not be in sight."""
    zone = "UTC"

    class Wanted(Message):
        """Another part of time is to be shown: step by `zoom`, shifted by `cells`, or everything,
        or the end.
        """

        def __init__(self, zoom: int = 0, cells: int = 0, where: str = "") -> None:
            super().__init__()
            self.zoom, self.cells, self.where = zoom, cells, where

    class Moved(Message):
        """The cursor is on another cell."""

    class Chosen(Message):
        """What happened in the cell under the cursor?"""

    @property
    def room(self) -> int:
        """How many cells fit."""
        return max(8, self.size.width - NAME_COLUMNS)

    @property
    def pitch(self) -> int:
        """Rows from one lane to the next: the volume has a row where there is room for it."""
        return 2 if self.app.size.height >= AIRY else 1

    @property
    def lane_shown(self) -> Lane | None:
        """The lane the cursor is in."""
        lanes = self.shown.lanes if self.shown else ()
        return lanes[min(self.lane, len(lanes) - 1)] if lanes else None

    def render(self) -> Content:
        """Draw the marks above, a lane for each client, and the times below."""
        shown = self.shown
        if shown is None:
            return Content.styled("Reading …", "$foreground 60%")
        gap = " " * NAME_COLUMNS
        marks = mark_line(shown)
        rows = [Content.assemble(gap, Content.styled(marks, "$text-warning bold"))]
        bands = lock_bands(shown, self.now_cell)
        for place, lane in enumerate(shown.lanes):
            if self.pitch > 1:
                volume = volume_line(lane.cells, shown.cells)
                rows.append(Content.assemble(gap, (volume, "$foreground 55%")))
            rows.append(self._row(place, lane, bands.get(lane.username, set())))
        if not shown.lanes:
            rows.append(Content.styled("No API client has called yet.", "$foreground 70%"))
        times = time_line(shown, self.zone, self.now_cell)
        rows.append(Content.assemble(gap, Content.styled(times, "$foreground 75%")))
        return Content("\n").join(rows)

    def _row(self, place: int, lane: Lane, locked: set[int]) -> Content:
        shown = self.shown
        assert shown is not None
        here = place == min(self.lane, len(shown.lanes) - 1)
        name = lane.client[: NAME_COLUMNS - 2].ljust(NAME_COLUMNS - 2)
        parts: list[Content | tuple[str, str]] = [
            (f"{'▸' if here else ' '}{name} ", "bold" if here else "")
        ]
        for cell in range(shown.cells):
            found = lane.cells.get(cell, Counts()).cell
            style = CELL_STYLES[found.name]
            glyph = EVENT_GLYPHS[found]
            if glyph == " ":
                glyph, style = (BAND, "$text-error 60%") if cell in locked else ("┈", style)
            at_cursor = here and cell == self.cursor  # not reversed: ▓ would look like ░
            parts.append((glyph, f"{style} on $primary 60%" if at_cursor else style))
        return Content.assemble(*parts)

    def watch_cursor(self) -> None:
        """Post that the cursor moved."""
        self.post_message(self.Moved())

    def watch_lane(self) -> None:
        """Post that the cursor moved to another lane."""
        self.post_message(self.Moved())

    def on_show(self, event: Show) -> None:
        """Ask for what happened while the page was hidden."""
        self.post_message(self.Wanted())

    def on_resize(self, event: Resize) -> None:
        """Ask for as many cells as now fit."""
        if self.shown is not None and self.shown.cells != self.room:
            self.post_message(self.Wanted())

    def on_click(self, event: Click) -> None:
        """The cursor goes where one clicks; a second click asks."""
        place, cell = (event.y - 1) // self.pitch, event.x - NAME_COLUMNS
        if (
            self.shown is None
            or not 0 <= place < len(self.shown.lanes)
            or not 0 <= cell < self.shown.cells
        ):
            return
        if (place, cell) == (self.lane, self.cursor):
            self.action_choose()
        self.lane, self.cursor = place, cell

    def action_move(self, cells: int) -> None:
        """The cursor, and at the edge the time shown."""
        if self.shown is None:
            return
        wanted = self.cursor + cells
        if 0 <= wanted < self.shown.cells:
            self.cursor = wanted
        else:
            self.post_message(self.Wanted(cells=cells * (self.shown.cells // 2)))

    def action_page(self, way: int) -> None:
        """Ask for the cells most of a screen away."""
        self.post_message(self.Wanted(cells=way * max(1, self.room - 4)))

    def action_lane(self, way: int) -> None:
        """Move the cursor to another client's lane."""
        if self.shown is not None and self.shown.lanes:
            self.lane = (min(self.lane, len(self.shown.lanes) - 1) + way) % len(self.shown.lanes)

    def action_zoom(self, way: int) -> None:
        """Closer, or farther; the cell under the cursor stays in sight."""
        self.post_message(self.Wanted(zoom=way))

    def action_all(self) -> None:
        """Ask for the whole log."""
        self.post_message(self.Wanted(where="all"))

    def action_now(self) -> None:
        """Ask for the newest cells."""
        self.post_message(self.Wanted(where="now"))

    def action_choose(self) -> None:
        """Post that the cell under the cursor was chosen."""
        self.post_message(self.Chosen())

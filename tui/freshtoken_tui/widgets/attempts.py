"""The Attempts tab: every login with the client's username, whoever made it. Choosing one shows its Wire and Why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import DataTable

from .notes import MarginNote

if TYPE_CHECKING:
    from freshtoken_tui.picture import Picture


class Attempts(Vertical):
    """A table, newest first."""

    DEFAULT_CSS = """
    Attempts {
        height: 1fr;
        DataTable { height: 1fr; }
    }
    """

    def compose(self) -> ComposeResult:
        """What it adds up to, and the table."""
        yield MarginNote(id="sum")
        yield DataTable(cursor_type="row", id="attempts", cell_padding=1)

    def draw(self, picture: Picture) -> None:
        """Fill the table."""
        from freshtoken_model.clock import at
        from freshtoken_model.words import detail, refusing, title

        table: DataTable[Content] = self.query_one(DataTable)
        zone, now = picture.info.time_zone, picture.clock.seen_org
        row = table.cursor_row
        table.clear(columns=True)
        table.add_columns("Time", "By", "From", "Outcome", "Why")
        refused = 0
        for attempt in picture.attempts:
            step = refusing(attempt.steps)
            refused += not attempt.accepted
            outcome = ("✓ accepted", "$text-success") if attempt.accepted else ("✗ refused", "$text-error")
            by = attempt.event.client or attempt.shape.get("application") or attempt.shape.get("door", "")
            why = f"{title(step)}: {detail(step, now, zone)}" if step else ""
            table.add_row(
                Content(f"{at(attempt.event.at, zone):%H:%M:%S}"),
                Content(by),
                Content(attempt.shape.get("address", "")),
                Content.styled(*outcome),
                Content(why),
                key=str(attempt.event.id),
            )
        if picture.attempts:
            table.move_cursor(row=min(row, len(picture.attempts) - 1))
        total = len(picture.attempts)
        self.query_one("#sum", MarginNote).tell(
            f"{total} attempt{'s' if total != 1 else ''} with this username, {refused} refused. Enter shows Wire and Why."
        )

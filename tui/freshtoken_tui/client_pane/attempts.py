"""The Attempts tab: every login with the client's username, from any program. Choosing one shows
its Wire and Why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import DataTable, Static

from freshtoken_model.decision.words import detail, refusing, title
from freshtoken_model.history.retries import cost_of_retries
from freshtoken_model.values.clock import at
from freshtoken_tui.widgets.notes import QUIET, MarginNote, show
from freshtoken_tui.widgets.table import RowTable, fill

if TYPE_CHECKING:
    from freshtoken_model.history.event_log import AttemptRow
    from freshtoken_tui.view import OrgView


LAST = 4
"""Attempts that are listed below the tabs of a high window."""


class LastAttempts(Static):
    """The last attempts in a line each: when, outcome, by whom and from where; not why."""

    def draw(self, picture: OrgView) -> None:
        """Show them, the newest first."""
        lines = [Content.styled("Last attempts", "bold")]
        for attempt in picture.attempts[:LAST]:
            moment = f"{at(attempt.event.at, picture.info.time_zone):%d %b %H:%M:%S}"
            where = f"{attempt.made_by}, from {attempt.shape.get('address', '')}"
            lines.append(Content.assemble((moment, QUIET), "  ", _outcome(attempt), f"  {where}"))
        show(self, Content("\n").join(lines) if picture.attempts else "")


def _outcome(attempt: AttemptRow) -> Content:
    if attempt.accepted:
        return Content.styled("✓ accepted", "$text-success")
    return Content.styled("✗ refused ", "$text-error")


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
        yield RowTable("attempts", enter_does="Wire and Why")

    def draw(self, picture: OrgView) -> None:
        """Fill the table with the attempts, and count those refused."""
        zone, now = picture.info.time_zone, picture.clock.seen_org
        rows, refused = [], 0
        for attempt in picture.attempts:
            step = refusing(attempt.steps)
            refused += not attempt.accepted
            why = (detail(step, now, zone) or title(step)) if step else ""
            rows.append(
                (
                    Content(f"{at(attempt.event.at, zone):%H:%M:%S}"),
                    _outcome(attempt),
                    Content(why),
                    Content(attempt.made_by),
                    Content(attempt.shape.get("address", "")),
                )
            )
        keys = [str(attempt.event.id) for attempt in picture.attempts]
        fill(self.query_one(DataTable), ("Time", "Outcome", "▌Why", "By", "From"), rows, keys)
        total = len(picture.attempts)
        words = f"{total} attempt{'s' if total != 1 else ''} with this username, {refused} refused."
        cost = cost_of_retries(picture.attempts)
        self.query_one("#sum", MarginNote).tell(
            f"{words}{f' {cost}' if cost else ''} Enter shows Wire and Why."
        )

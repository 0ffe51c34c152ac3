"""The Attempts tab: every login with the client's username, from any program. Choosing one shows
its Wire and Why.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import DataTable

from freshtoken_tui.widgets.notes import MarginNote
from freshtoken_tui.widgets.table import fill

if TYPE_CHECKING:
    from freshtoken_model.history.login_history import AttemptRow
    from freshtoken_tui.view import Picture


BREAK = 60_000
"""Ms between two tries that are no longer one habit."""
IN_WORDS = dict(
    enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    )
)


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
        """Fill the table with the attempts, and count those refused."""
        from freshtoken_model.decision.words import detail, refusing, title
        from freshtoken_model.values.clock import at

        zone, now = picture.info.time_zone, picture.clock.seen_org
        rows, refused = [], 0
        for attempt in picture.attempts:
            step = refusing(attempt.steps)
            refused += not attempt.accepted
            outcome = (
                ("✓ accepted", "$text-success")
                if attempt.accepted
                else ("✗ refused", "$text-error")
            )
            why = (detail(step, now, zone) or title(step)) if step else ""
            rows.append(
                (
                    Content(f"{at(attempt.event.at, zone):%H:%M:%S}"),
                    Content.styled(*outcome),
                    Content(why),
                    Content(_by(attempt)),
                    Content(attempt.shape.get("address", "")),
                )
            )
        keys = [str(attempt.event.id) for attempt in picture.attempts]
        fill(self.query_one(DataTable), ("Time", "Outcome", "▌Why", "By", "From"), rows, keys)
        total = len(picture.attempts)
        words = f"{total} attempt{'s' if total != 1 else ''} with this username, {refused} refused."
        cost = habit(picture.attempts)
        self.query_one("#sum", MarginNote).tell(
            f"{words}{f' {cost}' if cost else ''} Enter shows Wire and Why."
        )


def habit(attempts: Sequence[AttemptRow]) -> str:
    """What the newest client's retries cost, in a sentence; empty when it tried once, or nothing
    counted. Newest first.
    """
    from freshtoken_model.decision.words import refusing

    if not attempts or attempts[0].accepted:
        return ""
    newest, tries = refusing(attempts[0].steps), [attempts[0]]
    for attempt in attempts[1:]:
        same = _by(attempt) == _by(tries[-1]) and refusing(attempt.steps) == newest
        if not same or tries[-1].event.at - attempt.event.at > BREAK:
            break
        tries.append(attempt)
    numbers = [attempt.event.number or 0 for attempt in attempts[: len(tries) + 1]]
    counted = sum(
        newer > older
        for newer, older in pairwise([*numbers, 0] if len(numbers) == len(tries) else numbers)
    )
    if counted < 2 or newest is None:
        return ""
    wrong = {"token_missing": "missing token"}.get(newest.code, f"wrong {newest.gate}")
    return (
        f"{_by(attempts[0])}: one {wrong}, {IN_WORDS.get(counted, str(counted))} counted attempts."
    )


def _by(attempt: AttemptRow) -> str:
    return attempt.event.client or attempt.shape.get("application") or attempt.shape["door"]

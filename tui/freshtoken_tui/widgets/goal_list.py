"""A lab's goals: a glyph and a sentence each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from .hanging import HangingList, HangingRow

if TYPE_CHECKING:
    from freshtoken_model.training.labs.labs import GoalState, LabStanding

GOAL_DONE, GOAL_OPEN, BROKEN = (
    ("✓ ", "$text-success bold"),
    ("○ ", "$text-warning bold"),
    ("✗ ", "$text-error bold"),
)


class GoalList(HangingList):
    """The goals as they stand, and the forbidden moves that were made."""

    def show(self, standing: LabStanding | None) -> None:
        """Show the goals of a lab; None: the org is not the lab's any more."""
        if standing is None:
            lost = "This org is no longer that of the lab. Set it back: r."
            self.rows = ((Content(""), Content.styled(lost, "$text-warning")),)
            return
        self.rows = (
            *(_row(GOAL_DONE if goal.done else GOAL_OPEN, _words(goal)) for goal in standing.goals),
            *(
                _row(BROKEN, f"Not allowed here: {words} Set it back: r.")
                for words in standing.broken
            ),
        )


def _row(glyph: tuple[str, str], words: str) -> HangingRow:
    return Content.styled(*glyph), Content(words)


def _words(goal: GoalState) -> str:
    """The sentence; where it counts to more than one, how far it is."""
    counts = not goal.done and goal.found.isdigit() and goal.wanted != "at least 1"
    return f"{goal.words} ({goal.found}; wanted: {goal.wanted})" if counts else goal.words

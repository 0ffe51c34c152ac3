"""A lab's goals: a glyph and a sentence each, the sentences in a column of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

if TYPE_CHECKING:
    from freshtoken_model.training.labs import GoalState, Standing

DONE, OPEN, BROKEN = ("✓", "$text-success bold"), ("○", "$text-warning bold"), ("✗", "$text-error bold")


class GoalList(VerticalGroup):
    """The goals as they stand, and the forbidden moves that were made."""

    DEFAULT_CSS = """
    GoalList {
        .goal-glyph { width: 2; }
        .goal-words { width: 1fr; height: auto; }
    }
    """
    standing: reactive[Standing | None] = reactive(None, recompose=True)

    def compose(self) -> ComposeResult:
        """A row each."""
        if self.standing is None:
            yield Static(Content.styled("This org is no longer that of the lab. Set it back: r.", "$text-warning"))
            return
        rows = [(DONE if goal.done else OPEN, _words(goal)) for goal in self.standing.goals]
        rows += [(BROKEN, f"Not allowed here: {words} Set it back: r.") for words in self.standing.broken]
        for (glyph, style), words in rows:
            with HorizontalGroup():
                yield Static(Content.styled(glyph, style), classes="goal-glyph")
                yield Static(Content(words), classes="goal-words")


def _words(goal: GoalState) -> str:
    """The sentence; where it counts to more than one, how far it is."""
    counts = not goal.done and goal.found.isdigit() and goal.wanted != "at least 1"
    return f"{goal.words} ({goal.found}; wanted: {goal.wanted})" if counts else goal.words

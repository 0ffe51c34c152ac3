"""The navigator of a mock exam: every question as a number, answered, marked, or open; a click goes
there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from .notes import show

if TYPE_CHECKING:
    from freshtoken_model.training.exam.mock import Sitting

CELL = 5
"""Columns of a number: two digits, whether it is answered, whether it is marked, a blank."""
ANSWER_LEGEND = "● answered  ○ open  ⚑ marked"


class Navigator(Static):
    """The numbers in rows, as many as fit."""

    DEFAULT_CSS = "Navigator { height: auto; margin: 1 0 0 0; max-width: 100; }"

    _sitting: Sitting | None = None

    @dataclass
    class Chosen(Message):
        """Somebody wants to go to a question, counted from 0."""

        place: int

    @property
    def in_a_row(self) -> int:
        """Numbers beside each other: a multiple of five, where there is room for it."""
        fit = max(1, self.size.width // CELL)
        return fit // 5 * 5 or fit

    def draw(self, sitting: Sitting) -> None:
        """Show how it stands."""
        self._sitting = sitting
        cells = []
        for place, answer in enumerate(sitting.answers):
            number = (f"{place + 1:2}", "reverse bold" if place == sitting.at else "")
            answered = ("●", "$text-success") if answer.chosen else ("○", "$foreground 50%")
            marked = ("⚑ " if answer.marked else "  ", "$text-warning")
            cells.append(Content.assemble(number, answered, marked))
        rows = [
            Content("").join(cells[at : at + self.in_a_row])
            for at in range(0, len(cells), self.in_a_row)
        ]
        show(self, Content("\n").join([*rows, Content.styled(ANSWER_LEGEND, "$foreground 65%")]))

    def on_resize(self) -> None:
        """Draw the numbers again in rows of the new width."""
        if self._sitting is not None:
            self.draw(self._sitting)

    def on_click(self, event: Click) -> None:
        """Go to the number under the pointer."""
        place = event.y * self.in_a_row + event.x // CELL
        if (
            self._sitting is not None
            and event.x // CELL < self.in_a_row
            and place < len(self._sitting.answers)
        ):
            self.post_message(self.Chosen(place))

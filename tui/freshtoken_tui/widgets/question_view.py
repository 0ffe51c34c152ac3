"""A question with its options: keys A to E choose, and once it is answered each option has its
reason below.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from freshtoken_model.training.exam.questions import LETTERS
from freshtoken_tui.commands import local_keys

if TYPE_CHECKING:
    from freshtoken_model.training.exam.questions import Question

REASON = "$foreground 75%"


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """A question as it is shown: the order of its options, what is chosen (places in the file),
    whether it is answered.
    """

    question: Question
    order: tuple[int, ...]
    chosen: frozenset[int] = frozenset()
    answered: bool = False


class QuestionView(VerticalGroup, can_focus=True):
    """Text and options. Posts Chosen; the page decides what that means."""

    DEFAULT_CSS = """
    QuestionView {
        max-width: 100;
        .option-letter { width: 5; }
        .option-words { width: 1fr; height: auto; }
        .option { margin: 1 0 0 0; padding: 0 1 0 0; }
        .option.-chosen { background: $panel; }
        &:focus .question-text { color: $foreground; }
    }
    """
    BINDINGS = local_keys(
        "question_view",
        *(
            (letter.lower(), f"choose({place})", f"Choose {letter}")
            for place, letter in enumerate("ABCDE")
        ),
    )

    shown: reactive[ShownQuestion | None] = reactive(None, recompose=True)

    @dataclass
    class Chosen(Message):
        """Other options are chosen now."""

        chosen: frozenset[int]

    def compose(self) -> ComposeResult:
        """The text, then a row for each option."""
        shown = self.shown
        if shown is None:
            return
        question = shown.question
        yield Static(
            Content.assemble(
                question.flowing, (f" {question.asks}" if question.asks else "", "bold")
            )
        )
        for number, place in enumerate(shown.order):
            glyph, style = _glyph(shown, place)
            option = question.options[place]
            words = Content(option.text)
            if shown.answered:
                words = Content.assemble(
                    (option.text, "bold" if option.right else ""), "\n", (option.why, REASON)
                )
            row = HorizontalGroup(
                Static(
                    Content.assemble((f"{glyph} ", style), (LETTERS[number], "bold")),
                    classes="option-letter",
                ),
                Static(words, classes="option-words"),
                classes=f"option place-{number}",
            )
            row.set_class(place in shown.chosen and not shown.answered, "-chosen")
            yield row

    def action_choose(self, number: int) -> None:
        """Choose the option of a letter; the last of more than are wanted makes room for it."""
        shown = self.shown
        if shown is None or shown.answered or number >= len(shown.order):
            return
        place, wanted = shown.order[number], shown.question.choose
        if place in shown.chosen:
            chosen = shown.chosen - {place}
        elif wanted == 1:
            chosen = frozenset({place})
        elif len(shown.chosen) < wanted:
            chosen = shown.chosen | {place}
        else:
            self.notify(f"{shown.question.asks} Take one away first, with its letter.", timeout=4)
            return
        self.shown = replace(shown, chosen=chosen)
        self.post_message(self.Chosen(chosen))

    @on(Click)
    def _clicked(self, event: Click) -> None:
        row = next(
            (
                w
                for w in (event.widget.ancestors_with_self if event.widget else ())
                if w.has_class("option")
            ),
            None,
        )
        if row is not None:
            self.action_choose(next(n for n in range(len(LETTERS)) if row.has_class(f"place-{n}")))


def _glyph(shown: ShownQuestion, place: int) -> tuple[str, str]:
    """How an option stands: chosen or not; once answered, right or wrong."""
    chosen, option = place in shown.chosen, shown.question.options[place]
    if not shown.answered:
        one, more = ("●", "○") if shown.question.choose == 1 else ("■", "□")
        return (one, "$primary bold") if chosen else (more, "$foreground 60%")
    if option.right:
        return "✓", "$text-success bold"
    return ("✗", "$text-error bold") if chosen else ("·", "$foreground 60%")

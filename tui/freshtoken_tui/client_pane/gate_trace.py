"""The Why tab: the lesson, then the gates one by one. Only the refusing gate is highlighted; passed
ones are quiet.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from freshtoken_model.decision.gates import BY_NAME
from freshtoken_model.decision.verdict import Outcome, Step
from freshtoken_model.decision.words import detail, known_from, refusing, title
from freshtoken_model.values.citations import marks_in_words
from freshtoken_model.values.clock import at
from freshtoken_tui.widgets.notes import MarginNote, show

if TYPE_CHECKING:
    from freshtoken_model.history.event_log import AttemptRow
    from freshtoken_tui.view import OrgView

TITLE_WIDTH = 17
ACCEPTED = (
    "Every gate passed: a session ID was handed out, and the counter of failed attempts is zero."
)


class GateTrace(VerticalScroll):
    """What the org decided about one attempt, and never tells."""

    DEFAULT_CSS = """
    GateTrace {
        height: 1fr;
        #gates { height: auto; }
        MarginNote { margin: 0 0 1 0; }
    }
    """

    _drawn: tuple[AttemptRow | None, OrgView, bool] | None = None

    def compose(self) -> ComposeResult:
        """The lesson of the gate that refused, then all gates."""
        yield MarginNote(id="lesson")
        yield Static(id="gates")

    def draw(self, attempt: AttemptRow | None, picture: OrgView, newest: bool) -> None:
        """Show an attempt's trace. `newest`: it is the last one, not one chosen in Attempts."""
        self._drawn = attempt, picture, newest
        gates, lesson = self.query_one("#gates", Static), self.query_one("#lesson", MarginNote)
        if attempt is None:
            show(
                gates,
                Content.styled("No login yet. Press Log in, then look here.", "$foreground 70%"),
            )
            lesson.tell("")
            return
        refused = refusing(attempt.steps)
        which = (
            ""
            if newest
            else f"The attempt of {at(attempt.event.at, picture.info.time_zone):%H:%M:%S}. "
        )
        if refused is None:
            lesson.tell(which + ACCEPTED)
        else:
            gate = BY_NAME[refused.gate]
            words = Content.styled(f" ({known_from(gate.source)})", "$foreground 70%")
            lesson.tell(Content.assemble(which, marks_in_words(gate.lesson), words))
        now, zone = picture.clock.seen_org, picture.info.time_zone
        room, reverse = (
            max(20, (self.size.width or 80) - TITLE_WIDTH - 4),
            self.app.theme.startswith("ansi"),
        )
        lines = []
        passed = [step for step in attempt.steps if step.outcome is Outcome.PASSED]
        if refused is not None and self.size.height < len(attempt.steps) + 4:
            lines.append(Content.styled(f"✓ {len(passed)} gates passed before it", "$text-success"))
            passed = []
        shown = [step for step in attempt.steps if step.outcome is not Outcome.PASSED or passed]
        lines += [
            _line(step, title(step), detail(step, now, zone), room, reverse) for step in shown
        ]
        show(gates, Content("\n").join(lines))

    def on_resize(self) -> None:
        """The room has changed."""
        if self._drawn is not None:
            self.draw(*self._drawn)


def _line(step: Step, asks: str, words: str, room: int, reverse: bool) -> Content:
    """A gate; its details wrap below themselves. ANSI themes cannot tint a row, so they turn it
    over.
    """
    indent = "\n" + " " * (TITLE_WIDTH + 3)
    words = indent.join(wrap(words, room))
    match step.outcome:
        case Outcome.PASSED:
            return Content.assemble(
                ("✓ ", "$text-success"), asks.ljust(TITLE_WIDTH), (f" {words}", "$foreground 75%")
            )
        case Outcome.REFUSED:
            line = Content(f"✗ {asks.ljust(TITLE_WIDTH)} {words}")
            return line.stylize("bold reverse" if reverse else "bold on $error 25%")
        case Outcome.NOT_REACHED:
            return Content.styled(f"· {asks.ljust(TITLE_WIDTH)} {words}", "$foreground 70%")

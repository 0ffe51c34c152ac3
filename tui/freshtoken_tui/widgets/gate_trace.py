"""The Why tab: the gates one by one. The refusing gate is the only highlighted row; passed ones are quiet."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from .notes import MarginNote, show

if TYPE_CHECKING:
    from freshtoken_model.history import AttemptRow
    from freshtoken_model.verdict import Step
    from freshtoken_tui.picture import Picture

TITLE_WIDTH = 29


class GateTrace(VerticalScroll):
    """What the org decided about one attempt, and never tells."""

    DEFAULT_CSS = """
    GateTrace {
        height: 1fr;
        #gates { height: auto; }
        MarginNote { margin: 1 0 0 0; }
    }
    """

    _refused_row = 0
    _drawn: tuple[AttemptRow | None, Picture] | None = None

    def compose(self) -> ComposeResult:
        """The gates, then the lesson of the one that refused."""
        yield Static(id="gates")
        yield MarginNote(id="lesson")

    def draw(self, attempt: AttemptRow | None, picture: Picture) -> None:
        """Show an attempt's trace."""
        self._drawn = attempt, picture
        from freshtoken_model.gates import BY_NAME
        from freshtoken_model.verdict import Outcome
        from freshtoken_model.words import detail, refusing, title

        gates, lesson = self.query_one("#gates", Static), self.query_one("#lesson", MarginNote)
        if attempt is None:
            show(gates, Content.styled("No login yet. Press Log in, then look here.", "$foreground 60%"))
            lesson.tell("")
            return
        now, zone = picture.clock.seen_org, picture.info.time_zone
        self._refused_row = next((i for i, s in enumerate(attempt.steps) if s.outcome is Outcome.REFUSED), 0)
        room = self._room()
        show(gates, Content("\n").join(_line(s, title(s), detail(s, now, zone), room) for s in attempt.steps))
        self.call_after_refresh(self._show_refusal)
        refused = refusing(attempt.steps)
        if refused is None:
            lesson.tell("Every gate passed: a session ID was handed out, and the counter of failed attempts is zero.")
        elif refused.gate in BY_NAME:
            gate = BY_NAME[refused.gate]
            lesson.tell(f"{gate.lesson} {gate.source}")

    def _room(self) -> int:
        """Columns left for the details."""
        return max(20, (self.size.width or 80) - TITLE_WIDTH - 4)

    def on_resize(self) -> None:
        """The room has changed."""
        if self._drawn is not None:
            self.draw(*self._drawn)
        self._show_refusal()

    def _show_refusal(self) -> None:
        """In a low window the refusing gate must not hide below the fold."""
        self.scroll_to(y=max(0, self._refused_row - self.size.height + 3), animate=False)


def _line(step: Step, asks: str, words: str, room: int) -> Content:
    """A gate; its details wrap below themselves."""
    from freshtoken_model.verdict import Outcome

    indent = "\n" + " " * (TITLE_WIDTH + 3)
    words = indent.join(wrap(words, room))
    match step.outcome:
        case Outcome.PASSED:
            return Content.assemble(("✓ ", "$text-success"), asks.ljust(TITLE_WIDTH), (f" {words}", "$foreground 70%"))
        case Outcome.REFUSED:
            line = Content.assemble(("✗ ", "$text-error bold"), (f"{asks.ljust(TITLE_WIDTH)} {words}", "bold"))
            return line.stylize("on $error 20%")
        case Outcome.NOT_REACHED:
            return Content.styled(f"· {asks.ljust(TITLE_WIDTH)} {words}", "$foreground 55%")

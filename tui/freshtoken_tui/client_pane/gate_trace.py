"""The Why tab: what the bouncer saw, gate by gate, and below it all that the client is told."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from freshtoken_api.faults import fault_text
from freshtoken_model.decision.gates import BY_NAME
from freshtoken_model.decision.verdict import Door, Outcome, Step
from freshtoken_model.decision.words import detail, known_from, refusing, title, when_words
from freshtoken_model.values.citations import marks_in_words
from freshtoken_model.values.clock import at
from freshtoken_model.values.kinds import FaultKey, TokenState
from freshtoken_tui.host import Hosted
from freshtoken_tui.widgets.notes import QUIET, MarginNote, show

if TYPE_CHECKING:
    from freshtoken_model.history.event_log import AttemptRow
    from freshtoken_tui.view import OrgView

TITLE_WIDTH = 17
PACE = 0.06
"""Seconds at a gate while an attempt walks through them."""
ACCEPTED = (
    "Every gate passed: a session ID was handed out, and no failed attempt is counted any more."
)
TOLD = ("password", "token")
"""Gates that are told also where they let the login pass: the two halves."""
OPAQUE = "One sentence for every cause: a person who tries passwords learns nothing from it [INF]."
RETIRED_TOKEN = "token_retired"
"""The code of a step that met a retired token; an event has the same name."""


class GateTrace(Hosted, VerticalScroll):
    """What the org decided about one attempt, and never tells."""

    DEFAULT_CSS = """
    GateTrace {
        height: 1fr;
        Static { height: auto; }
        #lesson { margin: 1 0 0 0; }
    }
    """
    _drawn: tuple[AttemptRow, OrgView, bool] | None = None
    _all = False
    """Whether the gates that passed are shown one by one."""
    _walked = 0
    """Gates that the attempt has walked through, while it walks."""
    _timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """The gates, what the client is told, the lesson."""
        yield Static(id="gates")
        yield Static(id="told-client")
        yield MarginNote(id="lesson")

    def draw(self, attempt: AttemptRow | None, picture: OrgView, newest: bool) -> None:
        """Show an attempt's trace. `newest`: it is the last one, not one chosen in Attempts. A new
        attempt walks through the gates, where things may move.
        """
        if attempt is None:
            words = "No login yet. Press Log in (f9), then look here."
            self._stop()
            self._drawn = None
            show(self.query_one("#gates", Static), Content.styled(words, QUIET))
            show(self.query_one("#told-client", Static), "")
            self.query_one("#lesson", MarginNote).tell("")
            return
        before = self._drawn[0].event.id if self._drawn else None
        self._drawn = attempt, picture, newest
        if before is not None and attempt.event.id != before and newest and self.host.moves:
            self._walk()
        elif self._timer is None:
            self._show()

    def _walk(self) -> None:
        self._stop()
        self._walked = 0
        self._timer = self.set_interval(PACE, self._next_gate)

    def _next_gate(self) -> None:
        assert self._drawn is not None
        self._walked += 1
        steps = self._drawn[0].steps
        refused = refusing(steps)
        last = steps.index(refused) if refused else len(steps) - 1
        if self._walked > last:
            self._stop()
        self._show()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def on_key(self) -> None:
        """Any key ends the walk."""
        if self._timer is not None:
            self._stop()
            self._show()

    def on_resize(self) -> None:
        """The room has changed."""
        if self._drawn is not None and self._timer is None:
            self._show()

    def _show(self) -> None:
        assert self._drawn is not None
        attempt, _, _ = self._drawn
        refused = refusing(attempt.steps)
        walking = self._timer is not None
        show(self.query_one("#gates", Static), Content("\n").join(self._gates(walking)))
        told, lesson = self.query_one("#told-client", Static), self.query_one("#lesson", MarginNote)
        if walking:
            show(told, "")
            lesson.tell("")
        elif refused is None:
            show(told, "")
            lesson.tell(ACCEPTED)
        else:
            show(told, self._told(attempt))
            gate = BY_NAME[refused.gate]
            words = Content.styled(f" ({known_from(gate.source)}; s: source)", QUIET)
            lesson.tell(Content.assemble(marks_in_words(gate.lesson), words, self._opaque(attempt)))

    def _gates(self, walking: bool) -> list[Content]:
        assert self._drawn is not None
        attempt, picture, newest = self._drawn
        now, zone = picture.clock.seen_org, picture.info.time_zone
        moment = at(attempt.event.at, zone)
        day = "" if moment.date() == at(now, zone).date() else f" on {moment.day} {moment:%b}"
        head = f"What the bouncer saw{day} at {moment:%H:%M:%S}"
        lines = [Content.styled(head if newest else f"{head}, chosen in Attempts", "bold")]
        steps = attempt.steps[: self._walked] if walking else attempt.steps
        passed = [step for step in steps if step.outcome is Outcome.PASSED]
        folded = [] if self._all or walking else [s for s in passed if s.gate not in TOLD]
        if folded:
            count = f"{len(folded)} check{'' if len(folded) == 1 else 's'} passed"
            lines.append(
                Content.assemble(
                    (f"✓ {count} ▸", "$text-success"), ("  g shows them (in the client, f8)", QUIET)
                )
            )
        ahead = [step for step in steps if step.outcome is Outcome.NOT_REACHED]
        for step in steps:
            if step in folded or (step in ahead and not self._all):
                continue
            words = detail(step, now, zone)
            if step.code == RETIRED_TOKEN:
                words += _right_one(picture)
            lines.append(self._line(step, words))
        if ahead and not self._all:
            names = ", ".join(title(step) for step in ahead)
            lines += [Content.styled(f"· not reached: {names}", QUIET)]
        return lines

    def _line(self, step: Step, words: str) -> Content:
        """A gate; its details wrap below themselves. ANSI themes cannot tint a row: there its text
        has the colour, as a reversed row is one that has the focus.
        """
        width = max(30, self.size.width or 80)
        indent = "\n" + " " * (TITLE_WIDTH + 3)
        words = indent.join(wrap(words, width - TITLE_WIDTH - 4))
        asks = title(step).ljust(TITLE_WIDTH)
        match step.outcome:
            case Outcome.PASSED:
                return Content.assemble(
                    ("✓ ", "$text-success"), (asks, ""), (f" {words}", "$foreground 75%")
                )
            case Outcome.REFUSED:
                lines = [line.ljust(width - 1) for line in f"✗ {asks} {words}".split("\n")]
                ansi = self.app.theme.startswith("ansi")
                style = "bold $text-error" if ansi else "bold on $error 25%"
                return Content("\n".join(lines)).stylize(style)
            case Outcome.NOT_REACHED:
                return Content.styled(f"· {asks} {words}", QUIET)

    def _told(self, attempt: AttemptRow) -> Content:
        """All that the client is told, apart and in one frame."""
        shape = attempt.shape
        fault = fault_text(
            attempt.event.detail or FaultKey.INVALID_LOGIN,
            Door(shape.get("door", Door.SOAP)),
            version=shape.get("api_version", ""),
        )
        said = fault.message if fault.message.startswith(fault.code) else ""
        said = said or (f"{fault.code}: {fault.message}" if fault.code else fault.message)
        lines = wrap(said, max(24, (self.size.width or 80) - 6), break_on_hyphens=False)
        return Content.assemble(
            ("\nAll that the client is told\n", "bold"),
            *((f"│ {line}\n", "$text-error") for line in lines[:-1]),
            (f"│ {lines[-1]}", "$text-error"),
        )

    def _opaque(self, attempt: AttemptRow) -> str:
        """Why the client is not told the cause, where it is not."""
        if attempt.event.detail not in ("", FaultKey.INVALID_LOGIN):
            return ""
        return f" {marks_in_words(OPAQUE)}"

    def action_unfold(self) -> None:
        """Show the gates that passed one by one, or fold them again."""
        self._all = not self._all
        if self._drawn is not None:
            self._show()

    async def action_sources(self) -> None:
        """Show where the rule of the refusing gate is known from."""
        from freshtoken_model.training.content.sources import behind
        from freshtoken_tui.dialogs.modals import ReadingDialog

        refused = refusing(self._drawn[0].steps) if self._drawn else None
        if refused is None:
            self.app.notify("No gate refused this login.", severity="warning")
            return
        gate = BY_NAME[refused.gate]
        await self.host.show_dialog(
            ReadingDialog(behind(f"{gate.lesson} {gate.source}"), gate.title)
        )


def _right_one(picture: OrgView) -> str:
    """When the token that would have been let in was mailed."""
    user = picture.client_user
    if user is None or user.token_state is not TokenState.LIVE or user.token_issued_at is None:
        return ". No other one was issued"
    when = when_words(user.token_issued_at, picture.clock.seen_org, picture.info.time_zone)
    return f". The right one was mailed {when}"

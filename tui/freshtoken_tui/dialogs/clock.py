"""The Clock: what happens next by itself, and keys that move org time there. And the progress of a
long way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, ProgressBar, Static

from freshtoken_model.values.clock import DAY, HOUR, MINUTE, at, lasting, parse_moment_near
from freshtoken_tui.commands import local_keys
from freshtoken_tui.host import Hosted
from freshtoken_tui.widgets.field import KeyButton, button, text_field
from freshtoken_tui.widgets.notes import MarginNote, show

from .modals import ClosedOutside

if TYPE_CHECKING:
    from freshtoken_model.org import Org
    from freshtoken_tui.parts.clock import Move

CLOCK_STEPS = {"minute": MINUTE, "quarter": 15 * MINUTE, "hour": HOUR, "day": DAY}
UPCOMING = 6


class ClockScreen(Hosted, ClosedOutside):
    """Stays open while org time is moved, so that one can press a key again and again."""

    CSS_PATH = "modals.tcss"
    BINDINGS = local_keys(
        "clock",
        ("escape,ctrl+k", "dismiss", "Close"),
        ("1", "step('minute')", "+1 minute"),
        ("2", "step('quarter')", "+15 minutes"),
        ("3", "step('hour')", "+1 hour"),
        ("4", "step('day')", "+1 day"),
        ("r", "next_run", "To the next login"),
        ("l", "lock_end", "To the end of the lockout"),
        ("f", "freeze", "Freeze or run"),
        ("g", "go", "Go to"),
    )

    def compose(self) -> ComposeResult:
        """Now, what comes, the keys."""
        with Vertical(classes="dialog -clock") as dialog:
            dialog.border_title, dialog.border_subtitle = "Clock", "esc closes"
            yield Label(id="clock-now")
            yield MarginNote(id="clock-next")
            with Horizontal(classes="clock-row"):
                yield button("+1 min", "minute", key="1")
                yield button("+15 min", "quarter", key="2")
                yield button("+1 hour", "hour", key="3")
                yield button("+1 day", "day", key="4")
            with Horizontal(classes="clock-row"):
                yield button("Next scheduled login", "run", "primary", key="r")
                yield button("End of the lockout", "lock", key="l")
            with Horizontal(classes="clock-row"):
                yield button("Freeze", "freeze", key="f")
                yield button("Close", "close-clock", key="esc")
            yield text_field("Go to (g)", "clock-to", placeholder="mon 9:00, 18:30, 2d")
            yield Static(id="clock-said", classes="-empty")

    @property
    def _open(self) -> bool:
        """Whether it is still there: org time may arrive after Escape."""
        return bool(self.query("#clock-now"))

    def on_mount(self) -> None:
        """Keys work at once; the clock is drawn as it moves."""
        self.query_one("#run").focus()
        self.set_interval(1.0, self.draw)
        self.call_after_refresh(self.draw)

    @work(group="clock-draw", exclusive=True)
    async def draw(self) -> None:
        """What time it is, and what comes."""
        answer, _ = await self.host.org.run(
            lambda org: (org.clock.read(), org.clock.upcoming(UPCOMING)), refresh=False
        )
        if answer is None or self.host.org.view is None or not self._open:
            return
        (clock, coming), zone = answer, self.host.org.view.info.time_zone
        now = clock.seen_org
        runs = "runs" if clock.running else "stands still"
        self.query_one("#clock-now", Label).update(
            Content.styled(f"{at(now, zone):%a %d %b %Y %H:%M:%S}  ({runs})", "bold")
        )
        lines = [
            f"{at(moment, zone):%a %d %b %H:%M}  {words}{_ahead(moment - now)}"
            for moment, words in coming
        ]
        self.query_one("#clock-next", MarginNote).tell("\n".join(lines) or "Nothing is scheduled.")
        self.query_one("#freeze", KeyButton).words = "Freeze" if clock.running else "Let it run"

    @on(Button.Pressed)
    async def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        match event.button.id:
            case "run":
                await self.run_action("next_run")
            case "lock":
                await self.run_action("lock_end")
            case "freeze":
                await self.run_action("freeze")
            case "close-clock":
                self.dismiss(None)
            case str(name):
                await self.run_action(f"step('{name}')")

    @work(group="clock-move")
    async def _move(self, target: Callable[[Org], int | None]) -> None:
        await self.host.clock.move(target)
        self.draw()

    def action_step(self, name: str) -> None:
        """Move org time forward by a named step."""
        self._move(lambda org: org.clock.read().seen_org + CLOCK_STEPS[name])

    def action_next_run(self) -> None:
        """To the next scheduled login, or try."""
        self._move(lambda org: org.clock.next_run())

    def action_lock_end(self) -> None:
        """To the end of the next lockout that ends by time."""
        self._move(lambda org: org.clock.next_lock_end())

    def action_freeze(self) -> None:
        """Freeze org time, or let it run."""
        self.host.clock.freeze()
        self.set_timer(0.1, self.draw)

    def action_go(self) -> None:
        """Go to the field for a moment."""
        self.query_one("#clock-to").focus()

    @on(Input.Submitted, "#clock-to")
    @work(group="clock-move")
    async def _go(self, event: Input.Submitted) -> None:
        said, picture = self.query_one("#clock-said", Static), self.host.org.view
        if picture is None:
            return
        zone, text = picture.info.time_zone, event.value
        clock = await self.host.org.run_or_toast(lambda org: org.clock.read())
        if clock is None or not self._open:
            return
        try:
            to = parse_moment_near(text, clock.seen_org, zone, ahead=True)
        except ValueError as error:
            show(said, Content.styled(str(error), "$text-error"))
            return
        if to < clock.seen_org:
            show(
                said,
                Content.styled(
                    "Org time goes forward only. ctrl+b takes steps back.", "$text-error"
                ),
            )
            return
        show(said, "")
        if await self.host.clock.move(lambda org: to) and self._open:
            event.input.value = ""
            self.query_one("#run").focus()
        self.draw()


def _ahead(milliseconds: int) -> str:
    """How far off, where it is near enough to matter."""
    return (
        f" (in {lasting(milliseconds).replace(' minutes', ' min').replace(' seconds', ' s')})"
        if milliseconds < DAY
        else ""
    )


class Moving(Hosted, ModalScreen[None]):
    """Org time on a long way. Escape stops it at a whole, earlier moment."""

    CSS_PATH = "modals.tcss"
    BINDINGS = local_keys(
        "moving",
        ("escape", "stop", "Stop"),
    )

    def __init__(self, move: Move) -> None:
        super().__init__()
        self._move = move

    def compose(self) -> ComposeResult:
        """A bar, and where it is."""
        with Vertical(classes="dialog"):
            yield Label(id="moving-now")
            yield ProgressBar(total=max(1, self._move.to - self._move.start), show_eta=False)
            yield button("Stop here", "stop", "primary", key="esc")

    def on_mount(self) -> None:
        """Draw it ten times a second."""
        self.query_one("#stop").focus()
        self.set_interval(0.1, self._draw)
        self._draw()

    def _draw(self) -> None:
        view = self.host.org.view
        zone = view.info.time_zone if view else "UTC"
        self.query_one("#moving-now", Label).update(
            f"Time passes: {at(self._move.now, zone):%a %d %b %Y %H:%M}"
        )
        self.query_one(ProgressBar).update(progress=self._move.now - self._move.start)

    @on(Button.Pressed)
    def action_stop(self) -> None:
        """Stop between two moments; what has happened stays, ctrl+b takes it back."""
        self._move.cancel.set()

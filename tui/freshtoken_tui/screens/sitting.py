"""A mock exam being sat: one question, the navigator, the clock. Every key is kept at once: a crash
loses nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from freshtoken_model.training.exam.mock import WARNINGS, Sitting
from freshtoken_model.values.clock import wall_clock
from freshtoken_tui.commands import local_keys
from freshtoken_tui.dialogs.modals import Confirm
from freshtoken_tui.messages import OpenPage
from freshtoken_tui.widgets.button_grid import ButtonGrid
from freshtoken_tui.widgets.field import KeyButton, button
from freshtoken_tui.widgets.navigator import Navigator
from freshtoken_tui.widgets.notes import MarginNote
from freshtoken_tui.widgets.question_view import QuestionView, ShownQuestion

from .page import Page, PageKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshtoken_model.training.exam.exam_room import ExamRoom

ALL_OR_NOTHING = "Choose N: every right option and no other. Unanswered is wrong."
RUNS_ON = "The clock runs on. Leave the exam?"


class SittingPage(Page):
    """The open mock exam."""

    TITLE = "Mock exam"
    FIRST = "QuestionView"
    KIND = PageKind.ALONE
    HELP = """\
## Mock exam
**A** to **E** choose, again to take away; what you choose is kept at once. **→** or **Enter** next,
**←** back, **↑ ↓** scroll a long question, **g** goes to a number, **m** marks for review. **h**
hands in, as does **Enter** at the last question; it asks first. **z** pauses, where you chose that
when you began; else the clock runs on, also while freshtoken is closed. A question is right when
all its right options are chosen, and no other. Unanswered is wrong.
"""
    BINDINGS = local_keys(
        "sitting",
        ("right,n", "step(1)", "Next"),
        ("enter", "main", "Go on"),
        ("left", "step(-1)", "Previous"),
        ("m", "press('sitting-mark')", "Mark"),
        ("g", "go", "Go to"),
        ("z", "press('sitting-pause')", "Pause"),
        ("h", "press('sitting-hand-in')", "Hand in"),
        ("escape", "leave", "Leave"),
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._one_at_a_time = asyncio.Lock()
        self._warned: set[int] = set()
        self._sitting: Sitting | None = None

    def compose(self) -> ComposeResult:
        """The question, the navigator, buttons."""
        yield MarginNote(id="sitting-note")
        with VerticalScroll(id="sitting-box", can_focus=False):
            yield QuestionView()
        yield Navigator()
        yield Input(
            id="sitting-go", placeholder="Number, then Enter", compact=True, restrict=r"\d{0,2}"
        )
        yield Static(Content.styled(ALL_OR_NOTHING, "$foreground 60%"), id="sitting-rule")
        with ButtonGrid():
            yield button("Previous", "sitting-previous", key="←")
            yield button("Next", "sitting-next", "primary", key="→")
            yield button("Hand in", "sitting-hand-in", key="h")
            yield button("Pause", "sitting-pause", key="z")
            yield button("Mark", "sitting-mark", key="m")

    def on_mount(self) -> None:
        """Start the clock of the sitting."""
        self._ask_number(False)
        self.set_interval(0.5, self._tick)

    def first_focus(self) -> str:
        """Read where it was left."""
        self._warned.clear()
        self._do(lambda room, sitting: room.resume(sitting))
        return self.FIRST

    @work(group="sitting")
    async def _do(self, what: Callable[[ExamRoom, Sitting], object]) -> None:
        """Do something in the open exam and draw what it came to; one after the other."""
        async with self._one_at_a_time:
            before = self._sitting

            def act(room: ExamRoom) -> Sitting | None:
                now = room.sitting(before.id if before is not None else None)
                if now is None or now.handed_in_at is not None:
                    return now
                what(room, now)
                return room.sitting(now.id)

            sitting = await self.host.exam.in_room(act)
            if sitting is None:
                self._sitting = None
                self.post_message(OpenPage("exam"))
                return
            if sitting.handed_in_at is not None:
                self._sitting = None
                self.notify(
                    "The time is over; the exam was handed in as it was.",
                    severity="warning",
                    timeout=12,
                )
                self._show_result(sitting.id)
                return
            self._sitting = self.host.exam.sitting = sitting
            self._draw(sitting)

    def _show_result(self, sitting_id: str) -> None:
        self.host.exam.sitting = None
        self.host.exam.shown_result = sitting_id
        self.post_message(OpenPage("result"))

    def _draw(self, sitting: Sitting) -> None:
        room = self.host.exam.room
        question = (
            next((one for one in room.bank if one.id == sitting.questions[sitting.at]), None)
            if room
            else None
        )
        paused = sitting.paused_at is not None
        view, answer = self.query_one(QuestionView), sitting.answers[sitting.at]
        view.display = question is not None and not paused
        note = (
            ""
            if question is not None
            else "This question is no longer in the bank; it counts as unanswered."
        )
        self.query_one("#sitting-note", MarginNote).tell("Paused: z goes on." if paused else note)
        if question is not None:
            shown = ShownQuestion(question, sitting.orders[sitting.at], answer.chosen)
            if (
                view.shown is None
                or view.shown.question is not question
                or view.shown.chosen != answer.chosen
            ):
                if view.shown is None or view.shown.question is not question:
                    self.query_one("#sitting-box").scroll_home(animate=False)
                view.shown = shown
        self.query_one(Navigator).draw(sitting)
        pause = self.query_one("#sitting-pause", KeyButton)
        pause.display = sitting.pausable
        pause.words = "Go on" if paused else "Pause"
        mark = self.query_one("#sitting-mark", KeyButton)
        mark.words = "Unmark" if answer.marked else "Mark"
        self._draw_ways(sitting, paused)
        self.query_one(ButtonGrid).fit()
        if not self.query_one("#sitting-go").display:
            self.screen.set_focus(pause if paused else view, scroll_visible=False)
        self._tick()

    def _draw_ways(self, sitting: Sitting, paused: bool) -> None:
        """To the other questions and to the end; what comes next is the main button."""
        last = sitting.at == len(sitting.questions) - 1
        previous, following, hand_in = (
            self.query_one(f"#sitting-{name}", KeyButton)
            for name in ("previous", "next", "hand-in")
        )
        previous.disabled, following.disabled = paused or sitting.at == 0, paused or last
        following.set_class(not last, "-kind-primary")
        hand_in.set_class(last, "-kind-primary")

    def _tick(self) -> None:
        sitting = self._sitting
        if sitting is None or not self.display:
            return
        left = sitting.left(wall_clock())
        minutes, seconds = divmod(left // 1000, 60)
        answer = sitting.answers[sitting.at]
        marked = " · marked" if answer.marked else ""
        self.border_title = f"Mock exam · {sitting.at + 1} of {len(sitting.questions)}{marked}"
        paused = " paused" if sitting.paused_at is not None else ""
        self.border_subtitle = f"◷ {minutes}:{seconds:02}{paused}"
        for mark in WARNINGS:
            if minutes < mark and sitting.form.minutes >= 2 * mark and mark not in self._warned:
                self._warned |= {warned for warned in WARNINGS if warned >= mark}
                self.notify(
                    f"{minutes + 1} minutes left." if minutes else "Less than a minute left.",
                    severity="warning",
                )
        if left <= 0:
            self._do(lambda room, now: None)

    def action_step(self, by: int) -> None:
        """To the next question, or back."""
        sitting = self._sitting
        if sitting is not None:
            self._do(
                lambda room, now: room.look(now, min(max(now.at + by, 0), len(now.questions) - 1))
            )

    def action_main(self) -> None:
        """What the main button does: the next question; at the last one hand in."""
        sitting = self._sitting
        if sitting is not None and sitting.at == len(sitting.questions) - 1:
            self._hand_in()
        else:
            self.action_step(1)

    def action_go(self) -> None:
        """Ask for a number."""
        self._ask_number(True)
        self.screen.set_focus(self.query_one("#sitting-go"))

    def _ask_number(self, asked: bool) -> None:
        """Show the field for a number, or hide it; the rule makes room for it."""
        field = self.query_one("#sitting-go", Input)
        field.display, field.value = asked, ""
        self.query_one("#sitting-rule").display = not asked

    @on(Input.Submitted, "#sitting-go")
    def _went(self, event: Input.Submitted) -> None:
        event.stop()
        self._ask_number(False)
        self.query_one(QuestionView).focus()
        number, sitting = int(event.value or 0), self._sitting
        if sitting is not None and 0 < number <= len(sitting.questions):
            self._do(lambda room, now: room.look(now, number - 1))
        elif event.value:
            self.notify(f"There is no question {number}.")

    @on(Navigator.Chosen)
    def _jumped(self, event: Navigator.Chosen) -> None:
        event.stop()
        self._do(lambda room, now: room.look(now, event.place))

    @on(QuestionView.Chosen)
    def _chose(self, event: QuestionView.Chosen) -> None:
        event.stop()
        self._do(lambda room, now: room.choose(now, now.at, event.chosen))

    @work(group="leave", exclusive=True)
    async def action_leave(self) -> None:
        """Back to the list: a pausable exam is paused; asks where the clock runs on."""
        if self.query_one("#sitting-go").display:
            self._ask_number(False)
            self.query_one(QuestionView).focus()
            return
        sitting = self._sitting
        if sitting is not None and sitting.pausable:
            self._do(lambda room, now: room.pause(now))
            self.notify("Paused; it waits for you.")
        elif sitting is not None and not await self.app.push_screen_wait(Confirm(RUNS_ON, "Leave")):
            return
        self.post_message(OpenPage("exam"))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        match event.button.id:
            case "sitting-previous":
                self.action_step(-1)
            case "sitting-next":
                self.action_step(1)
            case "sitting-mark":
                self._do(lambda room, now: room.mark(now, now.at, not now.answers[now.at].marked))
            case "sitting-pause":
                self._do(
                    lambda room, now: room.pause(now) if now.paused_at is None else room.resume(now)
                )
            case "sitting-hand-in":
                self._hand_in()

    @work(group="hand-in", exclusive=True)
    async def _hand_in(self) -> None:
        sitting = self._sitting
        if sitting is None:
            return
        open_ones = [str(place + 1) for place in sitting.unanswered]
        words = (
            [f"Unanswered, and unanswered is wrong: {_some(open_ones)}."]
            if open_ones
            else ["Every question is answered."]
        )
        marked = [str(place + 1) for place, answer in enumerate(sitting.answers) if answer.marked]
        words += [f"Marked for review: {_some(marked)}."] if marked else []
        if await self.app.push_screen_wait(Confirm("\n".join((*words, "Hand in?")), "Hand in")):
            async with self._one_at_a_time:
                done = await self.host.exam.in_room(lambda room: room.hand_in(sitting))
            if done is not None:
                self._sitting = None
                self._show_result(sitting.id)


def _some(numbers: list[str]) -> str:
    return ", ".join(numbers[:12]) + (f" and {len(numbers) - 12} more" if len(numbers) > 12 else "")

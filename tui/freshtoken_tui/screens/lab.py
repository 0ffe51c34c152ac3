"""The open lab: its story, its goals ticking by themselves, hints, and after it what to take
away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Static

from freshtoken_model.training.content.sources import cited
from freshtoken_tui.commands import local_keys
from freshtoken_tui.dialogs.modals import Confirm
from freshtoken_tui.widgets.button_grid import ButtonGrid
from freshtoken_tui.widgets.field import KeyButton, button
from freshtoken_tui.widgets.goal_list import GoalList
from freshtoken_tui.widgets.notes import MarginNote, show

from .page import Page, PageKind

if TYPE_CHECKING:
    from freshtoken_model.training.labs.labs import Lab, LabStanding
    from freshtoken_model.training.labs.progress import Record

GAVE_UP = "Show the reference solution? The lab is then noted as given up, unless you solve it."


class LabPage(Page):
    """The page of the lab in progress."""

    TITLE = "Lab"
    KIND = PageKind.STAGE
    FIRST = "#lab-check"
    HELP = """\
## The lab
Do what the story asks, on any page: the goals tick by themselves the moment they are reached, also
when a command in another
terminal or a real client reaches them. **Check** says what is missing; a **hint** costs nothing.
**Set back** starts over;
ctrl+b takes back one step only. The **solution** opens once the lab is solved or given up; then its
steps can be played here one by one. **Leave** goes back to your own org, which is as you left it.
"""
    BINDINGS = local_keys(
        "lab",
        ("c", "press('lab-check')", "Check"),
        ("h", "press('lab-hint')", "Hint"),
        ("r", "press('lab-reset')", "Set back"),
        ("s", "press('lab-solution')", "Solution"),
        ("l", "press('lab-leave')", "Leave"),
    )

    def compose(self) -> ComposeResult:
        """Story, goals, buttons, and what comes with time: hints, solution, debrief."""
        yield Static(id="lab-story")
        yield GoalList(id="lab-goals")
        with ButtonGrid():
            yield button("Check", "lab-check", "primary", key="c")
            yield button("Hint", "lab-hint", key="h")
            yield button("Set back", "lab-reset", key="r")
            yield button("Solution", "lab-solution", key="s")
            yield button("Leave", "lab-leave", key="l")
        yield MarginNote(id="lab-nudge")
        yield Static(id="lab-hints")
        yield Static(id="lab-steps")
        yield Static(id="lab-debrief")

    def on_mount(self) -> None:
        """Follow how the lab stands."""
        self.call_after_refresh(self._follow)

    def _follow(self) -> None:
        self.host.labs.changed.subscribe(self, self.show_standing)
        self.show_standing(self.host.labs.standing)

    def show_standing(self, standing: LabStanding | None) -> None:
        """Draw the lab as it stands."""
        lab, record = self.host.labs.lab, self.host.labs.record
        if lab is None or record is None:
            return
        self.border_title = f"Lab · {lab.title}"
        self.border_subtitle = f"{lab.level}, {lab.minutes} min"
        show(self.query_one("#lab-story", Static), _paragraphs(lab.story))
        self.query_one(GoalList).show(standing)
        self._show_help(lab, record, standing)

    def _show_help(self, lab: Lab, record: Record, standing: LabStanding | None) -> None:
        solved = standing is not None and standing.solved
        nudge = ""
        if not solved and record.stuck and record.hints < len(lab.hints):
            nudge = f"{record.tries} tries. A hint costs nothing: h."
        self.query_one("#lab-nudge", MarginNote).tell(nudge)
        hints = [
            Content.assemble((f"Hint {n}  ", "bold"), text)
            for n, text in enumerate(lab.hints[: record.hints], 1)
        ]
        show(self.query_one("#lab-hints", Static), Content("\n").join(hints))
        debrief = Content("")
        if solved or record.solution_open:
            known = Content("\n").join(
                Content.styled(f"· {line}", "$foreground 75%") for line in cited(lab.sources)
            )
            debrief = Content.assemble(
                ("What to take away\n", "bold"),
                _paragraphs(lab.debrief),
                ("\n\nKnown from\n", "bold"),
                known,
            )
        show(self.query_one("#lab-debrief", Static), debrief)
        show(
            self.query_one("#lab-steps", Static),
            self._steps(lab) if record.gave_up or self.host.labs.played else Content(""),
        )
        label = (
            ("Play next step" if self.host.labs.played else "Play the solution")
            if record.solution_open
            else "Solution"
        )
        found = self.query_one("#lab-solution", KeyButton)
        if found.words != label:
            found.words = label
            self.query_one(ButtonGrid).fit()

    def _steps(self, lab: Lab) -> Content:
        rows = [Content.styled("The reference solution (s plays it here, step by step)", "bold")]
        for number, line in enumerate(self.host.labs.room().lines(lab)):
            mark = "▸" if number == self.host.labs.played else " "
            rows.append(
                Content.assemble(
                    (f"{mark} ", "$text-primary"), ("freshtoken ", "$foreground 60%"), line
                )
            )
        return Content("\n").join(rows)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        match event.button.id:
            case "lab-check":
                self.host.labs.check()
            case "lab-hint":
                self.host.labs.hint()
            case "lab-reset":
                self.host.labs.reset()
            case "lab-leave":
                self.host.labs.leave()
            case "lab-solution":
                self._solution()

    @work(group="solution", exclusive=True)
    async def _solution(self) -> None:
        record = self.host.labs.record
        if record is not None and record.solution_open:
            self.host.labs.play_step()
        elif await self.app.push_screen_wait(Confirm(GAVE_UP, "Give up")):
            self.host.labs.give_up()


def _paragraphs(text: str) -> Content:
    """Lines joined to paragraphs: the window wraps them."""
    blocks = [
        " ".join(block.split("\n")) if not block.startswith(" ") else block
        for block in text.split("\n\n")
    ]
    return Content("\n\n".join(blocks))

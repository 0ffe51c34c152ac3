"""The part of the app that is at work in a lab: opens its org in the learner's place, and ticks its
goals as they come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from textual import work
from textual.reactive import reactive

from .clock import TimeApp

if TYPE_CHECKING:
    from freshtoken_model.training.content.trust import Content
    from freshtoken_model.training.labs.classroom import Classroom
    from freshtoken_model.training.labs.labs import Lab, Standing
    from freshtoken_model.training.labs.progress import Record
    from freshtoken_model.training.shelf import Shelf
    from freshtoken_tui.view import Picture

Answer = TypeVar("Answer")


class LabApp(TimeApp):
    """An app that can leave the learner's org for that of a lab, and come back."""

    standing: reactive[Standing | None] = reactive(None)
    """How the open lab stands; None without a lab."""

    lab: Lab | None = None
    record: Record | None = None
    """What the open lab has come to."""
    played = 0
    """How many steps of the reference solution were played since it was last set back for that."""
    _home: Path | None = None

    def room(self) -> Classroom:
        """Where labs are started and set back."""
        from freshtoken_model.training.labs.classroom import Classroom
        from freshtoken_tui.demo.runner import run_line

        return Classroom(run_line, hashing=self._hashing)

    async def shelf(self) -> Shelf | None:
        """The labs there are."""
        from freshtoken_model.training.shelf import open_shelf

        found = await self.off_the_loop(open_shelf)
        if found is not None and found.problems:
            words = f"{found.problems[0]} (freshtoken content check tells all)"
            self.notify(words, severity="warning", timeout=12)
        return found

    async def off_the_loop(self, what: Callable[[], Answer]) -> Answer | None:
        """Run something of the training in a thread; what it refuses becomes a toast, and None."""
        from freshtoken_data import ContentError
        from freshtoken_model.values.errors import OrgError

        try:
            answer = await asyncio.to_thread(what)
        except (OrgError, ContentError) as error:
            self.notify(str(error), severity="error", timeout=12)
            return None
        self._still_here()
        return answer

    async def may_run(self, content: Content) -> bool:
        """Whether the programs of a content may run; asks once for its folder as it is now."""
        from freshtoken_model.training.content.trust import Trust
        from freshtoken_model.training.shelf import ask_about
        from freshtoken_tui.dialogs.modals import TrustQuestion

        trust = Trust()
        try:
            if await asyncio.to_thread(trust.allows, content):
                return True
            question = await asyncio.to_thread(ask_about, content.folder)
            if not await self.push_screen_wait(TrustQuestion(question.words, "Let them run")):
                return False
            await asyncio.to_thread(trust.allow, question)
        except OSError as error:
            self.notify(f"That could not be remembered: {error.strerror}.", severity="error")
            return False
        return True

    async def _in_room(self, what: Callable[[Classroom, Lab], object]) -> object:
        """Do something with the open lab, and read anew what it has come to. False when it was
        refused.
        """
        lab, room = self.lab, self.room()
        if lab is None:
            return False
        done = await self.off_the_loop(
            lambda: (what(room, lab) or True, room.progress.record(lab.id))
        )
        if done is None:
            return False
        self.record = done[1]
        self.mutate_reactive(LabApp.standing)
        return done[0]

    def staying(self) -> str:
        """Why no lab can be opened or left now; empty when one can."""
        return ""

    @work(group="lab", exclusive=True)
    async def open_lab(self, lab: Lab) -> None:
        """Start a lab or go on with it; its org takes the place of the one that is open."""
        if self.staying():
            self.notify(self.staying(), severity="warning")
            return
        from freshtoken_model.training.content.sources import sources
        from freshtoken_model.training.labs.labs import standing

        if not await self.may_run(lab):
            return
        room = self.room()
        started = await self.off_the_loop(
            lambda: (room.start(lab), sources(), room.progress.record(lab.id))
        )
        if started is None:
            return
        record = started[-1]
        home, before, self.lab = (self.path if self.lab is None else self._home), self.lab, None
        if not await self.change_org(room.path(lab)):
            self.lab = before
            return
        found = await self.ask(lambda org: standing(lab, org))
        self._home, self.lab, self.record, self.played = home, lab, record, 0
        self.standing = found
        self._look()
        await self.open_page("lab")

    async def recognise_lab(self) -> None:
        """The app was opened on the org of a lab, as `lab start` offers it: the lab goes on."""
        if self.path.absolute().parent.name != "labs":
            return  # nothing to import for
        from freshtoken_model.training.labs.labs import lab_of

        name = lab_of(self.picture.info.kind) if self.picture is not None else ""
        shelf = await self.shelf() if name else None
        lab = (
            next((one for one in shelf.labs if one.id == name), None) if shelf is not None else None
        )
        if lab is not None and self.room().path(lab).absolute() == self.path.absolute():
            self.lab = lab
            await self._in_room(lambda room, lab: None)
            self._look()

    @work(group="lab", exclusive=True)
    async def leave_lab(self) -> None:
        """Back to the learner's own org, as it was left."""
        if self.staying():
            self.notify(self.staying(), severity="warning")
            return
        if self._home is None:
            self.notify(
                "freshtoken was started on this lab's org; quit it, and start it without "
                "FRESHTOKEN_ORG."
            )
            return
        lab, self.lab = self.lab, None
        if not await self.change_org(self._home):
            self.lab = lab
        else:
            self.standing = self.record = self._home = None
            await self.open_page("labs")

    @work(group="lab", exclusive=True)
    async def reset_lab(self) -> None:
        """Set the open lab back to its beginning."""
        if (
            self.lab is not None
            and await self.may_run(self.lab)
            and await self._in_room(lambda room, lab: room.reset(lab))
        ):
            self.viewer, self.played = None, 0
            await self.refresh_picture()
            self.know_what_is_there()
            self.notify("As it was at the beginning.")

    @work(group="lab", exclusive=True)
    async def check_lab(self) -> None:
        """Note a try, and say what is missing."""
        from freshtoken_model.training.labs.classroom import Checked

        checked = await self._in_room(lambda room, lab: room.check(lab))
        if isinstance(checked, Checked):
            missing = [goal.words for goal in checked.standing.goals if not goal.done]
            if checked.standing.solved:
                self.notify("Every goal is reached.", title="Solved")
            else:
                self.notify(
                    "\n".join((*checked.standing.broken, *missing)), title="Not yet", timeout=10
                )

    @work(group="lab", exclusive=True)
    async def give_hint(self) -> None:
        """Show the next hint."""
        await self._in_room(lambda room, lab: room.hint(lab))

    @work(group="lab", exclusive=True)
    async def give_up(self) -> None:
        """Open the reference solution."""
        await self._in_room(lambda room, lab: room.give_up(lab))

    @work(group="lab", exclusive=True)
    async def play_step(self) -> None:
        """Play the next step of the reference solution in the lab's org; before the first one it is
        set back.
        """
        number = self.played
        if self.lab is None or not await self.may_run(self.lab):
            return
        if number == 0:
            if not await self._in_room(lambda room, lab: room.reset(lab)):
                return
            self.viewer = None
        ran = await self._in_room(lambda room, lab: room.play_one(lab, number))
        if not isinstance(ran, tuple):
            return
        step, outcome = ran
        self.played = (number + 1) % len(self.lab.solution) if self.lab else 0
        await self.refresh_picture()
        self.notify(
            (outcome.said or outcome.out).strip()[:200], title=f"freshtoken {step.line}", timeout=8
        )
        self.mutate_reactive(LabApp.standing)

    def watch_picture(self, picture: Picture | None) -> None:
        """See how the lab stands, whatever door the change came through."""
        self._look()

    def watch_standing(self) -> None:
        """What comes next is told below the page, or in the strip."""
        if self.picture is not None and self.is_running and self.screen_stack:
            self.desk.draw_guide(self.picture)

    @work(group="standing", exclusive=True)
    async def _look(self) -> None:
        from freshtoken_model.training.labs.labs import standing

        lab = self.lab
        if lab is None or self.pool is None:
            return
        found, error = await self.attempt(lambda org: standing(lab, org), refresh=False)
        if self.lab is not lab:
            return
        self.standing = found
        if found is None:
            self.notify(error, severity="warning")
        elif found.solved and self.record is not None and self.record.solved_at is None:
            room = self.room()
            noted = await self.off_the_loop(lambda: room.solved(lab))
            if noted is not None:
                self.record = noted[0]
                self.mutate_reactive(LabApp.standing)
                self.notify(
                    "Every goal is reached. f6 tells what to take away.",
                    title=f"Solved: {lab.title}",
                    timeout=12,
                )

    def guide(self, picture: Picture, lines: int) -> str:
        """What comes next, in so many lines at most: in a lab its goals, else the story's step."""
        from freshtoken_tui.story import next_step

        standing, lab = self.standing, self.lab
        if lab is None or standing is None:
            return next_step(picture)
        head = f"Lab: {lab.title} · {standing.reached} of {len(standing.goals)}"
        if standing.broken:
            return f"{head} · Not allowed here: {standing.broken[0]} f6 sets it back."
        if standing.solved:
            return f"{head} · Solved. f6 tells what to take away."
        if lines > len(standing.goals):
            return "\n".join(
                (head, *(f"{'✓' if goal.done else '○'} {goal.words}" for goal in standing.goals))
            )
        return f"{head} · {next(goal.words for goal in standing.goals if not goal.done)}"

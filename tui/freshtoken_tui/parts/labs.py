"""The lab that is open: its org in the learner's place, and its goals, which tick as they are
reached.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.signal import Signal

from freshtoken_tui.messages import OpenLab, Request

from .part import Part, in_worker

if TYPE_CHECKING:
    from freshtoken_model.training.labs.classroom import Classroom
    from freshtoken_model.training.labs.labs import Lab, LabStanding
    from freshtoken_model.training.labs.progress import Record
    from freshtoken_model.training.shelf import Shelf
    from freshtoken_tui.app import FreshtokenApp
    from freshtoken_tui.story import Guide
    from freshtoken_tui.view import OrgView


class Labs(Part):
    """Opens labs and leaves them; plays their solutions."""

    def __init__(self, app: FreshtokenApp) -> None:
        super().__init__(app)
        self.lab: Lab | None = None
        self.record: Record | None = None
        """The tries, hints and solution of the open lab."""
        self.standing: LabStanding | None = None
        """Which goals of the open lab are reached; None without a lab."""
        self.changed: Signal[LabStanding | None] = Signal(app, "standing")
        self.known: Shelf | None = None
        """The labs and demos, once they were read."""
        self.following: Lab | None = None
        """The next lab that is not solved, once the open one is."""
        self.played = 0
        """How many steps of the reference solution were played since the lab was set back."""

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does."""
        return {"labs": lambda: self.app.pages.go("lab" if self.lab is not None else "labs")}

    def requests(self) -> dict[type[Request], Callable[[Any], object]]:
        """What it does for pages, dialogs and widgets."""
        return {
            OpenLab: lambda asked: self.open(asked.lab),
        }

    def room(self) -> Classroom:
        """Where labs are started and set back."""
        from freshtoken_model.training.labs.classroom import Classroom

        return Classroom(self.app.run_line, hashing=self.app.org.hashing)

    async def shelf(self) -> Shelf | None:
        """The labs and demos at hand; a toast names the first that cannot be read."""
        from freshtoken_model.training.shelf import open_shelf

        found = await self.app.off_the_loop(open_shelf)
        self.known = found or self.known
        if found is not None and found.problems:
            words = f"{found.problems[0]} (freshtoken content check lists all)"
            self.app.notify(words, severity="warning", timeout=12)
        return found

    def stand(self, standing: LabStanding | None) -> None:
        """Show which goals are reached."""
        self.standing = standing
        self.changed.publish(standing)
        if self.app.org.view is not None:
            self.app.main.draw_guide(self.app.org.view)

    async def _in_room(self, what: Callable[[Classroom, Lab], object]) -> object:
        """Do something with the open lab, and read its record again. False when it was refused."""
        lab, room = self.lab, self.room()
        if lab is None:
            return False
        done = await self.app.off_the_loop(
            lambda: (what(room, lab) or True, room.progress.record(lab.id))
        )
        if done is None:
            return False
        self.record = done[1]
        self.stand(self.standing)
        return done[0]

    @in_worker(group="lab", exclusive=True)
    async def open(self, lab: Lab) -> None:
        """Start a lab or go on with it; its org takes the place of the one that is open."""
        stage = self.app.stage
        if stage.held_by:
            self.app.notify(stage.held_by, severity="warning")
            return
        if not await stage.may_run(lab):
            return
        async with self.busy("Opening the lab"):
            await self._begin(lab)

    async def _begin(self, lab: Lab) -> None:
        from freshtoken_model.training.content.sources import sources
        from freshtoken_model.training.labs.labs import standing

        stage, room = self.app.stage, self.room()
        started = await self.app.off_the_loop(
            lambda: (room.start(lab), sources(), room.progress.record(lab.id))
        )
        if started is None:
            return
        change = stage.put_on if self.lab is None else stage.replace
        if not await change(room.path(lab)):
            return
        found = await self.app.org.run_or_toast(lambda org: standing(lab, org))
        self.lab, self.record, self.played, self.following = lab, started[-1], 0, None
        self.stand(found)
        self.look()
        await self.app.pages.open("lab")

    async def recognise(self) -> None:
        """The app was opened on the org of a lab, as `lab start` offers it: the lab goes on."""
        path, view = self.app.org.path.absolute(), self.app.org.view
        if path.parent.name != "labs" or view is None:
            return
        from freshtoken_model.training.labs.labs import lab_of

        name = lab_of(view.info.kind)
        shelf = await self.shelf() if name else None
        lab = next((one for one in shelf.labs if one.id == name), None) if shelf else None
        if lab is not None and self.room().path(lab).absolute() == path:
            self.lab = lab
            await self._in_room(lambda room, lab: None)
            self.look()

    @in_worker(group="lab", exclusive=True)
    async def leave(self) -> None:
        """Back to the learner's own org, as it was left."""
        stage = self.app.stage
        if stage.held_by:
            self.app.notify(stage.held_by, severity="warning")
        elif not stage.can_return:
            self.app.notify(
                "freshtoken was started on this lab's org; quit it, and start it without "
                "FRESHTOKEN_ORG."
            )
        elif await stage.bring_back():
            await self.app.pages.open("labs")

    def resume(self, lab: Lab | None) -> None:
        """The org of this lab, or of none, is open again."""
        if lab is None:
            self.record = None
        self.lab, self.following = lab, None
        self.stand(None)
        self.look()

    @in_worker(group="lab", exclusive=True)
    async def reset(self) -> None:
        """Set the open lab back to its beginning."""
        if (
            self.lab is not None
            and await self.app.stage.may_run(self.lab)
            and await self._in_room(lambda room, lab: room.reset(lab))
        ):
            self.app.org.viewer, self.played = None, 0
            await self.app.org.refresh()
            self.app.org.note_seen()
            self.app.notify("As it was at the beginning.")

    @in_worker(group="lab", exclusive=True)
    async def check(self) -> None:
        """Note a try, and say what is missing."""
        from freshtoken_model.training.labs.classroom import LabCheck

        checked = await self._in_room(lambda room, lab: room.check(lab))
        if isinstance(checked, LabCheck):
            missing = [goal.words for goal in checked.standing.goals if not goal.done]
            if checked.standing.solved:
                self.app.notify("Every goal is reached.", title="Solved")
            else:
                words = "\n".join((*checked.standing.broken, *missing))
                self.app.notify(words, title="Not yet", timeout=10)

    @in_worker(group="lab", exclusive=True)
    async def hint(self) -> None:
        """Show the next hint."""
        await self._in_room(lambda room, lab: room.hint(lab))

    @in_worker(group="lab", exclusive=True)
    async def give_up(self) -> None:
        """Open the reference solution."""
        await self._in_room(lambda room, lab: room.give_up(lab))

    @in_worker(group="lab", exclusive=True)
    async def play_step(self) -> None:
        """Play the next step of the reference solution in the lab's org; before the first one it is
        set back.
        """
        number = self.played
        if self.lab is None or not await self.app.stage.may_run(self.lab):
            return
        if number == 0:
            if not await self._in_room(lambda room, lab: room.reset(lab)):
                return
            self.app.org.viewer = None
        ran = await self._in_room(lambda room, lab: room.play_one(lab, number))
        if not isinstance(ran, tuple):
            return
        step, outcome = ran
        self.played = (number + 1) % len(self.lab.solution) if self.lab else 0
        await self.app.org.refresh()
        words = (outcome.said or outcome.out).strip()[:200]
        self.app.notify(words, title=f"freshtoken {step.line}", timeout=8)
        self.stand(self.standing)

    @in_worker(group="standing", exclusive=True)
    async def look(self) -> None:
        """Look which goals are reached, whatever door the change came through."""
        lab = self.lab
        if lab is None:
            return
        from freshtoken_model.training.labs.labs import standing

        found, error = await self.app.org.run(lambda org: standing(lab, org), refresh=False)
        if self.lab is not lab:
            return
        self.stand(found)
        if found is None:
            self.app.notify(error, severity="warning")
        elif found.solved and self.record is not None:
            if self.record.solved_at is None:
                await self._note_solved(lab)
            if self.following is None:
                self.following = await self._after(lab)
            if self.lab is lab:
                self.stand(found)

    async def _note_solved(self, lab: Lab) -> None:
        room = self.room()
        noted = await self.app.off_the_loop(lambda: room.solved(lab))
        if noted is not None:
            self.record = noted[0]
            self.app.notify(
                "Every goal is reached. f6 tells what to take away.",
                title=f"Solved: {lab.title}",
                timeout=12,
            )

    async def _after(self, lab: Lab) -> Lab | None:
        """The next lab that is not solved; None when all are."""
        from freshtoken_model.training.labs.progress import next_open

        shelf = self.known or await self.shelf()
        records = await self.app.off_the_loop(self.room().progress.records)
        labs = {one.id: one for one in shelf.labs} if shelf is not None else {}
        return labs.get(next_open(list(labs), records or {}, lab.id))

    def guide(self, view: OrgView, page: str) -> Guide:
        """The next step on a page: of the lab its next goal, else of the story."""
        from freshtoken_tui.story import Guide, next_step

        standing, lab = self.standing, self.lab
        if self.app.stage.held_by or page == "lab":
            return Guide()
        if lab is None or standing is None:
            client = self.app.client
            has_button = self.app.main.in_client and bool(client.offered_password(view))
            step = next_step(view, client.why_seen, page, has_button)
            return step if page in step.pages else Guide()
        head = f"Lab: {lab.title} · {standing.reached} of {len(standing.goals)}"
        if standing.broken:
            return Guide(f"{head} · Not allowed here: {standing.broken[0]} f6 sets it back.")
        if standing.solved:
            return Guide(f"{head} · Solved. f6 tells what to take away.")
        goal = next(goal.words for goal in standing.goals if not goal.done)
        return Guide(head, f"Next: {goal}") if self.app.main.roomy else Guide(f"{head} · {goal}")

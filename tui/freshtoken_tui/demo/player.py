"""Plays a demo in the app: step by step, at a speed, back by a chapter's snapshot and a quick
replay.

It never sends keys, so that a real key is always a human's; and it never depends on timing: pauses
are for the audience.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from freshtoken_model.store.whole_file import make_folder, temporary_folder, write_whole
from freshtoken_model.training.content.trust import Trust
from freshtoken_model.values.errors import OrgError

from .hands import STEP_TIMEOUT, DemoHands, DemoStepError

if TYPE_CHECKING:
    from freshtoken_model.training.demos.demos import Demo, DemoStep
    from freshtoken_tui.app import FreshtokenApp
    from freshtoken_tui.parts.org_session import Viewer

SPEEDS = (0.5, 1.0, 2.0, 4.0)
PLAYING, PAUSED, TAKEN, ENDED = "playing", "paused", "taken over", "ended"


@dataclass(frozen=True)
class Mark:
    """A chapter's beginning: a copy of the org, who was logged in, which client and page were
    shown.
    """

    org: Path
    viewer: Viewer | None
    client_id: int | None
    page: str


class DemoPlayer:
    """A demo on its way. `hurry`: without pauses, as headless and on the way back."""

    def __init__(
        self,
        app: FreshtokenApp,
        demo: Demo,
        hurry: bool = False,
        on_step: Callable[[DemoStep, str], None] | None = None,
        follow: Path | None = None,
        careful: bool = False,
    ) -> None:
        """`on_step` is called at the end of every step with what went wrong in it. `follow`: the
        file that notes read.

        `careful`: a step has ended only when nothing moves any more, so that two recordings are the
        same.
        """
        self.app, self.demo, self.speed, self.hurry = app, demo, 1.0, hurry
        self.state, self.chapter, self.step = PLAYING, 0, 0
        self.trouble = ""
        self._on_step, self._follow, self._careful = on_step, follow, careful
        self._folder = temporary_folder()
        self._hands = DemoHands(app, self._pause, Path(self._folder.name), Trust().allows(demo))
        self._marks: dict[int, Mark] = {}
        self._wish: tuple[str, int] | None = None
        self._woken = asyncio.Event()

    @property
    def now(self) -> DemoStep:
        """The step that is shown."""
        return self.demo.chapters[self.chapter].steps[self.step]

    # ---- What a human wants

    def key(self, key: str) -> bool:
        """A key was pressed. True: it was for the demo. Any other key takes over."""
        if self.state == TAKEN:
            if key == "ctrl+d":
                self._want("again", 0)
                return True
            return False
        if self.state == ENDED and key in ("enter", "escape", "q"):
            self._want("leave", 0)
        elif self.now.big and key == "enter":
            self._want("right", 0)
        elif key == "space":
            self._want("pause", 0)
        elif key in ("right", "left"):
            self._want(key, 0)
        elif key.isdecimal() and 1 <= int(key) <= len(self.demo.chapters):
            self._want("chapter", int(key) - 1)
        elif key in ("plus", "minus"):
            place = SPEEDS.index(self.speed) + (1 if key == "plus" else -1)
            self.speed = SPEEDS[min(max(place, 0), len(SPEEDS) - 1)]
            self.tell()
        elif key == "escape":
            self._want("panic", 0)
        elif key == "ctrl+d":
            self._want("leave", 0)
        elif self.now.big:
            pass  # nothing behind a slide can be seen, so nothing there is worked on
        else:
            self.take_over()
            return False
        return True

    def leave(self) -> None:
        """End the demo, also one that was taken over."""
        self._want("leave", 0)

    def click(self) -> bool:
        """The mouse was pressed. True: it was for the demo, which shows a slide."""
        if self.now.big and self.state != TAKEN:
            self._want("leave" if self.state == ENDED else "right", 0)
            return True
        self.take_over()
        return False

    def take_over(self) -> None:
        """A human goes on by hand; the script waits."""
        if self.state != TAKEN:
            self.state = TAKEN
            self._want("taken", 0)

    def _want(self, what: str, number: int) -> None:
        self._wish = (what, number)
        self._woken.set()

    # ---- Playing

    async def play(self) -> None:
        """Play until it is left."""
        try:
            await self._show_step()
            while await self._linger():
                pass
        finally:
            self._folder.cleanup()

    async def play_at_once(self) -> None:
        """Every step, without pauses. Raises DemoStepError."""
        try:
            for number, chapter in enumerate(self.demo.chapters):
                for step in range(len(chapter.steps)):
                    self.chapter, self.step = number, step
                    await self._show_step()
                    if self.trouble:
                        raise DemoStepError(f"{self.demo.file}, {self.now.table}: {self.trouble}")
        finally:
            self._folder.cleanup()

    async def _show_step(self) -> None:
        """Show the caption of the step, play its acts, wait for its state."""
        self.trouble = ""
        self.tell()
        try:
            if self.step == 0:
                await self._mark()
            await self._hands.perform(self.now)
        except (DemoStepError, OrgError) as error:
            self._went_wrong(error)
        if self._on_step is not None:
            if self._careful:
                await self._calm()
            self._on_step(self.now, self.trouble)

    def _went_wrong(self, error: Exception) -> None:
        """Say it, and wait for what the presenter wants."""
        self.trouble = str(error)
        if self.state == PLAYING:
            self.state = PAUSED
        self.tell()

    async def _calm(self) -> None:
        """Wait until the work that a step began has ended, so that two recordings are the same."""
        end = asyncio.get_running_loop().time() + STEP_TIMEOUT
        quiet = 0
        while quiet < 3 and asyncio.get_running_loop().time() < end:
            busy = any(worker.is_running and worker.group != "demo" for worker in self.app.workers)
            busy = busy or (self.app.client.pane is not None and self.app.client.pane.busy)
            quiet = 0 if busy or self.app.screen.query("Button.-active") else quiet + 1
            await asyncio.sleep(0.02)
        await self.app.org.refresh()
        await asyncio.sleep(0.05)

    async def _linger(self) -> bool:
        """Stay with the step until it is read or somebody wants something; do that. False: the demo
        is left.
        """
        while self._wish is None:
            seconds = self.now.stays / self.speed if self.state == PLAYING else None
            self._woken.clear()
            try:
                await asyncio.wait_for(self._woken.wait(), seconds)
            except TimeoutError:
                if self.state == PLAYING:
                    await self._forward()
        (what, number), self._wish = self._wish, None
        if what == "leave":
            return False
        try:
            await self._fulfil(what, number)
        except OrgError as error:
            self._went_wrong(error)
        return True

    async def _fulfil(self, what: str, number: int) -> None:
        match what:
            case "pause":
                self.state = {PLAYING: PAUSED, PAUSED: PLAYING}.get(self.state, self.state)
                self.tell()
            case "right":
                await self._forward()
            case "left":
                await self._go(*self._before())
            case "chapter":
                await self._go(number, 0)
            case "again":
                self.state = PLAYING
                await self._go(self.chapter, self.step)
            case "panic":
                await self._finish_chapter()
            case _:
                self.tell()

    async def _forward(self) -> None:
        steps = self.demo.chapters[self.chapter].steps
        if self.step + 1 < len(steps):
            self.step += 1
        elif self.chapter + 1 < len(self.demo.chapters):
            self.chapter, self.step = self.chapter + 1, 0
        else:
            self.state = ENDED
            self.tell()
            return
        await self._show_step()

    def _before(self) -> tuple[int, int]:
        """The step before the one shown."""
        if self.step:
            return self.chapter, self.step - 1
        if self.chapter:
            return self.chapter - 1, len(self.demo.chapters[self.chapter - 1].steps) - 1
        return 0, 0

    async def _finish_chapter(self) -> None:
        """The chapter's final state, at once; then wait."""
        await self._at_once(range(self.step + 1, len(self.demo.chapters[self.chapter].steps)))
        self.state = PAUSED
        self.tell()

    async def _go(self, chapter: int, step: int) -> None:
        """To a step, from wherever: the newest snapshot at or before its chapter, and a quick
        replay up to it.
        """
        if self.state == ENDED:
            self.state = PAUSED
        known = max(number for number in self._marks if number <= chapter)
        await self._restore(self._marks[known])
        for self.chapter in range(known, chapter):
            await self._at_once(range(len(self.demo.chapters[self.chapter].steps)))
        self.chapter = chapter
        await self._at_once(range(step))
        self.step = step
        await self._show_step()

    async def _at_once(self, numbers: range) -> None:
        before, self.hurry = self.hurry, True
        try:
            for self.step in numbers:
                if self.step == 0:
                    await self._mark()
                with suppress(DemoStepError, OrgError):
                    await self._hands.perform(self.now)
        finally:
            self.hurry = before

    async def _pause(self, seconds: float) -> None:
        """Sleep so many seconds at the speed chosen, so that the audience can read."""
        if not self.hurry:
            await asyncio.sleep(seconds / self.speed)

    # ---- Snapshots

    async def _mark(self) -> None:
        if self.chapter in self._marks or self.app.org.pool is None:
            return
        copy = Path(self._folder.name) / f"{self.chapter}.db"
        await self.app.org.pool.run(lambda org: org.snapshot(copy))
        page = (self.app.main.page.id or "").removeprefix("page-")
        self._marks[self.chapter] = Mark(copy, self.app.org.viewer, self.app.org.client_id, page)

    async def _restore(self, mark: Mark) -> None:
        assert self.app.org.pool is not None
        await self.app.close_dialogs()
        await self.app.org.pool.run(
            lambda org: org.restore(mark.org, org.would_lose(mark.org).last_event)
        )
        self.app.org.viewer, self.app.org.client_id = mark.viewer, mark.client_id
        await self.app.org.refresh()
        await self.app.pages.open(mark.page)

    # ---- Telling

    def tell(self) -> None:
        """Show caption and place in the app, and where a second terminal finds them."""
        self.app.main.show_demo(self)
        if self._follow is not None:
            place = {
                "demo": self.demo.id,
                "chapter": self.chapter,
                "step": self.step,
                "state": self.state,
            }
            with suppress(OSError):
                make_folder(self._follow.parent)
                write_whole(self._follow, json.dumps(place))

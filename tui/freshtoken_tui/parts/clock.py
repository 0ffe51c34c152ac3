"""Moves org time, and takes steps back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from freshtoken_model.store.whole_file import temporary_folder
from freshtoken_model.values.clock import lasting

from .part import Part, in_worker

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

    from freshtoken_model.files.rewind import PastStep
    from freshtoken_model.org import Org, OrgInfo
    from freshtoken_tui.app import FreshtokenApp

FORWARD = 15 * 60_000
"""Milliseconds of org time that the command moves it forward."""
LARGEST_COPY = 50_000_000
"""Bytes of the largest org whose steps can be done again."""
SPINNER_DELAY = 0.3
"""Seconds a move may take before its progress is shown."""


@dataclass
class Move:
    """A move of org time: where it began, where it goes, where it is; milliseconds since 1970."""

    start: int
    to: int
    now: int
    cancel: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Undone:
    """A step that was taken back: a copy of the org before that, and the org's state after it."""

    copy: Path
    generation: str
    last_event: int
    words: str

    @property
    def state(self) -> tuple[str, int]:
        """What the org must still be for the step to be done again."""
        return self.generation, self.last_event


class ClockPart(Part):
    """The clock of the org that is open."""

    _move: Move | None = None

    def __init__(self, app: FreshtokenApp) -> None:
        super().__init__(app)
        self._undone: list[Undone] = []
        self._folder: TemporaryDirectory[str] | None = None
        self._stepping = asyncio.Lock()
        """One step back or forward after the other: each begins where the last one ended."""

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does."""
        return {
            "clock": self.open,
            "forward": self.forward,
            "freeze": self.freeze,
            "back": self.step_back,
            "redo": self.step_forward,
        }

    @in_worker(group="clock")
    async def open(self) -> None:
        """Open the Clock, where org time is moved."""
        from freshtoken_tui.dialogs.clock import ClockScreen

        if self.app.org.view is not None and not isinstance(self.app.screen, ClockScreen):
            await self.app.show_dialog(ClockScreen())

    @in_worker(group="clock")
    async def forward(self) -> None:
        """Move org time 15 minutes forward."""
        await self.move(lambda org: org.clock.read().seen_org + FORWARD)

    @in_worker(group="clock")
    async def freeze(self) -> None:
        """Freeze org time, or let it run again."""
        if self.app.org.view is not None:
            runs = not self.app.org.view.clock.running
            await self.app.org.run_or_toast(lambda org: org.clock.switch(runs))

    async def move(self, target: Callable[[Org], int | None]) -> bool:
        """Move org time to what `target` says; what is due in between happens. A long move shows
        its progress. False: a toast says why not.
        """
        from freshtoken_tui.dialogs.clock import Moving

        org = self.app.org
        if self._move is not None:
            return False
        found = await org.run_or_toast(lambda org: (org.clock.read().seen_org, target(org)))
        if found is None:
            return False
        start, to = found
        if to is None:
            self.app.notify("Nothing of this kind is due.", severity="warning")
            return False
        move = self._move = Move(start, max(to, start), start)

        def note(now: int) -> None:
            move.now = now

        task = asyncio.create_task(org.run(lambda org: org.clock.set(move.to, note, move.cancel)))
        try:
            done, _ = await asyncio.wait({task}, timeout=SPINNER_DELAY)
            if not done:
                screen = Moving(move)
                await self.app.show_dialog(screen)
                await task
                if screen.is_current:
                    screen.dismiss()
            reached, error = await task
        finally:
            self._move = None
        if reached is None:
            self.app.notify(error, severity="error", timeout=8)
            return False
        stopped = ", stopped on the way" if move.cancel.is_set() else ""
        self.app.notify(f"Org time moved {lasting(reached - start)} forward{stopped}.", timeout=3)
        return True

    @in_worker(group="back")
    async def step_back(self) -> None:
        """Take back the last step; it can be done again until something new is done."""
        async with self._stepping:
            await self._step_back()

    async def _step_back(self) -> None:
        org, copy = self.app.org, await asyncio.to_thread(self._next_copy)
        if trouble := org.file_trouble():
            self.app.notify(trouble, severity="error", timeout=12)
            return
        since = org.opened_at

        def back(opened: Org) -> tuple[list[PastStep], OrgInfo]:
            if opened.path.stat().st_size <= LARGEST_COPY:
                opened.snapshot(copy, replace=True)
            return opened.rewind.back(1, since=since), opened.info()

        done = await org.run_or_toast(back)
        if done is None:
            return
        undone, info = done
        if undone:
            org.opened_at = min(since, undone[-1].first_event - 1)
            self._undone.append(Undone(copy, info.generation, info.last_event, undone[0].words))
            self.app.notify(f"Taken back: {undone[0].words}. ctrl+x, u does it again.")

    @in_worker(group="back")
    async def step_forward(self) -> None:
        """Do again what was taken back last, unless something new was done since."""
        async with self._stepping:
            await self._step_forward()

    async def _step_forward(self) -> None:
        org, last = self.app.org, self._undone[-1] if self._undone else None

        def forward(opened: Org) -> bool:
            info = opened.info()
            here = last is not None and last.copy.exists()
            if last is None or not here or (info.generation, info.last_event) != last.state:
                return False
            opened.restore(last.copy, info.last_event, with_steps=True)
            return True

        done = await org.run_or_toast(forward)
        if done is None:
            return
        if not done or last is None:
            self._undone.clear()
            self.app.notify("There is nothing to do again.", severity="warning")
            return
        self._undone.pop()
        if self._undone and org.view is not None:
            # The copy before this one was taken in the state that is back now.
            before, info = self._undone[-1], org.view.info
            self._undone[-1] = replace(
                before, generation=info.generation, last_event=info.last_event
            )
        self.app.notify(f"Done again: {last.words}.")

    def _next_copy(self) -> Path:
        if self._folder is None:
            self._folder = temporary_folder()
        return Path(self._folder.name) / f"{len(self._undone)}.db"

    def close(self) -> None:
        """Remove the copies of the steps that were taken back."""
        if self._folder is not None:
            self._folder.cleanup()

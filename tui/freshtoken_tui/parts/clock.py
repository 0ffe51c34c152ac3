"""Moves org time, and takes steps back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from freshtoken_model.values.clock import lasting

from .part import Part, in_worker

if TYPE_CHECKING:
    from freshtoken_model.org import Org

FORWARD = 15 * 60_000
"""Milliseconds of org time that the command moves it forward."""
SPINNER_DELAY = 0.3
"""Seconds a move may take before its progress is shown."""


@dataclass
class Move:
    """A move of org time: where it began, where it goes, where it is; milliseconds since 1970."""

    start: int
    to: int
    now: int
    cancel: threading.Event = field(default_factory=threading.Event)


class ClockPart(Part):
    """The clock of the org that is open."""

    _move: Move | None = None

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does."""
        return {
            "clock": self.open,
            "forward": self.forward,
            "freeze": self.freeze,
            "back": self.step_back,
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
        self.app.notify(f"Org time moved {lasting(reached - start)} forward{stopped}.")
        return True

    @in_worker(group="back")
    async def step_back(self) -> None:
        """Take back the last step."""
        org = self.app.org
        since = org.opened_at
        undone = await org.run_or_toast(lambda org: org.rewind.back(1, since=since))
        if undone:
            org.opened_at = min(since, undone[-1].first_event - 1)
            self.app.notify(f"Taken back: {undone[0].words}.")

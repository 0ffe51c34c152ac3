"""The part of the app that moves org time, takes steps back, and leads from a picture to the
attempt behind it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual import work

from .serving import OutdoorsApp

if TYPE_CHECKING:
    from freshtoken_model.org import Org

MINUTE = 60_000
PATIENCE = 0.3
"""Seconds a move may take before its progress is shown."""


@dataclass
class Move:
    """Org time on its way: where it began, where it goes, where it is."""

    start: int
    to: int
    now: int
    cancel: threading.Event = field(default_factory=threading.Event)


class TimeApp(OutdoorsApp):
    """An app whose org time can be moved."""

    _move: Move | None = None

    @work(group="clock")
    async def action_clock(self) -> None:
        """Where org time is moved."""
        from freshtoken_tui.dialogs.clock import ClockScreen

        if self.picture is not None and not isinstance(self.screen, ClockScreen):
            await self.show_dialog(ClockScreen())

    @work(group="clock")
    async def action_forward(self, minutes: int) -> None:
        """Org time moves forward."""
        await self.move(lambda org: org.clock.read().seen_org + minutes * MINUTE)

    @work(group="clock")
    async def action_freeze_clock(self) -> None:
        """Org time stands still, or runs again."""
        if self.picture is not None:
            runs = not self.picture.clock.running
            await self.ask(lambda org: org.clock.switch(runs))

    async def move(self, target: Callable[[Org], int | None]) -> bool:
        """Move org time to what `target` says; what is due in between happens. A long way shows its
        progress.
        """
        from freshtoken_model.values.clock import lasting
        from freshtoken_tui.dialogs.clock import Moving

        if self._move is not None:
            return False
        found = await self.ask(lambda org: (org.clock.read().seen_org, target(org)))
        if found is None:
            return False
        start, to = found
        if to is None:
            self.notify("Nothing of the kind is due.", severity="warning")
            return False
        move = self._move = Move(start, max(to, start), start)

        def tell(now: int) -> None:
            move.now = now

        task = asyncio.create_task(
            self.attempt(lambda org: org.clock.set(move.to, tell, move.cancel))
        )
        try:
            done, _ = await asyncio.wait({task}, timeout=PATIENCE)
            if not done:
                screen = Moving(move)
                await self.show_dialog(screen)
                await task
                if screen.is_current:
                    screen.dismiss()
            reached, error = await task
        finally:
            self._move = None
        if reached is None:
            self.notify(error, severity="error", timeout=8)
            return False
        stopped = ", stopped on the way" if move.cancel.is_set() else ""
        self.notify(f"Org time moved {lasting(reached - start)} forward{stopped}.")
        return True

    @work(group="back")
    async def action_step_back(self) -> None:
        """Take back the last step."""
        since = self.opened_at
        undone = await self.ask(lambda org: org.rewind.back(1, since=since))
        if undone:
            self.opened_at = min(since, undone[-1].first_event - 1)
            self.notify(f"Taken back: {undone[0].words}.")

    @work(group="client")
    async def show_attempt(self, event_id: int) -> None:
        """Show what the org decided at an event, in the API client pane."""
        attempt = await self.ask(lambda org: org.history.attempt(event_id))
        pane, picture = self.pane, self.picture
        if pane is None or picture is None:
            return
        if attempt is None:
            self.notify(
                "No login was tried here: it worked with the session it keeps, or was refused "
                "before."
            )
            return
        client_id = attempt.event.client_id
        if client_id is not None and client_id != picture.client.id:
            await pane.keep()
            self.client_id = client_id
            await self.refresh_picture()
        pane.show(attempt)
        if not self.desk.has_class("-wide"):
            self.desk.toggle_client()

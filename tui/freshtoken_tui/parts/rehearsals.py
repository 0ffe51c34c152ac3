"""Rehearsals that are kept: the org of a scenario is put on, to look at what the client did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from .part import Part, in_worker

if TYPE_CHECKING:
    from freshtoken_rehearsal.kept import KeptRehearsal
    from freshtoken_tui.app import FreshtokenApp


class Rehearsals(Part):
    """Reads the reports, opens the org of a scenario, and brings the own org back."""

    def __init__(self, app: FreshtokenApp) -> None:
        super().__init__(app)
        self.looked_at = ""
        """The scenario whose org is open; empty while the own org is."""

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does."""
        return {"rehearsals": lambda: self.app.pages.go("rehearsals")}

    async def read(self) -> list[KeptRehearsal]:
        """The reports at hand; a toast names the first that cannot be read."""
        from freshtoken_rehearsal.kept import kept_rehearsals

        found = await self.app.off_the_loop(kept_rehearsals)
        if found is None:
            return []
        reports, problems = found
        if problems:
            self.app.notify(problems[0], severity="warning", timeout=8)
        return reports

    async def under_way(self) -> list[KeptRehearsal]:
        """The rehearsals that are running."""
        from freshtoken_rehearsal.kept import under_way

        return await self.app.off_the_loop(under_way) or []

    @in_worker(group="stage")
    async def look(self, title: str, org: Path) -> None:
        """Open the org of a scenario on its Timeline; the own org waits."""
        stage = self.app.stage
        if stage.held_by:
            self.app.notify(stage.held_by, severity="warning")
            return
        opened = await (stage.replace(org) if self.looked_at else stage.put_on(org))
        if opened:
            self.looked_at = title
            self.app.notify(f"This is the org of: {title}. Rehearsals leads back.", timeout=8)
            await self.app.pages.open("timeline")

    @in_worker(group="stage")
    async def leave(self) -> None:
        """Bring the own org back."""
        if self.looked_at and await self.app.stage.bring_back():
            self.looked_at = ""
            await self.app.pages.open("rehearsals")

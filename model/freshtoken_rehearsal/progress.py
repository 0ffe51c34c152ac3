"""How far a rehearsal is, in a file: for who watches it from another process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from freshtoken_model.store.whole_file import make_folder, write_whole
from freshtoken_model.values.visible import visible

from .kept import BEAT, FORMAT, PROGRESS
from .rehearsal import ORG, Plan, Result, Watching
from .scenarios import Scenario
from .words import amount

WAITING, RUNNING = "waiting", "running"
"""What a scenario without a verdict is."""


class RehearsalProgress:
    """The rows of the file, as report.json has them; passes on what it is told."""

    def __init__(self, plan: Plan, command: str, watching: Watching) -> None:
        self._watching, self._command, self._folder = watching, command, plan.folder
        self._keeps_orgs = plan.keeps_orgs
        self._rows: dict[str, dict[str, Any]] = {
            one.id: {"id": one.id, "title": one.title, "verdict": WAITING, "sentence": ""}
            for one in plan.scenarios
        }

    def began(self, scenario: Scenario) -> None:
        """A scenario begins."""
        org = f"{scenario.id}/{ORG}" if self._keeps_orgs else None
        self._rows[scenario.id] |= {"verdict": RUNNING, "org": org}
        self._watching.began(scenario)

    def learned(self, username: str) -> None:
        """The username is not written."""
        self._watching.learned(username)

    def noted(self, scenario: Scenario, logins: int, refused: int) -> None:
        """The client has logged in once more."""
        sentence = f"{amount(logins, 'login')}, {refused} refused."
        self._rows[scenario.id] |= {"logins": logins, "refused": refused, "sentence": sentence}
        self._watching.noted(scenario, logins, refused)

    def ended(self, result: Result) -> None:
        """A scenario has its verdict."""
        row = self._rows[result.scenario.id]
        row |= {"verdict": result.verdict.kind.value, "sentence": visible(result.verdict.sentence)}
        if result.evidence is not None:
            figures = result.evidence.figures
            row |= {
                "logins": figures.logins,
                "refused": figures.refused,
                "counted": figures.counted,
                "exit_status": result.evidence.process.exit_status,
            }
        self._watching.ended(result)

    def text(self) -> str:
        """What the file says now."""
        rows = list(self._rows.values())
        return json.dumps({"format": FORMAT, "command": visible(self._command), "scenarios": rows})

    def write(self, text: str) -> None:
        """Write the file. A rehearsal does not end because it cannot be watched."""
        with suppress(OSError):
            write_whole(self._folder / PROGRESS, text)


@asynccontextmanager
async def written_down(plan: Plan, command: str, watching: Watching) -> AsyncIterator[Watching]:
    """Keep the file while a rehearsal runs. `command` is shown in it: a name without arguments that
    may be secrets. Raises OSError when there can be no folder.
    """
    make_folder(plan.folder)
    file, over = RehearsalProgress(plan, command, watching), asyncio.Event()

    async def keep() -> None:
        while not over.is_set():
            await asyncio.to_thread(file.write, file.text())
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), BEAT)

    writing = asyncio.create_task(keep())
    try:
        yield file
    finally:
        over.set()
        await writing  # no thread writes the file again
        with suppress(OSError):
            (plan.folder / PROGRESS).unlink(missing_ok=True)

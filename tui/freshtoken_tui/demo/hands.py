"""What a demo's step does: acts on the app's own widgets once they can be used, and waits for what
one would see then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, DataTable, Input, Select, TabbedContent, TabPane
from textual.worker import Worker

from freshtoken_model.training.content.checks import Scene
from freshtoken_model.training.content.steps import run_steps
from freshtoken_model.training.demos.demos import DEMO_PAGES
from freshtoken_tui.dialogs.modals import TrustQuestion
from freshtoken_tui.screens.page import Page

if TYPE_CHECKING:
    from freshtoken_model.training.content.statements import Measure, Statement
    from freshtoken_model.training.demos.demos import Act, DemoStep
    from freshtoken_tui.app import FreshtokenApp

LETTER = 0.06
"""Seconds a typed letter takes at speed 1."""
STEP_TIMEOUT = 20.0
"""Seconds to wait for a state, on however slow a machine."""
CALLS = ("client-login", "client-query", "done-client")
"""Buttons that let the API client call."""


class DemoStepError(Exception):
    """A step did not end as the script says."""


class DemoHands:
    """The hands of a demo. `pause`: waits so many seconds for the audience; `folder`: where its
    command lines run.

    `programs`: whether those may run programs of the machine.
    """

    def __init__(
        self,
        app: FreshtokenApp,
        pause: Callable[[float], Awaitable[None]],
        folder: Path,
        programs: bool,
    ) -> None:
        self.app, self._pause, self._folder, self._programs = app, pause, folder, programs
        self._org = app.org.path
        """The demo's own, whatever is open when a step comes."""

    async def perform(self, step: DemoStep) -> None:
        """Do what a step does, and wait for what it says will be. Raises DemoStepError,
        OrgError.
        """
        before = set(self.app.workers)
        for act in step.acts:
            await self._act(act)
        for statement in step.until:
            end = asyncio.get_running_loop().time() + STEP_TIMEOUT
            while not (measure := await self._measure(statement)).holds:
                if asyncio.get_running_loop().time() > end:
                    what = " ".join((statement.check, *(str(value) for _, value in statement.of)))
                    raise DemoStepError(
                        f"expected {what} to be {measure.wanted}; it is {measure.found}"
                    )
                await asyncio.sleep(0.03)
        await self._let_end(before)
        await self.app.org.refresh()

    async def _let_end(self, before: set[Worker[Any]]) -> None:
        """Wait for the workers that the acts began: a login is in the org before the app opens the
        page it leads to, and would leave the one that the next step opens. A dialog's worker waits
        for its answer.
        """
        end = asyncio.get_running_loop().time() + STEP_TIMEOUT
        while asyncio.get_running_loop().time() < end:
            begun = (w for w in self.app.workers if w not in before and w.group != "demo")
            if isinstance(self.app.screen, ModalScreen) or all(w.is_finished for w in begun):
                return
            await asyncio.sleep(0.02)

    async def _measure(self, statement: Statement) -> Measure:
        assert self.app.org.pool is not None
        return await self.app.org.pool.run(lambda org: statement.measure(Scene(org)))

    async def _act(self, act: Act) -> None:
        app = self.app
        match act.verb:
            case "open":
                page = await app.pages.open(act.on)
                for tabs in page.query(TabbedContent).results(TabbedContent):
                    # a script begins at the first tab, whichever was in front when it began
                    tabs.active = str(tabs.query(TabPane).first().id)
            case "tab":
                if app.client.pane is not None:
                    self.app.main.open_client()
                    app.client.pane.query_one(TabbedContent).active = f"tab-{act.on}"
            case "client":
                client = (
                    next((c for c in app.org.view.clients if c.name == act.on), None)
                    if app.org.view
                    else None
                )
                if client is None:
                    raise DemoStepError(f"there is no API client {act.on!r}")
                await app.client.show_client(client.id).wait()
            case "run":
                await self._run_line(act.text)
            case _:
                await self._touch(act)

    async def _touch(self, act: Act) -> None:
        """Act on a widget of the screen on top, once it is there and can be used."""
        end = asyncio.get_running_loop().time() + STEP_TIMEOUT
        while True:
            found = next(
                (w for w in self.app.screen.query(f"#{act.on}") if self._within_reach(w)), None
            )
            if found is not None and self._ready(found, act):
                break
            if asyncio.get_running_loop().time() > end:
                raise DemoStepError(f"expected #{act.on} on the screen, ready to {act.verb}")
            await asyncio.sleep(0.02)
        if found.focusable:
            found.focus()
        if isinstance(found, Input) and act.verb == "type":
            found.value = ""
            for letter in act.text:
                found.insert_text_at_cursor(letter)
                await self._pause(LETTER)
            if self.app.client.pane is not None and self.app.client.pane in found.ancestors:
                await self.app.client.pane.keep()
        elif isinstance(found, Input) and act.verb == "submit":
            await found.action_submit()
        elif isinstance(found, Button) and act.verb == "press":
            await self._pause(6 * LETTER)
            await self._press(found)
        elif isinstance(found, Select) and act.verb == "choose":
            found.value = act.text
        elif isinstance(found, DataTable) and act.verb == "row":
            found.move_cursor(row=int(act.text) - 1)
            found.action_select_cursor()
        else:
            raise DemoStepError(f"{act.verb} does not fit #{act.on}, a {type(found).__name__}")
        await asyncio.sleep(0)

    async def _press(self, found: Button) -> None:
        """Press it; a call of the API client is waited for, because it takes no other one
        meanwhile.
        """
        pane = self.app.client.pane
        before = pane.answered if pane is not None else 0
        found.press()
        end = asyncio.get_running_loop().time() + STEP_TIMEOUT
        while pane is not None and found.id in CALLS and pane.answered == before:
            if asyncio.get_running_loop().time() > end:
                raise DemoStepError(f"expected an answer to #{found.id}")
            await asyncio.sleep(0.02)

    def _within_reach(self, found: Widget) -> bool:
        """Whether it is in sight: on a page that a demo may open, in the API client, or in a dialog
        of such a page.
        """
        around = [node for node in found.ancestors if isinstance(node, Widget)]
        pages = [node.id or "" for node in around if isinstance(node, Page)]
        allowed = {f"page-{name}" for name in DEMO_PAGES}
        pane = self.app.client.pane
        if pane is not None and pane in around:
            return True  # brought into sight where it has no room beside the page
        if isinstance(self.app.screen, TrustQuestion) or not set(pages) <= allowed:
            return False
        return all(node.display for node in (found, *around))

    def _ready(self, found: Widget, act: Act) -> bool:
        """Whether it can be acted on: it is shown, a table has the row, the API client waits for no
        answer.
        """
        pane = self.app.client.pane
        if pane is not None and pane in found.ancestors:
            self.app.main.open_client()
            if not pane.ready:
                return False
        filled = not isinstance(found, DataTable) or found.row_count >= int(act.text)
        return found.display and not found.disabled and filled

    async def _run_line(self, line: str) -> None:
        path, folder, programs = self._org, self._folder, self._programs
        run = self.app.run_line
        await asyncio.to_thread(lambda: list(run_steps(path, [line], run, folder, programs)))

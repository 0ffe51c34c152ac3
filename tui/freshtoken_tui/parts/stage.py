"""The one place that puts another org on, for a lab, an experiment or a demo, and brings the one
before it back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from freshtoken_data import ContentError
from freshtoken_model.values.errors import OrgError

from .org_session import Viewer, open_org
from .part import Part, in_worker

if TYPE_CHECKING:
    from freshtoken_model.training.content.trust import Content
    from freshtoken_model.training.labs.labs import Lab
    from freshtoken_tui.app import FreshtokenApp

NOT_YOURS = (
    "This content runs programs on the machine that runs freshtoken web. Only whoever runs it can "
    "allow that, with --trust."
)


@dataclass(frozen=True, slots=True)
class WaitingOrg:
    """An org that waits for its return, and the lab that was open in it."""

    path: Path
    lab: Lab | None
    viewer: Viewer | None = None
    """Who was logged in to it."""


class Stage(Part):
    """Which org is open in the app."""

    def __init__(self, app: FreshtokenApp) -> None:
        super().__init__(app)
        self._waiting: list[WaitingOrg] = []

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does."""
        return {"start_over": self.start_over, "night": self.begin_night}

    @property
    def held_by(self) -> str:
        """Why no other lab can be opened or left now, in a sentence; empty when one can."""
        if self.app.demo.player is not None:
            return "A demo plays: leave it first, ctrl+d."
        if self.app.exam.proof is not None:
            return "Leave the experiment first: f7, then l."
        return ""

    @property
    def can_return(self) -> bool:
        """Whether an org waits."""
        return bool(self._waiting)

    async def put_on(self, path: Path) -> bool:
        """Open another org; the one that is open waits, and its lab with it. False: a toast says
        why not.
        """
        labs = self.app.labs
        org = self.app.org
        waiting, labs.lab = WaitingOrg(org.path, labs.lab, org.viewer), None
        if not await self._change(path):
            labs.lab = waiting.lab
            return False
        self._waiting.append(waiting)
        labs.stand(None)
        return True

    async def replace(self, path: Path) -> bool:
        """Open another org in the place of the one that is open, which does not wait."""
        labs = self.app.labs
        lab, labs.lab = labs.lab, None
        if not await self._change(path):
            labs.lab = lab
            return False
        return True

    async def bring_back(self) -> bool:
        """Open the org that waits, with its lab. False: a toast says why not, and it waits on."""
        labs, waiting = self.app.labs, self._waiting[-1]
        lab, labs.lab = labs.lab, None
        if not await self._change(waiting.path):
            labs.lab = lab
            return False
        self._waiting.pop()
        if waiting.viewer is not None:
            self.app.org.viewer = waiting.viewer  # whose session may have ended: then it says so
            await self.app.org.refresh()
        labs.resume(waiting.lab)
        return True

    async def _change(self, path: Path) -> bool:
        """Open an org file in the other one's place; ports that were open serve it."""
        org, serving, pane = self.app.org, self.app.serving, self.app.client.pane
        try:
            pool, follower = await asyncio.to_thread(open_org, path, org.hashing, False)
        except (OrgError, ContentError) as error:
            self.app.notify(str(error), severity="error", timeout=12)
            return False
        if pane is not None:
            while pane.busy:
                await asyncio.sleep(0.02)
            await pane.keep()  # what was typed is the old org's
            pane.chosen = pane.holdings.client = None
        served = await serving.stop()
        await org.put(path, pool, follower)
        if served:
            await serving.start()
        return True

    async def may_run(self, content: Content) -> bool:
        """Whether the programs of a content may run; asks once for its folder as it is now. While a
        demo plays nobody is asked: its hands would answer.
        """
        from freshtoken_model.training.content.trust import Trust
        from freshtoken_model.training.shelf import ask_about
        from freshtoken_tui.dialogs.modals import TrustQuestion

        if self.app.demo.player is not None:
            return False
        trust = Trust()
        try:
            if await asyncio.to_thread(trust.allows, content):
                return True
            if self.app.is_web:  # the machine is not the visitor's
                self.app.notify(NOT_YOURS, severity="warning", timeout=10)
                return False
            question = await asyncio.to_thread(ask_about, content.folder)
            if not await self.app.push_screen_wait(TrustQuestion(question.words, "Let them run")):
                return False
            await asyncio.to_thread(trust.allow, question)
        except OSError as error:
            self.app.notify(f"That could not be remembered: {error.strerror}.", severity="error")
            return False
        return True

    @in_worker(group="stage")
    async def start_over(self) -> None:
        """Set the org back to the training org."""
        await self._begin_again("training org", "Start over", "default")

    @in_worker(group="stage")
    async def begin_night(self) -> None:
        """Set the org back to Friday evening, with three integrations on one user."""
        await self._begin_again("night: three integrations on one user", "Begin the night", "night")

    async def _begin_again(self, what: str, yes: str, preset: str) -> None:
        from freshtoken_model.files.training_org import Beginning
        from freshtoken_tui.dialogs.modals import Confirm

        if self.held_by:
            self.app.notify(self.held_by, severity="warning")
            return
        question = (
            f"Set this org back to the {what}? Other processes see it too. ctrl+b takes it back."
        )
        if not await self.app.push_screen_wait(Confirm(question, yes)):
            return
        if trouble := self.app.org.file_trouble():
            self.app.notify(trouble, severity="error", timeout=12)
            return
        self.app.org.viewer = None
        self.app.client.forget()
        self.app.main.login.say("")
        self.app.main.guided = True
        await self.app.org.run_or_toast(lambda org: org.reset(Beginning(preset=preset)))
        self.app.pages.go("home")

"""The half of the app that holds the org: opens it, runs use cases off the event loop, follows what
others do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from textual import work
from textual.reactive import reactive

from .navigation import StageApp

if TYPE_CHECKING:
    from freshtoken_api.client.api_client import ApiClient
    from freshtoken_model.decision.credentials import Hashing
    from freshtoken_model.org import Org
    from freshtoken_model.pool import OrgPool
    from freshtoken_model.store.database import Follower
    from freshtoken_tui.view import Picture

Answer = TypeVar("Answer")
POLL, TOUCH = 0.05, 300.0
"""Seconds between questions whether the org changed, and between saying that it is in use."""


@dataclass(frozen=True)
class Viewer:
    """Who is logged in to the user interface."""

    username: str
    session_id: str = field(repr=False)


def open_org(path: Path, hashing: Hashing | None, may_make: bool) -> tuple[OrgPool, Follower]:
    """Open the org and a follower. Blocks: call it in a thread. Raises OrgError, ContentError."""
    from tempfile import gettempdir

    from freshtoken_model.org import make_default
    from freshtoken_model.pool import OrgPool
    from freshtoken_model.store.database import Follower, plainly
    from freshtoken_model.store.whole_file import sweep

    if may_make and not path.exists():
        make_default(path)
    for folder in (path.parent, Path(gettempdir())):
        sweep(folder)
    with plainly(path):
        return OrgPool(path, hashing), Follower(path)


def make_client(pool: OrgPool) -> ApiClient:
    """The API client on the wire of the org; its imports take longer than opening the org. Blocks
    as well.
    """
    from freshtoken_api.client.api_client import ApiClient

    return ApiClient(pool)


class OrgApp(StageApp):
    """An app on an org file."""

    picture: reactive[Picture | None] = reactive(None)
    opened_at = 0
    """The last event when the org was opened, or rewound: what others did since is not taken
    back.
    """

    def __init__(self, path: Path, hashing: Hashing | None = None, may_make: bool = False) -> None:
        super().__init__()
        self.path, self._hashing, self._may_make = path, hashing, may_make
        self.pool: OrgPool | None = None
        self.api_client: ApiClient | None = None
        self.viewer: Viewer | None = None
        self.client_id: int | None = None
        self.failure, self.failure_code = "", 3
        self.ended_by = 0
        """The signal that ended the app; 0 when none did."""
        self._loop_of_app: asyncio.AbstractEventLoop | None = None
        self._leaving = False
        self._follower: Follower | None = None

    async def open(self) -> bool:
        """Open the org file (the default one is made on first use). False: see `failure`."""
        from freshtoken_data import ContentError
        from freshtoken_model.values.errors import OrgError

        try:
            opened = await asyncio.to_thread(open_org, self.path, self._hashing, self._may_make)
        except (OrgError, ContentError) as error:
            self.failure = str(error)
            return False
        self.pool, self._follower = opened
        return True

    def file_trouble(self) -> str:
        """What has become of the org file since it was opened, in a sentence; empty while it is
        there as it was.
        """
        return self._follower.file.trouble() if self._follower is not None else ""

    def _handle_exception(self, error: Exception) -> None:
        """What is drawn for nobody, while the app is closing, cannot go wrong."""
        if (
            not self._leaving
            and (self.is_running or self.pool is None)
            and not self.was_removed(error)
        ):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """One sentence and a file instead of Textual's traceback, which shows local variables:
        secrets among them.
        """
        from freshtoken_tui.crash import what_failed

        self.failure, self.failure_code = what_failed(self._exception, self.path)
        self._close_messages_no_wait()

    def end_by(self, number: int) -> None:
        """End because of a signal: at once where the app runs, else as soon as it does. For a
        signal handler.
        """
        self.ended_by = number
        if self._loop_of_app is not None:
            self._loop_of_app.call_soon_threadsafe(self.exit)

    def heed_signals(self) -> None:
        """From now on a signal ends the app at once; one that came before ends it now."""
        self._loop_of_app = asyncio.get_running_loop()
        if self.ended_by:
            self.exit()

    def exit(self, result: None = None, return_code: int = 0, message: Any = None) -> None:
        """Textual's; what goes wrong from now on is drawn for nobody."""
        self._leaving = True
        super().exit(result, return_code, message)

    def follow(self) -> None:
        """From now on show what anybody does to the org."""
        self.set_interval(POLL, self._poll)
        self.set_interval(TOUCH, self._touch)
        self._touch()

    async def open_client(self) -> None:
        """Make the API client, off the loop."""
        if self.pool is not None:
            self.api_client = await asyncio.to_thread(make_client, self.pool)

    async def on_unmount(self) -> None:
        """Finish what runs, close the org."""
        if self._follower is not None:
            self._follower.close()
        if self.pool is not None:
            await asyncio.to_thread(self.pool.close)

    async def attempt(
        self, use_case: Callable[[Org], Answer], refresh: bool = True
    ) -> tuple[Answer | None, str]:
        """Run a use case off the loop and show what it changed. Returns its answer, or None and one
        clear sentence.
        """
        from freshtoken_model.values.errors import OrgError

        if self.pool is None:
            return None, "The org is still being opened."
        try:
            answer = await self.pool.run(use_case)
        except OrgError as error:
            return None, str(error)
        self._still_here()
        if refresh:
            await self.refresh_picture()
        return answer, ""

    def know_what_is_there(self) -> None:
        """All that was done in the org so far was seen; what others do from now on is not taken
        back unseen.
        """
        self.opened_at = self.picture.info.last_event if self.picture else 0

    def _still_here(self) -> None:
        """An answer that comes while the app is closing finds no widgets: end the worker that
        asked, quietly.
        """
        if not self.is_running:
            raise asyncio.CancelledError

    async def ask(self, use_case: Callable[[Org], Answer]) -> Answer | None:
        """attempt(), with the sentence as a toast."""
        answer, error = await self.attempt(use_case)
        if error:
            self.notify(error, severity="error", timeout=8)
        return answer

    async def call(self, exchange: Coroutine[Any, Any, Any]) -> None:
        """Let the API client call the org; what it was told is painted with the next frame."""
        from freshtoken_model.values.errors import OrgError

        try:
            await exchange
        except OrgError as error:
            self.notify(str(error), severity="error", timeout=8)
        await self.refresh_picture()

    async def refresh_picture(self) -> None:
        """Read the org anew. A picture older than the one shown is dropped."""
        from freshtoken_model.values.errors import OrgError
        from freshtoken_tui.view import read_picture

        if self.pool is None:
            return
        session, client_id = self.viewer.session_id if self.viewer else None, self.client_id
        try:
            picture = await self.pool.run(lambda org: read_picture(org, session, client_id))
        except OrgError as error:
            self.notify(str(error), severity="error", timeout=8)
            return
        self._still_here()
        if (session, client_id) != (
            self.viewer.session_id if self.viewer else None,
            self.client_id,
        ):
            await (
                self.refresh_picture()
            )  # somebody logged in, or another client was chosen, while this was read
            return
        shown = self.picture
        same = shown is not None and shown.info.generation == picture.info.generation
        if shown is not None and same and picture.info.last_event < shown.info.last_event:
            return
        if shown is not None and not same and self.api_client is not None:
            self.api_client.exchanges.clear()
        if session and self.viewer and self.viewer.session_id == session and picture.viewer is None:
            self.viewer = None
            self.notify("Your session has ended.", severity="warning")
            self.call_later(self.session_ended)
        self.picture = picture

    def session_ended(self) -> None:
        """The session of who is logged in has ended; the picture says so already."""

    def _poll(self) -> None:
        if self._follower is not None and self._follower.changed():
            self._follow()

    @work(group="follow", exclusive=True)
    async def _follow(self) -> None:
        await self.refresh_picture()

    @work(group="touch")
    async def _touch(self) -> None:
        await self.attempt(lambda org: org.clock.touch(), refresh=False)

    async def log_in(self, username: str, sent: str, network: str) -> tuple[str, str] | None:
        """Log in; returns None, or what the page says and what our note says."""
        from freshtoken_api.faults import told
        from freshtoken_model.decision.verdict import Attempt, Door
        from freshtoken_model.decision.words import detail, refusing
        from freshtoken_model.values.visible import visible

        def use_case(org: Org) -> Any:
            where = org.setup.network(network)
            found = next((u.username for u in org.users.all() if u.username == username), username)
            return org.login(
                Attempt(found, sent, Door.UI, where.address, application=visible("Browser"))
            )

        result, error = await self.attempt(use_case, refresh=False)
        if result is None:
            return error, ""
        if result.session_id is None:
            await self.refresh_picture()
            step, picture = refusing(result.verdict.steps), self.picture
            words = detail(step, result.at, picture.info.time_zone) if step and picture else ""
            return told(result.verdict.fault, Door.UI).message, words
        self.viewer = Viewer(username, result.session_id)
        await self.refresh_picture()
        return None

"""The org that is open: its threads, its view, and who is logged in to its user interface."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any, TypeVar

from textual.widgets import Input

from freshtoken_data import ContentError
from freshtoken_model.values.errors import OrgError
from freshtoken_model.values.visible import visible
from freshtoken_tui.messages import ChooseSetting, LogOut, Request

from .part import Part, in_worker

if TYPE_CHECKING:
    from freshtoken_api.client.api_client import ApiClient
    from freshtoken_model.decision.credentials import Hashing
    from freshtoken_model.org import Org
    from freshtoken_model.pool import OrgPool
    from freshtoken_model.store.database import Follower
    from freshtoken_model.values.records import Client
    from freshtoken_tui.app import FreshtokenApp
    from freshtoken_tui.view import OrgView

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
    """Make the API client on the org's wire. Blocks: its imports take longer than opening the
    org.
    """
    from freshtoken_api.client.api_client import ApiClient

    return ApiClient(pool)


class OrgSession(Part):
    """Opens the org, runs use cases off the event loop, follows what other processes do."""

    def __init__(
        self, app: FreshtokenApp, path: Path, hashing: Hashing | None, may_make: bool
    ) -> None:
        super().__init__(app)
        self.path, self.hashing, self._may_make = path, hashing, may_make
        self.pool: OrgPool | None = None
        self.api_client: ApiClient | None = None
        self.viewer: Viewer | None = None
        self.client_id: int | None = None
        """The API client that is shown; None for the first one."""
        self.view: OrgView | None = None
        self.opened_at = 0
        """The last event when the org was opened, or rewound: what others did since is not taken
        back.
        """
        self._follower: Follower | None = None
        self._trouble_was_told = False

    def requests(self) -> dict[type[Request], Callable[[Any], object]]:
        """What it does for pages, dialogs and widgets."""
        return {
            LogOut: lambda _asked: self.log_out(),
            ChooseSetting: lambda asked: self.choose(asked.name, asked.value),
        }

    async def open(self) -> str:
        """Open the org file (the default one is made on first use). Returns why not, or nothing."""
        try:
            opened = await asyncio.to_thread(open_org, self.path, self.hashing, self._may_make)
        except (OrgError, ContentError) as error:
            return str(error)
        self.pool, self._follower = opened
        return ""

    async def open_client(self) -> None:
        """Make the API client, off the loop."""
        if self.pool is not None:
            self.api_client = await asyncio.to_thread(make_client, self.pool)

    def follow(self) -> None:
        """From now on show what anybody does to the org."""
        self.app.set_interval(POLL, self._poll)
        self.app.set_interval(TOUCH, self.touch)
        self.touch()

    def _poll(self) -> None:
        if self._follower is not None and self._follower.changed():
            self._refresh_soon()

    @in_worker(group="follow", exclusive=True)
    async def _refresh_soon(self) -> None:
        await self.refresh()

    @in_worker(group="touch")
    async def touch(self) -> None:
        """Say that the org is in use, and run what is due."""
        await self.run(lambda org: org.clock.touch(), refresh=False)

    async def put(self, path: Path, pool: OrgPool, follower: Follower) -> None:
        """Put another org in this one's place, and close this one. Nobody is logged in to it."""
        old = (self._follower, self.pool)
        self.path, self.pool, self._follower = path, pool, follower
        self.viewer, self.client_id = None, None
        self.app.client.forget()
        self.api_client = await asyncio.to_thread(make_client, pool)
        for one in old:
            if one is not None:
                await asyncio.to_thread(one.close)
        await self.refresh()
        self.note_seen()

    async def close(self) -> None:
        """Finish what runs, close the org."""
        if self._follower is not None:
            self._follower.close()
        if self.pool is not None:
            await asyncio.to_thread(self.pool.close)

    def file_trouble(self) -> str:
        """What has become of the org file since it was opened, in a sentence; empty while it is
        there as it was.
        """
        return self._follower.file.trouble() if self._follower is not None else ""

    def tell_file_trouble(self) -> None:
        """Say once, in a toast, what has become of the org file."""
        if not self._trouble_was_told and (trouble := self.file_trouble()):
            self._trouble_was_told = True
            self.app.notify(trouble, severity="error", timeout=60)

    def note_seen(self) -> None:
        """All that was done in the org so far was seen; what others do from now on is not taken
        back unseen.
        """
        self.opened_at = self.view.info.last_event if self.view else 0

    # ---- Use cases

    async def run(
        self, use_case: Callable[[Org], Answer], refresh: bool = True
    ) -> tuple[Answer | None, str]:
        """Run a use case off the loop and show what it changed. Returns its answer, or None and one
        clear sentence.
        """
        if self.pool is None:
            return None, "The org is still being opened."
        try:
            answer = await self.pool.run(use_case)
        except OrgError as error:
            return None, str(error)
        self.app.end_worker_if_closing()
        if refresh:
            await self.refresh()
        return answer, ""

    async def run_or_toast(self, use_case: Callable[[Org], Answer]) -> Answer | None:
        """Run a use case; a refusal becomes a toast, and None."""
        answer, error = await self.run(use_case)
        if error:
            self.app.notify(error, severity="error", timeout=8)
        return answer

    async def call(self, exchange: Coroutine[Any, Any, Any]) -> None:
        """Let the API client call the org; its answer is painted with the next frame."""
        try:
            await exchange
        except OrgError as error:
            self.app.notify(str(error), severity="error", timeout=8)
        await self.refresh()

    async def refresh(self) -> None:
        """Read the view again. One older than the one shown is dropped."""
        from freshtoken_tui.view import read_view

        if self.pool is None:
            return
        wanted = self._viewed()
        try:
            view = await self.pool.run(lambda org: read_view(org, *wanted))
        except OrgError as error:
            self.app.notify(str(error), severity="error", timeout=8)
            return
        self.app.end_worker_if_closing()
        if wanted != self._viewed():
            # Somebody logged in, or another client was chosen, while this was read.
            await self.refresh()
            return
        shown = self.view
        same = shown is not None and shown.info.generation == view.info.generation
        if shown is not None and same and view.info.last_event < shown.info.last_event:
            return
        if shown is not None and not same and self.api_client is not None:
            self.api_client.exchanges.clear()
        if self.viewer is not None and view.viewer is None:
            self.viewer = None
            self.app.notify("Your session has ended.", severity="warning")
            self.app.call_later(self.app.pages.session_ended)
        self.view = view
        if view != shown:
            self.app.view_changed(view)
            if not view.fit.checked:
                self._check_fit(view.client)

    @in_worker(group="fit", exclusive=True)
    async def _check_fit(self, client: Client) -> None:
        """Verify the password that the client holds, off the loop; then it is remembered."""
        await self.run(lambda org: org.fits.of(client))

    def _viewed(self) -> tuple[str | None, int | None]:
        """The session and the client that the view is read for."""
        return self.viewer.session_id if self.viewer else None, self.client_id

    # ---- The user interface of the org

    async def log_in(
        self, username: str, sent: str, network: str, from_elsewhere: bool = False
    ) -> tuple[str, str] | None:
        """Log in, and open the page that a login leads to. Returns None, or what the page says and
        what our note says. `from_elsewhere`: the Login screen need not be in sight.
        """
        from freshtoken_api.faults import fault_text
        from freshtoken_model.decision.verdict import Attempt, Door
        from freshtoken_model.decision.words import detail, refusing

        def use_case(org: Org) -> Any:
            where = org.setup.network(network)
            found = next((u.username for u in org.users.all() if u.username == username), username)
            page = Attempt(found, sent, Door.UI, where.address, application=visible("Browser"))
            if org.setup.org_settings().prevent_login_at_login_host:
                host = visible(f"{org.info().my_domain}.my.salesforce.com")
                page = replace(page, login_url=host)  # where people then find a login page
            return org.login(page)

        result, error = await self.run(use_case, refresh=False)
        if result is None:
            return error, ""
        if result.session_id is None:
            await self.refresh()
            step, view = refusing(result.verdict.steps), self.view
            words = detail(step, result.at, view.info.time_zone) if step and view else ""
            return fault_text(result.verdict.fault, Door.UI).message, words
        self.viewer = Viewer(username, result.session_id)
        await self.refresh()
        self.app.pages.after_login(from_elsewhere)
        return None

    @in_worker(group="login")
    async def log_out(self) -> None:
        """End the session."""
        viewer, self.viewer = self.viewer, None
        if viewer is not None:
            await self.run_or_toast(lambda org: org.sessions.end(viewer.session_id))
        self.app.pages.go("home")

    @in_worker(group="login")
    async def switch_to(self, username: str) -> None:
        """Log in as another user with the demo password while it is valid; else ask on the Login
        screen.
        """
        user = (
            next((u for u in self.view.users if u.username == username), None)
            if self.view
            else None
        )
        if user is None or self.view is None:
            return
        refusal = ("", "")
        if user.demo_password:
            network = self.view.networks[0].name
            refusal = await self.log_in(username, user.demo_password, network, True) or ("", "")
        if self.viewer is not None and self.viewer.username == username:
            return
        self.viewer = None
        await self.refresh()
        page = await self.app.pages.open("home")
        page.query_one("#login-username", Input).value = username
        if refusal[1]:
            self.app.notify(refusal[1], severity="warning")

    def setting(self, name: str) -> str | None:
        """The value of a setting of Setup or Assumptions."""
        return self.view.values.get(name) if self.view else None

    @in_worker(group="setting")
    async def choose(self, name: str, value: str) -> None:
        """Save a setting."""
        changed, error = await self.run(lambda org: org.setup.choose(name, value))
        if error:
            self.app.notify(error, severity="error")
            if self.view is not None:
                self.app.main.draw_page(self.view)
        elif changed:
            self.app.notify("Saved.")

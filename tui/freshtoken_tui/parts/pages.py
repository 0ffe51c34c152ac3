"""Which page is open, and where a login leads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from freshtoken_tui.messages import OpenPage, Request

from .part import Part, in_worker

if TYPE_CHECKING:
    from freshtoken_tui.app import FreshtokenApp
    from freshtoken_tui.screens.page import Page

PERSONAL = {"change_password": "Change My Password", "reset_token": "Reset My Security Token"}
"""Pages of who is logged in; without a login they open after it."""


class Pages(Part):
    """Opens pages; a personal one behind a login."""

    def __init__(self, app: FreshtokenApp) -> None:
        super().__init__(app)
        self._after_login = "home"
        """The page that the next login leads to."""

    def requests(self) -> dict[type[Request], Callable[[Any], object]]:
        """What it does for pages, dialogs and widgets."""
        return {
            OpenPage: lambda asked: self.go(asked.name),
        }

    async def open(self, name: str) -> Page:
        """Show a page; dialogs are closed first, unanswered."""
        async with self.app.turn:
            await self.app.close_all()
            opened = len(self.app.main.pages)
            page = await self.app.main.open_page(name)
            if len(self.app.main.pages) > opened:
                self.app.spare_collector()
            return page

    @in_worker(group="page")
    async def go(self, name: str) -> None:
        """Open a page; a personal one behind a login."""
        view = self.app.org.view
        if name in PERSONAL and view is not None and view.viewer is None:
            self._after_login = name
            await self.open("home")
            words = f"Log in first; then {PERSONAL[name]} opens."
            self.app.main.login.say(words, bad=False)
        else:
            await self.open(name)

    @in_worker(group="page")
    async def go_to_tab(self, number: int) -> None:
        """Open Setup on a tab, by its number from 1."""
        page = await self.open("setup")
        await page.run_action(f"tab({number})")

    def after_login(self, from_elsewhere: bool) -> None:
        """Open the page that a login leads to: with an expired password the one that changes it.
        Unless it came from elsewhere, another page that was opened meanwhile stays.
        """
        view = self.app.org.view
        session = view.viewer_session if view else None
        name, self._after_login = self._after_login, "home"
        if session is not None and session.password_expired:
            name = "change_password"
            self.app.notify(
                "The password has expired: it must be changed first.", severity="warning"
            )
        if from_elsewhere or name != "home" or self.app.main.page.id == "page-home":
            self.go(name)

    def session_ended(self) -> None:
        """Let a personal page make room for the Login screen, and come back behind it."""
        name = (self.app.main.page.id or "").removeprefix("page-")
        if name in PERSONAL:
            self.go(name)

"""The API client pane: its commands, and which client and attempt it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from freshtoken_model.decision.lights import Light
from freshtoken_tui.messages import Request, ShowAttempt, ShowClient
from freshtoken_tui.screens.page import PageKind

from .part import Part, in_worker

if TYPE_CHECKING:
    from freshtoken_tui.app import FreshtokenApp
    from freshtoken_tui.client_pane.pane import ApiClientPane
    from freshtoken_tui.view import OrgView


class ClientPane(Part):
    """The API client of the pane, reached from anywhere in the app."""

    def __init__(self, app: FreshtokenApp) -> None:
        super().__init__(app)
        self.why_seen = 0
        """The newest refusal whose Why was opened, as an event id."""
        self.new_password: tuple[str, str] | None = None
        """The user and the new password of the last change in this app; in memory only."""

    def offered_password(self, view: OrgView) -> str:
        """The password that the user of the client was given in this app, while the client holds
        another one; empty without one.
        """
        given, client = self.new_password, view.client
        if given is None or view.fit.secretless or given[0] != client.username:
            return ""
        return given[1] if given[1] != client.password else ""

    def forget(self) -> None:
        """Another org is open, or it began again: what was seen and typed is of the old one."""
        self.why_seen, self.new_password = 0, None

    def riddle(self, view: OrgView) -> bool:
        """Whether the client was refused and nobody has looked at Why: then no screen says which
        half of its credentials does not fit.
        """
        newest = view.last_attempt
        if self.app.settings.reveal == "always" or newest is None:
            return False
        refused = view.light in (Light.BLOCKED, Light.LOCKED)
        return refused and not newest.accepted and newest.event.id > self.why_seen

    @property
    def opens_why(self) -> bool:
        """Whether Why opens by itself at the first refusal: in a demo its script opens it."""
        return self.app.demo.player is None

    @property
    def covers_page(self) -> bool:
        """Whether the client may open over the page by itself: not over the desk nor a proof."""
        return self.app.main.page.KIND is PageKind.STAGE and self.app.exam.proof is None

    def saw_why(self, event_id: int) -> None:
        """Why was opened for an attempt: from now on the halves of the client are told."""
        if event_id > self.why_seen:
            self.why_seen = event_id
            view = self.app.org.view
            if view is not None and self.pane is not None:
                self.app.main.draw(view)
                self.pane.draw_halves(view)

    @property
    def pane(self) -> ApiClientPane | None:
        """The pane; None until it is mounted, after the first paint."""
        return self.app.main.client

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does."""

        def of_pane(do: Callable[[ApiClientPane], object]) -> Callable[[], object]:
            return lambda: do(self.pane) if self.pane is not None else None

        return {
            "client": self.app.main.toggle_client,
            "client_login": of_pane(lambda pane: pane.log_in()),
            "client_query": of_pane(lambda pane: pane.query_org()),
            "client_paste": of_pane(lambda pane: pane.paste_newest_token()),
            "next_client": self.show_next,
            "client_tab": of_pane(lambda pane: pane.next_tab()),
            "reveal": of_pane(self._reveal),
        }

    def requests(self) -> dict[type[Request], Callable[[Any], object]]:
        """What it does for pages, dialogs and widgets."""
        return {
            ShowAttempt: lambda asked: self.show_attempt(asked.event_id),
            ShowClient: lambda asked: self.show_client(asked.client_id, asked.open),
        }

    def _reveal(self, pane: ApiClientPane) -> None:
        pane.revealed = not pane.revealed
        self.app.notify("Secrets are shown." if pane.revealed else "Secrets are dots again.")

    def hold_token(self, token: str) -> None:
        """Put a token into the client, before whatever it does next."""
        if self.pane is not None:
            self.pane.put_token(token)

    @in_worker(group="client")
    async def show_client(self, client_id: int, open: bool = False) -> None:
        """Show another client. `open`: go to the pane where it covers the page."""
        if self.pane is not None:
            await self.pane.keep()
            self.pane.chosen = None
        self.app.org.client_id = client_id
        await self.app.org.refresh()
        if open:
            self.app.main.open_client()

    def show_next(self) -> None:
        """Show the next API client of the org."""
        view = self.app.org.view
        own = [client.id for client in view.clients if not client.outside] if view else []
        if view is not None and own:
            place = own.index(view.client.id) + 1 if view.client.id in own else 0
            self.show_client(own[place % len(own)])

    @in_worker(group="client")
    async def show_attempt(self, event_id: int) -> None:
        """Show what the org decided at an event."""
        org = self.app.org
        attempt = await org.run_or_toast(lambda org: org.history.attempt(event_id))
        pane, view = self.pane, org.view
        if pane is None or view is None:
            return
        if attempt is None:
            self.app.notify(
                "No login was tried here: a password was set through a link, or a client worked "
                "with the session it keeps, or it was refused before."
            )
            return
        client_id = attempt.event.client_id
        if client_id is not None and client_id != view.client.id:
            await pane.keep()
            org.client_id = client_id
            await org.refresh()
        pane.show(attempt)
        self.app.main.open_client()

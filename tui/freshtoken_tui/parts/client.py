"""The API client pane: its commands, and which client and attempt it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from freshtoken_model.decision.lights import Light

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

    def riddle(self, view: OrgView) -> bool:
        """Whether the client was refused and nobody has looked at Why: then no screen says which
        half of its credentials does not fit.
        """
        if self.app.settings.reveal == "always" or not view.attempts:
            return False
        refused = view.light in (Light.BLOCKED, Light.LOCKED)
        newest = view.attempts[0]
        return refused and not newest.accepted and newest.event.id > self.why_seen

    def saw_why(self, event_id: int) -> None:
        """Why was opened for an attempt: from now on the halves of the client are told."""
        if event_id > self.why_seen:
            self.why_seen = event_id
            if self.app.org.view is not None:
                self.app.main.draw(self.app.org.view)

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
            "client_tab": of_pane(lambda pane: pane.next_tab()),
            "reveal": of_pane(self._reveal),
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
        if open and not self.app.main.has_class("-wide"):
            self.app.main.toggle_client()

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
                "No login was tried here: it worked with the session it keeps, or was refused "
                "before."
            )
            return
        client_id = attempt.event.client_id
        if client_id is not None and client_id != view.client.id:
            await pane.keep()
            org.client_id = client_id
            await org.refresh()
        pane.show(attempt)
        if not self.app.main.has_class("-wide"):
            self.app.main.toggle_client()

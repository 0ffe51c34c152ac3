"""The part of the app that lets real clients in: the same server as `freshtoken serve`, on the open
org.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work

from .org_session import OrgApp

if TYPE_CHECKING:
    from pathlib import Path

    from freshtoken_api.client.tape import Exchange
    from freshtoken_api.serve.server import Addresses, Serving
    from freshtoken_tui.client_pane.pane import ApiClientPane


class OutdoorsApp(OrgApp):
    """An app on an org file, with ports of its own when asked."""

    serving: Serving | None = None

    @property
    def pane(self) -> ApiClientPane | None:
        """The API client pane, once the desk is furnished."""
        return self.desk.client

    @work(group="serve", exclusive=True)
    async def action_serve(self) -> None:
        """Start answering real clients, or stop."""
        from freshtoken_tui.dialogs.modals import Reading

        if self.pool is None or self.api_client is None:
            return
        if self.serving is not None:
            await self._stop_serving()
            self.notify("The ports are closed.")
        else:
            addresses = await self._start_serving()
            if addresses is not None:
                await self.show_dialog(Reading(_how(addresses), "Served to real clients"))
        self.serving_changed()

    async def _start_serving(self) -> Addresses | None:
        """On serve's own ports; on any free ones where those are taken."""
        from freshtoken_api.serve.authority import Authority, AuthorityError

        pool, client = self.pool, self.api_client
        assert pool is not None and client is not None

        def prepare() -> tuple[Serving, bool]:
            from freshtoken_api.serve.external import Recorder
            from freshtoken_api.serve.server import Ports, PortTakenError, Serving

            authority, recorder = Authority(), Recorder(client.exchanges, self.outside_called)
            try:
                return Serving(pool, Ports(), authority, recorder=recorder), True
            except PortTakenError:
                return Serving(
                    pool, Ports(http=0, tls=0, proxy=0), authority, recorder=recorder
                ), False

        try:
            serving, usual = await asyncio.to_thread(prepare)
        except AuthorityError as error:
            self.notify(str(error), severity="error", timeout=10)
            return None
        addresses = await serving.start()
        self.serving = serving
        if not usual:
            self.notify("The usual ports are in use; free ones were taken.", severity="warning")
        return addresses

    async def _stop_serving(self) -> None:
        serving, self.serving = self.serving, None
        if serving is not None:
            await serving.stop()

    async def change_org(self, path: Path) -> bool:
        """Open another org file in this one's place; ports that were open serve it. False: a toast
        says why not.
        """
        from freshtoken_data import ContentError
        from freshtoken_model.values.errors import OrgError

        from .org_session import make_client, open_org

        try:
            pool, follower = await asyncio.to_thread(open_org, path, self._hashing, False)
        except (OrgError, ContentError) as error:
            self.notify(str(error), severity="error", timeout=12)
            return False
        if self.pane is not None:
            while self.pane.busy:
                await asyncio.sleep(0.02)
            await self.pane.keep()  # what was typed is the old org's
            self.pane.chosen = None
        served = self.serving is not None
        await self._stop_serving()
        old = (self._follower, self.pool)
        self.path, self.pool, self._follower = path, pool, follower
        self.viewer, self.client_id = None, None
        self.api_client = await asyncio.to_thread(make_client, pool)
        for one in old:
            if one is not None:
                await asyncio.to_thread(one.close)
        await self.refresh_picture()
        self.know_what_is_there()
        if served:
            await self._start_serving()
        self.serving_changed()
        return True

    async def on_unmount(self) -> None:
        """The ports are closed before the org is."""
        await self._stop_serving()
        await super().on_unmount()

    def outside_called(self, exchange: Exchange) -> None:
        """Show the client that calls, unless somebody is at work in the pane."""
        pane, picture = self.pane, self.picture
        if pane is None or picture is None or exchange.client_id is None:
            return
        if exchange.client_id == picture.client.id:
            self.call_later(self.refresh_picture)
        elif exchange.event_id is not None and not (
            self.desk.focused and pane in self.desk.focused.ancestors
        ):
            self.show_client(exchange.client_id)

    def serving_changed(self) -> None:
        """The header tells."""
        self.desk.header.port = (
            self.serving.addresses.http.rpartition(":")[2] if self.serving else ""
        )

    @work(group="client")
    async def show_client(self, client_id: int) -> None:
        """Show another client in the pane."""
        if self.pane is not None:
            await self.pane.keep()
            self.pane.chosen = None
        self.client_id = client_id
        await self.refresh_picture()


def _how(addresses: Addresses) -> str:
    port = addresses.proxy.rpartition(":")[2]
    return f"""\
Real clients may call now, until you close the ports with the same command. They call from the
network that
Setup > API names, and what they do appears in the API client pane.

- **Any script, unmodified:** in another terminal `eval "$(freshtoken serve env --proxy-port
  {port})"`, then run it.
  It goes to login.salesforce.com, and arrives here.
- **Plain HTTP:** `{addresses.http}` as the login URL (jsforce, zeep, curl,
  `SalesforceLogin(scratch_url=...)`).
- **TLS:** `{addresses.https}`, with the CA `{addresses.ca}`.

Only this machine can call. Nothing was installed in the system.
"""

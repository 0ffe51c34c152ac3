"""Lets real clients in: the same server as `freshtoken serve`, on the org that is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from freshtoken_model.values.visible import visible

from .part import Part, in_worker

if TYPE_CHECKING:
    from freshtoken_api.client.tape import Exchange
    from freshtoken_api.serve.server import Addresses
    from freshtoken_api.serve.server import Serving as Server


IN_A_BROWSER = (
    "In a browser no ports are opened: they would be those of the machine that runs freshtoken web."
)
MOST_TOASTS = 20
"""Toasts about missing APIs while the ports are open: a program may change its name each time."""


class ServingPart(Part):
    """The ports of the app, while they are open."""

    server: Server | None = None
    _said: set[tuple[str, str]]
    """The programs and the APIs that were asked for in vain."""

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does."""
        return {"serve": self.toggle}

    @in_worker(group="serve", exclusive=True)
    async def toggle(self) -> None:
        """Start answering real clients, or stop."""
        from freshtoken_tui.dialogs.modals import ReadingDialog

        if self.app.org.pool is None or self.app.org.api_client is None:
            return
        if self.app.is_web:
            self.app.notify(IN_A_BROWSER, severity="warning", timeout=10)
        elif await self.stop():
            self.app.notify("The ports are closed.")
        elif (addresses := await self.start()) is not None:
            await self.app.show_dialog(ReadingDialog(_how(addresses), "Served to real clients"))

    async def start(self) -> Addresses | None:
        """Open the usual ports, or free ones where those are taken. None: a toast says why not."""
        from freshtoken_api.serve.authority import Authority, AuthorityError

        pool, client = self.app.org.pool, self.app.org.api_client
        assert pool is not None and client is not None

        def prepare() -> tuple[Server, bool]:
            from freshtoken_api.serve.external import Recorder
            from freshtoken_api.serve.server import Ports, PortTakenError
            from freshtoken_api.serve.server import Serving as Server

            authority = Authority()
            recorder = Recorder(client.exchanges, self._outside_called)
            try:
                return Server(pool, Ports(), authority, recorder=recorder), True
            except PortTakenError:
                free = Ports(http=0, tls=0, proxy=0)
                return Server(pool, free, authority, recorder=recorder), False

        try:
            server, usual = await asyncio.to_thread(prepare)
        except AuthorityError as error:
            self.app.notify(str(error), severity="error", timeout=10)
            return None
        addresses = await server.start()
        self.server, self._said = server, set()
        if not usual:
            self.app.notify("The usual ports are in use; free ones were taken.", severity="warning")
        self._show_port()
        return addresses

    async def stop(self) -> bool:
        """Close the ports. Returns whether they were open."""
        server, self.server = self.server, None
        if server is None:
            return False
        await server.stop()
        self._show_port()
        return True

    def _show_port(self) -> None:
        address = self.server.addresses.http if self.server else ""
        self.app.main.header.port = address.rpartition(":")[2]

    def _outside_called(self, exchange: Exchange) -> None:
        """Show the client that calls, unless somebody is at work in the pane; say what a program
        asks for in vain.
        """
        self._say_what_is_missing(exchange)
        pane, view = self.app.client.pane, self.app.org.view
        if pane is None or view is None or exchange.client_id is None:
            return
        focused = self.app.main.focused
        if exchange.client_id == view.client.id:
            self.app.call_later(self.app.org.refresh)
        elif exchange.event_id is not None and not (focused and pane in focused.ancestors):
            self.app.client.show_client(exchange.client_id)

    def _say_what_is_missing(self, exchange: Exchange) -> None:
        """Once for each API and program, at most MOST_TOASTS times while the ports are open."""
        from freshtoken_api.missing import MISSING_API

        missing = dict(exchange.response.headers).get(visible(MISSING_API.lower()), "")
        program = dict(exchange.request.headers).get(visible("user-agent"), "") or "A program"
        known = (program, missing) in self._said or len(self._said) >= MOST_TOASTS
        if missing and not known:
            self._said.add((program, missing))
            self.app.notify(
                f"{program[:40]} asked for the {missing}, which freshtoken does not have.",
                severity="warning",
                timeout=10,
            )


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

"""The orgs that one server serves with the control API: its own, and those that are made for a
test and thrown away with the server.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from freshtoken_api.injection import Injections
from freshtoken_api.serve.authority import Authority, ControlAddress
from freshtoken_api.serve.journal import Entry, Journal
from freshtoken_api.serve.server import Addresses, Ports, Serving
from freshtoken_model.decision.credentials import QUICK
from freshtoken_model.files.training_org import Beginning
from freshtoken_model.pool import OrgPool
from freshtoken_model.store.whole_file import temporary_folder
from freshtoken_model.values.errors import NotAllowedError
from freshtoken_model.values.names import unknown_name
from freshtoken_model.values.visible import visible

from .app import ControlApp
from .calls import OrgCalls
from .contract import PREFIX, ControlCall, bad_request
from .guard import Guard, Network
from .making import make_org, moment_of
from .requests import Requests

if TYPE_CHECKING:
    from .app import Handler

MAIN = "main"
"""The name of the org that the server was started with."""
MOST_ORGS = 100
"""Orgs that are made for tests, at a time; each has three ports."""


class ControlledOrg:
    """An org on its ports, with the control API at the plain one."""

    def __init__(
        self,
        name: str,
        pool: OrgPool,
        ports: Ports,
        authority: Authority,
        journal: Journal,
        guard: Guard,
        more: "Mapping[str, Handler]",
    ) -> None:
        """`more` are operations besides those on the org. Raises PortTakenError."""
        self.name, self.pool = name, pool
        requests, injections = Requests(), Injections()

        def both(entry: Entry) -> None:
            requests(entry)
            journal(entry)

        handlers = OrgCalls(pool, requests, injections).handlers()
        control = ControlApp({**handlers, **more}, guard)
        self.serving = Serving(
            pool, ports, authority, both, injections=injections, in_front=control.beside
        )
        self.addresses = self.serving.addresses

    @property
    def control(self) -> str:
        """The URL of the control API."""
        return self.addresses.http + PREFIX

    def data(self) -> dict[str, Any]:
        """The org as the list of orgs has it."""
        at = self.addresses
        return {
            "org": self.name,
            "http": at.http,
            "https": at.https,
            "proxy": at.proxy,
            "control": self.control,
        }


class Orgs:
    """The server's own org from start() to stop(), and the orgs that are made meanwhile."""

    def __init__(
        self,
        pool: OrgPool,
        ports: Ports,
        authority: Authority,
        journal: Journal,
        token: str,
        networks: tuple[Network, ...] = (),
    ) -> None:
        """Bind all ports of the server's own org. Raises PortTakenError."""
        self._ports, self._authority, self._journal = ports, authority, journal
        self._guard = Guard(token, ports.host, ports.allowed, networks)
        self._made: dict[str, ControlledOrg] = {}
        self._count = self._begun = 0
        self._folder: TemporaryDirectory[str] | None = None
        more: dict[str, Handler] = {
            "list_orgs": self._list,
            "create_org": self._create,
            "delete_org": self._delete,
        }
        self._main = ControlledOrg(MAIN, pool, ports, authority, journal, self._guard, more)

    async def start(self) -> Addresses:
        """Begin to answer; the addresses, with that of the control API and its token."""
        addresses = await self._main.serving.start()
        return replace(addresses, control=ControlAddress(self._main.control, self._guard.token))

    async def stop(self) -> None:
        """Stop to answer, and delete the orgs that were made."""
        await self._main.serving.stop()
        for name in list(self._made):
            await self._throw_away(self._made.pop(name))
        if self._folder is not None:
            self._folder.cleanup()

    async def _list(self, call: ControlCall) -> list[dict[str, Any]]:
        return [one.data() for one in (self._main, *self._made.values())]

    async def _create(self, call: ControlCall) -> dict[str, Any]:
        """Make and serve an org. Raises ControlError, OrgError."""
        asked = call.body
        if asked["frozen_at"] is not None and asked["as_of"] is not None:
            raise bad_request("frozen_at and as_of both say when it is; give one.")
        frozen_at = moment_of(asked["frozen_at"])
        how = (asked["preset"], asked["release"], asked["sandbox"])
        beginning = Beginning(asked["seed"], frozen_at, *how)
        if len(self._made) + self._begun >= MOST_ORGS:
            raise NotAllowedError(f"{MOST_ORGS} orgs are served already; delete one first.")
        self._count += 1
        name = f"org{self._count}"
        path = self._place() / f"{name}.db"
        self._begun += 1
        try:
            await asyncio.to_thread(make_org, path, QUICK, beginning, asked["as_of"])
            made = await self._serve(name, path)
        finally:
            self._begun -= 1
        return {**made.data(), "file": str(path)}

    async def _serve(self, name: str, path: Path) -> ControlledOrg:
        pool = await asyncio.to_thread(OrgPool, path, QUICK)
        ports = replace(self._ports, http=0, tls=0, proxy=0)

        def named(entry: Entry) -> None:
            self._journal({**entry, "org": visible(name)})

        try:
            made = ControlledOrg(name, pool, ports, self._authority, named, self._guard, {})
            await made.serving.start()
        except BaseException:
            await asyncio.to_thread(pool.close)
            raise
        self._made[name] = made
        return made

    async def _delete(self, call: ControlCall) -> dict[str, Any]:
        """Stop to serve an org that was made, and delete it. Raises OrgError."""
        name = call.path["org"]
        if name == MAIN:
            raise NotAllowedError("That is the org that serve was started with; it stays.")
        made = self._made.pop(name, None)
        if made is None:
            raise unknown_name("org", name, list(self._made))
        await self._throw_away(made)
        return {"org": name, "deleted": True}

    async def _throw_away(self, made: ControlledOrg) -> None:
        await made.serving.stop()
        await asyncio.to_thread(made.pool.close)
        for left in made.pool.path.parent.glob(f"{made.name}.db*"):
            left.unlink(missing_ok=True)

    def _place(self) -> Path:
        """The folder of the orgs that are made."""
        if self._folder is None:
            self._folder = temporary_folder()
        return Path(self._folder.name)

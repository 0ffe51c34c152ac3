"""Plays one scenario: an org of its own on ports of its own, the client's command, and what the org
and the process saw of it.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from starlette.types import ASGIApp

from freshtoken_api.injection import Injections
from freshtoken_api.serve.authority import Authority
from freshtoken_api.serve.authority import environment as variables_of
from freshtoken_api.serve.journal import Entry
from freshtoken_api.serve.server import Addresses, Ports, Serving
from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.files.adoption import AdoptedCredentials
from freshtoken_model.pool import OrgPool
from freshtoken_model.training.content.steps import LineRunner
from freshtoken_model.values.errors import OrgError

from .evidence import URL, Evidence, Leak, RecordedExchange, RecordedOperation
from .learning import Learning
from .orgs import run_on
from .process import Run, run_command
from .scenarios import After, Scenario
from .secrets import Secrets
from .wire import Asked, Wire

MOST_EXCHANGES = 20_000
"""Requests of a run that are noted; a client that makes more is in a loop."""
NAME = "FRESHTOKEN_SCENARIO"
"""The variable that tells the command its scenario."""


@dataclass(frozen=True)
class RehearsedClient:
    """The client under rehearsal: its command, the variables it is started with besides those of
    the machine, and how long it may run (s). `passed` are hosts of others that it may reach.
    """

    command: tuple[str, ...]
    limit: float
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    passed: tuple[str, ...] = ()


@dataclass(frozen=True)
class House:
    """What all scenarios share: how their orgs hash, the CA, what runs a command line, and the
    maximum of invalid login attempts.
    """

    hashing: Hashing
    authority: Authority
    run_line: LineRunner
    lockout_limit: int = 10


class ScenarioStage:
    """One scenario on its org file. The folder `output` gets what the command prints; `noted` is
    called with every exchange.
    """

    def __init__(
        self,
        scenario: Scenario,
        org_file: Path,
        output: Path,
        held: AdoptedCredentials,
        house: House,
        noted: Callable[[RecordedExchange], None],
    ) -> None:
        self._scenario, self._org_file, self._house = scenario, org_file, house
        self._output = output
        self._noted, self.secrets = noted, Secrets(held)
        self._exchanges: list[RecordedExchange] = []
        self._happened = dict.fromkeys(scenario.during, 0)
        self._failed: OrgError | None = None
        self._closing: asyncio.Task[None] | None = None
        self.refused_hosts: set[str] = set()
        """Hosts that are none of Salesforce's, which the proxy refused to reach."""

    async def play(
        self, client: RehearsedClient, runs_on: bool | None, learning: Learning | None = None
    ) -> Evidence:
        """Run the command on the org. `runs_on`: whether it is a service, None in the run that
        tells; in that run `learning` hears of every login. Raises CommandError, OrgError.
        """
        await self._do(self._scenario.setup)
        wire, addresses = await self._served(client.passed, learning)
        try:
            wire.start()
            environment = self._environment(client, addresses)
            run = await run_command(
                client.command, environment, client.limit, self._output, self.secrets
            )
        finally:
            self._closing = asyncio.create_task(self._close())
        if self._failed is not None:
            raise self._failed
        return await self._evidence(
            run, wire, run.process.timed_out if runs_on is None else runs_on
        )

    async def _served(
        self, passed: tuple[str, ...], learning: Learning | None
    ) -> tuple[Wire, Addresses]:
        """Serve the org, with the faults that are to be injected."""
        injections = Injections()
        for one in self._scenario.injects:
            injections.add(one.fault, one.operation, one.times)
        pool = self._pool = OrgPool(self._org_file, self._house.hashing)

        async def arrived(asked: Asked) -> None:
            if learning is not None:
                await learning.arrived(asked, pool)

        wires: list[Wire] = []

        def around(app: ASGIApp) -> ASGIApp:
            wires.append(Wire(app, self.secrets, arrived, self._answered))
            return wires[0]

        ports, authority = Ports(http=0, tls=0, proxy=0, passed=passed), self._house.authority
        self._serving = Serving(
            pool, ports, authority, self._note, injections=injections, around=around
        )
        addresses = await self._serving.start()
        return wires[0], addresses

    async def _close(self) -> None:
        await self._serving.stop()
        await asyncio.to_thread(self._pool.close)

    async def closed(self) -> None:
        """Wait until the ports are closed."""
        if self._closing is not None:
            await self._closing

    async def _evidence(self, run: Run, wire: Wire, runs_on: bool) -> Evidence:
        names = await asyncio.to_thread(_names_one, run.files, list(self._exchanges))
        return Evidence(
            tuple(self._exchanges),
            run.process,
            (*run.leaks, *(Leak(URL, what) for what in sorted(wire.shown_in_urls))),
            names,
            self._house.lockout_limit,
            runs_on,
        )

    def _environment(self, client: RehearsedClient, at: Addresses) -> dict[str, str]:
        return {
            **os.environ,
            **variables_of(at.ca, at.ca_bundle, at.proxy, at.http),
            NAME: self._scenario.id,
            **client.variables,
        }

    async def _answered(self, exchange: RecordedExchange) -> None:
        """Note an exchange, and do what is bound to it."""
        if len(self._exchanges) < MOST_EXCHANGES:
            self._exchanges.append(exchange)
        self._noted(exchange)
        for trigger in self._scenario.during:
            if not _is_one(trigger.after, exchange):
                continue
            self._happened[trigger] += 1
            if self._happened[trigger] == trigger.count:
                try:
                    await self._do(trigger.steps)
                except OrgError as error:  # the client is answered all the same
                    self._failed = error

    async def _do(self, steps: tuple[str, ...]) -> None:
        run_line = self._house.run_line
        await asyncio.to_thread(run_on, self._org_file, steps, self.secrets.held, run_line)

    def _note(self, entry: Entry) -> None:
        if entry["method"] == "CONNECT":
            self.refused_hosts.add(str(entry["path"]))


def _is_one(after: After, exchange: RecordedExchange) -> bool:
    """Whether an exchange is what a trigger waits for."""
    match after:
        case After.LOGIN:
            return exchange.operation is RecordedOperation.LOGIN and not exchange.fault
        case After.REFUSED_LOGIN:
            return exchange.operation is RecordedOperation.LOGIN and bool(exchange.fault)
        case After.DATA_CALL:
            return exchange.worked


def _names_one(files: tuple[Path, ...], exchanges: list[RecordedExchange]) -> bool:
    """Whether what was printed names a fault that the client was told, by code or sentence."""
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in files]
    told = {e.fault for e in exchanges if e.fault} | {
        unescape(e.sentence) for e in exchanges if e.sentence
    }
    return any(words in text for words in told for text in texts)

"""A rehearsal: the healthy scenario first, then the others that apply, as many at a time as asked
for, in one process with one CA.
"""

import asyncio
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from freshtoken_api.serve.authority import Authority
from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.files.adoption import AdoptedCredentials
from freshtoken_model.store.whole_file import make_folder, temporary_folder
from freshtoken_model.training.content.steps import LineRunner

from .evidence import Evidence, RecordedExchange, RecordedOperation
from .learning import Learning
from .orgs import as_the_org_reads, copy_of, prepare
from .rules import UNHEALTHY, RunVerdict, not_applicable, verdict
from .scenarios import Scenario, unmet
from .secrets import Secrets
from .stage import House, RehearsedClient, ScenarioStage
from .words import amount, listed, seconds_of

ORG = "org.db"
"""The file of a scenario's org, in the folder with its name."""


class BypassedError(Exception):
    """No request of the client arrived here; the message says what to look at."""


@dataclass(frozen=True, slots=True)
class Result:
    """A scenario and the verdict; `evidence` is None where the scenario is not applicable."""

    scenario: Scenario
    verdict: RunVerdict
    evidence: Evidence | None = None


class Watching(Protocol):
    """Who is told how far a rehearsal is."""

    def began(self, scenario: Scenario) -> None:
        """A scenario begins."""

    def learned(self, username: str) -> None:
        """The org has learned what the client holds; the username is empty if it sent none."""

    def noted(self, scenario: Scenario, logins: int, refused: int) -> None:
        """The client has made another request."""

    def ended(self, result: Result) -> None:
        """A scenario has its verdict."""


@dataclass(frozen=True)
class Plan:
    """What is rehearsed: the client, the scenarios (the healthy one first), what the client holds
    (None: it is learned), how many scenarios run at a time, the folder for what is kept, and
    whether the orgs are.
    """

    client: RehearsedClient
    scenarios: tuple[Scenario, ...]
    held: AdoptedCredentials | None = field(repr=False)
    parallel: int
    folder: Path
    hashing: Hashing
    keeps_orgs: bool


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came of it, in the order of the scenarios, and the command without secrets. `notes` are
    sentences about what the rehearsal could not do; `has_orgs` tells whether each scenario's org is
    in its folder.
    """

    results: tuple[Result, ...]
    command: str
    notes: tuple[str, ...] = ()
    has_orgs: bool = False


async def rehearse(plan: Plan, run_line: LineRunner, watching: Watching) -> Rehearsed:
    """Run the scenarios. Raises BypassedError when no request arrives in the healthy run,
    CommandError, OrgError, AuthorityError, PortTakenError, OSError.
    """
    make_folder(plan.folder)
    with temporary_folder(plan.folder) as folder:
        return await _Rehearsal(plan, run_line, watching, Path(folder)).run()


class _Rehearsal:
    """One rehearsal at work; `folder` is thrown away with the orgs that are not kept."""

    def __init__(self, plan: Plan, run_line: LineRunner, watching: Watching, folder: Path) -> None:
        self._plan, self._run_line, self._watching = plan, run_line, watching
        self._folder, self._prepared = folder, folder / "prepared.db"
        self._held = plan.held or AdoptedCredentials()
        self._stages: list[ScenarioStage] = []

    async def run(self) -> Rehearsed:
        """Run everything."""
        plan = self._plan
        limit = await asyncio.to_thread(prepare, self._prepared, plan.held, plan.hashing)
        self._house = House(plan.hashing, await asyncio.to_thread(Authority), self._run_line, limit)
        try:
            healthy, learning = await self._first(plan.scenarios[0])
            results = [healthy, *await self._others(plan.scenarios[1:], healthy)]
        finally:
            await asyncio.gather(*(stage.closed() for stage in self._stages))
        command = Secrets(self._held).taken_out_of(shlex.join(plan.client.command))
        notes = tuple(self._notes(healthy, learning))
        return Rehearsed(tuple(results), command, notes, plan.keeps_orgs)

    def _notes(self, healthy: Result, learning: Learning) -> Iterator[str]:
        if healthy.evidence is not None and healthy.evidence.runs_on:
            limit = seconds_of(self._plan.client.limit)
            yield f"The healthy run had not ended after {limit}: the client is taken for a service."
        hosts = set().union(*(stage.refused_hosts for stage in self._stages))
        if hosts:
            yield f"The proxy refused {listed(sorted(hosts))}; --pass-through lets a host through."
        if learning.others:
            logins = amount(learning.others, "login")
            yield f"{logins} came with another username; only the first one was learned."
        if learning.signed:
            yield "A signed JWT tells nothing of its key, so it cannot be learned."

    async def _first(self, scenario: Scenario) -> tuple[Result, Learning]:
        """The healthy scenario, in which the org learns what nobody told of the client."""
        told = self._plan.held
        stage = self._stage(scenario)
        learning = Learning(stage.secrets, known=told is not None)
        evidence = await stage.play(self._plan.client, None, learning)
        if not evidence.exchanges:
            output = self._plan.folder / scenario.id
            raise BypassedError(_bypassed(evidence, stage.refused_hosts, output))
        result = self._judged(scenario, evidence)
        if told is None:
            self._watching.learned(learning.held.username)
        if told != learning.held:
            self._held = learning.held
            self._prepared.unlink()
            hashing = self._plan.hashing
            await asyncio.to_thread(prepare, self._prepared, self._held, hashing)
        return result, learning

    async def _others(self, scenarios: Sequence[Scenario], healthy: Result) -> list[Result]:
        """The other scenarios, in their order whichever ends first."""
        slots = asyncio.Semaphore(self._plan.parallel)

        async def one(scenario: Scenario) -> Result:
            async with slots:
                return await self._one(scenario, healthy)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(scenario)) for scenario in scenarios]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _one(self, scenario: Scenario, healthy: Result) -> Result:
        assert healthy.evidence is not None
        if UNHEALTHY in healthy.verdict.broken and not healthy.evidence.ends_well:
            reason = "The healthy run did not work."
        else:
            sends_token = bool(as_the_org_reads(self._held).token)
            reason = unmet(scenario, healthy.evidence, sends_token)
        if reason:
            result = Result(scenario, not_applicable(reason))
            self._watching.ended(result)
            return result
        evidence = await self._stage(scenario).play(self._plan.client, healthy.evidence.runs_on)
        return self._judged(scenario, evidence)

    def _stage(self, scenario: Scenario) -> ScenarioStage:
        output = self._plan.folder / scenario.id
        make_folder(output)
        kept, thrown_away = output / ORG, self._folder / f"{scenario.id}.db"
        org_file = kept if self._plan.keeps_orgs else thrown_away
        copy_of(self._prepared, org_file)
        logins = refused = 0

        def noted(exchange: RecordedExchange) -> None:
            nonlocal logins, refused
            if exchange.operation is RecordedOperation.LOGIN:
                logins, refused = logins + 1, refused + bool(exchange.fault)
                self._watching.noted(scenario, logins, refused)

        stage = ScenarioStage(scenario, org_file, output, self._held, self._house, noted)
        self._stages.append(stage)
        self._watching.began(scenario)
        return stage

    def _judged(self, scenario: Scenario, evidence: Evidence) -> Result:
        result = Result(scenario, verdict(scenario, evidence), evidence)
        self._watching.ended(result)
        return result


def _bypassed(evidence: Evidence, refused_hosts: set[str], output: Path) -> str:
    """What to look at when no request arrived."""
    status = evidence.process.exit_status
    ended = "was ended at the limit" if evidence.process.timed_out else f"exited with {status}"
    asked = f" The proxy refused: {', '.join(sorted(refused_hosts))}." if refused_hosts else ""
    return (
        f"No request of the command arrived here, and it {ended}: nothing else is run. Let it use "
        f"HTTPS_PROXY and trust the CA of SSL_CERT_FILE, or send its requests to FRESHTOKEN_URL. "
        f"What it printed is in {output}.{asked}"
    )

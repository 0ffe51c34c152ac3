"""What the tests of rehearsals share: how to rehearse a client of a few lines in this process."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from freshtoken_model.decision.credentials import QUICK
from freshtoken_model.files.adoption import AdoptedCredentials
from freshtoken_rehearsal.orgs import training_held
from freshtoken_rehearsal.rehearsal import Plan, Rehearsed, Result, rehearse
from freshtoken_rehearsal.scenarios import Scenario, chosen
from freshtoken_rehearsal.stage import RehearsedClient
from freshtoken_tui.cli.steps import run_quick

LIMIT = 20.0
"""Seconds that a client may take, where a test does not want it to be ended."""


@dataclass
class Watched:
    """Notes what it is told of a rehearsal."""

    began_: list[str] = field(default_factory=list)
    ended_: list[str] = field(default_factory=list)
    logins: dict[str, tuple[int, int]] = field(default_factory=dict)
    usernames: list[str] = field(default_factory=list)

    def began(self, scenario: Scenario) -> None:
        self.began_.append(scenario.id)

    def learned(self, username: str) -> None:
        self.usernames.append(username)

    def noted(self, scenario: Scenario, logins: int, refused: int) -> None:
        self.logins[scenario.id] = (logins, refused)

    def ended(self, result: Result) -> None:
        self.ended_.append(result.scenario.id)


@pytest.fixture
def held(tmp_path: Path) -> AdoptedCredentials:
    """What a client of the training org holds."""
    return training_held(QUICK, tmp_path)


def variables_of(held: AdoptedCredentials) -> dict[str, str]:
    """As the command line hands them to the command."""
    return {
        "FRESHTOKEN_USER": held.username,
        "FRESHTOKEN_PASSWORD": held.password,
        "FRESHTOKEN_TOKEN": held.token,
        "FRESHTOKEN_CLIENT_ID": held.client_id,
        "FRESHTOKEN_CLIENT_SECRET": held.client_secret,
        "FRESHTOKEN_REFRESH_TOKEN": held.refresh_token,
    }


Rehearse = Callable[..., Rehearsed]


@pytest.fixture
def rehearsed(tmp_path: Path, held: AdoptedCredentials) -> Rehearse:
    """Rehearse a command in some scenarios; the healthy one comes first."""

    def run(
        command: tuple[str, ...],
        *only: str,
        limit: float = LIMIT,
        parallel: int = 1,
        watched: Watched | None = None,
        knows: AdoptedCredentials | None = held,
        variables: Mapping[str, str] | None = None,
        folder: Path = tmp_path / "out",
        scenarios: tuple[Scenario, ...] = (),
    ) -> Rehearsed:
        given = variables_of(held) if variables is None else variables
        client = RehearsedClient(command, limit, given)
        played = scenarios or chosen(only or ("healthy",))
        plan = Plan(client, played, knows, parallel, folder, QUICK, keeps_orgs=True)
        return asyncio.run(rehearse(plan, run_quick, watched or Watched()))

    return run

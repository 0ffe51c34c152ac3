"""What another process sees of a rehearsal that is running."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from freshtoken_model.decision.credentials import QUICK
from freshtoken_model.files.adoption import AdoptedCredentials
from freshtoken_rehearsal.kept import (
    PROGRESS,
    SILENT,
    KeptRehearsal,
    kept_rehearsals,
    under_way,
)
from freshtoken_rehearsal.progress import RehearsalProgress, written_down
from freshtoken_rehearsal.rehearsal import Plan, Result, rehearse
from freshtoken_rehearsal.scenarios import Scenario, chosen
from freshtoken_rehearsal.stage import RehearsedClient
from freshtoken_tui.cli.steps import run_quick

from .conftest import LIMIT, Watched, variables_of
from .small_clients import RIGHT, command

NAME = "python nightly.py"


def plan_of(held: AdoptedCredentials, folder: Path, *only: str, keeps_orgs: bool = True) -> Plan:
    client = RehearsedClient(
        (*command(RIGHT), "--password", held.password), LIMIT, variables_of(held)
    )
    return Plan(client, chosen(only), held, 1, folder, QUICK, keeps_orgs)


class Looking(Watched):
    """Looks at the file whenever it is told something."""

    file: RehearsalProgress
    place: Path

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[KeptRehearsal] = []

    def look(self) -> None:
        self.file.write(self.file.text())
        self.seen += under_way(self.place)

    def noted(self, scenario: Scenario, logins: int, refused: int) -> None:
        self.look()

    def ended(self, result: Result) -> None:
        self.look()


def test_each_scenario_waits_runs_and_has_its_verdict(
    held: AdoptedCredentials, tmp_path: Path
) -> None:
    plan, looking = plan_of(held, tmp_path / "one", "token-stale"), Looking()
    looking.place = tmp_path

    async def run() -> None:
        async with written_down(plan, NAME, looking) as file:
            assert isinstance(file, RehearsalProgress)
            looking.file = file
            await rehearse(plan, run_quick, file)

    asyncio.run(run())
    told = [[(one.verdict, one.logins) for one in seen.scenarios] for seen in looking.seen]
    assert told == [
        [("running", 1), ("waiting", None)],
        [("pass", 1), ("waiting", None)],
        [("pass", 1), ("running", 1)],
        [("pass", 1), ("pass", 1)],
    ]
    assert looking.seen[2].scenarios[1].sentence == "1 login, 1 refused."
    last = looking.seen[-1]
    assert (last.command, last.under_way) == (NAME, True)
    assert last.scenarios[0].org == tmp_path / "one" / "healthy" / "org.db"
    assert under_way(tmp_path) == [], "it is over"


def test_it_goes_when_the_rehearsal_is_refused(held: AdoptedCredentials, tmp_path: Path) -> None:
    plan = plan_of(held, tmp_path / "one", "healthy")

    async def run() -> None:
        async with written_down(plan, NAME, Watched()):
            async with asyncio.timeout(LIMIT):
                while not under_way(tmp_path):
                    await asyncio.sleep(0)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        asyncio.run(run())
    assert list((tmp_path / "one").iterdir()) == []


def test_no_secret_and_no_org_that_goes_is_in_it(held: AdoptedCredentials, tmp_path: Path) -> None:
    plan = plan_of(held, tmp_path, "token-stale", keeps_orgs=False)
    file = RehearsalProgress(plan, NAME, Watched())
    for scenario in plan.scenarios:
        file.began(scenario)
        file.noted(scenario, 3, 2)
    file.write(file.text())
    text = (tmp_path / PROGRESS).read_text()
    assert held.password not in text and held.username not in text
    assert {one["org"] for one in json.loads(text)["scenarios"]} == {None}


def test_what_a_killed_process_left_and_what_is_broken_is_not_under_way(
    held: AdoptedCredentials, tmp_path: Path
) -> None:
    file = tmp_path / "one" / PROGRESS
    file.parent.mkdir()
    progress = RehearsalProgress(plan_of(held, file.parent, "healthy"), NAME, Watched())
    progress.write(progress.text())
    (running,) = kept_rehearsals(tmp_path)[0]
    assert running.under_way and running.count("waiting") == 1
    before = file.stat().st_mtime - SILENT - 1
    os.utime(file, (before, before))
    assert kept_rehearsals(tmp_path) == ([], [])
    file.write_text("{")
    assert kept_rehearsals(tmp_path) == ([], [])


def test_a_folder_that_cannot_be_written_ends_nothing(
    held: AdoptedCredentials, tmp_path: Path
) -> None:
    (tmp_path / "one" / PROGRESS).mkdir(parents=True)
    progress = RehearsalProgress(plan_of(held, tmp_path / "one", "healthy"), NAME, Watched())
    progress.write(progress.text())
    assert under_way(tmp_path) == []

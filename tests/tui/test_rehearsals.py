"""The page Rehearsals: reports that are kept, and the org behind a scenario."""

import json
import os
from pathlib import Path

import pytest

from freshtoken_model.org import Org
from freshtoken_model.store.orgfile import data_folder
from freshtoken_model.store.whole_file import write_whole

from ..world import CHEAP


def keep(name: str, when: int, **changes: object) -> Path:
    """A report as `freshtoken rehearse` leaves it, with the org of its second scenario."""
    folder = data_folder() / "rehearsals" / name
    (folder / "password-changed").mkdir(parents=True)
    org = folder / "password-changed" / "org.db"
    Org.create(org, seed=name, hashing=CHEAP)
    rows = [
        {
            "id": "healthy",
            "title": "Nothing is wrong",
            "verdict": "pass",
            "sentence": "",
            "org": None,
        },
        {
            "id": "password-changed",
            "title": "Password changed",
            "verdict": "fail",
            "sentence": "Locks its user out: 10 invalid attempts in one run, the limit is 10.",
            "advice": {"words": "Stop on INVALID_LOGIN.", "client": "", "code": ""},
            "org": "password-changed/org.db",
            "logins": 40,
            "refused": 40,
            "counted": 10,
            "exit_status": 0,
        },
    ]
    report = {
        "format": 1,
        "command": f"python {name}.py",
        "notes": [],
        "scenarios": rows,
        **changes,
    }
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    os.utime(folder / "report.json", (when, when))
    return folder


def under_way(folder: Path, *verdicts: str) -> None:
    """What a rehearsal that runs in another process tells of its scenarios."""
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    report["command"] = "python running.py"
    for row, verdict in zip(report["scenarios"], verdicts, strict=True):
        row["verdict"] = verdict
    write_whole(folder / "progress.json", json.dumps(report))


async def opened(player) -> None:
    player.app.action_command("rehearsals")
    await player.until(lambda: player.app.main.page.id == "page-rehearsals", "Rehearsals")


async def test_without_a_report_it_says_how_to_make_one(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await opened(player)
        await player.sees("freshtoken rehearse --learn -- python nightly.py")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_scenario_opens_the_org_that_the_client_called_and_leads_back(
    org_file: Path, play, size: tuple[int, int]
) -> None:
    keep("older", 1_790_000_000)
    keep("nightly", 1_795_000_000)
    async with play(org_file, size) as player:
        await opened(player)
        await player.sees("python nightly.py")
        await player.until(
            lambda: (
                player.app.focused is not None and player.app.focused.id == "rehearsal-scenarios"
            ),
            "the scenarios have the focus",
        )
        await player.press("down")
        await player.sees("Locks its user out")
        await player.press("enter")
        await player.until(lambda: player.app.org.path.parent.name == "password-changed", "its org")
        await player.until(lambda: player.app.main.page.id == "page-timeline", "its Timeline")
        await opened(player)
        await player.push("Back to my org")
        await player.until(lambda: player.app.org.path == org_file, "the own org is back")


@pytest.mark.parametrize(
    "changes", [{"format": 99}, {"scenarios": [1]}, {"scenarios": [{"id": "x"}]}, {"command": None}]
)
async def test_a_report_that_cannot_be_read_is_told_and_the_others_are_listed(
    org_file: Path, play, toasts: list[str], changes: dict[str, object]
) -> None:
    keep("broken", 1_795_000_000, **changes)
    keep("nightly", 1_790_000_000)
    async with play(org_file) as player:
        await opened(player)
        await player.sees("python nightly.py")
        if changes != {"command": None}:
            await player.until(
                lambda: any("is no report of this version" in words for words in toasts), "a toast"
            )


async def test_a_report_leads_to_no_file_outside_its_folder(org_file: Path, play) -> None:
    folder = keep("nightly", 1_790_000_000)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    report["scenarios"][1]["org"] = f"../../../{org_file.name}"
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    (folder.parents[1] / org_file.name).write_bytes(org_file.read_bytes())
    async with play(org_file) as player:
        await opened(player)
        await player.sees("python nightly.py")
        await player.press("down", "enter")
        await player.sees("The org of this run is not kept.")
        assert player.app.org.path == org_file


async def test_a_rehearsal_that_runs_comes_first_changes_and_ends(org_file: Path, play) -> None:
    keep("newer", 1_795_000_000)
    running = keep("running", 1_790_000_000)
    under_way(running, "running", "waiting")
    report = (running / "report.json").rename(running / "later.json")
    async with play(org_file) as player:
        await opened(player)
        await player.sees("now, 0 of 2")
        await player.sees("python running.py")
        await player.sees("▸ running")
        (running / "later.json").rename(running / "report.json")
        under_way(running, "pass", "running")
        (running / "report.json").rename(running / "later.json")
        await player.sees("now, 1 of 2")
        report.rename(running / "report.json")
        (running / "progress.json").unlink()
        await player.until(lambda: "now, " not in player.screen(), "it is over")
        await player.sees("python running.py")


async def test_the_org_of_a_scenario_that_runs_can_be_opened(org_file: Path, play) -> None:
    running = keep("running", 1_790_000_000)
    under_way(running, "pass", "running")
    async with play(org_file) as player:
        await opened(player)
        await player.sees("now, 1 of 2")
        await player.press("down", "enter")
        await player.until(lambda: player.app.org.path.parent.name == "password-changed", "its org")


async def test_a_scenario_that_has_not_run_says_so(org_file: Path, play, toasts: list[str]) -> None:
    running = keep("running", 1_790_000_000, command="python x.py")
    under_way(running, "running", "waiting")
    progress = json.loads((running / "progress.json").read_text(encoding="utf-8"))
    progress["scenarios"][1]["org"] = None
    write_whole(running / "progress.json", json.dumps(progress))
    async with play(org_file) as player:
        await opened(player)
        await player.sees("now, 0 of 2")
        await player.press("down", "enter")
        await player.says(toasts, "Its org will be created when it runs.")


async def test_what_is_looked_at_stays_while_another_rehearsal_goes_on(
    org_file: Path, play
) -> None:
    keep("looked-at", 1_795_000_000)
    running = keep("running", 1_790_000_000)
    under_way(running, "running", "waiting")
    async with play(org_file) as player:
        await opened(player)
        await player.sees("now, 0 of 2")
        reports = player.app.main.page.query_one("#rehearsal-reports")
        scenarios = player.app.main.page.query_one("#rehearsal-scenarios")
        reports.focus()
        await player.press("down", "enter", "down")
        await player.sees("Locks its user out")
        under_way(running, "pass", "running")
        await player.sees("now, 1 of 2")
        another = keep("another", 1_780_000_000)
        under_way(another, "waiting", "waiting")
        await player.until(lambda: reports.row_count == 5, "both run, and three reports are kept")
        await player.sees("Locks its user out")
        assert (reports.cursor_row, scenarios.cursor_row) == (2, 1)

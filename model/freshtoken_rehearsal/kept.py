"""The rehearsals of the data directory, read again: what is kept, and what is under way."""

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freshtoken_model.store.orgfile import data_folder
from freshtoken_model.values.visible import Visible, visible

FOLDER, REPORT = "rehearsals", "report.json"
FORMAT = 1
"""Of report.json and progress.json."""
PROGRESS = "progress.json"
"""How far a rehearsal is, in its folder; it goes when the rehearsal ends."""
BEAT = 0.5
"""Seconds between two writes of it."""
SILENT = 20 * BEAT
"""Seconds after which a rehearsal that tells nothing is taken for one that was killed."""


@dataclass(frozen=True, slots=True)
class KeptScenario:
    """A scenario of a report. `org` is the file of the org that the client called; None where it is
    not kept, as with --learn.
    """

    id: str
    title: Visible
    verdict: Visible
    sentence: Visible
    advice: Visible
    logins: int | None
    refused: int | None
    counted: int | None
    exit_status: int | None
    org: Path | None


@dataclass(frozen=True, slots=True)
class KeptRehearsal:
    """A report: the client's command, when it was written (seconds since 1970), its scenarios.
    `under_way`: it is not over yet, and some of them have no verdict.
    """

    folder: Path
    command: Visible
    written_at: float
    scenarios: tuple[KeptScenario, ...]
    under_way: bool

    def count(self, verdict: str) -> int:
        """How many scenarios have a verdict."""
        return sum(scenario.verdict == verdict for scenario in self.scenarios)


def kept_folder() -> Path:
    """Where rehearsals are kept unless --out names another folder."""
    return data_folder() / FOLDER


def kept_rehearsals(folder: Path | None = None) -> tuple[list[KeptRehearsal], list[str]]:
    """The reports of a folder, the newest first, and a sentence for each that cannot be read. What
    is under way comes before what is over.
    """
    place = folder or kept_folder()
    found: list[KeptRehearsal] = []
    problems: list[str] = []
    for report in place.glob(f"*/{REPORT}"):
        try:
            found.append(_read(report))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            problems.append(f"{report} is no report of this version of freshtoken.")
    found.sort(key=lambda one: one.written_at, reverse=True)
    return under_way(place) + found, problems


def under_way(folder: Path | None = None) -> list[KeptRehearsal]:
    """The rehearsals that run now, the one that began last first."""
    found = []
    for progress in sorted((folder or kept_folder()).glob(f"*/{PROGRESS}"), reverse=True):
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            if abs(time.time() - progress.stat().st_mtime) < SILENT:
                found.append(_read(progress))
    return found


def _read(report: Path) -> KeptRehearsal:
    read = json.loads(report.read_text(encoding="utf-8"))
    if read["format"] != FORMAT:
        raise ValueError(read["format"])
    scenarios = tuple(_scenario(report.parent, row) for row in read["scenarios"])
    return KeptRehearsal(
        report.parent,
        visible(str(read["command"])),
        report.stat().st_mtime,
        scenarios,
        under_way=report.name == PROGRESS,
    )


def _scenario(folder: Path, row: dict[str, Any]) -> KeptScenario:
    org = folder / str(row["org"]) if row.get("org") else None
    if org is not None and (not org.is_file() or folder not in org.resolve().parents):
        org = None
    advice = row.get("advice") or {}
    return KeptScenario(
        id=str(row["id"]),
        title=visible(str(row["title"])),
        verdict=visible(str(row["verdict"])),
        sentence=visible(str(row["sentence"])),
        advice=visible(str(advice.get("words", ""))),
        logins=row.get("logins"),
        refused=row.get("refused"),
        counted=row.get("counted"),
        exit_status=row.get("exit_status"),
        org=org,
    )

"""The rehearsals that are kept in the data directory, read again."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freshtoken_model.store.orgfile import data_folder
from freshtoken_model.values.visible import Visible, visible

from .report import FORMAT

FOLDER, REPORT = "rehearsals", "report.json"


@dataclass(frozen=True, slots=True)
class KeptScenario:
    """A scenario of a report. `org` is the file of the org that the client called; None where it is
    not kept, as with --learn.
    """

    id: str
    title: Visible
    verdict: str
    sentence: Visible
    advice: Visible
    logins: int | None
    refused: int | None
    counted: int | None
    exit_status: int | None
    org: Path | None


@dataclass(frozen=True, slots=True)
class KeptRehearsal:
    """A report: the client's command, when it was written (seconds since 1970), its scenarios."""

    folder: Path
    command: Visible
    written_at: float
    scenarios: tuple[KeptScenario, ...]

    def count(self, verdict: str) -> int:
        """How many scenarios have a verdict."""
        return sum(scenario.verdict == verdict for scenario in self.scenarios)


def kept_folder() -> Path:
    """Where rehearsals are kept unless --out names another folder."""
    return data_folder() / FOLDER


def kept_rehearsals(folder: Path | None = None) -> tuple[list[KeptRehearsal], list[str]]:
    """The reports of a folder, the newest first, and a sentence for each that cannot be read."""
    found: list[KeptRehearsal] = []
    problems: list[str] = []
    for report in sorted((folder or kept_folder()).glob(f"*/{REPORT}")):
        try:
            found.append(_read(report))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            problems.append(f"{report} is no report of this version of freshtoken.")
    return sorted(found, key=lambda one: one.written_at, reverse=True), problems


def _read(report: Path) -> KeptRehearsal:
    read = json.loads(report.read_text(encoding="utf-8"))
    if read["format"] != FORMAT:
        raise ValueError(read["format"])
    scenarios = tuple(_scenario(report.parent, row) for row in read["scenarios"])
    return KeptRehearsal(
        report.parent, visible(str(read["command"])), report.stat().st_mtime, scenarios
    )


def _scenario(folder: Path, row: dict[str, Any]) -> KeptScenario:
    org = folder / str(row["org"]) if row.get("org") else None
    if org is not None and (not org.is_file() or folder not in org.resolve().parents):
        org = None
    advice = row.get("advice") or {}
    return KeptScenario(
        id=str(row["id"]),
        title=visible(str(row["title"])),
        verdict=str(row["verdict"]),
        sentence=visible(str(row["sentence"])),
        advice=visible(str(advice.get("words", ""))),
        logins=row.get("logins"),
        refused=row.get("refused"),
        counted=row.get("counted"),
        exit_status=row.get("exit_status"),
        org=org,
    )

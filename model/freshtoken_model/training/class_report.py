"""Labs and exams of a class: every data directory in a folder, read and not written, one learner
each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from freshtoken_model.store.database import plainly
from freshtoken_model.values.errors import OrgError, UnknownNameError
from freshtoken_model.values.spreadsheet import Cell, csv_lines
from freshtoken_model.values.visible import visible

from .exam.exam_log import ExamLog
from .exam.mock import ExamResult, result, sittings
from .exam.questions import Question
from .exam.study import Readiness, Study
from .labs.labs import Lab
from .labs.progress import FAILED, LabProgress, Record, record_of
from .learners import LEARNER_FILE, read_learner
from .progress_file import PROGRESS_FILE

COLUMNS = (
    *("learner", "folder", "what", "id", "title", "state", "started_at", "ended_at"),
    *("hints", "failed_checks", "ready", "seen", "questions", "right", "of"),
)
"""Of the CSV: a row for each lab, topic and mock exam of a learner."""


@dataclass(frozen=True, slots=True)
class LabLine:
    """What a learner did in a lab."""

    id: str
    title: str
    record: Record
    failed_checks: int


@dataclass(frozen=True, slots=True)
class LearnerLine:
    """A learner's labs, in the order of the shelf, and exams. `name`: that of the folder where none
    was given. `problem`: why the progress could not be read; empty when it could.
    """

    name: str
    folder: str
    labs: tuple[LabLine, ...] = ()
    answers: int = 0
    topics: tuple[Readiness, ...] = ()
    mocks: tuple[ExamResult, ...] = ()
    problem: str = ""

    @property
    def solved(self) -> int:
        """How many labs are solved."""
        return sum(lab.record.solved_at is not None for lab in self.labs)

    @property
    def hints(self) -> int:
        """How many hints were asked for, over all labs."""
        return sum(lab.record.hints for lab in self.labs)

    @property
    def ready(self) -> float:
        """The readiness over all questions, from 0 to 1."""
        questions = sum(topic.questions for topic in self.topics)
        return sum(topic.share * topic.questions for topic in self.topics) / (questions or 1)


def class_report(
    folder: Path, labs: Sequence[Lab], bank: Sequence[Question], now: int
) -> list[LearnerLine]:
    """The learners whose data directories are in a folder, or of the folder itself, by name.
    `now`: ms of wall time. Raises OrgFileError, UnknownNameError when there is none.
    """
    with plainly(folder):
        found = [place for place in (folder, *sorted(folder.iterdir())) if _is_learners(place)]
    if not found:
        raise UnknownNameError(
            f"{folder} holds nobody's progress: neither {LEARNER_FILE} nor {PROGRESS_FILE} in a "
            f"folder of it."
        )
    lines = [_line(place, labs, bank, now) for place in found]
    return sorted(lines, key=lambda line: (line.name.casefold(), line.folder))


def _is_learners(place: Path) -> bool:
    return any((place / name).is_file() for name in (LEARNER_FILE, PROGRESS_FILE))


def _line(place: Path, labs: Sequence[Lab], bank: Sequence[Question], now: int) -> LearnerLine:
    own = visible(place.absolute().name)
    name = read_learner(place).name or own
    try:
        with plainly(place / PROGRESS_FILE, "progress file"):
            notes, exam = LabProgress(place).notes(), ExamLog(place).notes()
    except OrgError as error:
        return LearnerLine(name, own, problem=str(error))
    titles = {lab.id: lab.title for lab in labs}
    begun = dict.fromkeys((*titles, *(note.lab for note in notes)))
    lines = []
    for lab in begun:
        mine = [note for note in notes if note.lab == lab]
        if mine:
            failed = sum(note.what == FAILED for note in mine)
            lines.append(LabLine(lab, titles.get(lab, lab), record_of(mine), failed))
    study = Study(bank, exam, now)
    done = [one for one in sittings(exam) if one.handed_in_at is not None]
    return LearnerLine(
        name,
        own,
        tuple(lines),
        len(study.reviews),
        tuple(study.readiness()),
        tuple(result(one, bank) for one in done),
    )


def _moment(at: int | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")


def class_rows(lines: Sequence[LearnerLine]) -> list[dict[str, Any]]:
    """The report as values for JSON. Moments are ISO 8601 in UTC."""
    return [
        {
            "learner": line.name,
            "folder": line.folder,
            "problem": line.problem,
            "labs": [
                {
                    "id": lab.id,
                    "title": lab.title,
                    "state": lab.record.state,
                    "started_at": _moment(lab.record.started_at),
                    "ended_at": _moment(lab.record.solved_at),
                    "hints": lab.record.hints,
                    "failed_checks": lab.failed_checks,
                }
                for lab in line.labs
            ],
            "answers": line.answers,
            "ready": round(line.ready, 3),
            "topics": [
                {
                    "id": one.topic.id,
                    "title": one.topic.title,
                    "ready": round(one.share, 3),
                    "seen": one.seen,
                    "questions": one.questions,
                }
                for one in line.topics
            ],
            "mocks": [
                {
                    "id": one.sitting.id,
                    "state": "passed" if one.passed else "not passed",
                    "started_at": _moment(one.sitting.started_at),
                    "ended_at": _moment(one.sitting.handed_in_at),
                    "right": one.right,
                    "of": one.sitting.form.scored,
                }
                for one in line.mocks
            ],
        }
        for line in lines
    ]


def class_csv(lines: Sequence[LearnerLine]) -> str:
    """The report as CSV with COLUMNS; no cell is a formula. Topics that a learner has not seen are
    left out.
    """

    def rows() -> Iterator[tuple[Cell, ...]]:
        yield COLUMNS
        for learner in class_rows(lines):
            parts = [("lab", one) for one in learner["labs"]]
            parts += [("topic", one) for one in learner["topics"] if one["seen"]]
            parts += [("mock exam", one) for one in learner["mocks"]]
            if learner["problem"]:
                parts.append(("problem", {"title": learner["problem"]}))
            for what, one in parts or [("nothing yet", {})]:
                told = {**one, "learner": learner["learner"], "folder": learner["folder"]}
                told["what"] = what
                cells = [told.get(column) for column in COLUMNS]
                yield tuple("" if cell is None else cell for cell in cells)

    return csv_lines(rows(), "\r\n")

"""progress.db: what was done in labs and exams, by wall clock. It survives any org's reset.

Only notes are kept, never a state: the record of a lab is read from its notes, by its id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from freshtoken_model.store import database
from freshtoken_model.training.progress_file import ProgressFile, add_lab_note, lab_notes
from freshtoken_model.values.clock import wall_clock

STARTED, LAB_RESET, FAILED, HINT, SOLVED, GAVE_UP = (
    "started",
    "reset",
    "failed",
    "hint",
    "solved",
    "gave_up",
)
NUDGE = 3
"""Failed checks after which a hint is offered."""
NEW, OPEN, DONE, SOLUTION_SHOWN = "new", "started", "solved", "given up"
"""The record of a lab."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was done in a lab. `at`: ms of wall time."""

    at: int
    lab: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Record:
    """The record of a lab. Tries are the failed checks since it was started or set back."""

    state: str = NEW
    tries: int = 0
    hints: int = 0
    started_at: int | None = None
    solved_at: int | None = None
    gave_up: bool = False

    @property
    def solution_open(self) -> bool:
        """Whether the reference solution may be seen."""
        return self.solved_at is not None or self.gave_up

    @property
    def stuck(self) -> bool:
        """Whether it is time to offer a hint."""
        return self.tries >= NUDGE


def record_of(notes: list[Note]) -> Record:
    """The record that the notes of one lab, oldest first, give."""
    started = next((n.at for n in notes if n.what == STARTED), None)
    solved = next((n.at for n in notes if n.what == SOLVED), None)
    gave_up = any(n.what == GAVE_UP for n in notes)
    begun = max((i for i, n in enumerate(notes) if n.what in (STARTED, LAB_RESET)), default=0)
    return Record(
        state=DONE
        if solved is not None
        else SOLUTION_SHOWN
        if gave_up
        else OPEN
        if started is not None
        else NEW,
        tries=sum(n.what == FAILED for n in notes[begun:]),
        hints=len({n.detail for n in notes if n.what == HINT}),
        started_at=started,
        solved_at=solved,
        gave_up=gave_up,
    )


def next_open(labs: Sequence[str], records: Mapping[str, Record], after: str = "") -> str:
    """The next lab that is not solved, by the ids in their order: from the one behind `after` on,
    then from the beginning; `after` itself comes last. Empty when all are solved.
    """
    start = labs.index(after) + 1 if after in labs else 0
    order = (*labs[start:], *labs[:start])
    return next((lab for lab in order if records.get(lab, Record()).state != DONE), "")


class LabProgress(ProgressFile):
    """The notes of labs."""

    def note(self, lab: str, what: str, detail: str = "") -> None:
        """Write a note. Raises OrgFileError."""
        with self.opened(make=True) as db, database.write(db):
            add_lab_note(db, at=wall_clock(), lab=lab, what=what, detail=detail)

    def notes(self, lab: str | None = None) -> list[Note]:
        """The notes of a lab, or all, oldest first. Raises OrgFileError."""
        if not self.path.exists():
            return []
        with self.opened() as db:
            return [Note(**row) for row in lab_notes(db, lab)]

    def records(self) -> dict[str, Record]:
        """The record of every lab that has a note."""
        by_lab: dict[str, list[Note]] = {}
        for note in self.notes():
            by_lab.setdefault(note.lab, []).append(note)
        return {lab: record_of(notes) for lab, notes in by_lab.items()}

    def record(self, lab: str) -> Record:
        """The record of a lab."""
        return record_of(self.notes(lab))

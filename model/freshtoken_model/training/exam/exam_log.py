"""The notes of practice and mock exams in progress.db: appended, never changed.

The state of a card or a sitting is read from them.
"""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freshtoken_model.store import database
from freshtoken_model.store.connection import Database
from freshtoken_model.training.progress_file import ProgressFile, add_exam_notes, exam_notes
from freshtoken_model.values.clock import DAY
from freshtoken_model.values.errors import BadValueError

REVIEW, FLAG, UNFLAG = "review", "flag", "unflag"
SITTING, LOOK, ANSWER, MARK, UNMARK = "sitting", "look", "answer", "mark", "unmark"
PAUSE, RESUME, HAND_IN = "pause", "resume", "hand_in"
RESET, RESET_UNDONE = "reset", "reset_undone"
NOTE_KINDS = frozenset(
    (
        REVIEW,
        FLAG,
        UNFLAG,
        SITTING,
        LOOK,
        ANSWER,
        MARK,
        UNMARK,
        PAUSE,
        RESUME,
        HAND_IN,
        RESET,
        RESET_UNDONE,
    )
)

FORMAT_NAME, FORMAT = "freshtoken_progress", 1
"""Of a progress file."""


@dataclass(frozen=True, slots=True)
class ExamNote:
    """One thing done: a moment of wall time (ms), a kind, the id of a question or a sitting, what
    belongs to it.
    """

    at: int
    what: str
    subject: str
    detail: dict[str, Any]


class ExamLog(ProgressFile):
    """Writes and reads the notes."""

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(folder)
        self._here = threading.local()

    @contextmanager
    def turn(self) -> Iterator[Database]:
        """What this thread reads and writes inside is one transaction: another process comes before
        it or after it.
        """
        held: Database | None = getattr(self._here, "db", None)
        if held is not None:
            yield held
            return
        with self.opened(make=True) as db, database.write(db):
            self._here.db = db
            try:
                yield db
            finally:
                self._here.db = None

    def add(self, notes: Iterable[ExamNote]) -> int:
        """Write notes in one transaction; those that are there already are left out. Returns how
        many were new.
        """
        rows = [
            {
                "at": note.at,
                "what": note.what,
                "subject": note.subject,
                "detail": json.dumps(note.detail, sort_keys=True, separators=(",", ":")),
            }
            for note in notes
        ]
        with self.turn() as db:
            return add_exam_notes(db, rows)

    def all(self, subject: str | None = None) -> list[ExamNote]:
        """Every note, or those about one subject and the resets, in the order they were written.
        Raises OrgFileError.
        """
        held: Database | None = getattr(self._here, "db", None)
        if held is None and not self.path.exists():
            return []
        with nullcontext(held) if held is not None else self.opened() as db:
            found = exam_notes(db, subject, (RESET, RESET_UNDONE))
        return [note for row in found if (note := _kept(row)) is not None]

    def notes(self, subject: str | None = None) -> list[ExamNote]:
        """The same since the last reset that was not undone, without resets. What was imported
        counts as written then.
        """
        return since_reset(self.all(subject))


def _kept(row: dict[str, Any]) -> ExamNote | None:
    """A note as it was written; None for one that was damaged since: what it said is lost, the
    others are not.
    """
    with suppress(ValueError, RecursionError, KeyError, TypeError):
        detail = json.loads(row["detail"])
        if isinstance(detail, dict) and SOUND.get(row["what"], _nothing)(detail):
            return ExamNote(row["at"], row["what"], row["subject"], detail)
    return None


def since_reset(notes: list[ExamNote]) -> list[ExamNote]:
    """What counts: all after the last reset that was not undone."""
    undone = {note.subject for note in notes if note.what == RESET_UNDONE}
    starts = [
        place
        for place, note in enumerate(notes)
        if note.what == RESET and note.subject not in undone
    ]
    kept = notes[starts[-1] + 1 :] if starts else notes
    return [note for note in kept if note.what not in (RESET, RESET_UNDONE)]


def last_reset(notes: list[ExamNote]) -> ExamNote | None:
    """The reset that can be undone; None without one."""
    undone = {note.subject for note in notes if note.what == RESET_UNDONE}
    return next(
        (note for note in reversed(notes) if note.what == RESET and note.subject not in undone),
        None,
    )


def written(notes: Iterable[ExamNote]) -> str:
    """Notes as a progress file."""
    rows = [
        {"at": note.at, "what": note.what, "subject": note.subject, "detail": note.detail}
        for note in notes
    ]
    return json.dumps({FORMAT_NAME: FORMAT, "notes": rows}, indent=1)


def read_notes(text: str, now: int) -> list[ExamNote]:
    """The notes of a progress file, resets left out. Raises BadValueError with the place of what
    is wrong.
    """
    try:
        file = json.loads(text)
    except (ValueError, RecursionError):
        raise BadValueError(
            "this is no progress file of freshtoken: it is not JSON; nothing was imported."
        ) from None
    if not isinstance(file, dict) or not isinstance(file.get("notes"), list):
        raise BadValueError(
            "this is no progress file of freshtoken: it has no list of notes; nothing was imported."
        )
    if file.get(FORMAT_NAME) != FORMAT:
        raise BadValueError(
            f"this progress file is of another format than {FORMAT}; nothing was imported."
        )
    notes = [_note(number, row, now) for number, row in enumerate(file["notes"], 1)]
    return [note for note in notes if note.what not in (RESET, RESET_UNDONE)]


def _note(number: int, row: Any, now: int) -> ExamNote:
    kinds = {"at": int, "what": str, "subject": str, "detail": dict}
    for name, kind in kinds.items():
        if (
            not isinstance(row, dict)
            or not isinstance(row.get(name), kind)
            or isinstance(row.get(name), bool)
        ):
            raise BadValueError(
                f"Note {number} has no {name} as freshtoken writes it; nothing was imported."
            )
    sound = SOUND.get(row["what"], _nothing)
    try:
        fine = (
            row["what"] in NOTE_KINDS
            and 0 < row["at"] <= now + DAY
            and row["subject"].isprintable()
            and row["subject"]
        )
        fine = fine and sound(row["detail"])
    except (KeyError, TypeError, ValueError):
        fine = False
    if not fine:
        raise BadValueError(f"Note {number} is not as freshtoken writes it; nothing was imported.")
    return ExamNote(row["at"], row["what"], row["subject"], row["detail"])


def _nothing(detail: dict[str, Any]) -> bool:
    return True


def _places(values: Any, many: int = 5) -> bool:
    """Places of options, each once."""
    return (
        isinstance(values, list)
        and len(set(values)) == len(values)
        and all(v in range(many) for v in values)
    )


def _review(detail: dict[str, Any]) -> bool:
    told = all(isinstance(detail[name], bool) for name in ("right", "sure", "mock"))
    return (
        told
        and _places(detail["chosen"])
        and detail["rating"] in (1, 2, 3, 4)
        and 0 <= detail["seconds"] < 10**7
    )


def _sitting(detail: dict[str, Any]) -> bool:
    names, orders, unscored = detail["questions"], detail["orders"], detail["unscored"]
    return (
        isinstance(detail["seed"], str)
        and isinstance(detail["pausable"], bool)
        and 0 < detail["scored"] == len(names) - len(unscored)
        and len(set(names)) == len(names) == len(orders)
        and set(unscored) <= set(names)
        and all(isinstance(name, str) for name in names)
        and all(_places(order, len(order)) for order in orders)
    )


SOUND: dict[str, Callable[[dict[str, Any]], bool]] = {
    REVIEW: _review,
    SITTING: _sitting,
    LOOK: lambda detail: isinstance(detail["place"], int),
    MARK: lambda detail: isinstance(detail["place"], int),
    UNMARK: lambda detail: isinstance(detail["place"], int),
    ANSWER: lambda detail: isinstance(detail["place"], int) and _places(detail["chosen"]),
    HAND_IN: lambda detail: 0 <= detail["right"] < 10**4,
}
"""What belongs to a note of each kind."""

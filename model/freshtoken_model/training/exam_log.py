"""The notes of practice and mock exams in progress.db: appended, never changed.

What a card or a sitting has come to is read from them.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from freshtoken_model import storage
from freshtoken_model.errors import NotAllowed

from .progress import ProgressFile

REVIEW, FLAG, UNFLAG = "review", "flag", "unflag"
SITTING, LOOK, ANSWER, MARK, UNMARK = "sitting", "look", "answer", "mark", "unmark"
PAUSE, RESUME, HAND_IN = "pause", "resume", "hand_in"
RESET, RESET_UNDONE = "reset", "reset_undone"
KINDS = frozenset((REVIEW, FLAG, UNFLAG, SITTING, LOOK, ANSWER, MARK, UNMARK, PAUSE, RESUME, HAND_IN, RESET, RESET_UNDONE))


@dataclass(frozen=True, slots=True)
class ExamNote:
    """One thing done: a moment of wall time (ms), a kind, the id of a question or a sitting, what belongs to it."""

    at: int
    what: str
    subject: str
    detail: dict[str, Any]


class ExamLog(ProgressFile):
    """Writes and reads the notes."""

    def add(self, notes: Iterable[ExamNote]) -> int:
        """Write notes in one transaction; those that are there already are left out. Returns how many were new."""
        rows = [(n.at, n.what, n.subject, json.dumps(n.detail, sort_keys=True, separators=(",", ":"))) for n in notes]
        with self._opened(make=True) as db, storage.write(db):
            before = db.conn.total_changes
            db.conn.executemany("insert or ignore into exam_note(at, what, subject, detail) values (?,?,?,?)", rows)
            return int(db.conn.total_changes - before)

    def all(self, subject: str | None = None) -> list[ExamNote]:
        """Every note, or those about one subject and the resets, oldest first. Raises OrgFileError."""
        if not self.path.exists():
            return []
        where, values = (" where subject = ? or what in (?, ?)", (subject, RESET, RESET_UNDONE)) if subject else ("", ())
        with self._opened() as db:
            found = storage.rows(db, f"select at, what, subject, detail from exam_note{where} order by at, id", values)
        return [ExamNote(row["at"], row["what"], row["subject"], json.loads(row["detail"])) for row in found]

    def notes(self, subject: str | None = None) -> list[ExamNote]:
        """The same since the last reset that was not undone, without resets."""
        return since_reset(self.all(subject))


def since_reset(notes: list[ExamNote]) -> list[ExamNote]:
    """What counts: all after the last reset that was not undone."""
    undone = {note.subject for note in notes if note.what == RESET_UNDONE}
    starts = [place for place, note in enumerate(notes) if note.what == RESET and note.subject not in undone]
    kept = notes[starts[-1] + 1 :] if starts else notes
    return [note for note in kept if note.what not in (RESET, RESET_UNDONE)]


def last_reset(notes: list[ExamNote]) -> ExamNote | None:
    """The reset that can be undone; None without one."""
    undone = {note.subject for note in notes if note.what == RESET_UNDONE}
    return next((note for note in reversed(notes) if note.what == RESET and note.subject not in undone), None)


def read_notes(text: str) -> list[ExamNote]:
    """The notes of an exported progress file. Raises NotAllowed with the place of what is wrong."""
    try:
        rows = json.loads(text)
        rows = rows["notes"] if isinstance(rows, dict) else None
    except (ValueError, KeyError, RecursionError) as error:
        raise NotAllowed(f"This is no progress file of freshtoken: {error}") from None
    if not isinstance(rows, list):
        raise NotAllowed("This is no progress file of freshtoken: it has no list of notes.")
    return [_note(number, row) for number, row in enumerate(rows, 1)]


def _note(number: int, row: Any) -> ExamNote:
    kinds = {"at": int, "what": str, "subject": str, "detail": dict}
    for name, kind in kinds.items():
        if not isinstance(row, dict) or not isinstance(row.get(name), kind) or isinstance(row.get(name), bool):
            raise NotAllowed(f"Note {number} has no {name} as freshtoken writes it; nothing was imported.")
    if row["what"] not in KINDS or not 0 < row["at"] < 2**53:
        raise NotAllowed(f"Note {number} is none of freshtoken's; nothing was imported.")
    return ExamNote(row["at"], row["what"], row["subject"], row["detail"])

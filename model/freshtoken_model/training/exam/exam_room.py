"""Where one practises and sits mock exams: the bank of questions, the notes, and every use case of
both.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_hex

from freshtoken_model.values.clock import wall_clock
from freshtoken_model.values.errors import BadValueError, NotAllowedError
from freshtoken_model.values.names import match_name

from .exam_log import (
    ANSWER,
    FLAG,
    HAND_IN,
    LOOK,
    MARK,
    PAUSE,
    RESET,
    RESET_UNDONE,
    RESUME,
    UNFLAG,
    UNMARK,
    ExamLog,
    ExamNote,
    last_reset,
    read_notes,
    written,
)
from .mock import ExamForm, ExamResult, Sitting, beginning, result, sittings
from .questions import Question, Topic
from .study import Review, Study, rated


class ExamRoom:
    """`bank`: the questions at hand. `folder`: the data directory. `now`: wall time in ms."""

    def __init__(
        self,
        bank: Sequence[Question],
        folder: Path | None = None,
        now: Callable[[], int] = wall_clock,
    ) -> None:
        self.bank = tuple(bank)
        self.log = ExamLog(folder)
        self._now = now

    def question(self, name: str) -> Question:
        """A question by its id, or its beginning where only one has it. Raises UnknownNameError."""
        ids = [one.id for one in self.bank]
        return self.bank[ids.index(match_name("question", name, ids, by_beginning=True))]

    @property
    def topics(self) -> list[Topic]:
        """The topics in the bank's order."""
        return list(dict.fromkeys(question.topic for question in self.bank))

    # Practice

    def study(self) -> Study:
        """How practice stands now."""
        return Study(self.bank, self.log.notes(), self._now())

    def answer(
        self, question: Question, chosen: frozenset[int], sure: bool, seconds: float
    ) -> Review:
        """Note an answer given in practice, and what it is worth."""
        right = chosen == question.right
        rating = int(rated(question, right, sure, seconds))
        review = Review(self._now(), question.id, chosen, right, rating, sure, seconds, mock=False)
        self.log.add([review.note()])
        return review

    def flag(self, question: str, on: bool) -> None:
        """Flag a question, or take the flag away."""
        self.log.add([ExamNote(self._now(), FLAG if on else UNFLAG, question, {})])

    # Mock exams

    def sitting(self, sitting_id: str | None = None) -> Sitting | None:
        """A sitting by its id, or the one that is not handed in; what ran out of time is handed in
        first.
        """
        for one in reversed(sittings(self.log.notes(sitting_id))):
            if sitting_id in (None, one.id):
                if one.handed_in_at is None and one.left(self._now()) <= 0:
                    one = self._close(one, one.ends_at)
                if sitting_id is not None or one.handed_in_at is None:
                    return one
        return None

    def start(self, form: ExamForm, pausable: bool = False, seed: str | None = None) -> Sitting:
        """Begin a mock exam. Raises NotAllowedError while another one is open, or with too few
        questions.
        """
        there = len({question.apart or question.id for question in self.bank})
        if there < form.shown:
            raise NotAllowedError(
                f"That form needs {form.shown} questions; there are {there} that may stand beside "
                f"each other."
            )
        note = beginning(self.bank, form, seed or token_hex(4), pausable, self._now())
        with self.log.turn():
            if self.sitting() is not None:
                raise NotAllowedError("A mock exam is open; hand it in first.")
            self.log.add([note])
            return self._open(note.subject)

    def look(self, sitting: Sitting, place: int) -> Sitting:
        """Go to a question, counted from 0."""
        return self._note(sitting, LOOK, place=place)

    def choose(self, sitting: Sitting, place: int, chosen: frozenset[int]) -> Sitting:
        """Give an answer, change it, or take it away."""
        return self._note(sitting, ANSWER, place=place, chosen=sorted(chosen))

    def mark(self, sitting: Sitting, place: int, on: bool) -> Sitting:
        """Mark a question for review, or take the mark away."""
        return self._note(sitting, MARK if on else UNMARK, place=place)

    def pause(self, sitting: Sitting) -> Sitting:
        """Stop the clock. Raises NotAllowedError where it does not stop."""
        if not sitting.pausable:
            raise NotAllowedError("This exam was begun without pauses: its clock does not stop.")
        now = self._open(sitting.id)
        return now if now.paused_at is not None else self._note(now, PAUSE)

    def resume(self, sitting: Sitting) -> Sitting:
        """Let the clock run again."""
        now = self._open(sitting.id)
        return now if now.paused_at is None else self._note(now, RESUME, paused=True)

    def hand_in(self, sitting: Sitting) -> ExamResult:
        """Hand in: what is unanswered is wrong. Every answer given becomes a review."""
        now = self._open(sitting.id)
        if now.handed_in_at is None:
            now = self._close(
                now, min(self._now(), now.ends_at) if now.paused_at is None else self._now()
            )
        return result(now, self.bank)

    def results(self) -> list[ExamResult]:
        """Every mock exam that was handed in, oldest first."""
        self.sitting()
        done = [one for one in sittings(self.log.notes()) if one.handed_in_at is not None]
        return [result(one, self.bank) for one in sorted(done, key=lambda one: one.started_at)]

    def _open(self, sitting_id: str) -> Sitting:
        found = self.sitting(sitting_id)
        if found is None:
            raise NotAllowedError("That mock exam is no longer there: the progress was reset.")
        return found

    def _note(self, sitting: Sitting, what: str, paused: bool = False, **detail: object) -> Sitting:
        """Note something of an open sitting. Raises NotAllowedError when it is over, or its clock
        stands still.
        """
        with self.log.turn():
            now = self._open(sitting.id)
            if now.handed_in_at is not None:
                raise NotAllowedError("The time is over; the exam was handed in as it was.")
            if now.paused_at is not None and not paused:
                raise NotAllowedError("The exam is paused; go on with it first.")
            place = detail.get("place", 0)
            if not isinstance(place, int) or not 0 <= place < len(now.questions):
                raise NotAllowedError(
                    f"There is no such question; the exam has {len(now.questions)}."
                )
            self.log.add([ExamNote(max(self._now(), now.last_at + 1), what, sitting.id, detail)])
            return self._open(sitting.id)

    def _close(self, sitting: Sitting, at: int) -> Sitting:
        """Hand a sitting in, once: a second call finds it handed in."""
        with self.log.turn():
            now = sittings(self.log.notes(sitting.id))[-1]
            if now.handed_in_at is not None:
                return now
            at, came_to = max(at, now.last_at), result(now, self.bank)
            notes = [ExamNote(at, HAND_IN, now.id, {"right": came_to.right})]
            for one in came_to.questions:
                given, seconds = one.answer.chosen, one.answer.seconds
                if given:
                    rating = int(rated(one.question, one.right, True, seconds))
                    review = Review(
                        at, one.question.id, given, one.right, rating, True, seconds, mock=True
                    )
                    notes.append(review.note())
            self.log.add(notes)
            return sittings(self.log.notes(now.id))[-1]

    # Progress

    def reset(self) -> int:
        """Start over: no note so far counts any more. Returns how many notes those are."""
        count = len(self.log.notes())
        now = self._now()
        self.log.add([ExamNote(now, RESET, f"reset-{now}", {})])
        return count

    def undo_reset(self) -> None:
        """Take the last reset back. Raises NotAllowedError without one."""
        found = last_reset(self.log.all())
        if found is None:
            raise NotAllowedError("There is no reset to take back.")
        self.log.add([ExamNote(self._now(), RESET_UNDONE, found.subject, {})])

    def progress_file(self) -> str:
        """What counts, as JSON for import_file()."""
        return written(sorted(self.log.notes(), key=lambda note: note.at))

    def import_file(self, text: str) -> int:
        """Add the notes of an exported file; returns how many were new. Raises BadValueError,
        then nothing was imported.
        """
        notes = read_notes(text, self._now())
        with self.log.turn():
            for one in sittings([*self.log.all(), *notes]):
                if one.outcome.get("right", 0) > one.form.scored:
                    raise BadValueError(
                        f"{one.id} has more right answers than questions; nothing was imported."
                    )
            return self.log.add(notes)

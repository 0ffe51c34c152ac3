"""The mock exam: forms, how one is put together, a sitting read from its notes, and the result.

Exam time is wall time, never org time. The clock does not stop: not for a closed terminal, not
after a crash. Only a sitting begun as one that may be paused stops while it is paused.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from random import Random
from typing import Any

from freshtoken_model.values.clock import MINUTE

from .exam_log import HAND_IN, LOOK, MARK, PAUSE, SITTING, ExamNote
from .questions import Question, Topic
from .study import shuffled

PASS = 0.68
"""68 % in English: 41 of 60; two guides say 65 % [3P exam-admin-pass-mark-68,
exam-admin-pass-mark-65]. The official page at hand breaks off before.
"""
PASS_WORDS = f"{PASS:.0%}"
FULL, MINUTES = 60, 105
"""Scored questions and minutes of the Platform Administrator exam [3P exam-admin-format]; shorter
forms are scaled from it.
"""
UNSCORED = 5
"""Questions that are shown, not scored, and not told apart [3P exam-admin-format]."""
FORMS = (60, 30, 20, 10)
WARNINGS = (15, 5, 1)
"""Minutes left at which the clock warns, where the form is longer than twice that."""


@dataclass(frozen=True, slots=True)
class ExamForm:
    """The size of a mock exam."""

    scored: int = FULL
    unscored: int = 0

    @property
    def shown(self) -> int:
        """How many questions one answers."""
        return self.scored + self.unscored

    @property
    def minutes(self) -> int:
        """Its time: that of the real exam, scaled to the scored questions."""
        return ceil(MINUTES * self.scored / FULL)

    @property
    def to_pass(self) -> int:
        """How many of the scored questions must be right to pass."""
        return ceil(PASS * self.scored)


@dataclass(frozen=True, slots=True)
class ExamAnswer:
    """A question's place in a sitting: what was chosen (places in the file, from 0), whether it is
    marked for review.
    """

    chosen: frozenset[int] = frozenset()
    marked: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Sitting:
    """A mock exam as its notes have it. Moments are ms of wall time; `orders`: the options of each
    question as shown.
    """

    id: str
    started_at: int
    form: ExamForm
    seed: str
    pausable: bool
    questions: tuple[str, ...]
    orders: tuple[tuple[int, ...], ...]
    unscored: frozenset[str]
    answers: tuple[ExamAnswer, ...]
    at: int
    """The place that was looked at last, from 0."""
    paused_at: int | None
    paused_for: int
    handed_in_at: int | None
    last_at: int
    """Its newest note: a wall clock that was set back does not take it back."""
    outcome: dict[str, Any] = field(default_factory=dict)
    """What was scored when it was handed in."""

    @property
    def limit(self) -> int:
        """Its time in ms."""
        return self.form.minutes * MINUTE

    def used(self, now: int) -> int:
        """Time that has run, in ms, at most the limit."""
        until = self.handed_in_at or self.paused_at or now  # what is handed in is paused no more
        return min(max(until - self.started_at - self.paused_for, 0), self.limit)

    def left(self, now: int) -> int:
        """Time that is left, in ms."""
        return self.limit - self.used(now)

    @property
    def ends_at(self) -> int:
        """When its time is over, if it is not paused again."""
        return self.started_at + self.paused_for + self.limit

    @property
    def unanswered(self) -> list[int]:
        """The places without an answer, from 0."""
        return [place for place, answer in enumerate(self.answers) if not answer.chosen]


@dataclass(frozen=True, slots=True)
class Scored:
    """One question of a result."""

    question: Question
    answer: ExamAnswer
    right: bool
    counts: bool
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ExamResult:
    """What a sitting came to. `by_topic`: right answers and questions, scored ones only."""

    sitting: Sitting
    right: int
    passed: bool
    by_topic: tuple[tuple[str, int, int], ...]
    questions: tuple[Scored, ...]
    gone: int
    """Questions that are no longer in the bank; the score kept is that of the day."""

    @property
    def percent(self) -> int:
        """Right answers of the scored ones; rounded down, as nothing is given away."""
        return self.right * 100 // self.sitting.form.scored

    @property
    def practise_next(self) -> list[str]:
        """The three weakest topics below the pass mark, the weakest first."""
        weak = [(right / of, title) for title, right, of in self.by_topic if right / of < PASS]
        return [title for _, title in sorted(weak)[:3]]


def quotas(topics: dict[Topic, int], wanted: int) -> dict[Topic, int]:
    """How many questions of each topic, by weight: each goes where most is missing, and never more
    than a topic has.
    """
    whole = sum(topic.weight for topic in topics) or 1
    found = dict.fromkeys(topics, 0)
    for _ in range(wanted):
        open_topics = [topic for topic, has in topics.items() if found[topic] < has]
        if open_topics:
            found[
                max(open_topics, key=lambda topic: wanted * topic.weight / whole - found[topic])
            ] += 1
    return found


def compose(
    bank: Sequence[Question], form: ExamForm, seed: str
) -> tuple[list[Question], list[Question]]:
    """The questions of an exam in their order, and which of them are not scored. The same seed
    gives the same exam.

    Of questions that are to be kept apart there is one.
    """
    chance = Random(seed)
    one_of_each = {
        question.apart or question.id: question for question in chance.sample(list(bank), len(bank))
    }
    bank = [question for question in bank if one_of_each[question.apart or question.id] is question]
    by_topic: dict[Topic, list[Question]] = {}
    for question in bank:
        by_topic.setdefault(question.topic, []).append(question)
    scored = []
    for topic, count in quotas(
        {topic: len(own) for topic, own in by_topic.items()}, form.scored
    ).items():
        scored += chance.sample(by_topic[topic], count)
    taken = {question.id for question in scored}
    rest = [question for question in bank if question.id not in taken]
    unscored = chance.sample(rest, min(form.unscored, len(rest)))
    shown = [*scored, *unscored]
    chance.shuffle(shown)
    return shown, unscored


def beginning(
    bank: Sequence[Question], form: ExamForm, seed: str, pausable: bool, now: int
) -> ExamNote:
    """The note a sitting begins with."""
    shown, unscored = compose(bank, form, seed)
    detail = {
        "scored": len(shown) - len(unscored),
        "unscored": sorted(question.id for question in unscored),
        "seed": seed,
        "pausable": pausable,
        "questions": [question.id for question in shown],
        "orders": [shuffled(question, seed) for question in shown],
    }
    return ExamNote(now, SITTING, f"mock-{now}", detail)


def sittings(notes: Sequence[ExamNote]) -> list[Sitting]:
    """Every sitting of the notes, oldest first."""
    by_id: dict[str, list[ExamNote]] = {}
    for note in notes:
        if note.what == SITTING:
            by_id[note.subject] = [note]
        elif note.subject in by_id:
            by_id[note.subject].append(note)
    return [_sitting(own) for own in by_id.values()]


def _sitting(notes: list[ExamNote]) -> Sitting:
    """A sitting from its notes, oldest first; what came after it was handed in is not looked at."""
    first = notes[0]
    count = len(first.detail["questions"])
    chosen: list[frozenset[int]] = [frozenset()] * count
    marked, seconds = [False] * count, [0.0] * count
    at, since, paused_at, paused_for = 0, first.at, None, 0
    handed_in_at, outcome = None, {}
    for note in notes[1:]:
        place = note.detail.get("place", at)
        if not 0 <= place < count:
            continue
        if note.what in (LOOK, PAUSE, HAND_IN) and paused_at is None:
            seconds[at] += (note.at - since) / 1000
            since = note.at
        match note.what:
            case "look":
                at = place
            case "answer":
                chosen[place] = frozenset(note.detail.get("chosen", ()))
            case "mark" | "unmark":
                marked[place] = note.what == MARK
            case "pause" if paused_at is None:
                paused_at = note.at
            case "resume" if paused_at is not None:
                paused_for, since, paused_at = paused_for + note.at - paused_at, note.at, None
            case "hand_in":
                handed_in_at, outcome = note.at, note.detail
                paused_for += note.at - paused_at if paused_at is not None else 0
                break
    return Sitting(
        id=first.subject,
        started_at=first.at,
        form=ExamForm(first.detail["scored"], len(first.detail["unscored"])),
        seed=first.detail["seed"],
        pausable=first.detail["pausable"],
        questions=tuple(first.detail["questions"]),
        orders=tuple(tuple(order) for order in first.detail["orders"]),
        unscored=frozenset(first.detail["unscored"]),
        answers=tuple(ExamAnswer(*row) for row in zip(chosen, marked, seconds, strict=True)),
        at=at,
        paused_at=paused_at,
        paused_for=paused_for,
        handed_in_at=handed_in_at,
        last_at=notes[-1].at,
        outcome=outcome,
    )


def result(sitting: Sitting, bank: Sequence[Question]) -> ExamResult:
    """The result of a sitting. All or nothing: a question is right when all its right options were
    chosen and no other.
    """
    known = {question.id: question for question in bank}
    scored = []
    for name, order, answer in zip(sitting.questions, sitting.orders, sitting.answers, strict=True):
        question = known.get(name)
        if question is not None and len(order) == len(question.options):
            right = answer.chosen == question.right
            scored.append(Scored(question, answer, right, name not in sitting.unscored, order))
    topics = {question.topic.title: (0, 0) for question in bank}
    for one in scored:
        if one.counts:
            good, of = topics[one.question.topic.title]
            topics[one.question.topic.title] = (good + one.right, of + 1)
    total = int(sitting.outcome.get("right", sum(one.right and one.counts for one in scored)))
    return ExamResult(
        sitting=sitting,
        right=total,
        passed=total >= sitting.form.to_pass,
        by_topic=tuple((title, *counts) for title, counts in topics.items() if counts[1]),
        questions=tuple(scored),
        gone=len(sitting.questions) - len(scored),
    )

"""Practice by spaced repetition: reviews become cards by FSRS (py-fsrs), cards become sets,
readiness and a forecast.

Nothing is stored but the reviews: a card is computed by replaying its reviews in order.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import takewhile
from random import Random

from fsrs import Card, Rating, Scheduler

from .exam_log import FLAG, REVIEW, UNFLAG, ExamNote
from .questions import Question, Topic

SCHEDULER = Scheduler(enable_fuzzing=False)
"""py-fsrs with its own parameters; without its random fuzz, so that the same reviews give the same
days.
"""
READING = 16
"""Characters a second that are read with care; ours."""
THINKING = 12
"""Seconds of thought on top that still count as quick; ours."""


@dataclass(frozen=True, slots=True)
class Review:
    """An answer given: what was chosen (places from 0, as in the file), how sure, in how many
    seconds, and its rating.
    """

    at: int
    question: str
    chosen: frozenset[int]
    right: bool
    rating: int
    sure: bool
    seconds: float
    mock: bool

    def note(self) -> ExamNote:
        """As it is kept."""
        detail = {
            "chosen": sorted(self.chosen),
            "right": self.right,
            "rating": self.rating,
            "sure": self.sure,
            "seconds": round(self.seconds, 1),
            "mock": self.mock,
        }
        return ExamNote(self.at, REVIEW, self.question, detail)


def slow(question: Question, seconds: float) -> bool:
    """Whether an answer took longer than reading with care and a short thought."""
    return (
        seconds
        > THINKING
        + sum(map(len, (question.text, *(option.text for option in question.options)))) / READING
    )


def rated(question: Question, right: bool, sure: bool, seconds: float) -> Rating:
    """Wrong: Again. Right but unsure: Hard. Right, sure, slow: Good. Right, sure, quick: Easy."""
    if not right:
        return Rating.Again
    if not sure:
        return Rating.Hard
    return Rating.Good if slow(question, seconds) else Rating.Easy


def reviews(notes: Iterable[ExamNote]) -> list[Review]:
    """The reviews among notes, oldest first: some may come from another machine."""
    found = [
        Review(
            at=note.at,
            question=note.subject,
            chosen=frozenset(note.detail.get("chosen", ())),
            right=bool(note.detail.get("right")),
            rating=min(max(int(note.detail.get("rating", 1)), 1), 4),
            sure=bool(note.detail.get("sure", True)),
            seconds=float(note.detail.get("seconds", 0)),
            mock=bool(note.detail.get("mock")),
        )
        for note in notes
        if note.what == REVIEW
    ]
    return sorted(found, key=lambda review: review.at)


def flagged(notes: Iterable[ExamNote]) -> frozenset[str]:
    """The questions that are flagged."""
    found: dict[str, bool] = {}
    for note in notes:
        if note.what in (FLAG, UNFLAG):
            found[note.subject] = note.what == FLAG
    return frozenset(name for name, on in found.items() if on)


def moment(milliseconds: int) -> datetime:
    """Wall time as py-fsrs wants it."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def cards(given: Iterable[Review]) -> dict[str, Card]:
    """A card for every question that was answered, by the question's id."""
    found: dict[str, Card] = {}
    for review in given:
        # card_id: py-fsrs would sleep a millisecond to make one; ours is the question's
        # id.
        card = found.get(review.question) or Card(card_id=0, due=moment(review.at))
        found[review.question], _ = SCHEDULER.review_card(
            card, Rating(review.rating), moment(review.at)
        )
    return found


@dataclass(frozen=True, slots=True)
class Readiness:
    """How ready one is in a topic: the chance to know an answer tomorrow, over all its questions;
    new ones count 0.

    Tomorrow, because a moment after an answer was read everybody knows it.
    """

    topic: Topic
    share: float
    seen: int
    questions: int


@dataclass(frozen=True, slots=True)
class PracticeSummary:
    """What a set of practice came to: the questions that were answered, with their reviews."""

    given: tuple[tuple[Question, Review], ...]

    @property
    def right(self) -> int:
        """How many answers were right."""
        return sum(review.right for _, review in self.given)

    @property
    def seconds(self) -> float:
        """Time until the answers were given, in all."""
        return sum(review.seconds for _, review in self.given)

    @property
    def missed(self) -> list[Question]:
        """The questions that were answered wrongly, in their order."""
        return [question for question, review in self.given if not review.right]

    @property
    def missed_topics(self) -> list[tuple[str, int]]:
        """Topics with how many of their questions were missed, the most missed first."""
        return Counter(question.topic.title for question in self.missed).most_common()


class Study:
    """The state of practice at a moment (ms of wall time), over a bank of questions."""

    def __init__(self, bank: Sequence[Question], notes: Sequence[ExamNote], now: int) -> None:
        self.bank, self.now = bank, now
        self.reviews = reviews(notes)
        self.flagged = flagged(notes)
        self.cards = cards(self.reviews)
        self._last = {review.question: review for review in self.reviews}

    def pick(self, name: str = "", topic: str = "") -> list[Question]:
        """A set by its name, of all topics or of one. What is due: the longest overdue first. All:
        what was never answered first, then what was not for the longest time.
        """
        pool = [one for one in self.bank if topic in ("", one.topic.id)]
        match name:
            case "due":
                end = _day_end(self.now)
                due = [
                    (self.cards[q.id].due, q)
                    for q in pool
                    if q.id in self.cards and self.cards[q.id].due < end
                ]
                return [question for _, question in sorted(due, key=lambda pair: pair[0])]
            case "new":
                return [question for question in pool if question.id not in self.cards]
            case "missed":
                return [
                    question
                    for question in pool
                    if question.id in self._last and not self._last[question.id].right
                ]
            case "flagged":
                return [question for question in pool if question.id in self.flagged]
            case _:
                return sorted(pool, key=self._last_answered)

    def _last_answered(self, question: Question) -> int:
        last = self._last.get(question.id)
        return last.at if last is not None else 0

    def readiness(self) -> list[Readiness]:
        """Topic by topic, in the bank's order."""
        by_topic: dict[Topic, list[Question]] = {}
        for question in self.bank:
            by_topic.setdefault(question.topic, []).append(question)
        found = []
        for topic, questions in by_topic.items():
            known = [self.cards[one.id] for one in questions if one.id in self.cards]
            tomorrow = moment(self.now) + timedelta(days=1)
            share = sum(SCHEDULER.get_card_retrievability(card, tomorrow) for card in known) / len(
                questions
            )
            found.append(Readiness(topic, share, len(known), len(questions)))
        return found

    def forecast(self, days: int = 7) -> list[int]:
        """How many cards fall due today (overdue ones too) and on each of the next days."""
        ends = [_day_end(self.now, day) for day in range(days)]
        ids = {question.id for question in self.bank}
        counts = [
            sum(card.due < end for name, card in self.cards.items() if name in ids) for end in ends
        ]
        return [count - before for count, before in zip(counts, [0, *counts], strict=False)]

    def streak(self) -> int:
        """Days in a row with an answer, up to today, or to yesterday while nothing was answered
        today.
        """
        days = {_local(review.at).date() for review in self.reviews}
        today = _local(self.now).date()
        start = 0 if today in days else 1
        return sum(
            1
            for _ in takewhile(
                lambda n: today - timedelta(days=n) in days, range(start, start + len(days))
            )
        )


def _local(milliseconds: int) -> datetime:
    """Wall time where the learner is."""
    return moment(milliseconds).astimezone()


def _day_end(milliseconds: int, later: int = 0) -> datetime:
    """The midnight that ends the learner's day, or one so many days later; a day is not always 24
    hours long.
    """
    return datetime.combine(
        _local(milliseconds).date() + timedelta(days=1 + later), time()
    ).astimezone()


def shuffled(question: Question, seed: str) -> list[int]:
    """The order its options are shown in: places in the file, the same for the same seed."""
    order = list(range(len(question.options)))
    Random(f"{seed}:{question.id}").shuffle(order)
    return order

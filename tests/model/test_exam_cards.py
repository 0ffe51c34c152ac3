"""Reviews become cards as py-fsrs itself would make them; a mock exam is scored as by hand,
whatever happens on the way.
"""

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fsrs import Card, Rating, Scheduler
from hypothesis import given, settings
from hypothesis import strategies as st

from freshtoken_model.training.exam.exam_room import ExamRoom
from freshtoken_model.training.exam.mock import ExamForm, compose, quotas
from freshtoken_model.training.exam.questions import Question, Topic
from freshtoken_model.training.exam.study import Review, cards, rated, shuffled
from freshtoken_model.training.shelf import open_bank
from freshtoken_model.values.clock import DAY, HOUR, MINUTE
from freshtoken_model.values.errors import BadValueError, NotAllowedError

BANK, _ = open_bank()
START = 1_795_600_000_000
SERIES = [
    (Rating.Good, 0),
    (Rating.Good, 10 * MINUTE),
    (Rating.Hard, 3 * DAY),
    (Rating.Again, 9 * DAY),
    (Rating.Good, 20 * MINUTE),
    (Rating.Easy, 2 * DAY),
    (Rating.Good, 40 * DAY),
]
"""A recorded series: ratings, and how long after the one before."""


class Clock:
    """Wall time that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def room(tmp_path: Path, clock: Clock) -> ExamRoom:
    return ExamRoom(BANK, tmp_path / "data", clock)


def review(question: str, at: int, rating: Rating) -> Review:
    return Review(
        at, question, frozenset({0}), rating != Rating.Again, int(rating), True, 5.0, mock=False
    )


def by_itself(series: list[tuple[Rating, int]]) -> Iterator[Card]:
    """What py-fsrs makes of a series without us."""
    scheduler, at, card = (
        Scheduler(enable_fuzzing=False),
        START,
        Card(card_id=1, due=datetime.fromtimestamp(START / 1000, UTC)),
    )
    for rating, later in series:
        at += later
        card, _ = scheduler.review_card(card, rating, datetime.fromtimestamp(at / 1000, UTC))
        yield card


def through_us(series: list[tuple[Rating, int]]) -> Iterator[Card]:
    at, given = START, []
    for rating, later in series:
        at += later
        given.append(review("one", at, rating))
        yield cards(given)["one"]


def assert_alike(series: list[tuple[Rating, int]]) -> None:
    for ours, theirs in zip(through_us(series), by_itself(series), strict=True):
        assert (ours.due, ours.stability, ours.difficulty) == (
            theirs.due,
            theirs.stability,
            theirs.difficulty,
        )


def test_the_intervals_of_a_recorded_series_are_those_of_py_fsrs() -> None:
    assert_alike(SERIES)
    days = [
        round((card.due - card.last_review).total_seconds() / 86_400, 3)
        for card in through_us(SERIES)
        if card.last_review
    ]
    assert days == [0.007, 2.0, 9.0, 0.007, 1.0, 6.0, 29.0], "recorded with py-fsrs 6.3.2"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(list(Rating)), st.integers(0, 90 * DAY)), min_size=1, max_size=12
    )
)
def test_the_intervals_of_any_series_are_those_of_py_fsrs(series: list[tuple[Rating, int]]) -> None:
    assert_alike(series)


@pytest.mark.parametrize(
    ("right", "sure", "seconds", "rating"),
    [
        (False, True, 3, Rating.Again),
        (False, False, 300, Rating.Again),
        (True, False, 3, Rating.Hard),
        (True, True, 300, Rating.Good),
        (True, True, 3, Rating.Easy),
    ],
)
def test_what_an_answer_is_worth(right: bool, sure: bool, seconds: float, rating: Rating) -> None:
    assert rated(BANK[0], right, sure, seconds) == rating


def wrong(question: Question) -> frozenset[int]:
    return frozenset(place for place in range(len(question.options)) if place not in question.right)


def test_sets_follow_what_was_answered(room: ExamRoom, clock: Clock) -> None:
    first, second, third = BANK[:3]
    room.answer(first, first.right, True, 5)
    room.answer(second, wrong(second), True, 5)
    room.flag(third.id, True)
    study = room.study()
    assert study.pick("missed") == [second] and study.pick("flagged") == [third]
    assert len(study.pick("new")) == len(BANK) - 2 and len(study.pick("all")) == len(BANK)
    assert {question.topic.id for question in study.pick("all", first.topic.id)} == {first.topic.id}
    assert study.pick("due") == [second], "what is easy comes another day"
    clock.now += 30 * DAY
    assert study.pick("due") == [second] and room.study().pick("due") == [second, first], (
        "the longest overdue first"
    )
    room.flag(third.id, False)
    room.answer(second, second.right, True, 5)
    assert room.study().pick("flagged") == room.study().pick("missed") == []


def test_the_streak_counts_days_up_to_today_or_yesterday(room: ExamRoom, clock: Clock) -> None:
    for _ in range(3):
        room.answer(BANK[0], BANK[0].right, True, 5)
        clock.now += DAY
    assert room.study().streak() == 3, "today is not over"
    clock.now += DAY
    assert room.study().streak() == 0
    assert sum(room.study().forecast(400)) == len(room.study().cards)


def test_readiness_is_nothing_without_answers_and_falls_with_time(
    room: ExamRoom, clock: Clock
) -> None:
    assert all(ready.share == 0 and ready.seen == 0 for ready in room.study().readiness())
    for question in BANK:
        if question.topic == BANK[0].topic:
            room.answer(question, question.right, True, 5)
    (fresh,) = [ready for ready in room.study().readiness() if ready.seen]
    clock.now += 60 * DAY
    (later,) = [ready for ready in room.study().readiness() if ready.seen]
    assert fresh.topic == BANK[0].topic and 0.9 < fresh.share <= 1 and later.share < fresh.share


# ---- mock exams


def test_shorter_forms_are_scaled_from_the_real_one() -> None:
    told = [(form.scored, form.minutes, form.to_pass) for form in map(ExamForm, (60, 30, 20, 10))]
    assert told == [(60, 105, 41), (30, 53, 21), (20, 35, 14), (10, 18, 7)]
    assert ExamForm(60, 5).shown == 65


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 40)), min_size=1, max_size=8),
    st.integers(0, 80),
)
def test_quotas_are_filled_and_never_overdrawn(topics: list[tuple[int, int]], wanted: int) -> None:
    has = {Topic(f"t{n}", "", weight, ""): count for n, (weight, count) in enumerate(topics)}
    found = quotas(has, wanted)
    assert sum(found.values()) == min(wanted, sum(has.values()))
    assert all(found[topic] <= has[topic] for topic in has)


def test_the_same_seed_gives_the_same_exam_and_weights_give_its_shares() -> None:
    shown, unscored = compose(BANK, ExamForm(60, 5), "seed")
    assert (
        (shown, unscored)
        == compose(BANK, ExamForm(60, 5), "seed")
        != compose(BANK, ExamForm(60, 5), "another")
    )
    assert len({question.id for question in shown}) == 65 and len(unscored) == 5
    scored = [question for question in shown if question not in unscored]
    for topic in dict.fromkeys(question.topic for question in BANK):
        share = sum(question.topic == topic for question in scored)
        assert abs(share - topic.weight * 0.6) <= 1, topic.title
    assert shuffled(BANK[0], "seed") == shuffled(BANK[0], "seed")


def test_a_sitting_is_scored_as_by_hand(room: ExamRoom, clock: Clock) -> None:
    sitting = room.start(ExamForm(20, 5), seed="hand")
    expected = 0
    for place, name in enumerate(sitting.questions):
        question = room.question(name)
        clock.now += 10_000
        sitting = room.look(sitting, place)
        if place % 3 == 0:
            room.choose(sitting, place, question.right)
            expected += name not in sitting.unscored
        elif place % 3 == 1 and question.choose > 1:
            room.choose(
                sitting, place, frozenset([min(question.right)])
            )  # half of it: all or nothing
        elif place % 3 == 1:
            room.choose(sitting, place, question.right)
            room.choose(sitting, place, frozenset([min(wrong(question))]))  # changed for the worse
    clock.now += 10_000
    result = room.hand_in(sitting)
    assert (result.right, result.percent) == (expected, expected * 100 // 20)
    assert result.passed is (expected >= 14)
    assert (
        sum(right for _, right, _ in result.by_topic) == expected
        and sum(of for _, _, of in result.by_topic) == 20
    )
    assert [one.answer.seconds for one in result.questions] == [20.0, *[10.0] * 24]
    answered = sum(bool(one.answer.chosen) for one in result.questions)
    assert len(room.study().reviews) == answered, "what was answered is reviewed, the rest is not"
    assert room.hand_in(sitting).right == expected and len(room.study().reviews) == answered, (
        "handed in once"
    )


def test_another_process_goes_on_with_the_right_time_left(
    room: ExamRoom, clock: Clock, tmp_path: Path
) -> None:
    sitting = room.start(ExamForm(10))
    clock.now += 5 * MINUTE
    room.mark(sitting, 3, True)
    other = ExamRoom(BANK, tmp_path / "data", clock).sitting()
    assert other is not None and other.answers[3].marked and other.left(clock.now) == 13 * MINUTE
    with pytest.raises(NotAllowedError, match="hand it in first"):
        ExamRoom(BANK, tmp_path / "data", clock).start(ExamForm(10))


def test_the_clock_stops_only_where_that_was_chosen(room: ExamRoom, clock: Clock) -> None:
    strict = room.start(ExamForm(10))
    with pytest.raises(NotAllowedError, match="does not stop"):
        room.pause(strict)
    room.hand_in(strict)
    clock.now += HOUR
    kind = room.start(ExamForm(10), pausable=True)
    clock.now += 2 * MINUTE
    room.pause(kind)
    clock.now += 3 * DAY
    with pytest.raises(NotAllowedError, match="paused"):
        room.choose(kind, 0, frozenset({0}))
    kind = room.resume(kind)
    clock.now += 3 * MINUTE
    assert kind.left(clock.now) == 13 * MINUTE
    room.pause(kind)
    clock.now += DAY
    assert room.hand_in(kind).sitting.used(clock.now) == 5 * MINUTE, "handed in while paused"


def test_at_the_end_of_the_time_it_is_handed_in_as_it_was(room: ExamRoom, clock: Clock) -> None:
    sitting = room.start(ExamForm(10))
    room.choose(sitting, 0, room.question(sitting.questions[0]).right)
    clock.now += HOUR
    with pytest.raises(NotAllowedError, match="The time is over"):
        room.choose(sitting, 1, frozenset({0}))
    assert room.sitting() is None
    (result,) = room.results()
    assert (result.right, result.sitting.used(clock.now)) == (1, 18 * MINUTE)
    assert result.sitting.handed_in_at == sitting.started_at + 18 * MINUTE


def test_a_score_is_that_of_the_day_even_when_its_questions_are_gone(
    room: ExamRoom, tmp_path: Path, clock: Clock
) -> None:
    sitting = room.start(ExamForm(10))
    for place, name in enumerate(sitting.questions):
        room.choose(sitting, place, room.question(name).right)
    room.hand_in(sitting)
    fewer = [question for question in BANK if question.id not in sitting.questions[:4]]
    changed = [
        dataclasses.replace(one, options=one.options[:2]) if one.id == sitting.questions[5] else one
        for one in fewer
    ]
    (result,) = ExamRoom(changed, tmp_path / "data", clock).results()
    assert (result.right, result.gone) == (10, 5)


# ---- progress


def test_a_reset_counts_nothing_of_before_and_can_be_taken_back(
    room: ExamRoom, clock: Clock
) -> None:
    room.answer(BANK[0], BANK[0].right, True, 5)
    room.hand_in(room.start(ExamForm(10)))
    clock.now += 1
    room.reset()
    assert room.study().reviews == [] and room.results() == []
    clock.now += 1
    room.answer(BANK[1], BANK[1].right, True, 5)
    clock.now += 1
    room.undo_reset()
    assert [review.question for review in room.study().reviews] == [BANK[0].id, BANK[1].id] and len(
        room.results()
    ) == 1
    with pytest.raises(NotAllowedError):
        room.undo_reset()


def test_progress_is_imported_once_or_not_at_all(
    room: ExamRoom, tmp_path: Path, clock: Clock
) -> None:
    room.answer(BANK[0], wrong(BANK[0]), False, 5)
    sitting = room.start(ExamForm(10))
    room.hand_in(sitting)
    text = room.progress_file()
    other = ExamRoom(BANK, tmp_path / "other", clock)
    assert other.import_file(text) == len(json.loads(text)["notes"]) > 2
    assert other.import_file(text) == 0
    assert other.study().reviews == room.study().reviews and len(other.results()) == 1
    rows = json.loads(text)["notes"]
    for spoilt in (
        {**rows[0], "at": "noon"},
        {**rows[0], "what": "cheated"},
        {**rows[0], "detail": {"chosen": 5}},
        {"at": 1, "what": "sitting", "subject": "x", "detail": {"questions": []}},
    ):
        with pytest.raises(BadValueError, match="nothing was imported"):
            other.import_file(json.dumps({"notes": [{**rows[0], "at": 5}, spoilt]}))
    assert len(other.log.all()) == len(rows)

"""Practice and mock exams at their borders: the learner's day, a sitting against a count by hand,
imports, exports.
"""

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from fsrs import Card, Rating, Scheduler
from hypothesis import given, settings
from hypothesis import strategies as st

from freshtoken_model.training.exam.exam_room import ExamRoom
from freshtoken_model.training.exam.mock import FORMS, UNSCORED, ExamForm, Sitting, compose
from freshtoken_model.training.exam.questions import Option, Question
from freshtoken_model.training.exam.study import rated, shuffled
from freshtoken_model.training.exports import (
    RATINGS,
    for_anki,
    paper_html,
    paper_markdown,
    reviews_csv,
)
from freshtoken_model.training.shelf import open_bank
from freshtoken_model.values.clock import DAY, HOUR, MINUTE, SECOND
from freshtoken_model.values.errors import BadValueError, NotAllowedError

BANK, _ = open_bank()
NOON = int(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp() * 1000)
TWO = next(question for question in BANK if question.choose == 2)
ONE, OTHER = [question for question in BANK if question.choose == 1][:2]
SMALL = (ONE, TWO, OTHER)


class Clock:
    """Wall time that a test moves."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@pytest.fixture(autouse=True)
def in_london(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("FRESHTOKEN_CONTENT", raising=False)
    monkeypatch.setenv("TZ", "Europe/London")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def room(tmp_path: Path, clock: Clock) -> ExamRoom:
    return ExamRoom(BANK, tmp_path / "data", clock)


@pytest.fixture
def small(tmp_path: Path, clock: Clock) -> ExamRoom:
    return ExamRoom(SMALL, tmp_path / "small", clock)


def wrong(question: Question) -> frozenset[int]:
    return frozenset(range(len(question.options))) - question.right


def stamp(year: int, month: int, day: int, hour: int, minute: int = 0) -> int:
    """ms of a moment in UTC."""
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


# ---- practice


def test_quick_is_twelve_seconds_and_a_sixteenth_for_every_letter() -> None:
    question = replace(
        ONE,
        text="x" * 100,
        options=tuple(replace(option, text="y" * 20) for option in ONE.options[:3]),
    )
    assert [rated(question, True, True, seconds) for seconds in (22.0, 22.1)] == [
        Rating.Easy,
        Rating.Good,
    ]
    longer = replace(question, text="x" * 260)
    assert [rated(longer, True, True, seconds) for seconds in (32.0, 32.1)] == [
        Rating.Easy,
        Rating.Good,
    ]


def test_an_answer_is_kept_as_it_was_given_and_only_all_right_options_are_right(
    small: ExamRoom, clock: Clock
) -> None:
    half, more = frozenset([min(TWO.right)]), TWO.right | {min(wrong(TWO))}
    given_ones = [(half, False), (more, False), (TWO.right, True), (frozenset[int](), False)]
    for chosen, _ in given_ones:
        clock.now += 1
        small.answer(TWO, chosen, False, 7.26)
    kept = small.study().reviews
    assert [(one.chosen, one.right) for one in kept] == given_ones
    assert [one.rating for one in kept] == [Rating.Again, Rating.Again, Rating.Hard, Rating.Again]
    assert {(one.sure, one.seconds, one.mock, one.question) for one in kept} == {
        (False, 7.3, False, TWO.id)
    }


def test_due_is_what_falls_due_before_the_learners_midnight(small: ExamRoom, clock: Clock) -> None:
    clock.now = stamp(2026, 11, 24, 23, 45)
    small.answer(ONE, wrong(ONE), True, 5)  # again in a minute
    clock.now = stamp(2026, 11, 24, 23, 58)
    small.answer(OTHER, OTHER.right, False, 5)  # hard: in some minutes, after midnight
    cards = small.study().cards
    assert cards[ONE.id].due < cards[OTHER.id].due and cards[OTHER.id].due > datetime(
        2026, 11, 25, tzinfo=UTC
    )
    assert small.study().pick("due") == [ONE] and small.study().forecast(2) == [1, 1]
    clock.now = stamp(2026, 11, 25, 0, 1)
    assert small.study().pick("due") == [ONE, OTHER] and small.study().forecast(2) == [2, 0]
    assert small.study().pick("due", OTHER.topic.id) == [
        one for one in (ONE, OTHER) if one.topic == OTHER.topic
    ]


def test_days_end_at_the_learners_midnight_when_the_clocks_go_back(
    small: ExamRoom, clock: Clock
) -> None:
    for clock.now in (
        stamp(2026, 10, 23, 23, 20),
        stamp(2026, 10, 23, 23, 30),
    ):  # Saturday after midnight in London
        small.answer(ONE, ONE.right, True, 999)
    study = small.study()
    assert study.cards[ONE.id].due == datetime(2026, 10, 25, 23, 30, tzinfo=UTC), (
        "Sunday, 23:30: back since the morning"
    )
    assert study.forecast(3) == [0, 1, 0]


def test_the_streak_counts_the_learners_days_and_a_gap_ends_it(
    small: ExamRoom, clock: Clock
) -> None:
    streaks = []
    for clock.now in (
        stamp(2026, 7, 1, 22, 30),
        stamp(2026, 7, 1, 23, 30),
        stamp(2026, 7, 3, 12),
        stamp(2026, 7, 5, 12),
    ):
        small.answer(ONE, ONE.right, True, 5)
        streaks.append(small.study().streak())
    assert streaks == [1, 2, 3, 1], "half past eleven in UTC is the next day of London's summer"
    clock.now += 2 * DAY
    assert small.study().streak() == 0


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(range(12)), st.sampled_from(Rating), st.integers(1, 2 * DAY)),
        max_size=25,
    )
)
def test_readiness_and_forecast_are_those_counted_by_hand(
    series: list[tuple[int, Rating, int]],
) -> None:
    bank, clock, theirs = BANK[:6] + BANK[-6:], Clock(), dict[str, Card]()
    scheduler = Scheduler(enable_fuzzing=False)
    with TemporaryDirectory() as folder:
        room = ExamRoom(bank, Path(folder), clock)
        for place, rating, later in series:
            clock.now += later
            question = bank[place]
            seconds = 999.0 if rating == Rating.Good else 1.0
            chosen = wrong(question) if rating == Rating.Again else question.right
            assert room.answer(question, chosen, rating != Rating.Hard, seconds).rating == rating
            at = datetime.fromtimestamp(clock.now / 1000, UTC)
            theirs[question.id], _ = scheduler.review_card(
                theirs.get(question.id, Card(1, due=at)), rating, at
            )
        study = room.study()
    now = datetime.fromtimestamp(clock.now / 1000, UTC)
    midnight = now.replace(
        hour=0, minute=0, second=0, microsecond=0
    )  # no summer time in these months
    days = [max((card.due - midnight).days, 0) for card in theirs.values()]
    assert study.forecast(30) == [days.count(day) for day in range(30)]
    assert len(study.pick("due")) == days.count(0) and len(study.pick("new")) == len(bank) - len(
        theirs
    )
    for ready in study.readiness():
        own = [one.id for one in bank if one.topic == ready.topic]
        known = [
            scheduler.get_card_retrievability(theirs[n], now + timedelta(days=1))
            for n in own
            if n in theirs
        ]
        assert (ready.seen, ready.questions) == (len(known), len(own))
        assert ready.share == pytest.approx(sum(known) / len(own))


def test_what_left_the_bank_is_in_no_set_and_no_forecast(
    small: ExamRoom, clock: Clock, tmp_path: Path
) -> None:
    small.answer(ONE, wrong(ONE), True, 5)
    small.flag(ONE.id, True)
    left = ExamRoom((TWO,), tmp_path / "small", clock).study()
    assert [left.pick(name) for name in ("due", "missed", "flagged", "new", "all")] == [
        [],
        [],
        [],
        [TWO],
        [TWO],
    ]
    assert sum(left.forecast()) == 0 and left.streak() == 1


# ---- mock exams


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(FORMS), st.sampled_from([0, UNSCORED]), st.text(max_size=8))
def test_an_exam_has_as_many_questions_as_its_form_and_none_twice(
    scored: int, unscored: int, seed: str
) -> None:
    shown, loose = compose(BANK, ExamForm(scored, unscored), seed)
    ids = {question.id for question in shown}
    assert len(shown) == len(ids) == scored + unscored and len(loose) == unscored
    assert {question.id for question in loose} <= ids
    apart = [question.apart for question in shown if question.apart]
    assert len(apart) == len(set(apart))
    assert all(sorted(shuffled(one, seed)) == [*range(len(one.options))] for one in shown)


def test_an_exam_needs_as_many_questions_as_its_form_shows(small: ExamRoom) -> None:
    with pytest.raises(NotAllowedError, match="needs 4 questions; there are 3"):
        small.start(ExamForm(3, 1))
    assert small.start(ExamForm(2, 1)).form.shown == 3


@pytest.mark.parametrize(
    ("right", "passed", "percent"),
    [(40, False, 66), (41, True, 68), (60, True, 100), (0, False, 0)],
)
def test_41_of_the_60_that_are_scored_pass(
    room: ExamRoom, right: int, passed: bool, percent: int
) -> None:
    sitting = room.start(ExamForm(60, 5), seed="line")
    wanted = right
    for place, name in enumerate(sitting.questions):
        scored = name not in sitting.unscored
        if (scored and wanted) or (not scored and not passed):
            room.choose(sitting, place, room.question(name).right)
            wanted -= scored
    result = room.hand_in(sitting)
    assert (result.right, result.passed, result.percent) == (right, passed, percent)


@pytest.mark.parametrize("kind", ["half", "both", "one too many", "none"])
def test_choose_two_is_all_or_nothing(small: ExamRoom, kind: str) -> None:
    sitting = small.start(ExamForm(3))
    chosen = {
        "half": [min(TWO.right)],
        "both": TWO.right,
        "one too many": TWO.right | wrong(TWO),
        "none": [],
    }[kind]
    small.choose(sitting, sitting.questions.index(TWO.id), frozenset(chosen))
    assert small.hand_in(sitting).right == (kind == "both")


def test_every_answer_of_a_mock_exam_is_a_sure_review_at_the_hand_in(
    small: ExamRoom, clock: Clock
) -> None:
    sitting = small.start(ExamForm(2, 1))
    first, second, last = (small.question(name) for name in sitting.questions)
    small.choose(sitting, 0, first.right)
    clock.now += 2 * SECOND
    sitting = small.look(sitting, 1)
    small.choose(sitting, 1, second.right)
    clock.now += 2 * MINUTE
    small.choose(small.look(sitting, 2), 2, frozenset())
    small.hand_in(sitting)
    kept = {one.question: one for one in small.study().reviews}
    assert set(kept) == {first.id, second.id}, f"{last.id} has no answer"
    assert (kept[first.id].rating, kept[second.id].rating) == (Rating.Easy, Rating.Good)
    assert {(one.at - clock.now <= 2, one.mock, one.sure) for one in kept.values()} == {
        (True, True, True)
    }


def test_after_the_time_handing_in_gives_what_there_was_at_the_end(
    small: ExamRoom, clock: Clock
) -> None:
    sitting = small.start(ExamForm(3))
    small.choose(sitting, 0, small.question(sitting.questions[0]).right)
    clock.now += sitting.limit - 1
    small.choose(sitting, 1, small.question(sitting.questions[1]).right)
    clock.now += DAY
    result = small.hand_in(sitting)
    assert result.right == 2 and result.sitting.handed_in_at == NOON + sitting.limit
    assert result.sitting.left(clock.now) == 0 and small.start(ExamForm(3)).id != sitting.id


def test_a_sitting_that_was_reset_away_takes_no_answer_and_comes_back_with_the_undo(
    small: ExamRoom, clock: Clock
) -> None:
    sitting = small.start(ExamForm(3))
    small.mark(sitting, 2, True)
    clock.now += 1
    small.reset()
    with pytest.raises(NotAllowedError, match="no longer there"):
        small.choose(sitting, 0, frozenset({0}))
    clock.now += 1
    small.undo_reset()
    assert small.choose(sitting, 0, frozenset({0})).answers[2].marked


def test_an_answer_given_last_is_the_one_that_counts_though_the_clock_was_set_back(
    small: ExamRoom, clock: Clock
) -> None:
    sitting = small.start(ExamForm(3))
    clock.now += MINUTE
    small.choose(sitting, 0, frozenset({0}))
    clock.now -= 2 * SECOND
    assert small.choose(sitting, 0, frozenset({1})).answers[0].chosen == {1}


ACTS = st.tuples(
    st.sampled_from(["look", "choose", "mark", "unmark", "pause", "resume"]),
    st.integers(0, 2),
    st.frozensets(st.integers(0, 2), max_size=2),
    st.integers(1, 40 * SECOND),
)


@settings(max_examples=20, deadline=None)
@given(st.lists(ACTS, max_size=7))
def test_each_process_sees_a_sitting_as_counted_by_hand(
    acts: list[tuple[str, int, frozenset[int], int]],
) -> None:
    clock = Clock()
    chosen, marked, looked = [frozenset[int]()] * 3, [False] * 3, [0] * 3
    at, used, paused = 0, 0, False
    with TemporaryDirectory() as folder:
        rooms = [ExamRoom(SMALL, Path(folder), clock) for _ in range(2)]
        sitting: Sitting | None = rooms[0].start(ExamForm(3), pausable=True)
        for number, (act, place, options, later) in enumerate(acts):
            room = rooms[number % 2]
            assert sitting is not None
            clock.now += later
            if not paused:
                used, looked[at] = used + later, looked[at] + later
            if act in ("pause", "resume"):
                paused = act == "pause"
                (room.pause if paused else room.resume)(sitting)
            elif paused:
                with pytest.raises(NotAllowedError, match="paused"):
                    room.look(sitting, place)
            elif act == "look":
                at = place
                room.look(sitting, at)
            elif act == "choose":
                chosen[place] = options
                room.choose(sitting, place, options)
            else:
                marked[place] = act == "mark"
                room.mark(sitting, place, marked[place])
            sitting = rooms[(number + 1) % 2].sitting()
            assert sitting is not None and sitting.used(clock.now) == used and sitting.at == at
            assert (
                sitting.left(clock.now) == sitting.limit - used
                and (sitting.paused_at is not None) is paused
            )
            assert [(one.chosen, one.marked) for one in sitting.answers] == [
                *zip(chosen, marked, strict=True)
            ]
            assert sitting.unanswered == [n for n in range(3) if not chosen[n]]
        assert sitting is not None
        done = rooms[0].hand_in(sitting)
    assert [one.answer.seconds for one in done.questions] == pytest.approx(
        [ms / 1000 for ms in looked]
    )
    assert done.right == sum(
        one.question.right == chosen[n] for n, one in enumerate(done.questions)
    )


# ---- progress and exports


def test_progress_joins_what_another_machine_has(
    small: ExamRoom, clock: Clock, tmp_path: Path
) -> None:
    other = ExamRoom(SMALL, tmp_path / "other", clock)
    small.answer(ONE, ONE.right, True, 5)
    small.flag(TWO.id, True)
    clock.now += 1
    other.answer(ONE, wrong(ONE), True, 5)
    clock.now += 1
    small.hand_in(small.choose(small.start(ExamForm(3)), 0, frozenset({0})))
    assert other.import_file(small.progress_file()) == len(small.log.all())
    assert [one.right for one in other.study().reviews][:2] == [
        True,
        False,
    ] and other.study().flagged == {TWO.id}
    assert small.import_file(other.progress_file()) == 1, "only what it did not have"
    assert small.progress_file() == other.progress_file() and small.results() == other.results()


REVIEW = {"chosen": [0], "right": True, "rating": 3, "sure": True, "seconds": 1.0, "mock": False}
ORDERS = [[*range(len(ONE.options))]]
SITTING = {
    "scored": 1,
    "unscored": [],
    "seed": "s",
    "pausable": False,
    "questions": [ONE.id],
    "orders": ORDERS,
}
Row = tuple[str, dict[str, Any]]
BROKEN: dict[str, list[Row]] = {
    "seconds in words": [("review", {**REVIEW, "seconds": "long"})],
    "letters for places": [("review", {**REVIEW, "chosen": ["A"]})],
    "no orders": [("sitting", {**SITTING, "orders": []})],
    "nothing scored": [("sitting", {**SITTING, "scored": 0}), ("hand_in", {"right": 0})],
    "more right than there are": [("sitting", SITTING), ("hand_in", {"right": 99})],
    "right in words": [("sitting", SITTING), ("hand_in", {"right": "many"})],
    "a place in words": [("sitting", SITTING), ("answer", {"place": "first", "chosen": [0]})],
    "nothing chosen": [("sitting", SITTING), ("answer", {"place": 0, "chosen": None})],
}


def file_of(rows: list[Row], at: int = NOON - DAY, subject: str = ONE.id, version: int = 1) -> str:
    notes = [
        {"at": at + n, "what": what, "subject": subject, "detail": detail}
        for n, (what, detail) in enumerate(rows)
    ]
    return json.dumps({"freshtoken_progress": version, "notes": notes})


TEXTS = {
    **{name: file_of([("flag", {}), *rows]) for name, rows in BROKEN.items()},
    "a moment in the year 144683": file_of([("flag", {}), ("review", REVIEW)], at=2**52),
    "a name that is no text": file_of([("flag", {})], subject="\ud800"),
    "a file of a later freshtoken": file_of([("flag", {})], version=2),
}


def test_what_is_broken_is_sound_otherwise(small: ExamRoom) -> None:
    sound: list[Row] = [
        ("flag", {}),
        ("review", REVIEW),
        ("sitting", SITTING),
        ("hand_in", {"right": 1}),
    ]
    assert small.import_file(file_of(sound)) == 4


@pytest.mark.parametrize("name", TEXTS)
def test_a_broken_file_is_refused_and_nothing_of_it_is_kept(small: ExamRoom, name: str) -> None:
    with pytest.raises(BadValueError):
        small.import_file(TEXTS[name])
    assert small.log.all() == []


def test_reviews_as_csv_can_be_read_back(small: ExamRoom, clock: Clock) -> None:
    small.answer(TWO, TWO.right, False, 61.25)
    clock.now += HOUR
    small.answer(ONE, wrong(ONE), True, 3)
    first, second = csv.DictReader(io.StringIO(reviews_csv(small.study().reviews, [TWO])))
    letters = [
        "".join("ABCDE"[place] for place in sorted(places)) for places in (TWO.right, wrong(ONE))
    ]
    assert list(first.values())[:4] == [
        "2026-11-24T12:00:00+00:00",
        TWO.id,
        TWO.topic.id,
        letters[0],
    ]
    assert list(first.values())[4:] == ["True", "Hard", "False", "61.2", "False"]
    assert list(second.values())[1:6] == [ONE.id, "", letters[1], "False", RATINGS[Rating.Again]], (
        "gone: no topic"
    )


ROUGH = replace(
    ONE,
    text='A\ttab,\r\n"quotes" & <b>tags</b>?',
    options=(Option("a\tb", True, "x\ry"), *ONE.options),
)


@pytest.mark.parametrize("bank", [BANK, [ROUGH]], ids=["the bank", "rough text"])
def test_anki_gets_one_line_a_note_with_the_fields_its_header_says(bank: list[Question]) -> None:
    lines = for_anki(bank).removesuffix("\n").split("\n")
    heads = dict(line[1:].split(":") for line in lines if line.startswith("#"))
    notes = [line.split("\t") for line in lines if not line.startswith("#")]
    assert heads["separator"] == "tab" and {len(note) for note in notes} == {
        int(heads["tags column"])
    }
    assert [note[int(heads["guid column"]) - 1] for note in notes] == [
        f"freshtoken-{one.id}" for one in bank
    ]
    assert not any("\r" in field or "<b>tags" in field for note in notes for field in note)


@pytest.mark.parametrize("paper", [paper_markdown, paper_html])
def test_a_paper_is_the_same_whichever_option_is_right_and_its_key_is_not(
    paper: Callable[..., str],
) -> None:
    def turned(question: Question) -> Question:
        ways = zip(question.options, question.options[1:] + question.options[:1], strict=True)
        return replace(
            question, options=tuple(replace(one, right=two.right, why=two.why) for one, two in ways)
        )

    other = [
        replace(turned(question), sources=(), exam_answer="", todays_answer="") for question in BANK
    ]
    assert paper(BANK, "Paper", False, "seed") == paper(other, "Paper", False, "seed")
    for one in BANK:
        key = unescape(paper([one], "Paper", True, "seed"))
        assert all(option.why in key for option in one.options)
        assert key != unescape(paper([turned(one)], "Paper", True, "seed"))

"""Org time: it survives wall clocks that step and files that lay in a drawer, and it goes forward
only.
"""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from freshtoken_model.org import Org
from freshtoken_model.values.clock import (
    DAY,
    HOUR,
    LATEST,
    MINUTE,
    SECOND,
    Clock,
    iso,
    parse_duration,
    parse_moment,
    since,
)
from freshtoken_model.values.errors import NotAllowedError

from ..world import CHEAP, INTEGRATION, START

steps = st.lists(
    st.integers(-3 * HOUR, 3 * HOUR)
    | st.sampled_from([0, -1, 1, HOUR, HOUR + 1, -HOUR, 400 * DAY, -400 * DAY])
)


def running(wall: int = 10**12, org: int = START) -> Clock:
    return Clock("running", wall, org, wall, org)


@given(steps)
@example([HOUR, HOUR + 1, HOUR])
def test_org_time_never_goes_back_and_counts_the_wall_steps_it_can_believe(
    moves: list[int],
) -> None:
    clock, wall, expected = running(), 10**12, START
    for move in moves:
        wall += move
        ticked = clock.tick(wall)
        assert ticked.seen_org >= clock.seen_org
        expected += move if 0 <= move <= HOUR else 0
        assert ticked.seen_org == expected == clock.now(wall)
        clock = ticked


@given(steps)
def test_frozen_org_time_stands_whatever_the_wall_clock_does(moves: list[int]) -> None:
    clock, wall = Clock("frozen", 10**12, START, 10**12, START), 10**12
    for move in moves:
        wall += move
        clock = clock.tick(wall)
        assert clock.seen_org == START


@given(steps, steps, st.integers(0, 400 * DAY))
def test_a_clock_that_was_moved_goes_on_from_there(
    before: list[int], after: list[int], forward: int
) -> None:
    clock, wall = running(), 10**12
    for move in before:
        wall += move
        clock = clock.tick(wall)
    target = clock.seen_org + forward
    clock = clock.moved(target, wall)
    assert clock.now(wall) == target
    for move in after:
        wall += move
        clock = clock.tick(wall)
        target += move if 0 <= move <= HOUR else 0
        assert clock.seen_org == target


def test_org_time_ends_with_the_year_2099() -> None:
    clock = running(org=LATEST - 5)
    assert clock.now(10**12 + MINUTE) == LATEST


class Wall:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    clock = Wall()
    for name, module in list(sys.modules.items()):
        if name.startswith("freshtoken_model") and hasattr(module, "wall_clock"):
            monkeypatch.setattr(module, "wall_clock", clock)
    return clock


@pytest.fixture
def running_org(tmp_path: Path, wall: Wall) -> Path:
    path = tmp_path / "running.db"
    Org.create(path, seed="clock", hashing=CHEAP)
    return path


def test_a_new_training_org_begins_on_tuesday_24_november_2026_at_14(running_org: Path) -> None:
    with Org(running_org, CHEAP) as org:
        assert iso(org.clock.read().seen_org) == "2026-11-24T14:00:00.000+0000"
        assert org.clock.read().running


def test_an_org_untouched_for_more_than_an_hour_resumes_where_it_was_left(
    running_org: Path, wall: Wall
) -> None:
    with Org(running_org, CHEAP) as org:
        wall.now += 20 * MINUTE
        org.clock.touch()
    wall.now += 30 * DAY
    with Org(running_org, CHEAP) as org:
        assert org.clock.read().seen_org == START + 20 * MINUTE
        org.clock.touch()
        wall.now += 5 * MINUTE
        assert org.clock.read().seen_org == START + 25 * MINUTE


def test_an_org_touched_within_the_hour_has_lived_through_it(running_org: Path, wall: Wall) -> None:
    with Org(running_org, CHEAP) as org:
        for _ in range(5):
            wall.now += HOUR
            org.clock.touch()
        assert org.clock.read().seen_org == START + 5 * HOUR


def test_a_wall_clock_set_back_neither_turns_org_time_back_nor_stops_it(
    running_org: Path, wall: Wall
) -> None:
    with Org(running_org, CHEAP) as org:
        wall.now += 10 * MINUTE
        org.clock.touch()
        wall.now -= 3 * HOUR
        assert org.clock.read().seen_org == START + 10 * MINUTE
        org.clock.touch()
        wall.now += MINUTE
        assert org.clock.read().seen_org == START + 11 * MINUTE


def test_a_frozen_org_runs_on_from_where_it_froze(running_org: Path, wall: Wall) -> None:
    with Org(running_org, CHEAP) as org:
        wall.now += MINUTE
        assert org.clock.switch(running=False) and not org.clock.switch(running=False)
        wall.now += 30 * MINUTE
        assert org.clock.read().seen_org == START + MINUTE
        assert org.clock.switch(running=True) and not org.clock.switch(running=True)
        wall.now += MINUTE
        assert org.clock.read().seen_org == START + 2 * MINUTE


def test_a_lockout_ends_while_org_time_runs_by_itself(running_org: Path, wall: Wall) -> None:
    with Org(running_org, CHEAP) as org:
        org.database.conn.execute(
            "update user set locked_at = ?, locked_until = ? where id = 1",
            (START, START + 15 * MINUTE),
        )
        wall.now += 15 * MINUTE - 1
        org.clock.touch()
        assert org.users.get(INTEGRATION).state == "locked"
        wall.now += 1
        org.clock.touch()
        assert org.users.get(INTEGRATION).state == "active"


def test_two_openers_of_one_file_see_one_time(running_org: Path, wall: Wall) -> None:
    with Org(running_org, CHEAP) as one, Org(running_org, CHEAP) as other:
        one.clock.advance(2 * HOUR)
        assert other.clock.read().seen_org == one.clock.read().seen_org == START + 2 * HOUR


def test_org_time_goes_forward_only(org: Org) -> None:
    assert org.clock.advance(15 * MINUTE) == START + 15 * MINUTE
    assert org.clock.set(START + HOUR) == START + HOUR == org.clock.read().seen_org
    before = org.info().last_event
    with pytest.raises(NotAllowedError, match="forward only"):
        org.clock.advance(-1)
    with pytest.raises(NotAllowedError, match="forward only"):
        org.clock.set(START + HOUR - 1)
    with pytest.raises(NotAllowedError, match="2099"):
        org.clock.advance(100 * 365 * DAY)
    assert org.clock.read().seen_org == START + HOUR and org.info().last_event == before
    assert org.clock.set(START + HOUR) == START + HOUR, "now is not the past"


def test_a_clock_that_is_set_shows_exactly_that_moment_while_it_runs(
    running_org: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ticking() -> int:
        wall.now += 1
        return wall.now

    monkeypatch.setattr("freshtoken_model.org.wall_clock", ticking)
    monkeypatch.setattr("freshtoken_model.store.use_case.wall_clock", ticking)
    with Org(running_org, CHEAP) as org:
        assert org.clock.set(START + HOUR) == START + HOUR


def test_the_log_says_how_the_clock_was_moved(org: Org, kinds: Callable) -> None:
    before = org.info().last_event
    org.clock.advance(90 * MINUTE)
    org.clock.switch(running=True)
    org.clock.switch(running=False)
    events = org.history.events(before)
    assert [(event.kind, event.detail) for event in events] == [
        ("clock_changed", "forward 1 hour 30 minutes"),
        ("clock_changed", "runs"),
        ("clock_changed", "frozen"),
    ]


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("15m", 15 * MINUTE), ("1h30m", 90 * MINUTE), ("2d", 2 * DAY), ("45s", 45 * SECOND),
     ("1d1h1m1s", DAY + HOUR + MINUTE + SECOND), ("0s", 0), ("007m", 7 * MINUTE),
     ("15M", 15 * MINUTE), ("15 min", 15 * MINUTE), ("1w", 7 * DAY),
     ("1y 2w 15min", 379 * DAY + 15 * MINUTE)],
)  # fmt: skip
def test_a_duration_is_read(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    "text", ["", "15", "m", "-15m", "1.5h", "9999999d", "15mm", "15mins", "1h30", "1 day"]
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 15m, 1h30m, 2d or 1y 2w"):
        parse_duration(text)


@given(st.text(max_size=12))
def test_any_text_is_a_duration_or_refused_in_words(text: str) -> None:
    try:
        assert parse_duration(text) >= 0
    except ValueError as error:
        assert "is not a duration" in str(error)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-11-24T14:00:00Z", "UTC", START),
        ("2026-11-24T14:00", "Europe/London", START),
        ("2026-11-24T15:00", "Europe/Berlin", START),
        ("2026-11-24T09:00:00-05:00", "Europe/London", START),
        ("2026-07-01T14:00", "Europe/London", START - 146 * DAY - HOUR),
        ("2026-11-24", "UTC", START - 14 * HOUR),
    ],
)
def test_a_moment_without_an_offset_is_in_the_orgs_time_zone(
    text: str, zone: str, expected: int
) -> None:
    assert parse_moment(text, zone) == expected


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "14:00", "2026-13-01", "2026-11-24T25:00", "24.11.2026"]
)
def test_what_is_no_moment_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 2026-11-24T14:00"):
        parse_moment(text, "UTC")


@pytest.mark.parametrize(
    "text", ["1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "0001-01-01", "9999-12-31T23:59:59Z"]
)
def test_a_moment_outside_2000_to_2099_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="outside the years 2000 to 2099"):
        parse_moment(text, "Europe/London")


@given(st.datetimes(), st.sampled_from(["UTC", "Europe/London", "Asia/Kolkata", "Pacific/Apia"]))
def test_any_moment_is_read_or_refused_in_words(moment: datetime, zone: str) -> None:
    try:
        read = parse_moment(moment.isoformat(), zone)
    except ValueError as error:
        assert "outside the years" in str(error)
    else:
        assert parse_moment(iso(read).replace("+0000", "Z"), zone) == read


@pytest.mark.parametrize(
    ("gap", "words"),
    [(0, "just now"), (59_999, "just now"), (MINUTE, "1 minute ago"), (3 * MINUTE, "3 minutes ago"), (HOUR, "1 hour ago"),
     (47 * HOUR, "1 day ago"), (61 * DAY, "61 days ago"), (-HOUR, "just now")],
)  # fmt: skip
def test_how_long_ago_in_words(gap: int, words: str) -> None:
    assert since(START, START + gap) == words

"""The timeline's cells and marks are what the event log says, at every zoom; the incident tells
what happened.
"""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshtoken_model.history.timeline import BIN_WIDTHS, Cell, Counts, begin, fitting
from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY, HOUR, MINUTE, parse_moment, parse_moment_near
from freshtoken_tui.timeline_render import as_picture, as_sentences, as_svg

from ..world import CHEAP, FRIDAY

ZONE = "Europe/London"
CALLS = ("login_accepted", "login_refused", "run_refused", "run_worked")


@pytest.fixture(scope="module")
def weekend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An org after the weekend of the preset night, with a Monday on which somebody helps."""
    path = tmp_path_factory.mktemp("night") / "org.db"
    Org.create(path, seed="night", frozen_at=FRIDAY, hashing=CHEAP, preset="night")
    with Org(path, CHEAP) as org:
        org.passwords.change("integration", "Harbour-Light-7", "Friday-Evening-5")
        org.clock.set(parse_moment("2026-11-30T09:00:00Z", "UTC"))
        org.users.unlock("integration")
        token = org.mail.newest_token("integration@acme.example") or ""
        org.clients.hold(3, password="Friday-Evening-5", token=token)
        org.clock.advance(3 * HOUR)
    return path


def naively(org: Org, start: int, step: int, cells: int) -> dict[tuple[int, int], Counter[str]]:
    """What the log says of each client's cells."""
    found: dict[tuple[int, int], Counter[str]] = {}
    statuses = {row.event_id: row.status for row in org.history.logins(limit=10**6)}
    for event in org.history.events(limit=10**6):
        cell = (event.at - start) // step
        if event.kind in CALLS and event.client_id is not None and 0 <= cell < cells:
            locked = event.kind == "login_refused" and statuses[event.id] == "Password Lockout"
            name = {"login_accepted": "accepted", "run_worked": "worked"}.get(
                event.kind, "locked" if locked else "refused"
            )
            found.setdefault((event.client_id, cell), Counter())[name] += 1
    return found


@settings(max_examples=25)
@given(step=st.sampled_from(BIN_WIDTHS), cells=st.integers(1, 90), hours=st.integers(-80, 90))
def test_every_cell_has_the_counts_of_the_log(
    weekend: Path, step: int, cells: int, hours: int
) -> None:
    with Org(weekend, CHEAP) as org:
        start = begin(FRIDAY + hours * HOUR, step, ZONE)
        shown = org.timeline.read(start, step, cells)
        counts = {
            (lane.client_id, cell): Counter({k: v for k, v in _fields(found).items() if v})
            for lane in shown.lanes
            for cell, found in lane.cells.items()
        }
        assert counts == naively(org, start, step, cells)
        marks = [event.id for cell in sorted(shown.marks) for event in shown.marks[cell]]
        assert marks == sorted(set(marks)) and all(
            shown.moment(cell) <= event.at < shown.moment(cell + 1)
            for cell, events in shown.marks.items()
            for event in events
        )


def _fields(counts: Counts) -> dict[str, int]:
    return {
        "accepted": counts.accepted,
        "refused": counts.refused,
        "locked": counts.locked,
        "worked": counts.worked,
    }


def test_the_events_of_a_cell_are_those_that_were_counted(weekend: Path) -> None:
    with Org(weekend, CHEAP) as org:
        start = begin(FRIDAY, HOUR, ZONE)
        shown = org.timeline.read(start, HOUR, 12)
        for lane in shown.lanes:
            for cell, counts in lane.cells.items():
                events = org.timeline.events(
                    lane.client_id, shown.moment(cell), shown.moment(cell + 1)
                )
                assert len(events) == sum(_fields(counts).values())


def test_the_worst_of_a_cell_is_told() -> None:
    assert Counts(5, 1, 1, 5).cell is Cell.LOCKED
    assert Counts(1, 1, 0, 0).cell is Cell.MIXED and Counts(0, 1, 0, 1).cell is Cell.MIXED
    assert Counts(0, 2, 0, 0).cell is Cell.REFUSED
    assert Counts(1, 0, 0, 3).cell is Cell.ACCEPTED and Counts(0, 0, 0, 3).cell is Cell.WORKED
    assert Counts().cell is Cell.NOTHING


@given(span=st.integers(1, 400 * DAY), cells=st.integers(30, 200))
def test_the_smallest_step_that_shows_a_span_is_taken(span: int, cells: int) -> None:
    step = fitting(span, cells)
    assert step * cells >= span or step == BIN_WIDTHS[-1]
    smaller = [other for other in BIN_WIDTHS if other < step]
    assert not smaller or smaller[-1] * cells < span


def test_cells_of_a_day_begin_at_midnight_of_the_org_also_in_summer() -> None:
    summer = parse_moment("2027-07-15T12:00:00", ZONE)
    assert begin(summer, DAY, ZONE) == parse_moment("2027-07-15T00:00:00", ZONE)


def test_an_empty_org_has_an_empty_timeline(org: Org) -> None:
    now = org.clock.read().seen_org
    shown = org.timeline.read(now + DAY, HOUR, 10)
    assert [lane.client for lane in shown.lanes] == ["Nightly sync"] and shown.marks == {}
    assert "Nightly sync" in as_picture(shown, ZONE)
    assert list(as_sentences(shown, ZONE)) == [
        "Nightly sync, as integration@acme.example:",
        "  did not call.",
    ]
    assert as_svg(shown, ZONE).endswith("</svg>\n")


def test_the_incident_tells_cause_culprit_locks_end_and_who_came_back(weekend: Path) -> None:
    with Org(weekend, CHEAP) as org:
        told = org.incidents.of("integration")
    words = [sentence.words for sentence in told.sentences]
    assert (
        words[0]
        == "integration@acme.example changed the password; the security token died with it."
    )
    assert any(
        said.startswith("Legacy export failed first: password wrong; refused 3,780 more times")
        for said in words
    )
    assert "an admin unlocked integration@acme.example." in [
        said[:1].lower() + said[1:] for said in words
    ]
    assert (
        words[-1] == "Legacy export was let in again." or "Legacy export was let in again." in words
    )
    assert (told.culprit, told.over) == ("Legacy export", True)
    assert [s.at for s in told.sentences] == sorted(s.at for s in told.sentences)
    with Org(weekend, CHEAP) as org:
        behind = [s for s in told.sentences if s.kind == "login_refused"]
        assert all(
            (attempt := org.history.attempt(s.event_id or 0)) is not None and not attempt.accepted
            for s in behind
        )


def test_a_user_without_a_refusal_has_no_incident(weekend: Path) -> None:
    with Org(weekend, CHEAP) as org:
        told = org.incidents.of("ada")
    assert (told.sentences, told.culprit, told.over) == ((), None, True)


def test_a_refusal_long_ago_is_another_trouble(org: Org, log_in) -> None:
    log_in("integration@acme.example", "wrong")
    org.clock.advance(10 * DAY)
    log_in("integration@acme.example", "wrong again")
    told = org.incidents.of("integration")
    first = next(s for s in told.sentences if s.kind == "login_refused")
    assert first.at == org.clock.read().seen_org and first.words.startswith(
        "A login outside any API client failed first"
    )


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("15m", FRIDAY + 15 * MINUTE),
        ("2d", FRIDAY + 2 * DAY),
        ("mon 9:00", parse_moment("2026-11-30T09:00:00Z", "UTC")),
        ("Monday 9:00", parse_moment("2026-11-30T09:00:00Z", "UTC")),
        ("fri 17:31", FRIDAY + MINUTE),
        ("fri 17:30", FRIDAY + 7 * DAY),
        ("17:30", FRIDAY + DAY),
        ("18:30", FRIDAY + HOUR),
        ("2026-12-24T18:00", parse_moment("2026-12-24T18:00:00", ZONE)),
        ("24 Dec 2026 18:00", parse_moment("2026-12-24T18:00:00", ZONE)),
        ("24 december 2026", parse_moment("2026-12-24", ZONE)),
        ("Monday", parse_moment("2026-11-30", ZONE)),
        ("tomorrow", parse_moment("2026-11-28", ZONE)),
        ("1y", FRIDAY + 365 * DAY),
    ],
)
def test_a_moment_is_meant_as_it_is_said(text: str, moment: int) -> None:
    assert parse_moment_near(text, FRIDAY, ZONE, ahead=True) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("15m", FRIDAY - 15 * MINUTE),
        ("today", parse_moment("2026-11-27", ZONE)),
        ("yesterday", parse_moment("2026-11-26", ZONE)),
        ("mon 9:00", parse_moment("2026-11-23T09:00", ZONE)),
        ("17:30", FRIDAY),
        ("17:31", FRIDAY - DAY + MINUTE),
        ("fri 17:31", FRIDAY - 7 * DAY + MINUTE),
        ("2026-11-24", parse_moment("2026-11-24", ZONE)),
    ],
)
def test_what_is_looked_back_at_lies_in_the_past(text: str, moment: int) -> None:
    assert parse_moment_near(text, FRIDAY, ZONE, ahead=False) == moment


@pytest.mark.parametrize(
    "text", ["", "someday", "25:00", "24 Foo 2026", "foo 9:00", "9:61", "1999-01-01", "2026-13-01"]
)
def test_what_is_no_moment_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"moment|years"):
        parse_moment_near(text, FRIDAY, ZONE, ahead=True)

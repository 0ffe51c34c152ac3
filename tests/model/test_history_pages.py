"""Login History page by page: whatever is filtered, keyset pages give what a naive reading of all
rows gives.
"""

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.history import login_history
from freshtoken_model.history.login_csv import HEADING, csv_page
from freshtoken_model.history.login_history import CSV_COLUMNS, LoginFilter, LoginRow, parse_span
from freshtoken_model.org import Org
from freshtoken_model.store.connection import Database
from freshtoken_model.store.events import Shape, shared_id
from freshtoken_model.values.clock import DAY, HOUR, MINUTE, parse_moment
from freshtoken_model.values.spreadsheet import csv_lines
from freshtoken_model.values.visible import visible

from ..world import START

ROWS, APART = 700, 7_000
USERS = ("integration@acme.example", "ada@acme.example", "lee@acme.example")
ADDRESSES = ("203.0.113.7", "198.51.100.20", "2001:db8::7")
APPLICATIONS = ("Nightly sync", "", "O'Brien's \"tool\" [x]")
KEYS = (
    "success",
    "success",
    "invalid_password",
    "token_required",
    "password_lockout",
    "success",
    "invalid_password",
)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    """An org with hundreds of logins of a few users, from a few addresses and applications; lee has
    none.
    """
    path, cheap = tmp_path_factory.mktemp("many") / "org.db", Hashing(memory_kib=8, passes=1)
    Org.create(path, seed="pages", frozen_at=START, hashing=cheap)
    conn = sqlite3.connect(path)
    db = Database(conn)
    (_, *first) = conn.execute("select * from shape where id = 1").fetchone()
    shapes = [
        shared_id(db, Shape(*first)._replace(address=address, application=application))
        for address in ADDRESSES
        for application in APPLICATIONS
    ]
    users = [
        conn.execute("select id from user where username = ?", (name,)).fetchone()[0]
        for name in USERS[:2]
    ]
    conn.executemany(
        "insert into login_history(user_id, login_time, shape_id, status, event_id) values (?, ?, "
        "?, ?, 1)",
        [
            (
                users[n % 5 % 2],
                START + n * APART // 3 * 3,
                shapes[n * n % len(shapes)],
                KEYS[n // 3 % len(KEYS)],
            )
            for n in range(ROWS - 1)
        ],
    )
    conn.commit()
    conn.close()
    with Org(path, cheap) as org:
        yield org


@pytest.fixture(scope="module")
def every(many: Org) -> list[LoginRow]:
    """Every row, newest first."""
    return many.history.rows(range(many.history.newest(), 0, -1))


def naively(every: list[LoginRow], which: LoginFilter) -> list[LoginRow]:
    """Of every row, those the filter means in words."""
    return [
        row
        for row in every
        if which.username in ("", row.username)
        and which.status in ("", row.status)
        and which.source_ip in ("", row.source_ip)
        and which.application in ("", row.application)
        and (which.since is None or row.login_time >= which.since)
        and (which.until is None or row.login_time < which.until)
    ]


def in_pages(org: Org, which: LoginFilter, size: int) -> list[int]:
    """All ids, by their keysets."""
    found: list[int] = []
    while page := org.history.ids(which, found[-1] if found else None, size):
        assert len(page) <= size
        found += page
    return found


def perhaps(*values: str) -> st.SearchStrategy[str]:
    """One of them, or as often none: filters that let nothing through would find no mistake."""
    return st.just("") | st.sampled_from(values)


MOMENTS = (
    st.none()
    | st.integers(START - HOUR, START + ROWS * APART + HOUR)
    | st.just(START)
    | st.just(START + 3 * APART)
)
FILTERS = st.builds(
    LoginFilter,
    perhaps(*USERS, "nobody@acme.example"),
    perhaps("Success", "Invalid Password", "Password Lockout", "User is Frozen", "No such status"),
    perhaps(*ADDRESSES, "192.0.2.1"),
    perhaps("Nightly sync", "N/A", APPLICATIONS[2], "Nobody's"),
    MOMENTS,
    MOMENTS,
)


@settings(max_examples=50)
@given(
    which=FILTERS,
    size=st.integers(9, 900),
    rare=st.sampled_from((0, 40, 100_000)),
    after=st.integers(0, ROWS + 5),
)
@example(
    which=LoginFilter(since=START + 3 * APART, until=START + 9 * APART), size=1, rare=0, after=4
)
@example(
    which=LoginFilter(source_ip=ADDRESSES[1], until=START + 9 * APART),
    size=1,
    rare=100_000,
    after=4,
)
def test_pages_by_keyset_give_what_reading_every_row_gives(
    many: Org, every, which, size, rare, after
) -> None:
    wanted = [row.id for row in naively(every, which)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(login_history, "RARE", rare)  # whichever index is walked
        assert in_pages(many, which, size) == wanted
        assert many.history.ids(which, after=after) == [
            number for number in wanted if number > after
        ]
        assert many.history.ids(which, limit=-1) == wanted


def test_the_filters_of_these_tests_do_find_something(many: Org, every) -> None:
    assert many.history.newest() == ROWS == len(every)
    for which in (
        LoginFilter(username=USERS[1], status="Invalid Password"),
        LoginFilter(status="Success", source_ip=ADDRESSES[2]),
        LoginFilter(application="N/A", since=START + HOUR // 2),
    ):
        assert 0 < len(naively(every, which)) < ROWS
    assert naively(every, LoginFilter(username=USERS[2])) == []


def test_rows_come_newest_first_whatever_the_order_and_the_number_asked_for(
    many: Org, every
) -> None:
    assert len(every) == ROWS > login_history.CHUNK and [row.id for row in every] == list(
        range(ROWS, 0, -1)
    )
    assert many.history.rows([3, 999_999, 5, 0, -1]) == [every[ROWS - 5], every[ROWS - 3]]
    assert many.history.rows([]) == []


def test_a_row_has_a_field_for_every_real_column_and_knows_whether_it_let_in(every) -> None:
    for row in every:
        assert set(CSV_COLUMNS.values()) <= set(row.fields())
        told = row.fields() | {"LoginSubType": row.subtype.label if row.subtype else "N/A"}
        assert row.cells() == tuple(told[name] for name in CSV_COLUMNS.values())
        assert row.accepted == (row.fields()["Status"] == "Success")


def test_what_can_be_picked_is_what_occurs(many: Org, every) -> None:
    assert many.history.statuses() == sorted({row.status for row in every})
    assert many.history.shapes("address") == sorted({row.source_ip for row in every})
    assert many.history.shapes("application") == sorted({row.application for row in every})
    assert many.history.subtypes() == sorted({row.cells()[-1] for row in every})


def test_success_can_be_picked_before_anybody_was_refused(org: Org) -> None:
    assert org.history.statuses() == ["Success"]


def test_where_unknown_usernames_came_from_cannot_be_picked_because_they_leave_no_row(
    org: Org,
) -> None:
    org.login(
        Attempt(
            "ghost@acme.example", "x", Door.SOAP, "192.0.2.99", "64.0", application=visible("Ghost")
        )
    )
    assert "192.0.2.99" not in org.history.shapes("address") and "Ghost" not in org.history.shapes(
        "application"
    )
    org.login(Attempt(USERS[1], "x", Door.SOAP, "192.0.2.99", "64.0", application=visible("Ghost")))
    assert "192.0.2.99" in org.history.shapes("address") and "Ghost" in org.history.shapes(
        "application"
    )
    assert [
        row.username
        for row in org.history.rows(org.history.ids(LoginFilter(application=visible("Ghost"))))
    ] == [USERS[1]]


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("", None, None),
        ("  ", None, None),
        ("2h", START - 2 * HOUR, None),
        (" 3D ", START - 3 * DAY, None),
        ("1h30m", START - 90 * MINUTE, None),
        ("today", START - 14 * HOUR, None),
        ("Today", START - 14 * HOUR, None),
        ("2026-11-20", START - 4 * DAY - 14 * HOUR, None),
        ("2026-11-24T13:00", START - HOUR, None),
        ("2026-11-24T13:00:00Z", START - HOUR, None),
        ("2026-11-24T13:00:00+02:00", START - 3 * HOUR, None),
        ("2h..1h", START - 2 * HOUR, START - HOUR),
        ("3d .. today", START - 3 * DAY, START - 14 * HOUR),
        ("..2026-11-24", None, START - 14 * HOUR),
        ("2026-11-20..", START - 4 * DAY - 14 * HOUR, None),
    ],
)
def test_a_time_filter_is_read_as_a_person_means_it(
    text: str, since: int | None, until: int | None
) -> None:
    assert parse_span(text, START, "Europe/London") == (since, until)


def test_today_begins_at_midnight_of_the_orgs_time_zone_on_the_day_clocks_change_too() -> None:
    late = parse_moment("2026-10-25T20:00:00Z", "UTC")
    assert parse_span("today", late, "Europe/London")[0] == parse_moment(
        "2026-10-25T00:00:00+01:00", "UTC"
    )
    assert parse_span("today", START, "Asia/Tokyo")[0] == parse_moment(
        "2026-11-24T00:00:00+09:00", "UTC"
    )


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2", "h", "2x", "2h..soon", "24.11.2026", "2026-13-01", "1999-01-01", "2h 3"],
)
def test_a_time_that_is_none_is_refused_in_one_kind_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time; write it like today, 2h, 3d, ") as refused:
        parse_span(text, START, "Europe/London")
    assert repr(text) in str(refused.value)


def test_pages_are_never_read_by_counting_rows_off(many: Org) -> None:
    said: list[str] = []
    many.database.conn.set_trace_callback(said.append)
    try:
        for which in (
            LoginFilter(),
            LoginFilter(USERS[0], "Invalid Password", ADDRESSES[0], "N/A", START, START + HOUR),
        ):
            many.history.rows(many.history.ids(which, 500, 50))
    finally:
        many.database.conn.set_trace_callback(None)
    assert any("login_history" in statement for statement in said)
    assert not [statement for statement in said if "offset" in statement.lower()]


def test_reading_writes_nothing_and_leaves_no_transaction_open(many: Org) -> None:
    before = many.database.conn.total_changes
    in_pages(many, LoginFilter(status="Success", application="N/A"), 10)
    many.history.statuses()
    many.history.shapes("address")
    assert many.database.conn.total_changes == before and not many.database.conn.in_transaction


@pytest.mark.parametrize("page", [1, 7, ROWS + 1])
@pytest.mark.parametrize(
    "which", [LoginFilter(), LoginFilter(username=USERS[0], status="Invalid Password")]
)
def test_the_csv_says_what_the_rows_say(many: Org, which: LoginFilter, page: int) -> None:
    lines, before, done = str(HEADING), None, False
    while not done:
        found = csv_page(many.history, which, before, page)
        lines, before = lines + found.lines, found.oldest
        done = before is None
    rows = many.history.rows(many.history.ids(which))
    assert rows
    assert lines == csv_lines([tuple(CSV_COLUMNS), *(row.cells() for row in rows)])


def test_a_formula_in_an_application_s_name_is_written_as_text(org: Org) -> None:
    org.login(
        Attempt(
            USERS[0], "wrong", Door.SOAP, ADDRESSES[0], "64.0", application=visible("=1+1,\n\x1b")
        )
    )
    newest, *_ = csv_page(org.history, LoginFilter()).lines.splitlines()
    assert ',"\'=1+1,\\n\\x1b",' in newest

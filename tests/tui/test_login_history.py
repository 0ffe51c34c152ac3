"""Login History: every row can be reached at once and is the right one, and who reads keeps the
place.
"""

import sqlite3
import threading
from pathlib import Path

import pytest
from textual.events import MouseScrollDown
from textual.widgets import Select, Static

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.history.login_history import CSV_COLUMNS, History
from freshtoken_model.org import Org
from freshtoken_model.store.connection import Database
from freshtoken_model.store.events import Shape, shared_id
from freshtoken_model.values.clock import HOUR, at
from freshtoken_model.values.errors import OrgFileError
from freshtoken_model.values.visible import visible
from freshtoken_tui.screens import login_history
from freshtoken_tui.screens.login_history import LABEL
from freshtoken_tui.widgets.login_table import WIDTHS, LoginTable

from ..world import ADA, INTEGRATION, START
from .test_windows import resize

MANY = 5000


def fill(path: Path, rows: int = MANY) -> None:
    """Rows up to that many: every 7th is a wrong password of ada's, every 50th one of a tool at the
    office.
    """
    conn = sqlite3.connect(path)
    (_, *first) = conn.execute("select * from shape where id = 1").fetchone()
    other = Shape(*first)._replace(address="198.51.100.20", application="[bold]Tool\x1b[2J")
    tool = shared_id(Database(conn), other)
    conn.execute(
        f"""with recursive n(i) as (select 2 union all select i + 1 from n where i < {rows})
        insert into login_history select i, case when i % 7 then 1 else 2 end, {START} - ({rows} - i) * 200,
        case when i % 50 then 1 else {tool} end, case when i % 7 then 'success' else 'invalid_password' end, 1 from n"""
    )
    conn.commit()
    conn.close()


def add(org: Org, count: int = 1, user: str = ADA) -> None:
    """So many logins, refused."""
    for _ in range(count):
        org.login(
            Attempt(
                user, "wrong", Door.SOAP, "203.0.113.7", "64.0", application=visible("Nightly sync")
            )
        )


@pytest.fixture
def many(org_file: Path) -> Path:
    """An org of 5,000 logins."""
    fill(org_file)
    return org_file


async def opened(player) -> LoginTable:
    """The page, its first rows read and its filters there."""
    await player.press("f5")
    await player.until(lambda: player.app.main.page.id == "page-history", "Login History")
    table = player.app.main.page.query_one(LoginTable)
    await player.until(
        lambda: len(table.ids) > 0 and player.app.main.page.filters.filled,
        "the rows and the filters",
    )
    await whole(player)
    return table


async def whole(player) -> None:
    """No row in sight is waited for."""
    table = player.app.main.page.query_one(LoginTable)

    def there() -> bool:
        top = table.scroll_offset.y
        seen = range(top, min(len(table.ids), top + table.rows_in_sight))
        return not player.app.main.page._gathering and all(
            table._cells.get(table.ids[row]) for row in seen
        )

    await player.until(there, "all rows in sight")
    await player.pilot.pause()


def lines(player) -> list[str]:
    """The rows as they are read on the screen."""
    table = player.app.main.page.query_one(LoginTable)
    shown = player.screen().split("\n")[table.region.y + 1 : table.region.bottom]
    return [line[table.region.x : table.region.right - 1].rstrip() for line in shown]


def said(player) -> str:
    """The line of numbers."""
    return str(player.app.main.page.query_one("#history-count", Static).content)


def short(moment: int) -> str:
    return f"{at(moment, 'Europe/London'):%d %b %H:%M:%S}"


async def pick(player, name: str, value: str) -> None:
    """Pick a value from a list."""
    select: Select[str] = player.app.main.page.query_one(f"#filter-{name}", Select)
    await player.until(lambda: value in select._legal_values, f"{value!r} among {name}")
    table = player.app.main.page.query_one(LoginTable)
    before, select.value = table.ids, value
    await player.until(lambda: table.ids is not before, f"{name} {value!r}")
    await whole(player)


# ---- The rows


def test_the_columns_are_salesforces() -> None:
    assert set(WIDTHS) == set(CSV_COLUMNS)
    wanted = ["Login Time", "Status", "Username", "Source IP", "Login Type", "Application"]
    assert list(WIDTHS) == [*wanted, "API Type", "API Version", "Login URL", "Login Subtype"]


async def test_the_newest_rows_are_shown_under_the_real_headings(many: Path, play) -> None:
    async with play(many, (80, 24)) as player:
        await opened(player)
        await player.sees("Login Time Status Username Source IP ›")
        assert said(player) == "5,000 logins"
        assert lines(player)[0].split() == [
            *short(START).split(),
            "Success",
            INTEGRATION,
            "198.51.100.20",
        ]
        assert lines(player)[2].split()[3:6] == ["Invalid", "Password", ADA], "the 4,998th is ada's"


@pytest.mark.parametrize(
    "size",
    [(80, 24), (120, 40), (160, 50)],
)
async def test_every_row_can_be_reached_and_is_the_right_one(
    many: Path, org: Org, play, size
) -> None:
    rows = {row.id: row for row in org.history.rows(range(1, MANY + 1))}

    def right() -> None:
        top, shown = table.scroll_offset.y, lines(player)
        assert len(shown) == table.rows_in_sight > 5
        for number, line in enumerate(shown):
            row = rows[MANY - top - number]
            assert line.startswith(short(row.login_time)) and row.status in line, (
                f"row {row.id}: {line}"
            )

    async with play(many, size) as player:
        table = await opened(player)
        right()
        await player.press("end")
        await whole(player)
        assert table.cursor == MANY - 1 and table.scroll_offset.y == MANY - table.rows_in_sight
        right()
        assert lines(player)[-1].startswith("24 Nov 13:40:00"), "the org's first login"
        await player.press("pageup", "pageup", "up")
        await whole(player)
        assert table.cursor == MANY - 2 - 2 * table.rows_in_sight
        right()
        table.scroll_to(y=2_345, animate=False)
        await whole(player)
        right()
        await player.press("home")
        await whole(player)
        assert (table.cursor, table.scroll_offset.y) == (0, 0)
        await player.press("pagedown", "down")
        await whole(player)
        assert table.cursor == table.rows_in_sight + 1
        right()


async def test_what_is_read_is_what_is_in_sight_and_a_bounded_number_is_kept(
    many: Path, play, monkeypatch
) -> None:
    asked: list[int] = []
    real = History.rows
    monkeypatch.setattr(
        History, "rows", lambda self, ids: asked.append(len(ids)) or real(self, ids)
    )
    async with play(many) as player:
        table = await opened(player)
        for row in range(0, MANY, 100):
            table.scroll_to(y=row, animate=False)
            await whole(player)
        assert sum(asked) > 2_000, "more than is kept was read"
        assert max(asked) <= max(3 * table.rows_in_sight, login_history.FIRST_ROWS)
        assert len(table._cells) <= 2_000


async def test_while_rows_are_read_dots_are_shown_and_only_where_one_stops_is_read(
    many: Path, play, monkeypatch
) -> None:
    async with play(many) as player:
        table = await opened(player)
        calls, gate, real = [], threading.Event(), History.rows

        def slowly(self: History, ids):
            calls.append(list(ids))
            gate.wait(20)
            return real(self, ids)

        monkeypatch.setattr(History, "rows", slowly)
        try:
            for row in range(500, 4_500, 100):
                table.scroll_to(y=row, animate=False)
                await player.pilot.pause()
            await player.until(lambda: "····" in lines(player)[0], "dots")
            assert len(calls) == 1
        finally:
            gate.set()
        await whole(player)
        assert "····" not in player.screen() and len(calls) <= 3, (
            "where one was, where one is, and what is around it"
        )


async def test_left_and_right_show_the_other_columns_one_by_one(many: Path, play) -> None:
    async with play(many, (60, 24)) as player:
        table = await opened(player)
        heading = [player.screen().split("\n")[table.region.y][table.region.x : table.region.right]]
        assert heading[0].startswith("Login Time") and "›" in heading[0]
        for _ in range(12):
            await player.press("right")
            heading.append(
                player.screen().split("\n")[table.region.y][table.region.x : table.region.right]
            )
        for name in ("Status", "Username", "Source IP", "Login Type", "Application"):
            assert any(line.startswith(f"‹{name}") for line in heading), name
        assert (
            "Login Subtype" in heading[-1] and "›" not in heading[-1] and heading[-1] == heading[-2]
        )
        assert "SOAP API" in lines(player)[0] and "SOAP Partner" not in heading[-1]
        await player.press(*["left"] * 12)
        assert lines(player)[0].startswith(short(START))


async def test_a_login_of_another_year_says_so_and_its_columns_stay_in_place(
    org_file: Path, org: Org, play
) -> None:
    org.clock.advance(60 * 24 * HOUR)
    async with play(org_file, (80, 24)) as player:
        table = await opened(player)
        await player.press("end")
        await whole(player)
        assert lines(player)[min(table.cursor, table.rows_in_sight - 1)].startswith(
            "24Nov2026 13:40  Success  "
        )


async def test_an_application_that_names_itself_after_the_terminal_moves_nothing(
    many: Path, play
) -> None:
    async with play(many, (160, 50)) as player:
        await opened(player)
        await player.press(*["right"] * 5)
        assert any(r"[bold]Tool\x1b[2J" in line for line in lines(player))
        await pick(player, "application", r"[bold]Tool\x1b[2J")
        assert said(player) == "100 of 5,000 logins"


async def test_an_org_that_cannot_be_read_is_said_once_and_read_at_the_next_move(
    many: Path, play, monkeypatch
) -> None:
    async with play(many) as player:
        table = await opened(player)
        calls, real = [], History.rows

        def broken(self: History, ids):
            calls.append(ids)
            raise OrgFileError("The disk could not be read.")

        monkeypatch.setattr(History, "rows", broken)
        await player.press("end")
        await player.sees("The disk could not be read.")
        await player.pilot.pause(0.1)
        assert len(calls) <= 2, "once, and once more when the sentence takes room from the rows"
        monkeypatch.setattr(History, "rows", real)
        await player.press("pageup")
        await whole(player)
        await player.sees("Wrong password and wrong token read alike")
        assert "The disk could not be read." not in player.screen()
        assert lines(player)[-1].startswith(
            short(START - (MANY - table.ids[table.scroll_offset.y + len(lines(player)) - 1]) * 200)
        )


async def test_an_org_that_could_not_be_read_is_read_anew_with_the_next_change(
    many: Path, org: Org, play, monkeypatch
) -> None:
    def busy(self: History) -> int:
        raise OrgFileError("The disk is busy.")

    async with play(many) as player:
        await opened(player)
        with monkeypatch.context() as patch:
            patch.setattr(History, "newest", busy)
            player.app.main.page.query_one("#filter-username", Select).value = ADA
            await player.sees("The disk is busy.")
        add(org)
        await player.until(lambda: said(player) == "715 of 5,001 logins", "ada's rows")
        await player.sees("Wrong password and wrong token read alike")


# ---- What comes in while one looks


async def test_who_is_at_the_top_sees_new_rows_come_in(many: Path, org: Org, play) -> None:
    async with play(many) as player:
        table = await opened(player)
        add(org, 2)
        await player.until(lambda: said(player) == "5,002 logins", "two more")
        await whole(player)
        assert (table.cursor, table.scroll_offset.y, table.unseen) == (0, 0, 0)
        assert "Invalid Password" in lines(player)[0] and "Success" in lines(player)[2]


async def test_who_reads_further_down_keeps_the_place_and_is_told(
    many: Path, org: Org, play
) -> None:
    async with play(many, (80, 24)) as player:
        table = await opened(player)
        table.scroll_to(y=100, animate=False)
        await player.press("down")
        table._go(105)
        await whole(player)
        before, under = lines(player), table.ids[table.cursor]
        add(org, 3)
        await player.until(
            lambda: said(player) == "5,003 logins · ▲ 3 new above (home)", "the note"
        )
        await whole(player)
        assert lines(player) == before and table.ids[table.cursor] == under
        table.scroll_to(y=1, animate=False)
        await player.until(lambda: "▲ 1 new" in said(player), "two of them were seen")
        await player.press("home")
        await player.until(lambda: said(player) == "5,003 logins", "all were seen")
        add(org)
        await player.until(lambda: said(player) == "5,004 logins", "at the top it follows again")
        assert table.cursor == 0


async def test_what_came_in_between_reading_and_showing_is_not_lost(
    many: Path, org: Org, play, monkeypatch
) -> None:
    real, wait = History.newest, threading.Event()
    done: list[object] = []

    async with play(many) as player:

        def then_one_more(self: History) -> int:
            newest = real(self)
            if not done:
                done.append(newest)
                add(org)
                for _ in range(500):  # until the app has seen it: too early for the table
                    if player.app.org.view.info.last_event == org.info().last_event or wait.wait(
                        0.01
                    ):
                        break
            return newest

        monkeypatch.setattr(History, "newest", then_one_more)
        table = await opened(player)
        await player.until(lambda: table.ids.known == MANY + 1, "the row that came in meanwhile")
        await player.until(lambda: said(player) == "5,001 logins", "and its number")


async def test_a_filter_lets_in_only_what_it_means(many: Path, org: Org, play) -> None:
    async with play(many) as player:
        table = await opened(player)
        await pick(player, "username", ADA)
        add(
            org, 2, "sam@acme.example"
        )  # not the integration user: thousands in an hour are refused without a row
        await player.until(lambda: said(player) == "714 of 5,002 logins", "others' logins")
        add(org, 2)
        await player.until(lambda: said(player) == "716 of 5,004 logins", "two of ada's")
        await whole(player)
        assert [table.ids[row] for row in range(4)] == [MANY + 4, MANY + 3, 4_998, 4_991]
        await player.press("end")
        await whole(player)
        assert table.ids[715] == 7 and lines(player)[-1].startswith(short(START - (MANY - 7) * 200))


async def test_an_org_set_back_starts_over(many: Path, org: Org, play) -> None:
    async with play(many) as player:
        table = await opened(player)
        await pick(player, "username", INTEGRATION)
        await player.press("end")
        org.reset()
        await player.until(lambda: said(player) == "1 of 1 login", "the training org's one login")
        await whole(player)
        assert (table.cursor, table.scroll_offset.y) == (0, 0)
        assert lines(player)[0].startswith("24 Nov 13:40:00") and not lines(player)[1]


async def test_a_step_taken_back_takes_its_rows_along(org_file: Path, org: Org, play) -> None:
    async with play(org_file) as player:
        await opened(player)
        add(org, 1)
        await player.until(lambda: said(player) == "2 logins", "a login")
        await player.press("ctrl+b")
        await player.until(lambda: said(player) == "1 login", "taken back")
        await whole(player)
        assert "Success" in lines(player)[0] and not lines(player)[1]


def chosen(player, org: Org) -> str | None:
    """Whose login the API client shows."""
    number = player.app.client.pane.chosen
    attempt = org.history.attempt(number) if number else None
    return attempt.event.username if attempt else None


# ---- Why


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_enter_on_a_row_shows_why(org_file: Path, org: Org, play, size) -> None:
    add(org)
    add(org, 1, INTEGRATION)
    async with play(org_file, size) as player:
        await opened(player)
        await player.press("down", "enter")
        await player.until(lambda: chosen(player, org) == ADA, "ada's login")
        await player.until(lambda: player.app.client.pane.region.area > 0, "the client")


async def test_a_wide_window_shows_the_row_whole_beside_the_rows(many: Path, play) -> None:
    async with play(many, (160, 50)) as player:
        table = await opened(player)
        detail = player.app.main.query_one("#login-detail", Static)

        def told() -> list[str]:
            return [line[LABEL:] for line in str(detail.content).split("\n")]

        first = told()
        assert (
            table.row_shown and tuple(first) == table.row_shown.texts and len(first) == len(WIDTHS)
        )
        await player.press("down", "down")
        assert told() != first and table.row_shown and tuple(told()) == table.row_shown.texts
        await resize(player, (120, 40))
        assert not detail.region.area and table.region.right > 110


async def test_by_mouse_a_row_is_chosen_the_wheel_scrolls_and_the_heading_goes_sideways(
    many: Path, org: Org, play
) -> None:
    add(org)
    async with play(many, (80, 24)) as player:
        table = await opened(player)
        await player.pilot.click(LoginTable, offset=(5, 4))
        assert table.cursor == 3 and table.has_focus
        await player.pilot._post_mouse_events([MouseScrollDown], LoginTable, (5, 5))
        await player.until(lambda: table.scroll_offset.y > 0, "scrolled")
        assert table.cursor == 3
        await player.press("home")
        await player.pilot.click(LoginTable, offset=(table.room - 1, 0))
        assert table.scroll_offset.x > 0
        await player.pilot.click(LoginTable, offset=(0, 0))
        assert table.scroll_offset.x == 0
        await player.pilot.click(LoginTable, offset=(5, 1))
        await player.until(
            lambda: chosen(player, org) == ADA, "the row under the cursor, clicked again"
        )

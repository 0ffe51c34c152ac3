"""Login History filtered and written to a file: both show what the org knows, and disk or person
may be wrong.
"""

import csv
import threading
from pathlib import Path

import pytest
from textual.widgets import Input, Select

from freshtoken_model.history import login_csv
from freshtoken_model.history.login_history import CSV_COLUMNS, History, LoginFilter
from freshtoken_model.org import Org
from freshtoken_tui.screens import history_file, login_filters, login_history

from ..world import ADA, START
from .test_login_history import MANY, fill, lines, opened, pick, said, whole

FILE = "login-history-2026-11-24T1400"


@pytest.fixture
def many(org_file: Path) -> Path:
    """An org of 5,000 logins."""
    fill(org_file)
    return org_file


# ---- Filters


async def test_each_filter_and_all_together_show_what_the_org_knows(
    many: Path, org: Org, play, monkeypatch
) -> None:
    monkeypatch.setattr(login_history, "GATHERED", 130)  # several pages behind the first
    filters = [
        LoginFilter(username=ADA),
        LoginFilter(username=ADA, status="Invalid Password"),
        LoginFilter(username=ADA, status="Invalid Password", source_ip="198.51.100.20"),
        LoginFilter(username=ADA, status="Success", source_ip="198.51.100.20"),
    ]
    async with play(many, (120, 40)) as player:
        table = await opened(player)
        for which in filters:
            for name in login_filters.PICKED:
                if getattr(which, name) and getattr(player.app.main.page._which, name) != getattr(
                    which, name
                ):
                    await pick(player, name, getattr(which, name))
            wanted = org.history.ids(which)
            assert [table.ids[row] for row in range(len(table.ids))] == wanted
            assert said(player) == f"{len(wanted):,} of 5,000 logins"
        assert wanted == [] and lines(player)[0] == "No login matches the filters."
        await player.press("escape", "x")
        await player.until(lambda: said(player) == "5,000 logins", "everything again")
        assert all(select.is_blank() for select in player.app.main.page.query(Select))


async def test_the_filters_are_played_by_keys(many: Path, play) -> None:
    async with play(many, (120, 40)) as player:
        table = await opened(player)
        await player.press("slash", "enter")
        await player.type("ada")
        await player.press("enter")
        await player.until(lambda: said(player) == "714 of 5,000 logins", "ada's")
        assert not table.has_focus
        await player.press("escape")
        assert table.has_focus
        await player.press("x")
        await player.until(lambda: said(player) == "5,000 logins", "everything")


async def test_letters_reach_the_time_filter(many: Path, toasts: list[str], play) -> None:
    async with play(many, (120, 40)) as player:
        table = await opened(player)
        field = player.app.main.page.query_one("#filter-time", Input)
        field.focus()
        await player.press("c", "x", "slash", "left", "home")
        assert field.value == "cx/" and field.has_focus and toasts == []
        await player.press("escape")
        assert table.has_focus and field.value == "", "a time half typed is forgotten"
        assert "is not a time" not in " ".join(player.words())


async def test_a_time_filters_and_a_wrong_one_gets_a_kind_sentence_and_changes_nothing(
    many: Path, org: Org, play
) -> None:
    async with play(many, (120, 40)) as player:
        table = await opened(player)
        field = player.app.main.page.query_one("#filter-time", Input)
        for text, since in (("5m", START - 300_000), ("2026-11-24T13:59", START - 60_000)):
            field.focus()
            before, field.value = table.ids, text
            await player.press("enter")
            await player.until(lambda before=before: table.ids is not before, text)
            await whole(player)
            assert player.app.main.page._which.since == since
            assert len(table.ids) == len(org.history.ids(LoginFilter(since=since))) < MANY
            assert table.has_focus
        field.focus()
        field.value = "soonish"
        await player.press("enter")
        await player.sees("'soonish' is not a time; write it like today, 2h, 3d, 2026-11-24T14:00")
        assert field.has_focus and player.app.main.page._which.since == START - 60_000
        field.value = ""
        await player.press("tab")
        await player.until(lambda: said(player) == "5,000 logins", "leaving the field takes it")
        await player.sees("Wrong password and wrong token read alike")


async def test_while_ids_are_gathered_the_first_rows_are_there_and_the_number_grows(
    many: Path, play, monkeypatch
) -> None:
    monkeypatch.setattr(login_history, "GATHERED", 500)
    monkeypatch.setattr(login_history, "TOLD", 0)
    async with play(many, (120, 40)) as player:
        table = await opened(player)
        gate, real, calls = threading.Event(), History.ids, []

        def slowly(self: History, which, before=None, limit=20_000, after=0):
            calls.append(limit)
            if len(calls) == 3:
                gate.wait(20)
            return real(self, which, before, limit, after)

        monkeypatch.setattr(History, "ids", slowly)
        try:
            player.app.main.page.query_one("#filter-status", Select).value = "Success"
            await player.until(
                lambda: said(player) == "600 of 5,000 logins so far …", "a number that grows"
            )
            assert "Success" in lines(player)[0]
            await player.press("end")
            assert table.cursor == 599
        finally:
            gate.set()
        await player.until(lambda: said(player) == "4,286 of 5,000 logins", "all of them")
        assert table.cursor == 599, "who reads keeps the place"
        assert calls[:3] == [login_history.FIRST_ROWS, 500, 500]


async def test_another_filter_ends_the_gathering_of_the_one_before(
    many: Path, play, monkeypatch
) -> None:
    monkeypatch.setattr(login_history, "GATHERED", 50)
    async with play(many, (120, 40)) as player:
        table = await opened(player)
        page = player.app.main.page
        page.query_one("#filter-status", Select).value = "Success"
        page.query_one("#filter-status", Select).value = "Invalid Password"
        await player.until(lambda: said(player) == "714 of 5,000 logins", "the last one's")
        await whole(player)
        assert [table.ids[row] % 7 for row in range(len(table.ids))] == [0] * 714


# ---- The file


async def export(player) -> None:
    """Ask for the file, and say yes."""
    await player.press("c")
    await player.sees("Save the logins that are shown as")
    await player.press("y")


def read_file(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the app was started."""
    made = tmp_path / "here"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


async def test_the_file_holds_what_the_filters_show_with_the_real_headings(
    many: Path, org: Org, play, folder: Path, toasts: list[str], monkeypatch
) -> None:
    monkeypatch.setattr(history_file, "PAGE_ROWS", 70)
    async with play(many, (120, 40)) as player:
        await opened(player)
        await pick(player, "username", ADA)
        await player.press("escape")
        await export(player)
        path = folder / f"{FILE}.csv"
        await player.until(lambda: toasts == [f"{path} holds 714 logins."], "the file")
        heading, *rows = read_file(path)
        assert heading == list(CSV_COLUMNS)
        wanted = org.history.rows(org.history.ids(LoginFilter(username=ADA)))
        assert rows == [list(row.cells()) for row in wanted]
        assert path.stat().st_mode & 0o777 == 0o600
        assert said(player) == "714 of 5,000 logins"


async def test_a_file_that_is_there_is_never_written_over(
    many: Path, play, folder: Path, toasts: list[str]
) -> None:
    (folder / f"{FILE}.csv").write_text("mine")
    (folder / f"{FILE}-2.csv").mkdir()
    async with play(many, (120, 40)) as player:
        await opened(player)
        for number in (3, 4):
            await player.push("Export")
            await player.push("Save")
            path = folder / f"{FILE}-{number}.csv"
            await player.until(
                lambda path=path: f"{path} holds 5,000 logins." in toasts, f"file {number}"
            )
            assert len(read_file(path)) == MANY + 1
    assert (folder / f"{FILE}.csv").read_text() == "mine"


async def test_the_number_written_is_shown_and_one_file_is_written_at_a_time(
    many: Path, play, folder: Path, toasts: list[str], monkeypatch
) -> None:
    monkeypatch.setattr(history_file, "PAGE_ROWS", 1_000)
    async with play(many, (120, 40)) as player:
        await opened(player)
        gate, real, calls = threading.Event(), login_csv.csv_page, []

        def slowly(*asked):
            calls.append(asked)
            if len(calls) == 3:
                gate.wait(20)
            return real(*asked)

        monkeypatch.setattr(history_file, "csv_page", slowly)
        try:
            await export(player)
            await player.until(
                lambda: said(player) == "5,000 logins · 2,000 exported …", "progress"
            )
            await player.press("c")
        finally:
            gate.set()
        await player.until(lambda: bool(toasts), "the file")
        await player.until(lambda: said(player) == "5,000 logins", "done")
        assert [path.name for path in folder.iterdir()] == [f"{FILE}.csv"] and len(toasts) == 1


async def test_a_full_disk_is_one_sentence_and_leaves_no_half_a_file(
    many: Path, play, folder: Path, toasts: list[str], monkeypatch
) -> None:
    real = history_file.new_file

    def full(stem: str):
        path, file = real(stem)
        file.close()
        return path, open("/dev/full", "w", encoding="utf-8")

    monkeypatch.setattr(history_file, "new_file", full)
    async with play(many, (120, 40)) as player:
        await opened(player)
        await export(player)
        await player.until(
            lambda: toasts == [f"{FILE}.csv cannot be written: No space left on device."],
            "the sentence",
        )
        assert list(folder.iterdir()) == []


async def test_no_file_is_written_without_a_yes(many: Path, play, folder: Path) -> None:
    async with play(many, (120, 40)) as player:
        await opened(player)
        await player.press("c")
        await player.sees("Save the logins that are shown as")
        assert list(folder.iterdir()) == []
        await player.press("escape")
        await player.until(lambda: len(player.app.screen_stack) == 1, "the question is closed")
        await player.until(
            lambda: not any(w.is_running for w in player.app.workers), "all work is done"
        )
        assert list(folder.iterdir()) == []


async def test_a_folder_that_is_gone_is_one_sentence(
    many: Path, play, folder: Path, toasts: list[str]
) -> None:
    async with play(many, (120, 40)) as player:
        await opened(player)
        folder.rmdir()
        await export(player)
        await player.says(toasts, f"{FILE}.csv cannot be written: No such file or directory.")


async def test_an_org_set_back_meanwhile_gives_no_file(
    many: Path, org: Org, play, folder: Path, toasts: list[str], monkeypatch
) -> None:
    monkeypatch.setattr(history_file, "PAGE_ROWS", 1_000)
    async with play(many, (120, 40)) as player:
        await opened(player)
        real, calls = login_csv.csv_page, []

        def set_back(*asked):
            calls.append(asked)
            if len(calls) == 2:
                org.reset()
            return real(*asked)

        monkeypatch.setattr(history_file, "csv_page", set_back)
        await export(player)
        await player.until(
            lambda: "The org was set back meanwhile: nothing was exported." in toasts,
            "the sentence",
        )
        assert list(folder.iterdir()) == []

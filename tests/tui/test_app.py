"""The app as such: welcome, help, settings, keys, palette, the way out, and an org file that makes
trouble.
"""

import asyncio
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
from rich.color_triplet import ColorTriplet
from textual.widgets import Input

from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.org import Org
from freshtoken_model.store import database
from freshtoken_tui.app import FreshtokenApp
from freshtoken_tui.cli.steps import run_line
from freshtoken_tui.commands import COMMANDS
from freshtoken_tui.screens.setup.page import TABS
from freshtoken_tui.settings import Settings, settings_path
from freshtoken_tui.themes import OFFERED

from ..world import CHEAP, INTEGRATION


def write_settings(text: str) -> Path:
    """A settings.toml as a user wrote it."""
    path = settings_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("latin-1"))
    return path


async def alone(player):
    """Every dialog is closed."""
    await player.until(lambda: len(player.app.screen_stack) == 1, "no dialog is open")


# ---- Welcome, help, settings


async def test_the_three_ways_in_are_asked_for_once_and_found_again_in_the_palette(
    org_file: Path, play
) -> None:
    async with play(org_file, (80, 24), welcomed=False) as player:
        await player.sees("How do you want to see it?")
        for way in ("Do it yourself d", "Watch it (2 minutes) w", "I know this: the night n"):
            await player.sees(way)
        await player.press("d")
        await alone(player)
        await player.sees("Demo password: Harbour-Light-7")
    assert Settings.load().welcomed is True
    async with play(org_file, (80, 24), welcomed=Settings.load().welcomed) as player:
        await player.sees("CONNECTED")
        await alone(player)
        ways = {entry.name: entry.run for entry in player.app.palette() if entry.group == "Story"}
        ways["Begin: watch, do it, or the night"]()
        await player.sees("How do you want to see it?")
        await player.press("escape")
        await alone(player)
        ways["The story"]()
        await player.sees("It behaves like the real one at the moment that hurts")


async def test_f1_explains_the_thing_that_has_the_focus(org_file: Path, play) -> None:
    async with play(org_file) as player:
        for key, place, words in (
            ("", "Demo password", "A refusal reads the same whatever its cause"),
            ("f3", "No mail yet.", "All simulated mail of the org."),
            ("f8", "Calls SOAP login()", "A program that holds credentials and calls the org"),
            ("f4", "you act as", "Unlock ends a lockout and keeps password and token."),
        ):
            await player.press(*([key] if key else []))
            await player.sees(place)
            await player.until(
                lambda key=key: key != "f8" or player.app.focused.id.startswith("client"),
                "the client has the focus",
            )
            await player.press("f1")
            await player.sees(words)
            await player.sees("freshtoken's own note. Salesforce does not show it.")
            await player.press("escape")
            await alone(player)


async def test_a_theme_is_saved_and_restored(org_file: Path, play) -> None:
    async with play(org_file) as player:
        assert player.app.theme == "freshtoken-dark"
        await player.sees("CONNECTED")
        player.app.theme = "freshtoken-light"
        await player.until(lambda: Settings.load().theme == "freshtoken-light", "saved")
    async with play(org_file) as player:
        assert player.app.theme == "freshtoken-light"


async def test_a_theme_that_is_no_more_falls_back_to_the_dark_one(org_file: Path, play) -> None:
    write_settings('theme = "of-yesterday"\n')
    async with play(org_file) as player:
        assert player.app.theme == "freshtoken-dark"


async def test_saving_keeps_what_else_the_user_wrote(org_file: Path, play) -> None:
    path = write_settings('# mine\nwelcomed = true\n\n[keys]\ninbox = "f11"  # my inbox\n')
    async with play(org_file) as player:
        await player.sees("CONNECTED")
        player.app.theme = "freshtoken-contrast"
        await player.until(lambda: Settings.load().theme == "freshtoken-contrast", "saved")
    assert "# mine" in path.read_text()
    assert "# my inbox" in path.read_text()
    assert Settings.load().keys == {"inbox": "f11"}


@pytest.mark.parametrize("text", ["theme = freshtoken\n", "\x00\xff"], ids=["bare", "bytes"])
async def test_a_broken_settings_file_is_reported_and_left_as_it_is(
    org_file: Path, play, toasts: list[str], text
) -> None:
    path = write_settings(text)
    before = path.read_bytes()
    async with play(org_file) as player:
        await player.until(lambda: bool(toasts), "a toast")
        assert str(path) in toasts[0]
        assert "cannot be read and was left as it is" in toasts[0]
        player.app.theme = "freshtoken-light"
        await player.pilot.pause()
        await player.press("f3")
        await player.sees("No mail yet.")
    assert path.read_bytes() == before


async def test_settings_of_the_wrong_kind_do_no_harm(org_file: Path, play) -> None:
    write_settings('theme = 7\nkeys = "none"\nwelcomed = "yes"\n')
    async with play(org_file) as player:
        await player.press("f3")
        await player.sees("No mail yet.")


async def test_a_key_can_be_bound_anew(org_file: Path, play) -> None:
    write_settings('welcomed = true\n[keys]\ninbox = "f11"\n')
    async with play(org_file) as player:
        await player.press("f3")
        assert player.app.main.page.id == "page-home"
        await player.press("f11")
        await player.sees("No mail yet.")
        await player.sees("f11 Inbox")


async def test_the_guide_names_the_keys_that_are_bound(org_file: Path, play) -> None:
    write_settings('welcomed = true\n[keys]\nchange_password = "f12,ctrl+y"\n')
    async with play(org_file) as player:
        await player.press("enter")
        await player.sees("2 of 9 · Change My Password: f12.")


async def test_without_colours_the_states_are_still_words(
    org_file: Path, org: Org, play, monkeypatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    org.tokens.reset("integration")
    async with play(org_file) as player:
        await player.sees("● CONNECTED")
        await player.sees("token: retired ✗")
        await player.app.run_action("command('client_login')")
        await player.sees("✗ BLOCKED")
        light = player.app.main.header.render_line(0)
        assert {segment.style.color.triplet for segment in light if "BLOCKED" in segment.text} == {
            ColorTriplet(255, 255, 255)
        }, "as bright as can be"


# ---- Start over, quit, palette


async def test_start_over_asks_and_sets_the_org_back(org_file: Path, org: Org, play) -> None:
    async with play(org_file) as player:
        player.app.org.switch_to(INTEGRATION)
        await player.sees("Logged in as Nightly Sync")
        org.tokens.reset("integration")
        await player.sees("token: retired ✗")
        await player.until(
            lambda: not any(w.is_running for w in player.app.workers), "home is open"
        )
        await player.press("f12")
        await player.sees("Set this org back to the training org")
        await player.press("escape")
        await alone(player)
        assert len(org.mail.all()) == 1
        await player.press("f12")
        await player.push("Start over")
        await player.sees("token: live ✓")
        await player.sees("not logged in")
        await player.sees("Demo password: Harbour-Light-7")
        assert org.mail.all() == []


async def test_ctrl_q_quits(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await player.sees("CONNECTED")
        await player.until(
            lambda: not any(w.is_running for w in player.app.workers), "all work is done"
        )
        await player.press("ctrl+q")
        app = player.app
    assert app.return_code == 0
    assert app.failure == ""


async def test_quitting_while_the_client_logs_in_ends_without_a_crash_and_the_login_is_kept(
    org_file: Path, org: Org, play, monkeypatch
) -> None:
    before, gate, real = len(org.history.logins("integration")), threading.Event(), Hashing.verify
    begun = threading.Event()

    def patiently(hashing, *given):
        begun.set()
        gate.wait(5)
        return real(hashing, *given)

    async with play(org_file) as player:
        await player.sees("CONNECTED")
        monkeypatch.setattr(Hashing, "verify", patiently)
        await player.app.run_action("command('client_login')")
        await player.until(begun.is_set, "the login is in flight")
        player.app.exit()
        asyncio.get_running_loop().call_later(0.1, gate.set)
    assert len(org.history.logins("integration")) == before + 1


async def test_quitting_while_the_org_file_is_busy_ends_at_once_and_without_a_crash(
    org_file: Path, play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_LIMIT", 3_600.0)  # who waits for the file does not end
    other = sqlite3.connect(org_file, isolation_level=None)
    try:
        async with asyncio.timeout(60), play(org_file) as player:
            await player.sees("CONNECTED")
            other.execute("BEGIN IMMEDIATE")
            await player.app.run_action("command('client_login')")
            await player.until(lambda: player.app.client.pane.busy, "the login is in flight")
    finally:
        other.close()


async def test_quitting_while_the_header_clock_ticks_ends_without_a_crash(
    org_file: Path, play, monkeypatch
) -> None:
    real = FreshtokenApp.set_interval

    def flying(app, interval, *rest, **more):
        return real(app, interval / 500 if 0.5 <= interval <= 2 else interval, *rest, **more)

    monkeypatch.setattr(FreshtokenApp, "set_interval", flying)
    async with play(org_file) as player:
        await player.sees("CONNECTED")


async def test_the_palette_lists_every_command_user_and_client(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await player.sees("CONNECTED")
        shelf = await player.app.labs.shelf()
        titles = [entry.name for entry in player.app.palette()]
        wanted = [command.label for command in COMMANDS if command.palette]
        wanted += [f"Switch to {user.username}" for user in org.users.all()]
        wanted += [f"API client: {client.name}" for client in org.clients.all()]
        wanted += [f"Setup: {tab}" for tab, *_ in TABS]
        wanted += [f"Lab: {lab.title}" for lab in shelf.labs]
        wanted += [f"Demo: {demo.title}" for demo in shelf.demos]
        wanted += [f"Theme: {theme}" for theme in OFFERED]
        assert sorted(titles) == sorted([*wanted, "Theme: more", "Screenshot"])
        for page in (
            "Org",
            "Inbox",
            "Setup",
            "Login History",
            "Assumptions",
            "In production",
            "Change My Password",
        ):
            assert page in titles


async def test_the_palette_opens_a_page_by_its_name(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await player.sees("CONNECTED")
        await player.press("ctrl+p")
        await player.until(lambda: len(player.app.screen_stack) == 2, "the palette")
        player.app.screen.query_one(Input).value = "In production"
        await player.sees("After the story: what to do in a real org")
        await player.press("enter")
        await player.until(lambda: player.app.main.page.id == "page-production", "the page")


async def test_every_command_runs(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await player.sees("CONNECTED")
        for command in COMMANDS:
            if command.id == "quit":
                continue
            await player.app.run_action(command.action)
            await player.pilot.pause()
            if command.id == "serve":
                await player.sees("Real clients may call now")
            if len(player.app.screen_stack) > 1:
                await player.press("escape")
                await alone(player)
        await player.until(
            lambda: not any(w.is_running for w in player.app.workers), "all work is done"
        )
        await player.sees("14:15")
        for entry in player.app.palette():
            if entry.name.startswith("Switch to"):
                entry.run()
                await player.until(
                    lambda: not any(w.is_running for w in player.app.workers), "all work is done"
                )
        await player.until(lambda: player.app.org.viewer is None, "the last one may not log in")
        await player.sees("Forgot your password?")


async def test_a_command_reaches_through_an_open_dialog(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await player.press("f1")
        await player.sees("A refusal reads the same whatever its cause")
        await player.press("f3")
        await player.sees("No mail yet.")
        await alone(player)


# ---- An org file that makes trouble


async def test_a_busy_org_file_gives_a_toast_and_works_again_afterwards(
    org_file: Path, org: Org, play, toasts: list[str], monkeypatch
) -> None:
    monkeypatch.setattr(database, "BUSY_LIMIT", 0.2)
    async with play(org_file) as player:
        await player.sees("CONNECTED")
        other = sqlite3.connect(org_file, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            await player.app.run_action("command('client_login')")
            await player.until(lambda: any("busy" in said for said in toasts), "a toast")
            await player.until(lambda: not player.app.client.pane.busy, "the buttons are back")
            await player.push("Log In")
            await player.sees("Another process keeps the org file busy")
            assert player.app.org.viewer is None
            other.execute("ROLLBACK")
        finally:
            other.close()
        await player.push("Log In")
        await player.sees("Logged in as Nightly Sync")
        await player.app.run_action("command('client_login')")
        await player.sees("session ID received")


@pytest.mark.parametrize("over", [False, True], ids=["moved into its place", "copied over it"])
async def test_an_org_file_that_is_another_now_is_said_and_not_written(
    org_file: Path, tmp_path: Path, play, toasts: list[str], over: bool
) -> None:
    other = tmp_path / "other.db"
    Org.create(other)
    async with play(org_file) as player:
        if over:
            with other.open("ab") as file:  # not shorter
                file.write(bytes(400_000))
            shutil.copy(other, org_file)
        else:
            other.rename(org_file)
        before = org_file.read_bytes()
        await player.until(
            lambda: any("nothing more is written" in said for said in toasts), "it is said"
        )
        await player.app.run_action("command('client_login')")
        await player.until(lambda: not player.app.client.pane.busy, "an answer")
    assert org_file.read_bytes() == before and not Path(f"{org_file}-wal").exists()


async def test_an_org_file_that_vanishes_gives_a_toast_and_no_crash(
    org_file: Path, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        both = threading.Barrier(2)
        await asyncio.gather(
            *(player.app.org.run(lambda org: both.wait(5)) for _ in range(2))
        )  # all connections are open
        for path in org_file.parent.glob(f"{org_file.name}*"):
            path.unlink()
        await player.app.run_action("command('client_login')")
        await player.until(lambda: not player.app.client.pane.busy, "an answer")
        await player.push("Log In")
        await player.press("f3", "f4")
        await player.until(
            lambda: any(str(org_file) in said for said in toasts), "a toast that names the file"
        )
        await player.sees("Setup")


@pytest.mark.parametrize("kind", ["text", "empty", "database", "newer"])
async def test_a_foreign_file_ends_the_app_with_one_sentence_and_is_left_as_it_is(
    org_file: Path, tmp_path: Path, kind
) -> None:
    path = tmp_path / "foreign.db"
    if kind == "text":
        path.write_text("Dear diary,\n" * 40)
    elif kind == "empty":
        path.touch()
    elif kind == "database":
        with sqlite3.connect(path) as made:
            made.execute("create table diary (day text)")
        made.close()
    else:
        path.write_bytes(org_file.read_bytes())
        newer = sqlite3.connect(path, isolation_level=None)
        newer.execute("PRAGMA user_version=999")
        newer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        newer.execute("PRAGMA journal_mode=DELETE")
        newer.close()
    before = path.read_bytes()
    app = FreshtokenApp(path, run_line, CHEAP)
    async with app.run_test() as pilot:
        for _ in range(200):
            if app.failure:
                break
            await pilot.pause(0.01)
    assert str(path) in app.failure
    assert app.return_code == 3
    assert path.read_bytes() == before


async def test_a_missing_org_file_ends_the_app_with_the_command_that_makes_one(
    tmp_path: Path,
) -> None:
    app = FreshtokenApp(tmp_path / "none.db", run_line, CHEAP)
    async with app.run_test() as pilot:
        for _ in range(200):
            if app.failure:
                break
            await pilot.pause(0.01)
    assert "freshtoken org new" in app.failure
    assert app.return_code == 3
    assert not (tmp_path / "none.db").exists()

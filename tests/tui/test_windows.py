"""Every size of window: what is beside what, what fits, and what is asked for when nothing does."""

import re
from pathlib import Path

import pytest
from textual.widgets import Button, Input, Label, Static, Tabs

from freshtoken_model.org import Org
from freshtoken_model.training.exam.exam_room import ExamRoom
from freshtoken_model.training.exam.mock import ExamForm
from freshtoken_model.training.shelf import open_bank
from freshtoken_tui.client_pane.gate_trace import GateTrace
from freshtoken_tui.screens.main_screen import PAGES
from freshtoken_tui.widgets.key_bar import KeyBar

ROOM = "freshtoken needs 60 columns and 20 rows."
SIZES = [(160, 50), (120, 40), (110, 30), (109, 30), (100, 30), (80, 24), (60, 20)]


async def resize(player, size):
    """Another size of window, drawn."""
    await player.pilot.resize_terminal(*size)
    await player.until(
        lambda: tuple(player.app.main.size) == size and len(player.screen().split("\n")) == size[1],
        f"{size}",
    )
    await player.pilot.pause()


async def go(player, name):
    player.app.action_page(name)
    await player.until(
        lambda: player.app.main.page.id == f"page-{name}" and player.app.main.page.region.area, name
    )
    await player.pilot.pause()


def too_wide(player) -> list[str]:
    """Widgets wider than the window; buttons and labels of the page that are cut at its edge.

    But what is inside a bar of tabs: the bar scrolls to the tab in front, and each tab has a key.
    """
    desk = player.app.main
    shown = [
        w
        for w in desk.walk_children()
        if w.region.area
        and w.region.width > desk.size.width
        and not any(isinstance(a, Tabs) for a in w.ancestors)
    ]
    edges = [(w, desk.size.width) for w in desk.query(Button)] + [
        (w, desk.page.region.right) for w in desk.page.query(Label)
    ]
    cut = [w for w, edge in edges if w.region.area and w.region.right > edge]
    return [
        f"{w.id or getattr(w, 'content', w)}: {w.region.width} columns wide"
        for w in dict.fromkeys([*shown, *cut])
    ]


async def test_from_110_columns_the_client_stands_beside_the_page_below_it_is_one_key_away(
    org_file: Path, play
) -> None:
    async with play(org_file, (160, 50)) as player:
        for size in SIZES:
            await resize(player, size)
            await player.sees("Forgot your password?")
            await player.sees("CONNECTED")
            if size[0] >= 110:
                await player.sees("Newest token f10")
                assert "token live ✓" not in player.screen()
                continue
            assert "Newest token" not in player.screen()
            await player.sees("token live ✓")
            await player.press("f8")
            await player.sees("Newest token f10")
            await player.sees("CONNECTED")
            assert "Forgot your password?" not in player.screen()
            await player.press("f8")
            await player.sees("Forgot your password?")


async def test_below_60_by_20_the_app_asks_for_room_and_goes_on_when_it_gets_it(
    org_file: Path, play
) -> None:
    async with play(org_file, (80, 24)) as player:
        for size in [(59, 20), (60, 19), (59, 19), (20, 5)]:
            await resize(player, size)
            await player.sees(ROOM)
            assert "Password" not in player.screen()
            await resize(player, (60, 20))
            await player.sees("Demo password: Harbour-Light-7")
            assert ROOM not in player.screen()


async def test_resizing_back_and_forth_keeps_what_was_typed_and_the_place(
    org_file: Path, play
) -> None:
    async with play(org_file, (120, 40)) as player:
        username = player.app.main.page.query_one("#login-username", Input)
        token = player.app.client.pane.query_one("#client-token", Input)
        username.value = "half-typed-1"
        token.focus()
        await player.pilot.pause()
        token.value = "half-typed-2"
        for size in [(80, 24), (59, 19), (160, 50), (60, 20), (120, 40)]:
            await resize(player, size)
        assert username.value == "half-typed-1"
        assert token.value == "half-typed-2" or player.app.org.view.client.token == "half-typed-2"
        await player.sees("half-typed-1")


async def test_a_page_that_is_opened_has_the_focus_on_something_of_its_own(
    org_file: Path, play
) -> None:
    ExamRoom(open_bank()[0]).start(ExamForm(60, 5))
    async with play(org_file) as player:
        for name in ("setup", "assumptions", "question", "sitting", "production", "home"):
            await go(player, name)
            assert player.app.main.page in player.app.main.focused.ancestors_with_self, name


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_every_page_opens_and_fits(org_file: Path, org: Org, play, size) -> None:
    org.tokens.reset("integration")
    ExamRoom(open_bank()[0]).start(ExamForm(60, 5))
    async with play(org_file, size) as player:
        found = {}
        for name in [name for name in PAGES if name not in ("change_password", "reset_token")]:
            await go(player, name)
            title = player.app.main.page.border_title
            await player.until(lambda t=title: t in player.screen(), f"the title {title}")
            found[name] = too_wide(player)
        player.app.org.switch_to("integration@acme.example")
        await player.sees("Logged in as")
        await player.until(
            lambda: not any(w.is_running for w in player.app.workers), "all work is done"
        )
        for name in ("home", "change_password", "reset_token"):
            await go(player, name)
            found[f"{name}, logged in"] = too_wide(player)
        await player.press("f8")
        for tab in ("wire", "why", "code", "attempts"):
            found[f"client, {tab}"] = too_wide(player)
            await player.app.run_action("command('client_tab')")
            await player.pilot.pause()
        cut = [f"{name}: {wide}" for name, many in found.items() for wide in many]
        assert not cut, "\n".join(cut)


async def test_every_key_of_the_footer_can_be_read_whole(org_file: Path, play) -> None:
    async with play(org_file, (80, 24)) as player:
        bar = player.app.main.query_one(KeyBar)
        for page in ("home", "history"):
            await go(player, page)
            for size in [(120, 40), (80, 24), (60, 20)]:
                await resize(player, size)
                keys = [f"{key} {words}" for _, key, words in bar.keys]
                whole = ["  ".join(keys[:count]) for count in range(1, len(keys) + 1)]
                shown = player.screen().split("\n")[bar.region.y].strip()
                assert shown == [line for line in whole if len(line) <= size[0] - 2][-1], size


async def test_the_footer_says_what_enter_does_and_keeps_its_order(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        bar = player.app.main.query_one(KeyBar)
        everywhere = bar.keys[-3:]
        assert [key for key, _, _ in everywhere] == ["f1", "ctrl+p", "ctrl+x"]
        for page, does in [("labs", "Open"), ("demos", "Play"), ("exam", "Begin")]:
            await go(player, page)
            assert bar.keys[0] == ("enter", "enter", does) and bar.keys[-3:] == everywhere
        await go(player, "history")
        assert bar.keys[-3:] == everywhere
        await go(player, "inbox")  # where Enter does nothing until there is a mail
        assert bar.keys == everywhere
        org.tokens.reset("integration")
        await player.until(lambda: bar.keys[0] == ("enter", "enter", "Open"), "a mail to open")


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_the_longest_fault_can_be_read_to_its_end_in_a_small_window(
    org_file: Path, org: Org, play, size
) -> None:
    org.clients.hold(1, token="")
    async with play(org_file, size) as player:
        await player.press("f8")
        await player.app.run_action("command('client_login')")
        await player.until(
            lambda: player.app.org.view.light == "blocked" and not player.app.client.pane.busy,
            "refused",
        )
        await player.sees(
            "LOGIN_MUST_USE_SECURITY_TOKEN: Invalid username, password, security token"
        )
        fault = player.app.org.view.client.told
        seen: list[str] = []
        told = player.app.client.pane.query_one("#told", Static)
        await player.until(
            lambda: player.app.client.pane.has_class("-why"), "Why opens at the first refusal"
        )
        player.app.client.pane.query_one(GateTrace).focus()
        await player.press("home")
        for _ in range(30):
            # Without the thumb of the scroll bar, which may stand beside any word.
            seen.append(" ".join(re.sub("[▁▂▃▄▅▆▇█]", " ", " ".join(player.words())).split()))
            if fault[-60:] in seen[-1]:
                break
            await player.press("down")
        words = fault.split(" ")
        lost = [
            " ".join(words[i : i + 3])
            for i in range(len(words) - 3)
            if not any(" ".join(words[i : i + 3]) in s for s in seen)
        ]
        assert lost == [], f"never on the screen ({told.region}):\n{player.screen()}"

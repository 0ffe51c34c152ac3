"""Keys that arrive in one write: the second finds the first at work, waits its turn, and nothing
falls over.
"""

from itertools import product
from pathlib import Path
from random import Random

import pytest
from textual.command import CommandList
from textual.events import Key

from freshtoken_tui.commands import COMMANDS
from freshtoken_tui.screens.main_screen import MainScreen
from freshtoken_tui.widgets.palette import PaletteDialog

KEYS = [command.key for command in COMMANDS if command.key not in ("", "ctrl+q", "ctrl+s")]
"""Every global key but the one that leaves and the one that opens ports."""
KINDS = ["f5", "f4", "f1", "ctrl+p", "ctrl+k", "f12", "ctrl+d", "f8"]
"""One of each kind: a page, a page of many widgets, a text, the palette, a dialog, a question, a
list, the client.
"""


async def press_at_once(player, *keys: str) -> None:
    """Hand over keys as a terminal does that writes them all at once."""
    for key in keys:
        player.app.post_message(Key(key, None))
    await player.pilot.pause()


async def back_to_the_desk(player) -> None:
    """Everything that was begun has ended, and no dialog is left."""
    app = player.app
    changes = ("page", "palette", "help", "clock")
    await player.until(
        lambda: not any(w.is_running and w.group in changes for w in app.workers), "all was served"
    )
    await app.close_dialogs()
    await player.until(lambda: isinstance(app.screen, MainScreen), "the desk is what is shown")
    assert app.is_running and not app.failure


@pytest.mark.parametrize("first", KINDS)
async def test_no_two_keys_of_any_kinds_crash_it(org_file: Path, play, first: str) -> None:
    async with play(org_file) as player:
        for second in KINDS:
            await press_at_once(player, first, second)
            await back_to_the_desk(player)
        await press_at_once(player, "f5")
        await player.sees("Login History")


@pytest.mark.parametrize("seed", range(2))
async def test_no_three_global_keys_crash_it(org_file: Path, play, seed: int) -> None:
    triples = Random(seed).sample(
        list(product([*KEYS, "escape", "enter", "y", "tab"], repeat=3)), 20
    )
    async with play(org_file, (80, 24) if seed % 2 else (120, 40)) as player:
        for triple in triples:
            await press_at_once(player, *triple)
            await back_to_the_desk(player)


async def test_keys_are_served_in_the_order_they_came(org_file: Path, play) -> None:
    """A page, then the palette: the palette is over the page, and not closed by it."""
    async with play(org_file) as player:
        await press_at_once(player, "f5", "ctrl+p")
        await player.sees("Search for commands")
        await player.until(
            lambda: player.app.main.page.id == "page-history", "Login History is below"
        )
        await press_at_once(player, "f4", "f5", "f3")
        await player.until(
            lambda: player.app.main.page.id == "page-inbox", "the last page asked for is shown"
        )
        assert isinstance(player.app.screen, MainScreen)


async def test_a_key_for_a_page_of_the_palette_needs_a_list_that_has_room(
    org_file: Path, play
) -> None:
    async with play(org_file) as player:
        player.app.action_command_palette()
        await player.until(
            lambda: (
                isinstance(player.app.screen, PaletteDialog)
                and any(found.option_count for found in player.app.screen.query(CommandList))
            ),
            "the palette lists",
        )
        found = player.app.screen.query_one(CommandList)
        found.styles.max_height = 0
        await player.until(lambda: not found.scrollable_content_region, "there is no room")
        await player.press("pagedown", "pageup", "down", "escape")
        await player.until(lambda: player.app.screen is player.app.main, "it closes")

"""Lock and key: the cards are whole, or there is one line instead."""

from pathlib import Path

import pytest

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org
from freshtoken_tui.client_pane.lock_and_key import PASSWORD_SHORT, SENT, TOKEN_SHORT

from ..world import CLOUD, INTEGRATION
from .test_setup_screen import open_setup


@pytest.mark.parametrize("word", [*PASSWORD_SHORT.values(), *TOKEN_SHORT.values()])
def test_each_word_of_a_half_leaves_room_for_its_glyph(word: str) -> None:
    assert len(f"{word} ✗") <= SENT


async def test_beside_a_page_both_cards_are_shown_whole(org_file: Path, play) -> None:
    async with play(org_file, (120, 40)) as player:
        await player.until(
            lambda: "│ right ✓  │ live ✓   │━━│ since 23 Sep │ mailed 24 Sep│" in player.screen(),
            "both cards, the line between them closed",
        )


async def test_over_a_page_with_the_whole_width_the_detail_makes_room(org_file: Path, play) -> None:
    async with play(org_file, (120, 40)) as player:
        await open_setup(player)
        await player.sees("API clients of this user")
        await player.press("f8")
        await player.sees("Both halves fit.")
        await player.until(
            lambda: "API clients of this user" not in player.screen(), "the detail is hidden"
        )
        assert not player.app.main.page.query_one(".desk-detail").display


async def test_in_a_small_window_the_time_that_is_left_of_a_lockout_is_never_the_one_to_go(
    org_file: Path, org: Org, play
) -> None:
    for _ in range(10):
        org.login(Attempt(INTEGRATION, "wrong", Door.UI, CLOUD))
    async with play(org_file, (80, 24)) as player:
        for reveal in ("", "always"):  # which tells more of what the client sends
            player.app.settings.reveal = reveal
            player.app.main.draw(player.app.org.view)
            await player.sees("locked out, 15:00 left")

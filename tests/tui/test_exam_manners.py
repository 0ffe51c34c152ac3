"""The manners of a mock exam: ways on that can be seen, a layout that keeps still, nothing left by
accident.
"""

from pathlib import Path

import pytest
from textual.widgets import Button

from freshtoken_model.training.exam.exam_room import ExamRoom
from freshtoken_model.training.exam.mock import ExamForm
from freshtoken_model.training.shelf import open_bank
from freshtoken_tui.screens.sitting import SittingPage

BANK, _ = open_bank()
SMALL, WIDE, LARGE = (80, 24), (120, 40), (160, 50)


async def sit(player, questions: int = 10, pausable: bool = False) -> SittingPage:
    """A mock exam at its first question."""
    ExamRoom(BANK).start(ExamForm(questions), pausable=pausable, seed="manners")
    player.app.action_page("sitting")
    await player.sees(f"Mock exam · 1 of {questions}")
    page = player.app.main.page
    assert isinstance(page, SittingPage)
    await player.until(lambda: page.query_one("Navigator").region.height > 1, "laid out")
    return page


def shown(page: SittingPage) -> dict[str, Button]:
    """The buttons that are shown, by their labels."""
    return {str(b.label): b for b in page.query(Button).results(Button) if b.display}


def main_button(page: SittingPage) -> str:
    """The label of the main button."""
    (found,) = (label for label, b in shown(page).items() if b.has_class("-kind-primary"))
    return found


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_previous_and_next_are_seen_and_hand_in_is_the_main_one_at_the_end(
    org_file: Path, play, size
) -> None:
    async with play(org_file, size) as player:
        page = await sit(player)
        assert list(shown(page)) == ["Previous ←", "Next →", "Hand in h", "Mark m"]
        assert main_button(page) == "Next →" and shown(page)["Previous ←"].disabled
        await player.push("Next")
        await player.sees("Mock exam · 2 of 10")
        await player.push("Previous")
        await player.sees("Mock exam · 1 of 10")
        await player.press("enter")
        await player.sees("Mock exam · 2 of 10")
        await player.press("g", "1", "0", "enter")
        await player.sees("Mock exam · 10 of 10")
        assert main_button(page) == "Hand in h" and shown(page)["Next →"].disabled
        await player.press("enter")
        await player.sees("Unanswered, and unanswered is wrong")
        await player.press("enter")
        await player.until(lambda: len(player.app.screen_stack) == 1, "asked, and not handed in")
        assert ExamRoom(BANK).sitting() is not None


async def test_escape_asks_where_the_clock_runs_on(org_file: Path, play) -> None:
    async with play(org_file, SMALL) as player:
        await sit(player)
        await player.press("escape")
        await player.sees("The clock runs on. Leave the exam?")
        await player.press("escape")
        await player.until(lambda: len(player.app.screen_stack) == 1, "it stays")
        assert player.app.main.page.id == "page-sitting"
        await player.press("escape")
        await player.sees("The clock runs on. Leave the exam?")
        await player.press("y")
        await player.until(lambda: player.app.main.page.id == "page-exam", "left")


async def test_escape_does_not_ask_where_the_clock_stops(org_file: Path, play) -> None:
    async with play(org_file, SMALL) as player:
        await sit(player, pausable=True)
        await player.press("escape")
        await player.until(lambda: player.app.main.page.id == "page-exam", "left")
        left = ExamRoom(BANK).sitting()
        assert left is not None and left.paused_at is not None


async def test_a_mark_does_not_hide_whether_a_question_is_answered(org_file: Path, play) -> None:
    async with play(org_file, SMALL) as player:
        await sit(player)
        await player.press("a", "m", "right", "m", "right")
        await player.sees("1●⚑ 2○⚑ 3○ 4○")


@pytest.mark.parametrize("size", [SMALL, WIDE, LARGE])
async def test_what_is_below_the_question_keeps_its_place(org_file: Path, play, size) -> None:
    async with play(org_file, size) as player:
        page = await sit(player, 30)

        def places() -> list[object]:
            return [page.query_one(f).region for f in ("Navigator", "#sitting-next")]

        still, heights = places(), set()
        for number in range(2, 31):
            await player.press("right")
            await player.sees(f"Mock exam · {number} of 30")
            await player.pilot.pause()
            assert places() == still
            assert page.region.contains_region(page.query_one("#sitting-next").region)
            heights.add(page.query_one("QuestionView").size.height)
        assert len(heights) > 1, "questions of one length show nothing"


async def test_a_question_longer_than_its_box_scrolls_in_it(org_file: Path, play) -> None:
    async with play(org_file, (60, 20)) as player:
        page = await sit(player, 60)
        box = page.query_one("#sitting-box")
        await player.until(lambda: box.max_scroll_y > 0, "longer than the box")
        await player.press("down")
        await player.until(lambda: box.scroll_y > 0, "scrolled")
        await player.press("right")
        await player.sees("Mock exam · 2 of 60")
        await player.until(lambda: box.scroll_y == 0, "the next one begins at its top")

"""From lab to lab: the list begins at the first open one, a solved lab leads to the next, and what
cannot help any more is not offered.
"""

import asyncio
from pathlib import Path

from textual.widgets import Button, DataTable

from freshtoken_model.training.labs.classroom import Classroom
from freshtoken_model.training.labs.progress import SOLVED, LabProgress, Record, next_open
from freshtoken_model.training.shelf import open_shelf
from freshtoken_tui.cli.steps import run_line

from ..world import CHEAP

LABS = open_shelf().labs


def solve(*ids: str) -> None:
    """Note labs as solved."""
    for name in ids:
        LabProgress().note(name, SOLVED)


async def at_labs(player) -> DataTable:
    """The list, filled."""
    await player.press("f6")
    await player.until(lambda: bool(player.app.screen.query("#labs")), "the list is there")
    table = player.app.screen.query_one("#labs", DataTable)
    await player.until(lambda: table.row_count == len(LABS), "the list is filled")
    return table


def main_buttons(player) -> list[str]:
    """The labels of the main buttons that are shown."""
    found = player.app.main.page.query("Button.-kind-primary").results(Button)
    return [str(button.label) for button in found if button.display]


def test_the_next_open_lab_is_the_one_behind_in_order_and_round() -> None:
    done = Record(state="solved")
    labs = ("a", "b", "c")
    assert next_open(labs, {}) == "a"
    assert next_open(labs, {"b": done}, "a") == "c"
    assert next_open(labs, {"b": done, "c": done}, "b") == "a"
    assert next_open(labs, {"a": Record(state="given up"), "c": done}, "b") == "a"
    assert next_open(labs, dict.fromkeys(labs, done), "a") == ""
    assert next_open((), {}) == ""


async def test_the_list_begins_at_the_first_open_lab_and_stays_where_it_was(
    org_file: Path, play
) -> None:
    solve(LABS[0].id, LABS[1].id)
    async with play(org_file) as player:
        table = await at_labs(player)
        await player.until(lambda: table.cursor_row == 2, "the first open lab")
        await player.sees(f"{LABS[2].title} · new")
        await player.press("down", "down")
        await player.press("f3")
        await player.until(lambda: player.app.main.page.id == "page-inbox", "elsewhere")
        solve(LABS[2].id)
        await player.press("f6")
        await player.sees("3 of ")
        assert table.cursor_row == 4


async def test_a_solved_lab_leads_to_the_next_open_one_and_the_learners_org_waits(
    org_file: Path, play
) -> None:
    first, second, third = LABS[:3]
    solve(second.id)
    async with play(org_file) as player:
        labs = player.app.labs
        labs.open(first)
        await player.until(lambda: labs.standing is not None, "opened")
        await player.sees("Check c")
        assert main_buttons(player) == ["Check c"]
        await labs.give_up().wait()
        for _ in first.solution:
            await labs.play_step().wait()
        await player.until(lambda: main_buttons(player) == ["Next lab n"], "the way on")
        await player.press("n")
        await player.until(lambda: labs.lab is not None and labs.lab.id == third.id, "the third")
        await player.until(lambda: main_buttons(player) == ["Check c"], "its own buttons")
        await player.press("l")
        await player.until(lambda: player.app.org.path == org_file, "back in the learner's org")


async def test_the_hint_button_goes_with_the_last_hint(org_file: Path, play) -> None:
    async with play(org_file) as player:
        lab = LABS[0]
        player.app.labs.open(lab)
        await player.until(lambda: player.app.labs.standing is not None, "opened")
        await player.sees("Hint h")
        button = player.app.main.page.query_one("#lab-hint")
        for number in range(1, len(lab.hints) + 1):
            assert button.display
            await player.press("h")
            await player.until(lambda n=number: player.app.labs.record.hints == n, f"hint {number}")
        await player.until(lambda: not button.display, "no hint is left")


async def test_a_lab_that_was_solved_before_it_was_opened_leads_on_too(
    org_file: Path, play
) -> None:
    lab = LABS[0]

    def solve_elsewhere() -> None:
        """With the command line."""
        room = Classroom(run_line, hashing=CHEAP)
        room.start(lab)
        room.give_up(lab)
        for number in range(len(lab.solution)):
            room.play_one(lab, number)
        room.solved(lab)

    await asyncio.to_thread(solve_elsewhere)
    async with play(org_file) as player:
        player.app.labs.open(lab)
        await player.until(lambda: main_buttons(player) == ["Next lab n"], "the way on")
        await player.press("f6", "enter")
        labs = player.app.labs
        await player.until(
            lambda: labs.lab is not None and labs.lab.id == LABS[1].id, "Enter takes it"
        )

"""Labs in the app: the list, goals that tick from whatever door, hints, the solution, and the
learner's org in peace.
"""

from pathlib import Path

from textual.widgets import DataTable, Input

from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.org import Org
from freshtoken_model.training.labs.classroom import Classroom
from freshtoken_model.training.labs.labs import Lab
from freshtoken_model.training.labs.progress import LabProgress
from freshtoken_model.training.shelf import open_shelf
from freshtoken_tui.cli.steps import run_line

from ..world import FRESH as NEW
from ..world import PASSWORD as OLD

SMALL, WIDE = (80, 24), (120, 40)


async def open_first_lab(player) -> None:
    """From the list, with Enter."""
    await player.press("f6")
    await player.sees("The first change")
    await player.until(lambda: isinstance(player.app.focused, DataTable), "focus on the list")
    await player.press("enter")
    await player.until(lambda: player.app.labs.standing is not None, "the lab was opened")
    await player.sees("Nightly sync has not logged in")


async def runs(player, line: str) -> None:
    """A command in another terminal, on the org that is shown."""
    path = player.app.org.path
    outcome = await player.app.off_the_loop(lambda: run_line(path, line.split(" ")))
    assert outcome is not None and outcome.code == 0, outcome


async def test_goals_tick_by_themselves_whatever_door_they_are_reached_by(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    before = org.info()
    async with play(org_file, SMALL) as player:
        await open_first_lab(player)
        await runs(player, f"password change integration --old {OLD} --new {NEW}")
        await player.until(lambda: player.app.labs.standing.reached == 1, "the first goal ticked")
        await player.sees("✓ The password of the integration user was changed.")
        await player.press("f3")
        await player.sees("Lab: The first change · 1 of 3")
        await runs(player, f"client set Nightly --password {NEW} --newest-token")
        await player.press("f9")
        await player.until(lambda: player.app.labs.standing.reached == 2, "the client is in")
        await player.press("ctrl+g")
        await player.until(lambda: player.app.labs.standing.solved, "solved")
        await player.until(
            lambda: any("f6 tells what to take away" in words for words in toasts), "a toast"
        )
        await player.press("f6")
        await player.sees("What to take away")
        assert LabProgress().record("first-change").state == "solved"
        await player.press("l")
        await player.until(lambda: player.app.org.path == org_file, "back in the learner's org")
        await player.sees("1 of ")
    assert org.info() == before, "the learner's org was not touched"


async def test_check_says_what_is_missing_hints_come_one_by_one_and_three_tries_offer_one(
    org_file: Path, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await open_first_lab(player)
        for number in range(1, 4):
            await player.press("c")
            await player.until(lambda n=number: player.app.labs.record.tries == n, f"try {number}")
        assert "Nightly sync has not logged in since the password was changed." in toasts[-1]
        await player.sees("3 tries. A hint costs nothing: h.")
        await player.press("h")
        await player.sees("Hint 1")
        assert not any("Hint 2" in words for words in player.words())
        await player.press("h")
        await player.sees("Hint 2")
        await player.press("r")
        await player.until(lambda: player.app.labs.record.tries == 0, "set back")
        await player.sees("Hint 2")


async def test_the_solution_opens_after_giving_up_and_is_played_step_by_step(
    org_file: Path, play
) -> None:
    async with play(org_file) as player:
        await open_first_lab(player)
        await player.press("s")
        await player.sees("Show the reference solution?")
        await player.press("escape")
        await player.until(lambda: len(player.app.screen_stack) == 1, "no")
        assert not player.app.labs.record.gave_up
        await player.press("s")
        await player.sees("Show the reference solution?")
        await player.press("y")
        await player.sees("The reference solution")
        for number in range(1, 5):
            await player.press("s")
            await player.until(lambda n=number: player.app.labs.played == n % 4, f"step {number}")
        await player.until(lambda: player.app.labs.standing.solved, "solved by the solution")
        assert LabProgress().record("first-change").gave_up


async def test_a_forbidden_move_is_said_and_set_back(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await open_first_lab(player)
        await runs(player, "setup add-range 203.0.113.0 203.0.113.255")
        await player.sees("Not allowed here")
        await player.press("r")
        await player.until(
            lambda: player.app.labs.standing is not None and not player.app.labs.standing.broken,
            "set back",
        )


async def test_a_lab_goes_on_where_it_was_left_and_search_finds_it(org_file: Path, play) -> None:
    room = Classroom(run_line, hashing=Hashing(memory_kib=8, passes=1))
    lab = open_shelf().lab("first-change")
    room.start(lab)
    run_line(room.path(lab), ["password", "change", "integration", "--old", OLD, "--new", NEW])
    async with play(org_file) as player:
        await player.press("f6")
        await player.sees("The first change")
        await player.press("slash")
        await player.until(lambda: isinstance(player.app.focused, Input), "focus in the search")
        await player.type("storm")
        await player.until(
            lambda: player.app.main.page.query_one("#labs", DataTable).row_count == 1, "one lab"
        )
        await player.sees("Retry storm")
        for _ in "storm":
            await player.press("backspace")
        await player.until(
            lambda: player.app.main.page.query_one("#labs", DataTable).row_count > 10, "all labs"
        )
        await player.press("enter")
        await player.press("enter")
        await player.until(
            lambda: player.app.labs.standing is not None and player.app.labs.standing.reached == 1,
            "where it was left",
        )


async def solve(player, lab: Lab) -> None:
    """Open a lab and play its reference solution, step by step."""
    app = player.app
    app.labs.open(lab)
    await player.until(
        lambda: (
            app.labs.lab is lab
            and app.labs.standing is not None
            and len(app.labs.standing.goals) == len(lab.goals)
        ),
        f"{lab.id} was opened",
    )
    assert app.labs.standing.reached == 0
    await player.until(lambda: app.main.page.border_title == f"Lab · {lab.title}", "its page")
    await app.labs.give_up().wait()
    for number in range(1, len(lab.solution) + 1):
        await app.labs.play_step().wait()
        assert app.labs.played == number % len(lab.solution), lab.solution[number - 1]
    await player.until(
        lambda: app.labs.standing is not None and app.labs.standing.solved, f"{lab.id} was solved"
    )


async def test_labs_after_one_another_begin_open_and_are_solved_in_the_app_by_their_reference_solutions(
    org_file: Path, play
) -> None:
    async with play(org_file, SMALL) as player:
        for name in ("retry-storm", "three-permissions-one-works"):
            await solve(player, open_shelf().lab(name))


async def test_labs_are_solved_in_the_app_by_their_reference_solutions(
    org_file: Path, play
) -> None:
    """Some of them: test_training_content solves each, without the app."""
    async with play(org_file, SMALL) as player:
        for lab in open_shelf().labs[::5]:
            await solve(player, lab)


async def test_what_was_typed_for_a_client_stays_in_the_org_it_was_typed_in(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        field = player.app.client.pane.query_one("#client-password", Input)
        field.focus()
        field.value = "Typed-At-Home-1"
        await player.pilot.pause()
        player.app.labs.open(open_shelf().lab("first-change"))
        await player.until(
            lambda: (
                player.app.labs.lab is not None and player.app.org.view.info.kind != "training org"
            ),
            "opened",
        )
        await player.until(lambda: field.value == OLD, "the lab's own password is shown")
        assert org.clients.get(1).password == "Typed-At-Home-1"
        assert player.app.org.view.client.password == OLD


async def test_the_app_opened_on_the_org_of_a_lab_goes_on_with_it(play, toasts: list[str]) -> None:
    room = Classroom(run_line, hashing=Hashing(memory_kib=8, passes=1))
    lab = open_shelf().lab("first-change")
    room.start(lab)
    async with play(room.path(lab), SMALL) as player:
        await player.until(lambda: player.app.labs.standing is not None, "the lab was recognised")
        await player.press("f6")
        await player.sees("Nightly sync has not logged in")
        await runs(player, f"password change integration --old {OLD} --new {NEW}")
        await player.until(lambda: player.app.labs.standing.reached == 1, "the first goal ticked")
        await player.press("l")
        await player.until(
            lambda: any("was started on this lab's org" in words for words in toasts),
            "why it stays",
        )

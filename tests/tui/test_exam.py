"""Exam in the app: practice with its reasons, experiments in the real screens, a mock exam that
survives kill -9.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from textual.widgets import DataTable, Input

from freshtoken_model.org import Org
from freshtoken_model.training.exam.exam_room import ExamRoom
from freshtoken_model.training.exam.mock import ExamForm, Sitting
from freshtoken_model.training.exam.questions import LETTERS
from freshtoken_model.training.shelf import open_bank
from freshtoken_tui.screens.question import QuestionPage
from freshtoken_tui.widgets.question_view import QuestionView

BANK, _ = open_bank()
SHARED, FORKED = "token-after-own-password-change", "token-live-again"
SMALL, WIDE = (80, 24), (120, 40)


def room() -> ExamRoom:
    """The notes, as another process reads them."""
    return ExamRoom(BANK)


def sitting() -> Sitting:
    """The exam that is open."""
    found = room().sitting()
    assert found is not None
    return found


def letters(order, places) -> list[str]:
    """The keys of options, as they are shown."""
    return [
        letter.lower() for letter, place in zip(LETTERS, order, strict=False) if place in places
    ]


async def at_exam(player) -> None:
    """The Exam page, its list filled."""
    await player.press("f7")
    await player.until(lambda: bool(player.app.screen.query("#exam-list")), "the page is there")
    await player.until(
        lambda: player.app.screen.query_one("#exam-list", DataTable).row_count > 5,
        "the list is filled",
    )


async def begin(player, key: str) -> None:
    """Enter on a row of the list."""
    table = player.app.screen.query_one("#exam-list", DataTable)
    table.focus()
    table.move_cursor(row=table.get_row_index(key))
    await player.press("enter")


async def search(player, words: str) -> None:
    """Find questions and practise them."""
    await at_exam(player)
    await player.press("slash")
    player.app.screen.query_one("#exam-search", Input).value = words
    await player.press("enter")
    await player.until(lambda: shown(player) is not None, "a question is shown")


def shown(player):
    """The question on the page, as it is shown."""
    views = [view for view in player.app.main.query(QuestionView) if view.is_on_screen]
    return views[0].shown if views else None


async def answer(player, right: bool, key: str = "enter") -> None:
    """Answer the question that is shown, rightly or wrongly."""
    now = shown(player)
    keys = letters(now.order, now.question.right)
    if not right:
        keys = letters(now.order, {n for n in now.order if n not in now.question.right})[
            : now.question.choose
        ]
    await player.press(*keys, key)
    await player.until(lambda: shown(player).answered, "the verdict")


async def to_the_stage(player) -> None:
    """Prove it: wait until the first step can be played."""
    await player.press("p")
    await player.until(
        lambda: getattr(player.app.focused, "id", "") == "proof-next", "the experiment is set up"
    )


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_an_answer_has_its_verdict_at_once_a_reason_for_every_option_and_is_kept(
    org_file: Path, play, size
) -> None:
    async with play(org_file, size) as player:
        await search(player, SHARED)
        await answer(player, right=False)
        await player.sees("✗ Wrong")
        page = player.app.screen.query_one(QuestionPage)
        words = " ".join(str(static.render()) for static in page.query("Static"))
        assert all(option.why in words for option in shown(player).question.options)
        assert "As of Winter '27. Known from" in words
        await player.press("f")
        await player.until(lambda: "flagged" in str(page.border_title), "the flag is shown")
    study = room().study()
    (review,) = study.reviews
    assert (review.question, review.right, review.rating) == (SHARED, False, 1)
    assert [q.id for q in study.pick("missed")] == [q.id for q in study.pick("flagged")] == [SHARED]


async def test_unsure_comes_sooner_than_sure(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await search(player, SHARED)
        await answer(player, right=True, key="u")
        await player.sees("✓ Right · not sure")
    (review,) = room().study().reviews
    assert review.right and not review.sure and review.rating == 2


async def test_the_wrong_number_of_options_is_no_answer(
    org_file: Path, play, toasts: list[str]
) -> None:
    two = next(question for question in BANK if question.choose == 2)
    async with play(org_file) as player:
        await search(player, two.id)
        await player.press("a", "enter")
        await player.until(
            lambda: any("Choose two." in words for words in toasts), "a word about it"
        )
        assert not shown(player).answered
        await player.press("b", "c")
        await player.until(
            lambda: any("Take one away first" in words for words in toasts), "two are enough"
        )
        assert len(shown(player).chosen) == 2
    assert room().study().reviews == []


@pytest.mark.parametrize(("name", "size"), [(SHARED, SMALL), (FORKED, WIDE)])
async def test_an_experiment_plays_in_an_org_of_its_own_and_shows_which_options_hold(
    org_file: Path, org: Org, play, name: str, size
) -> None:
    before = org.info()
    async with play(org_file, size) as player:
        await search(player, name)
        await answer(player, right=True)
        await to_the_stage(player)
        assert player.app.org.path != org_file
        for _ in range(20):
            play_now = player.app.exam.proof
            if play_now.next_step is None and play_now.next_option is None:
                break
            at = (len(play_now.told), len(play_now.seen))
            await player.press("n")
            await player.until(
                lambda at=at: (
                    (len(player.app.exam.proof.told), len(player.app.exam.proof.seen)) != at
                ),
                "a step",
            )
        held = {place for place, seen in player.app.exam.proof.seen.items() if seen.holds}
        assert held == player.app.exam.proof.question.right
        await player.sees("does not hold")
        if name == SHARED:
            view = player.app.org.view
            assert view.client.name == "Data bridge" and view.attempts, "its login in its pane"
        await player.press("l")
        await player.until(lambda: player.app.org.path == org_file, "back in the learner's org")
        await player.sees("✓ Right")
    assert org.info() == before, "the learner's org was not touched"


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from freshtoken_model.decision.credentials import Hashing
from freshtoken_tui.app import FreshtokenApp
from freshtoken_tui.cli.steps import run_line

async def main():
    app = FreshtokenApp(Path(sys.argv[1]), run_line, Hashing(memory_kib=8, passes=1))
    app.settings.welcomed = True
    async with app.run_test(size=(80, 24)) as pilot:
        while app.client.pane is None or not app.client.pane.ready:
            await pilot.pause(0.02)
        app.action_page("sitting")
        page = None
        while page is None or page._sitting is None:
            await pilot.pause(0.02)
            found = app.main.query("SittingPage")
            page = found.first() if found else None
        async def until(holds):
            while not holds(page._sitting):
                await pilot.pause(0.02)
        for place, key in enumerate(sys.argv[2:]):
            await pilot.press(*key)
            await until(lambda now: now.answers[place].chosen)
            if place == 1:
                await pilot.press("m")
                await until(lambda now: now.answers[1].marked)
            await pilot.press("right")
            await until(lambda now: now.at == place + 1)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_a_short_mock_exam_with_a_flag_survives_kill_and_gets_the_score_computed_by_hand(
    org_file: Path, play, toasts: list[str]
) -> None:
    sitting = room().start(ExamForm(10), seed="by hand")
    questions = {question.id: question for question in BANK}

    def keys(place: int, right: bool) -> list[str]:
        question, order = questions[sitting.questions[place]], sitting.orders[place]
        places = question.right if right else {n for n in order if n not in question.right}
        return letters(order, places)[: question.choose]

    typed = ["".join(keys(0, True)), "".join(keys(1, False)), "".join(keys(2, True))]
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(org_file), *typed], timeout=60, env=os.environ.copy()
    )
    assert ended.returncode == -signal.SIGKILL
    async with play(org_file, SMALL) as player:
        await at_exam(player)
        await player.sees("Go on with the mock exam 3 of 10 answered")
        await begin(player, "sitting")
        await player.sees("Mock exam · 4 of 10")
        left = player.app.exam.sitting
        assert left.answers[1].marked and left.started_at == sitting.started_at
        await player.press(*keys(3, True))
        await player.until(
            lambda: bool(player.app.exam.sitting.answers[3].chosen), "the fourth answer"
        )
        await player.press("g", "2", "enter")
        await player.sees("2 of 10 · marked")
        first = letters(sitting.orders[1], player.app.exam.sitting.answers[1].chosen)
        await player.press(*first, *keys(1, True))
        await player.until(
            lambda: (
                player.app.exam.sitting.answers[1].chosen == questions[sitting.questions[1]].right
            ),
            "changed",
        )
        await player.press("h")
        await player.sees("Unanswered, and unanswered is wrong: 5, 6, 7, 8, 9, 10.")
        await player.sees("Marked for review: 2.")
        await player.press("y")
        await player.sees("✗ Not passed 4 of 10, 40%; 7 are needed")
        await player.press("enter")
        await player.sees("✓ Right · 1 of 10")
        await player.press("right", "right", "right", "right")
        await player.sees("✗ Wrong · 5 of 10 · you chose nothing")
    (result,) = room().results()
    assert (result.right, result.percent, result.passed) == (4, 40, False)
    assert len(room().study().reviews) == 4


async def test_the_rules_are_said_before_a_mock_exam_and_a_pause_stops_its_clock(
    org_file: Path, play
) -> None:
    async with play(org_file) as player:
        await at_exam(player)
        await begin(player, "mock 10")
        await player.sees("10 questions, 18 minutes, 7 right answers to pass (68%).")
        await player.press("escape")
        await player.until(lambda: len(player.app.screen_stack) == 1, "nothing was begun")
        assert room().sitting() is None
        await begin(player, "mock 10")
        await player.sees("Begin, with pauses")
        await player.press("p")
        await player.sees("Mock exam · 1 of 10")
        await player.press("z")
        await player.sees("Paused: z goes on.")
        assert sitting().paused_at is not None
        await player.press("z")
        await player.until(lambda: sitting().paused_at is None, "it goes on")
        await player.press("escape")
        await player.sees("Go on with the mock exam 0 of 10 answered")
        assert sitting().paused_at is not None, "left, and paused"


async def test_quitting_pauses_an_exam_that_may_be_paused_and_no_other(
    org_file: Path, play
) -> None:
    for pausable in (True, False):
        begun = room().start(ExamForm(10), pausable=pausable)
        async with play(org_file) as player:
            player.app.action_page("sitting")
            await player.sees("Mock exam · 1 of 10")
        now = sitting()
        assert (now.paused_at is not None) is pausable
        room().hand_in(begun)


async def test_a_trainers_questions_can_be_the_only_ones(
    tmp_path: Path, org_file: Path, play
) -> None:
    folder = tmp_path / "course" / "questions"
    folder.mkdir(parents=True)
    shipped = (
        Path(__file__).parents[2]
        / "data"
        / "freshtoken_data"
        / "questions"
        / "01-security-tokens.toml"
    )
    text = shipped.read_text(encoding="utf-8").replace(
        'title = "Security tokens"', 'title = "Our own org"'
    )
    text = text.replace('\nid = "', '\nid = "own-')
    (folder / "own.toml").write_text(text, encoding="utf-8")
    async with play(org_file) as player:
        player.app.exam.content = (str(tmp_path / "course"), True)
        await at_exam(player)
        await player.sees("Our own org")
        assert len({question.topic.title for question in player.app.exam.room.bank}) == 1


async def test_the_page_says_what_it_is_not(org_file: Path, play) -> None:
    async with play(org_file, SMALL) as player:
        await at_exam(player)
        await player.sees("no question of a real exam")
        await player.sees("weights are ours")


async def test_the_mouse_does_what_the_keys_do(org_file: Path, play) -> None:
    room().start(ExamForm(10))
    async with play(org_file) as player:
        player.app.action_page("sitting")
        await player.sees("Mock exam · 1 of 10")
        options = player.app.screen.query
        await player.until(
            lambda: any(row.region.area for row in options("QuestionView .place-1")),
            "options are laid out",
        )
        await player.pilot.click("QuestionView .place-1")
        chosen = frozenset({player.app.exam.sitting.orders[0][1]})
        await player.until(
            lambda: player.app.exam.sitting.answers[0].chosen == chosen,
            "the second option is chosen",
        )
        await player.pilot.click("Navigator", offset=(21, 0))
        await player.sees("Mock exam · 5 of 10")


async def test_a_lab_does_not_take_the_place_of_an_experiment(
    org_file: Path, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await search(player, SHARED)
        await answer(player, right=True)
        await to_the_stage(player)
        await player.press("f6")
        await player.sees("The first change")
        await player.press("enter")
        await player.until(
            lambda: any("Leave the experiment first" in words for words in toasts), "why not"
        )
        await player.press("f7", "l")
        await player.until(lambda: player.app.org.path == org_file, "back in the learner's org")

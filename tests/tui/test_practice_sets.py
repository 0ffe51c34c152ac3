"""Practice in sets: how many questions, what it came to, and a list that shows what is searched."""

from pathlib import Path

from textual.coordinate import Coordinate
from textual.widgets import DataTable, Input

from freshtoken_model.training.exam.exam_room import ExamRoom
from freshtoken_model.training.exam.questions import LETTERS, found
from freshtoken_model.training.exam.study import PracticeSummary, Review
from freshtoken_model.training.shelf import open_bank
from freshtoken_tui.screens.question import QuestionPage
from freshtoken_tui.widgets.question_view import QuestionView

BANK, _ = open_bank()
TOPIC = BANK[0].topic
SMALL, WIDE = (80, 24), (120, 40)


async def at_exam(player) -> DataTable:
    """The Exam page, its list filled."""
    await player.press("f7")
    await player.until(lambda: player.app.main.page.id == "page-exam", "the page is there")
    table = player.app.main.page.query_one("#exam-list", DataTable)
    await player.until(lambda: table.row_count > 5, "the list is filled")
    return table


async def begin(player, key: str) -> None:
    """Enter on a row of the list."""
    table = player.app.main.page.query_one("#exam-list", DataTable)
    table.focus()
    table.move_cursor(row=table.get_row_index(key))
    await player.press("enter")


async def answer(player, right: bool) -> None:
    """Answer the question that is shown."""
    view = player.app.main.page.query_one(QuestionView)
    question = view.shown.question
    places = [n for n in view.shown.order if (n in question.right) is right][: question.choose]
    keys = [LETTERS[view.shown.order.index(place)].lower() for place in places]
    await player.press(*keys, "enter")
    await player.until(lambda: view.shown.answered, "the verdict")


def titles(player) -> str:
    """The title of the page."""
    return str(player.app.main.page.border_title)


async def test_a_set_asks_how_many_and_the_choice_is_kept(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await at_exam(player)
        await begin(player, "set all")
        await player.sees("How many questions?")
        await player.press("escape")
        await player.until(lambda: len(player.app.screen_stack) == 1, "nothing was begun")
        assert player.app.main.page.id == "page-exam"
        await begin(player, "set all")
        await player.sees(f"All {len(BANK)}")
        await player.press("2")
        await player.until(lambda: "1 of 20" in titles(player), "twenty")
        await player.press("escape")
        await at_exam(player)
        await begin(player, f"topic {TOPIC.id}")
        await player.sees("How many questions?")
        await player.press("enter")
        await player.until(lambda: f"1 of 20 · {TOPIC.title}" in titles(player), "as last time")


async def test_the_end_tells_what_it_came_to_and_asks_again_what_was_wrong(
    org_file: Path, play
) -> None:
    two = [question for question in BANK if question.choose == 1][:2]
    async with play(org_file, SMALL) as player:
        player.app.exam.practise(two)
        await player.until(lambda: "1 of 2" in titles(player), "begun")
        await answer(player, right=True)
        await player.press("n")
        await player.until(lambda: "2 of 2" in titles(player), "the second")
        await answer(player, right=False)
        await player.press("n", "enter")
        await player.sees("1 of 2 right")
        await player.sees(f"1 {two[1].topic.title}")
        await player.sees("s a question")
        assert titles(player) == "Practice · done", "another Enter begins nothing"
        await player.press("w")
        await player.until(lambda: "1 of 1" in titles(player), "only the one that was wrong")
        page = player.app.main.page
        assert isinstance(page, QuestionPage) and page.question == two[1]
        await answer(player, right=True)
        await player.press("n")
        await player.sees("1 of 1 right")
        assert not page.query_one("#question-again").display, "nothing is wrong any more"
        await player.press("escape")
        await player.until(lambda: player.app.main.page.id == "page-exam", "the list")


async def test_the_list_shows_what_is_searched(org_file: Path, play) -> None:
    hits = found(BANK, "frozen")
    async with play(org_file) as player:
        table = await at_exam(player)
        page, before = player.app.main.page, table.row_count
        assert "found" not in str(page.border_subtitle)
        page.query_one("#exam-search", Input).value = "frozen"
        await player.until(lambda: table.row_count == len(hits) + 1, "the questions found")
        assert page.border_subtitle == f"{len(hits)} found"
        page.query_one("#exam-search", Input).value = "nowhereatall"
        await player.until(lambda: table.row_count == 0, "none")
        assert page.border_subtitle == "0 found"
        page.query_one("#exam-search", Input).value = ""
        await player.until(lambda: table.row_count == before, "all again")
        page.query_one("#exam-search", Input).value = "frozen"
        await player.until(lambda: table.row_count == len(hits) + 1, "found again")
        await begin(player, f"one {hits[1].id}")
        await player.until(lambda: "1 of 1" in titles(player), "that question alone")
        assert player.app.main.page.question == hits[1]


async def test_an_empty_set_is_not_the_first_row(org_file: Path, play) -> None:
    async with play(org_file) as player:
        table = await at_exam(player)
        first = table.coordinate_to_cell_key(Coordinate(0, 0)).row_key.value
        assert first == "set new", "nothing is due"


def test_a_summary_counts_right_answers_time_and_topics() -> None:
    other = next(question for question in BANK if question.topic != TOPIC)
    given = [(BANK[0], False, 4.0), (BANK[1], False, 6.0), (other, False, 2.0), (other, True, 8.0)]
    summary = PracticeSummary(
        tuple((q, Review(0, q.id, frozenset(), ok, 1, True, time, False)) for q, ok, time in given)
    )
    assert (summary.right, summary.seconds) == (1, 20.0)
    assert summary.missed == [BANK[0], BANK[1], other]
    assert summary.missed_topics == [(TOPIC.title, 2), (other.topic.title, 1)]


def test_of_all_questions_the_unseen_come_first_then_the_longest_not_seen() -> None:
    now = [0]

    def clock() -> int:
        now[0] += 1_000
        return now[0]

    room = ExamRoom(BANK[:4], now=clock)
    for place in (2, 0):
        room.answer(BANK[place], BANK[place].right, True, 3.0)
    assert room.study().pick("all") == [BANK[1], BANK[3], BANK[2], BANK[0]]

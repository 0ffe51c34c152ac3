"""freshtoken exam: practice and mock exams as a conversation, the same records as the app's,
exports, papers.
"""

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from freshtoken_model.training.exam.exam_room import ExamRoom
from freshtoken_model.training.exam.mock import ExamForm
from freshtoken_model.training.exam.questions import LETTERS, Question
from freshtoken_model.training.shelf import open_bank
from freshtoken_tui.cli import exam_dialogue
from freshtoken_tui.cli.exam_dialogue import say_question, say_reasons

from ..world import invoke

BANK, _ = open_bank()
SHARED, FORKED = "token-after-own-password-change", "token-live-again"


def line(*words: str, typed: str = "") -> Result:
    """Run a command line, with what is typed at its prompts."""
    return invoke("exam", *words, input=typed)


def told(*words: str) -> Any:
    """What a command prints as JSON."""
    result = line(*words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def question(name: str) -> Question:
    return next(one for one in BANK if one.id == name)


def letters(order: Sequence[int], places: frozenset[int]) -> str:
    return "".join(
        letter for letter, place in zip(LETTERS, order, strict=False) if place in places
    ).lower()


def test_practice_gives_a_verdict_all_reasons_and_keeps_the_answer() -> None:
    result = line("practice", "--search", SHARED, typed="x\na\n\n")
    assert result.exit_code == 0
    assert "Type letters" in result.stdout  # x is no option
    assert re.search(r"^Answer: (Right\.|Wrong: [A-E] is right\.)$", result.stdout, re.MULTILINE)
    flowing = " ".join(result.stdout.split())
    assert all(option.why in flowing for option in question(SHARED).options)
    assert "official documentation, checked 2026-11-24" in flowing
    (review,) = ExamRoom(BANK).study().reviews
    assert review.question == SHARED and review.sure and review.right is ("Right." in result.stdout)


def test_a_question_mark_says_that_one_is_not_sure() -> None:
    line("practice", "--search", SHARED, typed="b?\n")
    (review,) = ExamRoom(BANK).study().reviews
    assert not review.sure


def test_the_end_of_what_is_typed_ends_practice_in_peace() -> None:
    result = line("practice", "--set", "all", "--count", "3")
    assert result.exit_code == 0 and "The input ended." in result.stderr
    assert "right" not in result.stdout


def test_no_line_of_a_question_is_wider_than_eighty_columns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for one in BANK:
        order = range(len(one.options))
        say_question(one, order, one.id)
        say_reasons(one, order)
        assert max(map(len, capsys.readouterr().out.splitlines())) <= 80, one.id


def test_a_mock_exam_is_sat_left_gone_on_with_and_handed_in() -> None:
    room = ExamRoom(BANK)
    first = line("mock", "--questions", "10", "--seed", "plain", typed="a\nm\nn\nq\n")
    assert first.exit_code == 1 and "The clock runs on" in first.stdout
    sitting = room.sitting()
    assert sitting is not None and sitting.answers[0].marked
    keys = []
    for place, name in enumerate(sitting.questions[:8]):
        keys += [f"g {place + 1}", letters(sitting.orders[place], question(name).right)]
    second = line("mock", typed="\n".join((*keys, "l", "t", "h", "n", "h", "y", "")))
    assert "Going on with the open mock exam." in second.stderr
    assert "2 unanswered, and unanswered is wrong: 9, 10." in " ".join(second.stdout.split())
    assert second.exit_code == 0 and "Passed: 8 of 10, 80%." in second.stdout
    (result,) = room.results()
    assert (result.right, result.passed) == (8, True)
    (mock,) = told("stats")["mocks"]
    assert (mock["right"], mock["of"], mock["percent"], mock["passed"]) == (8, 10, 80, True)


def test_a_failed_mock_exam_is_exit_one() -> None:
    assert line("mock", "--questions", "10", typed="h\ny\n").exit_code == 1


def test_a_pause_is_refused_where_the_clock_does_not_stop() -> None:
    strict = line("mock", "--questions", "10", typed="z\nh\ny\n")
    assert "its clock does not stop" in strict.stdout
    kind = line("mock", "--questions", "10", "--pause", typed="z\n\nq\n")
    assert "Paused; Enter goes on." in kind.stdout
    open_one = ExamRoom(BANK).sitting()
    assert open_one is not None and open_one.paused_at is not None


@pytest.mark.parametrize("name", [SHARED, FORKED])
def test_prove_plays_the_experiment_and_says_which_options_hold(name: str) -> None:
    result = line("prove", name)
    assert result.exit_code == 0 and "$ freshtoken password change integration" in result.stdout
    assert len(re.findall("^    holds$", result.stdout, re.MULTILINE)) == 1
    assert all(option["holds"] is option["right"] for option in told("prove", name)["options"])


def test_show_has_a_line_to_report_a_question_with() -> None:
    found = told("show", SHARED)
    assert SHARED in found["report"] and all(
        source in found["report"] for source in found["sources"]
    )


def test_progress_goes_to_another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line("practice", "--search", SHARED, typed="a\n")
    file = tmp_path / "progress.json"
    assert line("export", "--format", "json", "--out", str(file)).exit_code == 0
    assert line("export", "--format", "json", "--out", str(file)).exit_code == 2, (
        "a file that is there is not overwritten"
    )
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "other"))
    assert told("stats")["answers"] == 0
    assert told("import", str(file))["new"] == 1
    assert told("import", str(file))["new"] == 0
    assert told("stats")["answers"] == 1


def test_a_file_that_is_no_progress_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for text in (
        "",
        "[]",
        "{}",
        '{"notes": [1]}',
        '{"notes": [{"at": 1, "what": "sitting", "subject": "x", "detail": {}}]}',
    ):
        file = tmp_path / "broken.json"
        file.write_text(text, encoding="utf-8")
        result = line("import", str(file))
        assert result.exit_code == 2 and "Traceback" not in result.stderr, text
        assert result.stderr.splitlines()[-1].startswith("Error: Invalid value for 'FILE'"), text
    file.write_bytes(b"\xff\xfe")
    assert line("import", str(file)).exit_code == 2


def test_reviews_as_csv() -> None:
    line("practice", "--search", SHARED, typed="a\n")
    (row,) = csv.DictReader(io.StringIO(line("export", "--format", "csv").stdout))
    assert (
        row["question"] == SHARED
        and row["topic"] == "security-tokens"
        and row["rating"] in ("Again", "Easy", "Good")
    )


def test_reset_asks_and_can_be_undone() -> None:
    line("practice", "--search", SHARED, typed="a\n")
    assert line("reset").exit_code == 2, "there is no terminal to ask on"
    assert line("reset", "--yes").exit_code == 0
    assert told("stats")["answers"] == 0
    assert line("reset", "--undo").exit_code == 0
    assert told("stats")["answers"] == 1
    assert line("reset", "--undo").exit_code == 1


def test_a_paper_and_its_key_have_the_same_questions_and_only_the_key_tells() -> None:
    paper, key = (line("paper", "--count", "5", *more).stdout for more in ((), ("--answers",)))
    heads = [re.findall(r"^## .*\n\n.*$", text, re.MULTILINE) for text in (paper, key)]
    assert heads[0] == heads[1] and len(heads[0]) == 5
    assert "Answer:" not in paper and key.count("Answer: **") == 5
    page = line("paper", "--count", "5", "--html").stdout
    assert page.startswith("<!doctype html>") and 'class="right"' not in page


def test_a_trainers_folder_alone(tmp_path: Path) -> None:
    folder = tmp_path / "course" / "questions"
    folder.mkdir(parents=True)
    shipped = (
        Path(__file__).parents[2] / "data" / "freshtoken_data" / "questions" / "07-retirements.toml"
    )
    own = re.sub(r'^id = "', 'id = "own-', shipped.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (folder / "own.toml").write_text(own, encoding="utf-8")
    course = str(folder.parent)
    assert {
        row["topic"] for row in told("--content", course, "--only", "practice", "--set", "all")
    } == {"retirements"}
    assert line("--only", "stats").exit_code == 2, "only whose?"
    assert line("--content", str(tmp_path / "none"), "stats").exit_code == 2


def test_an_unknown_topic_names_those_there_are() -> None:
    result = line("practice", "--topic", "nothing")
    assert result.exit_code == 2 and "security-tokens" in result.stderr


def test_the_conversation_is_over_when_the_time_is(monkeypatch: pytest.MonkeyPatch) -> None:
    room = ExamRoom(BANK, now=lambda: 1_000_000)
    room.start(ExamForm(10), seed="long ago")
    result = line("mock", "--questions", "10", typed="q\n")
    assert "Going on" not in result.stderr, "the old one was handed in by itself"
    assert len(told("stats")["mocks"]) == 1


def test_a_mock_exam_that_was_reset_meanwhile_ends_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def reset_and_go_on(prompt: str) -> str:
        ExamRoom(BANK).reset()
        return "l"

    monkeypatch.setattr(exam_dialogue, "ask", reset_and_go_on)
    result = line("mock", "--questions", "10")
    assert result.exit_code == 1
    assert result.stderr.endswith("no longer there: the progress was reset.\n")

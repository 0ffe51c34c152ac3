"""freshtoken's own questions: how they are put, and every proof, run."""

import pytest

from freshtoken_model.training.exam.leaning import check_leaning
from freshtoken_model.training.exam.question_lint import check_proofs, check_wording, unproved_share
from freshtoken_model.training.shelf import open_bank
from freshtoken_tui.cli.steps import run_quick

BANK, PROBLEMS = open_bank()
FILES = sorted({question.file for question in BANK})


@pytest.fixture(autouse=True)
def no_content_of_the_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRESHTOKEN_CONTENT", raising=False)


def test_the_bank_is_read_and_well_put_and_most_of_it_is_proved() -> None:
    assert not PROBLEMS
    assert len(BANK) >= 160 and len(FILES) == 8
    assert [str(problem) for problem in (*check_wording(BANK), *unproved_share(BANK))] == []


def test_the_bank_gives_no_answer_away_by_length_or_by_kind() -> None:
    assert [str(problem) for problem in check_leaning(BANK)] == []


@pytest.mark.parametrize("file", FILES)
def test_every_proof_shows_that_the_right_options_hold_and_no_other(file: str) -> None:
    proofs, problems = check_proofs(
        [question for question in BANK if question.file == file], run_quick, lambda words: None
    )
    assert [str(problem) for problem in problems] == [] and proofs > 0


def test_a_mock_exam_of_every_form_can_be_put_together() -> None:
    topics = {question.topic.id: question.topic.weight for question in BANK}
    assert sum(topics.values()) == 100

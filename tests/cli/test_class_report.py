"""freshtoken class report: what a class did, as tables, CSV and JSON."""

import csv
import io
import json
from pathlib import Path

import pytest

from freshtoken_model.training.exam.exam_room import ExamRoom
from freshtoken_model.training.exam.mock import ExamForm
from freshtoken_model.training.learners import Learner, read_learner, write_learner
from freshtoken_model.training.shelf import open_bank
from freshtoken_tui.web.folders import Folders

from ..world import invoke

LAB = "first-change"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A class: Kim solved a lab after a hint and sat an exam, Robin failed a check, a third one only
    came.
    """
    folder = tmp_path / "class"
    people = Folders(folder)
    homes = []
    for name in ("Robin", "Kim", ""):
        visitor = people.find(people.add(name))
        assert visitor is not None
        homes.append(visitor.folder)
    monkeypatch.setenv("FRESHTOKEN_DATA", str(homes[0]))
    assert invoke("lab", "start", LAB).exit_code == 0
    assert invoke("lab", "check", LAB).exit_code == 1
    monkeypatch.setenv("FRESHTOKEN_DATA", str(homes[1]))
    assert invoke("lab", "start", LAB).exit_code == 0
    assert invoke("lab", "hint", LAB).exit_code == 0
    assert invoke("lab", "solve", LAB, "--give-up", "--play").exit_code == 0
    assert invoke("lab", "check", LAB).exit_code == 0
    exam = ExamRoom(open_bank()[0], homes[1])
    for question in exam.bank[:3]:
        exam.answer(question, question.right, sure=True, seconds=5)
    sitting = exam.start(ExamForm(10), seed="class")
    right = exam.question(sitting.questions[0]).right
    exam.hand_in(exam.choose(sitting, 0, right))
    monkeypatch.delenv("FRESHTOKEN_DATA")
    return folder


def test_the_tables_name_learners_labs_and_topics(room: Path) -> None:
    found = invoke("class", "report", room)
    assert (found.exit_code, found.stderr) == (0, "")
    lines = [line.split() for line in found.stdout.split("\n")]
    nameless = next(path.name for path in room.iterdir() if not read_learner(path).name)
    assert {line[0] for line in lines[1:4]} == {"Kim", "Robin", nameless}
    kim = next(line for line in lines if line[:1] == ["Kim"])
    assert kim[1:4] == ["1", "0", "1"] and kim[-3:] == ["1", "of", "10"]
    assert any(line[:3] == ["Kim", LAB, "solved"] and line[-2:] == ["1", "0"] for line in lines)
    assert any(line[:3] == ["Robin", LAB, "started"] and line[-2:] == ["0", "1"] for line in lines)
    assert any(line[:1] == ["Kim"] and line[-3:-2] == ["3"] for line in lines)


def test_json_has_all_of_it(room: Path) -> None:
    rows = {
        row["learner"]: row for row in json.loads(invoke("class", "report", room, "--json").stdout)
    }
    kim, robin = rows["Kim"], rows["Robin"]
    (lab,) = kim["labs"]
    assert (lab["id"], lab["state"], lab["hints"]) == (LAB, "solved", 1)
    assert lab["started_at"] <= lab["ended_at"]
    assert kim["answers"] == 4 and 0 < kim["ready"] < 0.1
    assert kim["mocks"][0]["right"] == 1 and kim["mocks"][0]["state"] == "not passed"
    assert sum(topic["seen"] for topic in kim["topics"]) in (3, 4)
    assert robin["labs"][0]["ended_at"] is None and robin["labs"][0]["failed_checks"] == 1
    assert robin["mocks"] == [] and robin["ready"] == 0


def test_csv_has_a_row_for_each_lab_topic_and_exam(room: Path, tmp_path: Path) -> None:
    out = tmp_path / "class.csv"
    assert invoke("class", "report", room, "--csv", "--out", out).exit_code == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    kinds = [(row["learner"], row["what"]) for row in rows]
    assert kinds.count(("Kim", "lab")) == kinds.count(("Kim", "mock exam")) == 1
    assert kinds.count(("Kim", "topic")) >= 1
    assert sum(what == "nothing yet" for _, what in kinds) == 1
    again = invoke("class", "report", room, "--csv", "--out", out)
    assert again.exit_code == 2 and "--force" in again.stderr
    assert invoke("class", "report", room, "--csv").stdout == out.read_text()


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "\t=1", "'=1"])
def test_a_name_that_a_spreadsheet_would_run_is_harmless(room: Path, name: str) -> None:
    place = next(path for path in room.iterdir() if read_learner(path).name == "Robin")
    write_learner(place, Learner(name))
    found = invoke("class", "report", room, "--csv").stdout
    cells = [row[0] for row in csv.reader(io.StringIO(found)) if row[1] == place.name]
    assert cells and all(cell.startswith("'") for cell in cells)


def test_a_name_that_steers_a_terminal_or_a_folder_that_is_damaged_spoils_nothing(
    room: Path,
) -> None:
    hostile = room / "hand\x1b[31min"
    hostile.mkdir()
    write_learner(hostile, Learner("Eve\x1b]0;x\x07\nKim"))
    (hostile / "progress.db").write_bytes(b"no progress at all" * 100)
    (room / "half").mkdir()
    (room / "half" / "learner.json").write_text('{"format": 1, "name": ["x"')
    (room / "notes.txt").write_text("not a learner")
    found = invoke("class", "report", room)
    assert found.exit_code == 0 and "\x1b" not in found.output
    assert "is not freshtoken's progress" in found.stderr or "not a" in found.stderr
    assert any(line.startswith("half") for line in found.stdout.split("\n"))
    rows = json.loads(invoke("class", "report", room, "--json").stdout)
    assert len(rows) == 5 and sum(bool(row["problem"]) for row in rows) == 1


def test_a_report_changes_nothing_and_one_data_folder_is_a_class_of_one(room: Path) -> None:
    before = {path: path.read_bytes() for path in room.rglob("*") if path.is_file()}
    kim = next(path for path in room.iterdir() if read_learner(path).name == "Kim")
    (row,) = json.loads(invoke("class", "report", kim, "--json").stdout)
    assert row["learner"] == "Kim"
    invoke("class", "report", room)
    assert {path: path.read_bytes() for path in room.rglob("*") if path.is_file()} == before

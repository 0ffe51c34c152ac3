"""freshtoken content, and a teacher's own folder: what WRITING.md promises."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from click.testing import Result

import freshtoken_data
from freshtoken_model.training.content.checks import COUNT_CHECKS, FIELD_VALUES, STATE_CHECKS
from freshtoken_model.training.content.steps import parse_step

from ..world import invoke

LABS = freshtoken_data.folder() / "labs"
WRITING = (LABS / "WRITING.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```toml\n(.*?)```", WRITING, re.DOTALL)[0]


@pytest.fixture(autouse=True)
def no_content_of_the_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRESHTOKEN_CONTENT", raising=False)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A teacher's folder with the worked example in it."""
    (tmp_path / "course" / "labs").mkdir(parents=True)
    (tmp_path / "course" / "labs" / "01-the-new-vendor.toml").write_text(EXAMPLE, encoding="utf-8")
    return tmp_path / "course"


def line(*words: str, exits: int = 0) -> Result:
    result = invoke(*words)
    assert result.exit_code == exits, result.output + repr(result.exception)
    return result


def shown(*words: str, exits: int = 0) -> Any:
    return json.loads(line(*words, "--json", exits=exits).stdout)


# ---- the worked example


def test_the_worked_example_is_sound(course: Path) -> None:
    found = shown("content", "check", "--content", str(course))
    assert found == {
        "folder": str(course),
        "labs": 1,
        "demos": 0,
        "questions": 0,
        "proofs": 0,
        "problems": [],
    }
    result = line("content", "check", "--content", str(course))
    assert result.stdout == "" and "labs/01-the-new-vendor.toml" in result.stderr
    assert result.stderr.splitlines()[-1] == "1 labs, 0 demos, 0 questions, 0 proofs, 0 problems."


@pytest.mark.parametrize("by", ["--content", "FRESHTOKEN_CONTENT"])
def test_the_worked_example_is_listed_first_begun_and_solved(
    course: Path, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    labs = ["lab", "--content", str(course)] if by == "--content" else ["lab"]
    if by == "FRESHTOKEN_CONTENT":
        monkeypatch.setenv(by, str(course))
    listed = [one["id"] for one in shown(*labs, "list")]
    assert listed[0] == "the-new-vendor" and "first-change" in listed
    org = shown(*labs, "start", "the-new-vendor")["org"]
    assert (
        shown(*labs, "check", exits=1)["goals"][0]["words"]
        == "The dashboard has not logged in from the cloud yet."
    )
    for text in tomllib.loads(EXAMPLE)["solution"]:
        line("--org", org, *parse_step(text).words(course))
    assert shown(*labs, "check")["state"] == "solved"
    line("--org", org, "setup", "add-range", "203.0.113.0", "203.0.113.255")
    assert shown(*labs, "status", exits=1)["forbidden_moves"] == [
        "the cloud must not become a trusted IP range."
    ]


def test_writing_md_names_every_field_a_lab_has() -> None:
    table = WRITING.partition("## The file")[2].partition("## Checks")[0]
    for path in LABS.glob("*.toml"):
        for name in tomllib.loads(path.read_text(encoding="utf-8")):
            assert f"`{name}`" in table or f"`[[{name}]]`" in table, f"{path.name} has {name}"


# ---- content check


def break_example(course: Path, name: str = "02-broken.toml", **fields: Any) -> None:
    lab = tomlkit.parse(EXAMPLE).unwrap() | {"id": "broken", **fields}
    (course / "labs" / name).write_text(tomlkit.dumps(lab), encoding="utf-8")


def test_a_problem_is_told_with_file_table_field_and_what_was_expected(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goal = tomllib.loads(EXAMPLE)["goal"][0]
    break_example(course, minutes=99, goal=[{**goal, "protocol": "pigeon"}])
    monkeypatch.setenv("FRESHTOKEN_CONTENT", str(course))
    found = shown("content", "check", exits=1)
    assert (found["folder"], found["labs"]) == (str(course), 1)
    first, second = found["problems"]
    assert set(first) == {"file", "table", "field", "expected"}
    assert [(p["file"], p["table"], p["field"]) for p in (first, second)] == [
        ("labs/02-broken.toml", "", "minutes"),
        ("labs/02-broken.toml", "[[goal]] number 1", "protocol"),
    ]
    result = line("content", "check", exits=1)
    lines = result.stdout.splitlines()
    assert lines[0] == f"labs/02-broken.toml, minutes: {first['expected']}"
    assert lines[1] == f"labs/02-broken.toml, [[goal]] number 1, protocol: {second['expected']}"
    assert len(lines) == 2 and result.stderr.splitlines()[-1].endswith("2 problems.")


def test_content_that_is_named_wins_over_the_variable(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRESHTOKEN_CONTENT", str(tmp_path / "none"))
    assert shown("content", "check", "--content", str(course))["problems"] == []
    for words in (
        ["content", "check"],
        ["lab", "list"],
        ["lab", "--content", str(tmp_path / "neither"), "list"],
    ):
        result = line(*words, exits=2)
        assert result.stdout == "" and "There is no content folder" in result.stderr


def test_a_broken_file_does_not_hide_the_other_labs_and_is_said_beside_them(course: Path) -> None:
    (course / "labs" / "00-broken.toml").write_text("format = ")
    result = line("lab", "--content", str(course), "list", "--json")
    listed = [one["id"] for one in json.loads(result.stdout)]
    assert listed[0] == "the-new-vendor" and len(listed) == 1 + len(list(LABS.glob("*.toml")))
    assert "1 problems" in result.stderr and "freshtoken content check" in result.stderr
    assert line("lab", "--content", str(course), "start", "the-new-vendor").stdout.endswith(
        "the-new-vendor.db\n"
    )


def test_checking_content_leaves_no_lab_and_no_progress_behind(
    course: Path, tmp_path: Path
) -> None:
    line("content", "check", "--content", str(course))
    assert not (tmp_path / "data").exists()
    assert [path.name for path in course.rglob("*")] == ["labs", "01-the-new-vendor.toml"]


def test_a_folder_without_any_content_is_not_called_sound(course: Path) -> None:
    line("content", "check", "--content", str(course / "labs"), exits=1)


# ---- content vocabulary


def test_the_vocabulary_names_every_check_with_its_fields_and_what_it_can_be() -> None:
    found = shown("content", "vocabulary")
    assert set(found) == {"states", "counts", "values", "steps"}
    assert {name: (row["fields"], row["states"]) for name, row in found["states"].items()} == {
        name: (list(check.fields), list(check.states)) for name, check in STATE_CHECKS.items()
    }
    assert {name: (row["needs"], row["takes"]) for name, row in found["counts"].items()} == {
        name: (list(check.needs), list(check.takes)) for name, check in COUNT_CHECKS.items()
    }
    assert set(found["values"]) == set(FIELD_VALUES) and all(found["values"].values())
    assert "token_reset" in found["values"]["event"] and "soap_login" in found["values"]["setting"]


def test_the_vocabulary_reads_as_tables_for_people() -> None:
    text = line("content", "vocabulary").stdout
    starts = {row.split(maxsplit=1)[0] for row in text.splitlines() if row.strip()}
    assert {*STATE_CHECKS, *COUNT_CHECKS} <= starts
    assert {f"{name}:" for name in FIELD_VALUES} <= starts
    assert "active, locked, frozen, inactive" in text

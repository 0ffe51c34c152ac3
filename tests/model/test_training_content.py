"""The shipped labs one by one, and the linter on a lab that is broken in every way it can be."""

import copy
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomlkit

import freshtoken_data
from freshtoken_model.org import Org
from freshtoken_model.training.content.sources import sources
from freshtoken_model.training.content.statements import unknown_names
from freshtoken_model.training.content.tables import Problem
from freshtoken_model.training.labs.classroom import Classroom
from freshtoken_model.training.lint import check_content
from freshtoken_model.training.shelf import content_folder, open_shelf, read_labs
from freshtoken_model.values.errors import UnknownNameError
from freshtoken_tui.cli.steps import run_quick

from ..world import CHEAP

SHIPPED = sorted((freshtoken_data.folder() / "labs").glob("*.toml"))
MINE, OTHER = "labs/mine.toml", "labs/other.toml"
Fields = dict[str, Any]


# ---- what is shipped


def test_every_shipped_file_is_a_lab_without_a_problem_and_with_an_id_of_its_own() -> None:
    labs, problems = read_labs(freshtoken_data.folder())
    assert problems == [] and len(SHIPPED) >= 19
    assert [lab.file for lab in labs] == [f"labs/{path.name}" for path in SHIPPED]
    assert len({lab.id for lab in labs}) == len({lab.title for lab in labs}) == len(labs)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_lab_begins_unsolved_and_its_reference_solution_solves_it(
    path: Path, tmp_path: Path
) -> None:
    (lab,) = [
        lab for lab in read_labs(freshtoken_data.folder())[0] if lab.file == f"labs/{path.name}"
    ]
    assert len({hint.casefold() for hint in lab.hints}) == 3
    assert lab.goals and set(lab.sources) <= set(sources())
    room = Classroom(run_quick, tmp_path, CHEAP)
    assert room.start(lab)
    before = room.standing(lab)
    assert [goal.done for goal in before.goals] == [False] * len(lab.goals)
    assert [goal.words for goal in before.goals] == [goal.not_yet for goal in lab.goals]
    assert before.broken == ()
    room.give_up(lab)
    for number in range(len(lab.solution)):
        room.play_one(lab, number)
    after = room.standing(lab)
    assert after.solved and after.broken == ()
    assert [goal.words for goal in after.goals] == [goal.done for goal in lab.goals]
    with Org(room.path(lab)) as org:
        statements = [one.statement for one in lab.goals] + [one.statement for one in lab.forbidden]
        assert [
            unknown_names(statement, org)
            for statement in statements
            if unknown_names(statement, org)
        ] == []


# ---- the linter's worth


@pytest.fixture(scope="module")
def sound() -> Fields:
    """A small shipped lab, with an id of its own."""
    text = (freshtoken_data.folder() / "labs" / "11-three-permissions-one-works.toml").read_text(
        encoding="utf-8"
    )
    return {**tomllib.loads(text), "id": "mine"}


def written(folder: Path, fields: Fields | str, name: str = MINE) -> Path:
    """A content folder with a lab in it."""
    (folder / "labs").mkdir(exist_ok=True)
    (folder / name).write_text(
        fields if isinstance(fields, str) else tomlkit.dumps(fields), encoding="utf-8"
    )
    return folder


def linted(folder: Path) -> list[Problem]:
    return check_content(folder, run_quick).problems


def places(problems: list[Problem]) -> list[tuple[str, str, str]]:
    return [(problem.file, problem.table, problem.field) for problem in problems]


def test_the_lab_that_is_broken_below_is_sound(tmp_path: Path, sound: Fields) -> None:
    told: list[str] = []
    report = check_content(written(tmp_path, sound), run_quick, told.append)
    assert (report.labs, report.problems, told) == (1, [], [MINE])


GOAL, GOAL_2, FORBIDDEN = "[[goal]] number 1", "[[goal]] number 2", "[[forbidden]] number 3"
HAPPENED = {"check": "happened", "event": "permission_granted"}
SENTENCES = {"done": "Done.", "not_yet": "Not yet."}


def change(**fields: Any) -> Callable[[Fields], object]:
    return lambda lab: lab.update(fields)


def change_goal(**fields: Any) -> Callable[[Fields], object]:
    return lambda lab: lab["goal"][0].update(
        {name.removesuffix("_"): value for name, value in fields.items()}
    )


def forbid(**fields: Any) -> Callable[[Fields], object]:
    return lambda lab: lab["forbidden"].append({**fields, "words": "do not."})


def drop(name: str, table: str = "") -> Callable[[Fields], object]:
    return lambda lab: (lab[table][0] if table else lab).pop(name)


def put(name: str, number: int, line: str) -> Callable[[Fields], object]:
    return lambda lab: lab[name].__setitem__(number - 1, line)


def add(name: str, *values: Any) -> Callable[[Fields], object]:
    return lambda lab: lab.setdefault(name, []).extend(values)


BREAKS: dict[str, tuple[Callable[[Fields], object], str, str, str]] = {
    "a goal that holds at the start": (change_goal(permission="api-enabled"), GOAL, "check", "open at the start"),
    "a solution that does not solve": (lambda lab: lab["solution"].pop(), GOAL_2, "check", "after the solution"),
    "a solution's step that is refused": (
        put("solution", 1, "user unlock integration"), "", "solution[1]", "instead of success",
    ),
    "a solution's step that should be refused": (
        put("solution", 2, '! client login "Nightly sync"'), "", "solution[2]", "instead of a "
            "refusal",
    ),
    "a solution's step with a misspelt option": (
        put("solution", 2, 'client login "Nightly sync" --loud'), "", "solution[2]", "has no --loud",
    ),
    "a setup that fails": (put("setup", 2, "user unlock integration"), "", "setup[2]", "instead of success"),
    "a setup's step that nobody refuses": (put("setup", 1, "! setup set any_api_auth on"), "", "setup[1]", "a refusal"),
    "a setup's step that asks for a password": (
        add("setup", "password change sam --old Velvet-Train-9"), "", "setup[4]", "exit code 2",
    ),
    "an open quote": (put("solution", 1, "user grant 'integration"), "", "solution[1]", "not a command line"),
    "a step with the program's name": (
        put("setup", 1, "freshtoken setup set any_api_auth on"), "", "setup[1]", "without the "
            "program's name",
    ),
    "a step about labs": (put("solution", 1, "lab solve mine --give-up"), "", "solution[1]", "'lab "
        "solve' is not a step"),
    "a step on another org": (put("solution", 1, "org show --org x.db"), "", "solution[1]", "no --org"),
    "a step that reads a password": (
        put("solution", 1, "login sam --password-stdin"), "", "solution[1]", "no --password-stdin",
    ),
    "a mark without a step": (put("solution", 1, "!"), "", "solution[1]", "empty"),
    "an empty step": (put("solution", 1, "  "), "", "solution[1]", "empty"),
    "an empty hint": (put("hints", 2, ""), "", "hints[2]", "empty"),
    "two equal hints": (lambda lab: put("hints", 2, lab["hints"][0].upper())(lab), "", "hints", "different"),
    "two hints": (lambda lab: lab["hints"].pop(), "", "hints", "a list of 3 texts, found 2"),
    "four hints": (add("hints", "Another one."), "", "hints", "a list of 3 texts, found 4"),
    "an unknown source": (put("sources", 2, "my-own-blog"), "", "sources[2]", "my-own-blog"),
    "an unknown state": (change_goal(is_="owned"), GOAL, "is", "held, not held"),
    "an unknown permission": (change_goal(permission="to-fly"), GOAL, "permission", "to-fly"),
    "an unknown event": (forbid(check="happened", event="token_rest"), FORBIDDEN, "event", "token_rest"),
    "an unknown user who is forbidden something": (
        forbid(**HAPPENED, user="ghost"), FORBIDDEN, "user", "There is no user 'ghost'",
    ),
    "an unknown client that is forbidden something": (
        forbid(check="client_token", client="Ghost", **{"is": "live"}), FORBIDDEN, "client", "no "
            "API client 'Ghost'",
    ),
    "an unknown network": (
        forbid(check="network_trust", network="moon", **{"is": "trusted"}), FORBIDDEN, "network", "moon",
    ),
    "a forbidden move that holds at the start": (
        forbid(**HAPPENED, times=0), FORBIDDEN, "check", "not to hold at the start",
    ),
    "a forbidden move that the solution makes": (
        forbid(**HAPPENED, user="integration"), FORBIDDEN, "check", "not to hold after the "
            "solution",
    ),
    "a forbidden move without words": (
        add("forbidden", HAPPENED), FORBIDDEN, "words", "missing",
    ),
    "a line of 81 columns": (change(story="Short.\n" + "x" * 81), "", "story", "line 2 has 81 "
        "characters"),
    "a debrief of 81 columns": (change(debrief="x" * 81), "", "debrief", "line 1 has 81 "
        "characters"),
    "a title of 49 characters": (change(title="x" * 49), "", "title", "at most 48"),
    "a title of two lines": (change(title="One\ntwo"), "", "title", "one line"),
    "an empty story": (change(story=" \n"), "", "story", "empty"),
    "an objective of 111 characters": (put("objectives", 1, "x" * 111), "", "objectives[1]", "at most 110"),
    "a goal's sentence of 111 characters": (change_goal(done="x" * 111), GOAL, "done", "at most 110"),
    "minutes in words": (change(minutes="five"), "", "minutes", "found 'five'"),
    "too many minutes": (change(minutes=61), "", "minutes", "from 1 to 60"),
    "a level of its own": (change(level="brutal"), "", "level", "easy, medium, hard"),
    "hints as one text": (change(hints="Think."), "", "hints", "a list of 3 texts"),
    "goals that are no tables": (change(goal="be good"), "", "goal", "[[goal]]"),
    "a misspelt field": (change(objectivs=["x"]), "", "objectivs", "no such field"),
    "a misspelt field of a goal": (change_goal(dun="x"), GOAL, "dun", "no such field"),
    "format 2": (change(format=2), "", "format", "found 2"),
    "an id with capitals": (change(id="Mine"), "", "id", "small letters"),
    "an id that is a path": (change(id="../mine"), "", "id", "small letters"),
    "an id of a shipped lab": (change(id="first-change"), "", "id", "labs/01-first-change.toml"),
    "a preset there is not": (change(preset="noon"), "", "preset", "night"),
    "a beginning that is not a moment": (change(starts_at="at noon"), "", "starts_at", "moment"),
    "a file in a folder": (add("file", {"name": "../x.py", "text": "x"}), "[[file]] number 1", "name", "without a folder"),
    "a hidden file": (add("file", {"name": ".x", "text": "x"}), "[[file]] number 1", "name", "without a folder"),
    "a file without a text": (add("file", {"name": "x.py"}), "[[file]] number 1", "text", "missing"),
    **{
        f"no {name}": (drop(name), "", name, "missing")
        for name in (
            "format", "id", "title", "minutes", "level", "objectives", "story", "hints", "solution", "debrief", "sources",
            "goal",
        )
    },
    **{f"a goal without {name}": (drop(name, "goal"), GOAL, name, "missing") for name in ("user", "done", "not_yet")},
}  # fmt: skip
"""How a lab is broken: the edit; table and field of the one problem it has then, and some of its
words.
"""


@pytest.mark.parametrize("break_", BREAKS)
def test_the_linter_refuses_a_lab_with(break_: str, tmp_path: Path, sound: Fields) -> None:
    edit, table, field, words = BREAKS[break_]
    lab = copy.deepcopy(sound)
    edit(lab)
    problems = linted(written(tmp_path, lab))
    assert places(problems) == [(MINE, table, field)], problems
    assert words in problems[0].expected


def test_the_linter_refuses_a_check_that_does_not_exist(tmp_path: Path, sound: Fields) -> None:
    lab = copy.deepcopy(sound)
    lab["goal"][0]["check"] = "permision"
    first = linted(written(tmp_path, lab))[0]
    assert places([first]) == [(MINE, GOAL, "check")] and "'permision'" in first.expected


def test_a_check_that_does_not_exist_is_the_only_thing_that_is_wrong(
    tmp_path: Path, sound: Fields
) -> None:
    lab = copy.deepcopy(sound)
    lab["goal"][0]["check"] = "permision"
    assert places(linted(written(tmp_path, lab))) == [(MINE, GOAL, "check")]


@pytest.mark.parametrize(
    ("number", "fields", "field"),
    [
        (0, {"user": "ghost"}, "user"),
        (1, {"client": "Ghost"}, "client"),
        (1, {"after": {"event": "permission_granted", "user": "ghost"}}, "user"),
    ],
    ids=["user", "client", "after"],
)
def test_a_goal_about_nobody_is_refused_with_the_name(
    number: int, fields: Fields, field: str, tmp_path: Path, sound: Fields
) -> None:
    lab = copy.deepcopy(sound)
    lab["goal"][number].update(fields)
    problems = linted(written(tmp_path, lab))
    table = f"[[goal]] number {number + 1}"
    assert places(problems) == [(MINE, table, "check"), (MINE, table, field)]
    assert "host" in problems[1].expected


def test_a_forbidden_move_that_stands_the_whole_time_is_refused_twice(
    tmp_path: Path, sound: Fields
) -> None:
    lab = copy.deepcopy(sound)
    forbid(check="user_state", user="sam", **{"is": "active"})(lab)
    problems = linted(written(tmp_path, lab))
    assert places(problems) == [(MINE, FORBIDDEN, "check")] * 2
    assert "at the start" in problems[0].expected and "after the solution" in problems[1].expected


def test_broken_toml_and_what_is_no_text_are_refused_with_the_file(
    tmp_path: Path, sound: Fields
) -> None:
    written(tmp_path, tomlkit.dumps(sound).replace("level =", "level"))
    (tmp_path / OTHER).write_bytes(b'format = 1\nid = "\xff"\n')
    problems = linted(tmp_path)
    assert places(problems) == [(MINE, "", ""), (OTHER, "", "")]
    assert "not TOML" in problems[0].expected and "line" in problems[0].expected


def test_the_second_of_two_files_with_one_id_is_refused(tmp_path: Path, sound: Fields) -> None:
    written(tmp_path, sound)
    problems = linted(written(tmp_path, sound, OTHER))
    assert places(problems) == [(OTHER, "", "id")] and MINE in problems[0].expected


def test_two_labs_that_one_solution_solves_are_both_refused(tmp_path: Path, sound: Fields) -> None:
    written(tmp_path, sound)
    problems = linted(written(tmp_path, {**sound, "id": "other"}, OTHER))
    assert places(problems) == [(MINE, "", "solution"), (OTHER, "", "solution")]
    assert "other" in problems[0].expected and MINE in problems[1].expected


def test_two_labs_with_solutions_of_their_own_are_both_sound(tmp_path: Path, sound: Fields) -> None:
    written(tmp_path, sound)
    text = (freshtoken_data.folder() / "labs" / "18-summer-27.toml").read_text(encoding="utf-8")
    report = check_content(
        written(tmp_path, {**tomllib.loads(text), "id": "other"}, OTHER), run_quick
    )
    assert (report.labs, report.problems) == (2, [])


def test_a_file_with_a_problem_does_not_hide_the_lab_beside_it_nor_the_shipped_ones(
    tmp_path: Path, sound: Fields, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "format = ")
    written(tmp_path, {**sound, "id": "other"}, OTHER)
    monkeypatch.setenv("FRESHTOKEN_CONTENT", str(tmp_path))
    shelf = open_shelf()
    assert [lab.id for lab in shelf.labs][:2] == ["other", "first-change"], (
        "the teacher's come first"
    )
    assert len(shelf.labs) == 1 + len(SHIPPED)
    assert places(list(shelf.problems)) == [(MINE, "", "")]


def test_a_lab_is_called_by_its_id_or_by_a_beginning_that_only_one_has(
    tmp_path: Path, sound: Fields
) -> None:
    written(tmp_path, {**sound, "id": "from"})
    shelf = open_shelf(str(tmp_path))
    assert shelf.lab("from").file == MINE, "the exact id wins"
    assert shelf.lab("from-o").id == "from-outside"
    with pytest.raises(UnknownNameError, match="could be"):
        shelf.lab("the-")
    with pytest.raises(UnknownNameError, match="first-change"):
        shelf.lab("no-such-lab")


def test_a_teachers_lab_does_not_hide_the_shipped_one_of_its_id(
    tmp_path: Path, sound: Fields
) -> None:
    shelf = open_shelf(str(written(tmp_path, {**sound, "id": "first-change"})))
    assert len(shelf.labs) == len(SHIPPED) and shelf.lab("first-change").file.startswith("labs/01")
    assert [(problem.file, problem.field) for problem in shelf.problems] == [(MINE, "id")]


def test_a_content_folder_that_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FRESHTOKEN_CONTENT", raising=False)
    assert content_folder() is None
    monkeypatch.setenv("FRESHTOKEN_CONTENT", str(tmp_path / "none"))
    with pytest.raises(UnknownNameError, match="none"):
        open_shelf()
    assert content_folder(str(tmp_path)) == tmp_path, "a folder that is named wins"


# ---- what the linter should refuse and does not


def test_the_linter_refuses_a_lab_without_goals(tmp_path: Path, sound: Fields) -> None:
    assert places(linted(written(tmp_path, {**sound, "goal": []}))) == [(MINE, "", "goal")]


def test_a_solution_that_sets_the_org_back_is_one_labs_problem_and_ends_no_check(
    tmp_path: Path, sound: Fields
) -> None:
    problems = linted(written(tmp_path, {**sound, "solution": ["org reset"]}))
    assert {problem.file for problem in problems} == {MINE}


def test_a_release_that_does_not_exist_is_refused_with_its_field(
    tmp_path: Path, sound: Fields
) -> None:
    problems = linted(written(tmp_path, {**sound, "created_release": "Autumn '26"}))
    assert places(problems) == [(MINE, "", "created_release")]


def test_a_setups_step_finds_the_files_of_the_lab(tmp_path: Path, sound: Fields) -> None:
    lab = {**sound, "file": [{"name": "no.pem", "text": "no key\n"}]}
    lab["setup"] = [*sound["setup"], '! app certificate "Acme Dashboards" {folder}/no.pem']
    assert linted(written(tmp_path, lab)) == []


def test_the_linter_refuses_bounds_that_nothing_meets(tmp_path: Path, sound: Fields) -> None:
    lab = copy.deepcopy(sound)
    forbid(**HAPPENED, at_least=3, at_most=1)(lab)
    assert [problem.table for problem in linted(written(tmp_path, lab))] == [FORBIDDEN]

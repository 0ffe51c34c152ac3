"""Labs at work: the classroom and its progress, and freshtoken lab. The learner's own org is
nobody's business here.
"""

import dataclasses
import io
import json
import shlex
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from click.testing import Result

import freshtoken_data
from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.org import Org
from freshtoken_model.training.content.steps import StepFailedError
from freshtoken_model.training.labs.classroom import Classroom
from freshtoken_model.training.labs.labs import Lab
from freshtoken_model.training.labs.progress import FAILED, HINT, NUDGE, SOLVED, LabProgress
from freshtoken_model.training.shelf import open_shelf, read_labs
from freshtoken_model.values.errors import NotAllowedError
from freshtoken_tui.cli import main
from freshtoken_tui.cli.lab_keys import with_commands
from freshtoken_tui.cli.steps import run_line
from freshtoken_tui.demo.runner import runner_of

from ..world import CHEAP, invoke
from .test_admin_commands import RSA_KEY

LAB, OTHER = "three-permissions-one-works", "summer-27"
SOLUTION = [
    ["user", "grant", "integration", "use-any-api-auth"],
    ["client", "login", "Nightly sync"],
]
FORBIDDEN = ["setup", "set", "any_api_auth", "off"]


@pytest.fixture(autouse=True)
def no_content_of_the_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRESHTOKEN_CONTENT", raising=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """freshtoken's data folder, which the first lab makes."""
    return tmp_path / "data" / "freshtoken"


@pytest.fixture
def room() -> Classroom:
    """The classroom the command lines use, with cheap hashing."""
    return Classroom(run_line, hashing=CHEAP)


@pytest.fixture
def lab() -> Lab:
    return open_shelf().lab(LAB)


@pytest.fixture
def started(room: Classroom, lab: Lab) -> Lab:
    """The lab, begun."""
    assert room.start(lab)
    return lab


def line(*words: str, exits: int = 0, org: Path | None = None) -> Result:
    named = ["--org", str(org)] if org else []
    result = invoke(*named, *words)
    assert result.exit_code == exits, result.output + repr(result.exception)
    return result


def shown(*words: str, exits: int = 0, org: Path | None = None) -> Any:
    return json.loads(line(*words, "--json", exits=exits, org=org).stdout)


def solve(room: Classroom, lab: Lab) -> None:
    for words in SOLUTION:
        assert run_line(room.path(lab), words).code == 0


# ---- the classroom


def test_a_lab_goes_on_where_it_was_left(room: Classroom, started: Lab) -> None:
    run_line(room.path(started), SOLUTION[0])
    assert room.start(started) is False
    assert [goal.done for goal in room.standing(started).goals] == [True, False]
    assert [note.what for note in room.progress.notes(LAB)] == ["started"]


def test_a_lab_that_is_set_back_is_as_it_was_and_its_record_stays(
    room: Classroom, started: Lab
) -> None:
    beginning = line("org", "export", org=room.path(started)).stdout
    solve(room, started)
    assert room.check(started).standing.solved
    room.reset(started)
    assert room.standing(started).reached == 0
    with Org(room.path(started)) as org:
        assert org.users.get("integration").use_any_api_auth is False
    again = json.loads(line("org", "export", org=room.path(started)).stdout)
    assert again["events"] == json.loads(beginning)["events"]
    assert room.progress.record(LAB).state == "solved"


def test_a_lab_is_set_back_in_place_under_whoever_has_its_org_open(
    room: Classroom, started: Lab
) -> None:
    path = room.path(started)
    with Org(path, CHEAP) as held:
        held.users.permit("integration", "use-any-api-auth", True)
        inode = path.stat().st_ino
        room.reset(started)
        assert held.users.get("integration").use_any_api_auth is False
        held.users.permit("integration", "use-any-api-auth", True)
    assert path.stat().st_ino == inode
    assert room.standing(started).reached == 1, (
        "what is done through the old connection counts in the lab that began anew"
    )


@pytest.mark.parametrize("again", [False, True], ids=["started", "set back"])
def test_no_step_can_be_taken_back_beyond_the_beginning_of_a_lab(
    room: Classroom, started: Lab, again: bool
) -> None:
    if again:
        solve(room, started)
        room.reset(started)
    path = room.path(started)
    assert "nothing to take back" in line("org", "back", exits=1, org=path).stderr
    line(*SOLUTION[0], org=path)
    assert room.standing(started).reached == 1
    line("org", "back", org=path)
    assert room.standing(started).reached == 0
    line("org", "back", exits=1, org=path)
    assert room.standing(started).reached == 0


def test_a_forbidden_move_keeps_a_lab_unsolved_until_it_is_taken_back(
    room: Classroom, started: Lab
) -> None:
    path = room.path(started)
    solve(room, started)
    line(*FORBIDDEN, org=path)
    found = room.standing(started)
    assert (found.reached, found.solved, found.broken) == (2, False, (started.forbidden[0].words,))
    assert (
        f"Not allowed in this lab: {found.broken[0]}" in line("lab", "status", LAB, exits=1).stdout
    )
    line("org", "back", org=path)
    assert room.standing(started).solved


def test_no_command_about_labs_touches_the_learners_own_org(
    org_file: Path, room: Classroom, lab: Lab, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line("org", "show")  # makes the default org
    own = {path: path.read_bytes() for path in (org_file, data / "org.db")}
    monkeypatch.setenv("FRESHTOKEN_ORG", str(org_file))
    room.start(lab)
    for words, exits in [
        (["list"], 0), (["status"], 1), (["check"], 1), (["hint"], 0), (["solve", "--give-up", "--play"], 0),
        (["check"], 0), (["reset"], 0), (["report"], 0),
    ]:  # fmt: skip
        line("lab", *words, exits=exits)
    assert {path: path.read_bytes() for path in own} == own
    assert {path.name for path in data.iterdir()} == {"org.db", "progress.db", "labs"}


def test_progress_survives_another_text_of_the_lab_and_the_loss_of_its_org(
    room: Classroom, started: Lab
) -> None:
    solve(room, started)
    room.hint(started)
    before = room.check(started).record
    rewritten = dataclasses.replace(
        started, title="Another title", goals=started.goals[:1], story="Another story."
    )
    assert room.progress.record(rewritten.id) == before
    room.path(started).unlink()
    assert room.progress.record(LAB) == before and before.solved_at is not None
    assert shown("lab", "list")[10] | {"minutes": 0} == {
        "id": LAB, "title": started.title, "level": "medium", "minutes": 0, "state": "solved",
    }  # fmt: skip
    assert room.start(rewritten) is True
    assert room.progress.record(LAB).solved_at == before.solved_at


def test_failed_checks_count_since_the_lab_was_begun_or_set_back_and_three_offer_a_hint(
    room: Classroom, started: Lab
) -> None:
    found = [room.check(started) for _ in range(NUDGE)]
    assert [(one.record.tries, one.nudge) for one in found] == [(1, False), (2, False), (3, True)]
    room.reset(started)
    once_more = room.check(started)
    assert (once_more.record.tries, once_more.nudge) == (1, False)
    assert sum(note.what == FAILED for note in room.progress.notes(LAB)) == NUDGE + 1, (
        "none is forgotten"
    )
    assert [note.detail for note in room.progress.notes(LAB) if note.what == FAILED] == [
        "0 of 2"
    ] * 4


def test_only_the_first_check_that_finds_it_solved_is_noted_as_such(
    room: Classroom, started: Lab
) -> None:
    solve(room, started)
    first, second = room.check(started), room.check(started)
    assert [note.what for note in room.progress.notes(LAB)].count(SOLVED) == 1
    assert first.record.solved_at == second.record.solved_at is not None and not first.nudge


def test_hints_come_one_by_one_and_the_last_one_again(room: Classroom, started: Lab) -> None:
    assert [room.hint(started) for _ in range(4)] == [
        *enumerate(started.hints, 1),
        (3, started.hints[2]),
    ]
    assert room.progress.record(LAB).hints == 3
    assert room.progress.record(OTHER).hints == 0


def test_the_solution_is_open_to_who_solved_it_and_to_who_gave_up(
    room: Classroom, started: Lab
) -> None:
    with pytest.raises(NotAllowedError, match="give up"):
        room.solution(started)
    with pytest.raises(NotAllowedError, match="give up"):
        room.play_one(started, 0)
    assert room.standing(started).reached == 0
    solve(room, started)
    room.check(started)
    assert room.solution(started) == started.solution
    other = open_shelf().lab(OTHER)
    room.give_up(other)
    room.give_up(other)
    assert room.solution(other) == other.solution
    assert [note.what for note in room.progress.notes(OTHER)] == ["gave_up"], "said once"


def test_a_labs_org_that_was_set_back_says_so_and_can_be_set_back_to_the_lab(
    room: Classroom, started: Lab
) -> None:
    line("org", "reset", "--yes", org=room.path(started))
    for words in (["status", LAB], ["check", LAB], ["start", LAB]):
        result = line("lab", *words, exits=1)
        assert (
            result.stdout == "" and "lab" in result.stderr and len(result.stderr.splitlines()) == 1
        )
    assert f"freshtoken lab reset {LAB}" in line("lab", "start", LAB, exits=1).stderr
    line("lab", "reset", LAB)
    assert line("lab", "status", LAB, exits=1).stdout.count("[ ]") == 2


def test_a_file_that_is_no_org_in_the_place_of_a_labs_org_is_put_aside_by_a_reset(
    room: Classroom, lab: Lab
) -> None:
    path = room.path(lab)
    path.parent.mkdir(parents=True)
    path.write_text("my shopping list\n" * 20)
    for words in (["start", LAB], ["status", LAB]):
        line("lab", *words, exits=3)
    assert f"freshtoken lab reset {LAB}" in line("lab", "start", LAB, exits=3).stderr, (
        "it names the way out"
    )
    assert path.read_text() == "my shopping list\n" * 20
    assert [found.name for found in path.parent.iterdir()] == [path.name], (
        "no half-made org is left behind"
    )
    aside = path.with_suffix(".damaged-1")
    assert str(aside) in line("lab", "reset", LAB).stderr
    assert aside.read_text() == "my shopping list\n" * 20
    line("lab", "status", LAB, exits=1)


def test_a_setup_that_fails_makes_no_lab(room: Classroom, lab: Lab) -> None:
    broken = dataclasses.replace(lab, setup=(*lab.setup, "user unlock integration"))
    with pytest.raises(StepFailedError, match="user unlock integration"):
        room.start(broken)
    assert list(room.path(lab).parent.iterdir()) == []
    assert room.progress.record(LAB).state == "new"
    with pytest.raises(NotAllowedError, match="Start it first"):
        room.check(lab)


def test_a_step_asks_for_nothing_even_on_a_terminal(
    room: Classroom, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.prompt", lambda name, **more: asked.append(name) or "Asked-For-88")
    with pytest.raises(StepFailedError):
        room.start(
            dataclasses.replace(lab, setup=(*lab.setup, "password change sam --old Velvet-Train-9"))
        )
    assert asked == []


# ---- files of a lab


def lab_with_a_file(folder: Path) -> Lab:
    """The lab, with a file and a solution that needs it."""
    text = tomlkit.parse(
        (freshtoken_data.folder() / "labs" / "11-three-permissions-one-works.toml").read_text(
            encoding="utf-8"
        )
    ).unwrap()
    text |= {"id": "mine", "file": [{"name": "no.pem", "text": RSA_KEY}]}
    text["solution"].append('app certificate "Acme Dashboards" {folder}/no.pem')
    (folder / "labs").mkdir()
    (folder / "labs" / "mine.toml").write_text(tomlkit.dumps(text), encoding="utf-8")
    (found,), problems = read_labs(folder)
    assert problems == []
    return found


@pytest.fixture
def own(tmp_path: Path) -> Lab:
    folder = tmp_path / "course"
    folder.mkdir()
    return lab_with_a_file(folder)


def test_the_files_of_a_lab_are_written_once_and_anew_when_it_is_set_back(
    room: Classroom, own: Lab, data: Path
) -> None:
    room.start(own)
    file = data / "labs" / "mine" / "no.pem"
    assert file.read_text() == RSA_KEY
    file.write_text("what the learner made of it")
    room.start(own)
    assert file.read_text() == "what the learner made of it"
    room.reset(own)
    assert file.read_text() == RSA_KEY


@pytest.mark.parametrize(
    "place",
    [
        "plain",
        pytest.param(
            "Application Support",
        ),
    ],
)
def test_the_solution_finds_the_files_in_a_data_folder_of_any_name(
    own: Lab, tmp_path: Path, place: str
) -> None:
    room = Classroom(run_line, tmp_path / place, CHEAP)
    room.start(own)
    room.give_up(own)
    *_, (_, outcome) = [room.play_one(own, number) for number in range(len(own.solution))]
    assert outcome.code == 0 and "takes JWTs signed with that key" in outcome.said
    assert room.standing(own).solved
    assert shlex.split(room.solution(own)[-1])[-1] == str(
        tmp_path / place / "labs" / "mine" / "no.pem"
    )


# ---- progress


def foreign(path: Path, kind: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "of a newer freshtoken":
        LabProgress(path.parent).note(LAB, HINT, "1")
        with sqlite3.connect(path) as db:
            db.execute("pragma user_version = 99")
        db.close()
    elif kind == "somebody's database":
        with sqlite3.connect(path) as db:
            db.execute("create table mine (x)")
        db.close()
    elif kind == "an org":
        Org.create(path, hashing=CHEAP)
    else:
        path.write_text("my shopping list\n" * 20)


@pytest.mark.parametrize(
    "kind", ["of a newer freshtoken", "somebody's database", "an org", "a text"]
)
def test_a_progress_file_that_is_not_ours_exits_3_and_is_left_as_it_is(
    data: Path, kind: str
) -> None:
    path = data / "progress.db"
    foreign(path, kind)
    before = path.read_bytes()
    for words in (["list"], ["hint", LAB], ["report"], ["solve", LAB, "--give-up"], ["status"]):
        result = line("lab", *words, exits=3)
        assert (
            result.stdout == ""
            and str(path) in result.stderr
            and len(result.stderr.splitlines()) == 1
        )
    assert path.read_bytes() == before
    assert [found.name for found in data.iterdir()] == ["progress.db"]


def note_at_once(folder: Path, threads: int, notes: int) -> list[str]:
    """Several writers with connections of their own; what they were told when they were refused."""
    together, refused = threading.Barrier(threads), []

    def write(who: int) -> None:
        progress = LabProgress(folder)
        together.wait()
        for number in range(notes):
            try:
                progress.note(LAB, HINT, f"{who}.{number}")
            except Exception as error:
                refused.append(str(error))

    writers = [threading.Thread(target=write, args=(who,)) for who in range(threads)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    return refused


def test_writers_at_once_lose_no_note(data: Path) -> None:
    LabProgress(data).note(LAB, HINT, "first")
    assert note_at_once(data, threads=4, notes=12) == []
    found = [note.detail for note in LabProgress(data).notes(LAB)]
    assert sorted(found) == sorted(
        ["first", *(f"{who}.{number}" for who in range(4) for number in range(12))]
    )


def test_writers_who_all_make_the_file_lose_no_note(tmp_path: Path) -> None:
    for number in range(25):
        folder = tmp_path / str(number)
        assert note_at_once(folder, threads=8, notes=1) == []
        assert len(LabProgress(folder).notes()) == 8


def test_nothing_is_written_by_looking(data: Path) -> None:
    assert {found["state"] for found in shown("lab", "list")} == {"new"}
    assert line("lab", "report", exits=1).stdout == ""
    assert not data.exists()


# ---- freshtoken lab


def test_start_prints_the_org_and_the_line_that_chooses_it_and_nothing_else_on_stdout(
    data: Path,
) -> None:
    path = data / "labs" / f"{LAB}.db"
    result = line("lab", "start", LAB)
    assert result.stdout.splitlines() == [str(path), f"export FRESHTOKEN_ORG={path}"]
    assert "Use Any API Client" in result.stderr and result.stderr.count("[ ]") == 2
    assert f"freshtoken lab check {LAB}" in result.stderr
    assert line("org", "show", "--json", org=path)
    again = shown("lab", "start", LAB)
    assert (again["id"], again["org"], again["new"], again["files"]) == (LAB, str(path), False, [])
    assert again["environment"] == {"FRESHTOKEN_ORG": str(path)}
    assert again["objectives"] and "Use Any API Client" in again["story"]


def test_the_line_that_chooses_the_org_survives_a_folder_with_a_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lab: Lab
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "my data"))
    Classroom(run_line, hashing=CHEAP).start(lab)
    path, export = line("lab", "start", LAB).stdout.splitlines()
    assert shlex.split(export) == ["export", f"FRESHTOKEN_ORG={path}"] and " " in path


def test_start_names_the_files_of_a_lab(room: Classroom, own: Lab, tmp_path: Path) -> None:
    room.start(own)
    words = ("lab", "--content", str(tmp_path / "course"), "start", "mine")
    (file,) = shown(*words)["files"]
    assert Path(file).read_text() == RSA_KEY
    assert file in line(*words).stderr


def test_list_tells_what_every_lab_has_come_to(room: Classroom, started: Lab) -> None:
    solve(room, started)
    room.check(started)
    other, third = open_shelf().lab(OTHER), open_shelf().lab("first-change")
    room.give_up(other)
    room.start(third)
    found = {one["id"]: one for one in shown("lab", "list")}
    assert list(found) == [one.id for one in open_shelf().labs]
    states = {LAB: "solved", OTHER: "given up", "first-change": "started", "from-outside": "new"}
    assert {name: found[name]["state"] for name in states} == states
    assert set(found[LAB]) == {"id", "title", "level", "minutes", "state"}
    rows = line("lab", "list").stdout.splitlines()
    assert rows[0].split() == ["ID", "LEVEL", "TIME", "STATE", "TITLE"] and len(rows) == 1 + len(
        found
    )


def test_check_exits_1_and_notes_the_try_until_it_is_solved_and_then_0(
    room: Classroom, started: Lab
) -> None:
    first = line("lab", "check", LAB, exits=1)
    assert (
        first.stdout.splitlines()
        == [f"[ ] {with_commands(goal.not_yet, started.solution)}" for goal in started.goals]
        and first.stderr == ""
    )
    assert shown("lab", "check", LAB, exits=1)["failed_checks"] == 2
    assert f"freshtoken lab hint {LAB}" in line("lab", "check", LAB, exits=1).stderr
    solve(room, started)
    solved = shown("lab", "check", LAB)
    assert (solved["solved"], solved["state"], solved["failed_checks"], solved["hints"]) == (
        True,
        "solved",
        3,
        0,
    )
    assert solved["goals"] == [
        {"done": True, "words": started.goals[0].done, "found": "held", "wanted": "held"},
        {"done": True, "words": started.goals[1].done, "found": "1", "wanted": "at least 1"},
    ]
    told = line("lab", "check", LAB)
    assert told.stdout.splitlines() == [f"[x] {goal.done}" for goal in started.goals]
    assert started.debrief in told.stderr and "Known from:" in told.stderr


def test_status_says_the_same_and_notes_nothing(room: Classroom, started: Lab) -> None:
    assert line("lab", "status", LAB, exits=1).stdout.count("[ ]") == 2
    found = shown("lab", "status", LAB, exits=1)
    assert (found["id"], found["solved"], found["failed_checks"], found["forbidden_moves"]) == (
        LAB,
        False,
        0,
        [],
    )
    solve(room, started)
    assert shown("lab", "status", LAB)["solved"] is True
    assert line("lab", "status", LAB).stderr == "", "the debrief waits for the check"
    assert [note.what for note in room.progress.notes()] == ["started"]


def test_a_hint_is_printed_with_its_number(started: Lab) -> None:
    told = with_commands(started.hints[0], started.solution)
    assert line("lab", "hint", LAB).stdout == f"Hint 1 of 3: {told}\n"
    assert shown("lab", "hint", LAB) == {"id": LAB, "hint": 2, "of": 3, "text": started.hints[1]}


def test_the_solution_is_printed_after_giving_up_and_played_when_asked(
    room: Classroom, started: Lab
) -> None:
    refused = line("lab", "solve", LAB, exits=1)
    assert (
        refused.stdout == ""
        and "--give-up" in refused.stderr
        and "use-any-api-auth" not in refused.output
    )
    assert line("lab", "solve", LAB, "--play", exits=1).stdout == ""
    assert line("lab", "solve", LAB, "--give-up").stdout.splitlines() == list(started.solution)
    assert shown("lab", "solve", LAB) == {"id": LAB, "solution": list(started.solution)}
    line(*FORBIDDEN, org=room.path(started))
    played = shown("lab", "solve", LAB, "--play")
    assert (played["id"], played["solved"]) == (LAB, True), (
        "the forbidden move before it was set back"
    )
    assert [(step["line"], step["exit_code"]) for step in played["steps"]] == [
        (words, 0) for words in started.solution
    ]
    assert all(set(step) == {"line", "exit_code", "stdout", "stderr"} for step in played["steps"])
    text = line("lab", "solve", LAB, "--play").stdout
    assert (
        all(f"$ freshtoken {words}\n" in text for words in started.solution)
        and text.count("[x]") == 2
    )


def test_reset_sets_a_lab_back_and_says_so(room: Classroom, started: Lab) -> None:
    solve(room, started)
    assert shown("lab", "reset", LAB) == {"id": LAB, "org": str(room.path(started))}
    line("lab", "status", LAB, exits=1)
    assert line("lab", "reset", LAB).stdout == ""


def test_reset_of_a_lab_that_was_never_begun_begins_it(room: Classroom, lab: Lab) -> None:
    line("lab", "reset", LAB)
    assert room.standing(lab).reached == 0


# ---- which lab is meant


@pytest.fixture
def two(room: Classroom) -> Iterator[tuple[Path, Path]]:
    """Two labs, begun one after the other: their orgs."""
    shelf = open_shelf()
    for name in (LAB, OTHER):
        room.start(shelf.lab(name))
    yield room.path(shelf.lab(LAB)), room.path(shelf.lab(OTHER))


def at_hand(org: Path | None = None) -> str:
    return str(shown("lab", "status", exits=1, org=org)["id"])


def test_without_a_name_the_lab_of_the_org_at_hand_is_meant_else_the_last_begun(
    two: tuple[Path, Path], org_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert at_hand() == OTHER
    assert at_hand(org=two[0]) == LAB
    assert at_hand(org=org_file) == OTHER, "that org is of no lab"
    monkeypatch.setenv("FRESHTOKEN_ORG", str(two[0]))
    assert at_hand() == LAB
    assert at_hand(org=two[1]) == OTHER, "--org wins"
    assert shown("lab", "hint")["id"] == LAB
    assert shown("lab", "check", exits=1)["id"] == LAB
    assert shown("lab", "solve", "--give-up")["id"] == LAB
    assert shown("lab", "reset")["id"] == LAB
    monkeypatch.delenv("FRESHTOKEN_ORG")
    assert at_hand() == LAB, "set back last"
    assert shown("lab", "status", OTHER, exits=1)["id"] == OTHER, "a name wins over everything"


def test_a_relative_name_of_the_org_is_the_same_org(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(two[0].parent)
    monkeypatch.setenv("FRESHTOKEN_ORG", two[0].name)
    assert at_hand() == LAB


@pytest.mark.parametrize("words", ["status", "check", "hint", "solve", "reset"])
def test_without_a_name_and_without_a_lab_nobody_knows_which_is_meant(words: str) -> None:
    result = line("lab", words, exits=2)
    assert "freshtoken lab list" in result.stderr and result.stdout == ""


@pytest.mark.parametrize("words", ["start", "status", "check", "hint", "solve", "reset"])
def test_a_name_that_no_lab_has_exits_2_and_one_that_many_begin_with_too(words: str) -> None:
    assert "first-change" in line("lab", words, "no-such-lab", exits=2).stderr
    assert "could be" in line("lab", words, "the-", exits=2).stderr


@pytest.mark.parametrize("words", ["status", "check"])
def test_what_was_not_begun_cannot_be_checked(words: str, data: Path) -> None:
    result = line("lab", words, LAB, exits=1)
    assert (result.stdout, f"freshtoken lab start {LAB}" in result.stderr) == ("", True)
    assert not data.exists()


def test_a_hint_for_a_lab_does_not_begin_it() -> None:
    line("lab", "hint", LAB)
    assert {found["id"]: found["state"] for found in shown("lab", "list")}[LAB] == "new"


# ---- report


def test_a_report_tells_what_was_done_by_wall_clock_and_in_the_org_by_org_time(
    room: Classroom, started: Lab
) -> None:
    room.check(started)
    room.hint(started)
    solve(room, started)
    room.check(started)
    room.give_up(open_shelf().lab(OTHER))
    report = shown("lab", "report", "--name", "Kim Dawes")
    assert report["learner"] == "Kim Dawes" and report["written_at"].endswith("+00:00")
    mine, other = report["labs"]
    assert (mine["id"], mine["state"], mine["hints"], mine["failed_checks"], mine["gave_up"]) == (
        LAB,
        "solved",
        1,
        1,
        False,
    )
    assert mine["started_at"] <= mine["solved_at"] <= report["written_at"]
    assert [note["what"] for note in mine["notes"]] == [
        "started", "checked, not solved: 0 of 2", "asked for hint 1", "solved",
    ]  # fmt: skip
    assert [event["what"] for event in mine["events"]] == [
        "integration@acme.example got the permission Use Any API Auth",
        "integration@acme.example logged in",
    ]
    assert all(event["org_time"].startswith("2026-11-24T14:") for event in mine["events"])
    assert (other["id"], other["state"], other["started_at"], other["events"]) == (
        OTHER,
        "given up",
        None,
        [],
    )


def test_a_report_in_markdown_has_a_table_and_a_chapter_for_each_lab(
    room: Classroom, started: Lab
) -> None:
    room.check(started)
    text = line("lab", "report", "--name", "Kim").stdout
    assert text.startswith("# Labs of Kim\n") and f"\n## {started.title}\n" in text
    assert f"| {started.title} | started | 0 | 1 |  |" in text.splitlines()
    assert "checked, not solved: 0 of 2" in text and text.endswith("\n")
    assert line("lab", "report").stdout.startswith("# Labs\n")


def test_a_report_still_tells_of_a_lab_whose_org_is_gone_or_another(
    room: Classroom, started: Lab
) -> None:
    solve(room, started)
    room.check(started)
    line("org", "reset", "--yes", org=room.path(started))
    (found,) = shown("lab", "report")["labs"]
    assert (found["state"], found["events"]) == ("solved", [])
    room.path(started).unlink()
    assert shown("lab", "report")["labs"] == [found]


def test_a_report_carries_no_secret_of_the_org(room: Classroom) -> None:
    lab = open_shelf().lab("first-change")
    room.start(lab)
    room.give_up(lab)
    for number in range(len(lab.solution)):
        room.play_one(lab, number)
    held = shown("org", "show", org=room.path(lab))["clients"][0]["held_token"]
    report = line("lab", "report", "--json").stdout
    assert "changed the password" in report
    assert held not in report and "Fresh-Start-88" not in report


# ---- the runner


def test_a_line_hashes_as_its_runner_says_and_the_next_one_as_shipped(org_file: Path) -> None:
    def stored() -> str:
        with Org(org_file) as org:
            sql = "select password_hash from user where username like 'integration%'"
            return str(org.database.conn.execute(sql).fetchone()[0])

    words = ["password", "change", "integration", "--old"]
    other = runner_of(main, Hashing(memory_kib=16, passes=3))
    assert other(org_file, [*words, "Harbour-Light-7", "--new", "Fresh-Start-88"]).code == 0
    assert "m=16,t=3" in stored()
    assert run_line(org_file, [*words, "Fresh-Start-88", "--new", "Winter-Wheat-3"]).code == 0
    assert "m=16" not in stored()

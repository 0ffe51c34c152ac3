"""A stranger's course: its steps act on their own org, and run no program that nobody has
allowed.
"""

import json
import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import tomlkit
from click.testing import Result

import freshtoken_data
from freshtoken_model.training.content.steps import FILES, STEP_COMMANDS, LineOutcome, parse_step
from freshtoken_model.training.content.trust import Trust
from freshtoken_model.training.shelf import ask_about, open_shelf
from freshtoken_tui.cli import main
from freshtoken_tui.cli.params import File
from freshtoken_tui.cli.steps import run_line
from freshtoken_tui.demo import runner

from ..world import invoke

LABS = freshtoken_data.folder() / "labs"
SOUND = tomllib.loads((LABS / "01-first-change.toml").read_text(encoding="utf-8"))
ELSEWHERE = "/tmp/elsewhere"

HOSTILE = [
    "setup set --org=/home/me/org.db max_attempts 3",
    "setup set --org /home/me/org.db max_attempts 3",
    "user freeze integration --org=/home/me/org.db",
    "--org /home/me/org.db org reset",
    "org reset --org=/home/me/org.db",
    "org new /home/me/org.db --force",
    "org snapshot /any/new",
    "org restore /home/me/other.db --yes",
    "org export --with-secrets",
    "timeline --svg /any/file",
    "timeline --svg=/any/file",
    "serve --port 1 --host 203.0.113.1 --ready-file /any/file",
    "serve --journal /any/file run -- true",
    "serve run --journal=/any/file -- true",
    "serve run --host 0.0.0.0 -- true",
    "serve run sh -- true",
    "serve run true",
    "serve run --",
    "serve env --ready-file /any/file",
    "serve ca --remove",
    "app certificate 'Acme Dashboards' /etc/ssl/cert.pem",
    "app certificate 'Acme Dashboards' {folder}/../../org.db",
    "app certificate 'Acme Dashboards' x{folder}/a.crt",
    "app certificate -- 'Acme Dashboards' /etc/passwd",
    "lab reset first-change",
    "demo play night",
    "exam reset --yes",
    "exam export --format csv --out /any/file",
    "content check --content /any",
    "login sam --password-stdin",
    "history -h",
    "history --help",
    "freshtoken org show",
]


@pytest.mark.parametrize("line", HOSTILE)
def test_a_step_acts_on_its_own_org_and_on_nothing_else(line: str) -> None:
    with pytest.raises(ValueError, match=r"step|file"):
        parse_step(line)


def wrong_in_the_vocabulary(name: str) -> str:
    """What the vocabulary says of a command that the command line does not; else nothing."""
    words = name.split()
    command = main.get_command(click.Context(main), words[0])
    if len(words) > 1:
        assert isinstance(command, click.Group)
        command = command.commands[words[1]]
    assert command is not None
    options = {
        opt.removeprefix("--") + ("" if option.is_flag else "="): option
        for option in command.params
        if isinstance(option, click.Option)
        for opt in (*option.opts, *option.secondary_opts)
    }
    if unknown := set(STEP_COMMANDS[name]) - set(options):
        return f"{name} has no {unknown}"
    if files := [o for o in STEP_COMMANDS[name] if isinstance(options[o].type, File)]:
        return f"{name}: {files} name files"
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    places = [n for n, p in enumerate(arguments) if isinstance(p.type, File)]
    return "" if places == ([FILES[name]] if name in FILES else []) else f"{name}: files {places}"


def test_the_vocabulary_is_what_the_commands_have() -> None:
    assert [wrong for name in STEP_COMMANDS if (wrong := wrong_in_the_vocabulary(name))] == []


def course(folder: Path, **fields: Any) -> Path:
    """A content folder with one lab."""
    (folder / "labs").mkdir(parents=True, exist_ok=True)
    (folder / "labs" / "01-mine.toml").write_text(
        tomlkit.dumps({**SOUND, "id": "mine", **fields}), encoding="utf-8"
    )
    return folder


def running(folder: Path, mark: Path, runs: str = "sh -c", times: int = 1) -> Path:
    """A course whose setup runs a program that leaves a mark."""
    steps = [f"serve run -- sh -c 'echo ran {number} >> {mark}'" for number in range(times)]
    return course(
        folder, setup=[*SOUND.get("setup", []), *steps], **({"runs": runs} if runs else {})
    )


def line(*words: str, typed: str | None = None) -> Result:
    return invoke(*words, input=typed)


def test_a_program_must_be_declared(tmp_path: Path) -> None:
    for runs in ("", "python"):
        shelf = open_shelf(str(running(tmp_path / "course", tmp_path / "mark", runs)))
        assert all(lab.id != "mine" for lab in shelf.labs)
        assert any("declares which program" in problem.expected for problem in shelf.problems)


def test_a_program_runs_only_when_somebody_allowed_it(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    folder = str(running(tmp_path / "course", mark))
    for words in (
        ("lab", "--content", folder, "start", "mine"),
        ("content", "check", "--content", folder),
    ):
        result = line(*words)
        assert result.exit_code == 1
        assert "sh -c 'echo ran 0" in result.output, "the program is shown in full"
        assert not mark.exists()
    assert line("lab", "--content", folder, "list").exit_code == 0
    assert line("lab", "--content", folder, "start", "mine", "--trust").exit_code == 0
    assert mark.read_text() == "ran 0\n"
    assert line("lab", "--content", folder, "reset", "mine").exit_code == 0, "asked once"
    assert mark.read_text() == "ran 0\n" * 2
    running(tmp_path / "course", mark, times=2)
    assert line("lab", "--content", folder, "reset", "mine").exit_code == 1, (
        "the folder is another now"
    )
    assert mark.read_text() == "ran 0\n" * 2


def test_what_was_allowed_holds_for_that_folder_alone(tmp_path: Path) -> None:
    one, two = (
        running(tmp_path / "one", tmp_path / "mark"),
        running(tmp_path / "two", tmp_path / "mark"),
    )
    first, second = (open_shelf(str(folder)).lab("mine") for folder in (one, two))
    Trust().allow(ask_about(one))
    assert Trust().allows(first) and not Trust().allows(second)
    kept = tmp_path / "data" / "freshtoken" / "trusted.json"
    assert kept.stat().st_mode & 0o077 == 0 and kept.parent.stat().st_mode & 0o077 == 0
    kept.write_text("[" * 100_000)
    assert not Trust().allows(first), "a file that cannot be read allows nothing"


def test_the_question_shows_every_program_of_the_folder(tmp_path: Path) -> None:
    """One answer holds for all of them."""
    folder = running(tmp_path / "course", tmp_path / "mark")
    other = {
        **SOUND,
        "id": "other",
        "runs": "cat",
        "solution": [*SOUND["solution"], "serve run -- cat /etc/hostname"],
    }
    (folder / "labs" / "02-other.toml").write_text(tomlkit.dumps(other), encoding="utf-8")
    shown = line("lab", "--content", str(folder), "start", "mine").stderr
    assert "sh -c 'echo ran 0" in shown and "cat /etc/hostname" in shown


def test_what_changes_while_one_is_asked_was_not_allowed(tmp_path: Path) -> None:
    folder = running(tmp_path / "course", tmp_path / "mark")
    question = ask_about(folder)
    running(folder, tmp_path / "mark", times=2)
    Trust().allow(question)
    assert not Trust().allows(open_shelf(str(folder)).lab("mine"))


def test_freshtokens_own_programs_need_no_question() -> None:
    assert all(Trust().allows(lab) for lab in open_shelf().labs)
    assert any(lab.programs for lab in open_shelf().labs)


def test_a_question_and_a_demo_are_asked_for_too(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    step = f"serve run -- sh -c 'echo ran > {mark}'"
    shipped = tomllib.loads(
        (freshtoken_data.folder() / "questions" / "03-login-access.toml").read_text(
            encoding="utf-8"
        )
    )
    question = next(
        one
        for one in shipped["question"]
        if "setup" not in one.get("proof", {"setup": []})
        and not any("do" in o for o in one["option"])
    )
    question = {
        **question,
        "id": "mine",
        "proof": {**question["proof"], "setup": [step], "runs": "sh"},
    }
    demo = tomllib.loads(
        (freshtoken_data.folder() / "demos" / "01-two-minutes.toml").read_text(encoding="utf-8")
    )
    files = {
        "questions": {**shipped, "topic": "mine", "question": [question]},
        "demos": {**demo, "id": "mine", "setup": [step]},
    }
    for kind, content in files.items():
        (tmp_path / "course" / kind).mkdir(parents=True)
        content = {"runs": "sh", **content} if kind == "demos" else content
        (tmp_path / "course" / kind / "mine.toml").write_text(
            tomlkit.dumps(content), encoding="utf-8"
        )
    folder = str(tmp_path / "course")
    for words in (
        ("exam", "--content", folder, "prove", "mine"),
        ("demo", "--content", folder, "play", "mine", "--headless"),
        ("content", "check", "--content", folder),
    ):
        result = line(*words)
        assert result.exit_code == 1 and "sh -c 'echo ran" in result.output
        assert not mark.exists()
    assert line("exam", "--content", folder, "prove", "mine", "--trust").exit_code == 0
    assert mark.exists()


DEMO = tomllib.loads(
    (freshtoken_data.folder() / "demos" / "01-two-minutes.toml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    "acts",
    [
        ["open labs"],
        ["open exam"],
        ["open lab"],
        ["open demos"],
        ["open proof"],
        ["press"],
        ["run lab reset x"],
    ],
)
def test_a_demo_opens_no_page_of_the_learners(tmp_path: Path, acts: list[str]) -> None:
    (tmp_path / "demos").mkdir()
    chapter = {**DEMO["chapter"][0], "step": [{**DEMO["chapter"][0]["step"][0], "do": acts}]}
    demo = {**DEMO, "id": "mine", "chapter": [chapter]}
    (tmp_path / "demos" / "mine.toml").write_text(tomlkit.dumps(demo), encoding="utf-8")
    shelf = open_shelf(str(tmp_path))
    assert all(one.id != "mine" for one in shelf.demos)
    assert any(problem.field.startswith("do[1]") for problem in shelf.problems)


def test_steering_characters_are_no_content(tmp_path: Path) -> None:
    folder = course(
        tmp_path / "course",
        title="\x1b]0;TITLE\x07",
        story="one\u202etwo",
        hints=["\x9b31m", "b", "c"],
    )
    shelf = open_shelf(str(folder))
    assert all(lab.id != "mine" for lab in shelf.labs)
    assert {problem.field for problem in shelf.problems} >= {"title", "story", "hints[1]"}
    for words in (
        ("lab", "--content", str(folder), "list"),
        ("content", "check", "--content", str(folder)),
    ):
        assert not any(char in line(*words).output for char in "\x1b\x07\x9b\u202e")


def test_a_file_that_is_none_is_a_problem_and_no_wait(tmp_path: Path) -> None:
    folder = course(tmp_path / "course")
    os.mkfifo(folder / "labs" / "02-pipe.toml")
    (folder / "labs" / "03-deep.toml").write_text("a = " + "[" * 20_000, encoding="utf-8")
    shelf = open_shelf(str(folder))
    assert {problem.file for problem in shelf.problems} == {
        "labs/02-pipe.toml",
        "labs/03-deep.toml",
    }
    assert shelf.lab("mine").id == "mine"


def test_a_program_that_hangs_ends_with_all_it_started(
    org_file: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(runner, "LONGEST_RUN", 4.0)
    left = tmp_path / "left"
    program = f"echo $$ > {left}; sleep 300 & echo $! >> {left}; wait"
    outcome = run_line(org_file, ["serve", "run", "--", "sh", "-c", program])
    assert outcome == LineOutcome(2, "", "it did not end within 4 seconds")
    for pid in left.read_text().split():
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, check=False
        ).stdout.strip()
        assert state in ("", "Z", "Zs") or state.startswith("Z"), f"{pid} still runs"


def test_vocabulary_prints_the_steps() -> None:
    printed = json.loads(line("content", "vocabulary", "--json").stdout)
    assert set(printed["steps"]) == set(STEP_COMMANDS)

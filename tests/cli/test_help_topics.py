"""freshtoken help: every topic and the help of every command; what the topics say is so."""

import json
import os
import re
import subprocess
from pathlib import Path

import click
import pytest

import freshtoken_data
from freshtoken_model.decision.words import MARKS
from freshtoken_model.training.exports import bank_table
from freshtoken_model.training.shelf import open_bank
from freshtoken_rehearsal.rules import RULES
from freshtoken_rehearsal.scenarios import WANTED, scenarios
from freshtoken_tui.cli import GROUPS
from freshtoken_tui.help_topics import ELSEWHERE, HelpTopic, help_topics
from freshtoken_tui.key_tables import id_table, key_table
from freshtoken_tui.markdown_text import plain_text

from ..world import RUN, invoke
from .test_help import COMMANDS

TOPICS = {topic.name: topic for topic in help_topics()}
HELP = freshtoken_data.folder() / "help"
BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""Commands for a shell; blocks of another language name it."""
PLAYED = ("story", "commands", "night")
"""Topics whose commands run from the first to the last, but for the app."""


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS.keys())
def test_a_topic_is_shown_with_its_title_and_fits_80_columns(topic: HelpTopic) -> None:
    shown = invoke("help", topic.name)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout.startswith(f"{topic.title}\n{'=' * len(topic.title)}\n\n")
    code = {
        line.strip()
        for block in re.findall(r"```.*?```", topic.text, re.DOTALL)
        for line in block.split("\n")
    }
    long = [line for line in shown.stdout.split("\n") if len(line) > 80]
    assert not [line for line in long if line.strip() not in code and "http" not in line]


def test_without_a_topic_all_are_listed_with_their_sentence() -> None:
    shown = invoke("help")
    words = " ".join(shown.stdout.split())
    assert shown.exit_code == 0 and "freshtoken help client set" in shown.stderr
    assert all(f"{topic.name} {topic.summary}" in words for topic in TOPICS.values())


def test_markdown_becomes_text_of_the_width_asked_for() -> None:
    text = (
        "# A\n\nTwo **bold**\nwords, `a b`.\n\n## B\n\n1. one\n2. two is longer than that\n\n"
        "```\ncode  stays as it is\n```\n\n| a | b |\n|---|---|\n| one | a longer cell |\n\n"
        "[name](https://x.example)\n"
    )
    assert plain_text(text, 16).split("\n") == [
        *(
            "A",
            "=",
            "",
            "Two bold words,",
            "`a b`.",
            "",
            "B",
            "-",
            "",
            "1. one",
            "2. two is longer",
        ),
        *("   than that", "", "    code  stays as it is", "", "a    b", "---  -----------"),
        *("one  a longer", "     cell", "", "name", "(https://x.example)"),
    ]


def test_a_summary_is_one_sentence() -> None:
    for topic in TOPICS.values():
        assert re.fullmatch(r"[A-Z](?:[^.]|\.\d)+\.", topic.summary) and len(topic.summary) <= 110


def test_no_topic_hides_a_command() -> None:
    assert not set(TOPICS) & set(GROUPS)
    assert set(TOPICS) == {path.stem for path in HELP.glob("*.md")} | set(ELSEWHERE)


@pytest.mark.parametrize("names", [names for names in COMMANDS if names], ids=" ".join)
def test_help_of_a_command_is_what_it_prints_for_help(names: tuple[str, ...]) -> None:
    assert invoke("help", *names).output == invoke(*names, "--help").output
    found = json.loads(invoke("help", *names, "--json").stdout)
    assert found["command"] == " ".join(names) and found["text"].startswith("Usage: freshtoken ")


def test_json_has_the_topics_and_their_markdown() -> None:
    listed = json.loads(invoke("help", "--json").stdout)
    assert [one["name"] for one in listed] == sorted(TOPICS)
    shown = json.loads(invoke("help", "labs", "--json").stdout)
    assert shown["title"] == "Labs" and shown["text"].startswith("# Labs\n\nA lab is")


@pytest.mark.parametrize(
    ("words", "sentence", "listed"),
    [
        (
            ["lbs"],
            "There is no help topic and no command 'lbs'. Did you mean 'labs' or 'lab'?",
            "labs and 6 more",
        ),
        (
            ["Storry"],
            "no command 'Storry'. Did you mean 'story' or 'history'?",
            "Commands: org, login",
        ),
        (["qqq"], "There is no help topic and no command 'qqq'.\n", "Topics: browser, clients"),
        (
            ["client", "sett"],
            "There is no command 'client sett'. Did you mean 'client set'?",
            "list, login, query",
        ),
        (["login", "x"], "There is no command 'login x'.\n", ""),
        (["labs", "x"], "There is no help topic and no command 'labs'.", "Commands: org"),
    ],
)
def test_an_unknown_name_gets_the_nearest_one_and_the_list(
    words: list[str], sentence: str, listed: str
) -> None:
    shown = invoke("help", *words)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert sentence in shown.stderr and listed in shown.stderr


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "help/: there are no help topics"),
        ({"one.md": b"No title.\n"}, "help/one.md: a help topic begins with '# Title'"),
        ({"one.md": b"# Title\n\n| a |\n|---|\n"}, "help/one.md: a help topic begins with"),
        ({"one.md": b"\xff"}, "help/one.md: cannot be read"),
    ],
)
def test_broken_or_missing_topics_are_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes], said: str
) -> None:
    (tmp_path / "help").mkdir()
    for name, content in files.items():
        (tmp_path / "help" / name).write_bytes(content)
    monkeypatch.setattr(freshtoken_data, "folder", lambda: tmp_path)
    shown = invoke("help", "one")
    assert (shown.exit_code, shown.stdout) == (3, "") and shown.stderr.startswith(said)
    assert shown.stderr.count("\n") == 1


def generated() -> dict[tuple[str, str], str]:
    """The tables that topics take from the code, by topic and the name of their marks."""
    questions, problems = open_bank()
    assert not problems
    marks = [f"| {mark} | {words} |" for mark, words in MARKS.items()]
    rules = [f"| {rule.id} | {rule.severity} | {rule.reason} |" for rule in RULES]
    played = [f"| {one.id} | {one.title} | {WANTED[one.wants]} |" for one in scenarios()]
    return {
        ("exams", "bank"): bank_table(questions),
        ("keys", "keys"): key_table(),
        ("keys", "ids"): id_table(),
        ("facts", "marks"): "\n".join(["| mark | meaning |", "|---|---|", *marks]),
        ("rehearsals", "rules"): "\n".join(["| rule | says | why |", "|---|---|---|", *rules]),
        ("rehearsals", "scenarios"): "\n".join(
            ["| scenario | what happens | a right client |", "|---|---|---|", *played]
        ),
    }


def test_the_generated_parts_are_those_of_the_app_and_the_bank() -> None:
    """After a change that is meant: FRESHTOKEN_WRITE_SNAPSHOTS=1 pytest
    tests/cli/test_help_topics.py -k generated.
    """
    found = {}
    for (topic, name), table in generated().items():
        path = HELP / f"{topic}.md"
        before, opening, rest = re.split(
            rf"(<!-- {name} -->\n)", path.read_text(encoding="utf-8"), maxsplit=1
        )
        found[topic, name], closing, after = rest.partition(f"\n<!-- /{name} -->")
        if os.environ.get("FRESHTOKEN_WRITE_SNAPSHOTS") == "1":
            path.write_text(before + opening + table + closing + after, encoding="utf-8")
    assert os.environ.get("FRESHTOKEN_WRITE_SNAPSHOTS") == "1" or found == generated()


def lines_of(topic: HelpTopic) -> list[str]:
    """Every command of freshtoken in the topic's blocks and in its backticks."""
    blocks = "\n".join(BLOCK.findall(topic.text))
    named = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", topic.text, flags=re.DOTALL))
    texts = [*blocks.split("\n"), *named]
    found = [re.search(r"\bfreshtoken ((?:[a-z]|--)[^|)\n#]*)", text) for text in texts]
    return [one[1].strip() for one in found if one]


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS.keys())
def test_every_command_and_option_that_a_topic_names_exists(topic: HelpTopic) -> None:
    for line in lines_of(topic):
        names: tuple[str, ...] = ()
        words = line.partition(" -- ")[0].split()
        if words[0] == "help" and len(words) > 1 and words[1] not in ("COMMAND", "TOPIC"):
            assert words[1] in TOPICS or tuple(words[1:]) in COMMANDS, line
        for word in words:
            if isinstance(COMMANDS[names], click.Group) and (*names, word) in COMMANDS:
                names = (*names, word)
        known = {
            o for n in range(len(names) + 1) for p in COMMANDS[names[:n]].params for o in p.opts
        }
        assert names or line.startswith("--"), line
        assert {word for word in words if word.startswith("--")} <= known | {"--help"}, line


@pytest.mark.parametrize("name", PLAYED)
def test_the_commands_of_a_topic_run_from_the_first_to_the_last(name: str, tmp_path: Path) -> None:
    lines = [
        line
        for block in BLOCK.findall(TOPICS[name].text)
        for line in block.strip().split("\n")
        if line != "freshtoken --org night.db"  # the app
    ]
    program = " ".join(f"'{word}'" for word in RUN)
    script = "\n".join(["set -e", f'freshtoken() {{ {program} "$@"; }}', *lines])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert len(lines) > 4 and done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr

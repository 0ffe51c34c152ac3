"""The examples of --help are true: each is played as it stands in examples.toml."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copy

import click
import pytest
from click.testing import Result

import freshtoken_data
from freshtoken_tui.cli import GROUPS, main

from ..world import invoke
from .test_admin_commands import RSA_KEY
from .test_content_check import EXAMPLE

WIDTH, COMMENT_WIDTH = 78, 60
EVAL = re.compile(r'eval "\$\((.*)\)"')
REFUSED_MARK = "! "
FILES = {
    "server.crt": RSA_KEY,
    "passwords.txt": "Velvet-Train-9\nFresh-Start-88\n",
    "my-course/labs/01-the-new-vendor.toml": EXAMPLE,
    "class/one/learner.json": '{"format": 1, "name": "Robin", "came_at": null}',
}
"""What lies in the folder that a line is played in, beside the org."""


@dataclass(frozen=True)
class Example:
    """A line of a command, and what comes before it; examples.toml tells the fields."""

    command: str
    line: str
    comment: str
    before: tuple[str, ...]
    plays: bool

    @property
    def refused(self) -> bool:
        return self.comment.startswith("refused")


def read_examples() -> Iterator[Example]:
    for command, entry in freshtoken_data.load("examples.toml").items():
        if command == "format":
            continue
        assert {"lines"} <= set(entry) <= {"lines", "before", "plays"}, command
        lines, plays = entry["lines"], entry.get("plays", True)
        each = plays if isinstance(plays, list) else [plays] * len(lines)
        for (line, comment), played in zip(lines, each, strict=True):
            yield Example(command, line, comment, tuple(entry.get("before", ())), played)


EXAMPLES = list(read_examples())


def commands(command: click.Command = main, words: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command of the tree, groups too, by the words that call it."""
    yield " ".join(words)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from commands(below, (*words, name))


TREE = list(commands())
GROUPS_OF_COMMANDS = {name for name in TREE if any(n.startswith(f"{name} ") for n in TREE)} | {""}


def words_of(line: str) -> tuple[list[str], str, str]:
    """The words that freshtoken is given by a shell's line; the files it reads and writes."""
    if within := EVAL.fullmatch(line):
        line = within[1]
    words = shlex.split(line.replace("\\\n", ""))
    if "|" in words:
        words = words[: words.index("|")]
    assert words[0] == "freshtoken", line
    sign = words[-2] if len(words) > 2 else ""
    if sign in ("<", ">"):
        file = words[-1]
        return words[1:-2], file if sign == "<" else "", file if sign == ">" else ""
    return words[1:], "", ""


def run(line: str) -> Result:
    words, read, written = words_of(line)
    text = Path(read).read_text(encoding="utf-8") if read else None
    result = invoke(*words, input=text)
    if written:
        Path(written).write_text(result.stdout, encoding="utf-8")
    return result


def offence(line: str, refused: bool = False) -> str:
    """What is wrong with how a line ends; nothing, most times."""
    result = run(line)
    if result.exit_code == int(refused):
        return ""
    said = (result.stderr or result.stdout).strip().splitlines()
    return f"{line}\n    exits {result.exit_code}: {said[-1] if said else result.exception!r}"


def play(example: Example, folder: Path, org: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Play a line in a new folder with a training org in it; what is wrong."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    copy(org, folder / "org.db")
    with monkeypatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("FRESHTOKEN_ORG", "org.db")
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        patch.delenv("FRESHTOKEN_CONTENT", raising=False)
        for line in example.before:
            refused = line.startswith(REFUSED_MARK)
            if wrong := offence(line.removeprefix(REFUSED_MARK), refused):
                return f"before {example.line}: {wrong}"
        return offence(example.line, example.refused)


def test_every_command_has_examples_and_no_other_has() -> None:
    have, tree = {example.command for example in EXAMPLES}, set(TREE)
    without = sorted(tree - have)
    strangers = sorted(have - tree)
    assert not (without or strangers), (without, strangers)


def test_every_example_is_one_of_its_command_and_fits_its_place() -> None:
    wrong = []
    for example in EXAMPLES:
        own = f"freshtoken {example.command}".rstrip()
        if own not in example.line and example.command not in GROUPS_OF_COMMANDS:
            wrong.append(f"[{example.command}] is not called by {example.line}")
        if not example.line.startswith(("freshtoken", 'eval "$(freshtoken')):
            wrong.append(f"{example.line} does not begin with freshtoken")
        if max(map(len, example.line.split("\n"))) > WIDTH:
            wrong.append(f"{example.line} is longer than {WIDTH}")
        if len(example.comment) > COMMENT_WIDTH or "\n" in example.comment:
            wrong.append(f"{example.comment} is longer than {COMMENT_WIDTH}")
    for command in {example.command for example in EXAMPLES}:
        lines = [example.line for example in EXAMPLES if example.command == command]
        if not 1 <= len(lines) <= 3 or len(lines) > len(set(lines)):
            wrong.append(f"[{command}] has {len(lines)} lines, or one twice")
        if not any(f"freshtoken {command}".rstrip() in line for line in lines):
            wrong.append(f"[{command}] has no line of its own")
    assert not wrong, "\n".join(wrong)


def test_every_option_of_an_example_that_is_not_played_is_there() -> None:
    """A command says its help only when it knows every option of the line."""
    wrong = []
    for example in EXAMPLES:
        if not example.plays:
            words, _, _ = words_of(example.line)
            end = words.index("--") if "--" in words else len(words)
            result = invoke(*words[:end], "--help")
            if result.exit_code:
                wrong.append(f"{example.line}: {result.stderr.splitlines()[-1]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("group", ["", *GROUPS], ids=lambda name: name or "freshtoken")
def test_every_example_does_what_it_says(
    training_org: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: str
) -> None:
    examples = [e for e in EXAMPLES if e.plays and e.command.partition(" ")[0] == group]
    wrong = []
    for number, example in enumerate(examples):
        if said := play(example, tmp_path / str(number), training_org, monkeypatch):
            wrong.append(f"[{example.command}] {said}")
    if wrong:
        pytest.fail(f"{len(wrong)} of {len(examples)} lines:\n" + "\n".join(wrong), pytrace=False)

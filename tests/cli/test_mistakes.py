"""Command lines with mistakes, and odd but legal ones: mistakes.toml says what each must print and
exit with. A kind of lines is one test, which names every line that does otherwise.
"""

import json
import re
import signal
import threading
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from shutil import copy
from types import FrameType
from typing import Any

import click
import pytest
from click.testing import Result

from freshtoken_model.values.visible import visible_lines
from freshtoken_tui.cli import main

from ..world import invoke

TABLE = Path(__file__).with_name("mistakes.toml")
LEAST = 210
"""Lines that the table has at least."""
SECONDS = 60
"""How long a line may take: one that waits for somebody is an offender, not the end of the run."""
WORDS = {"{long}": "x" * 5_000, "{0xff}": "\udcff", "{nul}": "\x00"}
"""What stands in the table for what TOML cannot hold."""
NOWHERE = ("Traceback", "[WIRE]")
"""What nothing that is printed holds."""
NEVER = (
    "Expecting value",
    "Expecting property name",
    "JSONDecodeError",
    "valid integer",
    "INTEGER RANGE",
    "Invalid value for '{",
    "Invalid value for '[",
    "sqlite",
    "SQLite",
    ".py",
)
"""Words of parsers and of the inside: of no use to a user, and in no error."""
NAMES = re.compile(r"(?:[^,\n]{1,60}, ){10,}(?!and )[^,\n]{1,60}")
"""A list of more than ten names."""
USAGE_LINES = re.compile(r"\AUsage: [\s\S]*?\nTry '[^\n]*\n+(?=Error)")
"""What stands above an error's sentence: it names every argument, not the one that is wrong."""


@dataclass(frozen=True)
class Line:
    """A row of the table; mistakes.toml tells the fields."""

    args: list[str]
    exit: int
    why: str
    kind: str
    stderr: list[str] = field(default_factory=list)
    stdout: list[str] = field(default_factory=list)
    message: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    quiet: bool = False
    json: str = ""
    stdin: str = ""
    terminal: bool = False
    files: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    before: list[list[str]] = field(default_factory=list)

    @property
    def as_json(self) -> bool:
        """Whether it asks for JSON: behind -- nothing is an option."""
        options = self.args[: self.args.index("--")] if "--" in self.args else self.args
        return "--json" in options

    @property
    def errs(self) -> bool:
        """Whether it ends with an error, which --json tells as one."""
        return self.exit != 0 and self.json != "own"


def read_table() -> list[Line]:
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["line"]
    return [
        Line(**{("never" if name == "not" else name): held for name, held in row.items()})
        for row in rows
    ]


LINES = read_table()
KINDS = list(dict.fromkeys(line.kind for line in LINES))


def spelled(words: list[str]) -> list[str]:
    """Words of the table as they are typed."""
    found = []
    for word in words:
        for short, meant in WORDS.items():
            word = word.replace(short, meant)
        found.append(word)
    return found


class TooLong(BaseException):
    """A line has not ended in time; no error of a command, so that none takes it for its own."""


@contextmanager
def in_time() -> Iterator[None]:
    """Raises TooLong in the main thread of a system that has alarms."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@dataclass(frozen=True)
class Place:
    """A folder of its own for a line, with a training org in it; the machine's folders are below
    it.
    """

    folder: Path
    org: Path

    def lay_out(self, line: Line) -> dict[Path, bytes]:
        """Make what the line finds; returns the files that it must not change when it is
        refused.
        """
        self.folder.mkdir()
        copy(self.org, self.folder / "org.db")
        laid: dict[Path, bytes] = {}
        for name, text in line.files.items():
            path = self.folder / name
            copy(self.org, path) if text == "{org}" else path.write_text(text, encoding="utf-8")
            laid[path] = path.read_bytes()
        return laid

    def variables(self, line: Line) -> dict[str, str]:
        home = self.folder / "home"
        return {
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "FRESHTOKEN_ORG": "org.db",
            "COLUMNS": "200",
            "SHELL": "/bin/bash",
            **line.env,
        }


def offences(line: Line, result: Result) -> list[str]:
    """What a line printed and exited with that it must not."""
    found = []
    if result.exit_code != line.exit:
        found.append(f"exits {result.exit_code}, not {line.exit}")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        found.append(f"raises {result.exception!r}")
    both = result.stdout + result.stderr
    found += [f"prints {never!r}" for never in (*NOWHERE, *line.never) if never in both]
    errors = both if line.exit != 0 else result.stderr
    found += [f"prints {never!r}" for never in NEVER if never in errors]
    if (printed := both.replace("\r\n", "\n")) != visible_lines(printed):
        found.append("prints control characters")
    if line.exit != 0 and NAMES.search(result.stderr):
        found.append("lists more than ten names")
    if line.quiet and result.stderr:
        found.append("is not quiet")
    told = USAGE_LINES.sub("", result.stderr)
    found += [f"stderr lacks {part!r}" for part in line.stderr if part not in told]
    found += [f"stdout lacks {part!r}" for part in line.stdout if part not in result.stdout]
    if line.as_json:
        found += wrong_json(line, result.stdout)
    elif line.exit != 0:
        if not line.stdout and result.stdout:
            found.append("prints on standard output")
        if not line.stdout and not result.stderr.strip():
            found.append("says nothing")
    return found


def wrong_json(line: Line, text: str) -> list[str]:
    """What is wrong with the document that a line with --json prints."""
    try:
        document = json.loads(text)
    except ValueError:
        return ["stdout is not one JSON document"]
    if not line.errs:
        erred = isinstance(document, dict) and list(document) == ["error"]
        return ["prints an error in the place of its own document"] if erred else []
    error = document.get("error") if isinstance(document, dict) and len(document) == 1 else None
    if not isinstance(error, dict):
        return ["the JSON document is not {'error': {...}}"]
    found = []
    if not {"message", "exit"} <= set(error) <= {"code", "message", "exit"}:
        found.append(f"the error has the fields {sorted(error)}")
    if error.get("exit") != line.exit:
        found.append(f"the error says exit {error.get('exit')!r}")
    message = str(error.get("message", ""))
    if not message.strip():
        found.append("the error has no message")
    if NAMES.search(message):
        found.append("lists more than ten names")
    return found + [f"message lacks {part!r}" for part in line.message if part not in message]


def play(line: Line, place: Place, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is wrong with a line, played in a place of its own."""
    laid = place.lay_out(line)
    with monkeypatch.context() as patch:
        patch.chdir(place.folder)
        for name, text in place.variables(line).items():
            patch.setenv(name, text)
        patch.delenv("FRESHTOKEN_CONTENT", raising=False)
        try:
            with in_time():
                for words in line.before:
                    invoke(*spelled(words))
                if line.terminal:
                    patch.setattr(
                        "click.testing._NamedTextIOWrapper.isatty",
                        lambda stream: stream.name != "<stdout>",
                    )
                result = invoke(*spelled(line.args), input=line.stdin)
        except TooLong:
            return [f"has not ended after {SECONDS} seconds"]
    found = offences(line, result)
    if (place.folder / "-").exists():
        found.append("has written a file named -")
    if line.exit != 0:
        changed = [path.name for path, held in laid.items() if path.read_bytes() != held]
        found += [f"has changed {name}" for name in changed]
    if found:
        said = (result.stderr or result.stdout).strip().splitlines()
        found.append(f"said: {said[-1][:200] if said else ''!r}")
    return found


def shown(line: Line) -> str:
    words = (repr(word) if not word or set(word) & set(" \n\x1b") else word for word in line.args)
    return " ".join(["freshtoken", *words])


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_mistake_is_answered_with(
    training_org: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    wrong = []
    lines = [line for line in LINES if line.kind == kind]
    for number, line in enumerate(lines):
        found = play(line, Place(tmp_path / str(number), training_org), monkeypatch)
        if found:
            wrong.append("\n    ".join([f"{shown(line)}    ({line.why})", *found]))
    if wrong:
        pytest.fail(f"{len(wrong)} of {len(lines)} lines:\n" + "\n".join(wrong), pytrace=False)


def commands() -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command of the tree, groups too, by its words."""
    found: list[tuple[tuple[str, ...], click.Command]] = []

    def walk(words: tuple[str, ...], command: click.Command) -> None:
        found.append((words, command))
        if isinstance(command, click.Group):
            context = click.Context(command, info_name=words[-1] if words else "freshtoken")
            for name in command.list_commands(context):
                below = command.get_command(context, name)
                if below is not None and not below.hidden:
                    walk((*words, name), below)

    walk((), main)
    return found


def test_every_help_has_examples_and_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    wrong = []
    found = commands()
    for words, _ in found:
        result = invoke(*words, "--help")
        faults = [
            *([f"exits {result.exit_code}"] if result.exit_code else []),
            *(["prints on standard error"] if result.stderr else []),
            *([] if result.stdout.startswith("Usage: freshtoken") else ["has no usage line"]),
            *([] if re.search(r"^Examples:?$", result.stdout, re.M) else ["has no examples"]),
            *(f"prints {word!r}" for word in ("INTEGER RANGE", "[WIRE]") if word in result.stdout),
        ]
        usage = result.stdout.partition("\n")[0]
        if re.search(r"[{\[][^\]} ]*\|", usage):
            faults.append(f"an argument has no name: {usage}")
        if re.search(r"--[a-z-]*port (?!PORT)", result.stdout.partition("Examples")[0]):
            faults.append("a port is not called PORT")
        if faults:
            wrong.append(f"freshtoken {' '.join(words)} --help: {'; '.join(faults)}")
    if wrong:
        pytest.fail(f"{len(wrong)} of {len(found)} commands:\n" + "\n".join(wrong), pytrace=False)


def test_the_top_help_has_sections_exit_codes_and_variables() -> None:
    text = invoke("--help").stdout
    missing = [
        part
        for part in (
            "Examples",
            "FRESHTOKEN_ORG",
            "FRESHTOKEN_CONTENT",
            "--quiet",
            "--no-input",
            "completion",
            "doctor",
        )
        if part not in text
    ]
    codes = text.lower().partition("exit")[2]
    missing += [f"exit code {code}" for code in range(4) if not re.search(rf"\b{code}\b", codes)]
    sections = re.findall(r"^[A-Z][A-Za-z ,]+:$", text, re.M)
    assert not missing, missing
    assert "Commands:" not in sections and len(sections) >= 5, sections


def test_the_table_is_sound() -> None:
    assert len(LINES) >= LEAST
    twice = [
        shown(line)
        for number, line in enumerate(LINES)
        if any(
            line.args == other.args and all(same(line, other, name) for name in OUTER)
            for other in LINES[:number]
        )
    ]
    assert twice == []
    assert all(line.exit in (0, 1, 2, 3) or "program" in line.why for line in LINES)
    assert all(line.as_json or not line.message for line in LINES)
    assert {f.name for f in fields(Line)} >= set(OUTER)


OUTER = ("stdin", "terminal", "files", "env", "before")
"""What makes two lines with the same words different."""


def same(one: Line, other: Line, name: str) -> bool:
    held: tuple[Any, Any] = (getattr(one, name), getattr(other, name))
    return bool(held[0] == held[1])


def test_every_command_has_a_line() -> None:
    """A new command comes with the lines that are wrong about it."""
    tried = Counter(
        tuple(words[:n]) for words in (line.args for line in LINES) for n in range(len(words) + 1)
    )
    untried = [
        " ".join(words)
        for words, command in commands()
        if not isinstance(command, click.Group) and not tried[words]
    ]
    assert not untried, untried

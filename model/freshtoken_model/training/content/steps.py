"""The one vocabulary of steps: a step is a freshtoken command line without the program's name,
about its own org alone.

With `!` before it, the step is one that is refused (exit code 1). The caller hands in
the runner: the command line belongs to a layer above. Content comes from strangers too: what is
not in COMMANDS is refused.
"""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from freshtoken_model.values.errors import OrgError

from .tables import Table

REFUSED_MARK = "!"
FOLDER = "{folder}"
"""In a step: the folder with the files of the lab."""

CREDENTIALS = ("user=", "password=", "token=", "newest-token", "from=", "protocol=")
PLAN = ("every=", "first=")
STEP_COMMANDS: dict[str, tuple[str, ...]] = {
    "app certificate": (),
    "app flows": (),
    "app ip-relaxation": (),
    "app rotation": (),
    "app run-as": (),
    "app show": (),
    "client list": (),
    "client login": (),
    "client query": (),
    "client set": (*CREDENTIALS, "code", "api-version=", "login-host="),
    "clock advance": (),
    "clock freeze": (),
    "clock next": (),
    "clock run": (),
    "clock set": (),
    "clock show": (),
    "history": (
        *("status=", "ip=", "application=", "subtype="),
        *("since=", "until=", "csv", "limit="),
    ),
    "incident": (),
    "integration add": (*PLAN, "kind=", "from=", "password=", "token="),
    "integration list": (),
    "integration pause": (),
    "integration remove": (),
    "integration set": (*PLAN, "session=", "retry=", *CREDENTIALS),
    "integration start": (),
    "login": ("password=", "token=", "from=", "api-version=", "protocol=", "why"),
    "mail": ("latest", "token-only"),
    "org back": (),
    "org reset": (),
    "org show": (),
    "org steps": ("limit=",),
    "password change": ("old=", "new="),
    "password expire-all": (),
    "password forgot": (),
    "password link": ("new=",),
    "password reset": ("link-only",),
    "profile add-range": (),
    "profile create": (),
    "profile hours": (),
    "profile list": (),
    "profile policy": (),
    "profile remove-range": (),
    "serve run": ("from=",),
    "setup add-range": ("description=",),
    "setup calendar": (),
    "setup ranges": (),
    "setup remove-range": (),
    "setup set": (),
    "setup show": (),
    "timeline": ("text", "last=", "cells="),
    "token reset": (),
    "user authenticator": (),
    "user code": (),
    "user create": ("first-name=", "last-name=", "email=", "profile="),
    "user edit": (
        "username=",
        "first-name=",
        "last-name=",
        "email=",
        "profile=",
        "active",
        "inactive",
    ),
    "user end-sessions": (),
    "user freeze": ("by-salesforce=",),
    "user grant": (),
    "user revoke": (),
    "user unfreeze": (),
    "user unlock": (),
}
"""The commands a step may be, each with its options; with = those that take a value. Every command
may have --json.
"""
FILES = {"app certificate": 1}
"""Commands with a file among their arguments, and its place: it lies in {folder}."""
PROGRAM = "serve run"
"""The command that runs a program of the machine: the content declares which, and the learner is
asked.
"""


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """What a command line did: its exit code, what it printed, what it said."""

    code: int
    out: str
    said: str


LineRunner = Callable[[Path, list[str]], LineOutcome]
"""Runs the words of a command line on an org file."""


@dataclass(frozen=True, slots=True)
class LineStep:
    """A command line, and whether it is to be refused. `program`: the words of the program it runs,
    if it runs one.
    """

    line: str
    refused: bool
    program: tuple[str, ...] = ()

    def words(self, folder: Path) -> list[str]:
        """The words of the line."""
        return [word.replace(FOLDER, str(folder)) for word in shlex.split(self.line)]


class StepFailedError(OrgError):
    """A step did not end as the content says."""

    def __init__(self, step: LineStep, outcome: LineOutcome) -> None:
        self.step, self.outcome = step, outcome
        wanted = "a refusal" if step.refused else "success"
        said = (outcome.said or outcome.out).strip().split("\n")[0]
        super().__init__(
            f"{step.line!r} ended with exit code {outcome.code} instead of {wanted}: {said}"
        )


class ProgramNotAllowedError(OrgError):
    """A step would run a program, and nobody has allowed it."""

    def __init__(self, step: LineStep) -> None:
        super().__init__(
            f"The step {step.line!r} runs a program of this machine, which was not allowed."
        )


def parse_step(text: str) -> LineStep:
    """A step as written. Raises ValueError with words for a person."""
    refused = text.startswith(REFUSED_MARK)
    line = text.removeprefix(REFUSED_MARK).strip()
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise ValueError(f"{line!r} is not a command line: {error}") from None
    if not words:
        raise ValueError("a step is a command line; this one is empty")
    name = next(
        (" ".join(words[:size]) for size in (2, 1) if " ".join(words[:size]) in STEP_COMMANDS), ""
    )
    if not name:
        raise ValueError(
            f"{' '.join(words[:2])!r} is not a step: a command about its own org, without the "
            f"program's name"
        )
    arguments, program = _arguments(name, words[name.count(" ") + 1 :])
    if name != PROGRAM:
        arguments, program = arguments + program, []
    elif arguments or not program:
        raise ValueError(f"a program of a step is written as: {PROGRAM} -- PROGRAM ...")
    if name in FILES and len(arguments) > FILES[name]:
        _check_file(arguments[FILES[name]])
    return LineStep(line, refused, tuple(program))


def read_steps(table: Table, name: str, runs: str, least: int = 0) -> tuple[str, ...]:
    """The steps of a field. `runs`: how the one program begins that they may run; what is wrong
    goes to the table.
    """
    lines = table.lines(name, least)
    for number, line in enumerate(lines, 1):
        try:
            check_program(parse_step(line), runs)
        except ValueError as error:
            table.wrong(f"{name}[{number}]", f"expected a command line: {error}")
    return tuple(lines)


def check_program(step: LineStep, runs: str) -> None:
    """Raises ValueError when a step runs a program that does not begin as declared."""
    declared = tuple(shlex.split(runs))
    if step.program and (not declared or step.program[: len(declared)] != declared):
        how = f"runs says {runs!r}" if declared else 'runs = "..." is missing'
        raise ValueError(f"the content declares which program its steps run; {how}")


def read_program(table: Table) -> str:
    """The field `runs`: how the program begins that steps may run; empty without one."""
    runs = table.line("runs", 160, needed=False)
    try:
        shlex.split(runs)
    except ValueError as error:
        table.wrong("runs", f"expected the beginning of a command line: {error}")
        return ""
    return runs


def programs_of(*lines: Sequence[str]) -> tuple[str, ...]:
    """The programs that steps run, each once and in full, as they are typed in a shell."""
    steps = (parse_step(line) for some in lines for line in some)
    return tuple(dict.fromkeys(shlex.join(step.program) for step in steps if step.program))


def _arguments(name: str, words: list[str]) -> tuple[list[str], list[str]]:
    """The arguments of a command, and what stands behind `--`. Raises ValueError for an option that
    it may not have.
    """
    options: tuple[str, ...] = (*STEP_COMMANDS[name], "json")
    found: list[str] = []
    left = iter(words)
    for word in left:
        if word == "--":
            return found, list(left)
        if not word.startswith("-") or word == "-":
            found.append(word)
            continue
        option, given, _ = word.removeprefix("--").partition("=")
        if f"{option}=" in options and word.startswith("--"):
            if not given:
                next(left, None)
        elif option not in options or given or not word.startswith("--"):
            raise ValueError(f"{name!r} has no {word.partition('=')[0]} in a step")
    return found, []


def _check_file(name: str) -> None:
    parts = PurePosixPath(name).parts
    if parts[:1] != (FOLDER,) or len(parts) < 2 or ".." in parts:
        raise ValueError(f"the file {name!r} of a step lies in {FOLDER}")


DONE, REFUSED = (0,), (1, 2)
"""How a step ends that is done, and one that is refused: by the org, or for a bad value."""


def run_steps(
    path: Path, lines: Sequence[str], run: LineRunner, folder: Path, programs: bool = False
) -> Iterator[tuple[LineStep, LineOutcome]]:
    """Run steps on an org file, one at a time; each is handed over when it has ended.

    `programs`: whether steps may run programs of the machine. Raises StepFailedError,
    ProgramNotAllowedError.
    """
    for text in lines:
        step = parse_step(text)
        if step.program and not programs:
            raise ProgramNotAllowedError(step)
        outcome = run(path, step.words(folder))
        if outcome.code not in (REFUSED if step.refused else DONE):
            raise StepFailedError(step, outcome)
        yield step, outcome

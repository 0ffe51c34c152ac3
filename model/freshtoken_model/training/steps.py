"""The one vocabulary of steps: a step is a freshtoken command line without the program's name.

With `!` before it, the step is one that is refused (exit code 1). Whoever runs steps brings the runner: the command line
belongs to another room of the house.
"""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from freshtoken_model.errors import OrgError

REFUSED_MARK = "!"
FOLDER = "{folder}"
"""In a step: the folder with the files of the lab."""
NOT_IN_STEPS = ("lab", "demo", "content", "exam")
"""Commands that steps may not use; nor --org, because a step is about the org of its lab."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command line did: its exit code, what it printed, what it said."""

    code: int
    out: str
    said: str


Runner = Callable[[Path, list[str]], Outcome]
"""Runs the words of a command line on an org file."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command line, and whether it is to be refused."""

    line: str
    refused: bool

    def words(self, folder: Path) -> list[str]:
        """The words of the line."""
        return [word.replace(FOLDER, str(folder)) for word in shlex.split(self.line)]


class StepFailed(OrgError):
    """A step did not end as the content says."""

    def __init__(self, step: Step, outcome: Outcome) -> None:
        self.step, self.outcome = step, outcome
        wanted = "a refusal" if step.refused else "success"
        said = (outcome.said or outcome.out).strip().split("\n")[0]
        super().__init__(f"{step.line!r} ended with exit code {outcome.code} instead of {wanted}: {said}")


def parse_step(text: str) -> Step:
    """A step as written. Raises ValueError with words for a person."""
    refused = text.startswith(REFUSED_MARK)
    line = text.removeprefix(REFUSED_MARK).strip()
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise ValueError(f"{line!r} is no command line: {error}") from None
    if not words:
        raise ValueError("a step is a command line; this one is empty")
    if words[0].startswith("-") or words[0] in (*NOT_IN_STEPS, "freshtoken"):
        raise ValueError(f"a step cannot begin with {words[0]!r}: write a command line without the program's name")
    if "--org" in words or "--password-stdin" in words:
        raise ValueError("a step has no --org (it is about its own org) and no --password-stdin")
    return Step(line, refused)


def run_steps(path: Path, lines: Sequence[str], run: Runner, folder: Path) -> Iterator[tuple[Step, Outcome]]:
    """Run steps on an org file, one at a time; each is handed over when it has ended. Raises StepFailed."""
    for text in lines:
        step = parse_step(text)
        outcome = run(path, step.words(folder))
        if outcome.code != int(step.refused):
            raise StepFailed(step, outcome)
        yield step, outcome

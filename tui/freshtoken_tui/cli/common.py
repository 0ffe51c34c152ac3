"""What commands share: opening the org, printing, asking for passwords, and errors as one sentence
with an exit code.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from freshtoken_data import ContentError
from freshtoken_model.store.orgfile import check_exists, chosen_path
from freshtoken_model.values.errors import (
    OrgError,
    OrgFileError,
    SeveralLinesError,
    UnknownNameError,
)
from freshtoken_model.values.visible import visible, visible_json
from freshtoken_tui.exit_codes import REFUSED, UNUSABLE, USAGE

from .output import echo, echo_text

__all__ = [
    "Arguments",
    "Stop",
    "ask_trust",
    "can_ask",
    "command",
    "echo",
    "echo_text",
    "hashing",
    "opened",
    "opened_shelf",
    "print_json",
    "print_table",
    "secrets_of",
    "trusting",
]

if TYPE_CHECKING:
    from freshtoken_model.decision.credentials import Hashing
    from freshtoken_model.org import Org
    from freshtoken_model.training.content.trust import Content
    from freshtoken_model.training.shelf import Shelf

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")


def command(function: Callable[Arguments, Returned]) -> Callable[Arguments, Returned]:
    """A command with --org and --json behind its name too, whose errors become a sentence and an
    exit code.
    """

    @wraps(function)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Returned:
        named = kwargs.pop("org_file", None)
        context = click.get_current_context()
        if named:
            context.obj = named
        try:
            return function(*args, **kwargs)
        except UnknownNameError as error:
            raise Stop(str(error), USAGE) from error
        except (OrgFileError, ContentError) as error:
            raise Stop(str(error), UNUSABLE) from error
        except OrgError as error:
            raise Stop(str(error), REFUSED, isinstance(error, SeveralLinesError)) from error

    guarded = click.option("--json", "as_json", is_flag=True, help="Print JSON.")(guarded)
    return click.option("--org", "org_file", metavar="FILE", help="The org file.")(guarded)


class Stop(click.ClickException):
    """One clear sentence on stderr, and an exit code."""

    plain = True
    """Nothing stands before the sentence."""

    def __init__(self, message: str, code: int, several_lines: bool = False) -> None:
        """`several_lines`: its line feeds are meant."""
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]  # click reads it from the instance
        self.several_lines = several_lines


def hashing() -> Hashing | None:
    """The password hashing that the caller of main() handed in as `obj`; None for the default."""
    found: Hashing | None = click.get_current_context().meta.get("hashing")
    return found


@contextmanager
def opened() -> Iterator[Org]:
    """The org of this call; the default one is made on first use."""
    from freshtoken_model.org import Org, make_default
    from freshtoken_model.store.database import plainly
    from freshtoken_model.store.whole_file import sweep

    path, may_make = chosen_path(click.get_current_context().obj)
    if may_make and not path.exists():
        make_default(path, hashing())
    check_exists(path)
    sweep(path.parent)
    with plainly(path), Org(path, hashing()) as org:
        yield org


def opened_shelf() -> Shelf:
    """The labs and demos at hand, with a teacher's folder; says that some could not be
    read.
    """
    from freshtoken_model.training.shelf import open_shelf

    shelf = open_shelf(click.get_current_context().meta.get("content"))
    if shelf.problems:
        echo(
            f"{len(shelf.problems)} problems in the content; see them with: freshtoken content "
            f"check",
            err=True,
        )
    return shelf


def trusting(function: Callable[Arguments, Returned]) -> Callable[Arguments, Returned]:
    """--trust, for a command that runs steps of content: remembered for ask_trust()."""

    @wraps(function)
    def remembered(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Returned:
        click.get_current_context().meta["trust"] = kwargs.pop("trust")
        return function(*args, **kwargs)

    return click.option(
        "--trust", is_flag=True, help="Let the content's steps run the programs they name."
    )(remembered)


def ask_trust(content: Content) -> None:
    """Ask once whether the programs of a content may run; --trust says so. Raises NotTrustedError,
    Stop.

    The answer holds for the content's folder as it is now.
    """
    from freshtoken_model.store.database import plainly
    from freshtoken_model.training.content.trust import NotTrustedError, Trust
    from freshtoken_model.training.shelf import ask_about

    trust = Trust()
    if trust.allows(content):
        return
    with plainly(content.folder):
        question = ask_about(content.folder)
    if not click.get_current_context().meta.get("trust"):
        if not can_ask():
            raise NotTrustedError(question)
        echo_text(question.words, err=True)
        if not click.confirm("Let them run?", err=True):
            raise Stop("Nothing was run.", REFUSED)
    with plainly(content.folder):
        trust.allow(question)


def print_json(value: object) -> None:
    """JSON on stdout; hostile characters in it as JSON escapes."""
    echo_text(visible_json(json.dumps(value, indent=2, ensure_ascii=False)))


def print_table(rows: Sequence[Sequence[str]], headings: tuple[str, ...]) -> None:
    """Columns on stdout, as wide as they need to be, a row a line."""
    lines = [headings, *([visible(cell) for cell in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headings))]
    for line in lines:
        echo(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )


def can_ask() -> bool:
    """Whether somebody is at a terminal to answer a question."""
    return sys.stdin is not None and sys.stdin.isatty()


def secrets_of(prompts: list[tuple[str, str | None]], from_stdin: bool) -> list[str]:
    """Passwords: as given, else one a line from stdin, else asked for. Exit 2 without a terminal to
    ask on.
    """
    if from_stdin:
        if sys.stdin is None:
            raise click.UsageError("Standard input is closed; --password-stdin reads it.")
        text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
        lines = [line.rstrip("\r") for line in text.split("\n")]
        if lines[-1] == "":
            lines.pop()
        missing = [name for name, given in prompts if given is None]
        if len(lines) < len(missing):
            raise click.UsageError(
                f"--password-stdin needs a line for each of: {', '.join(missing)}."
            )
        source = iter(lines)
        return [next(source) if given is None else given for _, given in prompts]
    found = []
    for name, given in prompts:
        if given is None:
            if not can_ask():
                raise click.UsageError(
                    f"No {name.lower()} given, and no terminal to ask on (--password-stdin reads "
                    f"it)."
                )
            given = click.prompt(name, hide_input=True, err=True)
        found.append(given)
    return found

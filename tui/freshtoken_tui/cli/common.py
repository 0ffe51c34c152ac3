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
from freshtoken_model.values.clock import at
from freshtoken_model.values.errors import (
    BadValueError,
    OrgError,
    OrgFileError,
    SeveralLinesError,
    UnknownNameError,
)
from freshtoken_model.values.visible import visible, visible_json
from freshtoken_tui.exit_codes import REFUSED, UNUSABLE, USAGE

from .manner import manner
from .output import echo, echo_text

__all__ = [
    "Arguments",
    "Stop",
    "agree",
    "ask_trust",
    "can_ask",
    "command",
    "echo",
    "echo_text",
    "hashing",
    "json_text",
    "moment_words",
    "opened",
    "opened_shelf",
    "print_json",
    "print_table",
    "secrets_of",
    "trusting",
    "worded",
    "yes_option",
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
        if named is not None:
            context.obj = org_named(str(named))
        heed(bool(kwargs.pop("quiet")), bool(kwargs.pop("no_input")))
        manner().json = manner().json or bool(kwargs.get("as_json"))
        try:
            return function(*args, **kwargs)
        except UnknownNameError as error:
            raise Stop(
                _place(error.given, context, (click.Option,)) + _unknown(error), USAGE
            ) from error
        except BadValueError as error:
            raise Stop(
                _place(error.given, context, (click.Parameter,)) + str(error), USAGE
            ) from error
        except (OrgFileError, ContentError) as error:
            raise Stop(str(error), UNUSABLE) from error
        except OrgError as error:
            raise Stop(str(error), REFUSED, isinstance(error, SeveralLinesError)) from error

    for option in (
        click.option("--no-input", is_flag=True, help="Ask nothing, even on a terminal."),
        click.option("-q", "--quiet", is_flag=True, help="Print data and errors only."),
        click.option("--json", "as_json", is_flag=True, help="Print JSON, errors too."),
        click.option("--org", "org_file", metavar="FILE", help="The org file."),
    ):
        guarded = option(guarded)
    return guarded


def heed(quiet: bool, no_input: bool) -> None:
    """Remember --quiet and --no-input, given before or behind the command."""
    manner().quiet = manner().quiet or quiet
    if no_input:
        click.get_current_context().meta["no_input"] = True


def org_named(file: str) -> str:
    """The file of --org. Raises BadParameter for an empty name: an unset variable of a shell."""
    if not file:
        raise click.BadParameter("'' is not the name of a file.", param_hint="'--org'")
    return file


LISTED_BY = {
    "user": "user list",
    "setting": "setup show",
    "password policy": "setup show",
    "profile": "profile list",
    "network": "setup ranges",
    "API client": "client list",
    "connected app": "app show",
    "lab": "lab list",
    "demo": "demo list",
    "question": "exam list",
    "topic": "exam stats",
    "kind": "integration kinds",
    "session habit": "integration kinds",
    "retry behaviour": "integration kinds",
    "trusted IP range": "setup ranges",
    "login IP range": "profile list",
}
"""The command that lists the things of a kind, as UnknownNameError names it."""


def _unknown(error: UnknownNameError) -> str:
    """The sentence, with the command that lists all where no name is near."""
    where = LISTED_BY.get(error.what)
    return f"{error} All are in: freshtoken {where}." if error.listed and where else str(error)


def _place(given: str, ctx: click.Context, kinds: tuple[type[click.Parameter], ...]) -> str:
    """Which option or argument a value was given for, as the beginning of a sentence; empty where
    none is found.
    """
    for param in ctx.command.params:
        name = param.name or ""
        value, source = ctx.params.get(name), ctx.get_parameter_source(name)
        held = given in value if isinstance(value, tuple) else value == given
        typed = source is click.core.ParameterSource.COMMANDLINE
        if held and typed and isinstance(param, kinds):
            return f"Invalid value for {param.get_error_hint(ctx)}: "
    return ""


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
        echo_text(question.words, err=True, always=True)
        if not click.confirm("Let them run?", err=True):
            raise Stop("Nothing was run.", REFUSED)
    with plainly(content.folder):
        trust.allow(question)


def print_json(value: object) -> None:
    """JSON on stdout; hostile characters in it as JSON escapes."""
    manner().printed = True
    echo_text(json_text(value))


def json_text(value: object) -> str:
    """JSON as print_json() prints it."""
    return visible_json(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(rows: Sequence[Sequence[str]], headings: tuple[str, ...]) -> None:
    """Columns on stdout, as wide as they need to be, a row a line."""
    lines = [headings, *([visible(cell) for cell in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headings))]
    for line in lines:
        echo(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )


def worded(name: str) -> str:
    """A name of ours as words, as in 'never issued'; typed like that it is found again."""
    return name.replace("_", " ")


def moment_words(moment: int | None, zone: str) -> str:
    """A moment as tables show it, in the org's time zone; empty for none."""
    return "" if moment is None else f"{at(moment, zone):%a %d %b %Y %H:%M:%S}"


def can_ask() -> bool:
    """Whether somebody is at a terminal to answer a question, and --no-input does not forbid it."""
    forbidden = click.get_current_context().meta.get("no_input", False)
    return not forbidden and sys.stdin is not None and sys.stdin.isatty()


def agree(question: str, yes: bool) -> None:
    """Ask before something is lost; --yes answers. Raises Stop for a no, and where nobody can be
    asked.
    """
    if yes:
        return
    if not can_ask():
        raise click.UsageError(f"{question} Nobody can be asked here; --yes answers yes.")
    if not click.confirm(visible(question), err=True):
        raise Stop("Nothing was changed.", REFUSED)


yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


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

"""The one door errors leave by: whatever a command raises becomes one sentence on stderr and an
exit code.
"""

import json
import os
import sqlite3
import sys
from contextlib import suppress
from traceback import walk_tb

import click

from freshtoken_model.values.visible import VisibleLines, visible, visible_lines
from freshtoken_tui.exit_codes import INTERNAL, OUTPUT_LOST, REFUSED, UNUSABLE, USAGE

from .manner import manner


class OutputLostError(Exception):
    """What a command printed could not be written: a full disk, a closed standard output."""


def echo(*lines: object, err: bool = False, always: bool = False) -> None:
    """Print lines, each made visible, on stdout or stderr: a line feed in a name begins no line.
    What goes to stderr is talk, which --quiet leaves out, unless it must be said `always`. Raises
    OutputLostError.
    """
    echo_text("\n".join(visible(str(line)) for line in lines), err, always=always)


def echo_text(text: str, err: bool = False, nl: bool = True, always: bool = False) -> None:
    """Print a text of several lines, made visible but for its line feeds. Raises OutputLostError.

    For what is one text, or was composed of visible parts. `always`: as echo() has it.
    """
    if not (err and manner().quiet and not always):
        _print(visible_lines(text), err, nl)


def echo_lines(lines: VisibleLines) -> None:
    """Print lines that end with a line feed and are visible already. Raises OutputLostError."""
    _print(lines, err=False, nl=False)


def _print(shown: VisibleLines, err: bool, nl: bool) -> None:
    if err:
        with suppress(OSError, ValueError):  # nobody hears: the exit code says the same
            click.echo(shown, err=True, nl=nl)
        return
    if sys.stdout is None:
        raise OutputLostError("Standard output is closed; nothing was printed.")
    try:
        click.echo(shown, nl=nl)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLostError(f"Standard output cannot be written: {_reason(error)}.") from error


def leave(error: Exception) -> int:
    """Say what a command raised on stderr, and as JSON on stdout where JSON was asked for; return
    the exit code for it.
    """
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        echo_text(error.format_message(), err=True, always=True)
        return error.exit_code
    if isinstance(error, click.ClickException):
        message = error.format_message()
        if isinstance(error, click.UsageError) and error.ctx is not None:
            echo_text(
                f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} --help' for help.\n",
                err=True,
                always=True,
            )
        prefix = "" if getattr(error, "plain", False) else "Error: "
        (echo_text if getattr(error, "several_lines", False) else echo)(
            prefix + message, err=True, always=True
        )
        return _told_as_json(message, error.exit_code)
    if isinstance(error, click.Abort):
        echo("Nothing was changed.", err=True, always=True)
        return _told_as_json("Nothing was changed.", REFUSED)
    if _output_fails(error):
        _drop_output()
        words = (
            str(error)
            if isinstance(error, OutputLostError)
            else f"Standard output cannot be written: {_reason(error)}."
        )
        echo(words, err=True, always=True)
        return OUTPUT_LOST
    words, code = error_words(error)
    echo(words, err=True, always=True)
    return _told_as_json(words, code)


def _told_as_json(message: str, code: int) -> int:
    """{"error": ...} on stdout, for a caller that asked for JSON and has none yet."""
    how = manner()
    if how.json and not how.printed:
        how.printed = True
        error = {"message": visible(message), "exit": code}
        with suppress(OutputLostError, OSError):
            echo_text(json.dumps({"error": error}, indent=2, ensure_ascii=False))
    return code


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def error_words(error: Exception) -> tuple[str, int]:
    """One sentence for what the system or Python says, and the exit code. What is not known goes to
    the crash file.
    """
    match error:
        case OSError(filename=named) if named is not None:
            return f"{visible(os.fsdecode(named))} cannot be used: {_reason(error)}.", USAGE
        case OSError():
            return f"The system refused: {_reason(error)}.", USAGE
        case UnicodeError():
            return "A text given is not UTF-8; nothing was changed.", USAGE
        case OverflowError():
            return "A number given is too large; nothing was changed.", USAGE
        case sqlite3.Error():
            return f"A database could not be used: {error}.", UNUSABLE
        case ValueError() if "null" in str(error):
            return "A text given holds a NUL character; nothing was changed.", USAGE
    from freshtoken_tui.crash import write_report

    return write_report(error), INTERNAL


def _output_fails(error: Exception) -> bool:
    """Whether an error is one of standard output: ours say so, click's own texts (--help) come from
    its echo().
    """
    if isinstance(error, OutputLostError):
        return True
    printing = (frame.f_code is click.echo.__code__ for frame, _ in walk_tb(error.__traceback__))
    return isinstance(error, OSError) and any(printing)


def _drop_output() -> None:
    """Let what waits in standard output go nowhere: Python would try again at its end, and
    complain.
    """
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        sys.stdout.flush()

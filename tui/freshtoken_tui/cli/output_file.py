"""Files that a command writes by name: one that is there is left alone, unless --force says so; -
is standard output.
"""

import re
from pathlib import Path

import click

from freshtoken_model.store.whole_file import write_whole
from freshtoken_tui.exit_codes import USAGE

from .common import Stop, echo_text
from .params import STANDARD

NO_MARK = re.compile(rb"(?!)")
"""Of what is never written over as a rule."""
MARK_BYTES = 1_000_000
"""Bytes from the beginning of a file that are looked at."""

force_option = click.option("--force", is_flag=True, help="Replace a file that exists.")


def check_free(path: Path, force: bool, mark: re.Pattern[bytes] = NO_MARK) -> None:
    """Raises Stop when a file is there; an empty one is free, and one with the mark of what is
    written over as a rule.
    """
    if path == STANDARD:
        return
    try:
        if force or not (path.exists() or path.is_symlink()):
            return
        if path.is_file():
            with path.open("rb") as file:
                start = file.read(MARK_BYTES)
            if not start or mark.match(start):
                return
    except OSError as error:
        raise cannot_write(path, error) from error
    raise Stop(f"{path} exists; --force replaces it.", USAGE)


def write_file(path: Path, text: str, force: bool) -> None:
    """Write a text whole or not at all; to standard output for -. Raises Stop."""
    if path == STANDARD:
        echo_text(text, nl=not text.endswith("\n"))
        return
    check_free(path, force)
    try:
        if path.exists() and not path.is_file():  # a terminal or a pipe, with --force
            path.write_text(text, encoding="utf-8")
        else:
            write_whole(path, text, 0o644)
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> Stop:
    """That a file cannot be written, and why."""
    return Stop(f"{path} cannot be written: {error.strerror or error}.", USAGE)

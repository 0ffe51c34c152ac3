"""Files that a command writes by name: one that was not made by the same command is left alone,
unless --force says so.
"""

import re
from pathlib import Path

import click

from freshtoken_model.store.whole_file import write_whole
from freshtoken_tui.exit_codes import REFUSED, USAGE

from .common import Stop

NO_MARK = re.compile(rb"(?!)")
"""Of what a command writes only where nothing is yet."""
MARK_BYTES = 1_000_000
"""Bytes from the beginning of a file that are looked at."""

force_option = click.option(
    "--force", is_flag=True, help="Replace a file that is there, whatever it is."
)


def check_free(path: Path, mark: re.Pattern[bytes], force: bool) -> None:
    """Raises Stop when a file is there that is not as the same command writes it; an empty one is
    free.
    """
    try:
        if force or not (path.exists() or path.is_symlink()):
            return
        if path.is_file():
            with path.open("rb") as file:
                start = file.read(MARK_BYTES)
            if not start or mark.match(start):
                return
    except (OSError, ValueError) as error:
        raise cannot_write(path, error) from error
    raise Stop(
        f"{path} is there already and was not made by this command; --force replaces it.", REFUSED
    )


def write_file(path: Path, text: str, mark: re.Pattern[bytes], force: bool) -> None:
    """Write a text whole or not at all. Raises Stop."""
    check_free(path, mark, force)
    try:
        if path.exists() and not path.is_file():  # a terminal or a pipe, with --force
            path.write_text(text, encoding="utf-8")
        else:
            write_whole(path, text, 0o644)
    except (OSError, ValueError) as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: Exception) -> Stop:
    """That a file cannot be written, and why."""
    return Stop(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}.", USAGE)

"""What the values of options and arguments may be, in one grammar for all commands, with errors
that name the value and what is allowed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from freshtoken_model.values.clock import DAY, SECOND, parse_duration, parse_moment_near
from freshtoken_model.values.names import did_you_mean, folded, listed

if TYPE_CHECKING:
    from freshtoken_model.org import Org

MOST = 1_000_000_000
"""The largest count anybody needs."""
STANDARD = Path("-")
"""Standard output where a file is written, standard input where one is read."""


class NamedChoice(click.ParamType[str, object]):
    """One of some names, found whatever its letter case, dashes and underscores."""

    def __init__(self, names: Sequence[str], metavar: str = "NAME") -> None:
        self.names, self.name, self._metavar = tuple(names), metavar.lower(), metavar

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """The names, of an option; an argument has its own name."""
        return f"[{'|'.join(self.names)}]" if len(self.names) <= 5 else self._metavar

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """The name as it is written here."""
        wanted = folded(str(value))
        for name in self.names:
            if folded(name) == wanted:
                return name
        near = did_you_mean(str(value), self.names)
        raise click.BadParameter(
            f"{str(value)[:80]!r} is not one of {listed(self.names)}.{near}", ctx, param
        )

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """What there is to choose from."""
        return f"Choose from {listed(self.names)}."

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """The names that begin so."""
        begun = folded(incomplete)
        return [CompletionItem(name) for name in self.names if folded(name).startswith(begun)]


class Number(click.ParamType[int, object]):
    """A whole number between two bounds."""

    name = "number"

    def __init__(self, low: int = 1, high: int = MOST, metavar: str = "NUMBER") -> None:
        self.low, self.high, self._metavar = low, high, metavar

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """NUMBER, or PORT."""
        return self._metavar

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """The number. Fails with the bounds in words."""
        text = str(value).strip()
        if len(text) <= 40:
            try:
                number = int(text)
            except ValueError:
                number = self.low - 1
            if self.low <= number <= self.high:
                return number
        raise click.BadParameter(f"{text[:40]!r} is not a whole number {self.bounds}.", ctx, param)

    @property
    def bounds(self) -> str:
        """The bounds in words."""
        return f"from {self.low} on" if self.high == MOST else f"from {self.low} to {self.high}"


class Limit(Number):
    """How many rows at most: a number, or all."""

    ALL = 0

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """The number; ALL for all."""
        every = isinstance(value, str) and value.strip().lower() == "all"
        return self.ALL if every else super().convert(value, param, ctx)

    @property
    def bounds(self) -> str:
        """The bounds in words."""
        return f"from {self.low} on, nor all"


class Duration(click.ParamType[int, object]):
    """A duration such as 15m, 1h30m or 2d, as milliseconds."""

    name = "duration"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """DURATION."""
        return "DURATION"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Milliseconds."""
        if isinstance(value, int):
            return value
        try:
            return parse_duration(str(value))
        except ValueError as error:
            raise click.BadParameter(f"{error}.", ctx, param) from error


class Interval(Duration):
    """How often an integration runs, as milliseconds."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Milliseconds, of a second to a year."""
        span = super().convert(value, param, ctx)
        if not SECOND <= span <= 366 * DAY:
            words = f"{value!r}: an integration runs at least every second, at most once a year."
            raise click.BadParameter(words, ctx, param)
        return span


PORT = Number(0, 65_535, "PORT")
OPEN_PORT = Number(1, 65_535, "PORT")
DURATION = Duration()
INTERVAL = Interval()


class File(click.ParamType[Path, object]):
    """A file by name, - being standard input or output."""

    name = "file"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """FILE."""
        return "FILE"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """The path. Fails for an empty name and for a folder."""
        path = Path(str(value))
        if not str(value):
            raise click.BadParameter("'' is not the name of a file.", ctx, param)
        if path != STANDARD and os.path.isdir(path):
            raise click.BadParameter(f"{str(value)!r} is a folder.", ctx, param)
        return path


class Folder(click.ParamType[Path, object]):
    """A folder by name. `exists`: it must be there."""

    name = "folder"

    def __init__(self, exists: bool = False) -> None:
        self.exists = exists

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """DIR."""
        return "DIR"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """The path. Fails for an empty name, for a file, and for what must be there and is not."""
        path, shown = Path(str(value)), repr(str(value)[:200])
        if not str(value):
            raise click.BadParameter("'' is not the name of a folder.", ctx, param)
        if os.path.isdir(path):
            return path
        if os.path.exists(path):
            raise click.BadParameter(f"{shown} is not a folder.", ctx, param)
        if self.exists:
            raise click.BadParameter(f"There is no folder {shown}.", ctx, param)
        return path


class OwnFile(File):
    """A file that must be one: an org is no stream."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """The path. Fails for - too."""
        path = super().convert(value, param, ctx)
        if path == STANDARD:
            raise click.BadParameter(
                "'-' is not the name of a file; an org file is read and written.", ctx, param
            )
        return path


def read_bytes(path: Path, hint: str) -> bytes:
    """What is in a file, or on standard input for -. Raises BadParameter."""
    if path == STANDARD:
        if sys.stdin is None:
            raise click.BadParameter("Standard input is closed.", param_hint=hint)
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        words = f"{str(path)!r} cannot be read: {error.strerror}."
        raise click.BadParameter(words, param_hint=hint) from error


def read_text(path: Path, hint: str) -> str:
    """The text in a file, or on standard input for -. Raises BadParameter."""
    try:
        return read_bytes(path, hint).decode("utf-8")
    except UnicodeDecodeError:
        words = f"{called(path)} is not UTF-8 text."
        raise click.BadParameter(words, param_hint=hint) from None


def called(path: Path) -> str:
    """A file to read in a sentence: its name, or standard input."""
    return "standard input" if path == STANDARD else str(path)


def moment_of(org: Org, text: str | None, option: str, ahead: bool) -> int | None:
    """The moment that is written in an option, as ms; None where none is. Raises BadParameter."""
    if text is None:
        return None
    try:
        return parse_moment_near(text, org.clock.read().seen_org, org.info().time_zone, ahead)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint=f"'{option}'") from error

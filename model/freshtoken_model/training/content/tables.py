"""Reading content written by hand: every field is asked for by name and kind, and what is wrong is
said with its place.

Read by hand because an author is told every problem of a file at once, in words about the content:
msgspec (0.23) stops at the first one, and pydantic (2.14) needs 10 MB, a table of words for its
kinds of errors, and the same rules again as validators.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from freshtoken_data import FORMAT
from freshtoken_model.values.visible import visible, visible_lines

TEXT_WIDTH = 80
"""Columns a text of the content fits into."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the content: file, table, field, and what was expected."""

    file: str
    table: str
    field: str
    expected: str

    def __str__(self) -> str:
        """File, table, field and what was expected, in one line."""
        return visible(
            ", ".join(part for part in (self.file, self.table, self.field) if part)
            + f": {self.expected}"
        )


@dataclass(slots=True)
class Table:
    """A table of a content file, read field by field. What is wrong goes to `problems`, and reading
    goes on.
    """

    file: str
    name: str
    fields: dict[str, Any]
    problems: list[Problem]
    folder: Path = Path()
    """The content folder that the file lies in."""
    asked: set[str] = field(default_factory=set)

    def wrong(self, name: str, expected: str) -> None:
        """Note a problem with a field."""
        self.problems.append(Problem(self.file, self.name, name, expected))

    def get(
        self, name: str, kind: type | tuple[type, ...], expected: str, needed: bool = True
    ) -> Any:
        """A field of a kind; None, and a problem where it is needed, when it is missing or of
        another kind.
        """
        self.asked.add(name)
        value = self.fields.get(name)
        if value is None:
            if needed:
                self.wrong(name, f"expected {expected}; it is missing")
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            self.wrong(name, f"expected {expected}, found {value!r:.60}")
            return None
        return value

    def line(self, name: str, most: int = TEXT_WIDTH, needed: bool = True) -> str:
        """One line of text."""
        text = self.get(name, str, f"one line of at most {most} characters", needed)
        if text is not None:
            self._check_characters(name, text)
            if not text.strip() and needed:
                self.wrong(name, "expected a text; it is empty")
            elif "\n" in text or len(text) > most:
                self.wrong(
                    name, f"expected one line of at most {most} characters, found {len(text)}"
                )
        return (text or "").strip()

    def prose(self, name: str, needed: bool = True) -> str:
        """A text of many lines, each of at most WIDE columns."""
        text = self.get(name, str, f"a text in lines of at most {TEXT_WIDTH} characters", needed)
        if text is not None:
            self._check_characters(name, text)
            if not text.strip():
                self.wrong(name, "expected a text; it is empty")
            for number, line in enumerate(text.split("\n"), 1):
                if len(line) > TEXT_WIDTH:
                    self.wrong(
                        name,
                        f"line {number} has {len(line)} characters; expected at most {TEXT_WIDTH}",
                    )
        return (text or "").strip()

    def lines(
        self, name: str, least: int = 1, most: int | None = None, long: int = 3 * TEXT_WIDTH
    ) -> list[str]:
        """A list of texts of one line each."""
        wanted = (
            f"{least}"
            if most == least
            else f"at least {least}"
            if most is None
            else f"{least} to {most}"
        )
        values = self.get(name, list, f"a list of {wanted} texts", least > 0)
        if values is None:
            return []
        if len(values) < least or (most is not None and len(values) > most):
            self.wrong(name, f"expected a list of {wanted} texts, found {len(values)}")
        found = []
        for number, value in enumerate(values, 1):
            if not isinstance(value, str) or not value.strip():
                self.wrong(f"{name}[{number}]", "expected a text; it is empty or none")
            elif "\n" in value or len(value) > long:
                self.wrong(f"{name}[{number}]", f"expected one line of at most {long} characters")
            else:
                self._check_characters(f"{name}[{number}]", value)
                found.append(value.strip())
        return found

    def _check_characters(self, name: str, text: str) -> None:
        if visible_lines(text) != text:
            self.wrong(name, f"expected characters that can be printed, found {visible(text):.60}")

    def number(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """The value of a field: a whole number from `least` to `most`, else a problem is noted."""
        value = self.get(name, int, f"a whole number from {least} to {most}", default is None)
        if value is not None and not least <= value <= most:
            self.wrong(name, f"expected a whole number from {least} to {most}, found {value}")
        return int(value if value is not None else default or least)

    def choice(
        self,
        name: str,
        choices: Iterator[str] | list[str] | tuple[str, ...],
        default: str | None = None,
    ) -> str:
        """One of a few words."""
        known = list(choices)
        value = self.get(name, str, f"one of {', '.join(known)}", default is None)
        if value is not None and value not in known:
            self.wrong(name, f"expected one of {', '.join(known)}; found {value!r}")
            value = None
        return value if value is not None else default if default is not None else known[0]

    def tables(self, name: str, needed: bool = False) -> "list[Table]":
        """The tables of [[name]]."""
        rows = self.get(name, list, f"at least one [[{name}]]", needed)
        if rows == [] and needed:
            self.wrong(name, f"expected at least one [[{name}]]")
        if rows is not None and not all(isinstance(row, dict) for row in rows):
            self.wrong(name, f"expected tables, written as [[{name}]]")
            rows = [row for row in rows if isinstance(row, dict)]
        return [
            Table(self.file, f"[[{name}]] number {number}", row, self.problems, self.folder)
            for number, row in enumerate(rows or [], 1)
        ]

    def table(self, name: str, expected: str, needed: bool = False) -> "Table | None":
        """The table of a field, as [name] or { ... }; None without one."""
        fields = self.get(name, dict, expected, needed)
        return (
            None
            if fields is None
            else Table(self.file, f"{self.name} {name}".strip(), fields, self.problems, self.folder)
        )

    def finish(self) -> None:
        """Fields nobody asked for are mistakes: a field's name misspelt would else do nothing."""
        for name in self.fields:
            if name not in self.asked:
                self.wrong(
                    name, f"expected one of {', '.join(sorted(self.asked))}; there is no such field"
                )


def read_table(path: Path, shown: str, problems: list[Problem]) -> Table | None:
    """A content file as a table, None when it cannot be read. `shown`: the file's name in
    messages.
    """
    try:
        if not path.is_file():
            raise OSError("it is not a file")
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(shown, "", "", f"cannot be read ({error})"))
        return None
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(shown, "", "", f"is not TOML: {error}"))
        return None
    except RecursionError:
        problems.append(Problem(shown, "", "", "is nested too deeply"))
        return None
    table = Table(shown, "", fields, problems, path.parent.parent)
    found = table.get("format", int, f"the number {FORMAT}")
    if found is not None and found != FORMAT:
        table.wrong("format", f"expected {FORMAT}, found {found}; this freshtoken reads no other")
        return None
    return table

"""Content, not code: the training org, fault texts, assumptions. Reads a file and checks its
`format`.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FORMAT = 1
"""The format number every content file carries."""


class ContentError(Exception):
    """A content file is broken; the message names file, table and field."""


def folder() -> Path:
    """The folder of the content, as installed."""
    return Path(__file__).parent


def text(name: str) -> str:
    """The text of a content file. Raises ContentError when it is missing or not UTF-8."""
    try:
        return (folder() / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{name}: cannot be read ({error})") from error


@cache
def load(name: str) -> dict[str, Any]:
    """The tables of a TOML content file, checked to be of our format; read once a process."""
    try:
        tables = tomllib.loads(text(name))
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"{name}: {error}") from error
    if tables.get("format") != FORMAT:
        raise ContentError(
            f"{name}: format is {tables.get('format')!r}, this freshtoken reads {FORMAT}"
        )
    return tables


def rows(name: str, table: str, *fields: str) -> list[dict[str, Any]]:
    """The rows of one table of tables. Raises ContentError naming file, table, row and the field
    missing.
    """
    found = load(name).get(table, [])
    for number, row in enumerate(found, 1):
        for field in fields:
            if field not in row:
                raise ContentError(f"{name}: [[{table}]] number {number} has no field {field!r}")
    return list(found)

"""SQL stays in its rooms: only store/ writes an org file, and neither terminal nor wire asks it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import freshtoken_api
import freshtoken_model
import freshtoken_tui

MODEL, API, TUI = (
    Path(package.__file__ or "").parent
    for package in (freshtoken_model, freshtoken_api, freshtoken_tui)
)
WRITES = re.compile(
    r"\b(insert (or \w+ )?into|replace into|update \w+ set|delete from|(create|drop|alter) table)\b"
)
READS = re.compile(r"\bselect\b.*\bfrom\b", re.DOTALL)
STORES = ("freshtoken_model/store/", "freshtoken_model/training/progress_file.py")
SOQL = "freshtoken_api/answers/soql.py"
"""Asks the tables that SOQL shows."""


def statements(folder: Path, pattern: re.Pattern[str]) -> Iterator[str]:
    """Where texts of a package have a statement, as path and line; docstrings are none."""
    for path in sorted(folder.rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if not isinstance(node, ast.Constant) or id(node) in docstrings:
                continue
            if isinstance(node.value, str) and pattern.search(node.value):
                yield f"{path.relative_to(folder.parent)}:{node.lineno}"


def tables(folder: Path) -> Iterator[str]:
    """Which modules of a package take a table from sqlite-utils."""
    for path in sorted(folder.rglob("*.py")):
        if re.search(r"(db|database)(\.table\(|\[)", path.read_text(encoding="utf-8")):
            yield str(path.relative_to(folder.parent))


def test_only_the_store_writes() -> None:
    found = [
        place
        for folder in (MODEL, API, TUI)
        for place in (*statements(folder, WRITES), *tables(folder))
    ]
    assert [place for place in found if not place.startswith(STORES)] == []
    assert len(found) > 20, "the patterns find what the store does"


def test_neither_terminal_nor_wire_asks_a_table() -> None:
    found = [place for folder in (API, TUI) for place in statements(folder, READS)]
    assert [place for place in found if not place.startswith(SOQL)] == []

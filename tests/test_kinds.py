"""Names of a closed set are compared as members of their enum, never as texts of their own."""

import ast
from enum import StrEnum
from pathlib import Path

from freshtoken_model.decision.lights import Light
from freshtoken_model.decision.verdict import Door
from freshtoken_model.values.kinds import (
    Cause,
    EventKind,
    FaultKey,
    Habit,
    LoginStatus,
    SettingName,
    TokenState,
)

ROOT = Path(__file__).parents[1]
SETS: tuple[type[StrEnum], ...] = (
    Cause,
    Door,
    EventKind,
    FaultKey,
    Habit,
    Light,
    LoginStatus,
    SettingName,
    TokenState,
)
NAMES = {member.value for names in SETS for member in names if member.value}
OTHERS = {"oauth"}
"""Words of HTTP that are spelled alike: the scheme of an Authorization header."""


def _compared(tree: ast.AST) -> list[tuple[int, str]]:
    """Line and text of every constant that is compared, or stands in a set that is searched."""
    found = []
    for node in ast.walk(tree):
        operands: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            operands = [node.value]
        for operand in operands:
            several = isinstance(operand, ast.Tuple | ast.List | ast.Set)
            constants: list[ast.expr] = operand.elts if several else [operand]  # type: ignore[attr-defined]
            found += [
                (constant.lineno, constant.value)
                for constant in constants
                if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
            ]
    return found


def test_no_name_of_a_closed_set_is_compared_as_a_text() -> None:
    offenders = [
        f"{path.relative_to(ROOT)}:{line} {text!r}"
        for folder in ("model", "tui")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, text in _compared(ast.parse(path.read_text("utf-8")))
        if text in NAMES - OTHERS
    ]
    assert not offenders

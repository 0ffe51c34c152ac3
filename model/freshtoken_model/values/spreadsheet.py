"""CSV that a spreadsheet shows and does not run: a cell that would be a formula gets an apostrophe
before it.
"""

import csv
import io
import re
from collections.abc import Iterable

from .visible import visible

FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""How a cell begins that a spreadsheet would run, or that began so and has its apostrophe
already.
"""

Cell = str | int | float


def harmless(cell: Cell) -> Cell:
    """A cell as it is written: texts visible, and with an apostrophe before what would be a
    formula.
    """
    if not isinstance(cell, str):
        return cell
    text = visible(cell)
    return f"'{text}" if FORMULA.match(text) else text


def csv_lines(rows: Iterable[Iterable[Cell]], line_end: str = "\n") -> str:
    """Rows as lines of CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator=line_end).writerows(
        [harmless(cell) for cell in row] for row in rows
    )
    return out.getvalue()

"""Small charts in text: a bar with a mark, and a row of columns."""

from collections.abc import Sequence

from textual.content import Content

EIGHTHS = " ▁▂▃▄▅▆▇█"


def bar(share: float, width: int, mark: float | None = None) -> Content:
    """A share of 1 as a bar; `mark`: where a line crosses it."""
    full = round(min(max(share, 0.0), 1.0) * width)
    cells = ["█" if place < full else "░" for place in range(width)]
    line = None if mark is None else round(mark * width)
    parts = [
        ("│", "$text-warning bold")
        if place == line
        else (cell, "$primary" if cell == "█" else "$foreground 30%")
        for place, cell in enumerate(cells)
    ]
    return Content.assemble(*parts)


def columns(counts: Sequence[int]) -> Content:
    """A count each as a column an eighth of a line high at least, where there is any."""
    most = max([1, *counts])
    return Content.styled(
        "".join(EIGHTHS[-(-count * 8 // most)] if count else "·" for count in counts), "$primary"
    )

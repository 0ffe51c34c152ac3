"""Markdown as plain text of a given width, for the command line: no colours, nothing to page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import indent, wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token

GAP = 2
"""Blanks between two columns of a table."""
LEAST_COLUMN = 4
RULES = {"h1": "=", "h2": "-"}


def plain_text(markdown: str, width: int) -> str:
    """The text, at most `width` columns wide except for code, which is never broken."""
    from markdown_it import MarkdownIt

    tokens = iter(MarkdownIt("commonmark").enable("table").parse(markdown))
    return "\n\n".join(_blocks(tokens, "", width))


def _blocks(tokens: Iterator[Token], end: str, width: int) -> Iterator[str]:
    """The blocks up to the token that ends what they are in."""
    for token in tokens:
        if token.type == end:
            return
        if token.type == "heading_open":
            words = _inline(next(tokens))
            rule = RULES.get(token.tag)
            yield f"{words}\n{rule * len(words)}" if rule else words
        elif token.type == "inline":
            yield "\n".join(_wrapped(_inline(token), width))
        elif token.type in ("fence", "code_block"):
            yield indent(token.content.rstrip("\n"), "    ")
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            ordered = token.type == "ordered_list_open"
            yield "\n".join(_items(tokens, ordered, token.type.replace("open", "close"), width))
        elif token.type == "table_open":
            yield _table(tokens, width)


def _items(tokens: Iterator[Token], ordered: bool, end: str, width: int) -> Iterator[str]:
    number = 0
    for token in tokens:
        if token.type == end:
            return
        if token.type == "list_item_open":
            number += 1
            mark = f"{number}. " if ordered else "- "
            blocks = _blocks(tokens, "list_item_close", width - len(mark))
            yield mark + indent("\n".join(blocks), " " * len(mark)).lstrip()


def _table(tokens: Iterator[Token], width: int) -> str:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_inline(token))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    while sum(widths) + GAP * (len(widths) - 1) > width and max(widths) > LEAST_COLUMN:
        widths[widths.index(max(widths))] -= 1
    lines = [_row(row, widths) for row in rows]
    return "\n".join([lines[0], (" " * GAP).join("-" * one for one in widths), *lines[1:]])


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    columns = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, columns))
    lines = (
        (" " * GAP).join(
            (column[line] if line < len(column) else "").ljust(width)
            for column, width in zip(columns, widths, strict=True)
        )
        for line in range(height)
    )
    return "\n".join(line.rstrip() for line in lines)


def _wrapped(words: str, width: int) -> list[str]:
    return wrap(words, width, break_long_words=False, break_on_hyphens=False) or [""]


def _inline(token: Token) -> str:
    """The words of a line: code keeps its backticks, a link is followed by its address."""
    parts, addresses = [], []
    for child in token.children or ():
        if child.type == "code_inline":
            parts.append(f"`{child.content}`")
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "link_open":
            addresses.append(str(child.attrGet("href") or ""))
        elif child.type == "link_close":
            parts.append(f" ({addresses.pop()})")
        else:
            parts.append(child.content)
    return "".join(parts)

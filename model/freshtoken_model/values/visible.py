"""Text from outside, made visible: what would steer a terminal, forge a line or turn text around is
shown as an escape.

Applied where a text comes in (the wire, content, arguments) and again where it is printed or drawn.
Never to a password.
"""

import re
from typing import NewType

Visible = NewType("Visible", str)
"""One line of text without control, bidi or line-breaking characters."""
VisibleLines = NewType("VisibleLines", str)
"""The same with line feeds and tabs: a body, a story."""

NOTHING = Visible("")
"""No text."""

_STEERING = (
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    # bidi, invisible
    "\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\u2028\u2029"  # line and paragraph separator
    "\ud800-\udfff"  # bytes that were no UTF-8
    "\U000e0000-\U000e007f"  # tags
)
_HIDDEN = re.compile(f"[{_STEERING}]")
_HIDDEN_IN_LINES = re.compile(f"(?![\n\t])[{_STEERING}]")


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def visible(text: str) -> Visible:
    r"""A text as one line: ESC becomes the four characters \x1b, a line feed \n, U+202E \u202e."""
    return Visible(text if text.isprintable() else _HIDDEN.sub(_escape, text))


def visible_lines(text: str) -> VisibleLines:
    r"""A text of several lines: line feeds and tabs stay, CR LF becomes a line feed, all else is as
    in visible().
    """
    return VisibleLines(
        text if text.isprintable() else _HIDDEN_IN_LINES.sub(_escape, text.replace("\r\n", "\n"))
    )


def visible_json(text: str) -> str:
    r"""JSON as json.dumps writes it, where strings hold the same characters as JSON escapes: it
    reads as the same value.
    """
    return (
        text if text.isascii() and "\x7f" not in text else _HIDDEN_IN_LINES.sub(_json_escape, text)
    )


def _json_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(
        f"\\u{units[place]:02x}{units[place + 1]:02x}" for place in range(0, len(units), 2)
    )

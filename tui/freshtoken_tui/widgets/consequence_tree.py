"""What a change did, as a tree that grows line by line: the deed, then each thing that followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import wrap

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from freshtoken_model.decision.consequences import Consequence, ConsequenceKind

from .field import bound_key

PACE = 0.08
"""Seconds from one line to the next while the tree grows."""
LOOKS: dict[str, tuple[str, str, str]] = {
    ConsequenceKind.DEED: ("✓", "$text-success bold", ""),
    ConsequenceKind.TOKEN_RETIRED: ("✗", "$text-error", ""),
    ConsequenceKind.TOKEN_MAILED: ("✉", "$text-primary", "inbox"),
    ConsequenceKind.NO_TOKEN_MAILED: ("○", "$foreground 80%", "reset_token"),
    ConsequenceKind.LINK_MAILED: ("✉", "$text-primary", "inbox"),
    ConsequenceKind.SESSIONS_ENDED: ("✗", "$text-error", ""),
    ConsequenceKind.SESSIONS_GO_ON: ("○", "$foreground 80%", ""),
    ConsequenceKind.LOCKED_OUT: ("■", "$text-error", "setup"),
    ConsequenceKind.LOCKOUT_ENDED: ("□", "$text-success", ""),
    ConsequenceKind.CREDENTIALS_KEPT: ("○", "$foreground 80%", ""),
    ConsequenceKind.CLIENT_REFUSED: ("▸", "$text-warning", "client_login"),
    ConsequenceKind.CLIENT_LET_IN: ("▸", "$text-success", ""),
}
"""Glyph, colour, and the command that leads on, of each kind."""


class ConsequenceTree(Static, can_focus=True):
    """What a use case did. It can have the focus, so that a second Enter does nothing."""

    DEFAULT_CSS = """
    ConsequenceTree {
        height: auto;
        max-width: 84;
        &.-empty { display: none; }
        &:focus { background: $primary 8%; }
    }
    """

    _told: tuple[Consequence, ...] = ()
    _grown = 0
    _timer: Timer | None = None

    def on_mount(self) -> None:
        """Show nothing until something happened."""
        self.set_class(not self._told, "-empty")

    def tell(self, found: Sequence[Consequence], deed: str = "", moves: bool = False) -> None:
        """Show what happened. `deed`: the first line in the words of who did it; `moves`: line by
        line.
        """
        self._told = tuple(found)
        if deed and found:
            self._told = (replace(found[0], sentence=deed), *found[1:])
        self.set_class(not found, "-empty")
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._grown = 1 if moves else len(self._told)
        if self._grown < len(self._told):
            self._timer = self.set_interval(PACE, self._grow)
        self._draw()

    def _grow(self) -> None:
        self._grown += 1
        if self._grown >= len(self._told) and self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._draw()

    def on_resize(self) -> None:
        """The lines wrap elsewhere."""
        self._draw()

    def _draw(self) -> None:
        # Every line has its place from the beginning: nothing below moves while the tree grows.
        lines: list[Content] = []
        for number, one in enumerate(self._told):
            shown = self._lines(number, one)
            lines += shown if number < self._grown else [Content("")] * len(shown)
        self.update(Content("\n").join(lines))

    def _lines(self, number: int, one: Consequence) -> list[Content]:
        glyph, style, command = LOOKS[one.kind]
        last = number == len(self._told) - 1
        branch = "" if number == 0 else "└─ " if last else "├─ "
        under = "" if number == 0 else "   " if last else "│  "
        key = bound_key(self.app, command) if command else ""
        room = max(24, self.size.width - len(branch) - 3 - (len(key) + 2 if key else 0))
        first, *rest = wrap(one.sentence, room) or [""]
        head = Content.assemble(
            (branch, "$foreground 45%"), (f"{glyph} ", style), (first, "bold" if not number else "")
        )
        if key:
            blank = max(2, self.size.width - head.cell_length - len(key) - 1)
            head = Content.assemble(head, " " * blank, (key, "bold"))
        return [
            head,
            *(Content.assemble((under, "$foreground 45%"), "  ", line) for line in rest),
        ]

"""The footer: what can be done here, then the keys that are the same everywhere."""

from __future__ import annotations

from typing import Any

from textual.binding import Binding
from textual.content import Content
from textual.events import Click
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from freshtoken_tui.commands import COMMANDS

MOVES = (
    "up",
    "down",
    "left",
    "right",
    "home",
    "end",
    "page",
    "shift",
    "escape",
    "tab",
    "ctrl+left",
)
"""Beginnings of keys that need no word."""
MOST = 6
"""Keys of the page and of the focused thing that are shown."""
GAP = 2
ORDER = {command.id: place for place, command in enumerate(COMMANDS)}


class KeyBar(Widget):
    """One line. A click is as good as the key."""

    DEFAULT_CSS = "KeyBar { dock: bottom; height: 1; background: $panel; padding: 0 1; }"

    keys: reactive[tuple[tuple[str, str, str], ...]] = reactive(())
    """Key, the key as it is shown, and what it does."""

    def on_mount(self) -> None:
        """Follow what is bound where the focus is."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)
        self._changed(self.screen)

    def _changed(self, screen: Screen[Any]) -> None:
        active = list(screen.active_bindings.values())
        here = [one.binding for one in active if one.enabled and _local(one.binding)]
        everywhere = [one.binding for one in active if one.binding.show]
        everywhere.sort(key=lambda one: ORDER.get(one.id or "", 0))  # the same at every focus
        shown: dict[str, Binding] = {}
        does = getattr(screen.focused, "enter_does", "")
        if does:
            shown[does] = Binding("enter", "", does)
        for one in here:
            if len(shown) < MOST:
                shown.setdefault(one.description, one)
        for one in everywhere:
            shown.setdefault(one.description, one)
        self.keys = tuple(
            (one.key, self.app.get_key_display(one), one.description) for one in shown.values()
        )

    def render(self) -> Content:
        """The keys that fit."""
        line, room = Content(""), self.size.width
        for _, key, words in self.keys:
            part = Content.assemble((key, "bold"), (f" {words}", "$foreground 75%"), " " * GAP)
            if line.cell_length + part.cell_length - GAP > room:
                break
            line = Content.assemble(line, part)
        return line

    def on_click(self, event: Click) -> None:
        """Press the key that was clicked."""
        column = 1
        for key, shown, words in self.keys:
            column += len(shown) + len(words) + 1 + GAP
            if event.x < column:
                self.app.simulate_key(key)
                return


def _local(binding: Binding) -> bool:
    """Whether a key belongs to a page or a widget, and does something that needs a word."""
    key = binding.key
    return "." in (binding.id or "") and not key.endswith(MOVES) and not key.isdigit()

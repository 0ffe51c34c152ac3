"""A labelled one-line field: label beside the input, so that forms fit 24 rows."""

from typing import Protocol, runtime_checkable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Label

from freshtoken_tui.commands import key_of, shown_key


class Field(Horizontal):
    """A label and what is filled in beside it."""

    DEFAULT_CSS = """
    Field {
        height: auto;
        Label { width: 20; padding: 0 1 0 0; color: $foreground 75%; }
        Input, Select { width: 1fr; }
    }
    """

    def __init__(
        self, label: str, content: Widget, *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._label, self._content = label, content

    def compose(self) -> ComposeResult:
        """Compose the label above the content."""
        yield Label(self._label)
        yield self._content


def text_field(
    label: str, id: str, *, value: str = "", password: bool = False, placeholder: str = ""
) -> Field:
    """A field to type in."""
    return Field(
        label, Input(value, id=id, password=password, placeholder=placeholder, compact=True)
    )


PADDING, GAP = 4, 2
"""Columns of a button beside its label, and between two of them."""


def button_widths(row: Widget) -> list[int]:
    """The columns that each shown button of a row takes."""
    shown = (b for b in row.query(Button).results(Button) if b.display)
    return [Content(str(b.label)).cell_length + PADDING for b in shown]


class Buttons(Horizontal):
    """A row of buttons, closer together where they would not fit."""

    DEFAULT_CSS = """
    Buttons {
        height: auto;
        margin: 1 0 0 0;
        Button { margin: 0 2 0 0; min-width: 8; }
    }
    """

    def on_resize(self) -> None:
        """There is other room."""
        self.fit()

    def fit(self) -> None:
        """Look whether they fit; also after one was hidden or shown."""
        needed = sum(width + GAP for width in button_widths(self)) - GAP
        self.set_class(needed > self.size.width, "-tight")


KEYS = {"esc": "escape", "+": "plus", "-": "minus", "←": "left", "→": "right"}
"""Keys that a button shows by another name than Textual's."""


@runtime_checkable
class Rebinds(Protocol):
    """An app whose keys can be rebound."""

    def rebound(self, id: str) -> str:
        """The key that a binding was given in place of its own; empty without one."""


def bound_key(app: object, id: str) -> str:
    """The key of a command as it is shown: the one that was bound in its place, if any."""
    own = app.rebound(id) if isinstance(app, Rebinds) else ""
    return shown_key(own or key_of(id))


class KeyButton(Button):
    """A button that shows the key bound to what it does."""

    def __init__(self, words: str, key: str, *, id: str, classes: str) -> None:
        super().__init__(_with_key(words, key), id=id, compact=True, classes=classes)
        self._words, self._key = words, key

    def on_mount(self) -> None:
        """Show another key where the user bound one."""
        if self._key and isinstance(self.app, Rebinds):
            declared = KEYS.get(self._key, self._key)
            for node in self.ancestors:
                for binding in getattr(node, "BINDINGS", ()):
                    if isinstance(binding, Binding) and declared in binding.key.split(","):
                        self._key = self.app.rebound(binding.id or "") or self._key
                        self.words = self._words
                        return

    @property
    def words(self) -> str:
        """The label without its key."""
        return self._words

    @words.setter
    def words(self, words: str) -> None:
        self._words = words
        self.label = _with_key(words, self._key)


def _with_key(words: str, key: str) -> Content:
    return Content.assemble(words, (f" {key}", "dim not bold")) if key else Content(words)


def button(label: str, id: str, variant: str = "default", key: str = "") -> KeyButton:
    """Make a one-line button. `key`: as declared; it shows the one that is bound."""
    return KeyButton(label, key, id=id, classes=f"-kind-{variant}")

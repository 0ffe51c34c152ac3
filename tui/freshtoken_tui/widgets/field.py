"""A labelled one-line field: label beside the input, so that forms fit 24 rows."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Label


class Field(Horizontal):
    """A label and what is filled in beside it."""

    DEFAULT_CSS = """
    Field {
        height: auto;
        Label { width: 20; padding: 0 1 0 0; color: $foreground 75%; }
        Input, Select { width: 1fr; }
    }
    """

    def __init__(self, label: str, content: Widget, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._label, self._content = label, content

    def compose(self) -> ComposeResult:
        """Label, then content."""
        yield Label(self._label)
        yield self._content


def text_field(
    label: str, id: str, *, value: str = "", password: bool = False, placeholder: str = ""
) -> Field:
    """A field to type in."""
    return Field(
        label, Input(value, id=id, password=password, placeholder=placeholder, compact=True)
    )


class Buttons(Horizontal):
    """A row of buttons."""

    DEFAULT_CSS = """
    Buttons {
        height: auto;
        margin: 1 0 0 0;
        Button { margin: 0 2 0 0; min-width: 8; }
    }
    """


def button(label: str, id: str, variant: str = "default", key: str = "") -> Button:
    """A one-line button, with the key that does the same."""
    text = Content.assemble(label, (f" {key}", "dim not bold")) if key else Content(label)
    return Button(text, id=id, compact=True, classes=f"-kind-{variant}")

"""Widgets whose texts are never parsed as markup: a name with brackets is shown as it is."""

from collections.abc import Iterable
from typing import Any, TypeVar

from rich.text import Text
from textual.content import Content
from textual.widgets import Select

Value = TypeVar("Value")


class PlainTitles:
    """Plain border titles, for a widget. No widget itself: Textual takes CSS and bindings from the
    first widget it finds.
    """

    def render_str(self, text_content: str | Content) -> Content:
        """A text as it is."""
        return text_content if isinstance(text_content, Content) else Content(text_content)


class Picklist(Select[Value]):
    """A Select with plain entries."""

    enter_does = "Choose"

    def __init__(self, options: Iterable[tuple[str, Value]], **more: Any) -> None:
        """`more`: as Select has it."""
        super().__init__(_plain(options), **more)

    def set_options(self, options: Iterable[tuple[Any, Value]]) -> None:
        """Replace the entries, as plain text."""
        super().set_options(_plain(options))


def _plain(options: Iterable[tuple[Any, Value]]) -> list[tuple[Text, Value]]:
    """Texts that Select searches when one types, and does not parse."""
    return [(entry if isinstance(entry, Text) else Text(entry), value) for entry, value in options]

"""Texts that are drawn again and again, and freshtoken's margin note: the one style for what
Salesforce does not show.
"""

import re

from textual.content import Content
from textual.visual import VisualType
from textual.widget import Widget
from textual.widgets import Static

from freshtoken_model.values.citations import CITATION, marks_in_words

QUIET = "$foreground 70%"


def show(static: Static, text: str | Content) -> None:
    """Put a text into a Static unless it is there already: each update costs a paint, and a layout
    where its size can change. Plain text is never markup; citations show their marks only.
    """
    content = Content(marks_in_words(text)) if isinstance(text, str) else text
    shown = static.content
    if not isinstance(shown, Content) or not shown.is_same(content):
        height, width = static.styles.height, static.styles.width
        fixed = height is not None and height.is_cells and not (width and width.is_auto)
        static.update(content, layout=not fixed)
        static.set_class(not content.plain, "-empty")


def entitle(widget: Widget, title: str) -> None:
    """Put a title into a border unless it is there already: each one costs a paint."""
    if widget.border_title != title:
        widget.border_title = title


def sourced(text: str, mark: str, mark_words: str) -> Content:
    """A note with where it is known from at its end. Its citations are left out where they all have
    that `mark`, whose words are `mark_words`; else each says its own.
    """
    if {found[1] for found in CITATION.finditer(text)} <= {mark}:
        words = marks_in_words(re.sub(rf"\s*{CITATION.pattern}", "", text))
        return Content.assemble(words, (f" ({mark_words}; s: sources)", QUIET))
    return Content.assemble(marks_in_words(text), (" (s: sources)", QUIET))


class MarginNote(Static):
    """A note in the margin, behind an amber bar. Empty notes take no room."""

    DEFAULT_CSS = """
    MarginNote {
        height: auto;
        border-left: outer $warning;
        padding: 0 0 0 1;
        color: $foreground 85%;
    }
    """

    def __init__(
        self, content: VisualType = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        words = marks_in_words(content) if isinstance(content, str) else content
        super().__init__(words, id=id, classes=classes, markup=False)
        self.set_class(not content, "-empty", update=False)

    def tell(self, text: str | Content) -> None:
        """Show a text in the margin; an empty one takes no room."""
        show(self, text)


class FixedNote(Static):
    """A margin note whose place keeps its height, so that nothing moves when the focus does. What
    is longer ends with an ellipsis.
    """

    DEFAULT_CSS = """
    FixedNote { dock: bottom; color: $foreground 85%; }
    """
    BAR = "▌ "

    _told = Content("")

    def tell(self, text: str | Content) -> None:
        """Show a text, as much as fits."""
        self._told = Content(marks_in_words(text)) if isinstance(text, str) else text
        self.on_resize()

    def on_resize(self) -> None:
        """As much as fits now, behind an amber bar."""
        width, height = self.content_size.width - len(self.BAR), self.content_size.height
        if width <= 0 or not self._told.plain:
            show(self, "")
            return
        lines = [line.rstrip() for line in self._told.wrap(width)]
        if len(lines) > height:
            last = (lines[height - 1] + " …").truncate(width, ellipsis=True)
            lines = [*lines[: height - 1], last]
        bar = Content.styled(self.BAR, "$warning")
        show(self, Content("\n").join(Content.assemble(bar, line) for line in lines))

"""freshtoken's margin note: the one style for everything Salesforce does not show."""

from textual.content import Content
from textual.visual import VisualType
from textual.widgets import Static


class MarginNote(Static):
    """A note in the margin, behind an amber bar. Empty notes take no room."""

    DEFAULT_CSS = """
    MarginNote {
        height: auto;
        border-left: outer $warning;
        padding: 0 0 0 1;
        color: $foreground 85%;
        &.-empty { display: none; }
    }
    """

    def __init__(self, content: VisualType = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(content, id=id, classes=classes)
        self.set_class(not content, "-empty")

    def tell(self, text: str | Content) -> None:
        """Show a note; plain text is never read as markup."""
        content = Content(text) if isinstance(text, str) else text
        self.set_class(not content.plain, "-empty")
        self.update(content)

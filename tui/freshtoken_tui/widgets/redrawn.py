"""A widget that is drawn from values which change more often than what is seen of them."""

from textual.content import Content
from textual.widget import Widget


class Redrawn(Widget):
    """Painted again only when it looks different. Its reactive values have `repaint=False` and
    their watchers call `redraw`: another paint of one line costs the whole screen 15 ms where
    something else has changed at its other end.
    """

    _drawn: Content | None = None

    def render(self) -> Content:
        """What it looks like now."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Paint it, if it looks different."""
        content = self.render()
        if self._drawn is None or not content.is_same(self._drawn):
            self._drawn = content
            self.refresh()

"""A widget that is drawn from values which change more often than what is seen of them."""

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget


class Redrawn(Widget):
    """Painted again only when it looks different. Its reactive values have `repaint=False` and
    their watchers call `redraw`: another paint of one line costs the whole screen 15 ms where
    something else has changed at its other end.
    """

    _drawn: tuple[Size, Content] | None = None

    def render(self) -> Content:
        """What it looks like now."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Paint it, if it looks different."""
        before, self._drawn = self._drawn, (self.size, self.render())
        size, content = self._drawn
        if before is None or before[0] != size or not content.is_same(before[1]):
            self.refresh()

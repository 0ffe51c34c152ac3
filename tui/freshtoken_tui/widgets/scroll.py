"""A container that scrolls without an animation."""

from typing import Any

from textual.containers import VerticalScroll
from textual.geometry import Offset, Region

UNANIMATED = {"animate": False, "immediate": True}
"""How to scroll to what has the focus, so that a Tab that is held down is followed."""


class UnanimatedScroll(VerticalScroll, can_focus=False):
    """Scrolls at once."""

    def scroll_to_region(self, region: Region, *args: Any, **options: Any) -> Offset:
        """As Textual does, without an animation."""
        return super().scroll_to_region(region, *args, **(options | UNANIMATED))

"""What every screen of the org is: a scrolling page beside the API client, with a title, a help
text and the picture.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll
from textual.reactive import var
from textual.widgets import Button

from freshtoken_tui.host import Hosted
from freshtoken_tui.widgets.plain import PlainTitles

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView


class PageKind(StrEnum):
    """What is beside a page: the class of the screen that shows it."""

    STAGE = "-stage"
    """The API client, where the window is wide enough: cause and effect side by side."""
    DESK = "-desk"
    """Nothing; the API client is a strip below."""
    ALONE = "-alone"
    """Nothing, and no strip: the client has nothing to tell there."""


class Page(Hosted, PlainTitles, VerticalScroll, can_focus=False):
    """A page. Pages hold no rules: they gather input, call one use case, show the value."""

    TITLE: ClassVar[str] = ""
    HELP: ClassVar[str] = ""
    FIRST: ClassVar[str] = ""
    """Selector of what is focused when the page is opened."""
    KIND: ClassVar[PageKind] = PageKind.DESK

    picture: var[OrgView | None] = var(None)

    def on_mount(self) -> None:
        """Title in the border."""
        self.border_title = self.TITLE

    def watch_picture(self, picture: OrgView | None) -> None:
        """Draw, once there is something to draw."""
        if picture is not None and self.is_mounted:
            self.draw(picture)

    def draw(self, picture: OrgView) -> None:
        """Show the org as it is now."""

    def first_focus(self) -> str:
        """What to focus when the page is opened."""
        return self.FIRST

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A letter whose button is hidden does nothing, and the footer leaves it out."""
        if action != "press":
            return True
        return all(
            node.display
            for found in self.query(f"#{parameters[0]}")
            for node in found.ancestors_with_self
        )

    def action_press(self, name: str) -> None:
        """A letter presses its button, where that is shown."""
        found = self.query_one(f"#{name}", Button)
        if found.display:
            found.press()

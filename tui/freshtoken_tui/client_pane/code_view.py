"""The Code tab: the client's call in simple-salesforce, jsforce or curl, to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static

from freshtoken_api.client.code import source
from freshtoken_tui.widgets.field import Buttons, button
from freshtoken_tui.widgets.notes import show

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView

LANGUAGES = ("simple-salesforce", "jsforce", "curl")


class CodeView(Vertical):
    """Source in one of three languages; secrets as dots until asked, copied in clear."""

    DEFAULT_CSS = """
    CodeView {
        height: 1fr;
        Buttons { margin: 0 0 1 0; }
        #source { height: auto; }
        VerticalScroll { height: 1fr; }
    }
    """

    class Copied(Message):
        """Somebody wants this text in the clipboard."""

        def __init__(self, text: str, what: str) -> None:
            self.text, self.what = text, what
            super().__init__()

    language = LANGUAGES[0]
    _picture: OrgView | None = None
    _revealed = False

    def compose(self) -> ComposeResult:
        """Languages and Copy, then the source."""
        with Buttons():
            for number, language in enumerate(LANGUAGES):
                yield button(language, f"language-{number}")
            yield button("Copy", "copy-code", "primary")
        with VerticalScroll():
            yield Static(id="source")

    def draw(self, picture: OrgView, revealed: bool) -> None:
        """Show the source for what the client holds now."""
        self._picture, self._revealed = picture, revealed
        for number, language in enumerate(LANGUAGES):
            self.query_one(f"#language-{number}").set_class(language == self.language, "-chosen")
        show(
            self.query_one("#source", Static),
            Content(source(picture.client, picture.app, self.language, revealed)),
        )

    @on(Button.Pressed)
    def _choose(self, event: Button.Pressed) -> None:
        event.stop()
        if self._picture is None:
            return
        if event.button.id == "copy-code":
            text = source(self._picture.client, self._picture.app, self.language, revealed=True)
            self.post_message(self.Copied(text, f"{self.language} source, with the secrets in it"))
        else:
            self.language = LANGUAGES[int(str(event.button.id).rpartition("-")[2])]
            self.draw(self._picture, self._revealed)

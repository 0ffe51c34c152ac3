"""The failed attempts of the client's user, and what they mean for the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from freshtoken_model.decision.client_note import client_note
from freshtoken_tui.host import Hosted
from freshtoken_tui.widgets.countdown import CountsDown
from freshtoken_tui.widgets.lockout import ways_out
from freshtoken_tui.widgets.notes import show

from .lock_and_key import attempt_boxes

if TYPE_CHECKING:
    from freshtoken_model.values.records import User
    from freshtoken_tui.view import OrgView


class AttemptsRow(Hosted, CountsDown, Horizontal):
    """Boxes that fill, and a note; while the user is locked out the time that is left, and the ways
    out.
    """

    _picture: OrgView | None = None

    def compose(self) -> ComposeResult:
        """Compose the boxes and the note."""
        yield Static(id="attempt-boxes")
        yield Static(id="left")

    def draw(self, picture: OrgView) -> None:
        """Show the attempts and the note."""
        self._picture = picture
        self.draw_time()
        user, attempt = picture.client_user, picture.last_attempt
        note = client_note(picture.client, user, attempt.refused_by if attempt else "")
        if user is not None and user.locked_at is not None:
            low = self.screen.has_class("-low")
            ways = self.host.with_bound_keys(ways_out(user, short=low))
            note = ways if low else f"{note}\n{ways}"
        show(self.query_one("#left", Static), Content.styled(note, "$foreground 85%"))

    def counted(self) -> User | None:
        """The user of the client."""
        return self._picture.client_user if self._picture is not None else None

    def draw_time(self) -> None:
        """Draw the boxes, or what is left of the lockout."""
        if self._picture is not None:
            show(self.query_one("#attempt-boxes", Static), attempt_boxes(self._picture, named=True))

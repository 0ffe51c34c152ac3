"""The row of places under the header: where one can go, by which key, and what waits there."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.reactive import reactive
from textual.widget import Widget

from freshtoken_tui.messages import DoCommand, OpenPage

from .field import bound_key

WITH_KEYS = 110
"""Columns from which the keys are shown too."""
ROOM_FOR_COUNT = 3
"""Columns kept for how many mails wait: the places stay where they are when the first one comes."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place: the id of the command that goes there, its names, and the pages that are part of
    it.
    """

    command: str
    name: str
    short: str
    pages: tuple[str, ...]


PLACES = (
    Place("org", "Org", "Org", ("home", "change_password", "reset_token")),
    Place("inbox", "Inbox", "Inbox", ("inbox",)),
    Place("setup", "Setup", "Setup", ("setup", "assumptions")),
    Place("history", "History", "Hist", ("history",)),
    Place("timeline", "Timeline", "Time", ("timeline",)),
    Place("incident", "Incident", "Incident", ("incident", "production")),
    Place("labs", "Labs", "Labs", ("labs", "lab")),
    Place("exam", "Exam", "Exam", ("exam", "question", "proof", "sitting", "result")),
    Place("demos", "Demos", "Demos", ("demos", "rehearsals")),
)


class PlacesBar(Widget):
    """One line. A click goes there; the present place is marked."""

    DEFAULT_CSS = "PlacesBar { height: 1; background: $background; padding: 0 1; }"

    here: reactive[str] = reactive("home")
    """The name of the page that is shown."""
    unread: reactive[int] = reactive(0)
    """Mails that wait in the Inbox."""

    def render(self) -> Content:
        """The places, with as much beside their names as fits."""
        line = Content("")
        for start, place in self._laid_out():
            here = self.here in place.pages
            line = Content.assemble(
                line,
                " " * (start - line.cell_length),
                (f"{bound_key(self.app, place.command)} " if self._wide else "", "$foreground 65%"),
                (self._shown(place), "$text-primary bold underline" if here else ""),
                (self._waiting(place), "$text-warning bold"),
            )
        return line

    def _laid_out(self) -> list[tuple[int, Place]]:
        """Where each place begins."""
        widths = [
            len(self._shown(place))
            + (max(ROOM_FOR_COUNT, len(self._waiting(place))) if place.command == "inbox" else 0)
            + (len(bound_key(self.app, place.command)) + 1 if self._wide else 0)
            for place in PLACES
        ]
        gap = max(1, min(3, (self.size.width - sum(widths)) // (len(PLACES) - 1)))
        starts, column = [], 0
        for width in widths:
            starts.append(column)
            column += width + gap
        return list(zip(starts, PLACES, strict=True))

    @property
    def _wide(self) -> bool:
        return self.size.width >= WITH_KEYS

    def _shown(self, place: Place) -> str:
        return place.name if self._wide else place.short

    def _waiting(self, place: Place) -> str:
        return f" {self.unread}" if place.command == "inbox" and self.unread else ""

    def on_click(self, event: Click) -> None:
        """Go to the place that was clicked."""
        column = event.x - 1
        place = next((p for start, p in reversed(self._laid_out()) if start <= column), None)
        if place is None:
            return
        if place.command == "labs":
            self.post_message(DoCommand("labs"))
        elif place.command == "exam":
            self.post_message(DoCommand("exam"))
        else:
            self.post_message(OpenPage(place.pages[0]))

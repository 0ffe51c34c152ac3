"""The client in two lines, below a page that has the whole width; f8 opens the pane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.widgets import Static

from freshtoken_model.simulation.integrations import interval
from freshtoken_model.values.clock import at
from freshtoken_tui.host import Hosted
from freshtoken_tui.messages import DoCommand
from freshtoken_tui.widgets.countdown import CountsDown
from freshtoken_tui.widgets.header_bar import styled
from freshtoken_tui.widgets.notes import show
from freshtoken_tui.words import shown_light

from .lock_and_key import attempt_boxes, sends_line

if TYPE_CHECKING:
    from freshtoken_model.values.records import User
    from freshtoken_tui.view import OrgView


class ClientStrip(Hosted, CountsDown, Vertical):
    """Light, what the client sends, attempts and next run; below it the last answer."""

    picture: OrgView | None = None

    def compose(self) -> ComposeResult:
        """Compose the two lines."""
        yield Static(id="strip-state")
        yield Static(id="strip-told")

    def draw(self, picture: OrgView) -> None:
        """Show it. What does not fit is left out, from the right."""
        self.picture = picture
        shown = shown_light(picture)
        riddle = self.host.client.riddle(picture)
        light = styled(f"{shown.glyph} {shown.word}", shown.colour, "bold")
        name = Content.styled(picture.client.name, "bold")
        sends, boxes = sends_line(picture, riddle), attempt_boxes(picture)
        due = Content.styled(_next_run(picture), "$foreground 70%")
        key = Content.styled("f8 opens it", "$foreground 60%")
        short = Content.styled("f8", "$foreground 60%")
        locked = picture.client_user is not None and picture.client_user.locked_at is not None
        room = self.size.width or self.app.size.width - 2
        choices = (
            [light, name, sends, boxes, due, key],
            [light, name, sends, boxes, key],
            [light, sends, boxes, short],
            [light, sends, boxes],
            *([[light, boxes, short], [light, boxes]] if locked else []),
            [light, sends, short],
            [light, boxes, key],
            [light, key],
            [light],
        )
        lines = [Content("  ").join(part for part in parts if part.plain) for parts in choices]
        line = next((line for line in lines if line.cell_length <= room), lines[-1])
        show(self.query_one("#strip-state", Static), line)
        show(
            self.query_one("#strip-told", Static),
            Content.styled(picture.client.told or "It has not called yet.", "$foreground 85%"),
        )

    def on_resize(self) -> None:
        """Draw for the new width."""
        self.draw_time()

    def counted(self) -> User | None:
        """The user of the client."""
        return self.picture.client_user if self.picture is not None else None

    def draw_time(self) -> None:
        """Draw it once more."""
        if self.picture is not None:
            self.draw(self.picture)

    def on_click(self, event: Click) -> None:
        """Open the client."""
        event.stop()
        self.post_message(DoCommand("client"))


def _next_run(picture: OrgView) -> str:
    plan = picture.plan
    if plan is None or plan.next_due is None:
        return ""
    return f"next {at(plan.next_due, picture.info.time_zone):%H:%M}"


def schedule_words(picture: OrgView) -> str:
    """When the client runs by itself, for the border."""
    plan = picture.plan
    if plan is None:
        return ""
    if plan.next_due is None:
        return " · stopped by itself" if plan.stopped else " · paused"
    again = "tries again" if plan.tries else f"every {interval(plan.every)}, next"
    return f" · {again} {at(plan.next_due, picture.info.time_zone):%H:%M}"

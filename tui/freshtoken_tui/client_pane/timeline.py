"""The last while of the client as a line: the cause, and what it was told since. Not to scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive

from freshtoken_model.decision.lights import Light, light_of_event
from freshtoken_model.values.clock import at
from freshtoken_model.values.kinds import EventKind
from freshtoken_tui.widgets.redrawn import Redrawn

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView

EVENT_LABELS: dict[str, str] = {
    EventKind.PASSWORD_CHANGED: "◆ password",
    EventKind.PASSWORD_RESET: "◆ reset",
    EventKind.TOKEN_RESET: "▲ token",
    EventKind.LOCKED_OUT: "■ locked",
    EventKind.UNLOCKED: "□ unlocked",
    EventKind.UNLOCKED_BY_RESET: "□ unlocked",
    EventKind.LOCK_ENDED: "□ ended",
    EventKind.FAULT_INJECTED: "! injected",
}
CAUSES = (EventKind.PASSWORD_CHANGED, EventKind.PASSWORD_RESET, EventKind.TOKEN_RESET)
BARS: dict[str, tuple[str, str]] = {
    Light.CONNECTED: ("━", "$text-success"),
    Light.BLOCKED: ("▒", "$text-error"),
    Light.EXPIRED: ("╍", "$text-warning"),
}
NARROWEST = 12
"""Columns of a part of the line: a label and a gap."""


@dataclass(slots=True)
class TimelinePart:
    """A part of the line: what began it, when, what the client was told meanwhile and how often."""

    at: int
    kind: str
    light: str
    tries: int = 0

    @property
    def label(self) -> str:
        """What stands above it."""
        if self.kind in EVENT_LABELS:
            return EVENT_LABELS[self.kind]
        return f"✗ {self.tries}×" if self.light == Light.BLOCKED and self.tries > 1 else ""


class ClientTimeline(Redrawn):
    """Labels, the line, and the times. The newest parts that fit; the cause stays at the left."""

    DEFAULT_CSS = "ClientTimeline { height: 3; }"

    picture: reactive[OrgView | None] = reactive(None, repaint=False)

    watch_picture = Redrawn.redraw

    def render(self) -> Content:
        """Draw it to the width there is."""
        picture, width = self.picture, self.size.width
        if picture is None or width < NARROWEST:
            return Content("")
        parts = _parts(picture)
        if not parts:
            return Content.styled("The client has not called yet.", "$foreground 70%")
        shown = _shown(parts, width // NARROWEST)
        step = width // len(shown)
        above, bars, below, last = "", [], "", ""
        for place, part in enumerate(shown):
            room = width - step * place if place == len(shown) - 1 else step
            moment = f"{at(part.at, picture.info.time_zone):%H:%M}"
            above += part.label[: room - 1].ljust(room)
            below += ("" if moment == last else moment).ljust(room)
            glyph, style = BARS.get(part.light, ("·", "$foreground 50%"))
            bars.append((glyph * room, style))
            last = moment
        return Content("\n").join(
            [
                Content.styled(above, "$text-warning bold"),
                Content.assemble(*bars),
                Content.styled(below, "$foreground 75%"),
            ]
        )


def _parts(picture: OrgView) -> list[TimelinePart]:
    """What happened, tries of one outcome as one part."""
    client, parts = picture.client, []
    light: str = Light.IDLE
    for event in picture.marks:
        outside = client.outside and event.client_id == client.id
        found = light_of_event(event.kind, event.detail, outside)
        if event.kind in EVENT_LABELS:
            parts.append(TimelinePart(event.at, event.kind, light))
        elif found and parts and parts[-1].light == found:
            parts[-1].tries += 1
        elif found:
            parts.append(TimelinePart(event.at, event.kind, found, tries=1))
        light = found or light
    return parts


def _shown(parts: list[TimelinePart], most: int) -> list[TimelinePart]:
    """The newest parts, and before them the cause where it is older."""
    newest = parts[-max(1, most) :]
    if any(part.kind in CAUSES for part in newest) or most < 2:
        return newest
    cause = next((part for part in reversed(parts) if part.kind in CAUSES), None)
    return newest if cause is None else [cause, *newest[1:]]

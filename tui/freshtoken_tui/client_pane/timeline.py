"""The client's last while as one line: what it was told, and above it what killed or brought a
token. Not to scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from freshtoken_model.decision.lights import Light, light_of_event
from freshtoken_model.values.clock import at
from freshtoken_model.values.kinds import EventKind

if TYPE_CHECKING:
    from freshtoken_model.values.records import Event
    from freshtoken_tui.view import OrgView

EVENT_LABELS: dict[str, str] = {
    EventKind.PASSWORD_CHANGED: "◆ password changed",
    EventKind.PASSWORD_RESET: "◆ reset by an admin",
    EventKind.TOKEN_RESET: "▲ token reset",
    EventKind.LOCKED_OUT: "■ locked out",
    EventKind.UNLOCKED: "□ unlocked",
    EventKind.UNLOCKED_BY_RESET: "□ unlocked",
    EventKind.LOCK_ENDED: "□ lock ended",
    EventKind.FAULT_INJECTED: "! injected",
}
BARS: dict[str, tuple[str, str]] = {
    Light.CONNECTED: ("━", "$text-success"),
    Light.BLOCKED: ("▒", "$text-error"),
    Light.EXPIRED: ("╍", "$text-warning"),
}
NARROWEST = 7
"""Columns an event takes at least: a time and a gap."""


class ClientTimeline(Widget):
    """Marks, the bar, and the times; the newest events that fit, each as wide as the others."""

    DEFAULT_CSS = "ClientTimeline { height: 3; }"

    picture: reactive[OrgView | None] = reactive(None)

    def render(self) -> Content:
        """Draw it to the width there is."""

        def light_of(event: Event) -> str:
            outside = client.outside and event.client_id == client.id
            return light_of_event(event.kind, event.detail, outside)

        picture, width = self.picture, self.size.width
        if picture is None or width < NARROWEST:
            return Content("")
        client = picture.client
        events = [e for e in picture.marks if e.kind in EVENT_LABELS or light_of(e)]
        shown = events[-max(1, width // NARROWEST) :]
        if not shown:
            return Content.styled("The client has not called yet.", "$foreground 70%")
        step = width // len(shown)
        before = (light_of(e) for e in reversed(events[: -len(shown)]))
        light = next((found for found in before if found), Light.IDLE)
        above, below, bars, last = [" "] * width, [" "] * width, [], ""
        for place, event in enumerate(shown):
            start = place * step
            light = light_of(event) or light
            if event.kind in EVENT_LABELS:
                _put(above, start, EVENT_LABELS[event.kind])
            moment = f"{at(event.at, picture.info.time_zone):%H:%M}"
            if moment != last:
                _put(below, start, moment)
                last = moment
            glyph, style = BARS.get(light, ("·", "$foreground 50%"))
            end = width if place == len(shown) - 1 else start + step
            bars.append((glyph * (end - start), style))
        return Content("\n").join(
            [
                Content.styled("".join(above), "$text-warning bold"),
                Content.assemble(*bars),
                Content.styled("".join(below), "$foreground 75%"),
            ]
        )


def _put(line: list[str], start: int, text: str) -> None:
    """Write into a line of characters, as far as it goes; a later mark writes over an earlier one's
    end.
    """
    room = len(line) - start
    line[start:] = list((text + " ")[:room].ljust(room))

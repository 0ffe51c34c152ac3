"""The client's last while as one bar: connected, refused, and marks for what killed or brought a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from freshtoken_tui.picture import Picture

MARKS = {
    "password_changed": ("◆", "password changed"),
    "password_reset": ("◆", "password reset by an admin"),
    "token_reset": ("▲", "token reset"),
    "locked_out": ("■", "locked out"),
    "unlocked": ("□", "unlocked"),
    "lock_ended": ("□", "lockout ended"),
}
BARS = {"connected": ("▇", "$text-success"), "blocked": ("▂", "$text-error"), "expired": ("▄", "$text-warning")}
SHORTEST, LEAD = 20 * 60_000, 2 * 60_000
"""ms shown at least, and before the first event."""


class Timeline(Widget):
    """Three lines: a bar of what the client last knew, marks above it, times and the newest mark below."""

    DEFAULT_CSS = "Timeline { height: 3; }"

    picture: reactive[Picture | None] = reactive(None)

    def render(self) -> Content:
        """Draw it to the width there is."""
        from freshtoken_model.clock import at

        picture, width = self.picture, self.size.width
        if picture is None or width < 20:
            return Content("")
        now, zone = picture.clock.seen_org, picture.info.time_zone
        told = [(e.at, e.detail.split(":", 1)[0]) for e in picture.marks if e.kind == "client_told"]
        marks = [(e.at, *MARKS[e.kind]) for e in picture.marks if e.kind in MARKS]
        earliest = min([now - SHORTEST, *(e.at for e in picture.marks if e.kind in (*MARKS, "client_told"))]) - LEAD
        span = max(1, now - earliest)

        def column(moment: int) -> int:
            return min(width - 1, max(0, (moment - earliest) * width // span))

        cells = [(" ", "")] * width
        for (start, light), (end, _) in zip([(earliest, "idle"), *told], [*told, (now + 1, "")], strict=True):
            glyph, style = BARS.get(light, ("·", "$foreground 50%"))
            for place in range(column(start), column(end) + 1):
                cells[place] = (glyph, style)
        above = [" "] * width
        for moment, glyph, _ in marks:
            above[column(moment)] = glyph
        line = Content.assemble(*cells)
        begins, ends = f"{at(earliest, zone):%H:%M}", f"{at(now, zone):%H:%M}"
        newest = f"{marks[-1][1]} {marks[-1][2]} {at(marks[-1][0], zone):%H:%M}" if marks else "no change of credentials"
        middle = newest[: max(0, width - len(begins) - len(ends) - 2)]
        below = Content.assemble(
            (begins, "$foreground 60%"),
            middle.center(width - len(begins) - len(ends)),
            (ends, "$foreground 60%"),
        )
        return Content("\n").join([Content.styled("".join(above), "$text-warning bold"), line, below])

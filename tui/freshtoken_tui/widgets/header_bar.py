"""The one header: org, org clock, unread mail, who is logged in, the client's token and light.
Leaves out, never cuts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from freshtoken_model.decision.verdict import Door
from freshtoken_tui.words import HOLDS, LIGHTS

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView

GAP = "   "


def styled(text: str, colour: str, extra: str = "") -> Content:
    """A text in a theme colour that stays readable in every theme."""
    style = "$foreground 60%" if colour == "muted" else f"$text-{colour}"
    return Content.styled(text, f"{style} {extra}".strip())


class HeaderBar(Widget):
    """One line on top of every screen."""

    DEFAULT_CSS = "HeaderBar { dock: top; height: 1; background: $panel; padding: 0 1; }"

    picture: reactive[OrgView | None] = reactive(None)
    moment: reactive[str] = reactive("")
    port: reactive[str] = reactive("")
    """Where real clients may call, while they may."""

    async def on_click(self) -> None:
        """The clock is up here: a click opens it."""
        await self.run_action("app.command('clock')")

    def render(self) -> Content:
        """The longest version that fits; the light stays to the last."""
        name = Content.styled("freshtoken", "$text-primary bold")
        picture = self.picture
        if picture is None:
            return name
        org = Content.assemble(name, f"  {picture.info.name} · {picture.info.kind}")
        mark = "▶ " if picture.clock.running else "❚❚ "
        date, time = mark + self.moment, mark + self.moment[-5:]
        who = picture.viewer.username if picture.viewer else "not logged in"
        short = who.split("@", 1)[0] + "@" if picture.viewer else who
        inbox = (f"Inbox {picture.unread}",) if picture.unread else ()
        if self.port:
            inbox = (f"serving :{self.port}", *inbox)
        glyph, word, colour = HOLDS[picture.client.holds]
        if picture.client.protocol in (Door.CLIENT_CREDENTIALS, Door.JWT_BEARER):
            glyph, word, colour = "✓", "not needed", "success"
        token = (
            ()
            if picture.client.outside
            else (styled(f"client token: {word} {glyph}", colour, "bold"),)
        )
        glyph, word, colour = LIGHTS[picture.light]
        light = styled(f"{glyph} {word}", colour, "bold")
        versions = (
            (org, date, *inbox, who, *token, light),
            (org, time, *inbox, who, *token, light),
            (org, time, *inbox, short, *token, light),
            (name, time, *inbox, short, *token, light),
            (name, time, *inbox, short, light),
            (name, time, light),
        )
        for left, *rest in versions:
            right = Content(GAP).join(
                [Content(part) if isinstance(part, str) else part for part in rest]
            )
            room = self.size.width - left.cell_length - right.cell_length
            if room >= 2:
                return Content.assemble(left, " " * room, right)
        return light

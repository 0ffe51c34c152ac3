"""The one header: org, who is logged in, org clock, the client's light or token. Fits by leaving out, never by cutting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from freshtoken_tui.words import HOLDS, LIGHTS

if TYPE_CHECKING:
    from freshtoken_tui.picture import Picture


def styled(text: str, colour: str, extra: str = "") -> Content:
    """A text in a theme colour that stays readable in every theme."""
    style = "$foreground 60%" if colour == "muted" else f"$text-{colour}"
    return Content.styled(text, f"{style} {extra}".strip())


class HeaderBar(Widget):
    """One line on top of every screen."""

    DEFAULT_CSS = "HeaderBar { dock: top; height: 1; background: $panel; padding: 0 1; }"

    picture: reactive[Picture | None] = reactive(None)
    moment: reactive[str] = reactive("")

    def render(self) -> Content:
        """The longest version that fits."""
        left = Content.styled("freshtoken", "$text-primary bold")
        picture = self.picture
        if picture is None:
            return left
        width = self.size.width
        full = Content.assemble(left, Content(f"  {picture.info.name} · {picture.info.kind}"))
        clock = ("▶ " if picture.clock.running else "❚❚ ") + self.moment
        short_clock = clock[:2].strip() + " " + self.moment[-5:]
        who = picture.viewer.username if picture.viewer else "nobody logged in"
        short_who = who.split("@", 1)[0] + "@" if picture.viewer else who
        glyph, word, colour = HOLDS[picture.client.holds]
        token = styled(f"client token: {word} {glyph}", colour, "bold")
        light_glyph, light_word, light_colour = LIGHTS[picture.light]
        light = styled(f"{light_glyph} {light_word}", light_colour, "bold")
        gap = Content("   ")
        if picture.unread:
            short_clock += f"   Inbox {picture.unread}"
            clock += f"   Inbox {picture.unread}"
        rights = [
            (full, Content.assemble(clock, gap, who, gap, token, gap, light)),
            (full, Content.assemble(clock, gap, who, gap, token)),
            (full, Content.assemble(short_clock, gap, short_who, gap, token)),
            (full, Content.assemble(short_clock, gap, short_who, gap, light)),
            (left, Content.assemble(short_clock, gap, short_who, gap, light)),
            (left, Content.assemble(short_clock, gap, light)),
        ]
        if width < 110:
            rights = rights[3:]
        for start, end in rights:
            if start.cell_length + end.cell_length + 2 <= width:
                return Content.assemble(start, " " * (width - start.cell_length - end.cell_length), end)
        return rights[-1][1]

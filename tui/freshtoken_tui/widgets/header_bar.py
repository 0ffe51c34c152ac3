"""The one header: org, org clock, who is logged in, the client's token and light. Each part keeps
its place; the least important ones go first when room is short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.events import Click
from textual.reactive import reactive
from textual.widget import Widget

from freshtoken_model.decision.verdict import Door
from freshtoken_tui.messages import DoCommand, OpenPage
from freshtoken_tui.words import HELD, HOLDS, Shown, shown_light

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView

GAP = 2
"""Columns between two parts."""
TOKEN_WIDTH, LIGHT_WIDTH, DATE_WIDTH, TIME_WIDTH, WHO_WIDTH = 19, 18, 24, 8, 26


def styled(text: str, colour: str, extra: str = "") -> Content:
    """A text in a theme colour that stays readable in every theme."""
    style = "$foreground 60%" if colour == "muted" else f"$text-{colour}"
    return Content.styled(text, f"{style} {extra}".strip())


class HeaderBar(Widget):
    """One line on top of every screen; a click on a part opens what it is about."""

    DEFAULT_CSS = (
        "HeaderBar { dock: top; height: 1; background: $panel; padding: 0 1; text-wrap: nowrap; }"
    )

    picture: reactive[OrgView | None] = reactive(None)
    moment: reactive[str] = reactive("")
    port: reactive[str] = reactive("")
    """Where real clients may call, while they may."""
    riddle: reactive[bool] = reactive(False)
    """Whether the state of the client's token is not told: Why tells it."""

    _places: tuple[tuple[int, str], ...] = ()
    """Where each part begins, and what it is."""

    def on_click(self, event: Click) -> None:
        """Open what was clicked."""
        column = event.x - 1
        part = next((name for start, name in reversed(self._places) if start <= column), "")
        match part:
            case "time":
                self.post_message(DoCommand("clock"))
            case "who" | "name":
                self.post_message(OpenPage("home"))
            case "serving":
                self.post_message(DoCommand("serve"))
            case "token" | "light":
                self.post_message(DoCommand("client"))

    def render(self) -> Content:
        """What fits, the token and the light to the last."""
        name = Content.styled("freshtoken", "$text-primary bold")
        picture = self.picture
        if picture is None:
            return name
        room = self.size.width - name.cell_length
        right = [
            ("light", self._light(picture), LIGHT_WIDTH),
            ("token", self._token(picture), TOKEN_WIDTH),
            ("time", self._time(len(self.moment) > 5), DATE_WIDTH),
            ("who", Content(self._who(picture)), WHO_WIDTH),
        ]
        if self.port:
            right.insert(3, ("serving", Content(f"serving :{self.port}"), 14))
        shown: list[tuple[str, Content, int]] = []
        for part, words, width in right:
            if part == "time" and room < width + GAP:
                words, width = self._time(False), TIME_WIDTH
            if not words.plain or room < width + GAP:
                continue
            room -= width + GAP
            shown.insert(0, (part, words, width))
        org = f"  {picture.info.name} · {picture.info.kind}"
        left = Content.assemble(name, org) if len(org) <= room else name
        return self._assembled(left, shown)

    def _assembled(self, left: Content, shown: list[tuple[str, Content, int]]) -> Content:
        column = self.size.width - sum(width + GAP for _, _, width in shown)
        parts: list[Content | str] = [left, " " * (column - left.cell_length)]
        places = [(0, "name")]
        for part, words, width in shown:
            places.append((column, part))
            blank = " " * max(0, width - words.cell_length)
            ends = part in ("light", "token")
            parts += [" " * GAP, *((blank, words) if ends else (words, blank))]
            column += width + GAP
        self._places = tuple(places)
        return Content.assemble(*parts)

    def _time(self, with_date: bool) -> Content:
        mark = "▶ " if self.picture and self.picture.clock.running else "❚❚ "
        return Content(mark + (self.moment if with_date else self.moment[-5:]))

    def _who(self, picture: OrgView) -> str:
        who = picture.viewer.username if picture.viewer else "not logged in"
        return who if len(who) <= WHO_WIDTH else f"{who[: WHO_WIDTH - 2]}…@"

    def _token(self, picture: OrgView) -> Content:
        if picture.client.outside:
            return Content("")
        glyph, word, colour = HELD if self.riddle else HOLDS[picture.client.holds]
        if picture.client.protocol in (Door.CLIENT_CREDENTIALS, Door.JWT_BEARER):
            glyph, word, colour = "✓", "not needed", "success"
        return styled(f"token: {word} {glyph}", colour, "bold")

    def _light(self, picture: OrgView) -> Content:
        shown: Shown = shown_light(picture)
        return styled(f"{shown.glyph} {shown.word}", shown.colour, "bold")

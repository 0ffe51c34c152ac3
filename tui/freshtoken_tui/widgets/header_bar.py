"""The one header: org, org clock, who is logged in, the client's token and light. Each part keeps
its place; the least important ones go first when room is short.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.events import Click
from textual.reactive import reactive

from freshtoken_tui.messages import DoCommand, OpenPage
from freshtoken_tui.words import HELD, HOLDS, ShownLight, shown_light

from .redrawn import Redrawn

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView

GAP = 2
"""Columns between two parts."""
TOKEN_WIDTH, LIGHT_WIDTH, DATE_WIDTH, TIME_WIDTH, WHO_WIDTH = 19, 18, 24, 8, 26
SERVING_WIDTH = 14
ROOMY = 110
"""Columns from which the header says whose token it is: the client's."""


def styled(text: str, colour: str, extra: str = "") -> Content:
    """A text in a theme colour that stays readable in every theme."""
    style = "$foreground 60%" if colour == "muted" else f"$text-{colour}"
    return Content.styled(text, f"{style} {extra}".strip())


@dataclass(frozen=True, slots=True)
class HeaderPart:
    """A part of the header: its name, the column where it begins, its words, its width."""

    name: str
    start: int
    words: Content
    width: int


class HeaderBar(Redrawn):
    """One line on top of every screen; a click on a part opens what it is about."""

    DEFAULT_CSS = (
        "HeaderBar { dock: top; height: 1; background: $panel; padding: 0 1; text-wrap: nowrap; }"
    )

    picture: reactive[OrgView | None] = reactive(None, repaint=False)
    moment: reactive[str] = reactive("", repaint=False)
    port: reactive[str] = reactive("", repaint=False)
    """Where real clients may call, while they may."""
    busy: reactive[str] = reactive("", repaint=False)
    """What is being done, while it takes long enough to be told."""
    riddle: reactive[bool] = reactive(False, repaint=False)
    """Whether the state of the client's token is not told: Why tells it."""

    watch_picture = watch_moment = watch_port = watch_busy = watch_riddle = Redrawn.redraw

    def on_click(self, event: Click) -> None:
        """Open what was clicked."""
        match self.part_at(event.x - 1):
            case "time":
                self.post_message(DoCommand("clock"))
            case "who" | "name":
                self.post_message(OpenPage("home"))
            case "serving":
                self.post_message(DoCommand("serve"))
            case "token" | "light":
                self.post_message(DoCommand("client"))

    def part_at(self, column: int) -> str:
        """The part of the header that is shown at a column."""
        begun = [part.name for part in self._parts() if part.start <= column]
        return begun[-1] if begun else "name"

    def render(self) -> Content:
        """What fits, the token and the light to the last."""
        name = Content.styled("freshtoken", "$text-primary bold")
        picture, parts = self.picture, self._parts()
        if picture is None:
            return name
        org = f"  {picture.info.name} · {picture.info.kind}"
        room = parts[0].start if parts else self.size.width
        if self.busy:
            line = Content.assemble(name, (self._busy_words, "$text-warning"))
        else:
            line = Content.assemble(name, org) if name.cell_length + len(org) <= room else name
        for part in parts:
            words, width = part.words, part.width
            # token and light end where the next part begins, so that nothing jumps with a word
            if part.name in ("light", "token"):
                words = words.pad_left(width - words.cell_length)
            line = Content.assemble(line, " " * (part.start - line.cell_length), words)
        return line

    @property
    def _busy_words(self) -> str:
        return f"  {self.busy}…" if self.busy else ""

    def _parts(self) -> list[HeaderPart]:
        """The parts that fit beside the name, from left to right."""
        picture = self.picture
        if picture is None:
            return []
        wanted = [
            ("light", self._light(picture), LIGHT_WIDTH),
            ("token", self._token(picture), TOKEN_WIDTH + len(self._whose)),
            ("time", self._time(True), DATE_WIDTH),
            ("who", Content(self._who(picture)), WHO_WIDTH),
        ]
        if self.port:
            wanted.insert(3, ("serving", Content(f"serving :{self.port}"), SERVING_WIDTH))
        end, least = self.size.width, len("freshtoken") + len(self._busy_words)
        shown: list[HeaderPart] = []
        for part, words, width in wanted:
            if part == "time" and end - width - GAP < least:
                words, width = self._time(False), TIME_WIDTH
            if words.plain and end - width - GAP >= least:
                end -= width
                shown.insert(0, HeaderPart(part, end, words, width))
                end -= GAP
        return shown

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
        if picture.fit.secretless:
            glyph, word, colour = "✓", "not needed", "success"
        return styled(f"{self._whose}token: {word} {glyph}", colour, "bold")

    @property
    def _whose(self) -> str:
        return "client " if self.size.width >= ROOMY else ""

    def _light(self, picture: OrgView) -> Content:
        shown: ShownLight = shown_light(picture)
        return styled(f"{shown.glyph} {shown.word}", shown.colour, "bold")

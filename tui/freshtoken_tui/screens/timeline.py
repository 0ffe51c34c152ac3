"""The Timeline: every integration over org time, from a minute to a year; a cell leads to the
attempt behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Static

from freshtoken_model.decision.words import event_words
from freshtoken_model.history.timeline import BIN_WIDTHS, Counts, TimelineHistory, begin, fitting
from freshtoken_model.simulation.integrations import interval
from freshtoken_model.values.clock import at, wall_clock
from freshtoken_model.values.kinds import EventKind
from freshtoken_tui.commands import local_keys
from freshtoken_tui.dialogs.modals import Confirm
from freshtoken_tui.messages import OpenPage, ShowAttempt, ShowClient
from freshtoken_tui.timeline_render import (
    as_svg,
    changes,
    legend_of,
    numbers,
)
from freshtoken_tui.widgets.field import Buttons, button
from freshtoken_tui.widgets.lanes import Lanes
from freshtoken_tui.widgets.notes import QUIET, MarginNote, show

from .history_file import in_this_folder
from .page import Page

if TYPE_CHECKING:
    from freshtoken_model.org import Org
    from freshtoken_tui.view import OrgView

NOW_EVERY = 5.0
"""Seconds between two looks at where the present moment is."""


class TimelinePage(Page):
    """The timeline: a row of cells for each client over org time."""

    TITLE = "Timeline"
    FIRST = "Lanes"
    HELP = """\
## Timeline
One row a client, time from left to right. **━** let in, **·** worked with the session it keeps,
**▒** refused, **▞** both, **▓** refused while locked out. Above them: **◆** password changed,
**◇** expired, **▲** token reset, **■** locked out, **□** a lockout ended, **★** a date of the
release calendar.

What happened in a cell is the Wire and Why of its first refusal, else of its first login. For a
screen reader: `freshtoken timeline --text`.

Salesforce has no such picture: it is freshtoken's own, drawn from its event log.
"""
    BINDINGS = local_keys(
        "timeline",
        ("s", "save", "Save as SVG"),
        ("i", "incident", "Incident"),
    )

    _step = 0
    _start = 0
    _whole = True
    """Whether the whole log is shown: then it goes on fitting, however far org time is moved."""
    _follows = True
    """Whether the last cell is now: then it goes on with org time."""

    def compose(self) -> ComposeResult:
        """What the cell is, the lanes, the legend; in the room that is left what changed."""
        yield Static(id="cell-words")
        yield Lanes()
        yield MarginNote(id="cell-marks")
        with Buttons():
            yield button("Closer", "closer", key="+")
            yield button("Farther", "farther", key="-")
            yield button("Everything", "everything", key="0")
        yield Static(id="timeline-legend")
        yield Static(id="timeline-changes")

    def on_mount(self) -> None:
        """The mark of the present moment moves with org time."""
        super().on_mount()
        self.set_interval(NOW_EVERY, self._show_now)

    def _show_now(self) -> None:
        lanes = self.query_one(Lanes)
        if self.display and self.picture is not None and lanes.shown is not None:
            now = self.picture.clock.now(wall_clock())
            lanes.now_cell = (now - lanes.shown.start) // lanes.shown.step

    def on_resize(self) -> None:
        """The items of the legend have other room."""
        self._show_legend()

    def _show_legend(self) -> None:
        """The legend of what is on the picture; no line ends within an item."""
        lanes = self.query_one(Lanes)
        room, lines = self.size.width - 6, [""]
        for item in legend_of(lanes.shown, lanes.pitch > 1) if lanes.shown else ():
            if lines[-1] and len(lines[-1]) + 3 + len(item) > room:
                lines.append("")
            lines[-1] += f"   {item}" if lines[-1] else item
        legend = Content.styled("\n".join(lines), QUIET)
        show(self.query_one("#timeline-legend", Static), legend)

    def _show_changes(self, shown: TimelineHistory, zone: str) -> None:
        rows = [
            Content.assemble((f"{glyph} ", "$text-warning"), (moment, QUIET), f"  {words}")
            for glyph, moment, words in changes(shown, zone)
        ]
        show(self.query_one("#timeline-changes", Static), Content("\n").join(rows))

    def draw(self, picture: OrgView) -> None:
        """Read the timeline again; while its end is shown, it moves with org time."""
        self.query_one(Lanes).zone = picture.info.time_zone
        self.load()

    @work(group="timeline", exclusive=True)
    async def load(self, zoom: int = 0, cells: int = 0, where: str = "") -> None:
        """Read the cells in sight; `zoom`, `cells` and `where` move what is in sight first."""
        lanes, picture = self.query_one(Lanes), self.picture
        if picture is None or lanes.size.width == 0:
            return  # not in sight: read when it is
        room, zone, before = lanes.room, picture.info.time_zone, lanes.shown
        # The cursor stands for a moment, not for a column: after reading it goes to the column of
        # the same moment, or stays with the newest one if it was there.
        pointed = before.moment(lanes.cursor) if before else None
        at_end = before is None or (
            not zoom and not cells and lanes.cursor >= (self._last - before.start) // before.step
        )

        def read(org: Org) -> TimelineHistory:
            return org.timeline.read(
                *self._wanted(org, room, zone, zoom, cells, where, pointed), room
            )

        shown, error = await self.host.org.run(read, refresh=False)
        if shown is None:
            self.app.notify(error, severity="error")
            return
        lanes.shown = shown
        self._show_now()
        self._show_legend()
        self._show_changes(shown, zone)
        moment = self._last if at_end or where or pointed is None else pointed
        lane = lanes.lane_shown
        if before is None and lane is not None and lane.cells:
            moment = shown.moment(max(lane.cells))  # the newest thing that happened to the client
        lanes.cursor = min(room - 1, max(0, (moment - shown.start) // shown.step))
        self._tell()

    def _wanted(
        self, org: Org, room: int, zone: str, zoom: int, cells: int, where: str, pointed: int | None
    ) -> tuple[int, int]:
        """Beginning and step of what is to be shown."""
        # Runs in the org's thread: only it knows the first and last event at the moment of reading.
        # _whole shows the log from end to end, _follows keeps the newest cell in sight; a move by
        # hand ends both, "all" and "now" set them.
        first, last = org.timeline.span()
        last = self._last = max(last, org.clock.read().seen_org)
        self._whole = where == "all" or (self._whole and not zoom and not cells and not where)
        if self._whole:
            self._step = fitting(max(1, last - first), room - 1)
            self._start, self._follows = begin(first, self._step, zone), True
        elif zoom:
            self._step = BIN_WIDTHS[
                min(len(BIN_WIDTHS) - 1, max(0, BIN_WIDTHS.index(self._step) + zoom))
            ]
            middle = pointed if pointed is not None else last
            self._start, self._follows = (
                begin(middle - self._step * (room // 2), self._step, zone),
                False,
            )
        elif cells:
            self._start, self._follows = (
                begin(self._start + self._step * cells, self._step, zone),
                False,
            )
        if where == "now":
            self._follows = True
        if self._follows and self._start + self._step * room <= last:
            self._start = begin(last - self._step * (room - 1), self._step, zone)
        return self._start, self._step

    _last = 0

    @on(Lanes.Wanted)
    def _other(self, event: Lanes.Wanted) -> None:
        event.stop()
        self.load(event.zoom, event.cells, event.where)

    @on(Lanes.Moved)
    def _moved(self, event: Lanes.Moved) -> None:
        event.stop()
        self._tell()

    def _tell(self) -> None:
        """In words: the cell, the client's logins in it, the marks above it."""
        lanes = self.query_one(Lanes)
        shown, lane = lanes.shown, lanes.lane_shown
        if shown is None:
            return
        cell, zone = lanes.cursor, lanes.zone
        who = f"{lane.client}: " if lane else ""
        what = numbers(lane.cells.get(cell, Counts())) if lane else ""
        moment = f"{at(shown.moment(cell), zone):%a %d %b %H:%M:%S}".removesuffix(":00")
        words = Content.assemble(
            (moment, "bold"),
            f"  {who}{what or 'nothing'}",
            (f"  · a column: {interval(shown.step)}", "$foreground 70%"),
        )
        show(self.query_one("#cell-words", Static), words)
        events = shown.marks.get(cell, ())
        said = list(
            dict.fromkeys(event_words(e.kind, e.username, e.client, e.detail) for e in events)
        )
        more = f" … and {len(said) - 3} more" if len(said) > 3 else ""
        self.query_one("#cell-marks", MarginNote).tell("; ".join(said[:3]) + more)

    @on(Lanes.Chosen)
    @work(group="timeline-choose", exclusive=True)
    async def _choose(self, event: Lanes.Chosen) -> None:
        event.stop()
        lanes = self.query_one(Lanes)
        shown, lane = lanes.shown, lanes.lane_shown
        if shown is None or lane is None:
            return
        start = shown.moment(lanes.cursor)
        found = await self.host.org.run_or_toast(
            lambda org: org.timeline.events(lane.client_id, start, start + shown.step)
        )
        if not found:
            self.app.notify("Nothing happened here.")
            return
        worst = next((e for e in found if e.kind == EventKind.LOGIN_REFUSED), None)
        first = worst or next((e for e in found if e.trace), None)
        if first is not None:
            self.post_message(ShowAttempt(first.id))
        else:
            self.post_message(ShowClient(lane.client_id))
            self.app.notify(
                f"{lane.client} worked with the session it keeps: no login was tried here."
            )

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        lanes = self.query_one(Lanes)
        match event.button.id:
            case "closer":
                lanes.action_zoom(-1)
            case "farther":
                lanes.action_zoom(1)
            case "everything":
                lanes.action_all()

    def action_incident(self) -> None:
        """The tale behind it."""
        self.post_message(OpenPage("incident"))

    @work(group="timeline-save")
    async def action_save(self) -> None:
        """What is shown, as an SVG file in the present folder."""
        shown = self.query_one(Lanes).shown
        if shown is None:
            return
        for number in range(1, 1000):
            path = in_this_folder(f"freshtoken-timeline{f'-{number}' if number > 1 else ''}.svg")
            if path.exists():
                continue
            question = f"Save what is shown as {path}?"
            ask = not self.app.is_web  # a browser is handed the file, wherever it was written
            if ask and not await self.app.push_screen_wait(Confirm(question, "Save", safe=False)):
                return
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(as_svg(shown, self.query_one(Lanes).zone))
            except FileExistsError:
                continue
            except OSError as error:
                self.app.notify(f"{path} cannot be written: {error.strerror}.", severity="error")
                return
            self.host.wrote(path, "the picture")
            return

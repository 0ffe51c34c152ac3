"""Rehearsals: what clients did when their credentials went stale, report by report, and what a
client does in a rehearsal that is running.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, DataTable, Static

from freshtoken_tui.commands import local_keys
from freshtoken_tui.widgets.field import Buttons, button
from freshtoken_tui.widgets.notes import MarginNote, show
from freshtoken_tui.widgets.table import RowTable, fill

from .page import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshtoken_rehearsal.kept import KeptRehearsal, KeptScenario

LOOK = 1.0
"""Seconds between two looks at what is running, while the page is shown."""
SCROLLBAR = 1
"""Columns that a table needs beside its own."""
VERDICTS = {
    "pass": ("✓", "pass", "$text-success"),
    "warn": ("!", "warn", "$text-warning"),
    "fail": ("✗", "FAIL", "$text-error bold"),
    "not_applicable": ("-", "n/a", "$foreground 60%"),
    "running": ("▸", "running", "$text-accent"),
    "waiting": ("·", "not run yet", "$foreground 60%"),
}
NOT_KEPT = "The org of this run is not kept."
NO_ORG = {"waiting": "Its org will be created when it runs."}
"""Why a scenario has no org to open, where it is not that none is kept."""
NONE_YET = """\
No rehearsal yet. In a terminal:

  freshtoken rehearse --learn -- python nightly.py

runs your own script, unmodified, through everything that can happen to its credentials, \
and tells whether it would lock its user out."""


class RehearsalsPage(Page):
    """The reports, the scenarios of one, and the sentence of a scenario."""

    TITLE = "Rehearsals"
    FIRST = "#rehearsal-scenarios, #rehearsal-reports"
    HELP = """\
## Rehearsals
`freshtoken rehearse -- COMMAND` runs a client, unmodified, through what can happen to its
credentials: a fresh org for each scenario. Its reports are listed here, the newest first. A
rehearsal that is running comes before them and changes while you look.

**Enter** on a scenario opens the org that the client called: Timeline, Wire and Why show what it
really did. Your own org waits; **l** brings it back. After `--learn` no org is kept.
"""
    BINDINGS = local_keys("rehearsals", ("l", "press('rehearsal-leave')", "Back to my org"))

    _reports: tuple[KeptRehearsal, ...] = ()
    _shown: KeptRehearsal | None = None

    def on_mount(self) -> None:
        """Look for what is running while the page is shown."""
        super().on_mount()
        self._looking = self.set_interval(LOOK, self.look, pause=True)

    def on_show(self) -> None:
        """It is shown."""
        self._looking.resume()

    def on_hide(self) -> None:
        """It is not shown."""
        self._looking.pause()

    def compose(self) -> ComposeResult:
        """The reports and the scenarios of one; what a scenario says."""
        yield MarginNote(id="rehearsal-open")
        with Buttons(id="rehearsal-buttons"):
            yield button("Back to my org", "rehearsal-leave", "primary", key="l")
        with Container(classes="desk"):
            with Vertical(classes="desk-list"):
                yield RowTable("rehearsal-reports", enter_does="Scenarios")
                yield RowTable("rehearsal-scenarios", enter_does="Open its org")
            with VerticalScroll(classes="desk-detail", can_focus=False):
                yield Static(id="rehearsal-about")

    def first_focus(self) -> str:
        """Read when the page is opened."""
        looked_at = self.host.rehearsals.looked_at
        words = f"The org of “{looked_at}” is open." if looked_at else ""
        self.query_one("#rehearsal-open", MarginNote).tell(words)
        self.query_one("#rehearsal-buttons").display = bool(looked_at)
        self._shown = None
        self.load()
        return self.FIRST

    @work(group="rehearsals", exclusive=True)
    async def load(self) -> None:
        """Read the reports outside the event loop."""
        self._list(await self.host.rehearsals.read())

    @work(group="rehearsals-running", exclusive=True)
    async def look(self) -> None:
        """Show what a running rehearsal has done since; read everything again when one began or
        ended.
        """
        before = {one.folder: one.scenarios for one in self._reports if one.under_way}
        now = await self.host.rehearsals.under_way()
        if {one.folder for one in now} != set(before):
            self.load()
        elif any(one.scenarios != before[one.folder] for one in now):
            self._list([*now, *(one for one in self._reports if not one.under_way)])

    def _list(self, found: Sequence[KeptRehearsal]) -> None:
        """List the reports; the one that is looked at stays, or else it is the first."""
        self._reports = tuple(found)
        folders = [one.folder for one in found]
        looked_at = self._shown.folder if self._shown else None
        place = folders.index(looked_at) if looked_at in folders else 0
        self._shown = self._reports[place] if self._reports else None
        reports = self.query_one("#rehearsal-reports", DataTable)
        rows = [_report_row(one) for one in self._reports]
        keys = [str(number) for number in range(len(rows))]
        headings = ("When", "Command", "Pass", "Warn", "Fail")
        fill(reports, headings, rows, keys, room=self._room(reports), flexible=1)
        reports.move_cursor(row=place, animate=False)
        self._show()

    def _show(self) -> None:
        table = self.query_one("#rehearsal-scenarios", DataTable)
        table.display = self._shown is not None
        if self._shown is None:
            show(self.query_one("#rehearsal-about", Static), Content(NONE_YET))
            return
        rows = [_scenario_row(one) for one in self._shown.scenarios]
        headings = ("", "Scenario", "Logins", "Refused", "Counted", "Exit")
        keys = [one.id for one in self._shown.scenarios]
        fill(table, headings, rows, keys, room=self._room(table), flexible=1)

    def on_resize(self) -> None:
        """Names give way before numbers."""
        if self._reports:
            self._list(self._reports)

    @staticmethod
    def _room(table: DataTable[Content]) -> int:
        return table.size.width - SCROLLBAR

    @on(DataTable.RowHighlighted, "#rehearsal-reports")
    def _report(self, event: DataTable.RowHighlighted) -> None:
        # While the list is filled again, the cursor is for a moment on a row that nobody chose.
        chosen = event.cursor_row == event.data_table.cursor_row
        if event.row_key.value is None or not chosen or not self._reports:
            return
        report = self._reports[int(event.row_key.value)]
        if report is not self._shown:
            self._shown = report
            self._show()

    @on(DataTable.RowHighlighted, "#rehearsal-scenarios")
    def _about(self, event: DataTable.RowHighlighted) -> None:
        found = self._scenario(event.row_key.value)
        if found is None:
            return
        glyph, word, style = VERDICTS.get(found.verdict, ("?", found.verdict, ""))
        can_open = "Enter opens the org that the client calls." if found.org else ""
        lines = [
            Content.styled(found.title, "bold"),
            Content.styled(f"{glyph} {word}", style),
            Content(found.sentence),
            *(
                [Content(""), Content.styled("What to change", "bold"), Content(found.advice)]
                if found.advice
                else []
            ),
            Content(""),
            Content.styled(can_open or NO_ORG.get(found.verdict, NOT_KEPT), "$foreground 70%"),
        ]
        show(self.query_one("#rehearsal-about", Static), Content("\n").join(lines))

    @on(DataTable.RowSelected, "#rehearsal-scenarios")
    def _open(self, event: DataTable.RowSelected) -> None:
        event.stop()
        found = self._scenario(event.row_key.value)
        if found is not None and found.org is not None:
            self.host.rehearsals.look(found.title, found.org)
        elif found is not None:
            self.app.notify(NO_ORG.get(found.verdict, NOT_KEPT), severity="warning")

    @on(DataTable.RowSelected, "#rehearsal-reports")
    def _into(self, event: DataTable.RowSelected) -> None:
        event.stop()
        self.query_one("#rehearsal-scenarios").focus()

    @on(Button.Pressed, "#rehearsal-leave")
    def _leave(self) -> None:
        self.host.rehearsals.leave()

    def _scenario(self, key: str | None) -> KeptScenario | None:
        shown = self._shown.scenarios if self._shown else ()
        return next((one for one in shown if one.id == key), None)


def _report_row(one: KeptRehearsal) -> tuple[Content, ...]:
    moment = f"{datetime.fromtimestamp(one.written_at).astimezone():%d %b %H:%M}"
    if one.under_way:
        left = one.count("waiting") + one.count("running")
        moment = f"now, {len(one.scenarios) - left} of {len(one.scenarios)}"
    counts = (Content(f"{one.count(verdict):4}") for verdict in ("pass", "warn", "fail"))
    return (Content(moment), Content(one.command), *counts)


def _scenario_row(one: KeptScenario) -> tuple[Content, ...]:
    glyph, _, style = VERDICTS.get(one.verdict, ("?", "", ""))
    numbers = (one.logins, one.refused, one.counted, one.exit_status)
    return (
        Content.styled(glyph, style),
        Content(one.title),
        *(Content(f"{number:5}" if number is not None else "    -") for number in numbers),
    )

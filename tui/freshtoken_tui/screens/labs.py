"""Labs: the list, with level, minutes and state; Enter opens one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import DataTable, Input, Static

from freshtoken_model.training.labs.progress import next_open
from freshtoken_tui.commands import local_keys
from freshtoken_tui.messages import OpenLab
from freshtoken_tui.widgets.notes import show
from freshtoken_tui.widgets.table import RowTable, fill

from .page import Page

if TYPE_CHECKING:
    from freshtoken_model.training.labs.labs import Lab
    from freshtoken_model.training.labs.progress import Record

STATES = {
    "new": ("○", "$foreground 60%"),
    "started": ("◐", "$text-warning"),
    "solved": ("✓", "$text-success bold"),
    "given up": ("◇", "$foreground 75%"),
}
"""Glyph and colour of the state of a lab."""


class LabsPage(Page):
    """The list of labs."""

    TITLE = "Labs"
    FIRST = "#labs"
    HELP = """\
## Labs
Each lab is a small separate org with a story and goals. Your own org is not touched: it waits
until you come back.
**Enter** opens a lab, or goes on where it was left; **/** searches. The goals tick by themselves,
from whatever door they are reached: here, by a command in another terminal, or by a real client.
"""
    BINDINGS = local_keys(
        "labs",
        ("slash", "search", "Search"),
    )

    _here = ""
    """The id of the lab the cursor is on."""
    _labs: tuple[Lab, ...] = ()
    _records: dict[str, Record] = {}

    def compose(self) -> ComposeResult:
        """Search, list, what the chosen one teaches."""
        with Container(classes="desk"):
            with Vertical(classes="desk-list"):
                yield Input(
                    id="labs-search", placeholder="Search title, level, objectives", compact=True
                )
                yield RowTable("labs", enter_does="Open")
            with VerticalScroll(classes="desk-detail", can_focus=False):
                yield Static(id="labs-about")

    def first_focus(self) -> str:
        """Read the labs each time the page is opened: a command may have gone on with a lab."""
        self.load()
        return self.FIRST

    @work(group="labs", exclusive=True)
    async def load(self) -> None:
        """Read labs and progress."""
        shelf = await self.host.labs.shelf()
        room = self.host.labs.room()
        records = await self.host.off_the_loop(room.progress.records)
        if shelf is not None:
            self._labs, self._records = shelf.labs, records or {}
            self._fill()

    @property
    def shown(self) -> list[Lab]:
        """The labs that the search lets through."""
        words = self.query_one("#labs-search", Input).value.casefold().split()

        def text(lab: Lab) -> str:
            return " ".join((lab.title, lab.id, lab.level, *lab.objectives)).casefold()

        return [lab for lab in self._labs if all(word in text(lab) for word in words)]

    def _fill(self) -> None:
        rows, shown = [], self.shown
        for lab in shown:
            record = self._records.get(lab.id)
            glyph, style = STATES[record.state if record else "new"]
            cells = (
                Content.styled(glyph, style),
                Content(lab.title),
                Content.styled(lab.level, "$foreground 75%"),
                Content.styled(f"{lab.minutes:3}", "$foreground 75%"),
            )
            rows.append(cells)
        table, ids = self.query_one("#labs", DataTable), [lab.id for lab in shown]
        here = self._here or next_open(ids, self._records)
        fill(table, (" ", "Lab", "Level", "min"), rows, ids)
        if here in ids:
            table.move_cursor(row=ids.index(here), animate=False)
        solved = sum(record.state == "solved" for record in self._records.values())
        self.border_title = f"Labs · {solved} of {len(self._labs)} solved"
        if not rows:
            show(self.query_one("#labs-about", Static), "No lab contains these words.")

    def action_search(self) -> None:
        """To the search field."""
        self.query_one("#labs-search").focus()

    @on(Input.Changed, "#labs-search")
    def _searched(self) -> None:
        if self._labs:
            self._fill()

    @on(Input.Submitted, "#labs-search")
    def _to_the_list(self) -> None:
        self.query_one("#labs").focus()

    @on(DataTable.RowHighlighted, "#labs")
    def _about(self, event: DataTable.RowHighlighted) -> None:
        lab = next((one for one in self._labs if one.id == event.row_key.value), None)
        if lab is None:
            return
        if not self.query_one("#labs-search", Input).value:  # a search ends where it began
            self._here = lab.id
        record = self._records.get(lab.id)
        state = record.state if record else "new"
        lines = [Content.styled(f"{lab.title} · {state}", "bold"), Content("You will be able to:")]
        lines += [Content(f"· {objective}") for objective in lab.objectives]
        show(self.query_one("#labs-about", Static), Content("\n").join(lines))

    @on(DataTable.RowSelected, "#labs")
    def _open(self, event: DataTable.RowSelected) -> None:
        event.stop()
        lab = next((one for one in self._labs if one.id == event.row_key.value), None)
        if lab is not None:
            self.post_message(OpenLab(lab))

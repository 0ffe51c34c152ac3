"""Demos: the list. Enter plays one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import DataTable, Static

from freshtoken_model.training.content.sources import cited, sources
from freshtoken_tui.commands import local_keys
from freshtoken_tui.dialogs.modals import ReadingDialog
from freshtoken_tui.messages import PlayDemo
from freshtoken_tui.widgets.demo_bar import DEMO_KEYS
from freshtoken_tui.widgets.notes import show
from freshtoken_tui.widgets.table import RowTable, fill

from .page import Page

if TYPE_CHECKING:
    from freshtoken_model.training.demos.demos import Demo


class DemosPage(Page):
    """The list of demos."""

    TITLE = "Demos"
    FIRST = "#demos"
    HELP = f"""\
## Demos
A demo plays by itself, in the real screens, on its own org: yours is not touched. **Enter**
plays one.

While it plays: {DEMO_KEYS["playing"]}. Any other key takes over at any moment: the keyboard is
yours, and **ctrl+d** picks the demo up again at the step where it was. **ctrl+d** leaves a demo
that plays. Presenter notes on a second terminal: `freshtoken demo notes --follow`.
"""

    BINDINGS = local_keys(
        "demos",
        ("s", "sources", "Sources"),
    )

    _demos: tuple[Demo, ...] = ()

    def compose(self) -> ComposeResult:
        """The list, and what the chosen one shows."""
        with Container(classes="desk"):
            with Vertical(classes="desk-list"):
                yield RowTable("demos", enter_does="Play")
            with VerticalScroll(classes="desk-detail", can_focus=False):
                yield Static(id="demos-about")

    def first_focus(self) -> str:
        """Read when the page is opened."""
        self.load()
        return self.FIRST

    @work(group="demos", exclusive=True)
    async def load(self) -> None:
        """Read the demos and their sources outside the event loop."""
        await self.host.off_the_loop(sources)
        shelf = await self.host.labs.shelf()
        if shelf is None:
            return
        self._demos = shelf.demos
        rows = [
            (Content(d.title), Content.styled(f"{d.minutes:3}", "$foreground 75%"))
            for d in self._demos
        ]
        table, keys = self.query_one("#demos", DataTable), [demo.id for demo in self._demos]
        fill(table, ("Demo", "min"), rows, keys, room=table.size.width - 1, widest=80)

    def _chosen(self, key: str | None) -> Demo | None:
        return next((demo for demo in self._demos if demo.id == key), None)

    @on(DataTable.RowHighlighted, "#demos")
    def _about(self, event: DataTable.RowHighlighted) -> None:
        demo = self._chosen(event.row_key.value)
        if demo is not None:
            chapters = [
                Content(f"{n}  {chapter.title}") for n, chapter in enumerate(demo.chapters, 1)
            ]
            known = Content.styled(f"Known from {len(demo.sources)} sources: s", "$foreground 75%")
            lines = [Content(demo.about), Content(""), *chapters, Content(""), known]
            show(self.query_one("#demos-about", Static), Content("\n").join(lines))

    async def action_sources(self) -> None:
        """Show where the demo is known from."""
        table = self.query_one("#demos", DataTable)
        if not self._demos or table.cursor_row not in range(len(self._demos)):
            return
        demo = self._demos[table.cursor_row]
        text = "\n".join(f"- {line}" for line in cited(demo.sources))
        await self.host.show_dialog(ReadingDialog(text, demo.title))

    @on(DataTable.RowSelected, "#demos")
    def _play(self, event: DataTable.RowSelected) -> None:
        event.stop()
        demo = self._chosen(event.row_key.value)
        if demo is not None:
            self.post_message(PlayDemo(demo))

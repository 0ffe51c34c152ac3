"""Setup, Network Access: the trusted IP ranges of the org."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, DataTable, Input

from freshtoken_tui.commands import local_keys
from freshtoken_tui.widgets.field import button, text_field
from freshtoken_tui.widgets.table import RowTable, fill

from .pane import Pane

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView

RELAXES = (
    "A trusted range blocks nobody: it lets logins in without a token "
    "[DOC trusted-ip-relaxes, trusted-ip-no-token]."
)


class NetworkPane(Pane):
    """Add and remove trusted ranges."""

    BINDINGS = local_keys(
        "network",
        ("x", "remove", "Remove"),
    )
    NOTES = {
        "add-range": f"Add: logins from the range need no token any more, those with one stay "
        f"right. {RELAXES}",
        "remove-range": "Remove: at the next login from the range a token is needed again; open "
        "sessions go on.",
    }

    def compose(self) -> ComposeResult:
        """Table, fields, buttons, note."""
        yield RowTable("ranges")
        yield text_field("Start", "range-first", placeholder="e.g. 203.0.113.0")
        yield text_field("End", "range-last", placeholder="e.g. 203.0.113.255")
        yield text_field("Description", "range-description")
        yield self.buttons(
            button("Add trusted range", "add-range", "primary", key="enter"),
            button("Remove", "remove-range", key="x"),
        )

    def draw(self, picture: OrgView) -> None:
        """The ranges, as they are now."""
        ranges = [
            (Content(r.first), Content(r.last), Content(r.description)) for r in picture.ranges
        ]
        fill(self.query_one("#ranges", DataTable), ("Start", "End", "Description"), ranges)
        self.query_one("#remove-range", Button).disabled = not ranges

    def about(self) -> str:
        """Which networks the ranges make trusted now."""
        trusted = (
            [f"{n.label} {n.address}" for n in self.picture.networks if n.trusted]
            if self.picture
            else []
        )
        return f"{RELAXES} Trusted now: {', '.join(trusted) or 'none of the networks'}."

    @on(Input.Submitted, "#range-first")
    @on(Input.Submitted, "#range-last")
    def _next(self) -> None:
        self.screen.focus_next()

    @on(Button.Pressed, "#add-range")
    @on(Input.Submitted, "#range-description")
    @work(group="setup")
    async def _add(self) -> None:
        first, last, words = (
            self.query_one(f"#range-{n}", Input) for n in ("first", "last", "description")
        )
        values = first.value, last.value, words.value
        if await self.host.org.run_or_toast(lambda org: org.setup.add_trusted_range(*values)):
            for input_ in (first, last, words):
                input_.value = ""
            self.app.notify("Saved.")

    @on(Button.Pressed, "#remove-range")
    @work(group="setup")
    async def action_remove(self) -> None:
        """Remove the range under the cursor."""
        row = self.row_of("#ranges", len(self.picture.ranges)) if self.picture else None
        if self.picture is not None and row is not None:
            number = self.picture.ranges[row].id
            await self.host.org.run_or_toast(lambda org: org.setup.remove_trusted_range(number))

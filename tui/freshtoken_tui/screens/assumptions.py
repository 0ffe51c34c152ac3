"""What public sources leave open. Apart from Setup, because Salesforce has no such switches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.widgets import Select

from freshtoken_model.decision.settings import assumptions
from freshtoken_tui.messages import ChooseSetting
from freshtoken_tui.screens.setup.setting_row import SettingRow, TellsSettings, show_values
from freshtoken_tui.widgets.notes import FixedNote, MarginNote

from .page import Page

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView


class Assumptions(TellsSettings, Page):
    """Every row of assumptions.toml: default, alternatives, mark, sources."""

    TITLE = "Assumptions"
    FIRST = "Select"
    HELP = """\
## Assumptions
Where official pages contradict each other or say nothing, freshtoken had to choose. Five choices
can be switched here; the others are constants with a label. Each row says how its source is known:
official, captured, third parties, inferred, from memory, sources disagree, measured here, ours.
"""

    def compose(self) -> ComposeResult:
        """The switchable ones first."""
        yield FixedNote(classes="-settings")
        yield MarginNote(
            "Salesforce has no such switches: they say what freshtoken does where public "
            "sources leave it open.",
            id="assumptions-about",
        )
        for setting in sorted(assumptions(), key=lambda s: not s.choices):
            yield SettingRow(setting, self.host.org.setting(setting.name))

    def first_focus(self) -> str:
        """The first picklist; its label and what is above it stay in sight."""
        self.call_after_refresh(self.scroll_home, animate=False)
        return self.FIRST

    def draw(self, picture: OrgView) -> None:
        """Show the values of the org in the picklists."""
        show_values(self, picture.values)

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        name = str(event.select.id).removeprefix("set-")
        if isinstance(event.value, str) and self.host.org.setting(name) != event.value:
            self.post_message(ChooseSetting(name, event.value))

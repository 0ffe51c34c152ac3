"""A setting of Setup or Assumptions: its label, its picklist, and where it is known from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.events import DescendantFocus
from textual.widget import Widget
from textual.widgets import Label, Select

from freshtoken_model.decision.words import MARKS
from freshtoken_model.training.content.sources import behind, readable
from freshtoken_model.values.citations import marks_in_words
from freshtoken_tui.commands import local_keys
from freshtoken_tui.dialogs.modals import ReadingDialog
from freshtoken_tui.host import Hosted
from freshtoken_tui.widgets.notes import QUIET, FixedNote, MarginNote, sourced
from freshtoken_tui.widgets.plain import Picklist

if TYPE_CHECKING:
    from textual.widget import Widget as Base

    from freshtoken_model.decision.settings import Setting
else:
    Base = object


class SettingRow(Hosted, Vertical):
    """One setting: its label, its picklist, and where it is known from."""

    BINDINGS = local_keys("setting", ("s", "sources", "Sources"))

    def __init__(
        self,
        setting: Setting,
        value: str | None,
        changes: str = "",
        *,
        prefix: str = "set",
        org_value: str | None = None,
    ) -> None:
        """`value`: what stands now; a picklist mounted with anything else would save it.

        `changes`: what another choice does, told while the picklist is in focus. `org_value`: the
        setting is a profile's own, and its first choice is the org's, which has this value.
        """
        super().__init__()
        self._setting, self._value, self._changes = setting, value, changes
        self._prefix, self._org_value = prefix, org_value

    def compose(self) -> ComposeResult:
        """Label and picklist; for a constant the reason and its source instead."""
        setting, value = self._setting, self._value
        yield Label(Content.styled(setting.label, "bold"))
        if setting.choices:
            options = [(label, choice) for choice, label in setting.choices]
            if self._org_value is not None:
                options.insert(0, (org_choice(setting, self._org_value), ""))
            else:
                value = value or setting.default
            ident = f"{self._prefix}-{setting.name}"
            yield Picklist(options, id=ident, allow_blank=False, value=value or "", compact=True)
        else:
            known = f" ({MARKS[setting.mark]}) {readable(setting.source)}"
            yield MarginNote(Content.assemble(marks_in_words(setting.why), (known, QUIET)))

    def about(self) -> Content:
        """Which setting it is, what another choice changes, why freshtoken has it, and where that
        is known from: what a note tells while the picklist has the focus.
        """
        setting = self._setting
        name = Content.styled(f"{setting.label}: ", "bold")
        told = sourced(self._changes or setting.why, setting.mark, MARKS[setting.mark])
        if self._changes and setting.why and self._org_value is None:
            told += f" {marks_in_words(setting.why)}"
        return name + told

    async def action_sources(self) -> None:
        """Show the whole note, where the setting and its values are known from, and each source."""
        setting = self._setting
        told = [marks_in_words(text) for text in (self._changes, setting.why) if text]
        told.append(f"Known from: {readable(setting.source)}")
        told.append(behind(f"{setting.source} {self._changes}"))
        await self.host.show_dialog(ReadingDialog("\n\n".join(told), setting.label))

    def on_descendant_focus(self) -> None:
        """The label is seen with its picklist."""
        self.call_after_refresh(self.scroll_visible, animate=False, immediate=True)


def setting_of(focused: Widget | None) -> SettingRow | None:
    """The setting whose picklist, or the open list of it, has the focus."""
    above = focused.ancestors if focused is not None else ()
    return next((node for node in above if isinstance(node, SettingRow)), None)


class TellsSettings(Base):
    """A page or dialog whose FixedNote tells of the setting in focus."""

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Tell of it."""
        row = setting_of(event.widget)
        if row is not None:
            self.query_one(FixedNote).tell(row.about())


def org_choice(setting: Setting, value: str) -> str:
    """A profile's first choice: the org's value."""
    return f"the org's: {setting.words(value)}"


def show_values(page: DOMNode, values: dict[str, str], prefix: str = "set") -> None:
    """Put the present values into the picklists of a page."""
    for select in page.query(Select).results(Select):
        kind, _, name = str(select.id).partition("-")
        value = values.get(name)
        if kind != prefix or value is None or select.value == value:
            continue
        if not select.query(
            "SelectCurrent > #label"
        ):  # still being made: Textual's own parts are not there yet
            select.call_after_refresh(show_values, page, values, prefix)
            continue
        with select.prevent(Select.Changed):
            select.value = value

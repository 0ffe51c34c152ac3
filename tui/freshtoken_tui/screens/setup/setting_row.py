"""A setting of Setup or Assumptions: its label, its picklist, and where it is known from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.widgets import Label, Select

from freshtoken_model.decision.words import MARKS
from freshtoken_model.training.content.sources import behind, readable
from freshtoken_model.values.citations import marks_in_words
from freshtoken_tui.commands import local_keys
from freshtoken_tui.dialogs.modals import ReadingDialog
from freshtoken_tui.host import Hosted
from freshtoken_tui.widgets.notes import QUIET, MarginNote, sourced
from freshtoken_tui.widgets.plain import Picklist

if TYPE_CHECKING:
    from freshtoken_model.decision.settings import Setting


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
        """Label and picklist (none for a constant), what another choice changes, and its source."""
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
        """What another choice changes, why freshtoken has the setting, and where that is known
        from: what a note tells while the picklist has the focus.
        """
        setting = self._setting
        told = [(text, setting.mark) for text in (self._changes,) if text]
        if setting.why and self._org_value is None:
            told.append((setting.why, "" if self._changes else setting.mark))
        return Content("\n").join(
            sourced(text, mark, MARKS[mark]) if mark else Content(marks_in_words(text))
            for text, mark in told
        )

    async def action_sources(self) -> None:
        """Show where the setting, its values and its effect are known from."""
        text = behind(f"{self._setting.source} {self._changes}")
        await self.host.show_dialog(ReadingDialog(text, self._setting.label))

    def on_descendant_focus(self) -> None:
        """The label is seen with its picklist."""
        self.call_after_refresh(self.scroll_visible, animate=False, immediate=True)


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

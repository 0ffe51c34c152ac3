"""The dialogs of Setup: fields, what saving will change, what the org refused. Nothing typed is
lost by a refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from freshtoken_tui.commands import local_keys
from freshtoken_tui.host import Hosted
from freshtoken_tui.widgets.field import Buttons, Field, button
from freshtoken_tui.widgets.notes import MarginNote, show
from freshtoken_tui.widgets.plain import Picklist
from freshtoken_tui.widgets.scroll import UnanimatedScroll

if TYPE_CHECKING:
    from freshtoken_model.org import Org


def show_refusal(words: str) -> Content:
    """A refusal, as every dialog shows it."""
    return Content.styled(f"✗ {words}", "$text-error") if words else Content("")


class Dialog(Hosted, ModalScreen[Any]):
    """What every dialog of Setup has: low windows, the app, a line for what was refused."""

    # whole: Textual looks for a name beside the module of the subclass, in screens/setup/
    CSS_PATH = Path(__file__).with_name("modals.tcss")
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-tall")]

    @property
    def is_open(self) -> bool:
        """Whether it is still on the screen, where what is shown is shown."""
        return self in self.app.screen_stack

    def say(self, words: str) -> None:
        """What was refused, where it is seen; nothing when all is well."""
        if not self.is_open:
            return
        said = self.query_one("#form-said", Static)
        show(said, show_refusal(words))
        if words:
            self.call_after_refresh(said.scroll_visible, animate=False)


class Form(Dialog):
    """One dialog to fill in. Enter in a field, or Save, saves; Escape leaves everything as it
    was.
    """

    BINDINGS = local_keys(
        "form",
        ("escape", "cancel", "Cancel"),
    )
    SAVE: ClassVar[str] = "Save"

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title, self._saving = title, False

    def fields(self) -> ComposeResult:
        """What is filled in."""
        yield from ()

    def changes(self) -> str:
        """What saving will change, from what is filled in now."""
        return ""

    def use_case(self) -> Callable[[Org], Any]:
        """What saving does. Raises ValueError for what was typed wrong."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Title, fields, what saving changes, what was refused."""
        with UnanimatedScroll(classes="dialog -form"):
            yield Label(Content.styled(self._title, "bold"))
            yield from self.fields()
            yield MarginNote(id="form-changes")
            yield Static(id="form-said", classes="-empty")
            with Buttons():
                yield button(self.SAVE, "form-save", "primary", key="enter")
                yield button("Cancel", "form-cancel", key="esc")

    def on_mount(self) -> None:
        """Say what saving changes."""
        self.tell()

    def value(self, name: str) -> str:
        """What a field holds; a picklist without a choice holds nothing."""
        field = self.query_one(f"#{name}")
        if isinstance(field, Select):
            return "" if field.value is Select.NULL else str(field.value)
        return cast(Input, field).value.strip()

    def tell(self) -> None:
        """Say what saving changes."""
        self.query_one("#form-changes", MarginNote).tell(self.changes())

    @on(Input.Changed)
    @on(Select.Changed)
    def _filled_in(self) -> None:
        self.tell()
        self.say("")

    @on(Button.Pressed, "#form-cancel")
    def action_cancel(self) -> None:
        """Leave everything as it was; what is being saved is waited for, so that it is seen what
        comes of it.
        """
        if not self._saving:
            self.dismiss(None)

    @on(Input.Submitted)
    @on(Button.Pressed, "#form-save")
    @work(group="form")
    async def _save(self) -> None:
        if self._saving:
            return
        self._saving = True
        try:
            answer, error = await self.host.org.run(self.use_case())
        except ValueError as wrong:
            answer, error = None, str(wrong)
        finally:
            self._saving = False
        if error:
            self.say(error)
        elif self.is_open:
            self.dismiss(answer)


def picklist(label: str, id: str, options: list[tuple[str, str]], value: str) -> Field:
    """A field to choose in."""
    return Field(label, Picklist(options, id=id, allow_blank=False, value=value, compact=True))

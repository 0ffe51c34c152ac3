"""A user's permissions, as an admin gives and takes them; and the user's simulated authenticator,
which shows codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Label, OptionList, Static
from textual.widgets.option_list import Option

from freshtoken_model.accounts.users import PERMISSIONS
from freshtoken_model.decision.authenticator import STEP
from freshtoken_tui.commands import local_keys
from freshtoken_tui.dialogs.forms import Dialog
from freshtoken_tui.widgets.button_grid import ButtonGrid
from freshtoken_tui.widgets.field import button
from freshtoken_tui.widgets.notes import MarginNote, show
from freshtoken_tui.widgets.scroll import UnanimatedScroll

from .words import PERMITS

if TYPE_CHECKING:
    from freshtoken_model.org import Org
    from freshtoken_model.values.records import User

NONE = "No authenticator is registered."


class Permissions(Dialog):
    """Enter gives or takes a permission at once; a registers an authenticator, as the user would; c
    copies its code.
    """

    BINDINGS = local_keys(
        "permissions",
        ("escape", "dismiss(None)", "Close"),
        ("a", "register", "Register authenticator"),
        ("c", "copy", "Copy code"),
    )

    def __init__(self, user: User) -> None:
        super().__init__()
        self._user, self._code = user, ""

    def compose(self) -> ComposeResult:
        """The permissions, and the authenticator."""
        with UnanimatedScroll(classes="dialog -form"):
            yield Label(Content.styled(f"Permissions of {self._user.username}", "bold"))
            yield OptionList(*self._options(), compact=True)
            yield MarginNote(id="permission-note")
            yield Static(id="form-said", classes="-empty")
            yield Static(id="authenticator-said")
            with ButtonGrid():
                yield button("Register authenticator", "register", key="a")
                yield button("Copy code", "copy", key="c")
                yield button("Close", "form-cancel", "primary", key="esc")

    def on_mount(self) -> None:
        """The first permission; the code as it changes."""
        self.query_one(OptionList).focus()
        self.query_one("#copy", Button).disabled = True
        self.set_interval(1.0, self._show_code)
        self._show_code()

    @work(group="code", exclusive=True)
    async def _show_code(self) -> None:
        name = self._user.username

        def code(org: Org) -> tuple[str, int]:
            shown = org.users.authenticator_code(name) if org.users.get(name).authenticator else ""
            return shown, STEP - org.clock.read().seen_org % STEP

        found, _ = await self.host.org.run(code, refresh=False)
        if found is None or not self.is_open:
            return
        self._code, left = found
        words = (
            f"The authenticator shows {self._code} for {left // 1000} more seconds of org time."
            if self._code
            else NONE
        )
        show(self.query_one("#authenticator-said", Static), words)
        self.query_one("#copy", Button).disabled = not self._code

    def _options(self) -> list[Option]:
        held = {name: getattr(self._user, column) for name, (column, _) in PERMISSIONS.items()}
        return [
            Option(Content(f"{'✓ has  ' if held[name] else '○ lacks'}  {label}"), id=name)
            for name, (_, label) in PERMISSIONS.items()
        ]

    def _held(self, name: str) -> bool:
        return bool(getattr(self._user, PERMISSIONS[name][0]))

    @on(OptionList.OptionHighlighted)
    def _tell(self) -> None:
        permissions = self.query_one(OptionList)
        option = permissions.highlighted_option
        if option is not None:
            key = "takes" if self._held(str(option.id)) else "gives"
            self.query_one("#permission-note", MarginNote).tell(
                f"{PERMITS[str(option.id)]} Enter {key} it at once."
            )

    @on(OptionList.OptionSelected)
    @work(group="permissions")
    async def _toggle(self, event: OptionList.OptionSelected) -> None:
        name, username = str(event.option_id), self._user.username
        granted = not self._held(name)
        changed, error = await self.host.org.run(
            lambda org: org.users.permit(username, name, granted)
        )
        found = changed or await self.host.org.run_or_toast(lambda org: org.users.get(username))
        self.say(error)
        if found is not None and self.is_open:
            self._user = found
            for option in self._options():
                event.option_list.replace_option_prompt(str(option.id), option.prompt)
            self._tell()

    @on(Button.Pressed, "#register")
    @work(group="permissions")
    async def action_register(self) -> None:
        """The user registers an authenticator; the secret is shown once."""
        username = self._user.username
        secret = await self.host.org.run_or_toast(
            lambda org: org.users.register_authenticator(username)
        )
        if secret:
            self.app.notify(f"Secret for a real authenticator app: {secret}", timeout=20)
            self._show_code()

    @on(Button.Pressed, "#copy")
    def action_copy(self) -> None:
        """The code, for the client's token field."""
        if self._code:
            self.host.copy(self._code, "The code")

    @on(Button.Pressed, "#form-cancel")
    def _close(self) -> None:
        self.dismiss(None)

"""A user's permissions, as an admin gives and takes them; and the user's simulated authenticator."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Label, OptionList, Static
from textual.widgets.option_list import Option

from freshtoken_tui.widgets.field import Buttons, button
from freshtoken_tui.widgets.notes import MarginNote, show

if TYPE_CHECKING:
    from freshtoken_model.org import Org
    from freshtoken_model.records import User
    from freshtoken_tui.app import FreshtokenApp

EFFECTS = (
    "API Only User: no user interface, and the token reset is not offered. MFA for API Logins: the authenticator's code in"
    " the token's place, once one is registered."
)


class Permissions(ModalScreen[None]):
    """Enter gives or takes a permission at once; a registers an authenticator, as the user would."""

    CSS_PATH = "modals.tcss"
    BINDINGS = [("escape", "dismiss", "Close"), ("a", "register", "Register authenticator")]

    def __init__(self, user: User) -> None:
        super().__init__()
        self._user = user

    @property
    def desk(self) -> FreshtokenApp:
        """The app, typed."""
        return cast("FreshtokenApp", self.app)

    def compose(self) -> ComposeResult:
        """The permissions, and the authenticator."""
        with Vertical(classes="dialog"):
            yield Label(Content.styled(f"Permissions of {self._user.username}", "bold"))
            yield OptionList(*self._options(), compact=True)
            yield MarginNote(EFFECTS)
            yield Static(id="authenticator-said")
            with Buttons():
                yield button("Register authenticator", "register", key="a")
                yield button("Close", "close", "primary", key="esc")

    def on_mount(self) -> None:
        """Say what the authenticator shows."""
        self.query_one(OptionList).focus()
        self._show_code()

    @work(group="permissions")
    async def _show_code(self) -> None:
        name = self._user.username

        def code(org: Org) -> str:
            return org.users.authenticator_code(name) if org.users.get(name).authenticator else ""

        shown, _ = await self.desk.attempt(code, refresh=False)
        words = f"The authenticator shows {shown}, by org time." if shown else "No authenticator is registered."
        show(self.query_one("#authenticator-said", Static), words)

    def _options(self) -> list[Option]:
        from freshtoken_model.users import PERMISSIONS

        held = {name: getattr(self._user, column) for name, (column, _) in PERMISSIONS.items()}
        return [
            Option(Content(f"{'✓ has  ' if held[name] else '○ lacks'}  {label}"), id=name)
            for name, (_, label) in PERMISSIONS.items()
        ]

    @on(OptionList.OptionSelected)
    @work(group="permissions")
    async def _toggle(self, event: OptionList.OptionSelected) -> None:
        from freshtoken_model.users import PERMISSIONS

        name = str(event.option_id)
        granted = not getattr(self._user, PERMISSIONS[name][0])
        changed = await self.desk.ask(lambda org: org.users.permit(self._user.username, name, granted))
        if changed is not None:
            self._user = changed
            for option in self._options():
                event.option_list.replace_option_prompt(str(option.id), option.prompt)

    @work(group="permissions")
    async def action_register(self) -> None:
        """The user registers an authenticator; the secret is shown once."""
        secret = await self.desk.ask(lambda org: org.users.register_authenticator(self._user.username))
        if secret:
            self.app.notify(f"Secret for a real authenticator app: {secret}", timeout=20)
            self._show_code()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "register":
            self.action_register()
        else:
            self.dismiss()

"""The app: themes, palette, commands, and who is logged in. Screens and rules live elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import work
from textual.app import SystemCommand
from textual.screen import Screen
from textual.widgets import Input, Select

from freshtoken_tui.parts.demo import DemoApp
from freshtoken_tui.screens.home import Home
from freshtoken_tui.screens.main_screen import Desk

from .commands import COMMANDS, bindings
from .settings import Settings
from .themes import OFFERED, THEMES

if TYPE_CHECKING:
    from freshtoken_model.decision.credentials import Hashing

    from .view import Picture

PERSONAL = {"change_password": "Change My Password", "reset_token": "Reset My Security Token"}
"""Pages of who is logged in; without a login they wait behind it."""


class FreshtokenApp(DemoApp):
    """freshtoken in a terminal."""

    TITLE = "freshtoken"
    BINDINGS = bindings()
    begins_with: Callable[[FreshtokenApp], object] | None = None
    """What to do as soon as the app is furnished."""
    CSS_PATH = ["app.tcss", "screens/main_screen.tcss", "screens/home.tcss"]
    """What the first paint needs; here, because the default screen's own would be read too late for
    it.
    """

    def __init__(self, path: Path, hashing: Hashing | None = None, may_make: bool = False) -> None:
        super().__init__(path, hashing, may_make)
        self.settings = Settings.load()
        for theme in THEMES:
            self.register_theme(theme)
        self._missing = False
        self._wish = "home"
        """Where the next login leads."""
        self.theme = (
            self.settings.theme if self.settings.theme in self.available_themes else OFFERED[0]
        )

    def get_default_screen(self) -> Screen[None]:
        """The desk, without a mode switch before the first paint."""
        return Desk()

    def on_mount(self) -> None:
        """The frame is painted first; the org follows."""
        self.heed_signals()
        self.set_keymap(self.settings.keys)
        self.call_after_refresh(self._open_org)

    @work(group="open")
    async def _open_org(self) -> None:
        if not await self.open():
            self.exit(return_code=3)
            return
        with self.batch_update():
            await self.desk.furnish_page()
            await self.refresh_picture()
        self.know_what_is_there()
        await self.recognise_lab()
        await self.open_client()
        with self.batch_update():
            await self.desk.furnish_client()
        self.follow()
        self.set_interval(1.0, self._tick)
        self.theme_changed_signal.subscribe(self, lambda theme: self._keep(theme=theme.name))
        if self.begins_with is not None:
            self.begins_with(self)
        elif self.settings.problem:
            self.notify(self.settings.problem, severity="warning", timeout=10)
        elif not self.settings.welcomed:
            self._keep(welcomed=True)
            self.action_welcome()

    def watch_picture(self, picture: Picture | None) -> None:
        """Draw it."""
        if picture is not None and self.is_running and self.screen_stack:
            self._tick()
            self.desk.draw(picture)
            super().watch_picture(picture)

    def _tick(self) -> None:
        from freshtoken_model.values.clock import at, wall_clock

        if self.picture is None or not self.is_running or not self.screen_stack:
            return
        now = self.picture.clock.now(wall_clock())
        self.desk.header.moment = f"{at(now, self.picture.info.time_zone):%a %d %b %Y %H:%M}"
        if self.picture.due is not None and self.picture.due <= now:
            self._touch()
        if not self._missing and (trouble := self.file_trouble()):
            self._missing = True
            self.notify(trouble, severity="error", timeout=60)

    def _keep(self, **changes: str | bool) -> None:
        try:
            self.settings.save(**changes)
        except OSError as error:
            self.notify(f"Your settings could not be saved: {error.strerror}", severity="warning")

    def copy(self, text: str, what: str) -> None:
        """Into the clipboard of the terminal (OSC 52) and of this machine, with a toast. Nothing
        that a demo types.
        """
        from .clipboard import copy_locally

        if self.player is not None:
            self.notify("While a demo plays, nothing is copied.")
            return

        self.copy_to_clipboard(text)
        copy_locally(text)
        self.notify(f"{what}: copied.")

    # ---- Logging in to the user interface
    # ---------------------------------------------------------------------------

    def after_login(self) -> None:
        """Where a login leads: with an expired password straight to changing it."""
        expired = (
            self.picture is not None
            and self.picture.viewer_session
            and self.picture.viewer_session.password_expired
        )
        if expired:
            self.notify("The password has expired: it must be changed first.", severity="warning")
        wish, self._wish = self._wish, "home"
        self.action_page("change_password" if expired else wish)

    def session_ended(self) -> None:
        """A page of who is logged in makes room for the Login screen, and comes back behind it."""
        name = (self.desk.page.id or "").removeprefix("page-")
        if name in PERSONAL:
            self.action_page(name)

    @work(group="login")
    async def log_out(self) -> None:
        """End the session."""
        viewer, self.viewer = self.viewer, None
        if viewer is not None:
            await self.ask(lambda org: org.sessions.end(viewer.session_id))
        self.action_page("home")

    @work(group="login")
    async def switch_to(self, username: str) -> None:
        """Log in as somebody else, with the demo password while it stands; else ask on the Login
        screen.
        """
        user = (
            next((u for u in self.picture.users if u.username == username), None)
            if self.picture
            else None
        )
        if user is None or self.picture is None:
            return
        refusal = ("", "")
        if user.demo_password:
            refusal = await self.log_in(
                user.username, user.demo_password, self.picture.networks[0].name
            ) or ("", "")
        if self.viewer is not None and self.viewer.username == username:
            self.after_login()
            return
        self.viewer = None
        await self.refresh_picture()
        page = await self.open_page("home")
        page.query_one("#login-username", Input).value = username
        if refusal[1]:
            self.notify(refusal[1], severity="warning")

    # ---- Commands
    # ----------------------------------------------------------------------------------------------

    @work(group="page")
    async def action_page(self, name: str) -> None:
        """Open a page, from wherever we are."""
        if name in PERSONAL and self.picture is not None and self.picture.viewer is None:
            self._wish = name
            await self.open_page("home")
            self.desk.query_one(Home).say(f"Log in first; then {PERSONAL[name]} opens.", bad=False)
            return
        await self.open_page(name)

    def action_labs(self) -> None:
        """The open lab; without one, the list."""
        self.action_page("lab" if self.lab is not None else "labs")

    def action_exam(self) -> None:
        """The experiment on the stage; without one, what there is to practise."""
        self.action_page("proof" if self.proof is not None else "exam")

    @work(group="help")
    async def action_help(self) -> None:
        """Help for the focused thing: the page or the API client."""
        from freshtoken_tui.dialogs.modals import Reading

        from .commands import key_list

        focused = self.desk.focused
        helps = (
            [w.HELP for w in focused.ancestors_with_self if getattr(w, "HELP", None)]
            if focused
            else []
        )
        text = (helps[0] if helps else self.desk.page.HELP) or ""
        legend = "▌ A bar in the margin: freshtoken's own note. Salesforce does not show it."
        await self.show_dialog(Reading(f"{text}\n{legend}\n\n## Keys\n{key_list()}\n", "Help"))

    @work(group="help")
    async def action_welcome(self) -> None:
        """The story in one screen."""
        import freshtoken_data
        from freshtoken_tui.dialogs.modals import Reading

        await self.show_dialog(Reading(freshtoken_data.text("welcome.md"), "The story"))

    def action_client(self) -> None:
        """To the API client and back."""
        self.desk.toggle_client()

    def action_client_login(self) -> None:
        """The API client logs in."""
        if self.pane is not None:
            self.pane.log_in()

    def action_client_query(self) -> None:
        """The API client queries."""
        if self.pane is not None:
            self.pane.query_org()

    def action_client_paste(self) -> None:
        """The newest mailed token goes into the API client."""
        if self.pane is not None:
            self.pane.paste_newest_token()

    def action_client_tab(self) -> None:
        """The next tab of the API client."""
        if self.pane is not None:
            self.pane.next_tab()

    def action_reveal(self) -> None:
        """Secrets in clear, or as dots."""
        if self.pane is not None:
            self.pane.revealed = not self.pane.revealed
            self.notify("Secrets are shown." if self.pane.revealed else "Secrets are dots again.")

    @work(group="over")
    async def action_start_over(self) -> None:
        """Set the org back to the training org."""
        from freshtoken_tui.dialogs.modals import Confirm

        question = (
            "Set this org back to the training org? Everything done in it is gone, for "
            "other processes too."
        )
        if await self.push_screen_wait(Confirm(question, "Start over")):
            self.viewer = None
            _, error = await self.attempt(lambda org: org.reset())
            if error:
                self.notify(error, severity="error")
            self.action_page("home")

    @work(group="setting")
    async def _choose(self, name: str, value: str) -> None:
        changed, error = await self.attempt(lambda org: org.setup.choose(name, value))
        if error:
            self.notify(error, severity="error")
            self.desk.page.mutate_reactive(DemoApp.picture)
        elif changed:
            self.notify("Saved.")

    def setting_value(self, name: str) -> str | None:
        """What a setting stands at."""
        return self.picture.values.get(name) if self.picture else None

    def choose(self, event: Select.Changed) -> None:
        """A picklist of Setup or Assumptions was changed."""
        name, value, picture = str(event.select.id).removeprefix("set-"), event.value, self.picture
        if picture is not None and isinstance(value, str) and picture.values.get(name) != value:
            self._choose(name, value)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette: every command, user and client; Textual's own for themes and screenshots."""
        for command in COMMANDS:
            if command.palette:
                key = f" ({command.key})" if command.key else ""
                action = command.action
                yield SystemCommand(
                    command.label,
                    command.help + key,
                    lambda a=action: self.call_later(self.run_action, a),
                )
        for user in self.picture.users if self.picture else ():
            name = user.username
            yield SystemCommand(f"Switch to {name}", user.purpose, lambda n=name: self.switch_to(n))
        for client in self.picture.clients if self.picture else ():
            number = client.id
            yield SystemCommand(
                f"API client: {client.name}",
                f"as {client.username}",
                lambda n=number: self.show_client(n),
            )
        for system in super().get_system_commands(screen):
            if system.title in ("Theme", "Screenshot"):
                yield system

"""Setup, the admin's side: a page of tabs. Each tab has a file beside this one:
users.py, profiles.py ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.app import ComposeResult
from textual.events import DescendantFocus
from textual.geometry import Offset, Region
from textual.widgets import Button, DataTable, Select, TabbedContent, TabPane, Tabs

from freshtoken_model.decision.settings import PASSWORDS, SESSIONS
from freshtoken_tui.commands import local_keys
from freshtoken_tui.dialogs.modals import Confirm
from freshtoken_tui.messages import ChooseSetting
from freshtoken_tui.screens.page import Page
from freshtoken_tui.screens.setup.setting_row import SettingRow, show_values
from freshtoken_tui.widgets.field import button
from freshtoken_tui.widgets.notes import FixedNote
from freshtoken_tui.widgets.scroll import UNANIMATED

from .api import ApiPane
from .calendar import CalendarPane
from .integrations import IntegrationsPane
from .network import NetworkPane
from .pane import Pane
from .profiles import ProfilesPane
from .users import UsersPane

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView

__all__ = ["SettingRow", "SetupPage", "show_values"]

EXPIRE = (
    "Expire All Passwords: everybody must change the password at the next login, but who has "
    "Password Never Expires"
    " [DOC expire-all-passwords]. It asks first."
)
QUESTION = (
    "Expire all passwords? Everybody but who has Password Never Expires must change the password "
    "at the next login, and each"
    " change kills the security token. API clients are still let in, and then nothing but "
    "setPassword() works."
)


class PasswordsPane(Pane):
    """Password Policies, and Expire All Passwords."""

    NOTES = {"expire-all": EXPIRE}

    def compose(self) -> ComposeResult:
        """Picklists, then the button."""
        yield from self.settings(PASSWORDS)
        yield self.buttons(button("Expire All Passwords", "expire-all"))

    @on(Button.Pressed, "#expire-all")
    @work(group="setup")
    async def _expire(self) -> None:
        if await self.app.push_screen_wait(Confirm(QUESTION, "Expire All Passwords")):
            affected = await self.host.org.run_or_toast(
                lambda org: org.admin.expire_all_passwords()
            )
            if affected:
                users = "user" if affected == 1 else "users"
                self.app.notify(f"{affected} {users} must change the password at the next login.")


class SessionsPane(Pane):
    """The tab Session Settings."""

    def compose(self) -> ComposeResult:
        """Compose a picklist for each setting."""
        yield from self.settings(SESSIONS)


TABS: tuple[tuple[str, str, type[Pane]], ...] = (
    ("Users", "setup-users", UsersPane),
    ("Profiles", "setup-profiles", ProfilesPane),
    ("Passwords", "setup-passwords", PasswordsPane),
    ("Network", "setup-network", NetworkPane),
    ("Sessions", "setup-rest", SessionsPane),
    ("API", "setup-api", ApiPane),
    ("Integrations", "setup-integrations", IntegrationsPane),
    ("Calendar", "setup-calendar", CalendarPane),
)


class SetupPage(Page):
    """The page Setup, with a tab for each group of settings."""

    TITLE = "Setup"
    FIRST = "#users"
    BINDINGS = local_keys(
        "setup", *((str(number), f"tab({number})", tab[0]) for number, tab in enumerate(TABS, 1))
    )
    HELP = """\
## Setup
1 to 8, or the arrows on the tabs, go from tab to tab. Letters on the buttons work while no field is
typed in; a button in focus says what it does before it is pressed.
- **Users**: Unlock ends a lockout and keeps password and token. Reset Password ends the lockout,
  the password and the token, and mails a link [DOC lockout-unlock-keeps-token, admin-reset-link].
  Freeze stops logins at once.
  Auto-Freeze is what Salesforce does by itself [DOC freeze-login-anomaly-kb].
  Permissions: API Enabled, API
  Only User, Use Any
  API Auth, MFA for API Logins, Password Never Expires, and the authenticator. Enter edits.
- **Profiles**: login hours [DOC login-hours-denied], login IP ranges, which block outside and
  ask for no token inside [DOC profile-ip-blocks], and a profile's own password policies
  [DOC policy-profile-wins].
- **Passwords** (Password Policies): Setup's own labels and defaults
  [DOC policy-defaults, lockout-attempts-setting, lockout-period-setting]. A change is saved
  at once; a new minimum
  length applies at the next password change. Expire All Passwords is at the end.
- **Network** (Network Access): trusted IP ranges relax (no token needed inside); they block nobody
  [DOC trusted-ip-relaxes].
- **Sessions** (Session Settings): session timeout, sessions at an admin's reset, login IP ranges on
  every request.
- **API** (User Interface; OAuth and OpenID Connect Settings): SOAP API login(), the
  username-password flow, idle refresh
  tokens, and the connected apps. Also where real clients call from (ctrl+s opens the ports).
- **Integrations**: API clients that run by themselves; Show opens one in the API client pane.
- **Calendar**: what Salesforce retires when, by org time, and what the release an org was made in
  changes. Below it the dated changes, with their sources: those of this org, then the news.
"""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._going_in = False
        """A tab that was turned to by its number gets the focus; by an arrow on the bar the bar
        keeps it.
        """

    def compose(self) -> ComposeResult:
        """A tab for each of Setup's pages. All but the first are filled when they are turned to: it
        opens faster so.
        """
        yield FixedNote()
        with TabbedContent():
            for label, ident, pane in TABS:
                with TabPane(label, id=ident):
                    if pane is UsersPane:
                        yield pane()

    def on_mount(self) -> None:
        """In whose place one acts here, and how to get from tab to tab where the bar is cut."""
        super().on_mount()
        self.border_subtitle = f"you act as the org's admin · 1-{len(TABS)} tabs"

    def scroll_to_region(self, region: Region, *args: Any, **options: Any) -> Offset:
        """As Textual does, without an animation. (Of two base classes Textual's CSS would see the
        first only.)
        """
        return super().scroll_to_region(region, *args, **(options | UNANIMATED))

    def draw(self, picture: OrgView) -> None:
        """The values of all tabs, and the one in front."""
        show_values(self, picture.values)
        for pane in self._panes():
            pane.show(picture)
        self._tell()

    @on(DescendantFocus)
    @on(DataTable.RowHighlighted)
    def _tell(self) -> None:
        """Tell of what has the focus."""
        for pane in self._panes():
            self.query_one(FixedNote).tell(pane.told(self.screen.focused))

    def _panes(self) -> list[Pane]:
        """The pane in front, once it is there."""
        active = self.query_one(TabbedContent).active
        return list(self.query(f"#{active} Pane").results(Pane)) if active else []

    @on(TabbedContent.TabActivated)
    async def _turned(self, event: TabbedContent.TabActivated) -> None:
        kinds = {ident: kind for _, ident, kind in TABS}
        if not event.pane.query(Pane):
            await event.pane.mount(kinds[str(event.pane.id)]())
        note = self.query_one(FixedNote)
        note.set_class(bool(event.pane.query(SettingRow)), "-settings")
        note.set_class(bool(event.pane.query(UsersPane)), "-short")
        if self.picture is not None:
            self.draw(self.picture)
        if self._going_in:
            self._going_in = False
            self.call_after_refresh(self._enter)

    def first_focus(self) -> str:
        """Into the tab that is in front; to the users while one of them is locked out."""
        if not self.query(TabbedContent):
            return self.FIRST
        tabs = self.query_one(TabbedContent)
        if self.picture is not None and any(user.locked_at for user in self.picture.users):
            tabs.active = "setup-users"  # who comes while somebody is locked out comes for that
        return f"#{tabs.active} *" if tabs.active else self.FIRST

    def action_tab(self, number: int) -> None:
        """Turn to a tab, and into it. The bar has the focus meanwhile: what is focused in the old
        tab would turn it back.
        """
        tabs, ident = self.query_one(TabbedContent), TABS[number - 1][1]
        if tabs.active == ident:
            self._enter()
            return
        self.screen.set_focus(tabs.query_one(Tabs), scroll_visible=False)
        self._going_in = True
        tabs.active = ident

    def _enter(self) -> None:
        for pane in self._panes():
            inside = [w for w in pane.query("*").results() if w.focusable and w.display]
            if inside:
                inside[0].focus(scroll_visible=False)
                pane.scroll_home(animate=False)
                self.scroll_home(animate=False)

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        name = str(event.select.id).removeprefix("set-")
        if isinstance(event.value, str) and self.host.org.setting(name) != event.value:
            self.post_message(ChooseSetting(name, event.value))

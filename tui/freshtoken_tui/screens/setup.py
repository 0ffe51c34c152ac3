"""Setup, the admin's side: users, policies, trusted IP ranges, SOAP API login()."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, DataTable, Input, Label, Select, TabbedContent, TabPane

from freshtoken_tui.widgets.field import Buttons, button, text_field
from freshtoken_tui.widgets.notes import MarginNote
from freshtoken_tui.widgets.table import fill

from .modals import Confirm
from .page import Page

if TYPE_CHECKING:
    from freshtoken_model.policies import Setting
    from freshtoken_model.records import User
    from freshtoken_tui.picture import Picture

ADMIN_NOTE = "Here you act as the org's admin, without logging in as one."


class SettingRow(Vertical):
    """One setting: its label, its picklist, and where it is known from."""

    def __init__(self, setting: Setting, value: str | None) -> None:
        """`value`: what stands now; a picklist mounted with anything else would save it."""
        super().__init__()
        self._setting, self._value = setting, value

    def compose(self) -> ComposeResult:
        """Label and picklist; constants have none. What the facts leave open says why, and what is known."""
        from freshtoken_model.words import MARKS

        setting = self._setting
        yield Label(Content.styled(setting.label, "bold"))
        if setting.choices:
            options = [(label, value) for value, label in setting.choices]
            yield Select(
                options, id=f"set-{setting.name}", allow_blank=False, value=self._value or setting.default, compact=True
            )
        if setting.why:
            source = Content.styled(f" ({MARKS[setting.mark]}) {setting.source}", "$foreground 70%")
            yield MarginNote(Content.assemble(setting.why, source))


def show_values(page: Page, values: dict[str, str]) -> None:
    """Put the present values into the picklists of a page."""
    for name, value in values.items():
        for select in page.query(f"#set-{name}").results(Select):
            if select.value != value:
                with select.prevent(Select.Changed):
                    select.value = value


class Setup(Page):
    """Setup."""

    TITLE = "Setup"
    FIRST = "#users"
    HELP = """\
## Setup
- **Users**: Unlock ends a lockout and keeps password and token. Reset Password ends the lockout too, but kills both and
  mails a link [DOC checked.md B10, B11]. Freeze stops logins at once. Permissions: API Enabled, API Only User, Use Any
  API Auth, MFA for API Logins.
- **Passwords** (Password Policies): Setup's own labels and defaults [DOC B8, B9]. A change is saved at once; a new minimum
  length bites at the next password change.
- **Network** (Network Access): trusted IP ranges relax (no token needed inside); they block nobody [DOC B5].
- **Sessions** (Session Settings): session timeout, sessions at an admin's reset.
- **API** (User Interface; OAuth and OpenID Connect Settings): SOAP API login(), the username-password flow, and the
  connected apps. Also where real clients call from (ctrl+s opens the ports).
"""

    def compose(self) -> ComposeResult:
        """Five tabs."""
        from freshtoken_model.policies import INTERFACE, OAUTH, PASSWORDS, SERVED, SESSIONS

        yield MarginNote(ADMIN_NOTE)
        with TabbedContent():
            with TabPane("Users", id="setup-users"):
                yield DataTable(id="users", cursor_type="row", cell_padding=1)
                with Buttons():
                    yield button("Unlock", "unlock", "primary")
                    yield button("Reset Password", "reset-password")
                    yield button("Freeze", "freeze")
                    yield button("Permissions", "permissions")
                yield MarginNote(id="user-note")
            with TabPane("Passwords", id="setup-passwords"), VerticalScroll(can_focus=False):
                yield from self._settings(PASSWORDS)
            with TabPane("Network", id="setup-network"):
                yield DataTable(id="ranges", cursor_type="row", cell_padding=1)
                yield text_field("Start", "range-first", placeholder="e.g. 203.0.113.0")
                yield text_field("End", "range-last", placeholder="e.g. 203.0.113.255")
                yield text_field("Description", "range-description")
                with Buttons():
                    yield button("Add trusted range", "add-range", "primary")
                    yield button("Remove", "remove-range")
                yield MarginNote("A trusted range blocks nobody: it lets logins in without a token [DOC checked.md B5].")
            with TabPane("Sessions", id="setup-rest"), VerticalScroll(can_focus=False):
                yield from self._settings(SESSIONS)
            with TabPane("API", id="setup-api"), VerticalScroll(can_focus=False):
                yield from self._settings(INTERFACE, OAUTH, SERVED)
                yield Label(Content.styled("Connected apps", "bold"))
                yield DataTable(id="apps", cursor_type="row", cell_padding=1)
                yield MarginNote(
                    "Key and secret: freshtoken org show --json. Flows, run-as user, key for JWTs: freshtoken app."
                )

    def _settings(self, *pages: str) -> Iterator[SettingRow]:
        from freshtoken_model.policies import SETUP

        for setting in SETUP:
            if setting.page in pages:
                yield SettingRow(setting, self.desk.setting_value(setting.name))

    def draw(self, picture: Picture) -> None:
        """Users, ranges, values."""
        styles = {"active": "", "locked": "$text-error bold"}
        users = [
            (
                Content(user.username.split("@", 1)[0] + "@"),
                Content.styled(user.state, styles.get(user.state, "$text-warning")),
                Content(str(user.failed_attempts)),
                Content.styled(user.token_state.replace("_", " "), "$foreground 70%"),
                Content(user.profile),
            )
            for user in picture.users
        ]
        fill(self.query_one("#users", DataTable), ("User", "State", "Failed", "▌token", "Profile"), users)
        ranges = [(Content(r.first), Content(r.last), Content(r.description)) for r in picture.ranges]
        fill(self.query_one("#ranges", DataTable), ("Start", "End", "Description"), ranges)
        apps = [
            (Content(app.name), Content(app.run_as or "nobody"), Content(", ".join(app.flows).replace("_", " ")))
            for app in picture.apps
        ]
        fill(self.query_one("#apps", DataTable), ("App", "Runs as", "Flows"), apps)
        show_values(self, picture.values)
        self._draw_user()

    def _user(self) -> User | None:
        table: DataTable[Content] = self.query_one("#users", DataTable)
        if self.picture is None or not 0 <= table.cursor_row < len(self.picture.users):
            return None
        return self.picture.users[table.cursor_row]

    @on(DataTable.RowHighlighted, "#users")
    def _draw_user(self) -> None:
        user = self._user()
        if user is None:
            return
        self.query_one("#unlock", Button).disabled = user.locked_at is None
        self.query_one("#freeze", Button).label = "Unfreeze" if user.frozen else "Freeze"
        self.query_one("#user-note", MarginNote).tell(user.purpose)

    @on(Button.Pressed, "#unlock")
    @work(group="setup")
    async def _unlock(self) -> None:
        user = self._user()
        if user and await self.desk.ask(lambda org: org.users.unlock(user.username)):
            self.app.notify(f"{user.username} is unlocked; password and token are as they were.")
            self.query_one("#users").focus()

    @on(Button.Pressed, "#freeze")
    @work(group="setup")
    async def _freeze(self) -> None:
        user = self._user()
        if user:
            await self.desk.ask(lambda org: org.users.freeze(user.username, not user.frozen))

    @on(Button.Pressed, "#permissions")
    def _permit(self) -> None:
        from .permissions import Permissions

        user = self._user()
        if user is not None:
            self.app.push_screen(Permissions(user))

    @on(Button.Pressed, "#reset-password")
    @work(group="setup")
    async def _reset(self) -> None:
        user = self._user()
        if user is None:
            return
        question = f"Reset the password of {user.username}? Password and security token stop working at once."
        if not await self.app.push_screen_wait(Confirm(f"{question} A link is mailed. A lockout ends.", "Reset Password")):
            return
        _, error = await self.desk.attempt(lambda org: org.passwords.reset(user.username))
        if error:
            self.app.notify(error, severity="error")
        else:
            self.app.notify(f"A link was mailed to {user.email}: Inbox (f3).")
            self.query_one("#users").focus()

    @on(Button.Pressed, "#add-range")
    @on(Input.Submitted, "#range-description")
    @work(group="setup")
    async def _add(self) -> None:
        first, last, words = (self.query_one(f"#range-{n}", Input) for n in ("first", "last", "description"))
        values = first.value, last.value, words.value
        if await self.desk.ask(lambda org: org.setup.add_trusted_range(*values)):
            for input_ in (first, last, words):
                input_.value = ""

    @on(Button.Pressed, "#remove-range")
    @work(group="setup")
    async def _remove(self) -> None:
        table: DataTable[Content] = self.query_one("#ranges", DataTable)
        if self.picture and 0 <= table.cursor_row < len(self.picture.ranges):
            number = self.picture.ranges[table.cursor_row].id
            await self.desk.ask(lambda org: org.setup.remove_trusted_range(number))

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        self.desk.choose(event)

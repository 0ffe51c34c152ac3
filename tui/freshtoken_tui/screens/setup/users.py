"""Setup, Users: who is in the org, what an admin does to them, and the dialog to make or edit
one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, DataTable, Input

from freshtoken_model.values.kinds import FreezeReason
from freshtoken_tui.commands import local_keys
from freshtoken_tui.dialogs.forms import Form, picklist
from freshtoken_tui.dialogs.modals import Choice, Confirm
from freshtoken_tui.screens.setup.permissions import Permissions
from freshtoken_tui.widgets.button_grid import ButtonGrid
from freshtoken_tui.widgets.field import KeyButton, button, text_field
from freshtoken_tui.widgets.table import RowTable, fill

from .pane import Pane
from .user_detail import UserDetail

if TYPE_CHECKING:
    from freshtoken_model.accounts.profiles import Profile
    from freshtoken_model.org import Org
    from freshtoken_model.values.records import User
    from freshtoken_tui.view import OrgView

AUTO_FREEZES = (("l", "Login anomaly"), ("h", "High-risk address"))
WITH_PROFILE = 84
"""Columns from which a list beside its detail has the profile, too."""
STATES = {
    "active": ("✓", ""),
    "locked": ("■", "$text-error bold"),
    "frozen": ("✗", "$text-warning"),
    "inactive": ("○", "$text-warning"),
}
"""Glyph and style of what a user is."""
FIELDS = {
    "username": "Username",
    "first_name": "First name",
    "last_name": "Last name",
    "email": "E-mail",
}


def _state(user: User) -> Content:
    glyph, style = STATES[user.state]
    return Content.styled(f"{glyph} {user.state}", style)


class UsersPane(Pane):
    """The users, and a button for everything an admin does to one."""

    BINDINGS = local_keys(
        "users",
        ("n", "press('new-user')", "New"),
        ("e", "press('edit-user')", "Edit"),
        ("u", "press('unlock')", "Unlock"),
        ("f", "press('freeze')", "Freeze"),
        ("p", "press('permissions')", "Permissions"),
        ("r", "press('reset-password')", "Reset Password"),
        ("x", "press('end-sessions')", "End Sessions"),
        ("s", "press('auto-freeze')", "Auto-Freeze"),
    )
    NOTES = {
        "new-user": "New: a user without a password; a link to set one is mailed.",
        "edit-user": "Edit: names, e-mail, profile, active. What saving changes is said before.",
        "unlock": "Unlock ends the lockout and clears the counter; password and token stay "
        "[DOC lockout-unlock-keeps-token].",
        "freeze": "Freeze stops logins at once, Unfreeze allows them again; password and token "
        "stay [INF].",
        "permissions": "Permissions: what the user may, and the authenticator of MFA for API "
        "Logins.",
        "reset-password": "Reset Password kills password and token at once, mails a link, and "
        "ends a lockout"
        " [DOC lockout-reset-unlocks, admin-reset-link]. It asks first.",
        "end-sessions": "End Sessions logs the user out, of interface and API; password and token "
        "stay. It asks first.",
        "auto-freeze": "Auto-Freeze: what Salesforce does by itself, after a login anomaly or for "
        "traffic from a high-risk address [DOC freeze-login-anomaly-kb, freeze-high-risk-ip-kb]. "
        "It asks which.",
    }

    def compose(self) -> ComposeResult:
        """Compose the table of users, the buttons and the note."""
        with Container(classes="desk"):
            with Vertical(classes="desk-list"):
                yield from self._list()
            with VerticalScroll(classes="desk-detail", can_focus=False):
                yield UserDetail()

    def _list(self) -> ComposeResult:
        yield RowTable("users")
        yield self.buttons(
            button("New", "new-user", key="n"),
            button("Edit", "edit-user", key="e"),
            button("Unlock", "unlock", "primary", key="u"),
            button("Freeze", "freeze", key="f"),
            button("Permissions", "permissions", key="p"),
            button("Reset Password", "reset-password", key="r"),
            button("End Sessions", "end-sessions", key="x"),
            button("Auto-Freeze", "auto-freeze", key="s"),
        )

    def draw(self, picture: OrgView) -> None:
        """The users, as they are now."""
        users = [
            (
                Content(user.username),
                _state(user),
                Content("-" if user.locked_at is not None else str(user.failed_attempts)),
                Content.styled(user.token_state.replace("_", " "), "$foreground 70%"),
                Content(user.profile),
            )
            for user in picture.users
        ]
        table = self.query_one("#users", DataTable)
        # the detail beside the list has the profile
        narrow = self.screen.has_class("-wide") and table.size.width < WITH_PROFILE
        columns = 4 if narrow else 5
        headings = ("Username", "State", "Failed", "▌token", "Profile")[:columns]
        rows = [user[:columns] for user in users]
        fill(table, headings, rows, room=table.size.width - 1, flexible=columns - 1)
        self._offer()

    def on_resize(self) -> None:
        """The columns have other room."""
        if self.picture is not None:
            self.draw(self.picture)

    def _user(self) -> User | None:
        row = self.row_of("#users", len(self.picture.users)) if self.picture else None
        return self.picture.users[row] if self.picture is not None and row is not None else None

    def about(self) -> str:
        """Who the user is."""
        user = self._user()
        return f"{user.purpose}\n{user.name} · {user.email} · {user.profile}" if user else ""

    @on(DataTable.RowHighlighted, "#users")
    def _highlighted(self) -> None:
        self._offer()

    def _offer(self) -> None:
        user = self._user()
        if user is not None and self.picture is not None:
            self.query_one(UserDetail).draw(user, self.picture)
            self.query_one("#unlock", Button).disabled = user.locked_at is None
            words = "Unfreeze" if user.frozen else "Freeze"
            self.query_one("#auto-freeze", Button).disabled = user.frozen
            freeze = self.query_one("#freeze", KeyButton)
            if freeze.words != words:
                freeze.words = words
                self.query_one(ButtonGrid).fit()

    @on(DataTable.RowSelected, "#users")
    def _edit_row(self) -> None:
        self.action_press("edit-user")

    @on(Button.Pressed)
    @work(group="setup")
    async def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        name, user = event.button.id, self._user()
        if name == "new-user":
            await self._make()
        elif user is not None:
            await {
                "edit-user": self._edit,
                "unlock": self._unlock,
                "freeze": self._freeze,
                "permissions": self._permit,
                "reset-password": self._reset,
                "end-sessions": self._end,
                "auto-freeze": self._auto_freeze,
            }[str(name)](user)

    async def _make(self) -> None:
        if self.picture is None:
            return
        made = await self.app.push_screen_wait(UserForm(self.picture.profiles))
        if made is not None:
            self.app.notify(
                f"{made.username} was made. A link to set a password was mailed to {made.email}: "
                f"Inbox (f3)."
            )
            await self._go_to(made.username)

    async def _edit(self, user: User) -> None:
        if self.picture is None:
            return
        changed = await self.app.push_screen_wait(UserForm(self.picture.profiles, user))
        if changed is not None:
            self.app.notify(f"{changed.username}: saved.")
            await self._go_to(changed.username)

    async def _go_to(self, username: str) -> None:
        def place(picture: OrgView) -> int | None:
            return next(
                (n for n, user in enumerate(picture.users) if user.username == username), None
            )

        await self.go_to("#users", place)

    async def _unlock(self, user: User) -> None:
        if await self._do(lambda org: org.users.unlock(user.username)):
            self.app.notify(f"{user.username} is unlocked; password and token are as they were.")

    async def _do(self, use_case: Callable[[Org], object]) -> bool:
        """Run what an admin does to a user, and tell what it did. False: a toast says why not."""
        done = await self.host.org.run_or_toast(
            lambda org: (use_case(org), org.consequences.last())
        )
        if done is not None:
            self.query_one(UserDetail).tell(done[1])
            self.query_one("#users").focus()
        return done is not None

    async def _freeze(self, user: User) -> None:
        if not user.frozen:
            question = f"Freeze {user.username}? Every login is refused, and open sessions end."
            if not await self.app.push_screen_wait(Confirm(question, "Freeze", safe=False)):
                return
        if await self._do(lambda org: org.users.freeze(user.username, not user.frozen)):
            state = "no longer frozen" if user.frozen else "frozen"
            self.app.notify(f"{user.username} is {state}.")

    async def _auto_freeze(self, user: User) -> None:
        question = f"Salesforce freezes {user.username} by itself. Why?"
        chosen = await self.app.push_screen_wait(Choice(question, AUTO_FREEZES))
        if chosen is None:
            return
        reason = FreezeReason.LOGIN_ANOMALY if chosen == "l" else FreezeReason.HIGH_RISK_ADDRESS
        await self._do(lambda org: org.users.freeze_by_salesforce(user.username, reason))

    async def _permit(self, user: User) -> None:
        await self.host.show_dialog(Permissions(user))

    async def _reset(self, user: User) -> None:
        question = (
            f"Reset the password of {user.username}? Password and security token stop "
            f"working at once."
        )
        if not await self.app.push_screen_wait(
            Confirm(f"{question} A link is mailed. A lockout ends.", "Reset Password")
        ):
            return
        if await self._do(lambda org: org.passwords.reset(user.username)):
            self.app.notify(f"A link was mailed to {user.email}: Inbox (f3).")

    async def _end(self, user: User) -> None:
        question = (
            f"End every open session of {user.username}, of the user interface and of the API?"
        )
        stays = "Password and token stay: a client that is refused logs in again."
        if not await self.app.push_screen_wait(Confirm(f"{question} {stays}", "End Sessions")):
            return
        ended = await self.host.org.run_or_toast(lambda org: org.admin.end_sessions(user.username))
        if ended:
            self.app.notify(f"{ended} session{'s' if ended != 1 else ''} of {user.username} ended.")


class UserForm(Form):
    """Make a user, or edit one."""

    def __init__(self, profiles: tuple[Profile, ...], user: User | None = None) -> None:
        """Without a user: a new one."""
        super().__init__(f"Edit {user.username}" if user else "New user")
        self._profiles, self._user = {profile.name: profile for profile in profiles}, user

    def fields(self) -> ComposeResult:
        """As in Setup: names, e-mail, profile, active."""
        user = self._user
        for name, label in FIELDS.items():
            yield text_field(label, f"user-{name}", value=str(getattr(user, name)) if user else "")
        names = list(self._profiles)
        usual = "Standard User" if "Standard User" in names else names[0]
        yield picklist(
            "Profile",
            "user-profile",
            [(name, name) for name in names],
            user.profile if user else usual,
        )
        if user is not None:
            active = [("yes", "yes"), ("no: no login is let in", "no")]
            yield picklist("Active", "user-active", active, "yes" if user.active else "no")

    def on_mount(self) -> None:
        """Focus the username."""
        super().on_mount()
        self.query_one("#user-username", Input).focus()

    def _wanted(self) -> dict[str, Any]:
        """What differs from how the user is."""
        user = self._user
        typed: dict[str, Any] = {name: self.value(f"user-{name}") for name in (*FIELDS, "profile")}
        if user is None:
            return typed
        typed["active"] = self.value("user-active") == "yes"
        return {name: value for name, value in typed.items() if value != getattr(user, name)}

    def changes(self) -> str:
        """What saving changes, a sentence each."""
        wanted, user = self._wanted(), self._user
        if user is None:
            to = wanted["email"] or "the e-mail address"
            made = (
                f"Saving makes the user, active and without a password: a link to set one is "
                f"mailed to {to}."
            )
            return f"{made} {profile_words(self._profiles[wanted['profile']])}"
        said = []
        if "username" in wanted:
            said.append(
                f"Saving changes the username: clients that log in as {user.username} are refused."
            )
        if "first_name" in wanted or "last_name" in wanted:
            said.append(
                "Saving changes the name; a new password must not be like it [DOC policy-names]."
            )
        if "email" in wanted:
            said.append(
                f"Saving changes the e-mail address: mails, new security tokens too, go to "
                f"{wanted['email'] or '?'}. The"
                " token stays; the confirming mail of the real thing is left out "
                "[DOC email-change-confirmed]."
            )
        if "profile" in wanted:
            said.append(
                f"Saving changes the profile. {profile_words(self._profiles[wanted['profile']])}"
            )
        if "active" in wanted:
            words = {
                True: "Saving activates the user: password and token work again as they were.",
                False: "Saving deactivates the user: every login is refused in the words of a "
                "wrong password.",
            }
            said.append(words[wanted["active"]])
        return "\n".join(said) or "Nothing is changed yet."

    def use_case(self) -> Callable[[Org], Any]:
        """Make, or change what differs."""
        wanted, user = self._wanted(), self._user
        if user is None:
            return lambda org: org.admin.create_user(**wanted)
        return lambda org: org.admin.edit_user(user.username, **wanted)


def profile_words(profile: Profile) -> str:
    """What a profile brings for its users."""
    own = []
    if profile.ranges:
        ranges = ", ".join(f"{r.first} - {r.last}" for r in profile.ranges)
        own.append(
            f"its login IP ranges ({ranges}): no login from elsewhere, no token needed inside"
        )
    if profile.hours:
        own.append(f"its login hours ({len(profile.hours)} days a week are not whole)")
    if profile.policies:
        own.append(f"its own password policies ({len(profile.policies)})")
    if not own:
        return f"{profile.name} has neither login hours nor login IP ranges nor password policies."
    return f"Of {profile.name} then hold: {'; '.join(own)}."

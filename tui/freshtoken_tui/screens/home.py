"""The first page: the Login screen; once logged in, the personal settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Static

from freshtoken_model.values.kinds import TokenState
from freshtoken_tui.messages import LogOut, OpenPage
from freshtoken_tui.widgets.field import button
from freshtoken_tui.widgets.notes import MarginNote, entitle, show

from .login import LoginForm
from .page import Page, PageKind

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView


class Home(Page):
    """Log in; then Change My Password, Reset My Security Token, Log out."""

    TITLE = "Login"
    KIND = PageKind.STAGE
    HELP = """\
## Login
The user interface of the org. Enter logs in with the demo credentials of the story's integration
user.

A refusal reads the same whatever its cause, as on the real page; the note below it is freshtoken's.
**Forgot your
password?** mails a link to the Inbox; setting a new password through it ends the security token.

Multi-factor authentication is approved by itself here. In a real org the human who logs in as an
integration user, to change its password or reset its token, needs it.
"""

    def compose(self) -> ComposeResult:
        """The login frame: what the first paint needs, and no more."""
        yield LoginForm(id="login-form")

    @property
    def login(self) -> LoginForm:
        """The Login screen."""
        return self.query_one(LoginForm)

    async def mount_rest(self) -> None:
        """Mount the rest of the form, and the personal settings."""
        await self.login.mount_rest()
        buttons = Vertical(
            button("Change My Password", "to-change", "primary"),
            button("Reset My Security Token", "to-reset"),
            button("Log Out", "logout"),
            id="personal-buttons",
        )
        note = MarginNote(id="personal-token")
        personal = Vertical(Static(id="welcome-back"), buttons, note, id="personal")
        personal.display = False
        await self.mount(personal)

    def first_focus(self) -> str:
        """The password; once logged in, the first setting."""
        return "#to-change" if self.picture and self.picture.viewer else "#login-password"

    def draw(self, picture: OrgView) -> None:
        """Show the login form, or the settings of the user who is logged in."""
        viewer = picture.viewer
        self.login.draw(picture)
        self.query_one("#personal").display = viewer is not None
        entitle(self, "My Personal Information" if viewer else self.TITLE)
        if viewer is None:
            return
        show(
            self.query_one("#welcome-back", Static),
            Content.from_markup(
                "Logged in as [b]$name[/b]\n$user", name=viewer.name, user=viewer.username
            ),
        )
        from freshtoken_model.decision.words import CAUSES, clock_words

        now, zone = picture.clock.seen_org, picture.info.time_zone
        match viewer.token_state:
            case TokenState.NEVER_ISSUED:
                words = "Your security token: never issued."
            case TokenState.LIVE:
                words = (
                    f"Your security token: live, issued "
                    f"{clock_words(viewer.token_issued_at or 0, now, zone)}."
                )
            case _:
                died = clock_words(viewer.token_retired_at or 0, now, zone)
                words = (
                    f"Your security token: retired {died} by "
                    f"{CAUSES.get(viewer.token_retired_by or '', '?')}."
                )
        self.query_one("#personal-token", MarginNote).tell(f"{words} {viewer.purpose}")

    @on(Button.Pressed, "#to-change")
    def _to_change(self) -> None:
        self.post_message(OpenPage("change_password"))

    @on(Button.Pressed, "#to-reset")
    def _to_reset(self) -> None:
        self.post_message(OpenPage("reset_token"))

    @on(Button.Pressed, "#logout")
    def _log_out(self) -> None:
        self.post_message(LogOut())

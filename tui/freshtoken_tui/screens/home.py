"""The Login screen; once logged in, the personal settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Input, Select, Static

from freshtoken_tui.widgets.field import Buttons, Field, button, text_field
from freshtoken_tui.widgets.notes import MarginNote, show
from freshtoken_tui.widgets.plain import Picklist

from .page import Page

if TYPE_CHECKING:
    from freshtoken_tui.view import Picture

STORY_USER = "integration@acme.example"


class Home(Page):
    """Log in; then Change My Password, Reset My Security Token, Log out."""

    TITLE = "Login"
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
        with Vertical(id="login-form"):
            yield text_field("Username", "login-username", value=STORY_USER)
            yield text_field("Password", "login-password", password=True)
            with Buttons():
                yield button("Log In", "login", "primary")

    async def furnish(self) -> None:
        """The rest of the form, and the personal settings."""
        form = self.query_one("#login-form", Vertical)
        network = Field(
            "You sit in", Picklist((), id="login-network", prompt="network", compact=True)
        )
        await form.mount(network, before=self.query_one(Buttons))
        await self.query_one(Buttons).mount(button("Forgot your password?", "forgot"))
        mfa = (
            "Multi-factor authentication is approved by itself here; at real UI logins it is "
            "enforced."
        )
        await form.mount(
            Static(id="login-said"),
            MarginNote(id="login-why"),
            MarginNote(id="login-demo"),
            MarginNote(mfa, id="login-mfa"),
        )
        to_change = button("Change My Password", "to-change", "primary")
        buttons = Vertical(
            to_change, button("Reset My Security Token", "to-reset"), button("Log Out", "logout")
        )
        buttons.id = "personal-buttons"
        personal = Vertical(
            Static(id="welcome-back"), buttons, MarginNote(id="personal-token"), id="personal"
        )
        personal.display = False
        await self.mount(personal)

    def first_focus(self) -> str:
        """The password; once logged in, the first setting."""
        return "#to-change" if self.picture and self.picture.viewer else "#login-password"

    _said_at = 0
    _filled_for: tuple[str, str | None] = "", None
    """For whom the password was filled in: never twice over what somebody typed."""

    def say(self, said: str, why: str = "", bad: bool = True) -> None:
        """Words below the form; they go when something happens in the org."""
        self._said_at = self.picture.info.last_event if self.picture else 0
        show(
            self.query_one("#login-said", Static),
            Content.styled(said, "$text-error" if bad else "$foreground"),
        )
        self.query_one("#login-why", MarginNote).tell(why)

    def draw(self, picture: Picture) -> None:
        """Form or settings."""
        viewer = picture.viewer
        if picture.info.last_event > self._said_at:
            self.say("")
        self.query_one("#login-form").display = viewer is None
        self.query_one("#personal").display = viewer is not None
        self.border_title = "My Personal Information" if viewer else self.TITLE
        if viewer is None:
            network = self.query_one("#login-network", Select)
            if not network.selection:
                network.set_options([(f"{n.label} {n.address}", n.name) for n in picture.networks])
                network.value = picture.networks[0].name
            self._show_demo()
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
            case "never_issued":
                words = "Your security token: never issued."
            case "live":
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

    @on(Input.Changed, "#login-username")
    def _show_demo(self) -> None:
        picture, username = self.picture, self.query_one("#login-username", Input).value.strip()
        user = next((u for u in picture.users if u.username == username), None) if picture else None
        password = self.query_one("#login-password", Input)
        if picture is None:
            return
        if user is None:
            words = (
                "Users: " + ", ".join(u.username.split("@", 1)[0] for u in picture.users)
                if picture
                else ""
            )
        elif user.demo_password:
            words = f"Demo password: {user.demo_password}"
        else:
            words = "The demo password was changed: it is the one you chose."
        if user is not None and self._filled_for != (user.username, user.demo_password):
            self._filled_for = user.username, user.demo_password
            password.value = user.demo_password or ""
        self.query_one("#login-demo", MarginNote).tell(words)

    @on(Input.Submitted)
    @on(Button.Pressed, "#login")
    def _enter(self) -> None:
        self.log_in()

    @work(group="login", exclusive=True)
    async def log_in(self) -> None:
        """Log in to the user interface."""
        username = self.query_one("#login-username", Input).value.strip()
        sent = self.query_one("#login-password", Input).value
        pressed = self.query_one("#login", Button)
        network = self.query_one("#login-network", Select).value if self.picture else None
        if not isinstance(network, str) or pressed.disabled:
            return
        pressed.disabled = True
        try:
            refusal = await self.desk.log_in(username, sent, network)
        finally:
            pressed.disabled = False
        self.say(*(refusal or ("", "")))
        if refusal is None:
            self.query_one("#login-password", Input).value = ""
            self._filled_for = "", None
            self.desk.after_login()

    @on(Button.Pressed, "#forgot")
    @work(group="login")
    async def _forgot(self) -> None:
        username = self.query_one("#login-username", Input).value.strip()
        _, error = await self.desk.attempt(lambda org: org.passwords.forgot(username))
        said = error or f"If {username} is a user of this org, a link is in the Inbox (f3)."
        self.say(
            said,
            "" if error else "The words are ours. The old token dies when the link is used.",
            bad=bool(error),
        )

    @on(Button.Pressed, "#to-change")
    def _to_change(self) -> None:
        self.desk.action_page("change_password")

    @on(Button.Pressed, "#to-reset")
    def _to_reset(self) -> None:
        self.desk.action_page("reset_token")

    @on(Button.Pressed, "#logout")
    def _log_out(self) -> None:
        self.desk.log_out()

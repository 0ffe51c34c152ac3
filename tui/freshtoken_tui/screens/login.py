"""The Login screen of the org's user interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Input, Select, Static

from freshtoken_tui.host import Hosted
from freshtoken_tui.widgets.field import Buttons, Field, button, text_field
from freshtoken_tui.widgets.notes import MarginNote, show
from freshtoken_tui.widgets.plain import Picklist

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView

STORY_USER = "integration@acme.example"
MFA = "Multi-factor authentication is approved by itself here; at real UI logins it is enforced."


class LoginForm(Hosted, Vertical):
    """Username, password, the network one sits in; what the page and our note say."""

    picture: OrgView | None = None
    _said_at = 0
    _filled_for: tuple[str, str | None] = "", None
    """The user whose password was filled in: it never overwrites what somebody typed."""

    def say(self, said: str, why: str = "", bad: bool = True) -> None:
        """Words below the form; they go when something happens in the org."""
        self._said_at = self.picture.info.last_event if self.picture else 0
        show(
            self.query_one("#login-said", Static),
            Content.styled(said, "$text-error" if bad else "$foreground"),
        )
        self.query_one("#login-why", MarginNote).tell(why)

    def compose(self) -> ComposeResult:
        """The frame: what the first paint needs, and no more."""
        yield text_field("Username", "login-username", value=STORY_USER)
        yield text_field("Password", "login-password", password=True)
        with Buttons():
            yield button("Log In", "login", "primary")

    async def mount_rest(self) -> None:
        """Mount the rest of the form, after the first paint."""
        network: Picklist[str] = Picklist((), id="login-network", prompt="network", compact=True)
        buttons = self.query_one(Buttons)
        await self.mount(Field("Network", network), before=buttons)
        await buttons.mount(button("Forgot your password?", "forgot"))
        await self.mount(
            Static(id="login-said"),
            MarginNote(id="login-why"),
            MarginNote(id="login-demo"),
            MarginNote(MFA, id="login-mfa"),
        )

    def draw(self, picture: OrgView) -> None:
        """Offer the networks and the demo password."""
        self.picture = picture
        if picture.info.last_event > self._said_at:
            self.say("")
        self.display = picture.viewer is None
        network = self.query_one("#login-network", Select)
        if picture.viewer is None:
            if not network.selection:
                network.set_options([(f"{n.label} {n.address}", n.name) for n in picture.networks])
                network.value = picture.networks[0].name
            self._show_demo()

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
            given = self.host.client.new_password
            words = "The demo password was changed."
            if given is not None and given[0] == user.username:
                words += f" It is {given[1]} now."
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
        if not sent:
            self.say("", "Type the password first: nothing was sent.")
            return
        pressed.disabled = True
        try:
            refusal = await self.host.org.log_in(username, sent, network)
        finally:
            pressed.disabled = False
        self.say(*(refusal or ("", "")))
        if refusal is None:
            self.query_one("#login-password", Input).value = ""
            self._filled_for = "", None

    @on(Button.Pressed, "#forgot")
    @work(group="login")
    async def _forgot(self) -> None:
        username = self.query_one("#login-username", Input).value.strip()
        _, error = await self.host.org.run(lambda org: org.passwords.forgot(username))
        said = error or f"If {username} is a user of this org, a link is in the Inbox (f3)."
        self.say(
            said,
            "" if error else "The words are ours. The old token dies when the link is used.",
            bad=bool(error),
        )

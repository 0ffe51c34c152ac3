"""Change My Password: a live checklist, and what will die before you press."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from freshtoken_model.decision.policies import Rule
from freshtoken_model.decision.words import change_warning
from freshtoken_model.values.kinds import TokenState
from freshtoken_tui.messages import DoCommand, OpenPage
from freshtoken_tui.widgets.consequence_tree import ConsequenceTree
from freshtoken_tui.widgets.field import Buttons, button, text_field
from freshtoken_tui.widgets.notes import MarginNote, show
from freshtoken_tui.widgets.policy_checklist import PolicyChecklist

from .page import Page, PageKind

if TYPE_CHECKING:
    from freshtoken_model.values.records import User
    from freshtoken_tui.view import OrgView


class ChangePassword(Page):
    """The user's own password change: here the security token dies."""

    TITLE = "Change My Password"
    KIND = PageKind.STAGE
    HELP = """\
## Change My Password
The list ticks as you type, from the password policy of your profile (Setup). The history rule is
checked when you leave the field, and all of it again when you press the button.

A password change **always ends the security token** [DOC token-dies-login-page]. Whether a new
one is mailed at once is contested between official pages
[assumption token_mail_on_password_change].
"""

    _history: bool | None = None
    _suggested = ""
    """A new password that the policy takes, offered to who has none in mind."""

    def compose(self) -> ComposeResult:
        """Three fields, the warning, the checklist; and what is shown when it is done."""
        yield Static(id="change-expired", classes="-empty")
        with Vertical(id="change-form"):
            yield text_field("Current password", "current", password=True)
            yield text_field("New password", "new", password=True)
            yield text_field("Verify new password", "verify", password=True)
            yield PolicyChecklist(id="rules")
            yield MarginNote(id="change-warning")
            with Buttons():
                yield button("Change password", "change", "primary")
                yield button("Cancel", "cancel")
            yield Static(id="change-said", classes="-empty")
        with Vertical(id="change-done"):
            yield ConsequenceTree(id="change-tree")
            with Buttons():
                yield button("Let the client log in", "done-client", "primary", key="f9")
                yield button("Inbox", "done-inbox", key="f3")
            yield MarginNote(id="change-new")

    def on_mount(self) -> None:
        """Show the form, not the result."""
        super().on_mount()
        self._show_form(True)

    def first_focus(self) -> str:
        """The current password, in a fresh form."""
        self._show_form(True)
        return "#current"

    def _show_form(self, form: bool) -> None:
        self.query_one("#change-form").display = form
        self.query_one("#change-done").display = not form

    def draw(self, picture: OrgView) -> None:
        """Checklist and warning for who is logged in."""
        viewer, session = picture.viewer, picture.viewer_session
        if viewer is None or session is None:
            for field in self.query(Input):
                field.value = ""
            return
        expired = (
            "The password has expired: nothing else works until it is changed."
            if session.password_expired
            else ""
        )
        show(
            self.query_one("#change-expired", Static), Content.styled(expired, "$text-warning bold")
        )
        self._draw_rules()
        self._offer(viewer)
        holders = [
            client.name
            for client in picture.clients
            if client.username == viewer.username and client.holds == TokenState.LIVE
        ]
        words = change_warning(viewer, picture.settings, holders)
        self.query_one("#change-warning", MarginNote).tell(words)

    def _offer(self, viewer: User) -> None:
        """What Enter takes in an empty field, shown in the field."""
        policy = self.picture.viewer_policy if self.picture else None
        self._suggested = policy.suggestion(viewer) if policy else ""
        demo = viewer.demo_password
        shown = {
            "current": f"Enter takes {demo}" if demo else "",
            "new": f"Enter takes {self._suggested}",
        }
        for name, words in shown.items():
            self.query_one(f"#{name}", Input).placeholder = words

    def _draw_rules(self) -> None:
        picture, new = self.picture, self.query_one("#new", Input).value
        if picture is None or picture.viewer is None or picture.viewer_policy is None:
            return
        rules = list(picture.viewer_policy.checklist(new, picture.viewer, self._history))
        verify = self.query_one("#verify", Input).value
        rules.append(Rule("both new passwords are the same", None if not verify else verify == new))
        self.query_one(PolicyChecklist).tell_rules(tuple(rules), touched=bool(new))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if event.input.id == "new":
            self._history = None
        self._draw_rules()

    @on(Input.Blurred, "#new")
    @work(group="history", exclusive=True)
    async def _check_history(self) -> None:
        picture, new = self.picture, self.query_one("#new", Input).value
        if picture is None or picture.viewer is None or not new:
            return
        username = picture.viewer.username
        rules, _ = await self.host.org.run(lambda org: org.passwords.checklist(username, new, True))
        if rules and self.query_one("#new", Input).value == new:
            self._history = next((rule.met for rule in rules if rule.about_history), None)
            self._draw_rules()

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        """Go on to the next field. Enter in an empty one takes what it offers: the demo password,
        the suggested new one.
        """
        viewer, field = self.picture.viewer if self.picture else None, event.input
        if field.id == "current" and not field.value and viewer and viewer.demo_password:
            field.value = viewer.demo_password
        if field.id == "new" and not field.value and self._suggested:
            for name in ("new", "verify"):
                self.query_one(f"#{name}", Input).value = self._suggested
            self.query_one("#change").focus()
        elif field.id == "verify":
            self.change()
        else:
            self.screen.focus_next()

    @on(Button.Pressed, "#change")
    def _pressed(self) -> None:
        self.change()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.post_message(OpenPage("home"))

    @work(group="change")
    async def change(self) -> None:
        """Change it; the fields are cleared only when it worked."""
        fields = {name: self.query_one(f"#{name}", Input) for name in ("current", "new", "verify")}
        old, new, verify = (fields[name].value for name in ("current", "new", "verify"))
        said, viewer, pressed = (
            self.query_one("#change-said", Static),
            self.host.org.viewer,
            self.query_one("#change", Button),
        )
        if pressed.disabled:
            return
        if viewer is None or not old or not new:
            show(said, Content.styled("Fill in the current and the new password.", "$text-error"))
            return
        if new != verify:
            show(said, Content.styled("The two new passwords are not the same.", "$text-error"))
            return
        pressed.disabled = True
        try:
            done, error = await self.host.org.run(
                lambda org: (
                    org.passwords.change(viewer.username, old, new, viewer.session_id),
                    org.consequences.last(),
                )
            )
        finally:
            pressed.disabled = False
        if done is None:
            show(said, Content.styled(error, "$text-error"))
            return
        for field in fields.values():
            field.value = ""
        show(said, "")
        self.host.client.new_password = (viewer.username, new)
        taken = f"Your new password is {new}. The client needs it too: f8."
        self.query_one("#change-new", MarginNote).tell(taken if new == self._suggested else "")
        self._show_form(False)
        tree = self.query_one(ConsequenceTree)
        tree.tell(done[1], "Your password was changed.")
        tree.focus()

    @on(Button.Pressed, "#done-client")
    def _client(self) -> None:
        self.post_message(DoCommand("client_login"))

    @on(Button.Pressed, "#done-inbox")
    def _inbox(self) -> None:
        self.post_message(OpenPage("inbox"))

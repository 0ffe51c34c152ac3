"""Reset My Security Token: warns, asks once, confirms where it was mailed. It is never shown on the
screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Static

from freshtoken_model.training.content.sources import readable
from freshtoken_tui.dialogs.modals import Confirm
from freshtoken_tui.widgets.consequence_tree import ConsequenceTree
from freshtoken_tui.widgets.field import Buttons, button
from freshtoken_tui.widgets.notes import MarginNote, show

from .page import Page, PageKind

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView


class ResetToken(Page):
    """The user's own reset of the security token."""

    TITLE = "Reset My Security Token"
    KIND = PageKind.STAGE
    FIRST = "#reset"
    HELP = """\
## Reset My Security Token
Settings > My Personal Information > Reset My Security Token [DOC token-reset-where]. The old token
dies at once; the new one is mailed to the address on the user's record, and is never shown.

Not offered to an API Only User, behind profile login IP ranges, and with MFA for API Logins [DOC
token-reset-hidden-help].
"""

    def first_focus(self) -> str:
        """The button, and a page that tells nothing of the last time."""
        show(self.query_one("#reset-said", Static), "")
        self.query_one(ConsequenceTree).tell(())
        return self.FIRST

    def compose(self) -> ComposeResult:
        """What it does, the button, what came of it."""
        yield Static(id="reset-text")
        with Buttons():
            yield button("Reset Security Token", "reset", "primary")
        yield Static(id="reset-said", classes="-empty")
        yield ConsequenceTree(id="reset-done")
        yield MarginNote(id="reset-why")
        yield MarginNote(
            "API logins are exempt from multi-factor authentication. The human who logs in as an "
            "integration user to press"
            " this button is not [DOC mfa-human-needed, mfa-api-exempt].",
            id="reset-mfa",
        )

    def draw(self, picture: OrgView) -> None:
        """Offered, or not and why."""
        viewer, offer = picture.viewer, picture.offer
        text, pressed = self.query_one("#reset-text", Static), self.query_one("#reset", Button)
        pressed.disabled = viewer is None or offer is None or not offer.offered
        pressed.display = viewer is not None and bool(offer and offer.offered)
        if viewer is None or offer is None:
            show(text, "Log in first (f2).")
            self.query_one("#reset-why", MarginNote).tell("")
        elif offer.offered:
            show(
                text,
                Content(
                    f"After the reset you cannot use your old token in API applications and "
                    f"desktop clients.\n"
                    f"The new token is mailed to {viewer.email}."
                ),
            )
            self.query_one("#reset-why", MarginNote).tell("")
        else:
            show(text, "This option is not offered to you.")

            why = f"{offer.reason} {readable(offer.source)}"
            self.query_one("#reset-why", MarginNote).tell(why)

    @on(Button.Pressed, "#reset")
    @work(group="reset")
    async def _reset(self) -> None:
        viewer = self.host.org.viewer
        question = (
            "The token in use stops working at once, in every client that holds it. Reset it?"
        )
        if viewer is None or not await self.app.push_screen_wait(
            Confirm(question, "Reset Security Token", safe=False)
        ):
            return
        done, error = await self.host.org.run(
            lambda org: (
                org.tokens.reset(viewer.username, viewer.session_id),
                org.consequences.last(),
            )
        )
        show(self.query_one("#reset-said", Static), Content.styled(error, "$text-error"))
        if done is not None:
            tree = self.query_one(ConsequenceTree)
            tree.tell(done[1], "Your security token was reset.")
            tree.focus()

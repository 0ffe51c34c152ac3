"""The Inbox: the simulated mailbox of everybody in the org, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, DataTable, Static

from freshtoken_model.decision.words import clock_words
from freshtoken_tui.dialogs.modals import Confirm, NewPassword
from freshtoken_tui.widgets.field import Buttons, button
from freshtoken_tui.widgets.notes import MarginNote, show
from freshtoken_tui.widgets.table import RowTable, fill

from .page import Page, PageKind

if TYPE_CHECKING:
    from freshtoken_model.values.records import Mail
    from freshtoken_tui.view import OrgView


WITH_USER = 60
"""Columns from which the list names the user of each mail; the mail itself has the address."""


class Inbox(Page):
    """Where new tokens and password links arrive."""

    TITLE = "Inbox"
    KIND = PageKind.STAGE
    FIRST = "#mails"
    HELP = """\
## Inbox
All simulated mail of the org. Enter opens a mail. **Copy token** puts its token in the clipboard,
**Paste newest token**
in the API client (f10) takes the newest one. A token that died is marked once you have tried it,
not before: a real mail
does not change either. Sender and wording are ours; only the subject of the token mail is known
[3P token-mail-subject].
"""

    _mails: tuple[Mail, ...] = ()
    _open: int | None = None
    _generation = ""
    """Of the org whose mails are listed."""

    def compose(self) -> ComposeResult:
        """The list, the mail, what can be done with it."""
        yield RowTable("mails", enter_does="Open")
        with Buttons(id="mail-buttons"):
            yield button("Into the client", "put-token", "primary")
            yield button("Copy token", "copy-token")
            yield button("Set new password", "use-link", "primary")
            yield button("Delete", "delete-mail")
        yield MarginNote(id="mail-note")
        yield Static(id="mail-text")

    def draw(self, picture: OrgView) -> None:
        """Read the mails again. Those of another org go at once."""
        if picture.info.generation != self._generation:
            self._generation, self._mails, self._open = picture.info.generation, (), None
            self.query_one("#mails", DataTable).clear()
            self._draw_mail()
        self.load()

    @work(group="mails", exclusive=True)
    async def load(self) -> None:
        """Read and list them."""
        mails, _ = await self.host.org.run(lambda org: tuple(org.mail.all()), refresh=False)
        picture = self.picture
        if mails is None or picture is None:
            return

        self._mails = mails
        rows = []
        for mail in mails:
            style = "" if mail.read_at else "bold"
            sent = clock_words(mail.sent_at, picture.clock.seen_org, picture.info.time_zone)
            rows.append(
                (
                    Content.styled(" " if mail.read_at else "●", "$text-primary bold"),
                    Content.styled(sent, style),
                    Content.styled(mail.subject, style),
                    Content.styled(mail.username.split("@", 1)[0], style),
                )
            )
        keys, table = [str(mail.id) for mail in mails], self.query_one("#mails", DataTable)
        width = table.size.width
        columns = 4 if width >= WITH_USER else 3
        headings = (" ", "Sent", "Subject", "User")[:columns]
        fill(table, headings, [row[:columns] for row in rows], keys, width, flexible=2)
        if str(self._open) in keys:
            table.move_cursor(row=keys.index(str(self._open)), animate=False)
        self._draw_mail()

    def on_resize(self) -> None:
        """The subjects have other room."""
        if self._mails:
            self.load()

    @on(DataTable.RowHighlighted, "#mails")
    def _preview(self, event: DataTable.RowHighlighted) -> None:
        # While the list is filled again, the cursor is for a moment on a row that nobody chose.
        chosen = event.cursor_row == event.data_table.cursor_row
        if event.row_key.value is not None and chosen:
            self._open = int(event.row_key.value)
            self._draw_mail()

    def _draw_mail(self) -> None:
        mail = next((m for m in self._mails if m.id == self._open), None)
        self.query_one("#mail-buttons").display = mail is not None
        for name in ("#put-token", "#copy-token"):
            self.query_one(name).display = mail is not None and mail.token is not None
        self.query_one("#use-link").display = mail is not None and mail.link is not None
        self.query_one("#mail-buttons", Buttons).fit()
        note = self.query_one("#mail-note", MarginNote)
        if mail is None:
            text = (
                "Enter opens a mail."
                if self._mails
                else "No mail yet. A new security token arrives here, and nowhere else.\n"
                "Change My Password (ctrl+n) brings one."
            )
            show(self.query_one("#mail-text", Static), Content.styled(text, "$foreground 65%"))
            note.tell("")
            return
        show(
            self.query_one("#mail-text", Static),
            Content.assemble((mail.subject, "bold"), f"\nto {mail.email}\n\n{mail.body}"),
        )
        note.tell("You tried this token: it is dead." if mail.tried_dead_at else "")

    def _opened(self) -> Mail | None:
        return next((m for m in self._mails if m.id == self._open), None)

    @on(DataTable.RowSelected, "#mails")
    @work(group="mail")
    async def _select(self, event: DataTable.RowSelected) -> None:
        if event.row_key.value is None:
            return
        self._open = number = int(event.row_key.value)
        self._draw_mail()
        await self.host.org.run_or_toast(lambda org: org.mail.read(number))
        shown = [b for b in self.query("#mail-buttons Button").results(Button) if b.display]
        if shown:
            shown[0].focus()

    @on(Button.Pressed, "#put-token")
    def _put(self) -> None:
        mail = self._opened()
        if mail and mail.token:
            self.host.client.hold_token(mail.token)

    @on(Button.Pressed, "#copy-token")
    def _copy(self) -> None:
        mail = self._opened()
        if mail and mail.token:
            self.host.copy(mail.token, "The token")

    @on(Button.Pressed, "#use-link")
    @work(group="mail")
    async def _use_link(self) -> None:
        mail = self._opened()
        if mail and mail.link:
            await self.app.push_screen_wait(NewPassword(mail.link, mail.username))

    @on(Button.Pressed, "#delete-mail")
    @work(group="mail")
    async def _delete(self) -> None:
        mail = self._opened()
        if mail is None:
            return
        sure = await self.app.push_screen_wait(
            Confirm(f"Delete “{mail.subject}”? A token in it is gone for good.", "Delete")
        )
        if sure:
            number, self._open = mail.id, None
            await self.host.org.run_or_toast(lambda org: org.mail.delete(number))
            self.query_one("#mails").focus()

"""Small screens on top: a question, a help text, a new password through a link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Click, Key, Resize
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Markdown, OptionList, Static

from freshtoken_model.values.citations import marks_in_words
from freshtoken_tui.commands import local_keys
from freshtoken_tui.help_topics import HelpTopic
from freshtoken_tui.host import Hosted
from freshtoken_tui.messages import DoCommand
from freshtoken_tui.widgets.button_grid import ButtonGrid
from freshtoken_tui.widgets.field import Buttons, button, text_field
from freshtoken_tui.widgets.notes import show


def plain_markdown(text: str) -> Markdown:
    """Markdown without links; citations show their marks only."""
    return Markdown(marks_in_words(text), open_links=False)


class ClosedOutside(ModalScreen[Any]):
    """A dialog in which nothing is typed: a click outside its frame closes it unanswered."""

    def on_click(self, event: Click) -> None:
        """Close, where the click was on none of its widgets."""
        if event.widget is self:
            self.dismiss(None)


class TextDialog(ClosedOutside):
    """A dialog with a text above its buttons; one longer than the window scrolls."""

    BINDINGS = local_keys(
        "question",
        ("up,pageup", "turn(-1)", "Scroll up"),
        ("down,pagedown", "turn(1)", "Scroll down"),
    )

    def compose_text(self, text: str) -> ComposeResult:
        """Compose the text."""
        with VerticalScroll(id="question", can_focus=False):
            yield Label(Content(text))

    def on_mount(self) -> None:
        """Say that the text scrolls, where it does."""
        self.call_after_refresh(self._say_more)

    def _say_more(self) -> None:
        if self.query_one("#question", VerticalScroll).max_scroll_y > 0:
            self.query_one(".dialog").border_subtitle = "↑ ↓ scroll"

    def action_turn(self, way: int) -> None:
        """Scroll the text."""
        self.query_one("#question", VerticalScroll).scroll_relative(
            y=way * 4, animate=False, immediate=True
        )


class Confirm(TextDialog):
    """Asks once. y says yes, Escape no, Enter what has the focus."""

    CSS_PATH = "modals.tcss"
    BINDINGS = local_keys(
        "confirm",
        ("escape,n", "dismiss(False)", "No"),
        ("y", "dismiss(True)", "Yes"),
    )

    def __init__(self, question: str, yes: str, safe: bool = True) -> None:
        """`safe`: Enter takes the answer that changes nothing."""
        super().__init__()
        self._question, self._yes, self._safe = question, yes, safe

    def compose(self) -> ComposeResult:
        """Question and two buttons."""
        with Vertical(classes="dialog"):
            yield from self.compose_text(self._question)
            with Buttons():
                yield button(self._yes, "yes", "primary", key="y")
                yield button("Cancel", "no", key="esc")

    def on_mount(self) -> None:
        """The answer Enter takes."""
        super().on_mount()
        self.query_one("#no" if self._safe else "#yes").focus()

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")


class TrustQuestion(Confirm):
    """Whether the programs of a content folder may run. No demo answers it."""


class Choice(TextDialog):
    """Asks which of a few: each has a letter. Escape: none of them."""

    CSS_PATH = "modals.tcss"
    BINDINGS = local_keys(
        "choice",
        ("escape", "dismiss", "Cancel"),
    )

    def __init__(
        self, text: str, choices: Sequence[tuple[str, str]], usual: str = "", title: str = ""
    ) -> None:
        """`choices`: a letter and a label each. `usual`: the letter of what Enter takes, by
        default the first.
        """
        super().__init__()
        self._text, self._choices, self._title = text, choices, title
        self._usual = usual or choices[0][0]

    def compose(self) -> ComposeResult:
        """The text and a button each."""
        with Vertical(classes="dialog -choice") as dialog:
            dialog.border_title = self._title
            yield from self.compose_text(self._text)
            with ButtonGrid():
                for key, label in self._choices:
                    kind = "primary" if key == self._usual else "default"
                    yield button(label, f"choice-{key}", kind, key=key)
                yield button("Close", "cancel", key="esc")

    def on_mount(self) -> None:
        """Focus what Enter takes."""
        super().on_mount()
        self.query_one(f"#choice-{self._usual}").focus()

    def on_key(self, event: Key) -> None:
        """A letter takes its choice."""
        if any(event.key == key for key, _ in self._choices):
            event.stop()
            self.dismiss(event.key)

    @on(Button.Pressed)
    def _chosen(self, event: Button.Pressed) -> None:
        name = str(event.button.id)
        self.dismiss(name.removeprefix("choice-") if name.startswith("choice-") else None)


class ReadingDialog(ClosedOutside):
    """A text to read: help, the welcome. Escape, Enter or f1 closes it."""

    CSS_PATH = "modals.tcss"
    BINDINGS = local_keys(
        "reading",
        ("escape,enter,f1", "dismiss", "Close"),
    )

    def __init__(self, text: str, title: str) -> None:
        super().__init__()
        self._text, self._title = text, title

    def compose(self) -> ComposeResult:
        """Compose the text in a box that scrolls."""
        with Vertical(classes="dialog -reading") as dialog:
            dialog.border_title, dialog.border_subtitle = self._title, "esc closes"
            with VerticalScroll(id="read-text"):
                yield plain_markdown(self._text)
            with Buttons():
                yield button("Close", "close-reading", key="esc")

    def on_mount(self) -> None:
        """Focus the box, so that keys scroll it."""
        self.query_one(VerticalScroll).focus()

    def on_resize(self, event: Resize) -> None:
        """Leave room for the frame and the button: the dialog takes nine tenths of the window."""
        self.query_one(VerticalScroll).styles.max_height = max(4, event.size.height * 9 // 10 - 4)

    @on(Button.Pressed, "#close-reading")
    def _close(self) -> None:
        self.dismiss(None)


class HelpDialog(ReadingDialog):
    """Help for where one is. Its one button, or t, lists the help topics."""

    BINDINGS = local_keys("help", ("t", "topics", "Help topics"))

    def compose(self) -> ComposeResult:
        """Compose the text, and the way to the topics below it."""
        with Vertical(classes="dialog -reading") as dialog:
            dialog.border_title, dialog.border_subtitle = self._title, "esc closes"
            with VerticalScroll(id="help-text"):
                yield plain_markdown(self._text)
            with Buttons():
                yield button("Help topics", "topics", key="t")
                yield button("Close", "close-reading", key="esc")

    @on(Button.Pressed, "#topics")
    def action_topics(self) -> None:
        """List the topics over this text."""
        self.post_message(DoCommand("topics"))


class TopicList(Hosted, ClosedOutside):
    """The help topics with their sentences. Enter or a click opens one, Escape closes the list."""

    CSS_PATH = "modals.tcss"
    BINDINGS = local_keys("topics", ("escape,f1", "dismiss", "Close"))

    def __init__(self, topics: Sequence[HelpTopic]) -> None:
        super().__init__()
        self._topics = topics

    def compose(self) -> ComposeResult:
        """Compose a line or two for each topic."""
        with Vertical(classes="dialog -reading") as dialog:
            dialog.border_title, dialog.border_subtitle = "Help topics", "enter opens, esc closes"
            yield OptionList(
                *(
                    Content.assemble((topic.title, "bold"), "\n", topic.summary)
                    for topic in self._topics
                ),
                id="topic-list",
                compact=True,
            )

    def on_mount(self) -> None:
        """Choose the first topic."""
        self.query_one(OptionList).highlighted = 0

    @on(OptionList.OptionSelected, "#topic-list")
    @work(group="topic")
    async def _open(self, event: OptionList.OptionSelected) -> None:
        topic = self._topics[event.option_index]
        body = topic.text.partition("\n\n")[2]  # the title is in the border
        await self.host.show_dialog(TopicDialog(body, topic.title))


class TopicDialog(ReadingDialog):
    """A help topic; closing it leads back to the list."""


class NewPassword(Hosted, ModalScreen[bool]):
    """Set a new password through the link of a mail."""

    CSS_PATH = "modals.tcss"
    BINDINGS = local_keys(
        "new_password",
        ("escape", "dismiss(False)", "Cancel"),
    )

    def __init__(self, link: str, username: str) -> None:
        super().__init__()
        self._link, self._username = link, username

    def compose(self) -> ComposeResult:
        """Compose the two fields for the new password."""
        with Vertical(classes="dialog"):
            yield Label(Content(f"A new password for {self._username}"))
            yield text_field("New password", "link-new", password=True)
            yield text_field("Verify", "link-verify", password=True)
            yield Static(id="link-said")
            with Buttons():
                yield button("Set new password", "set", "primary")
                yield button("Cancel", "no")

    @on(Input.Submitted, "#link-new")
    def _next(self) -> None:
        self.focus_next()

    @on(Button.Pressed, "#no")
    def _cancel(self) -> None:
        self.dismiss(False)

    @on(Input.Submitted, "#link-verify")
    @on(Button.Pressed, "#set")
    @work(group="link")
    async def _set(self) -> None:
        new, verify = (
            self.query_one(f"#{name}", Input).value for name in ("link-new", "link-verify")
        )
        said = self.query_one("#link-said", Static)
        if new != verify:
            show(said, Content.styled("The two passwords are not the same.", "$text-error"))
            return
        changed, error = await self.host.org.run(
            lambda org: org.passwords.use_link(self._link, new)
        )
        if changed is None:
            show(said, Content.styled(error, "$text-error"))
        else:
            mailed = " A new security token was mailed." if changed.token_mailed else ""
            self.app.notify(f"The password of {self._username} was set.{mailed}")
            self.dismiss(True)

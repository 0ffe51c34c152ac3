"""The incident view: one user's trouble in sentences, and what would have prevented it."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Select, Static
from textual.widgets.option_list import Option

from freshtoken_model.values.clock import at
from freshtoken_model.values.kinds import EventKind
from freshtoken_tui.messages import ShowAttempt
from freshtoken_tui.widgets.field import Field
from freshtoken_tui.widgets.notes import MarginNote, show
from freshtoken_tui.widgets.plain import Picklist

from .page import Page

if TYPE_CHECKING:
    from freshtoken_model.history.incidents import Incident
    from freshtoken_tui.view import OrgView

GLYPHS: dict[str, tuple[str, str]] = {
    EventKind.LOGIN_REFUSED: ("✗", "$text-error"),
    EventKind.LOGIN_ACCEPTED: ("✓", "$text-success"),
    EventKind.RUN_WORKED: ("·", "$text-success"),
    EventKind.LOCKED_OUT: ("■", "$text-error"),
    EventKind.LOCK_ENDED: ("□", "$text-warning"),
    EventKind.UNLOCKED: ("□", "$text-warning"),
    EventKind.UNLOCKED_BY_RESET: ("□", "$text-warning"),
    EventKind.TOKEN_RESET: ("▲", "$text-warning"),
    EventKind.TOKEN_MAILED: ("▲", "$text-warning"),
}
CAUSE = ("◆", "$text-warning")
NOTHING_YET = """\
After a refusal this page tells who changed what, which client failed first and why, who locked \
the user out, what ended it, and what would have prevented it.

Change My Password (ctrl+n), then let the client log in (f9). For a whole weekend of refusals: \
“The night” in the palette (ctrl+p)."""
"""What will be here, and what brings it."""

BARS = 4
"""Columns of the scroll bars that the tale and the page may get."""
NARROW = 60
"""Columns up to which a moment is written short."""


class Tale(OptionList):
    """The sentences."""

    enter_does = "Wire and Why"


class IncidentPage(Page):
    """The page that tells the latest trouble of one user."""

    TITLE = "Incident"
    FIRST = "#incident-tale, #incident-user"
    HELP = """\
## Incident
The latest trouble of one user, told from the event log: who changed what, which client failed first
and why, when the user
was locked and by whose tries, what ended it. **Enter** on a sentence shows Wire and Why of the
attempt it tells of.

A trouble is over when nothing was refused for three days. Salesforce shows none of this in one
place: Login History has
the statuses, Setup's audit trail the changes; who failed *first*, and why, no page tells.
"""

    _user = ""
    _names: Sequence[str] = ()
    _told: Incident | None = None

    def compose(self) -> ComposeResult:
        """Whose, the tale, the lesson."""
        yield Field("User", Picklist((), id="incident-user", compact=True, prompt="a user"))
        yield Static(id="incident-sum")
        tale = Tale(id="incident-tale", compact=True)
        tale.display = False
        yield tale
        yield MarginNote(id="incident-prevention")

    def draw(self, picture: OrgView) -> None:
        """The user of the API client first, until another is chosen."""
        select = self.query_one("#incident-user", Select)
        names = [user.username for user in picture.users]
        if self._user not in names:
            self._user = picture.client_user.username if picture.client_user else names[0]
        with select.prevent(Select.Changed):
            if names != self._names:
                self._names = names
                select.set_options([(name, name) for name in names])
            select.value = self._user
        self.load()

    @on(Select.Changed, "#incident-user")
    def _other(self, event: Select.Changed) -> None:
        event.stop()
        if isinstance(event.value, str) and event.value != self._user:
            self._user = event.value
            self.load()

    @work(group="incident", exclusive=True)
    async def load(self) -> None:
        """Read the incident again."""
        name = self._user
        told, error = await self.host.org.run(lambda org: org.incidents.of(name), refresh=False)
        picture = self.picture
        if told is None or picture is None:
            self.app.notify(error, severity="error")
            return
        if told == self._told:
            return
        self._told = told
        self._show(told, picture.info.time_zone)

    def on_resize(self) -> None:
        """Wrap the sentences for the new width."""
        if self._told is not None and self.picture is not None:
            self._show(self._told, self.picture.info.time_zone)

    def _show(self, told: Incident, zone: str) -> None:
        tale = self.query_one("#incident-tale", OptionList)
        place = tale.highlighted
        room = self.content_region.width - BARS
        pattern = "%a %d %b %H:%M:%S" if room > NARROW else "%d %b %H:%M"
        tale.clear_options()
        for sentence in told.sentences:
            glyph, style = GLYPHS.get(sentence.kind, CAUSE)
            moment = at(sentence.at, zone).strftime(pattern)
            lines = wrap(sentence.words, max(20, room - len(moment) - 4))
            words = Content.assemble(
                (f"{glyph} ", style),
                (f"{moment}  ", "$foreground 75%"),
                ("\n" + " " * (len(moment) + 4)).join(lines),
            )
            tale.add_option(Option(words))
        tale.display = bool(told.sentences)
        if told.sentences and self.has_focus_within and not tale.has_focus and place is None:
            tale.focus()  # the page was opened before there was a tale to go through
        tale.highlighted = min(place or 0, len(told.sentences) - 1) if told.sentences else None
        nothing = f"No login as {told.user.username} was refused lately.\n\n{NOTHING_YET}"
        total = Content(self.host.with_bound_keys(nothing))
        if told.sentences:
            state = (
                ("over", "$text-success bold") if told.over else ("not over", "$text-error bold")
            )
            culprit = (
                (f"  Locked out by the attempts of: {told.culprit}.", "bold")
                if told.culprit
                else ""
            )
            total = Content.assemble("This incident is ", state, ".", culprit)
        show(self.query_one("#incident-sum", Static), total)
        lesson = "What would have prevented it:\n" + "\n".join(
            f"· {words}" for words in told.prevention
        )
        self.query_one("#incident-prevention", MarginNote).tell(lesson if told.prevention else "")

    @on(OptionList.OptionHighlighted, "#incident-tale")
    def _follow(self, event: OptionList.OptionHighlighted) -> None:
        """Scroll the page with the tale, to the lesson below its last sentence."""
        last = max(1, event.option_list.option_count - 1)
        self.scroll_to(y=round(self.max_scroll_y * event.option_index / last), animate=False)

    @on(OptionList.OptionSelected, "#incident-tale")
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        sentence = self._told.sentences[event.option_index] if self._told else None
        if (
            sentence is not None
            and sentence.event_id is not None
            and sentence.kind.startswith("login_")
        ):
            self.post_message(ShowAttempt(sentence.event_id))
        else:
            self.app.notify("No single login is behind this sentence.")

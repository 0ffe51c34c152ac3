"""Setup, Calendar: what ends when, what has ended already, and what the release the org was made in
made different; below it what else Salesforce changes, as news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Label, Static

from freshtoken_model.decision.policies import release_calendar
from freshtoken_model.decision.release_entries import Entry, EntryKind, release_entries
from freshtoken_model.decision.settings import CALENDAR, SINCE, default_of, settings
from freshtoken_model.decision.words import RELEASES
from freshtoken_model.training.content.sources import sources
from freshtoken_model.values.clock import at, lasting, wall_clock
from freshtoken_tui.widgets.notes import MarginNote, show

from .pane import Pane

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView

CALENDAR_NOTE = (
    "Salesforce has no such page: freshtoken keeps the official dates here. The switch and "
    "days marked so are ours."
)

COMING = {
    "reached": ("✓ in force since", "✓ at once, since", "$text-warning"),
    "next": ("▶ next", "○ first", "bold"),
    "later": ("○ later", "○ then", ""),
}
"""Words and style of a date: while the calendar is on, and while it is off."""
HEADINGS = {
    EntryKind.EFFECT: "What changes in this org",
    EntryKind.NEWS: "News: Salesforce changes it, and this org does not",
}


class CalendarPane(Pane):
    """The calendar's settings, its dates, and the defaults of the org's release."""

    def compose(self) -> ComposeResult:
        """Where it stands, then the picklists, then the release."""
        yield Static(id="calendar-dates")
        yield from self.settings(CALENDAR)
        yield Label(Content.styled("Made in", "bold"), id="made-in")
        yield Static(id="calendar-release")
        yield Static(id="calendar-entries")
        yield MarginNote(CALENDAR_NOTE)

    def draw(self, picture: OrgView) -> None:
        """The dates, seen from org time."""
        show(self.query_one("#calendar-dates", Static), dates(picture))
        show(self.query_one("#calendar-release", Static), "\n".join(since_release(picture)))
        show(self.query_one("#calendar-entries", Static), entries(picture))
        self.query_one("#made-in", Label).update(
            Content.styled(
                f"What a release makes different: this org counts as made in "
                f"{picture.info.created_release}",
                "bold",
            )
        )


def dates(picture: OrgView) -> Content:
    """What is retired, what comes next, what comes later; while the calendar is off, what it would
    bring.
    """
    zone, now = picture.info.time_zone, picture.clock.now(wall_clock())
    on = bool(picture.settings.calendar)
    heading = (
        "The calendar is on."
        if on
        else "The calendar is off: nothing retires by itself. Switched on, it brings:"
    )
    lines = [Content.styled(heading, "bold")]
    for moment, name, coming in release_calendar(picture.values, zone, now):
        when_on, when_off, style = COMING[coming.value]
        day = f"{at(moment, zone):%a %d %b %Y}"
        ahead = f", in {lasting(moment - now)}" if moment > now else ""
        words = f"{when_on if on else when_off} {day}{ahead}"
        lines.append(Content.assemble((words, style), f": {RELEASES[name]}"))
    return Content("\n").join(lines)


def entries(picture: OrgView) -> Content:
    """Every entry of the calendar with its sources: what changes in this org, then the news."""
    now = picture.clock.now(wall_clock())
    found = release_entries(picture.values, picture.info.time_zone, now)
    lines = []
    for kind, heading in HEADINGS.items():
        lines.append(Content.styled(heading, "bold"))
        lines.extend(Content(_entry_line(one)) for one in found if one.kind is kind)
    return Content("\n").join(lines)


def _entry_line(entry: Entry) -> str:
    here = f" Here: {entry.here}." if entry.here else ""
    known = "; ".join(dict.fromkeys(sources()[name].title for name in entry.sources))
    return f"• {entry.when} ({entry.state}): {entry.says}.{here} Source: {known}."


def since_release(picture: OrgView) -> list[str]:
    """Each setting that starts differently by the release, what it started with here, and its
    value now.
    """
    lines = []
    for name, (since, value) in SINCE.items():
        setting = settings()[name]
        began = default_of(setting, picture.info.created_release)
        age = "This org is newer" if began == value else "This org is older"
        lines.append(
            f"• {setting.label}: {value} in orgs created since {since}. {age}: it began {began}, "
            f"and is {picture.values[name]} now."
        )
    return lines

"""The entries of the release calendar: what changes in this org, and what is news."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import freshtoken_data
from freshtoken_model.values.clock import parse_moment
from freshtoken_model.values.kinds import SettingName

from .policies import release_dates
from .settings import ON

FIELDS = ("id", "from", "when", "says", "sources")
"""What every entry has."""


class EntryKind(StrEnum):
    """Whether an entry changes anything in this org."""

    EFFECT = "effect"
    NEWS = "news"


class EntryState(StrEnum):
    """How an entry stands at a moment."""

    IN_FORCE = "in force"
    TO_COME = "to come"
    OFF = "off"
    """The setting release_calendar is off: the day changes nothing."""
    NEVER = "never"
    """The setting of its day is: never."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `at` in ms is None when its day was set to never; `here` is empty of news."""

    id: str
    at: int | None
    when: str
    says: str
    here: str
    kind: EntryKind
    state: EntryState
    switched: bool
    """Whether it waits for the setting release_calendar."""
    sources: tuple[str, ...]


def release_entries(values: Mapping[str, str], time_zone: str, now: int) -> tuple[Entry, ...]:
    """Every entry of the calendar as it stands in an org, by day. Raises ContentError."""
    dates = {name: moment for moment, name in release_dates(values, time_zone)}
    on = values[SettingName.RELEASE_CALENDAR] == ON
    entries = []
    for row in freshtoken_data.rows("calendar.toml", "entry", *FIELDS):
        key, here = row.get("switched", ""), row.get("here", "")
        at = dates.get(key) if key else parse_moment(row["from"], time_zone)
        if at is None:
            state = EntryState.NEVER
        elif key and not on:
            state = EntryState.OFF
        else:
            state = EntryState.IN_FORCE if at <= now else EntryState.TO_COME
        entries.append(
            Entry(
                row["id"],
                at,
                row["when"],
                row["says"],
                here,
                EntryKind.EFFECT if here else EntryKind.NEWS,
                state,
                bool(key),
                tuple(row["sources"]),
            )
        )
    return tuple(sorted(entries, key=lambda entry: (entry.at is None, entry.at or 0)))

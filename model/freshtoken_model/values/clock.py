"""Org time. A row (mode, wall anchor, org anchor, last seen) from which every process computes now.

Pure arithmetic; storage reads and writes the row. Survives wall clocks that step, and files that
lay in a drawer.
"""

import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from .errors import BadValueError

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
LEAP = HOUR
"""A file untouched for longer than this resumes where it was left."""
LATEST = 4_102_444_800_000
"""2100-01-01: org time goes no further."""


def wall_clock() -> int:
    """Wall time in ms UTC: comparable between processes, which monotonic time is not."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock as stored: a mode and two pairs of moments (wall and org time, ms)."""

    mode: str
    anchor_wall: int
    anchor_org: int
    seen_wall: int
    seen_org: int

    @property
    def running(self) -> bool:
        """Whether org time runs with the wall clock."""
        return self.mode == "running"

    def tick(self, wall: int) -> "Clock":
        """The clock as seen at a wall moment: `seen_org` is now. Org time never goes back."""
        if not self.running:
            return replace(self, seen_wall=wall)
        now, gap = self.anchor_org + wall - self.anchor_wall, wall - self.seen_wall
        if now < self.seen_org or gap < 0 or gap > LEAP:
            return replace(self, anchor_wall=wall, anchor_org=self.seen_org, seen_wall=wall)
        return replace(self, seen_wall=wall, seen_org=min(now, LATEST))

    def now(self, wall: int) -> int:
        """Org time at a wall moment."""
        return self.tick(wall).seen_org

    def moved(self, to: int, wall: int) -> "Clock":
        """The clock set to an org moment, its mode kept."""
        return replace(self, anchor_wall=wall, anchor_org=to, seen_wall=wall, seen_org=to)


def at(moment: int, zone: str) -> datetime:
    """An org moment as a local datetime of a time zone."""
    return datetime.fromtimestamp(moment / 1000, ZoneInfo(zone))


def iso(moment: int) -> str:
    """2026-11-24T14:00:00.000+0000, the way Salesforce's APIs write a moment [WIRE
    rest-date-form].
    """
    return (
        datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{moment % 1000:03d}+0000"
    )


def parse_moment(text: str, zone: str) -> int:
    """Ms of an ISO 8601 moment; without an offset it is in the zone. Raises ValueError with words
    for a person.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not a moment; write it like 2026-11-24T14:00 or 2026-11-24T14:00:00Z"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    milliseconds = round(moment.timestamp() * 1000)
    if not 946_684_800_000 <= milliseconds < LATEST:
        raise ValueError(f"{text!r} is outside the years 2000 to 2099")
    return milliseconds


_UNITS = {
    "s": SECOND,
    "m": MINUTE,
    "min": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": 7 * DAY,
    "y": 365 * DAY,
}
DURATION_FORM = "15m, 1h30m, 2d or 1y 2w"
"""How a duration is written, in an error's sentence."""


def parse_duration(text: str) -> int:
    """Ms of a duration such as 15m, 1h30m or 1y 2w 15min; a year has 365 days. Raises ValueError
    with words for a person.
    """
    packed = re.sub(r"\s+", "", text.lower())
    parts = re.findall(r"(\d{1,6})(min|[smhdwy])", packed)
    if not parts or "".join(number + unit for number, unit in parts) != packed:
        raise ValueError(f"{text[:80]!r} is not a duration; write it like {DURATION_FORM}")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def milliseconds_of(span: int | str | timedelta) -> int:
    """A span in ms, from ms, from a text such as "15m", or from a timedelta. Raises
    BadValueError.
    """
    if isinstance(span, timedelta):
        return span // timedelta(milliseconds=1)
    if isinstance(span, int):
        return span
    try:
        return parse_duration(span)
    except ValueError as error:
        raise BadValueError(f"{error}.", span) from None


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_AWAY = {"yesterday": -1, "today": 0, "tomorrow": 1}
WRITTEN_DAYS = ("%d %b %Y %H:%M", "%d %b %Y", "%d %B %Y %H:%M", "%d %B %Y")
"""A day with the name of its month, as freshtoken and Setup print it."""
MOMENT_FORM = "2026-11-24T14:00, 24 Nov 2026 14:00, mon 9:00, 18:30, yesterday or 2d"
"""How a moment is written, in an error's sentence."""


def parse_moment_near(text: str, now: int, zone: str, ahead: bool) -> int:
    """The moment meant by one of MOMENT_FORM, seen from now. Raises ValueError with words for a
    person.

    A weekday or a time of day is the next one to come, or, without `ahead`, the last one that was;
    a duration lies ahead, or back, likewise. A day without a time of day begins at midnight.
    """
    words = " ".join(text.lower().split())
    if (away := DAYS_AWAY.get(words)) is not None:
        return _midnight(now, zone, away)
    match = re.fullmatch(r"(?:([a-z]{3})[a-z]*)? ?(?:(\d{1,2}):(\d\d))?", words)
    if match and words and (match[1] is None or match[1] in WEEKDAYS):
        hour, minute = int(match[2] or 0), int(match[3] or 0)
        if hour < 24 and minute < 60:
            return _weekday(match[1], hour, minute, now, zone, ahead)
    try:
        span = parse_duration(words)
    except ValueError:
        pass
    else:
        return now + span if ahead else now - span
    for form in WRITTEN_DAYS:
        try:
            written = datetime.strptime(words, form)
        except ValueError:
            continue
        return parse_moment(written.isoformat(), zone)
    if re.match(r"\d{4}-", words):
        return parse_moment(text.strip().upper(), zone)
    raise ValueError(f"{text[:80]!r} is not a moment; write it like {MOMENT_FORM}")


def _midnight(now: int, zone: str, days: int) -> int:
    day = (at(now, zone) + timedelta(days=days)).replace(
        hour=0, minute=0, second=0, microsecond=0, fold=0
    )
    return round(day.timestamp() * 1000)


def _weekday(weekday: str | None, hour: int, minute: int, now: int, zone: str, ahead: bool) -> int:
    """The next, or the last, moment of a time of day, on a weekday if one is named."""
    local, way = at(now, zone), 1 if ahead else -1
    for away in range(9):
        day = (local + timedelta(days=way * away)).replace(
            hour=hour, minute=minute, second=0, microsecond=0, fold=0
        )
        moment = round(day.timestamp() * 1000)
        passed = moment > now if ahead else moment <= now
        if passed and (weekday is None or WEEKDAYS[day.weekday()] == weekday):
            return moment
    raise AssertionError("every weekday comes within eight days")


def lasting(milliseconds: int) -> str:
    """A span in words, by its two largest units: '2 days 15 hours', '15 minutes'."""
    parts = []
    for unit, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second")):
        count, milliseconds = divmod(milliseconds, unit)
        if count:
            parts.append(f"{count:,} {name}{'s' if count != 1 else ''}")
    return " ".join(parts[:2]) or "no time"


def since(then: int, now: int) -> str:
    """How long ago in words: 'just now', '3 minutes ago', '2 days ago'."""
    gap = max(0, now - then)
    if gap < MINUTE:
        return "just now"
    for unit, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if gap >= unit:
            count = gap // unit
            return f"{count} {name}{'s' if count != 1 else ''} ago"
    return "just now"

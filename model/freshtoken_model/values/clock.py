"""Org time. A row (mode, wall anchor, org anchor, last seen) from which every process computes now.

Pure arithmetic; storage reads and writes the row. Survives wall clocks that step, and files that
lay in a drawer.
"""

import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

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


_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


def parse_duration(text: str) -> int:
    """Ms of a duration such as 15m, 1h30m, 2d. Raises ValueError with words for a person."""
    parts = re.findall(r"(\d{1,6})([smhd])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration; write it like 15m, 1h30m or 2d")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def parse_target(text: str, now: int, zone: str) -> int:
    """The moment meant by 15m, 2d, mon 9:00, 18:30 or 2026-11-30T09:00, seen from now. Raises
    ValueError.

    A weekday or a time of day is the next one to come.
    """
    text = text.strip().lower()
    match = re.fullmatch(r"(?:([a-z]{3})[a-z]* ?)?(\d{1,2}):(\d\d)", text)
    if (
        match
        and (match[1] is None or match[1] in WEEKDAYS)
        and int(match[2]) < 24
        and int(match[3]) < 60
    ):
        local = at(now, zone)
        for ahead in range(9):
            day = (local + timedelta(days=ahead)).replace(
                hour=int(match[2]), minute=int(match[3]), second=0, microsecond=0, fold=0
            )
            moment = round(day.timestamp() * 1000)
            if moment > now and (match[1] is None or WEEKDAYS[day.weekday()] == match[1]):
                return moment
    try:
        return now + parse_duration(text)
    except ValueError:
        pass
    if re.match(r"\d{4}-", text):
        return parse_moment(text.upper(), zone)
    raise ValueError(
        f"{text!r} is not a moment; write it like 2d, mon 9:00, 18:30 or 2026-11-30T09:00"
    )


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

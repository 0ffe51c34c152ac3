"""Who has a running app, and which tab shows it: one process a visitor, as many as there are
places, ended when nobody has used them for a while. It knows no HTTP.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from typing import Protocol

from .folders import Visitor
from .process import VisitorProcess

SPARED = 60.0
"""Seconds after which a place that no tab shows may be given to somebody else, when all are
taken.
"""
SLOWEST = 30.0
"""Seconds that a tab may take to receive a packet."""
LOOKED = 5.0
"""Seconds between two looks for places that nobody uses; fewer when `idle` is short."""


class Reason(IntEnum):
    """Why a tab shows the app no more: the code of its WebSocket's close."""

    QUIT = 4000
    OTHER_TAB = 4001
    IDLE = 4002
    FULL = 4003
    FAILED = 4004
    UNKNOWN = 4005
    STOPPED = 4006
    NOT_OURS = 1003


class Tab(Protocol):
    """A tab of a browser. It raises ConnectionError when it is gone."""

    async def draw(self, data: bytes) -> None:
        """Show bytes of a terminal."""

    async def ask(self, what: str, **more: str) -> None:
        """Ask the browser for something: to download a file, to open a page."""

    async def close(self, reason: Reason) -> None:
        """Say why nothing comes any more. Never raises."""


class FullError(Exception):
    """Every place is taken."""


class RunningVisitor:
    """A visitor's running app."""

    def __init__(self, visitor: Visitor, process: VisitorProcess, tab: Tab, now: float) -> None:
        self.visitor, self.process = visitor, process
        self.tab: Tab | None = tab
        self.used_at, self.left_at = now, now
        self.closes_with = Reason.QUIT
        """What a tab is told when the app has ended."""


class Places:
    """At most `most` apps, each ended after `idle` seconds without a key or the mouse. `said`: is
    told what whoever runs the server should know.
    """

    def __init__(
        self,
        most: int,
        idle: float,
        said: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most, self.idle = most, idle
        self._said, self._now = said, now
        self._taken: dict[str, RunningVisitor] = {}
        self._followers: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    @property
    def taken(self) -> int:
        """How many apps run."""
        return len(self._taken)

    def open_to(self, visitor: Visitor) -> bool:
        """Whether a visitor would get a place now."""
        free = self.taken < self.most or self._longest_left() is not None
        return visitor.id in self._taken or free

    async def enter(self, visitor: Visitor, tab: Tab, width: int, height: int) -> RunningVisitor:
        """Show a visitor's app in a tab: the one that runs, else a new one. A tab that showed it
        until now is told so. Raises FullError, OSError.
        """
        async with self._turn:
            place = self._taken.get(visitor.id)
            if place is not None:
                before, place.tab, place.used_at = place.tab, tab, self._now()
                if before is not None:
                    await before.close(Reason.OTHER_TAB)
                await place.process.tell("attach", width=width, height=height)
                return place
            if self.taken >= self.most:
                left = self._longest_left()
                if left is None:
                    raise FullError
                await self._end(left, Reason.IDLE)
            try:
                process = await VisitorProcess.start(visitor.folder, width, height)
            except OSError as error:
                self._said(f"The app of {visitor.id} could not be started: {error.strerror}.")
                raise
            place = RunningVisitor(visitor, process, tab, self._now())
            self._taken[visitor.id] = place
            follower = asyncio.create_task(self._follow(place))
            self._followers.add(follower)
            follower.add_done_callback(self._followers.discard)
            return place

    def _longest_left(self) -> RunningVisitor | None:
        """The place that no tab has shown for the longest time, if it is longer than SPARED."""
        before = self._now() - SPARED
        left = [p for p in self._taken.values() if p.tab is None and p.left_at <= before]
        return min(left, key=lambda place: place.left_at, default=None)

    async def typed(self, place: RunningVisitor, data: bytes) -> None:
        """Give an app what was typed."""
        place.used_at = self._now()
        await place.process.type(data)

    def leave(self, place: RunningVisitor, tab: Tab) -> None:
        """A tab is gone. Its app runs on for when it comes back."""
        if place.tab is tab:
            place.tab, place.left_at = None, self._now()

    async def _follow(self, place: RunningVisitor) -> None:
        """Hand what an app says to the tab that shows it; without one it is lost, and attach() has
        all of it drawn again.
        """
        errors = asyncio.create_task(place.process.ended())
        async for letter, content in place.process.packets():
            if (tab := place.tab) is not None:
                try:
                    async with asyncio.timeout(SLOWEST):
                        await _pass_on(tab, letter, content)
                except (ConnectionError, TimeoutError):
                    self.leave(place, tab)
        code, error = await errors
        if self._taken.get(place.visitor.id) is place:
            del self._taken[place.visitor.id]
        reason = place.closes_with
        if code and reason is Reason.QUIT:
            reason = Reason.FAILED
            self._said(f"The app of {place.visitor.id} ended with exit code {code}. {error}")
        if place.tab is not None:
            await place.tab.close(reason)

    async def end_idle(self) -> None:
        """End the apps that nobody has used for `idle` seconds."""
        before = self._now() - self.idle
        async with self._turn:
            idle = [place for place in self._taken.values() if place.used_at <= before]
            await asyncio.gather(*(self._end(place, Reason.IDLE) for place in idle))

    async def watch(self) -> None:
        """Look for idle apps, until cancelled."""
        while True:
            await asyncio.sleep(min(LOOKED, self.idle / 4))
            await self.end_idle()

    async def close(self) -> None:
        """End every app, and tell the tabs."""
        async with self._turn:
            running = list(self._taken.values())
            await asyncio.gather(*(self._end(place, Reason.STOPPED) for place in running))
        if self._followers:
            await asyncio.wait(self._followers, timeout=LOOKED)

    async def _end(self, place: RunningVisitor, reason: Reason) -> None:
        place.closes_with = reason
        self._taken.pop(place.visitor.id, None)
        await place.process.end()


async def _pass_on(tab: Tab, letter: bytes, content: bytes) -> None:
    if letter == b"D":
        await tab.draw(content)
    elif letter == b"M":
        with suppress(KeyError):
            said = json.loads(content)
            if said["type"] == "download":
                await tab.ask("download", name=said["name"])
            elif said["type"] == "open_url":
                await tab.ask("open", url=said["url"])

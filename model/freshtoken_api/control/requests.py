"""The requests that clients made of an org: the newest are kept, and a caller can wait for more."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any

from freshtoken_api.serve.journal import Entry

KEPT = 10_000
"""Requests that are kept; older ones are dropped."""


class Requests:
    """A journal in memory, used on one event loop."""

    def __init__(self) -> None:
        self._kept: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._last, self._more = 0, asyncio.Event()

    def __call__(self, entry: Entry) -> None:
        """Keep a request, and wake who waits for one."""
        self._last += 1
        self._kept.append({"id": self._last, **entry})
        self._more.set()
        self._more = asyncio.Event()

    async def after(self, since: int, limit: int, wait: int) -> list[dict[str, Any]]:
        """The requests after an id, the oldest first; if there are none yet, what comes within
        `wait` seconds.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                while self._last <= since:
                    await self._more.wait()
        return [one for one in self._kept if one["id"] > since][:limit]

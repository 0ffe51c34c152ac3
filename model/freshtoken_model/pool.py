"""An org's threads, each with its own connection, for an app or a server on an event loop.

Owned and closed with the org: no module-level thread-locals (after a switch they keep the first file, facts/core.md D).
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from .credentials import Hashing, VerifiedPasswords
from .org import Org
from .storage import plainly

Answer = TypeVar("Answer")
THREADS = 2
"""Hashing is the cost; two slots are what two cores give."""
QUICK = 1
"""For what does not hash: Python runs one thread at a time anyway, and nobody waits here behind a hash."""


def _heard(done: "asyncio.Future[Answer]") -> None:
    """Nobody may be left to ask for the exception."""
    if not done.cancelled():
        done.exception()


class OrgPool:
    """Runs use cases off the event loop. A use case in flight is never cancelled: the event log tells the truth."""

    def __init__(self, path: Path, hashing: Hashing | None = None) -> None:
        """Open the org file on the calling thread first, so that what is wrong with it is raised here (OrgFileError)."""
        self.path, self._hashing = path, hashing
        self._closing, self._memory, self._turn = threading.Event(), VerifiedPasswords(), threading.Lock()
        self._orgs: dict[int, Org] = {}
        self._open().close()
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="org")
        self._quick = ThreadPoolExecutor(QUICK, thread_name_prefix="org-quick")

    def _open(self) -> Org:
        return Org(self.path, self._hashing, self._memory, self._closing, self._turn)

    def _call(self, use_case: Callable[[Org], Answer]) -> Answer:
        thread = threading.get_ident()
        if thread not in self._orgs:
            self._orgs[thread] = self._open()
        with plainly(self.path):
            return use_case(self._orgs[thread])

    async def run(self, use_case: Callable[[Org], Answer]) -> Answer:
        """Run a use case in one of the threads; if the caller is cancelled, it still commits."""
        return await self._submit(self._executor, use_case)

    async def quick(self, use_case: Callable[[Org], Answer]) -> Answer:
        """Run a use case that does not hash, ahead of all that do."""
        return await self._submit(self._quick, use_case)

    async def _submit(self, executor: ThreadPoolExecutor, use_case: Callable[[Org], Answer]) -> Answer:
        future = asyncio.wrap_future(executor.submit(self._call, use_case))
        future.add_done_callback(_heard)
        return await asyncio.shield(future)

    def here(self, use_case: Callable[[Org], Answer]) -> Answer:
        """Run what only reads a few rows on the calling thread (the event loop's), with a connection of its own.

        For small reads a hop to a thread costs more than the read. Never write or hash here.
        """
        return self._call(use_case)

    def close(self) -> None:
        """Finish what runs, then close the connections. Waits at most for one use case."""
        self._closing.set()
        self._executor.shutdown(wait=True)
        self._quick.shutdown(wait=True)
        for org in self._orgs.values():
            org.close()

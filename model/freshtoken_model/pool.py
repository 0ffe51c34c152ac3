"""An org's threads, each with its own connection, for an app or a server on an event loop.

Owned and closed with the org: no module-level thread-locals (after a switch they keep the first
file [MEASURED measured-threads]).
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from freshtoken_model.decision.credentials import Hashing, VerifiedPasswords
from freshtoken_model.store.database import plainly

from .org import Org

Answer = TypeVar("Answer")
THREADS = 2
"""Hashing is the cost; two slots are what two cores give."""
AT_ONCE = 16
"""Quick use cases that are answered together, at most."""


def _heard(done: "asyncio.Future[Answer]") -> None:
    """Nobody may be left to ask for the exception."""
    if not done.cancelled():
        done.exception()


Waiting = tuple["asyncio.Future[Any]", Callable[[Org], Any]]
Done = tuple["asyncio.Future[Any]", Any, BaseException | None]


def _settle(done: list[Done]) -> None:
    """Hand over answers, on the loop of those who wait; who has left gets none."""
    for future, answer, error in done:
        if future.done():
            continue
        if error is None:
            future.set_result(answer)
        else:
            future.set_exception(error)


class QuickLane:
    """One thread for what does not hash: Python runs one at a time anyway, and nobody waits here
    behind a hash.

    All that waits is done before anything is answered, each in its own transaction: a thread that
    wakes the loop after every use case fights with it for Python's lock at every SQL statement of
    the next one, and half the time is lost.
    """

    def __init__(self, call: Callable[[Callable[[Org], Any]], Any]) -> None:
        self._call, self._closed = call, False
        self._waiting: SimpleQueue[Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="org-quick", daemon=True)
        self._thread.start()

    def submit(self, use_case: Callable[[Org], Answer]) -> "asyncio.Future[Answer]":
        """Run a use case in the lane. Raises RuntimeError once it is closed."""
        if self._closed:
            raise RuntimeError("the org is closed")
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.put((future, use_case))
        return future

    def close(self) -> None:
        """Do what waits, then end."""
        self._closed = True
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            loop, done = waiting[0].get_loop(), [self._done(*waiting)]
            while (
                len(done) < AT_ONCE
                and self._waiting.qsize()
                and (waiting := self._waiting.get()) is not None
            ):
                done.append(self._done(*waiting))
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, done)
            if waiting is None:
                return

    def _done(self, future: "asyncio.Future[Any]", use_case: Callable[[Org], Any]) -> Done:
        try:
            return future, self._call(use_case), None
        except BaseException as error:
            return future, None, error


class OrgPool:
    """Runs use cases off the event loop. A use case in flight is never cancelled: the event log
    tells the truth.
    """

    def __init__(self, path: Path, hashing: Hashing | None = None) -> None:
        """Open the org file on the calling thread first, so that what is wrong with it is raised
        here (OrgFileError).
        """
        self.path, self._hashing = path, hashing
        self._closing, self._memory, self._turn = (
            threading.Event(),
            VerifiedPasswords(),
            threading.Lock(),
        )
        self._orgs: dict[int, Org] = {}
        self._open().close()
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="org")
        self._quick = QuickLane(self._call)

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
        future = asyncio.wrap_future(self._executor.submit(self._call, use_case))
        future.add_done_callback(_heard)
        return await asyncio.shield(future)

    async def quick(self, use_case: Callable[[Org], Answer]) -> Answer:
        """Run a use case that does not hash, ahead of all that do; if the caller is cancelled, it
        still commits.
        """
        return await self._quick.submit(use_case)

    def close(self) -> None:
        """Finish what runs, then close the connections. Waits at most for one use case."""
        self._closing.set()
        self._executor.shutdown(wait=True)
        self._quick.close()
        for org in self._orgs.values():
            org.close()


class InlinePool(OrgPool):
    """An open org in a pool's place: each use case runs on the calling thread, to its end.

    For a process that makes one exchange and has no screen to keep alive: a pool opens the file
    three more times and starts two threads. The org stays the caller's to close.
    """

    def __init__(self, org: Org) -> None:
        self.path, self._org = org.path, org

    def _call(self, use_case: Callable[[Org], Answer]) -> Answer:
        with plainly(self.path):
            return use_case(self._org)

    async def run(self, use_case: Callable[[Org], Answer]) -> Answer:
        """Run a use case."""
        return self._call(use_case)

    async def quick(self, use_case: Callable[[Org], Answer]) -> Answer:
        """Run a use case."""
        return self._call(use_case)

    def close(self) -> None:
        """Nothing was opened."""

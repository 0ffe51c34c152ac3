"""What the parts of the app have in common."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from textual.worker import Worker

from freshtoken_tui.messages import Request

if TYPE_CHECKING:
    from freshtoken_tui.app import FreshtokenApp

Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")
SomePart = TypeVar("SomePart", bound="Part")
BUSY_AFTER = 0.2
"""Seconds that something may take without a word about it."""


class Part:
    """One concern of the app: its state, and the commands it does. The app holds its parts."""

    def __init__(self, app: FreshtokenApp) -> None:
        self.app = app

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does, by their ids in commands.py."""
        return {}

    def requests(self) -> dict[type[Request], Callable[[Any], object]]:
        """What it does for pages, dialogs and widgets, by the class of their message."""
        return {}

    @asynccontextmanager
    async def busy(self, words: str) -> AsyncIterator[None]:
        """Say in the header what is being done, as soon as it takes longer than BUSY_AFTER."""
        header = self.app.main.header
        told = asyncio.get_running_loop().call_later(BUSY_AFTER, setattr, header, "busy", words)
        try:
            yield
        finally:
            told.cancel()
            header.busy = ""


def in_worker(
    group: str, exclusive: bool = False
) -> Callable[
    [Callable[Concatenate[SomePart, Parameters], Coroutine[Any, Any, Result]]],
    Callable[Concatenate[SomePart, Parameters], Worker[Result]],
]:
    """Run a method of a part as a worker of the app, as textual.work does for widgets."""

    def decorate(
        method: Callable[Concatenate[SomePart, Parameters], Coroutine[Any, Any, Result]],
    ) -> Callable[Concatenate[SomePart, Parameters], Worker[Result]]:
        @wraps(method)
        def start(
            part: SomePart, /, *args: Parameters.args, **options: Parameters.kwargs
        ) -> Worker[Result]:
            return part.app.run_worker(
                partial(method, part, *args, **options),
                name=method.__name__,
                group=group,
                exclusive=exclusive,
            )

        return start

    return decorate

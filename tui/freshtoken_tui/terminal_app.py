"""Textual's App as freshtoken needs it: dialogs one after the other, no text parsed as markup,
signals end it, and an error of its own shows one sentence instead of a traceback.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from traceback import walk_tb
from typing import Any, TypeVar

from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.screen import ModalScreen, Screen

from freshtoken_data import ContentError
from freshtoken_model.values.errors import OrgError
from freshtoken_model.values.visible import visible, visible_lines

from .exit_codes import UNUSABLE
from .widgets.palette import Palette, PaletteDialog

Answer = TypeVar("Answer")

CLOSING_TIMEOUT = 5.0
"""Seconds that a dialog may take until it is mounted."""


class Harmless(LineFilter):
    """The last look at what is drawn: a character that would steer the terminal is left out. It
    takes no column.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments, without such characters."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [
            segment
            if segment.control or visible(segment.text) == segment.text
            else Segment(
                "".join(char for char in segment.text if visible(char) == char), segment.style
            )
            for segment in segments
        ]


HARMLESS = Harmless()


class TerminalApp(App[None]):
    """An app with one main screen, dialogs over it, and one change at a time: what is asked for
    meanwhile waits its turn.

    A screen that is removed while it mounts fails in its own handlers; so nothing is removed before
    it is mounted.
    """

    COMMANDS = {Palette}

    def __init__(self, path: Path) -> None:
        """`path`: the org file, which is looked at when the app fails."""
        super().__init__()
        self.failure, self.failure_code = "", UNUSABLE
        """What ended the app, in a sentence, and the exit code."""
        self.ended_by = 0
        """The signal that ended the app; 0 when none did."""
        self.turn = asyncio.Lock()
        self._org_file = path
        self.recent: list[str] = []
        self._loop_of_app: asyncio.AbstractEventLoop | None = None
        self._leaving = False

    # ---- How it ends

    def _handle_exception(self, error: Exception) -> None:
        """Ignore errors raised while the app closes, or by a dialog that was closed meanwhile."""
        started = self._loop_of_app is not None
        closing = self._leaving or (started and not self.is_running)
        if not closing and not self.was_removed(error):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """One sentence and a file instead of Textual's traceback, which shows local variables:
        secrets among them.
        """
        from .crash import what_failed

        self.failure, self.failure_code = what_failed(self._exception, self._org_file)
        self._close_messages_no_wait()

    def end_by(self, number: int) -> None:
        """End because of a signal: at once where the app runs, else as soon as it does. For a
        signal handler.
        """
        self.ended_by = number
        if self._loop_of_app is not None:
            self._loop_of_app.call_soon_threadsafe(self.exit)

    def heed_signals(self) -> None:
        """From now on a signal ends the app at once; one that came before ends it now."""
        self._loop_of_app = asyncio.get_running_loop()
        if self.ended_by:
            self.exit()

    def exit(self, result: None = None, return_code: int = 0, message: Any = None) -> None:
        """Textual's; errors raised from now on are ignored."""
        self._leaving = True
        super().exit(result, return_code, message)

    def end_worker_if_closing(self) -> None:
        """End the worker that calls this when the app is closing: its answer finds no widgets."""
        if not self.is_running:
            raise asyncio.CancelledError

    async def off_the_loop(self, what: Callable[[], Answer]) -> Answer | None:
        """Run something that blocks in a thread; None, and a toast, when it is refused."""
        try:
            answer = await asyncio.to_thread(what)
        except (OrgError, ContentError) as error:
            self.notify(str(error), severity="error", timeout=12)
            return None
        self.end_worker_if_closing()
        return answer

    def refresh_css(self, animate: bool = True) -> None:
        """Textual's, once there is a screen: the first one parses the style sheets anyway, with the
        theme chosen meanwhile. Twice would cost 8 ms before the first paint.
        """
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    # ---- Dialogs

    async def close_dialogs(self) -> None:
        """Close what lies over the main screen, unanswered."""
        async with self.turn:
            await self.close_all()

    async def show_dialog(self, screen: Screen[Any]) -> None:
        """Put a dialog over what is shown, unless it is one of its kind; it is mounted when this
        ends.
        """
        async with self.turn:
            if type(self.screen) is not type(screen):
                self.push_screen(screen)
                await _mounted(screen)

    async def push_screen_wait(self, screen: Any, *, mode: str | None = None) -> Any:
        """Textual's, in its turn: a dialog's answer; None when it was closed unanswered, or one of
        its kind is open.
        """
        async with self.turn:
            if type(self.screen) is type(screen):
                return None
            answer = self.push_screen(screen, wait_for_dismiss=True, mode=mode)
            await _mounted(screen)
        return await answer

    def action_command_palette(self) -> None:
        """Open the palette."""
        self.run_worker(self.show_dialog(PaletteDialog()), group="palette")

    async def close_all(self) -> None:
        """As close_dialogs, for a caller whose turn it is."""
        while len(self.screen_stack) > 1:
            top = self.screen
            await _mounted(top)
            if top is self.screen:
                await top.dismiss()

    def was_removed(self, error: BaseException) -> bool:
        """Whether an error comes from a dialog that was closed meanwhile: it is drawn for
        nobody.
        """
        inner = getattr(error, "error", None) or error
        for frame, _ in walk_tb(inner.__traceback__):
            node = frame.f_locals.get("self")
            if isinstance(node, ModalScreen) and node not in self.screen_stack:
                return True
        return False

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """A toast: plain text, whatever `markup` says."""
        words = visible_lines(message)
        super().notify(
            words, title=visible(title), severity=severity, timeout=timeout, markup=False
        )

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, and ours behind them."""
        return [*super().get_line_filters(), HARMLESS]


async def _mounted(screen: Screen[Any]) -> None:
    """Wait until a screen that was pushed is mounted: its queue is read only from then on."""
    ready = asyncio.Event()
    if screen.call_later(ready.set):
        with suppress(TimeoutError):
            await asyncio.wait_for(ready.wait(), CLOSING_TIMEOUT)

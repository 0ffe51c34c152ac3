"""Runs the app so that a signal ends it as ctrl+q does: the terminal gets its screen, cursor, mouse
and paste mode back.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

from freshtoken_api.serve.signals import SIGNALLED, ending_signals

if TYPE_CHECKING:
    from .app import FreshtokenApp

EXIT_SECONDS = 5.0
"""Seconds that the app may take to end once its terminal may be gone: Textual can then wait for
ever to write to it.
"""


def run_app(app: "FreshtokenApp") -> int:
    """Run the app to its end. Returns the exit code; `app.failure` says what went wrong."""
    app.alone = True
    with _heard(app):
        app.run()
    if app.failure:
        return app.failure_code
    return SIGNALLED + app.ended_by if app.ended_by else 0


@contextmanager
def _heard(app: "FreshtokenApp") -> Iterator[None]:
    """Hand ending signals to the app, but one that is ignored (nohup) stays ignored."""
    timers: list[threading.Timer] = []

    def end(number: int, frame: FrameType | None) -> None:
        if hasattr(signal, "SIGHUP") and number == signal.SIGHUP:
            # A closed window sends SIGCONT behind it, at which Textual would begin to draw again.
            signal.signal(signal.SIGCONT, lambda number, frame: None)
            last = threading.Timer(EXIT_SECONDS, os._exit, [SIGNALLED + number])
            last.daemon = True
            last.start()
            timers.append(last)
        app.end_by(number)

    before = {number: signal.signal(number, end) for number in ending_signals()}
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()
        for number, handler in before.items():
            with suppress(ValueError, TypeError):
                signal.signal(number, handler)

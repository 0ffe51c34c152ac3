"""Signals that end a program in a terminal: which are heard, and the exit code they leave."""

import signal

SIGNALLED = 128
"""Exit code of a program that a signal ended, with the signal's number added, as shells have it."""


def ending_signals() -> list[signal.Signals]:
    """SIGTERM, and SIGHUP for a terminal that is gone: not on Windows, and not where nohup wants it
    ignored.
    """
    hangup: signal.Signals | None = getattr(signal, "SIGHUP", None)
    heard = hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN
    return [signal.SIGTERM, hangup] if hangup is not None and heard else [signal.SIGTERM]

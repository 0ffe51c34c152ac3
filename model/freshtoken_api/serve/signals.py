"""The signals that end a program in a terminal, and the exit code that they leave."""

import signal

SIGNALLED = 128
"""Added to a signal's number, it is the exit code of a program that the signal ended."""


def ending_signals() -> list[signal.Signals]:
    """SIGTERM, and SIGHUP, which a closed terminal sends; without SIGHUP on Windows and under
    nohup, which ignores it.
    """
    hangup: signal.Signals | None = getattr(signal, "SIGHUP", None)
    heard = hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN
    return [signal.SIGTERM, hangup] if hangup is not None and heard else [signal.SIGTERM]

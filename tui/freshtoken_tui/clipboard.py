"""The clipboard of this machine, beside the terminal's own (OSC 52): whichever command is there,
without waiting for it.
"""

import shutil
import subprocess
from contextlib import suppress
from threading import Thread

CLIPBOARD_PROGRAMS: tuple[tuple[str, ...], ...] = (
    ("pbcopy",),
    ("clip.exe",),
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
)
CLIPBOARD_TIMEOUT = 2.0
"""Seconds a clipboard command may take."""


def copy_locally(text: str) -> None:
    """Hand the text to the first command that is there. Never raises: OSC 52 may have worked all
    the same.
    """
    command = next((c for c in CLIPBOARD_PROGRAMS if shutil.which(c[0])), None)
    if command is not None:
        Thread(target=_run, args=(command, text), daemon=True).start()


def _run(command: tuple[str, ...], text: str) -> None:
    with suppress(OSError, subprocess.SubprocessError):
        subprocess.run(
            command,
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=CLIPBOARD_TIMEOUT,
            check=False,
        )

"""The clipboard of this machine, beside the terminal's own (OSC 52): whichever command is there, without waiting for it."""

import shutil
import subprocess
import sys
from contextlib import suppress

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("pbcopy",),
    ("clip.exe",),
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
)


def copy_locally(text: str) -> None:
    """Hand the text to the first command that is there. Never raises: OSC 52 may have worked all the same."""
    for command in COMMANDS:
        if shutil.which(command[0]) is None:
            continue
        with suppress(OSError):
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=True
            )
            if process.stdin is not None:
                process.stdin.write(text.encode("utf-16-le" if sys.platform == "win32" else "utf-8"))
                process.stdin.close()
            return

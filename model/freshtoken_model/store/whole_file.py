"""Files that are written whole or not at all, and temporary folders: what a killed process left of
either is swept.

The names carry the process that made them: what is left by one that is gone belongs to nobody.
"""

import errno
import hashlib
import os
import platform
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

MACHINE = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
"""In the names too: a folder may be shared with machines that have processes of the same number."""
NAME = re.compile(rf"\.freshtoken-{MACHINE}-([0-9]+)-[a-z0-9_]{{8}}")
"""Names as tempfile makes them, to the letter: what somebody else calls freshtoken-2026 is not
ours.
"""


def write_whole(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Write a file in one step: readers find the old content or the new, never half of it. Raises
    OSError.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EEXIST, "It is not a file", str(path))
    sweep(path.parent)
    try:
        handle, temporary = tempfile.mkstemp(prefix=_prefix(), dir=path.parent)
    except OSError as error:
        error.filename = str(path)
        raise
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def temporary_folder(beside: Path | None = None) -> tempfile.TemporaryDirectory[str]:
    """A folder that is thrown away, for its owner alone: hidden beside a file, or where the system
    has such folders.
    """
    sweep(beside or Path(tempfile.gettempdir()))
    return tempfile.TemporaryDirectory(prefix=_prefix(), dir=beside)


def sweep(folder: Path) -> None:
    """Remove what killed processes of this user left in a folder. Never raises."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = NAME.fullmatch(entry.name)
            if found and not entry.is_symlink() and _is_left(entry, int(found[1])):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    os.unlink(entry.path)


def make_folder(path: Path) -> None:
    """Make a folder for its owner alone, with those above it that are missing. Raises OSError."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)


def _prefix() -> str:
    return f".freshtoken-{MACHINE}-{os.getpid()}-"


def _is_left(entry: os.DirEntry[str], process: int) -> bool:
    """Whether an entry is this user's alone and the process that made it has ended. Windows tells
    nobody without harm.
    """
    if os.name == "nt":
        return False
    kept = entry.stat(follow_symlinks=False)
    if kept.st_uid != os.getuid() or kept.st_mode & 0o077:
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False
    return False

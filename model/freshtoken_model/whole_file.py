"""Files that are written whole or not at all, and temporary folders: what a killed process left of either is swept.

The names carry the process that made them: what is left by one that is gone belongs to nobody.
"""

import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

NAME = re.compile(r"\.?freshtoken-([0-9]+)-\w+")


def write_whole(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Write a file in one step: readers find the old content or the new, never half of it. Raises OSError."""
    sweep(path.parent)
    try:
        handle, temporary = tempfile.mkstemp(prefix=_prefix("."), dir=path.parent)
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
    """A folder that is thrown away, for its owner alone: hidden beside a file, or where the system has such folders."""
    sweep(beside or Path(tempfile.gettempdir()))
    return tempfile.TemporaryDirectory(prefix=_prefix("." if beside else ""), dir=beside)


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


def _prefix(dot: str) -> str:
    return f"{dot}freshtoken-{os.getpid()}-"


def _is_left(entry: os.DirEntry[str], process: int) -> bool:
    """Whether an entry is ours and the process that made it has ended. On Windows nobody can ask without harm."""
    if os.name == "nt":
        return False
    if hasattr(os, "getuid") and entry.stat(follow_symlinks=False).st_uid != os.getuid():
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False
    return False

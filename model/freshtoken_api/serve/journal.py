"""The request journal: method, path, client, outcome, duration. No secret is in it: no body, no
header but User-Agent.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from freshtoken_model.values.visible import Visible, visible_json

Entry = Mapping[str, Visible | int | float]
"""Method, path, client, outcome as texts that are safe to print; status, milliseconds."""
Journal = Callable[[Entry], None]


def silent(entry: Entry) -> None:
    """A journal that nobody keeps."""


def as_json_line(entry: Entry) -> str:
    """An entry as a line of JSON."""
    return visible_json(json.dumps(entry, ensure_ascii=False))


def as_line(entry: Entry) -> str:
    """An entry for people."""
    spent = f"  {entry['milliseconds']} ms" if "milliseconds" in entry else ""
    return (
        f"{entry['method']} {entry['path']}  {entry['status']} {entry['outcome']}{spent}  "
        f"{entry['client']}"
    ).rstrip()


class JournalFile:
    """A file of JSON lines, appended to. Raises OSError when it cannot be written."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("a", encoding="utf-8")

    def __call__(self, entry: Entry) -> None:
        """Add a line. A full disk costs the line, never the request."""
        with suppress(OSError):
            self._file.write(as_json_line(entry) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            self._file.close()

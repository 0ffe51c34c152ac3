"""The journal of requests: method, path, client, status, outcome and duration. It holds no secret:
no body, and no header but User-Agent.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from freshtoken_model.values.visible import Visible, visible_json

Entry = Mapping[str, Visible | int | float]
"""Method, path, client, outcome, the API asked for that freshtoken does not have, and the fault
that was injected and the org that was made for a test, as visible text; status and milliseconds
as numbers.
"""
Journal = Callable[[Entry], None]


def silent(entry: Entry) -> None:
    """A journal that is not kept."""


def as_json_line(entry: Entry) -> str:
    """An entry as one line of JSON."""
    return visible_json(json.dumps(entry, ensure_ascii=False))


def as_line(entry: Entry) -> str:
    """An entry as one line for people."""
    missing = f"  freshtoken has no {entry['has_no']}" if "has_no" in entry else ""
    injected = "  injected" if "injected" in entry else ""
    where = f"{entry['org']}  " if "org" in entry else ""
    spent = f"  {entry['milliseconds']} ms" if "milliseconds" in entry else ""
    return (
        f"{where}{entry['method']} {entry['path']}  {entry['status']} {entry['outcome']}{missing}"
        f"{injected}{spent}  {entry['client']}"
    ).rstrip()


class JournalFile:
    """A journal in a file of JSON lines, which is appended to. Raises OSError if it cannot be
    opened.
    """

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("a", encoding="utf-8")

    def __call__(self, entry: Entry) -> None:
        """Add a line. A line that cannot be written is dropped; the request goes on."""
        with suppress(OSError):
            self._file.write(as_json_line(entry) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            self._file.close()

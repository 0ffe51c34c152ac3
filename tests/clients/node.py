"""A node process at the other end of a pipe: a JSON line asks for a step, a JSON line tells what
came of it.
"""

import json
import shutil
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from .conftest import PATIENCE

FOLDER = Path(__file__).with_name("js")
NODE = shutil.which("node")


class NodeProcess:
    """Runs one script of `js/` until it is let go."""

    def __init__(self, script: str, *arguments: str) -> None:
        assert NODE is not None
        self._process = subprocess.Popen(
            [NODE, str(FOLDER / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, step: str, **values: object) -> dict[str, Any]:
        """One step: {"ok": what it returned} or {"error": name, code, message}. One that loops for
        ever is killed.
        """
        pipe = self._process
        assert pipe.stdin is not None and pipe.stdout is not None
        overdue = threading.Timer(PATIENCE, pipe.kill)
        overdue.start()
        try:
            pipe.stdin.write(json.dumps({"do": step, **values}) + "\n")
            pipe.stdin.flush()
            line = pipe.stdout.readline()
        finally:
            overdue.cancel()
        assert line, f"{step} got no answer: {pipe.communicate()}"
        return dict(json.loads(line))

    def ok(self, step: str, **values: object) -> Any:
        """A step that must work; what it returned."""
        told = self(step, **values)
        assert "error" not in told, told
        return told["ok"]

    def refused(self, step: str, **values: object) -> dict[str, Any]:
        """A step that must not work; the client's own error."""
        told = self(step, **values)
        assert "error" in told, told
        return dict(told["error"])

    def end(self) -> None:
        """Let it go."""
        with suppress(subprocess.TimeoutExpired):
            self._process.communicate(timeout=PATIENCE)
        self._process.kill()

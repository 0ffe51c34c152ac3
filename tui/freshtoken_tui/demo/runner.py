"""Runs a freshtoken command line in this process, on a named org file, and keeps what it
printed.
"""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path

from click import Command

from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.store.orgfile import VARIABLE
from freshtoken_model.training.content.steps import LineOutcome, LineRunner
from freshtoken_tui.exit_codes import USAGE

_ONE_AT_A_TIME = threading.Lock()
"""What is printed goes through the process's own streams."""
LONGEST_RUN = 60.0
"""Seconds that a command in a separate process may take."""


def runner_of(command: Command, hashing: Hashing | None = None) -> LineRunner:
    """Make a runner of a command: it runs the words of a command line on an org file. `serve` runs
    as a process of its own.

    `hashing`: how passwords are hashed; None for the default.
    """

    def run_line(path: Path, words: list[str]) -> LineOutcome:
        if words[:1] == ["serve"]:
            return _run_process(path, words)
        out, said = io.StringIO(), io.StringIO()
        with _ONE_AT_A_TIME, redirect_stdout(out), redirect_stderr(said), _nothing_to_ask():
            code = command.main(
                ["--org", str(path), *words],
                prog_name="freshtoken",
                standalone_mode=False,
                obj=hashing,
            )
        return LineOutcome(code, out.getvalue(), said.getvalue())

    return run_line


@contextmanager
def _nothing_to_ask() -> Iterator[None]:
    """What a step does not say it cannot ask for: an empty input in the terminal's place."""
    before, sys.stdin = sys.stdin, io.StringIO()
    try:
        yield
    finally:
        sys.stdin = before


def _run_process(path: Path, words: list[str]) -> LineOutcome:
    beside = str(
        Path(sys.executable).parent
    )  # where the freshtoken of this process is, for scripts that ask it
    search = os.pathsep.join((beside, os.environ.get("PATH", "")))
    environment = {**os.environ, VARIABLE: str(path), "PATH": search}
    command = [sys.executable, "-m", "freshtoken_tui", *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            out, said = process.communicate(timeout=LONGEST_RUN)
        except subprocess.TimeoutExpired:
            return LineOutcome(USAGE, "", f"it did not end within {LONGEST_RUN:.0f} seconds")
        finally:
            _end_group(process)
    return LineOutcome(process.returncode, out, said)


def _end_group(process: subprocess.Popen[str]) -> None:
    """End a command and all that it started and left running."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:  # Windows has no groups
            process.kill()

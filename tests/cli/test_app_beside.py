"""The app in a real terminal and commands in other processes, on one file: each shows what the
other did.
"""

import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path

import pytest

from ..world import FRESH as NEW
from ..world import PASSWORD as OLD
from ..world import RUN

PATIENCE = 20.0
"""Seconds until what should be seen counts as missing."""


class Terminal:
    """The app on a pseudo terminal of 120x40."""

    def __init__(self, org: Path, folder: Path) -> None:
        environment = os.environ | {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "FRESHTOKEN_ORG": str(org),
        }
        (folder / "freshtoken").mkdir(parents=True)
        (folder / "freshtoken" / "settings.toml").write_text("welcomed = true\n")
        environment["XDG_CONFIG_HOME"] = str(folder)
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execve(
                sys.executable,
                RUN,
                {k: v for k, v in environment.items() if k not in ("COLUMNS", "LINES")},
            )
        ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.seen = b""

    def press(self, keys: bytes) -> None:
        """Send keys, as a terminal does."""
        os.write(self.master, keys)

    def wait_for(self, text: str) -> None:
        """Read until a text arrives. What came before is forgotten afterwards."""
        end, wanted = time.monotonic() + PATIENCE, text.encode()
        while wanted not in self.seen:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} did not come within {PATIENCE} s"
            if select.select([self.master], [], [], left)[0]:
                self.seen += os.read(self.master, 1 << 16)
        self.seen = self.seen[self.seen.index(wanted) + len(wanted) :]

    def close(self) -> int:
        """Quit with ctrl+q; the exit status."""
        self.press(b"\x11")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                os.close(self.master)
                return os.waitstatus_to_exitcode(status)
            if select.select([self.master], [], [], 0.05)[0]:
                with suppress(OSError):
                    os.read(self.master, 1 << 16)
        os.kill(self.pid, 9)
        raise AssertionError("the app did not quit")


def run(org: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A freshtoken command in a process of its own."""
    return subprocess.run(
        [*RUN, "--org", str(org), *words], capture_output=True, text=True, timeout=60, check=False
    )


def shown(org: Path) -> dict:
    return json.loads(run(org, "org", "show", "--json").stdout)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[tuple[Path, Terminal]]:
    org = tmp_path / "story.db"
    assert (
        run(
            org, "org", "new", str(org), "--seed", "beside", "--frozen-at", "2026-11-24T14:00:00Z"
        ).returncode
        == 0
    )
    terminal = Terminal(org, tmp_path / "config")
    terminal.wait_for("live")
    terminal.wait_for("Newest token")
    yield org, terminal


def test_the_story_is_played_by_commands_and_by_the_app_on_one_file(
    story: tuple[Path, Terminal],
) -> None:
    org, terminal = story
    token = shown(org)["clients"][0]["held_token"]
    assert run(org, "login", "integration", "--password", OLD, "--token", token).returncode == 0
    assert run(org, "password", "change", "integration", "--old", OLD, "--new", NEW).returncode == 0
    terminal.wait_for("retired")
    assert run(org, "login", "integration", "--password", NEW, "--token", token).returncode == 1
    terminal.wait_for(" 1 of 10")

    terminal.press(b"\x1b[20~")  # f9: the client logs in with the old password and the old token
    terminal.wait_for("BLOCKED")
    terminal.wait_for(" 2 of 10")
    assert shown(org)["clients"][0]["light"] == "blocked"

    assert run(org, "token", "reset", "integration").returncode == 0
    fresh = run(org, "mail", "integration", "--latest", "--token-only").stdout.strip()
    assert run(org, "login", "integration", "--password", NEW, "--token", fresh).returncode == 0
    for number in range(10):
        assert run(org, "login", "integration", "--password", "wrong").returncode == 1, number
    terminal.wait_for("LOCKED OUT")
    assert run(org, "login", "integration", "--password", NEW, "--token", fresh).returncode == 1
    assert run(org, "clock", "advance", "15m").returncode == 0
    terminal.wait_for("14:15")
    assert run(org, "login", "integration", "--password", NEW, "--token", fresh).returncode == 0
    rows = json.loads(run(org, "history", "integration", "--json").stdout)
    assert [row["Status"] for row in rows[:2]] == ["Success", "Password Lockout"]
    assert terminal.close() == 0

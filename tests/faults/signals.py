"""Signals: the app and serve are told to end at moments of chance; they end in time and put back
what they changed.
"""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from .harness import (
    CRASHED,
    PATIENCE,
    Campaign,
    Ended,
    Terminal,
    appears,
    finish,
    furnish,
    kill_group,
    last_line,
    start,
    wrong,
)
from .keys import KEYS

SOON = 10.0
"""Seconds in which everything ends that was told to."""
LEAVING = {
    b"\x1b[?1049l": "the alternate screen",
    b"\x1b[?1000l": "mouse reports (1000)",
    b"\x1b[?1003l": "mouse reports (1003)",
    b"\x1b[?1006l": "mouse reports (1006)",
    b"\x1b[?2004l": "bracketed paste",
    b"\x1b[?25h": "the hidden cursor",
}
"""What ends each mode of the terminal that the app sets."""
BUSY = (
    ("ctrl+l", "f5", "f4"),
    ("f12",),
    ("ctrl+k",),
    ("f6", "f7"),
    ("ctrl+e", "ctrl+p"),
    ("f9", "ctrl+g", "ctrl+o"),
)
FREE_PORTS = ("--port", "0", "--tls-port", "0", "--proxy-port", "0")


def _code_is_fine(code: int | None, number: int) -> bool:
    return code in (0, 128 + number, -number)


def left_on(before: bytes, after: bytes) -> list[str]:
    """Modes that were set before a signal and not left after it."""
    found = []
    for leaving, name in LEAVING.items():
        entering = leaving[:-1] + (b"l" if leaving.endswith(b"h") else b"h")
        if before.rfind(entering) > before.rfind(leaving) and leaving not in after:
            found.append(name)
    return found


class Signals(Campaign):
    """The app at rest, busy and starting; serve; serve run with its child."""

    name, share = "signals", 2

    def attempt(self, number: int) -> list[str]:
        """One signal to one program."""
        kinds = (self._app, self._serve, self._app, self._app_closed, self._app, self._serve_run)
        with self.room() as room:
            return kinds[number % len(kinds)](room, number)

    def _app(self, room: Path, number: int) -> list[str]:
        dice = self.dice(number)
        what, moment = (
            dice.choice((signal.SIGTERM, signal.SIGHUP)),
            dice.choice(("at rest", "busy", "starting")),
        )
        app = Terminal(room, "--org", str(furnish(room)))
        try:
            if moment == "starting":
                app.wait_for(b"\x1b[?1049h")
            elif not app.ready():
                return [f"the app did not start: {app.complaint()}"]
            if moment == "busy":
                app.press(b"".join(KEYS[key] for key in dice.choice(BUSY)))
            pause = dice.uniform(0, 0.6)
            app.pump(pause)
            how = f"{what.name} to the app, {moment}, after {pause * 1000:.0f} ms"
            before = len(app.seen)
            app.process.send_signal(what)
            code = app.ended(SOON)
            if code is None:
                return [f"{how}: it did not end within {SOON:.0f} s"]
            found = [] if _code_is_fine(code, what) else [f"{how}: exit code {code}"]
            if CRASHED.search(app.text):
                found.append(f"{how}: {app.complaint()}")
            on = left_on(app.seen[:before], app.seen[before:])
            return found + ([f"{how}: left on: {', '.join(on)}"] if on else [])
        finally:
            app.close()

    def _app_closed(self, room: Path, number: int) -> list[str]:
        """The window is closed: the terminal is gone, and the system sends SIGHUP."""
        app = Terminal(room, "--org", str(furnish(room)))
        try:
            if not app.ready():
                return [f"the app did not start: {app.complaint()}"]
            os.close(app.master)
            app.open = False
            app.master = os.open(os.devnull, os.O_RDONLY)
            code = app.ended(SOON)
            if code is None:
                return [f"its window was closed: the app did not end within {SOON:.0f} s"]
            return (
                []
                if _code_is_fine(code, signal.SIGHUP) or code == 1
                else [f"its window was closed: exit code {code}"]
            )
        finally:
            app.close()

    def _serve(self, room: Path, number: int) -> list[str]:
        dice, ready = self.dice(number), room / "ready.json"
        what, early = (
            dice.choice((signal.SIGTERM, signal.SIGHUP, signal.SIGINT)),
            dice.random() < 0.25,
        )
        process = start(
            ["--org", str(furnish(room)), "serve", *FREE_PORTS, "--ready-file", str(ready)], room
        )
        try:
            answered = appears(ready, process, dice.uniform(0, 1.0) if early else PATIENCE)
            how = f"{what.name} to serve, {'once it answers' if answered else 'while it starts'}"
            process.send_signal(what)
            ended = finish(process, SOON)
        finally:
            kill_group(process)
        if ended.code is None:
            return [f"{how}: it did not end within {SOON:.0f} s"]
        good = ended.code == 0 if answered else _code_is_fine(ended.code, what) or ended.code == 1
        found = [] if good else [f"exit code {ended.code}: {last_line(ended.err)}"]
        if answered and CRASHED.search(ended.err):
            found.append(f"crashed: {last_line(ended.err)}")
        if ready.exists():
            found.append("the ready file is still there")
        return [f"{how}: {one}" for one in found]

    def _serve_run(self, room: Path, number: int) -> list[str]:
        mark = room / "child.pid"
        script = f"echo $$ > {mark}.new; mv {mark}.new {mark}; exec sleep 30"
        process = start(
            ["--org", str(furnish(room)), "serve", "run", "--", "sh", "-c", script], room
        )
        try:
            if not appears(mark, process):
                return [f"serve run did not start its command: {finish(process, 1).err[-160:]}"]
            child = int(mark.read_text())
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(SOON)
            code = process.poll()
            found = (
                []
                if code is not None
                else [f"serve run did not end within {SOON:.0f} s of SIGTERM"]
            )
            if _alive(child):
                found.append("SIGTERM to serve run: its command still runs")
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            ended = finish(process, 1)
            return found + [
                f"SIGTERM to serve run: {one}" for one in wrong(Ended(0, ended.out, ended.err))
            ]
        finally:
            kill_group(process)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

"""Measures how soon the app shows what a command in another process did; 250 ms are promised.

python tests/bench/beside.py [--runs 9]
"""

import argparse
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from fcntl import ioctl
from pathlib import Path

RUN = [sys.executable, "-m", "freshtoken_tui"]
PATIENCE = 30.0
"""Seconds until a text that does not come ends the measurement."""


def wait_for(master: int, text: str) -> float:
    """Read what the app draws until a text is in it; the seconds that took."""
    start, seen = time.perf_counter(), b""
    while text.encode() not in seen:
        left = start + PATIENCE - time.perf_counter()
        if left < 0 or not select.select([master], [], [], left)[0]:
            raise SystemExit(f"{text!r} did not come within {PATIENCE:.0f} s")
        seen += os.read(master, 1 << 16)
    return time.perf_counter() - start


def main() -> None:
    """Start the app on a frozen org, move its clock by commands, and print what was measured."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--runs", type=int, default=9, help="commands, 59 at most")
    runs = options.parse_args().runs
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with tempfile.TemporaryDirectory() as folder:
        org = str(Path(folder) / "org.db")
        place = Path(folder) / "freshtoken"
        place.mkdir()
        (place / "settings.toml").write_text("welcomed = true\n")
        os.environ |= {"XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder, "TERM": "xterm-256color"}
        subprocess.run([*RUN, "org", "new", org, "--frozen-at", "2026-11-24T14:00:00Z"], **quiet)
        pid, master = pty.fork()
        if pid == 0:
            os.execv(sys.executable, [*RUN, "--org", org])
        ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        wait_for(master, "Newest token")
        spent = []
        for minute in range(1, runs + 1):
            subprocess.run([*RUN, "--org", org, "clock", "advance", "1m"], **quiet)
            spent.append(1000 * wait_for(master, f"14:{minute:02}"))
        os.write(master, b"\x11")  # ctrl+q
        os.waitpid(pid, 0)
    print(
        f"shown after the command ended: median {statistics.median(spent):.0f} ms, "
        f"most {max(spent):.0f} ms"
    )


if __name__ == "__main__":
    main()

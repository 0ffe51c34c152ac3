"""First paint and the moment the org is shown, beside a bare Textual app measured in the same run.

python tests/bench/first_paint.py [runs]    (a benchmark, not a test: nothing here fails for being
slow)
"""

import os
import pty
import select
import shutil
import statistics
import struct
import sys
import tempfile
import termios
import time
from fcntl import ioctl
from pathlib import Path

BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("READY-MARK")
Bare().run()
"""
OURS = "from freshtoken_tui.cli import main; main()"


def measure(
    source: str, marks: list[bytes], environment: dict[str, str]
) -> tuple[list[float], list[float]]:
    """ms until each mark arrives on a pty of 100x30, and the peak memory in MB at that moment."""
    start = time.perf_counter()
    pid, master = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, "-c", source], environment)
    ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    seen, times, memory = b"", [], []
    while len(times) < len(marks) and time.perf_counter() - start < 20:
        if select.select([master], [], [], 0.5)[0]:
            try:
                seen += os.read(master, 1 << 16)
            except OSError:
                break
        while len(times) < len(marks) and marks[len(times)] in seen:
            times.append((time.perf_counter() - start) * 1000)
            status = Path(f"/proc/{pid}/status").read_text()
            memory.append(int(status.split("VmHWM:")[1].split()[0]) / 1024)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    os.close(master)
    return times, memory


def main() -> None:
    """Alternate the two, print medians and the ratio of the medians."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    folder = tempfile.mkdtemp()
    environment = {
        k: v
        for k, v in os.environ.items()
        if k not in ("PYTHONDONTWRITEBYTECODE", "NO_COLOR", "FRESHTOKEN_ORG")
    }
    environment |= {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "COLUMNS": "100",
        "LINES": "30",
    }
    environment |= {"XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder, "HOME": folder}
    bare, paint, org, memory = [], [], [], []
    for number in range(runs + 1):
        (ready,), _ = measure(BARE, [b"READY-MARK"], environment)
        times, peaks = measure(OURS, [b"Username", b"CONNECTED"], environment)
        if number:  # the first round compiles and makes the org
            bare.append(ready)
            paint.append(times[0])
            org.append(times[1])
            memory.append(peaks[0])
    shutil.rmtree(folder)
    floor = statistics.median(bare)
    for name, values in (
        ("bare Textual, first paint", bare),
        ("freshtoken, first paint", paint),
        ("... org shown", org),
    ):
        middle = statistics.median(values)
        print(
            f"{name:28} min {min(values):4.0f}  median {middle:4.0f}  max {max(values):4.0f} ms   "
            f"x {middle / floor:.2f}"
        )
    print(f"{'peak memory at first paint':28} median {statistics.median(memory):4.0f} MB")


if __name__ == "__main__":
    main()

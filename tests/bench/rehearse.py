"""What a rehearsal adds to the client's own run times, one scenario and two at a time.

python tests/bench/rehearse.py [runs]    (a benchmark, not a test: nothing here fails for being
slow)
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CARDS = Path(__file__).parents[1] / "clients" / "cards"
PROGRAM = [sys.executable, "-c", "from freshtoken_tui.cli import main; main()"]


def measure(parallel: int) -> tuple[float, float]:
    """Seconds that all scenarios of a plain script took, and the sum of the script's own."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["rehearse", "--json", "--quiet", "--out", folder, "--parallel", str(parallel)]
        start = time.perf_counter()
        command = [*PROGRAM, *words, "--", sys.executable, str(CARDS / "plain.py")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        spent = time.perf_counter() - start
    own = sum(one.get("seconds", 0.0) for one in json.loads(done.stdout)["scenarios"])
    return spent, own


def main() -> None:
    """Print both, and what they come to."""
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 3):
        for parallel in (1, 2):
            spent, own = measure(parallel)
            most = 1.5 * own + 2
            print(
                f"{parallel} at a time: {spent:5.1f} s, the client itself {own:5.1f} s; at most "
                f"{most:5.1f} s are wanted"
            )


if __name__ == "__main__":
    main()

"""Fault injection for some minutes: kills, damaged files, bad arguments, hostile texts, fast keys,
signals.

python tests/faults/run.py --minutes 5 [--seed N] [--only NAME,...] [--number N]    exits 1 when
anything failed
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from faults.campaigns import CAMPAIGNS  # type: ignore[import-not-found]  # found as a script
from faults.harness import Result, carry_out  # type: ignore[import-not-found]


def main() -> int:
    """Carry the campaigns out in turn and print what they came to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--minutes", type=float, default=5.0, help="how long all of it takes, about"
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=int(time.time()) % 1_000_000,
        help="another one tries other cases",
    )
    parser.add_argument(
        "--only", default=",".join(CAMPAIGNS), help="some campaigns, with commas between"
    )
    parser.add_argument("--number", type=int, help="repeat this case of the one campaign named")
    chosen = parser.parse_args()
    names = chosen.only.split(",")
    if unknown := set(names) - set(CAMPAIGNS):
        parser.error(
            f"there is no campaign {', '.join(sorted(unknown))}; there are {', '.join(CAMPAIGNS)}"
        )
    if chosen.number is not None and len(names) > 1:
        parser.error("--number needs one campaign: --only NAME")
    kinds = [CAMPAIGNS[name] for name in names]
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as folder:
        for kind in kinds:
            if chosen.number is not None:
                first = chosen.number - chosen.number % kind.batch
                result = carry_out(
                    kind, Path(folder), chosen.seed, first=first, count=chosen.number - first + 1
                )
            else:
                seconds = chosen.minutes * 60 * kind.share / sum(one.share for one in kinds)
                result = carry_out(kind, Path(folder), chosen.seed, seconds=seconds)
            results.append(result)
            print(
                f"{kind.name}: {result.tried} tried, {result.failed} failed",
                file=sys.stderr,
                flush=True,
            )
    print(f"{'campaign':16}{'tried':>8}{'failed':>8}      seed {chosen.seed}")
    for result in results:
        print(f"{result.name:16}{result.tried:8}{result.failed:8}")
    for failure in (failure for result in results for failure in result.failures):
        print(failure)
    return 1 if any(result.failures for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())

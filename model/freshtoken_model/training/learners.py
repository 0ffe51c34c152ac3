"""Who a data directory belongs to: learner.json, which freshtoken web writes beside a visitor's
org, and a report of a class reads.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from freshtoken_model.store.whole_file import write_whole
from freshtoken_model.values.visible import visible

LEARNER_FILE, LEARNER_FORMAT = "learner.json", 1
LONGEST_NAME = 60
"""Characters of a name that are kept."""


@dataclass(frozen=True, slots=True)
class Learner:
    """Somebody who learns. `name`: as given, visible; empty when none was. `came_at`: ms of wall
    time, None where it is not known.
    """

    name: str = ""
    came_at: int | None = None


def clean_name(given: str) -> str:
    """A name as it is kept: visible, on one line, at most LONGEST_NAME characters."""
    return visible(" ".join(given.split()))[:LONGEST_NAME].strip()


def write_learner(folder: Path, learner: Learner) -> None:
    """Note whose a data directory is. Raises OSError."""
    kept = {"format": LEARNER_FORMAT, "name": learner.name, "came_at": learner.came_at}
    write_whole(folder / LEARNER_FILE, json.dumps(kept) + "\n")


def read_learner(folder: Path) -> Learner:
    """Whose a data directory is; somebody without a name where no file says it, or a damaged
    one.
    """
    with suppress(OSError, ValueError, RecursionError):
        kept = json.loads((folder / LEARNER_FILE).read_text(encoding="utf-8"))
        if isinstance(kept, dict) and kept.get("format") == LEARNER_FORMAT:
            came = kept.get("came_at")
            sound = isinstance(came, int) and not isinstance(came, bool)
            return Learner(clean_name(str(kept.get("name", ""))), came if sound else None)
    return Learner()

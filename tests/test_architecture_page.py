"""ARCHITECTURE.md names every room, and the org's face gives what it names."""

import subprocess
import sys
from pathlib import Path

import freshtoken_model

HERE = Path(__file__).parents[1]


def test_every_room_of_the_org_is_on_the_page() -> None:
    page = (HERE / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = [
        path.parent.name for path in (HERE / "model" / "freshtoken_model").glob("*/__init__.py")
    ]
    assert len(rooms) == 9 and all(f"`model/freshtoken_model/{room}/`" in page for room in rooms)


def test_the_orgs_face_is_what_it_says_and_costs_nothing_before_it_is_used() -> None:
    assert all(
        getattr(freshtoken_model, name).__name__ == name for name in freshtoken_model.__all__
    )
    program = (
        "import sys, freshtoken_model; print(sorted({'sqlite_utils', 'sqlite3'} & "
        "set(sys.modules)))"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout
        == "[]\n"
    )

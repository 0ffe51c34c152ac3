"""The lab Frozen by nobody: an unfreeze alone does not cure, and leaves the stranger a door."""

from pathlib import Path

import pytest

from freshtoken_model.training.labs.classroom import Classroom
from freshtoken_model.training.labs.labs import Lab
from freshtoken_model.training.shelf import open_shelf
from freshtoken_tui.cli.steps import run_line

from ..world import CHEAP, invoke

STRANGER = ["login", "integration", "--from", "home", "--protocol", "ui", "--password"]
OLD, NEW = "Harbour-Light-7", "Quiet-Meadow-52"


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Classroom:
    monkeypatch.delenv("FRESHTOKEN_CONTENT", raising=False)
    return Classroom(run_line, hashing=CHEAP)


@pytest.fixture
def lab(room: Classroom) -> Lab:
    """The lab, begun."""
    lab = open_shelf().lab("frozen-by-nobody")
    assert room.start(lab)
    return lab


def run(path: Path, *words: str, exits: int = 0) -> str:
    result = invoke("--org", str(path), *words)
    assert result.exit_code == exits, result.output
    return result.stdout


def test_login_history_does_not_say_who_froze_and_incident_does(room: Classroom, lab: Lab) -> None:
    path = room.path(lab)
    assert "User is Frozen" in run(path, "history", "integration")
    told = run(path, "incident", "integration")
    assert "Salesforce, not an admin, froze integration@acme.example: login anomaly" in told
    assert "an admin froze" not in told


def test_an_unfreeze_alone_leaves_the_client_out_and_lets_the_stranger_in(
    room: Classroom, lab: Lab
) -> None:
    path = room.path(lab)
    run(path, "user", "unfreeze", "integration")
    run(path, "client", "login", "Nightly sync", exits=1)
    run(path, "client", "query", "Nightly sync", exits=1)
    assert not room.standing(lab).solved
    run(path, *STRANGER, OLD)
    assert room.standing(lab).broken == ("nobody may log in from home as the integration user.",)


def test_once_the_password_is_new_the_stranger_stays_out(room: Classroom, lab: Lab) -> None:
    path = room.path(lab)
    for words in (
        ["password", "reset", "integration", "--link-only"],
        ["password", "link", "integration", "--new", NEW],
        ["user", "unfreeze", "integration"],
    ):
        run(path, *words)
    run(path, *STRANGER, OLD, exits=1)
    standing = room.standing(lab)
    assert standing.broken == () and [goal.done for goal in standing.goals] == [
        True,
        True,
        False,
        False,
    ]

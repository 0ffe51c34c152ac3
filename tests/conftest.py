"""Fixtures shared by all rooms: an org file with cheap hashing, seeded and frozen, and nothing of
the machine's own.
"""

import gc
from collections.abc import Iterator
from pathlib import Path
from shutil import copy

import pytest

from freshtoken_model.org import Org

from .world import CHEAP, START

gc.set_threshold(50_000, 20, 20)
"""At the default of 700 a quarter of the time of a test went into looking for garbage."""


@pytest.fixture(scope="session", autouse=True)
def what_is_imported_stays() -> None:
    """The collector need not look at it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_open(what_is_imported_stays: None) -> Iterator[None]:
    """What a module's tests forgot to close is said before the next one begins."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the machine's own data, settings or org."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("FRESHTOKEN_ORG", "FRESHTOKEN_DATA", "NO_COLOR", "TEXTUAL_THEME", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def training_org(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The org that every test gets a copy of; making one takes longer than most tests."""
    path = tmp_path_factory.mktemp("training") / "org.db"
    Org.create(path, seed="tests", frozen_at=START, hashing=CHEAP)
    return path


@pytest.fixture
def org_file(training_org: Path, tmp_path: Path) -> Path:
    """A training org, seeded and frozen on Tue 24 Nov 2026, 14:00, hashed cheaply."""
    path = tmp_path / "org.db"
    copy(training_org, path)  # with its mode
    return path


@pytest.fixture
def org(org_file: Path) -> Iterator[Org]:
    """The org of org_file, opened."""
    with Org(org_file, CHEAP) as opened:
        yield opened


@pytest.fixture
def token(org: Org) -> str:
    """The integration user's live token, as the client Nightly sync holds it."""
    return org.clients.all()[0].token

"""FRESHTOKEN_DATA names one folder for everything that freshtoken keeps."""

from pathlib import Path

import pytest

from freshtoken_tui.settings import Settings

from ..world import invoke


def test_one_folder_holds_the_default_org_the_labs_the_progress_and_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "robin"
    monkeypatch.setenv("FRESHTOKEN_DATA", str(home))
    assert invoke("org", "show").exit_code == 0
    assert invoke("lab", "start", "first-change").exit_code == 0
    Settings.load().save(theme="freshtoken-light")
    kept = {path.name for path in home.iterdir()}
    assert {"org.db", "labs", "progress.db", "settings.toml"} <= kept
    assert not (tmp_path / "data").exists() and not (tmp_path / "config").exists()
    assert Settings.load().theme == "freshtoken-light"


def test_progress_in_another_folder_is_another_persons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRESHTOKEN_DATA", str(tmp_path / "robin"))
    assert invoke("lab", "start", "first-change").exit_code == 0
    monkeypatch.setenv("FRESHTOKEN_DATA", str(tmp_path / "kim"))
    assert invoke("lab", "report").exit_code == 1

"""freshtoken doctor: where things are, and each thing that can be odd about a machine."""

import json
import socket
from pathlib import Path

import pytest

from freshtoken_tui.cli.doctor import PORTS

from ..world import invoke


def findings(*words: str) -> dict[str, dict[str, str | None]]:
    result = invoke(*words, "doctor", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    return {row["about"]: row for row in json.loads(result.stdout)["findings"]}


def odd(*words: str) -> set[str]:
    return {name for name, row in findings(*words).items() if row["odd"]}


@pytest.fixture(autouse=True)
def quiet_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "FRESHTOKEN_CONTENT"):
        monkeypatch.delenv(name, raising=False)
    free = []
    for _ in PORTS:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            free.append(one.getsockname()[1])
    monkeypatch.setattr("freshtoken_tui.cli.doctor.PORTS", tuple(free))


def test_nothing_is_odd_about_a_machine_in_order(org_file: Path) -> None:
    found = findings("--org", str(org_file))
    assert not odd("--org", str(org_file))
    assert found["org file"]["found"] == str(org_file)
    assert {"program", "Python", "Textual", "SQLite", "data folder", "settings", "local CA"} <= set(
        found
    )
    assert invoke("--org", str(org_file), "doctor").stderr == "Nothing is odd.\n"


def test_an_org_file_that_is_missing_or_none_is_odd_and_left_alone(tmp_path: Path) -> None:
    missing, text = tmp_path / "missing.db", tmp_path / "notes.txt"
    text.write_text("my notes")
    assert "org file" in odd("--org", str(missing)) and "org file" in odd("--org", str(text))
    assert (missing.exists(), text.read_text()) == (False, "my notes")


def test_a_port_in_use_is_odd_and_named(org_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr("freshtoken_tui.cli.doctor.PORTS", (port,))
        assert odd("--org", str(org_file)) == {f"port {port}"}


def test_a_proxy_elsewhere_and_content_that_is_no_folder_are_odd(
    org_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:8081")
    assert not odd("--org", str(org_file)), "freshtoken's own proxy"
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("FRESHTOKEN_CONTENT", str(org_file))
    assert odd("--org", str(org_file)) == {"proxy", "own content"}
    assert "2 of " in invoke("--org", str(org_file), "doctor").stderr

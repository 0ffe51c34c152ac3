"""Which file is the org: --org, FRESHTOKEN_ORG, the default one; making, replacing and exporting
org files.
"""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from freshtoken_model.org import Org

from ..world import FRESH, PASSWORD, invoke
from ..world import INTEGRATION as USER

MAIN = "from freshtoken_tui.cli import main; main()"


def run(*words: str, exits: int = 0) -> str:
    """stdout of a command that must end with an exit code."""
    result = invoke(*words)
    assert result.exit_code == exits, result.output
    return result.stdout


def fails(*words: str) -> tuple[int, str, str]:
    result = invoke(*words)
    return result.exit_code, result.stdout, result.stderr


def year(*words: str) -> str:
    """The year in an org, by which these tests tell org files apart."""
    return str(json.loads(run(*words, "clock", "show", "--json"))["now"][:4])


@pytest.fixture
def orgs(tmp_path: Path) -> dict[str, str]:
    """Three org files, each frozen in a year of its own."""
    found = {}
    for name in ("2031", "2032", "2033"):
        found[name] = str(tmp_path / f"{name}.db")
        run("org", "new", found[name], "--frozen-at", f"{name}-06-01T12:00")
    return found


def test_org_may_stand_before_the_command_or_behind_it(orgs: dict[str, str]) -> None:
    for words in (
        ("--org", orgs["2031"], "clock", "show", "--json"),
        ("clock", "show", "--json", "--org", orgs["2031"]),
    ):
        assert json.loads(run(*words))["now"].startswith("2031")


def test_org_behind_the_command_wins_over_org_before_it_and_both_over_the_variable(
    orgs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRESHTOKEN_ORG", orgs["2033"])
    assert year() == "2033"
    assert year("--org", orgs["2032"]) == "2032"
    shown = run("--org", orgs["2032"], "clock", "show", "--json", "--org", orgs["2031"])
    assert json.loads(shown)["now"].startswith("2031")


def test_an_org_that_was_named_is_never_made_on_the_fly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRESHTOKEN_ORG", str(tmp_path / "typo.db"))
    code, stdout, stderr = fails("org", "show")
    assert (code, stdout) == (3, "")
    assert f"freshtoken org new {tmp_path / 'typo.db'}" in stderr
    assert not (tmp_path / "typo.db").exists()


def test_the_default_org_is_made_on_first_use_for_its_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "data" / "freshtoken" / "org.db"
    assert not file.parent.exists()
    shown = json.loads(run("org", "show", "--json"))
    assert shown["file"] == str(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    run("user", "freeze", "sam")
    assert json.loads(run("org", "show", "--json"))["users"][2]["state"] == "frozen"


def test_the_helper_files_beside_the_org_are_as_private_as_the_org(tmp_path: Path) -> None:
    run("org", "show")
    file = tmp_path / "data" / "freshtoken" / "org.db"
    with Org(file) as org:
        org.clock.advance(1)
        beside = sorted(path.name for path in file.parent.iterdir())
        modes = {stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert len(beside) > 1 and modes == {0o600}
    assert [path.name for path in file.parent.iterdir()] == ["org.db"]


def test_four_processes_that_need_the_default_org_at_once_make_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAIN, "org", "show", "--json"]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    found = [(*process.communicate(timeout=60), process.returncode) for process in started]
    assert [code for _, _, code in found] == [0] * 4, found
    assert len({json.loads(stdout)["clients"][0]["held_token"] for stdout, _, _ in found}) == 1
    # SQLite can leave its log where two processes close at the same moment.
    left = {path.name for path in (tmp_path / "data" / "freshtoken").iterdir()}
    assert left - {"org.db-wal", "org.db-shm"} == {"org.db"}


def test_a_new_org_is_private_and_says_on_stderr_how_to_look_at_it(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    result = invoke("org", "new", str(file))
    assert (result.exit_code, result.stdout) == (
        0,
        "",
    ) and f"freshtoken --org {file}" in result.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(run("org", "new", str(tmp_path / "other.db"), "--json")) == {
        "file": str(tmp_path / "other.db")
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.db", "other.db"]


def test_an_existing_org_is_refused_without_force(orgs: dict[str, str]) -> None:
    before = Path(orgs["2031"]).read_bytes()
    code, stdout, stderr = fails("org", "new", orgs["2031"], "--frozen-at", "2040-01-01")
    assert (code, stdout, len(stderr.splitlines())) == (2, "", 1)
    assert "exists" in stderr and "--force" in stderr
    assert Path(orgs["2031"]).read_bytes() == before


def test_force_replaces_an_org_in_place_under_whoever_has_it_open(orgs: dict[str, str]) -> None:
    file = Path(orgs["2031"])
    run("--org", str(file), "user", "freeze", "sam")
    with Org(file) as held:
        inode, generation = file.stat().st_ino, held.info().generation
        run(
            "org",
            "new",
            str(file),
            "--force",
            "--yes",
            "--frozen-at",
            "2041-01-01T00:00",
            "--seed",
            "again",
        )
        assert held.info().generation != generation
        assert (held.info().seed, held.users.get("sam").state) == ("again", "active")
        assert file.stat().st_ino == inode
    assert year("--org", str(file)) == "2041"


def test_force_makes_a_file_that_was_not_there(tmp_path: Path) -> None:
    run("org", "new", str(tmp_path / "fresh.db"), "--force")
    assert year("--org", str(tmp_path / "fresh.db"))


def test_a_seed_repeats_the_tokens_and_another_seed_or_none_does_not(tmp_path: Path) -> None:
    def token(name: str, *seed: str) -> str:
        run("org", "new", str(tmp_path / name), *seed)
        return str(
            json.loads(run("--org", str(tmp_path / name), "org", "show", "--json"))["clients"][0][
                "held_token"
            ]
        )

    first, second = token("a.db", "--seed", "7"), token("b.db", "--seed", "7")
    assert first == second
    assert len({first, token("c.db", "--seed", "8"), token("d.db"), token("e.db")}) == 4


def play(file: Path) -> None:
    """A little of everything, the same each time."""

    def do(*words: str, exits: int = 0) -> str:
        return run("--org", str(file), *words, exits=exits).strip()

    do("login", "integration", "--password", "wrong", exits=1)
    do("login", "nobody", "--password", "wrong", exits=1)
    do("password", "change", "integration", "--old", PASSWORD, "--new", FRESH)
    do("clock", "advance", "90s")
    do(
        "login",
        "integration",
        "--password",
        FRESH,
        "--token",
        do("mail", "integration", "--token-only"),
    )
    do("login", "sam", "--password", "Velvet-Train-9", "--from", "office", "--protocol", "oauth")
    do("token", "reset", "ada")
    temporary = do("password", "reset", "sam")
    do("login", "sam", "--password", temporary, "--from", "office", "--protocol", "ui")
    do("password", "change", "sam", "--old", temporary, "--new", "Another-Start-9")
    do("user", "freeze", "nora")
    do("clock", "advance", "1d")


def test_two_exports_of_the_same_seed_moment_and_commands_are_byte_identical(
    tmp_path: Path,
) -> None:
    files = [tmp_path / "one.db", tmp_path / "two.db"]
    for file in files:
        run("org", "new", str(file), "--seed", "42", "--frozen-at", "2026-11-24T14:00")
        play(file)
    for words in (("org", "export"), ("org", "export", "--with-secrets"), ("history", "--csv")):
        one, two = (run("--org", str(file), *words) for file in files)
        assert one == two and len(one) > 500
    json.loads(run("--org", str(files[0]), "org", "export"))


def test_an_export_of_another_seed_differs(tmp_path: Path) -> None:
    shown = []
    for seed in ("42", "43"):
        file = tmp_path / f"{seed}.db"
        run("org", "new", str(file), "--seed", seed, "--frozen-at", "2026-11-24T14:00")
        shown.append(run("--org", str(file), "org", "export", "--with-secrets"))
    assert shown[0] != shown[1]


def test_a_reset_org_plays_the_same_again(tmp_path: Path) -> None:
    file = tmp_path / "again.db"
    run("org", "new", str(file), "--seed", "42", "--frozen-at", "2026-11-24T14:00")

    def export() -> dict[str, Any]:
        play(file)
        shown = json.loads(run("--org", str(file), "org", "export", "--with-secrets"))
        shown["events"] = [
            event for event in shown["events"] if event["kind"] not in ("org_made", "org_reset")
        ]
        return dict(shown)

    first = export()
    run("--org", str(file), "org", "reset", "--yes")
    assert export() == first


def test_user_is_a_username_or_the_part_before_the_at_sign_in_any_case(org_file: Path) -> None:
    for name in (USER, "integration", "INTEGRATION", "Integration@Acme.Example"):
        run("--org", str(org_file), "token", "reset", name)
    assert {
        mail["username"] for mail in json.loads(run("--org", str(org_file), "mail", "--json"))
    } == {USER}


def test_a_part_before_the_at_sign_that_two_users_share_is_ambiguous(org_file: Path) -> None:
    with sqlite3.connect(org_file) as db:
        db.execute(
            "update user set username = 'integration@other.example' where username = "
            "'nora@acme.example'"
        )
    db.close()
    for words in (
        ("mail", "integration"),
        ("history", "integration"),
        ("token", "reset", "integration"),
    ):
        code, stdout, stderr = fails("--org", str(org_file), *words)
        assert (code, stdout, len(stderr.splitlines())) == (2, "", 1)
        assert "integration@acme.example or integration@other.example" in stderr
    run("--org", str(org_file), "token", "reset", "integration@other.example")


def test_an_ambiguous_user_is_not_tried_as_a_login(org_file: Path) -> None:
    """It is a question to the person who typed it, not an attempt of an unknown username."""
    with sqlite3.connect(org_file) as db:
        db.execute(
            "update user set username = 'integration@other.example' where username = "
            "'nora@acme.example'"
        )
    db.close()
    code, stdout, stderr = fails(
        "--org", str(org_file), "login", "integration", "--password", PASSWORD
    )
    assert (code, stdout) == (2, "") and "integration@other.example" in stderr


def test_an_unknown_username_is_tried_and_refused_like_a_wrong_password(org_file: Path) -> None:
    unknown = run("--org", str(org_file), "login", "nobody", "--password", PASSWORD, exits=1)
    assert unknown == run(
        "--org", str(org_file), "login", "integration", "--password", "wrong", exits=1
    )


def test_a_command_without_write_access_to_its_output_is_no_traceback(org_file: Path) -> None:
    """freshtoken history | head -1"""
    for _ in range(3):
        run("--org", str(org_file), "login", "sam", "--password", "x", exits=1)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        found = subprocess.run(
            [sys.executable, "-c", MAIN, "--org", str(org_file), "history"],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
        )
    finally:
        os.close(writer)
    assert "Traceback" not in found.stderr

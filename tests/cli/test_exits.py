"""Exit codes are an API: 1 refused, 2 usage or cannot start here, 3 org file unusable; one sentence
on stderr each.
"""

import json
import os
import pty
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result

from ..world import FRESH, invoke

MAIN = "from freshtoken_tui.cli import main; main()"
TYPIST = """
import os, pty, sys
answers = iter(sys.argv[1].split())
def read(fd):
    data = os.read(fd, 1024)
    if data.rstrip().endswith(b":"):
        os.write(fd, next(answers).encode() + b"\\n")
    return data
sys.exit(os.waitstatus_to_exitcode(pty.spawn([sys.executable, "-c", sys.argv[2], *sys.argv[3:]], read)))
"""
"""Types an answer whenever the command has written a prompt."""


def run(file: Path | None, *words: str, stdin: str | bytes | None = None) -> Result:
    named = ["--org", str(file)] if file else []
    return invoke(*named, *words, input=stdin)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("user", "unlock", "sam"), "sam@acme.example is not locked out."),
        (("user", "unfreeze", "sam"), "sam@acme.example is not frozen."),
        (("mail", "sam", "--latest", "--token-only"), "No mail carries a security token."),
        (("mail", "sam", "--latest"), "No mail."),
        (("token", "reset", "loader"), "Reset My Security Token is not offered."),
        (("token", "reset", "lee"), "lee@acme.example is inactive and cannot log in."),
        (("password", "reset", "lee"), "lee@acme.example is inactive; activate the user first."),
        (
            ("password", "change", "sam", "--old", "wrong", "--new", FRESH),
            "The current password is not right.",
        ),
        (
            ("password", "change", "sam", "--old", "Velvet-Train-9", "--new", "abc"),
            "8 characters or more",
        ),
        (
            ("password", "change", "sam", "--old", "Velvet-Train-9", "--new", "Velvet-Train-9"),
            "not one of your last 3",
        ),
        (
            ("clock", "set", "2020-01-01T00:00"),
            "Org time goes forward only; that moment has passed.",
        ),
        (("clock", "advance", "99999d"), "Org time ends with the year 2099."),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, tuple) else "",
)
@pytest.mark.parametrize("as_json", [False, True], ids=["for people", "--json"])
def test_what_salesforce_refuses_exits_1(
    org_file: Path, words: tuple[str, ...], said: str, as_json: bool
) -> None:
    if as_json and words == ("mail", "sam", "--latest"):
        assert json.loads(run(org_file, *words, "--json").stdout) == []
        return
    result = run(org_file, *words, *(["--json"] if as_json else []))
    assert result.exit_code == 1
    assert said in result.stderr and len(result.stderr.splitlines()) == 1
    if as_json:
        assert said in json.loads(result.stdout)["error"]["message"]
    else:
        assert result.stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mail", "nobody"), "There is no user 'nobody'. There are: integration@acme.example, "),
        (("token", "reset", "nobody@acme.example"), "There is no user 'nobody@acme.example'."),
        (
            ("login", "sam", "--password", "x", "--from", "moon"),
            "There is no network 'moon'. There are: office, home, cloud.",
        ),
        (
            ("login", "sam", "--password", "x", "--api-version", "latest"),
            "is not an API version; write it like 64.0",
        ),
        (("login", "sam", "--password", "x", "--protocol", "carrier-pigeon"), "carrier-pigeon"),
        (("login",), "Missing argument"),
        (("clock", "advance", "soon"), "'soon' is not a duration; write it like 15m, 1h30m, 2d or"),
        (("clock", "set", "someday"), "'someday' is not a moment; write it like 2026-11-24T14:00"),
        (("clock", "set", "1999-01-01"), "is outside the years 2000 to 2099"),
        (("history", "--limit", "0"), "'0' is not a whole number from 1 on, nor all"),
        (("org", "new", "x.db", "--frozen-at", "noon"), "'noon' is not a moment"),
        (("frobnicate",), "No such command 'frobnicate'"),
        (("mail", "--frobnicate"), "No such option"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_meant_exits_2(org_file: Path, words: tuple[str, ...], said: str) -> None:
    result = run(org_file, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def unusable(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.db"
    match kind:
        case "text":
            path.write_text(
                "my shopping list, which is longer than the header of a database so that all of "
                "it is read" * 2
            )
        case "short":
            path.write_bytes(b"SQLite format 3\x00")
        case "empty":
            path.write_bytes(b"")
        case "folder":
            path.mkdir()
        case "foreign":
            with sqlite3.connect(path) as db:
                db.execute("create table mine (x)")
            db.close()
    return path


@pytest.mark.parametrize("kind", ["text", "short", "empty", "folder", "foreign", "missing"])
def test_a_file_that_is_no_org_exits_3_and_is_left_as_it_was(tmp_path: Path, kind: str) -> None:
    path = unusable(tmp_path, kind)
    before = path.read_bytes() if path.is_file() else None
    for words in (
        ("org", "show"),
        ("clock", "advance", "1m"),
        ("org", "reset"),
        ("org", "export"),
    ):
        result = run(path, *words)
        assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (3, "", 1), (
            result.output
        )
        assert str(path) in result.stderr
    assert (path.read_bytes() if path.is_file() else None) == before
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(kind) and p != path] == []


@pytest.mark.parametrize("kind", ["text", "short", "empty", "foreign"])
def test_not_even_force_overwrites_a_file_that_is_no_org(tmp_path: Path, kind: str) -> None:
    path = unusable(tmp_path, kind)
    before = path.read_bytes()
    result = run(None, "org", "new", str(path), "--force")
    assert (result.exit_code, result.stdout) == (
        3,
        "",
    ) and "left as it is" in result.stderr.replace("it was", "is")
    assert path.read_bytes() == before


def test_a_file_of_a_newer_freshtoken_exits_3_and_is_left_as_it_was(org_file: Path) -> None:
    with sqlite3.connect(org_file) as db:
        db.execute("pragma user_version = 99")
    db.close()
    before = org_file.read_bytes()
    for words in (("org", "show"), ("org", "new", str(org_file), "--force")):
        result = run(org_file, *words)
        assert (result.exit_code, result.stdout) == (
            3,
            "",
        ) and "comes from a newer freshtoken" in result.stderr
    assert org_file.read_bytes() == before


def test_a_new_org_in_a_folder_that_is_not_there_exits_3(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for where in (tmp_path / "nowhere" / "org.db", tmp_path / "file" / "org.db"):
        result = run(None, "org", "new", str(where))
        assert (result.exit_code, result.stdout) == (3, "") and len(result.stderr.splitlines()) == 1


def test_a_password_can_be_read_from_standard_input(org_file: Path) -> None:
    words = ("login", "sam", "--from", "office", "--password-stdin")
    assert run(org_file, *words, stdin="Velvet-Train-9\n").exit_code == 0
    assert run(org_file, *words, stdin="Velvet-Train-9\r\nrest\n").exit_code == 0
    assert run(org_file, *words, stdin="wrong\n").exit_code == 1


def test_standard_input_has_the_old_password_before_the_new_one(org_file: Path) -> None:
    words = ("password", "change", "sam", "--password-stdin")
    assert run(org_file, *words, stdin=f"{FRESH}\nVelvet-Train-9\n").exit_code == 1
    assert run(org_file, *words, stdin=f"Velvet-Train-9\n{FRESH}\n").exit_code == 0
    assert run(org_file, "login", "sam", "--password", FRESH, "--from", "office").exit_code == 0


def test_standard_input_gives_only_what_was_not_given(org_file: Path) -> None:
    result = run(
        org_file,
        "password",
        "change",
        "sam",
        "--old",
        "Velvet-Train-9",
        "--password-stdin",
        stdin=f"{FRESH}\n",
    )
    assert result.exit_code == 0
    assert run(org_file, "login", "sam", "--password", FRESH, "--from", "office").exit_code == 0


@pytest.mark.parametrize(
    ("words", "stdin"),
    [
        (("login", "sam"), None),
        (("login", "sam"), "Velvet-Train-9\n"),
        (("password", "change", "sam"), None),
        (("password", "change", "sam", "--old", "Velvet-Train-9"), f"{FRESH}\n"),
        (("login", "sam", "--password-stdin"), ""),
        (("password", "change", "sam", "--password-stdin"), "Velvet-Train-9\n"),
    ],
)
def test_no_password_and_no_terminal_to_ask_exits_2(
    org_file: Path, words: tuple[str, ...], stdin: str | None
) -> None:
    result = run(org_file, *words, stdin=stdin)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--password-stdin" in result.stderr and "Velvet" not in result.stderr
    assert run(org_file, "history", "sam", "--json").stdout.strip() == "[]"


@pytest.mark.parametrize("encoding", ["utf-8:strict", "utf-8:surrogateescape"])
def test_a_password_on_standard_input_that_is_not_utf8_is_just_wrong(
    org_file: Path, encoding: str
) -> None:
    """What a desktop's UTF-8 locale (strict) and a bare C locale do with a stray byte must not be a
    traceback.
    """
    found = subprocess.run(
        [sys.executable, "-c", MAIN, "--org", str(org_file), "login", "sam", "--password-stdin"],
        input=b"Velvet-Train-\xff\n",
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        timeout=30,
    )
    assert b"Traceback" not in found.stderr
    assert found.returncode in (1, 2)


def test_passwords_are_asked_for_on_a_terminal_and_not_echoed(org_file: Path) -> None:
    words = ["--org", str(org_file), "password", "change", "sam"]
    found = subprocess.run(
        [sys.executable, "-c", TYPIST, f"Velvet-Train-9 {FRESH}", MAIN, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "Current password:" in found.stdout and "New password:" in found.stdout
    assert FRESH not in found.stdout and "Velvet" not in found.stdout
    assert run(org_file, "login", "sam", "--password", FRESH, "--from", "office").exit_code == 0


def app_on_a_terminal(*words: str, term: str = "xterm-256color") -> tuple[int, str, str]:
    """freshtoken without a command, stdin and stderr on a terminal: exit code, stdout, and what the
    terminal shows.
    """
    leader, follower = pty.openpty()
    try:
        found = subprocess.run(
            [sys.executable, "-c", MAIN, *words],
            stdin=follower,
            stdout=subprocess.PIPE,
            stderr=follower,
            text=True,
            env={**os.environ, "TERM": term},
            timeout=30,
        )
        os.set_blocking(leader, False)
        return found.returncode, found.stdout, os.read(leader, 4096).decode()
    finally:
        os.close(leader)
        os.close(follower)


def test_without_a_terminal_the_app_names_the_command_line_and_exits_2(org_file: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", MAIN, "--org", str(org_file)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (found.returncode, found.stdout, len(found.stderr.splitlines())) == (2, "", 1)
    assert "freshtoken --help" in found.stderr


def test_on_a_dumb_terminal_the_app_names_the_command_line_and_exits_2(org_file: Path) -> None:
    code, stdout, said = app_on_a_terminal("--org", str(org_file), term="dumb")
    assert (code, stdout, len(said.splitlines())) == (2, "", 1)
    assert "freshtoken --help" in said


@pytest.mark.parametrize("kind", ["text", "empty", "foreign", "missing"])
def test_the_app_does_not_start_on_a_file_that_is_no_org(tmp_path: Path, kind: str) -> None:
    path = unusable(tmp_path, kind)
    code, stdout, said = app_on_a_terminal("--org", str(path))
    assert (code, stdout, len(said.splitlines())) == (3, "", 1)
    assert str(path) in said

"""The story of the product, steps 1 to 9, through the command line alone: two processes on one org
file.

The client is a process that lives through the story; everything else is a fresh process for each
command.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from ..world import FRESH, PASSWORD

USER = "integration"
MAIN = "from freshtoken_tui.cli import main; main()"
CLIENT = """
import json, sys
from click.testing import CliRunner
from freshtoken_tui.cli import main
for line in sys.stdin:
    result = CliRunner().invoke(main, json.loads(line))
    print(json.dumps([result.exit_code, result.stdout]), flush=True)
"""
REFUSED = "Invalid username, password, security token; or user locked out."


class Person:
    """Somebody at a terminal: a process for each command."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __call__(self, *words: str, exits: int = 0) -> str:
        command = [sys.executable, "-c", MAIN, "--org", str(self.file), *words]
        found = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
        assert found.returncode == exits, found.stdout + found.stderr
        return found.stdout.strip()

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))

    def user(self) -> dict[str, Any]:
        return dict(self.json("org", "show")["users"][0])


class Client:
    """Nightly sync: one process with the credentials it holds, which logs in when told to."""

    def __init__(
        self, process: "subprocess.Popen[str]", file: Path, password: str, token: str
    ) -> None:
        self.process, self.file, self.password, self.token = process, file, password, token

    def login(self, *words: str) -> dict[str, Any]:
        """Log in with what the client holds; returns what it was told."""
        token = ["--token", self.token] if self.token else []
        command = [
            "--org",
            str(self.file),
            "login",
            USER,
            "--password",
            self.password,
            *token,
            *words,
            "--json",
        ]
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        code, stdout = json.loads(self.process.stdout.readline())
        told: dict[str, Any] = json.loads(stdout)
        assert code == (0 if told["accepted"] else 1)
        return told


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new training org, time standing still at 14:00, that every person gets a copy of."""
    file = tmp_path_factory.mktemp("begun") / "story.db"
    Person(file)("org", "new", str(file), "--seed", "story", "--frozen-at", "2026-11-24T14:00")
    return file


@pytest.fixture
def person(begun: Path, tmp_path: Path) -> Person:
    """A person with a new training org, time standing still at 14:00."""
    return Person(Path(copy(begun, tmp_path / "story.db")))


@contextmanager
def at_work(person: Person) -> Iterator[Client]:
    """The client with what the training org says it holds."""
    shown = person.json("org", "show")
    held = next(
        client["held_token"] for client in shown["clients"] if client["name"] == "Nightly sync"
    )
    with subprocess.Popen(
        [sys.executable, "-c", CLIENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Client(process, person.file, shown["users"][0]["demo_password"], held)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=30) == 0


@pytest.fixture
def client(person: Person) -> Iterator[Client]:
    """The client of the person's org."""
    with at_work(person) as found:
        yield found


def refusal(told: dict[str, Any]) -> str:
    assert told["accepted"] is False and told["fault"]["http_status"] == 500
    assert told["fault"]["message"].startswith(REFUSED)
    return str(told["fault"]["code"])


@pytest.mark.parametrize("way", ["mailed token", "token reset"])
def test_the_story_is_playable_from_step_1_to_step_9(
    person: Person, client: Client, way: str
) -> None:
    # 1: the client is connected
    shown = person.json("org", "show")
    assert shown["clients"][0]["light"] == "connected"
    assert client.login()["accepted"] is True

    # 2: the password is changed, and the token dies with it
    changed = person.json("password", "change", USER, "--old", PASSWORD, "--new", FRESH)
    assert (changed["token_died"], changed["token_mailed"]) == (True, True)
    assert person.user()["demo_password"] is None

    # 3: the client logs in again, with what it holds
    assert refusal(client.login()) == "INVALID_LOGIN"

    # 4: the new password with the old token is refused in the same words; without any token they
    # differ
    client.password, old = FRESH, client.token
    assert refusal(client.login()) == "INVALID_LOGIN"
    client.token = ""
    assert refusal(client.login()) == "LOGIN_MUST_USE_SECURITY_TOKEN"

    # 5: only Why tells
    client.token = old
    person("clock", "advance", "3m")
    gates = {
        gate["name"]: (gate["outcome"], gate["detail"]) for gate in client.login("--why")["gates"]
    }
    assert gates["password"] == ("passed", "password right")
    assert gates["token"] == (
        "refused",
        "password right, token retired 14:00 by the password change",
    )
    assert gates["api_enabled"][0] == "not_reached"

    # 6: each wrong token counts
    assert person.user()["failed_login_attempts"] == 4

    # 7: a fresh token, either way
    mailed = person("mail", USER, "--latest", "--token-only")
    if way == "token reset":
        person("token", "reset", USER)
        client.token = mailed
        assert refusal(client.login()) == "INVALID_LOGIN", "the token of step 2 is dead too"

    # 8: the newest mail brings it
    newest = person.json("mail", USER, "--latest")[0]
    assert newest["subject"] == "Your new Salesforce security token"
    assert (newest["token"] == mailed) is (way == "mailed token")

    # 9: connected again; Login History does not tell wrong password and wrong token apart
    client.token = newest["token"]
    assert client.login()["accepted"] is True
    user = person.user()
    assert (user["token_state"], user["failed_login_attempts"], user["state"]) == (
        "live",
        0,
        "active",
    )
    statuses = [row["Status"] for row in person.json("history", USER)]
    wrong = ["Invalid Password"]
    expected = [
        "Success",
        *(wrong if way == "token reset" else []),
        *wrong,
        "Failed: API security token required",
    ]
    assert statuses[: len(expected) + 3] == [*expected, *wrong, *wrong, "Success"]


@pytest.fixture(scope="module")
def locked_out(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An org whose client kept trying until it was locked out, and the token that would be
    right.
    """
    person = Person(Path(copy(begun, tmp_path_factory.mktemp("locked") / "story.db")))
    with at_work(person) as client:
        person("password", "change", USER, "--old", PASSWORD, "--new", FRESH)
        told = {json.dumps(client.login()) for _ in range(10)}
        client.password, client.token = FRESH, person("mail", USER, "--latest", "--token-only")
        told.add(json.dumps(client.login()))
    assert len(told) == 1, "locked out or not, the words are the same"
    assert refusal(json.loads(told.pop())) == "INVALID_LOGIN"
    assert person.user()["state"] == "locked"
    person("login", USER, "--password", FRESH, "--protocol", "ui", exits=1)
    statuses = [row["Status"] for row in person.json("history", USER)]
    assert statuses[:12] == ["Password Lockout"] * 2 + ["Invalid Password"] * 10
    return person.file, client.token


@pytest.fixture
def locked(locked_out: tuple[Path, str], person: Person, client: Client) -> Client:
    """The client after it kept trying: locked out, though by now it holds the right credentials."""
    file, token = locked_out
    copy(file, person.file)
    client.password, client.token = FRESH, token
    return client


def test_a_lockout_ends_when_its_period_is_over(person: Person, locked: Client) -> None:
    person("clock", "advance", "14m59s")
    assert refusal(locked.login()) == "INVALID_LOGIN"
    person("clock", "advance", "1s")
    assert locked.login()["accepted"] is True


def test_a_lockout_ends_when_an_admin_unlocks_and_password_and_token_stay(
    person: Person, locked: Client
) -> None:
    assert person.json("user", "unlock", USER)["state"] == "active"
    assert locked.login()["accepted"] is True


def test_a_lockout_ends_with_an_admins_password_reset_which_kills_the_token_again(
    person: Person, locked: Client
) -> None:
    locked.password = person("password", "reset", USER)
    assert refusal(locked.login()) == "INVALID_LOGIN"
    locked.token = ""
    assert refusal(locked.login()) == "LOGIN_MUST_USE_SECURITY_TOKEN"
    person("password", "change", USER, "--old", locked.password, "--new", "Third-Start-99")
    locked.password, locked.token = (
        "Third-Start-99",
        person("mail", USER, "--latest", "--token-only"),
    )
    assert locked.login()["accepted"] is True


def test_wrong_logins_of_two_processes_at_once_are_all_counted(
    person: Person, client: Client
) -> None:
    client.token = "A" * 24
    with ThreadPoolExecutor(1) as other:
        theirs = other.submit(
            lambda: [person("login", USER, "--password", "wrong", exits=1) for _ in range(4)]
        )
        ours = [refusal(client.login()) for _ in range(5)]
        assert len(theirs.result()) == 4
    assert ours == ["INVALID_LOGIN"] * 5
    assert person.user()["failed_login_attempts"] == 9
    assert refusal(client.login()) == "INVALID_LOGIN"
    assert person.user()["state"] == "locked"


def test_the_old_credentials_never_work_after_the_change_whoever_is_first(
    person: Person, client: Client
) -> None:
    """A client that hammers while the password is changed: a run of sessions, then refusals
    only.
    """
    with ThreadPoolExecutor(1) as other:
        changing = other.submit(
            person, "password", "change", USER, "--old", PASSWORD, "--new", FRESH
        )
        seen = [client.login()["accepted"]]
        while not changing.done():
            seen.append(client.login()["accepted"])
        changing.result()
    seen.append(client.login()["accepted"])
    assert seen == sorted(seen, reverse=True) and seen[-1] is False

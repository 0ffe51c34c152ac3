"""The incident from Friday to Monday by command line: the culprit found, all three fixed, a clean
week, and back again.
"""

import json
from pathlib import Path

import pytest
from click.testing import Result

from freshtoken_model.org import Org

from ..world import CHEAP, FRIDAY, invoke

NEW = "Friday-Evening-5"
THREE = ("Nightly sync", "Order feed", "Legacy export")


class Terminal:
    """Somebody at a terminal, with one org file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def run(self, *words: str) -> Result:
        return invoke("--org", str(self.file), *words)

    def __call__(self, *words: str) -> str:
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *words: str):
        return json.loads(self(*words, "--json"))


@pytest.fixture
def night(tmp_path: Path) -> Terminal:
    path = tmp_path / "night.db"
    Org.create(path, seed="night", frozen_at=FRIDAY, hashing=CHEAP, preset="night")
    return Terminal(path)


@pytest.fixture
def monday(night: Terminal) -> Terminal:
    """Monday, 9:00, after a password change on Friday."""
    night("password", "change", "integration", "--old", "Harbour-Light-7", "--new", NEW)
    night("clock", "set", "mon 9:00")
    return night


def test_friday_to_monday(monday: Terminal) -> None:
    assert monday.json("clock", "show")["now"] == "2026-11-30T09:00:00.000+0000"
    tale = monday("incident", "integration")
    assert (
        "Fri 27 Nov 17:30:00  integration@acme.example changed the password; the security token died "
        "with it." in tale
    )
    assert "Fri 27 Nov 18:00:00  Legacy export failed first: password wrong" in tale
    assert (
        "Failed attempt 10, by Legacy export, locked integration@acme.example out (15 minutes)."
        in tale
    )
    assert (
        "Nightly sync went on with the session it keeps" in tale
        and "A client that stops on INVALID_LOGIN" in tale
    )
    found = monday.json("incident", "integration")
    assert (found["culprit"], found["state"], found["over"]) == ("Legacy export", "locked", False)

    monday("user", "unlock", "integration")
    for name in THREE:
        monday("integration", "set", name, "--password", NEW, "--newest-token")
    monday("integration", "set", "legacy", "--retry", "breaker")
    monday("clock", "next", "run")
    since = monday.json("clock", "show")["now"]
    monday("clock", "advance", "7d")
    week = monday.json("history", "--since", since)
    assert week and {row["Status"] for row in week} == {"Success"}
    states = {
        row["name"]: (row["state"], row["light"], row["token_state"])
        for row in monday.json("integration", "list")
    }
    assert states == dict.fromkeys(THREE, ("running", "connected", "live"))
    assert monday.json("incident", "integration")["over"] is True


def test_the_breaker_stops_and_is_started_again(monday: Terminal) -> None:
    monday("user", "unlock", "integration")
    monday("integration", "set", "Legacy export", "--retry", "breaker")
    monday("clock", "advance", "1d")
    legacy = monday.json("integration", "list")[2]
    assert (legacy["state"], legacy["light"], legacy["next"]) == ("stopped", "blocked", None)
    failed = monday.json("org", "show")["users"][0]["failed_login_attempts"]
    assert failed == 1
    monday("integration", "set", "Legacy export", "--password", NEW, "--newest-token")
    monday("integration", "start", "Legacy export")
    monday("clock", "next", "run")
    monday("clock", "advance", "1h")
    assert monday.json("integration", "list")[2]["light"] == "connected"


def test_org_back_takes_the_weekend_and_then_the_change_back(monday: Terminal) -> None:
    assert [step["words"] for step in monday.json("org", "steps")] == [
        "org clock: forward 2 days 15 hours",
        "integration@acme.example changed the password",
    ]
    monday("org", "back")
    user = monday.json("org", "show")["users"][0]
    assert (user["state"], user["token_state"]) == ("active", "live") and len(
        monday.json("history")
    ) == 2
    result = monday.run("org", "back", "7")
    assert (result.exit_code, result.stderr) == (
        1,
        "Only 1 steps can be taken back.\n",
    ) or "taken back" in result.stderr


def test_a_snapshot_is_restored_and_says_what_would_be_lost(
    night: Terminal, tmp_path: Path
) -> None:
    copy = tmp_path / "friday.db"
    before = night.json("org", "export", "--with-secrets")
    night("org", "snapshot", str(copy))
    assert copy.stat().st_mode & 0o777 == 0o600
    night("password", "change", "integration", "--old", "Harbour-Light-7", "--new", NEW)
    night("clock", "set", "mon 9:00")
    asked = night.run("org", "restore", str(copy))
    assert (
        asked.exit_code == 2 and "events would be lost" in asked.stderr and "--yes" in asked.stderr
    )
    assert night.json("org", "show")["users"][0]["state"] == "locked"
    restored = night.json("org", "restore", str(copy), "--yes")
    assert restored["lost"] > 4_000 and restored["gained"] == 0
    assert night.json("org", "export", "--with-secrets") == before


def test_a_snapshot_never_overwrites_and_what_is_no_org_file_is_not_restored(
    night: Terminal, tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("mine")
    assert night.run("org", "snapshot", str(other)).exit_code == 2
    assert night.run("org", "restore", str(other), "--yes").exit_code == 3
    assert other.read_text() == "mine"


def test_the_timeline_in_characters_in_sentences_as_data_and_as_svg(
    monday: Terminal, tmp_path: Path
) -> None:
    picture = monday("timeline")
    assert "Legacy export" in picture and "■" in picture and "◆" in picture
    text = monday("timeline", "--text")
    assert "Legacy export, as integration@acme.example:" in text and "refused while locked" in text
    data = monday.json("timeline")
    locked = sum(cell["locked"] for lane in data["lanes"] for cell in lane["cells"])
    assert locked == sum(row["Status"] == "Password Lockout" for row in monday.json("history"))
    file = tmp_path / "night.svg"
    monday("timeline", "--svg", str(file))
    assert file.read_text().startswith("<svg") and "Legacy export" in file.read_text()


def test_an_integration_is_added_paused_changed_and_removed(night: Terminal) -> None:
    night(
        "integration",
        "add",
        "Invoices",
        "sam",
        "--every",
        "15m",
        "--kind",
        "aiosalesforce",
        "--from",
        "office",
    )
    row = night.json("integration", "list")[-1]
    assert (row["name"], row["every_seconds"], row["session_habit"], row["retry"]) == (
        "Invoices",
        900,
        "keep",
        "four",
    )
    night("integration", "pause", "Invoices")
    assert night.json("integration", "list")[-1]["state"] == "paused"
    night("integration", "start", "Invoices")
    night(
        "integration",
        "set",
        "Invoices",
        "--every",
        "1h",
        "--session",
        "every_run",
        "--retry",
        "backoff",
    )
    row = night.json("integration", "list")[-1]
    assert (row["every_seconds"], row["session_habit"], row["retry"]) == (
        3600,
        "every_run",
        "backoff",
    )
    night("integration", "remove", "Invoices")
    assert len(night.json("integration", "list")) == 3


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("integration", "add", "X", "sam", "--every", "soon"), 2, "'soon' is not a duration"),
        (("integration", "add", "X", "sam", "--every", "15m", "--kind", "cobol"), 2, "There is no "
            "kind 'cobol'."),
        (("integration", "add", "Order feed", "sam", "--every", "15m"), 1, "There is an API "
            "client 'Order feed' already."),
        (("integration", "set", "Order feed"), 2, "Nothing to change was given."),
        (("integration", "set", "nobody", "--retry", "none"), 2, "There is no API client "
            "'nobody'."),
        (("integration", "set", "Order feed", "--retry", "hope"), 2, "There is no retry behaviour "
            "'hope'."),
        (("integration", "start", "Order feed"), 1, "runs already"),
        (("incident", "sam"), 1, "No login as sam@acme.example was refused."),
        (("clock", "next", "lock-end"), 1, "No lockout ends by time."),
        (("clock", "set", "2020-01-01"), 1, "Org time goes forward only"),
        (("timeline", "--last", "ages"), 2, "'ages' is not a duration"),
        (("org", "back"), 1, "There is nothing to take back."),
        (("profile", "hours", "Integration", "mon", "9", "17:00"), 2, "'9' is not a time of day"),
        (("profile", "policy", "Integration", "soap_login", "off"), 2, "A profile cannot have "
            "its own 'soap_login'."),
        (("user", "create", "new", "--first-name", "N", "--last-name", "N", "--email", "n@x.example", "--profile", "Integ"),
         2, "'new' is not a username"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_clear_sentence(
    night: Terminal, words: tuple[str, ...], code: int, said: str
) -> None:
    result = night.run(*words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr and "Traceback" not in result.stderr


def test_an_org_made_in_a_newer_release_begins_with_its_defaults(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    made = invoke("org", "new", str(path), "--release", "Winter '26")
    assert made.exit_code == 0
    terminal = Terminal(path)
    values = terminal.json("setup", "show")
    assert (values["soap_login"], values["oauth_password_flow"], values["any_api_auth"]) == (
        "off",
        "off",
        "off",
    )
    wrong = invoke("org", "new", str(tmp_path / "x.db"), "--release", "Autumn '26")
    assert wrong.exit_code == 2 and "is not a release; write it like Spring '23" in wrong.stderr
    assert not (tmp_path / "x.db").exists()

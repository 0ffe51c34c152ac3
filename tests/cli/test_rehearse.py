"""freshtoken rehearse as it is typed."""

import io
import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from freshtoken_rehearsal.rehearsal import Result
from freshtoken_rehearsal.rules import not_applicable
from freshtoken_rehearsal.scenarios import scenarios
from freshtoken_tui.cli import rehearse_words

from ..rehearsal.small_clients import RIGHT, WRONG, command
from ..world import invoke

RIGHT_ONE, HIDES = command(RIGHT), command(WRONG["hides-the-failure"])


@pytest.fixture(autouse=True)
def nobody_elses_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FRESHTOKEN_USER", "FRESHTOKEN_PASSWORD", "FRESHTOKEN_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_the_report_card_is_on_stdout_and_the_talk_on_stderr(tmp_path: Path) -> None:
    done = invoke(
        "rehearse", "--only", "token-stale,2027", "--out", tmp_path / "r", "--", *RIGHT_ONE
    )
    assert done.exit_code == 0, done.stderr
    assert "The command is run up to 3 times." in done.stderr
    assert "password Harbour-Light-7" in " ".join(done.stderr.split())
    assert "2/3 ✓ pass token-stale" in done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["scenario", "logins", "refused", "counted", "exit", "time"]
    assert lines[2].split()[:7] == ["✓", "pass", "token-stale", "1", "1", "1/10", "1"]
    assert "2 pass, 0 warn, 0 FAIL, 1 n/a" in lines
    assert max(map(len, lines)) <= 80


def test_a_failure_is_exit_1_with_its_sentence_and_what_to_change(tmp_path: Path) -> None:
    done = invoke("rehearse", "--only", "token-stale", "--out", tmp_path / "r", "--", *HIDES)
    assert done.exit_code == 1
    assert "✗ FAIL  token-stale" in done.stdout
    assert "Exits with 0 although it was refused: INVALID_LOGIN (a login)." in done.stdout
    assert "Exit with another status than 0 when the work was not done." in done.stdout


def test_json_is_one_object_on_stdout_and_the_same_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    done = invoke("rehearse", "--only", "token-stale", "--json", "--out", folder, "--", *RIGHT_ONE)
    report = json.loads(done.stdout)
    assert [one["id"] for one in report["scenarios"]] == ["healthy", "token-stale"]
    assert json.loads((folder / "report.json").read_text()) == report
    assert (folder / "report.json").stat().st_mode & 0o777 == 0o600
    assert (folder / "token-stale" / "stderr.txt").read_text().count("INVALID_LOGIN")


def test_junit_and_baseline_are_for_a_ci_server(tmp_path: Path) -> None:
    known, junit = tmp_path / "known.txt", tmp_path / "junit.xml"
    known.write_text("token-stale  ticket 12\n")
    words = ["rehearse", "--only", "token-stale", "--junit", junit, "--out", tmp_path / "r"]
    done = invoke(*words, "--baseline", known, "--", *HIDES)
    assert done.exit_code == 0, done.stdout
    assert "As the baseline says: ticket 12" in done.stdout
    assert ElementTree.parse(junit).getroot()[0].get("failures") == "0"
    fixed = invoke(*words, "--baseline", known, "--", *RIGHT_ONE)
    assert fixed.exit_code == 1
    assert "take it off" in fixed.stdout
    assert ElementTree.parse(junit).getroot()[0].get("failures") == "1"


def test_a_file_of_somebody_else_is_not_written_over(tmp_path: Path) -> None:
    other = tmp_path / "junit.xml"
    other.write_text("<mine/>")
    done = invoke("rehearse", "--junit", other, "--", *RIGHT_ONE)
    assert (done.exit_code, other.read_text()) == (2, "<mine/>")
    assert "--force replaces it" in done.stderr


def test_a_baseline_with_an_unknown_scenario_stops_before_anything_is_run(tmp_path: Path) -> None:
    known = tmp_path / "known.txt"
    known.write_text("token-stail  why\n")
    done = invoke("rehearse", "--baseline", known, "--", *RIGHT_ONE)
    assert done.exit_code == 2
    assert "'token-stail'" in done.stderr and "token-stale" in done.stderr


@pytest.mark.parametrize("how", ["options", "variables", "standard input"])
def test_what_the_client_holds_can_be_given(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, password, token = "robot@acme.example", "Quiet-Harbour-9", "aB3" * 8
    words = ["rehearse", "--only", "token-stale", "--out", str(tmp_path / "r"), "--json"]
    given: str | None = None
    if how == "options":
        words += ["--user", user, "--password", password, "--token", token]
    elif how == "variables":
        for name, value in (("USER", user), ("PASSWORD", password), ("TOKEN", token)):
            monkeypatch.setenv(f"FRESHTOKEN_{name}", value)
    else:
        words += ["--user", user, "--password-stdin"]
        given = f"{password}\n{token}\n"
    own = f"USER, PASSWORD, TOKEN = {user!r}, {password!r}, {token!r}\n"
    done = invoke(*words, "--", *command(own + RIGHT), input=given)
    verdicts = [one["verdict"] for one in json.loads(done.stdout)["scenarios"]]
    assert (done.exit_code, verdicts) == (0, ["pass", "pass"]), done.stderr
    assert password not in done.stderr


def test_variables_of_the_command_are_filled_in(tmp_path: Path) -> None:
    code = 'PASSWORD, TOKEN = os.environ["SF_SECRET"].split("|")\n' + RIGHT
    given = ["--env", "SF_SECRET={password}|{token}", "--env", "OTHER={unknown}"]
    done = invoke(
        "rehearse", *given, "--only", "token-stale", "--out", tmp_path / "r", "--", *command(code)
    )
    assert done.exit_code == 0, done.stdout


def test_learning_says_that_nothing_is_written_and_warns_of_a_real_name(tmp_path: Path) -> None:
    own = 'USER, PASSWORD, TOKEN = "nightly@bigcorp.com", "Quiet-Harbour-9", "aB3" * 8\n'
    folder = tmp_path / "r"
    done = invoke(
        "rehearse", "--learn", "--only", "token-stale", "--out", folder, "--", *command(own + RIGHT)
    )
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert "not written, shown or logged" in said
    assert "nightly@bigcorp.com does not look made up." in said
    assert list(folder.rglob("*.db")) == []


def test_the_list_says_what_a_right_client_does() -> None:
    listed = invoke("rehearse", "--list")
    assert listed.exit_code == 0
    assert "  session-ended" in listed.stdout
    assert "A right client logs in again, once, and goes on." in listed.stdout
    assert max(map(len, listed.stdout.splitlines())) <= 80
    found = json.loads(invoke("rehearse", "--list", "--json", "--only", "summer").stdout)
    assert [one["id"] for one in found["scenarios"]] == ["healthy", "summer-27"]


def test_reports_are_kept_in_the_data_directory(tmp_path: Path) -> None:
    done = invoke("rehearse", "--only", "healthy", "--", *RIGHT_ONE)
    (folder,) = (tmp_path / "data" / "freshtoken" / "rehearsals").iterdir()
    assert f"Report and output: {folder}" in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["healthy", "report.json"]
    assert sorted(path.name for path in (folder / "healthy").iterdir()) == [
        "org.db",
        "stderr.txt",
        "stdout.txt",
    ]


class Terminal(io.StringIO):
    """What a person looks at."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(rehearse_words, "SHOWN_EVERY", 0.0)
    healthy, changed = scenarios()[:2]
    progress = rehearse_words.Progress(2)
    progress.began(healthy)
    progress.ended(Result(healthy, not_applicable("No.")))
    progress.began(changed)
    progress.noted(changed, 1, 1)
    progress.noted(changed, 31, 31)
    progress.done()
    shown = terminal.getvalue().split("\r\x1b[K")
    assert shown == [
        "", "0/2 healthy", "1/2 ", "1/2 password-changed",
        "1/2 password-changed (1 login, 1 refused)",
        "1/2 password-changed (31 logins, 31 refused)", "",
    ]  # fmt: skip


@pytest.mark.parametrize(("variable", "coloured"), [("", True), ("1", False)])
def test_the_verdict_has_a_colour_where_it_is_wanted(
    variable: str, coloured: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", variable)
    words = ["rehearse", "--only", "healthy", "--out", tmp_path / "r", "--", *RIGHT_ONE]
    shown = invoke(*words, color=True).stdout
    assert ("\x1b[32m" in shown) is coloured
    assert "✓ pass" in shown


@pytest.mark.parametrize(
    "before", [["env", "SF_PASSWORD=Hunter-Two-22"], ["env", "Hunter-Two-22=x"]]
)
def test_a_word_of_the_command_that_is_no_file_names_no_folder(
    tmp_path: Path, before: list[str]
) -> None:
    invoke("rehearse", "--only", "healthy", "--", *before, *RIGHT_ONE)
    (folder,) = (tmp_path / "data" / "freshtoken" / "rehearsals").iterdir()
    assert folder.name.endswith("-env")

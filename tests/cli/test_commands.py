"""What each command prints with --json, and what it prints for people: stdout is data."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ..world import FRESH, PASSWORD, invoke
from ..world import INTEGRATION as USER

MOMENT = r"2026-11-2\dT\d\d:\d\d:\d\d\.\d{3}\+0000"
LOGIN_HISTORY = [
    "Id",
    "UserId",
    "LoginTime",
    "LoginType",
    "SourceIp",
    "LoginUrl",
    "Status",
    "Application",
    "ApiType",
    "ApiVersion",
]
"""Fields of the LoginHistory object that freshtoken has [3P login-history-object]."""


@pytest.fixture
def line(tmp_path: Path) -> "Line":
    """The command line on a seeded, frozen org with a folder to itself."""
    found = Line(tmp_path / "line.db")
    found("org", "new", str(found.file), "--seed", "line", "--frozen-at", "2026-11-24T14:00")
    return found


class Line:
    """freshtoken --org FILE ...; fails when the exit code is not the one expected."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __call__(self, *words: str, exits: int = 0) -> Result:
        result = invoke("--org", str(self.file), *words)
        assert result.exit_code == exits, result.output
        return result

    def json(self, *words: str, exits: int = 0) -> Any:
        result = self(*words, "--json", exits=exits)
        assert result.stderr == ""
        return json.loads(result.stdout)

    def token(self) -> str:
        return str(
            next(c["held_token"] for c in self.json("org", "show")["clients"] if c["held_token"])
        )


def test_an_accepted_login_prints_its_session_id(line: Line) -> None:
    shown = line.json("login", "integration", "--password", PASSWORD, "--token", line.token())
    assert list(shown) == ["accepted", "session_id", "password_expired"]
    assert (shown["accepted"], shown["password_expired"]) == (True, False)
    assert re.fullmatch(r"00D[a-zA-Z0-9]{12}![A-Za-z0-9._]{96}", shown["session_id"])


def test_a_refused_soap_login_prints_the_fault_of_the_wire(line: Line) -> None:
    shown = line.json("login", "integration", "--password", "wrong", exits=1)
    words = "Invalid username, password, security token; or user locked out."
    assert shown == {
        "accepted": False,
        "fault": {"code": "INVALID_LOGIN", "message": words, "http_status": 500},
    }


def test_a_login_without_a_token_from_the_cloud_must_use_one_and_from_the_office_need_not(
    line: Line,
) -> None:
    refused = line.json("login", "integration", "--password", PASSWORD, exits=1)
    assert refused["fault"]["code"] == "LOGIN_MUST_USE_SECURITY_TOKEN"
    assert (
        line.json("login", "integration", "--password", PASSWORD, "--from", "office")["accepted"]
        is True
    )


def test_a_refused_oauth_login_prints_error_and_error_description(line: Line) -> None:
    shown = line.json(
        "login", "integration", "--password", PASSWORD, "--protocol", "oauth", exits=1
    )
    assert shown["fault"] == {
        "error": "invalid_grant",
        "error_description": "authentication failure",
        "http_status": 400,
    }


def test_the_login_page_needs_no_token_and_refuses_in_its_own_words(line: Line) -> None:
    assert (
        line.json("login", "integration", "--password", PASSWORD, "--protocol", "ui")["accepted"]
        is True
    )
    shown = line.json("login", "integration", "--password", "wrong", "--protocol", "ui", exits=1)
    assert shown["fault"]["message"].startswith("Please check your username and password.")
    assert (shown["fault"]["code"], shown["fault"]["http_status"]) == ("", 200)


@pytest.mark.parametrize("version", ["65.0", "65", "v65.0", "68.0"])
def test_login_is_gone_from_version_65_on(line: Line, version: str) -> None:
    shown = line.json(
        "login", "integration", "--password", PASSWORD, "--api-version", version, exits=1
    )
    assert shown["fault"]["message"].endswith(
        f"specified ({version.strip('v').removesuffix('.0')}.0)"
    )


def test_why_shows_every_gate_with_its_outcome(line: Line) -> None:
    token = line.token()
    line("password", "change", "integration", "--old", PASSWORD, "--new", FRESH)
    shown = line.json(
        "login", "integration", "--password", FRESH, "--token", token, "--why", exits=1
    )
    assert list(shown) == ["accepted", "fault", "gates"]
    assert all(list(gate) == ["name", "outcome", "detail"] for gate in shown["gates"])
    outcomes = {gate["name"]: gate["outcome"] for gate in shown["gates"]}
    assert set(outcomes.values()) == {"passed", "refused", "not_reached"}
    assert (outcomes["password"], outcomes["token"], outcomes["api_enabled"]) == (
        "passed",
        "refused",
        "not_reached",
    )
    (refused,) = [gate["detail"] for gate in shown["gates"] if gate["outcome"] == "refused"]
    assert refused == "password right, token retired 14:00 by the password change"


def test_why_reads_as_a_table_for_people(line: Line) -> None:
    result = line("login", "integration", "--password", PASSWORD, "--why", exits=1)
    assert result.stdout.startswith("refused  LOGIN_MUST_USE_SECURITY_TOKEN: ")
    assert "OUTCOME" in result.stdout and "password right, token missing" in result.stdout
    assert "not reached" in result.stdout and result.stderr == ""


def test_an_expired_password_logs_in_and_says_what_still_works(line: Line) -> None:
    token = line.token()
    line("clock", "advance", "29d")
    words = ("login", "integration", "--password", PASSWORD, "--token", token)
    assert line.json(*words)["password_expired"] is True
    result = line(*words)
    assert (
        result.stdout.startswith("accepted  00D")
        and "nothing but a password change works" in result.stderr
    )


def test_a_password_change_prints_what_died_and_what_was_mailed(line: Line) -> None:
    shown = line.json("password", "change", "integration", "--old", PASSWORD, "--new", FRESH)
    kinds = [one["kind"] for one in shown.pop("consequences")]
    assert kinds[:3] == ["deed", "token_retired", "token_mailed"]
    assert shown == {
        "username": USER,
        "token_died": True,
        "token_mailed": True,
        "token_state": "live",
    }
    never = line.json("password", "change", "nora", "--old", "Marble-Garden-3", "--new", FRESH)
    assert (never["token_died"], never["token_mailed"]) == (False, False)


def test_a_password_change_says_the_same_to_people_on_stderr(line: Line) -> None:
    result = line("password", "change", "integration", "--old", PASSWORD, "--new", FRESH)
    assert result.stdout == ""
    assert "died with the old password." in result.stderr
    assert "A new security token was mailed to it-operations@acme.example." in result.stderr
    assert "still holds the old password and the dead token" in result.stderr


def test_a_password_reset_prints_the_temporary_password_and_mails_a_link(line: Line) -> None:
    shown = line.json("password", "reset", "integration")
    assert list(shown) == ["username", "temporary_password", "consequences"]
    assert shown["username"] == USER
    (mail,) = line.json("mail", "integration")
    assert (mail["subject"], mail["token"]) == ("Finish resetting your password", None)
    login = line.json(
        "login", "integration", "--password", shown["temporary_password"], "--from", "office"
    )
    assert login["password_expired"] is True


def test_a_password_reset_prints_the_bare_temporary_password_for_a_script(line: Line) -> None:
    result = line("password", "reset", "integration")
    assert (
        re.fullmatch(r"[A-Za-z]{8}\d\d\n", result.stdout)
        and result.stdout.strip() not in result.stderr
    )


def test_a_token_reset_says_where_the_token_went_and_never_what_it_is(line: Line) -> None:
    shown = line.json("token", "reset", "integration")
    assert (shown["username"], shown["mailed_to"]) == (USER, "it-operations@acme.example")
    token = line("mail", "integration", "--latest", "--token-only").stdout.strip()
    result = line("token", "reset", "integration")
    assert (result.stdout, token in result.stderr) == ("", False)
    assert "it-operations@acme.example" in result.stderr


def test_user_commands_print_username_and_state(line: Line) -> None:
    def state(*words: str) -> tuple[str, str]:
        shown = line.json("user", *words)
        return shown["username"], shown["state"]

    assert state("freeze", "sam") == ("sam@acme.example", "frozen")
    assert state("unfreeze", "sam") == ("sam@acme.example", "active")
    for _ in range(10):
        line("login", "sam", "--password", "wrong", exits=1)
    assert state("unlock", "sam") == ("sam@acme.example", "active")


def test_mail_is_a_list_newest_first(line: Line) -> None:
    assert line.json("mail") == []
    line("password", "change", "integration", "--old", PASSWORD, "--new", FRESH)
    line("clock", "advance", "3m")
    line("token", "reset", "ada")
    newest, former = line.json("mail")
    assert list(newest) == ["username", "to", "sent_at", "subject", "body", "token", "read"]
    assert (newest["username"], former["username"]) == ("ada@acme.example", USER)
    assert newest["sent_at"] > former["sent_at"] and re.fullmatch(MOMENT, newest["sent_at"])
    assert (
        newest["subject"] == "Your new Salesforce security token"
        and newest["token"] in newest["body"]
    )
    assert [mail["username"] for mail in line.json("mail", "integration")] == [USER]
    assert line.json("mail", "integration", "--latest") == [former]


def test_mail_latest_token_only_prints_the_bare_token_and_nothing_else(line: Line) -> None:
    line("token", "reset", "integration")
    result = line("mail", "integration", "--latest", "--token-only")
    assert re.fullmatch(r"[A-Za-z0-9]{24}\n", result.stdout) and result.stderr == ""
    assert line.json("mail", "integration", "--latest", "--token-only") == {
        "token": result.stdout.strip()
    }


def test_mail_latest_is_readable_and_the_inbox_a_table(line: Line) -> None:
    line("token", "reset", "integration")
    token = line("mail", "integration", "--token-only").stdout.strip()
    assert token in line("mail", "integration", "--latest").stdout
    table = line("mail").stdout
    assert table.splitlines()[0].split() == ["SENT", "USER", "SUBJECT"] and token not in table


def test_history_lists_attempts_newest_first_with_the_fields_of_login_history(line: Line) -> None:
    token = line.token()
    line("login", "integration", "--password", "wrong", exits=1)
    line("login", "integration", "--password", PASSWORD, exits=1)
    line("clock", "advance", "1m")
    line("login", "integration", "--password", PASSWORD, "--token", token)
    line("login", "nobody@acme.example", "--password", "x", exits=1)
    rows = line.json("history", "integration")
    statuses = ["Success", "Failed: API security token required", "Invalid Password", "Success"]
    assert [row["Status"] for row in rows] == statuses, (
        "the oldest row is the login with which the org was made"
    )
    assert all(set(row) == {*LOGIN_HISTORY, "Username"} for row in rows)
    assert rows[0]["LoginTime"] > rows[1]["LoginTime"] and re.fullmatch(
        MOMENT, rows[0]["LoginTime"]
    )
    assert rows[0]["Id"].startswith("0Ya") and rows[0]["UserId"].startswith("005")
    assert line.json("history") == rows, "an unknown username leaves no row"
    limited = line("history", "--limit", "1", "--json")
    assert json.loads(limited.stdout) == rows[:1]
    assert limited.stderr == "1 of 4 rows; --limit all prints every row\n"
    assert line.json("history", "sam") == []


def test_history_as_csv_has_the_real_column_headings(line: Line) -> None:
    line("login", "integration", "--password", PASSWORD, "--protocol", "oauth", exits=1)
    heading, *rows = csv.reader(line("history", "--csv").stdout.splitlines())
    assert heading == [
        "Username",
        "Login Time",
        "Source IP",
        "Login Type",
        "Status",
        "Application",
        "API Type",
        "API Version",
        "Login URL",
    ]
    newest, former = [dict(zip(heading, row, strict=True)) for row in rows]
    assert (newest["Login Type"], newest["Source IP"]) == ("Remote Access 2.0", "203.0.113.7")
    assert (former["Status"], former["Application"]) == ("Success", "Nightly sync")


def test_clock_commands_print_the_new_now(line: Line) -> None:
    start = {"now": "2026-11-24T14:00:00.000+0000", "mode": "frozen", "time_zone": "Europe/London"}
    assert line.json("clock", "show") == start
    assert line.json("clock", "advance", "1h30m")["now"] == "2026-11-24T15:30:00.000+0000"
    assert line.json("clock", "set", "2026-11-25T08:00")["now"] == "2026-11-25T08:00:00.000+0000"
    assert line.json("clock", "run")["mode"] == "running"
    assert line.json("clock", "freeze")["mode"] == "frozen"
    assert line("clock", "show").stdout.startswith("Wed 25 Nov 2026 08:00:0")


def test_org_show_has_what_a_script_needs(line: Line) -> None:
    shown = line.json("org", "show")
    assert {"users", "networks", "clients", "policies", "assumptions", "clock"} <= set(shown)
    needed = {
        "username",
        "name",
        "profile",
        "state",
        "token_state",
        "token_issued_at",
        "demo_password",
    }
    assert all(needed <= set(user) for user in shown["users"])
    assert all(set(network) == {"name", "address", "trusted"} for network in shown["networks"])
    assert all(
        {"name", "username", "network", "held_token"} <= set(client) for client in shown["clients"]
    )
    assert {network["name"]: network["trusted"] for network in shown["networks"]} == {
        "office": True,
        "home": False,
        "cloud": False,
    }
    assert {user["token_state"] for user in shown["users"]} == {"live", "never_issued"}
    assert shown["clock"] == {"now": "2026-11-24T14:00:00.000+0000", "mode": "frozen"}


def test_org_show_stops_showing_a_demo_password_once_it_was_changed(line: Line) -> None:
    assert line.json("org", "show")["users"][0]["demo_password"] == PASSWORD
    line("password", "change", "integration", "--old", PASSWORD, "--new", FRESH)
    assert line.json("org", "show")["users"][0]["demo_password"] is None
    assert FRESH not in line("org", "show").stdout


def test_org_show_reads_as_tables_for_people(line: Line) -> None:
    text = line("org", "show").stdout
    for words in (
        "USERNAME",
        "NETWORK",
        "API CLIENT",
        "Nightly sync",
        PASSWORD,
        line.token(),
        "not trusted",
    ):
        assert words in text


def test_org_reset_sets_the_training_org_back(line: Line) -> None:
    before, rows = line("org", "show").stdout, line.json("history")
    line("login", "integration", "--password", "wrong", exits=1)
    line("password", "change", "integration", "--old", PASSWORD, "--new", FRESH)
    line("clock", "advance", "2d")
    assert line.json("org", "reset", "--yes") == {"file": str(line.file)}
    assert line("org", "show").stdout == before
    assert line.json("mail") == [] and line.json("history") == rows


def test_export_leaves_secrets_out_unless_asked(line: Line) -> None:
    held = line.token()
    line("login", "integration", "--password", PASSWORD, "--token", held)
    line("password", "change", "integration", "--old", PASSWORD, "--new", FRESH)
    temporary = line("password", "reset", "sam").stdout.strip()
    mailed = line("mail", "integration", "--token-only").stdout.strip()
    secret = line.json("org", "show")["apps"][0]["secret"]
    plain, full = line("org", "export").stdout, line("org", "export", "--with-secrets").stdout
    for hidden in (PASSWORD, FRESH, "Copper-Kettle-4", held, mailed, temporary, secret):
        assert hidden not in plain
    for shown in (held, mailed, secret, "Copper-Kettle-4"):
        assert shown in full
    assert "$argon2" not in full
    assert {"users", "tokens", "mails", "sessions", "login_history", "events"} <= set(
        json.loads(plain)
    )

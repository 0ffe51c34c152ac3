"""API clients, trusted IP ranges and mailed links by command line: what they print, how they exit,
what they leave alone.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from freshtoken_model.org import Org
from freshtoken_model.values.visible import visible

from ..world import FRESH, PASSWORD, SAM, SAMS, invoke
from ..world import INTEGRATION as USER

NIGHTLY, DASHBOARD, BRIDGE = "Nightly sync", "Sales dashboard", "Data bridge"
REFUSED = "INVALID_LOGIN: Invalid username, password, security token; or user locked out."


class Line:
    """freshtoken --org FILE ...; fails when the exit code is not the one expected."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __call__(self, *words: str, exits: int = 0, stdin: str | None = None) -> Result:
        result = invoke("--org", str(self.file), *words, input=stdin)
        assert result.exit_code == exits, result.output
        return result

    def json(self, *words: str, exits: int = 0) -> Any:
        result = self(*words, "--json", exits=exits)
        assert result.stderr == ""
        return json.loads(result.stdout)

    def said(self, *words: str, exits: int) -> str:
        """What a command that does nothing says, in one sentence (a usage error shows the usage
        too).
        """
        result = self(*words, exits=exits)
        assert result.stdout == ""
        return result.stderr.splitlines()[-1]

    def client(self, name: str) -> dict[str, Any]:
        return next(one for one in self.json("client", "list") if one["name"] == name)

    def held(self) -> list[tuple[str, ...]]:
        """Everything the clients hold, and their schedules: to see that nothing changed."""
        with Org(self.file) as org:
            rows = org.database.conn.execute(
                "select * from client left join integration on client_id = id"
            ).fetchall()
            return [tuple(map(str, row)) for row in rows]


@pytest.fixture
def line(org_file: Path) -> Line:
    return Line(org_file)


# ---- client


def test_the_clients_are_listed_with_the_state_of_what_they_hold_and_never_the_secret(
    line: Line,
) -> None:
    listed = line.json("client", "list")
    assert [
        (one["name"], one["username"], one["network"], one["protocol"], one["token_state"])
        for one in listed
    ] == [
        (NIGHTLY, USER, "cloud", "soap", "live"),
        (DASHBOARD, SAM, "office", "oauth", "none"),
        (BRIDGE, USER, "cloud", "client_credentials", "none"),
    ]
    assert (listed[0]["light"], listed[0]["told"], listed[0]["outside"]) == (
        "connected",
        "5 records returned",
        False,
    )
    assert [one["light"] for one in listed[1:]] == ["idle", "idle"]
    table = line("client", "list").stdout
    assert table.splitlines()[0].split() == [
        "NAME",
        "USERNAME",
        "FROM",
        "PROTOCOL",
        "TOKEN",
        "LIGHT",
        "TOLD",
    ]
    with Org(line.file) as org:
        token = org.clients.named(NIGHTLY).token
    assert (
        token
        and token not in table + json.dumps(listed)
        and PASSWORD not in table + json.dumps(listed)
    )


def test_a_client_loses_its_login_with_the_password_and_gets_it_back_with_the_newest_token(
    line: Line,
) -> None:
    assert line("client", "login", NIGHTLY).stdout.startswith("connected  ")
    line("password", "change", "integration", "--old", PASSWORD, "--new", FRESH)
    assert line.client(NIGHTLY)["token_state"] == "retired"
    assert line("client", "login", NIGHTLY, exits=1).stdout == f"blocked  {REFUSED}\n"
    line("client", "set", NIGHTLY, "--password", FRESH)
    refused = line.json("client", "login", NIGHTLY, exits=1)
    assert (refused["light"], refused["told"], refused["token_state"]) == (
        "blocked",
        REFUSED,
        "retired",
    )
    assert line.json("client", "set", NIGHTLY, "--newest-token")["token_state"] == "live"
    assert line.json("client", "login", NIGHTLY)["light"] == "connected"
    assert line("client", "query", NIGHTLY).stdout == "connected  5 records returned\n"


def test_a_query_needs_a_session_and_a_login_gets_one(line: Line) -> None:
    assert line("client", "query", DASHBOARD, exits=1).stdout.startswith(
        "blocked  INVALID_SESSION_ID"
    )
    line("client", "login", DASHBOARD)
    assert line.json("client", "query", DASHBOARD)["told"] == "5 records returned"
    line("user", "end-sessions", "sam")
    assert line.json("client", "query", DASHBOARD, exits=1)["light"] == "blocked"


def test_a_client_with_the_apps_secret_needs_no_password_and_no_token(line: Line) -> None:
    line("password", "change", "integration", "--old", PASSWORD, "--new", FRESH)
    assert line.json("client", "login", BRIDGE)["light"] == "connected"
    assert line.json("client", "query", BRIDGE)["told"] == "5 records returned"


def test_a_client_is_called_by_the_beginning_of_its_name_in_any_case(line: Line) -> None:
    assert line.json("client", "login", "sales DASH")["name"] == DASHBOARD
    assert NIGHTLY in line.said("client", "login", "Ghost", exits=2)
    assert "no API client ''" in line.said("client", "login", "", exits=2), (
        "the beginning of all three is nobody's name"
    )


def test_a_client_that_signs_by_a_key_of_its_own_is_not_called_from_here(line: Line) -> None:
    line("client", "set", NIGHTLY, "--protocol", "jwt_bearer")
    for words in ("login", "query"):
        assert "schedule only" in line.said("client", words, NIGHTLY, exits=1)


def test_a_client_from_outside_is_listed_and_not_commanded(line: Line, org: Org) -> None:
    from freshtoken_model.decision.verdict import Attempt, Door

    org.login(
        Attempt(SAM, SAMS, Door.SOAP, "198.51.100.20", "64.0", visible("their job"), outside=True)
    )
    outside = line.json("client", "list")[-1]
    assert (outside["name"], outside["outside"], outside["light"]) == (
        "their job as sam",
        True,
        "connected",
    )
    for words in (["login"], ["query"]):
        line.said("client", *words, "their job as sam", exits=2)
    line.said("client", "set", "their job as sam", "--password", "x", exits=2)


def test_a_client_is_set_to_everything_it_can_hold(line: Line) -> None:
    row = line.json(
        "client", "set", DASHBOARD, "--user", "nora", "--password", "Marble-Garden-3", "--token", "u" * 24,
        "--from", "home", "--protocol", "soap", "--api-version", "63.0",
    )  # fmt: skip
    assert row == line.client(DASHBOARD) and row["api_version"] == "63.0"
    assert [row[name] for name in ("username", "network", "protocol", "token_state")] == [
        "nora@acme.example", "home", "soap", "unknown",
    ]  # fmt: skip
    result = line("client", "set", DASHBOARD, "--token", "", "--from", "office")
    assert (result.stdout, line.client(DASHBOARD)["token_state"]) == ("", "none")
    assert "nora@acme.example from office, holds token: none" in result.stderr
    assert line.json("client", "login", DASHBOARD)["light"] == "connected", "the office is trusted"


def test_a_clients_password_is_read_from_standard_input(line: Line) -> None:
    line("client", "set", DASHBOARD, "--password-stdin", stdin="wrong\n")
    assert line.json("client", "login", DASHBOARD, exits=1)["light"] == "blocked"
    line("client", "set", DASHBOARD, "--password-stdin", stdin=f"{SAMS}\n")
    assert line.json("client", "login", DASHBOARD)["light"] == "connected"
    assert "--password-stdin needs a line" in line.said(
        "client", "set", DASHBOARD, "--password-stdin", exits=2
    )


def test_the_newest_token_is_that_of_the_user_the_client_is_given(line: Line) -> None:
    line("token", "reset", "sam")
    line("token", "reset", "nora")
    assert line.json("client", "set", DASHBOARD, "--newest-token")["token_state"] == "live"
    row = line.json(
        "client",
        "set",
        DASHBOARD,
        "--user",
        "nora",
        "--newest-token",
        "--password",
        "Marble-Garden-3",
    )
    assert (row["username"], row["token_state"]) == ("nora@acme.example", "live")
    line("client", "set", DASHBOARD, "--from", "cloud")
    assert line.json("client", "login", DASHBOARD)["light"] == "connected"


def test_the_authenticators_code_is_put_in_the_tokens_place(line: Line) -> None:
    line("user", "grant", "integration", "mfa-for-api-logins")
    line("user", "authenticator", "integration")
    assert line.json("client", "login", NIGHTLY, exits=1)["light"] == "blocked"
    assert line.json("client", "set", NIGHTLY, "--code")["token_state"] == "unknown"
    assert line.json("client", "login", NIGHTLY)["light"] == "connected"


@pytest.mark.parametrize(
    ("words", "exits", "said"),
    [
        ((NIGHTLY,), 2, "Nothing to change"),
        (("Ghost", "--password", "x"), 2, "no API client 'Ghost'"),
        ((NIGHTLY, "--password", "x", "--user", "ghost"), 2, "There is no user 'ghost'"),
        ((NIGHTLY, "--password", "x", "--from", "moon"), 2, "no network 'moon'"),
        ((NIGHTLY, "--password", "x", "--protocol", "web_server"), 2, "soap, oauth"),
        ((NIGHTLY, "--password", "x", "--api-version", "latest"), 2, "write it like 64.0"),
        (
            (NIGHTLY, "--password", "x", "--newest-token"),
            1,
            f"No mail to {USER} carries a security token.",
        ),
        ((NIGHTLY, "--password", "x", "--code"), 1, "no authenticator"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_client_that_cannot_be_set_so_is_left_as_it_is(
    line: Line, words: tuple[str, ...], exits: int, said: str
) -> None:
    before = line.held()
    assert said in line.said("client", "set", *words, exits=exits)
    assert line.held() == before


# ---- integration set


def test_a_client_without_a_schedule_is_no_integration_and_is_left_as_it_is(line: Line) -> None:
    before = line.held()
    assert (
        line.said("integration", "set", DASHBOARD, "--password", "x", exits=2)
        == f"{DASHBOARD} has no schedule."
    )
    assert "give it one with an interval" in line.said(
        "integration", "set", DASHBOARD, "--retry", "breaker", exits=1
    )
    assert "Nothing to change" in line.said("integration", "set", NIGHTLY, exits=2)
    assert line.held() == before
    row = line.json("integration", "set", DASHBOARD, "--every", "1h", "--password", SAMS)
    assert (row["name"], row["every_seconds"], row["state"]) == (DASHBOARD, 3600, "running")


@pytest.mark.parametrize(
    ("words", "exits"),
    [
        ((DASHBOARD, "--retry", "breaker"), 1),
        ((NIGHTLY, "--every", "soon"), 2),
        ((NIGHTLY, "--every", "1ms"), 2),
        ((NIGHTLY, "--first", "tomorrow-ish"), 2),
        ((NIGHTLY, "--retry", "nope"), 2),
        ((NIGHTLY, "--session", "nope"), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_schedule_that_is_refused_takes_the_credentials_with_it(
    line: Line, words: tuple[str, ...], exits: int
) -> None:
    before = line.held()
    line("integration", "set", *words, "--password", "changed all the same", exits=exits)
    assert line.held() == before


# ---- setup ranges


def test_a_trusted_range_is_added_felt_and_removed(line: Line) -> None:
    office = {
        "id": 1,
        "start": "198.51.100.0",
        "end": "198.51.100.255",
        "description": "Acme office",
    }
    assert line.json("setup", "ranges") == {
        "trusted_ip_ranges": [office],
        "networks": {"office": True, "home": False, "cloud": False},
    }
    bare = ("login", "integration", "--password", PASSWORD)
    assert line.json(*bare, exits=1)["fault"]["code"] == "LOGIN_MUST_USE_SECURITY_TOKEN"
    added = line.json(
        "setup", "add-range", "203.0.113.0", "203.0.113.9", "--description", "the cloud"
    )
    assert added == {
        "id": 2,
        "start": "203.0.113.0",
        "end": "203.0.113.9",
        "description": "the cloud",
    }
    assert line.json("setup", "ranges")["networks"]["cloud"] is True
    assert line.json(*bare)["accepted"] is True
    table = line("setup", "ranges")
    assert table.stdout.splitlines()[0].split() == ["ID", "START", "END", "DESCRIPTION"]
    assert "the cloud" in table.stdout and table.stderr == "Trusted: office, cloud.\n"
    assert line.json("setup", "remove-range", "2") == {"id": 2, "removed": True}
    assert line.json("setup", "ranges")["trusted_ip_ranges"] == [office]
    assert line.json(*bare, exits=1)["accepted"] is False


def test_ranges_say_so_for_people_too(line: Line) -> None:
    added = line("setup", "add-range", "192.0.2.44", "192.0.2.44")
    assert (added.stdout, added.stderr) == ("", "192.0.2.44 - 192.0.2.44 is trusted.\n")
    assert line("setup", "ranges").stderr == "Trusted: office, home.\n"
    for number in ("1", "2"):
        assert line("setup", "remove-range", number).stdout == ""
    assert line("setup", "ranges").stderr == "Trusted: no network.\n"


@pytest.mark.parametrize(
    ("words", "exits", "said"),
    [
        (("add-range", "203.0.113.9", "203.0.113.1"), 2, "ends before it starts"),
        (("add-range", "300.1.1.1", "300.1.1.2"), 2, "'300.1.1.1' is not an IPv4 address"),
        (("add-range", "203.0.113.1", "::1"), 2, "'::1' is not an IPv4 address"),
        (("add-range", "198.51.100.0", "198.51.100.255"), 1, "trusted already"),
        (("add-range", "203.0.113.1"), 2, "Missing argument"),
        (("remove-range", "99"), 2, "There is no range 99"),
        (("remove-range", "office"), 2, "is not a whole number"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_range_that_cannot_be_is_refused(
    line: Line, words: tuple[str, ...], exits: int, said: str
) -> None:
    before = line.json("setup", "ranges")
    assert said in line.said("setup", *words, exits=exits)
    assert line.json("setup", "ranges") == before


# ---- mailed links


def office(line: Line, password: str, exits: int = 0) -> bool:
    return bool(
        line.json("login", "sam", "--password", password, "--from", "office", exits=exits)[
            "accepted"
        ]
    )


def test_who_forgot_the_password_sets_a_new_one_through_the_mailed_link_once(line: Line) -> None:
    assert line.json("password", "forgot", SAM) == {"username": SAM}
    assert office(line, SAMS), "asking changes nothing"
    changed = line.json("password", "link", "sam", "--new", FRESH)
    assert changed.pop("consequences")[0]["kind"] == "deed"
    assert changed == {
        "username": SAM,
        "token_died": True,
        "token_mailed": True,
        "token_state": "live",
    }
    assert office(line, FRESH) and not office(line, SAMS, exits=1)
    assert "has been used" in line.said(
        "password", "link", "sam", "--new", "Another-One-7", exits=1
    )
    assert office(line, FRESH)


def test_an_unknown_username_gets_the_same_answer_and_no_mail(line: Line) -> None:
    known, *others = [
        line("password", "forgot", name)
        for name in (SAM, "ghost@acme.example", "lee@acme.example", "sam")
    ]
    assert {(other.stdout, other.stderr) for other in others} == {(known.stdout, known.stderr)}
    assert known.stdout == "" and "password link" in known.stderr
    assert line.json("password", "forgot", "ghost@acme.example") == {
        "username": "ghost@acme.example"
    }
    assert [mail["username"] for mail in line.json("mail")] == [SAM], "a username is needed in full"


def test_a_link_is_good_until_the_new_password_is_and_a_day_at_most(line: Line) -> None:
    line("password", "forgot", SAM)
    assert "8 characters or more" in line.said("password", "link", "sam", "--new", "abc", exits=1)
    line("password", "link", "sam", "--password-stdin", stdin=f"{FRESH}\n")
    assert office(line, FRESH)
    line("password", "forgot", SAM)
    line("clock", "advance", "24h1s")
    assert "expired" in line.said("password", "link", "sam", "--new", "Another-One-7", exits=1)
    assert office(line, FRESH)


@pytest.mark.parametrize(
    ("words", "exits", "said"),
    [
        (("nora", "--new", FRESH), 1, "No mail to nora has a link."),
        (("ghost", "--new", FRESH), 2, "There is no user 'ghost'"),
        (("nora",), 2, "--password-stdin"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_without_a_mailed_link_there_is_nothing_to_use(
    line: Line, words: tuple[str, ...], exits: int, said: str
) -> None:
    assert said in line.said("password", "link", *words, exits=exits)


def test_a_reset_with_the_link_only_prints_no_password_and_kills_both(line: Line) -> None:
    shown = line.json("password", "reset", "sam", "--link-only")
    assert (shown["username"], shown["temporary_password"]) == (SAM, None)
    assert not office(line, SAMS, exits=1)
    assert (
        next(u for u in line.json("org", "show")["users"] if u["username"] == SAM)["token_state"]
        == "retired"
    )
    again = line("password", "reset", "sam", "--link-only")
    assert again.stdout == "" and "first login" in again.stderr
    assert line.json("password", "link", "sam", "--new", FRESH)["username"] == SAM
    assert office(line, FRESH)
    assert "inactive" in line.said("password", "reset", "lee", "--link-only", exits=1)

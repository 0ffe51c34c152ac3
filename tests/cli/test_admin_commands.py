"""What an admin does by command line: settings, permissions, authenticators, connected apps."""

from pathlib import Path

import pytest

from ..world import INTEGRATION as USER
from ..world import PASSWORD
from .test_commands import Line

RSA_KEY = """-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu
KUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==
-----END PUBLIC KEY-----
"""


@pytest.fixture
def line(tmp_path: Path) -> Line:
    found = Line(tmp_path / "line.db")
    found("org", "new", str(found.file), "--seed", "line", "--frozen-at", "2026-11-24T14:00")
    return found


def test_a_setting_is_shown_set_and_felt(line: Line) -> None:
    assert line.json("setup", "show")["soap_login"] == "on"
    assert line.json("setup", "set", "soap_login", "off") == {
        "name": "soap_login",
        "value": "off",
        "changed": True,
        "consequences": [
            {
                "kind": "deed",
                "who": "",
                "sentence": "Setting changed: Enable SOAP API login() = off.",
            }
        ],
    }
    assert line.json("setup", "set", "soap_login", "off")["changed"] is False
    refused = line.json("login", USER, "--password", PASSWORD, "--token", line.token(), exits=1)
    assert refused["fault"]["code"] == "INVALID_OPERATION"
    assert "Enable SOAP API login()" in line("setup", "show").stdout


@pytest.mark.parametrize(
    ("words", "exits"), [(("no_such_thing", "on"), 2), (("soap_login", "perhaps"), 2)]
)
def test_a_setting_or_value_that_does_not_exist_is_named(
    line: Line, words: tuple[str, str], exits: int
) -> None:
    result = line("setup", "set", *words, exits=exits)
    assert result.stdout == ""
    assert (
        words[0] in result.stderr and "There are: " in result.stderr
    ) or "on, off" in result.stderr


def test_a_permission_is_taken_and_given_back(line: Line) -> None:
    token = line.token()
    assert line.json("user", "revoke", USER, "api-enabled") == {
        "username": USER, "permission": "api-enabled", "granted": False,
    }  # fmt: skip
    assert (
        line.json("login", USER, "--password", PASSWORD, "--token", token, exits=1)["accepted"]
        is False
    )
    assert "does not have it" in line("user", "revoke", USER, "api-enabled", exits=1).stderr
    line("user", "grant", USER, "api-enabled")
    assert line.json("login", USER, "--password", PASSWORD, "--token", token)["accepted"] is True


def test_an_authenticators_code_takes_the_tokens_place(line: Line) -> None:
    token = line.token()
    assert "no authenticator" in line("user", "code", USER, exits=1).stderr
    line("user", "grant", USER, "mfa-for-api-logins")
    assert line.json("login", USER, "--password", PASSWORD, "--token", token)["accepted"], (
        "not before one is registered"
    )
    assert len(line("user", "authenticator", USER).stdout.strip()) == 32
    code = line("user", "code", USER).stdout.strip()
    assert (
        line.json("login", USER, "--password", PASSWORD, "--token", token, exits=1)["accepted"]
        is False
    )
    assert line.json("login", USER, "--password", PASSWORD, "--token", code)["accepted"] is True
    assert "MFA for API Logins" in line("token", "reset", USER, exits=1).stderr


def test_an_apps_flows_run_as_user_and_key_are_set(line: Line, tmp_path: Path) -> None:
    (app,) = line.json("app", "show")
    assert (app["name"], app["run_as_user"], app["signing_key_registered"]) == (
        "Acme Dashboards",
        USER,
        False,
    )
    assert {"key", "secret", "run_as_user", "flows"} <= set(line.json("org", "show")["apps"][0])
    assert line.json("app", "flows", "acme dashboards", "password")["flows"] == ["password"]
    assert "no flow 'magic'" in line("app", "flows", "Acme Dashboards", "magic", exits=2).stderr
    assert line.json("app", "run-as", "Acme Dashboards", "sam")["run_as_user"] == "sam@acme.example"
    assert line.json("app", "run-as", "Acme Dashboards")["run_as_user"] is None
    key = tmp_path / "key.pem"
    key.write_text(RSA_KEY)
    assert (
        line.json("app", "certificate", "Acme Dashboards", str(key))["signing_key_registered"]
        is True
    )
    key.write_text("no key")
    assert (
        "not a PEM certificate"
        in line("app", "certificate", "Acme Dashboards", str(key), exits=2).stderr
    )
    assert (
        "cannot be read"
        in line("app", "certificate", "Acme Dashboards", str(tmp_path / "none"), exits=2).stderr
    )
    assert "Acme Dashboards" in line("app", "flows", "Nothing", "password", exits=2).stderr
    assert "runs as    nobody" in line("app", "show").stdout


def test_a_profiles_own_password_policy_is_felt_and_counted(line: Line) -> None:
    """Three attempts and 15 characters, where the org allows ten and asks for 8."""
    assert line.json("org", "show")["users"][0]["attempts_left"] == 10
    line("profile", "policy", "Integration", "max_attempts", "3")
    line("profile", "policy", "Integration", "minimum_length", "15")
    refused = line("password", "change", USER, "--old", PASSWORD, "--new", "abcdefg1", exits=1)
    assert "15 characters or more" in refused.stderr
    for left in (2, 1):
        line("login", USER, "--password", "wrong", exits=1)
        assert line.json("org", "show")["users"][0]["attempts_left"] == left
    line("login", USER, "--password", "wrong", exits=1)
    user, *others = line.json("org", "show")["users"]
    assert (user["state"], user["attempts_left"]) == ("locked", 3)
    assert {other["attempts_left"] for other in others} == {10}


def test_outside_login_hours_and_as_an_api_only_user_nobody_changes_a_password(
    line: Line,
) -> None:
    change = ("password", "change", USER, "--old", PASSWORD, "--new", "Fresh-Start-88")
    line("profile", "hours", "Integration", "tue", "18:00", "22:00")
    said = "integration@acme.example is outside the login hours of the profile and cannot log in."
    assert said in line(*change, exits=1).stderr
    assert said in line("token", "reset", USER, exits=1).stderr
    line("profile", "hours", "Integration", "tue", "0:00", "24:00")
    line("user", "grant", USER, "api-only")
    assert "is an API Only User and cannot log in." in line(*change, exits=1).stderr
    assert "API Only User" in line("token", "reset", USER, exits=1).stderr
    line("user", "revoke", USER, "api-only")
    assert line.json(*change)["token_died"] is True
    assert line.json("token", "reset", USER)["username"] == "integration@acme.example"


def test_an_integration_is_added_in_one_step(line: Line) -> None:
    """One step back leaves nothing of it: neither the client nor what it holds."""
    before = [client["name"] for client in line.json("client", "list")]
    line("integration", "add", "Order feed", USER, "--every", "1h", "--password", "x")
    line("org", "back")
    assert [client["name"] for client in line.json("client", "list")] == before


ACCEPTED = [
    "https://n8n.example/rest/oauth2-credential/callback",
    "https://app.example:8443/done?a=b",
    "http://localhost:3000/api/auth/callback/salesforce",
    "http://127.0.0.1:5000/",
    "http://[::1]:5000/",
    "sfdc://success",
    "com.example.app:/oauth/done",
]
NOT_ACCEPTED = {
    "": "empty",
    "app.example/callback": "needs a scheme",
    "/callback": "needs a scheme",
    "https:": "needs a scheme",
    "https:///callback": "names no host",
    "http://app.example/callback": "http:// is for localhost only",
    "http://localhost.example/": "http:// is for localhost only",
    "https://app.example/a b": "blanks",
    "https://app.example/a\nhttps://b.example": "blanks",
    "https://app.example/#there": "no fragment",
    "https://app.example:port/": "its host or port cannot be read",
    "https://app.example/" + "a" * 2_000: "2,000 characters",
}


def test_callback_urls_are_added_listed_and_removed(line: Line) -> None:
    before = line.json("app", "callback", "list", "acme dashboards")
    for url in ACCEPTED:
        assert line.json("app", "callback", "add", "Acme Dashboards", url)["callbacks"][-1] == url
    again = line.json("app", "callback", "add", "Acme Dashboards", ACCEPTED[0])
    assert again["callbacks"] == [*before, *ACCEPTED]
    listed = line("app", "callback", "list", "Acme Dashboards").stdout.splitlines()
    assert listed == [*before, *ACCEPTED]
    for url in (*before, *ACCEPTED):
        said = line("app", "callback", "remove", "Acme Dashboards", url).stderr
        assert said == f"Acme Dashboards no longer sends users back to {url}.\n"
    assert line("app", "callback", "list", "Acme Dashboards").stdout == ""


@pytest.mark.parametrize("url", NOT_ACCEPTED, ids=lambda url: url[:30])
def test_a_url_that_is_no_callback_url_is_refused_and_says_why(line: Line, url: str) -> None:
    before = line.json("app", "callback", "list", "Acme Dashboards")
    assert (
        NOT_ACCEPTED[url] in line("app", "callback", "add", "Acme Dashboards", url, exits=2).stderr
    )
    assert line.json("app", "callback", "list", "Acme Dashboards") == before


def test_a_callback_url_to_remove_is_named_to_the_letter(line: Line) -> None:
    said = line(
        "app", "callback", "remove", "Acme Dashboards", "http://localhost:8000/CALLBACK", exits=2
    ).stderr
    assert "There is no callback URL" in said and "http://localhost:8000/callback" in said


def test_rotation_of_refresh_tokens_is_switched(line: Line) -> None:
    assert line.json("app", "show")[0]["refresh_token_rotation"] is False
    said = line("app", "rotation", "acme dashboards", "ON").stderr
    assert said == "Acme Dashboards has Refresh Token Rotation on.\n"
    assert "rotation   on" in line("app", "show").stdout
    assert line.json("app", "rotation", "Acme Dashboards", "off")["refresh_token_rotation"] is False


def test_ip_relaxation_is_chosen_and_said_in_setups_words(line: Line) -> None:
    assert line.json("app", "show")[0]["ip_relaxation"] == "enforce"
    said = line("app", "ip-relaxation", "acme dashboards", "Relax_Refresh").stderr
    words = "Enforce IP restrictions, but relax for refresh tokens"
    assert said == f"Acme Dashboards has IP Relaxation: {words}.\n"
    assert f"ip ranges  {words}" in line("app", "show").stdout
    assert line.json("app", "ip-relaxation", "Acme Dashboards", "relax")["ip_relaxation"] == "relax"
    assert "relax-refresh" in line("app", "ip-relaxation", "Acme Dashboards", "x", exits=2).stderr

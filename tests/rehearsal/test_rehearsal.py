"""A rehearsal from its first run to the last: what is run, what is learned, what is kept."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from freshtoken_model.decision.credentials import QUICK
from freshtoken_model.files.adoption import AdoptedCredentials
from freshtoken_model.history.event_log import EventLog
from freshtoken_model.org import Org
from freshtoken_rehearsal.learning import looks_made_up
from freshtoken_rehearsal.process import CommandError
from freshtoken_rehearsal.rehearsal import BypassedError, Rehearsed, Result
from freshtoken_rehearsal.rules import VerdictKind
from freshtoken_rehearsal.scenarios import After, Trigger, chosen

from .conftest import Rehearse, Watched
from .small_clients import RIGHT, command

OWN = AdoptedCredentials(
    "nightly@acme.example", "Quiet-Harbour-9", "aB3" * 8, "key-of-the-client", "secret-of-it"
)
"""What a client with its own configuration holds."""
CONFIGURED = f"""
USER, PASSWORD, TOKEN = {OWN.username!r}, {OWN.password!r}, {OWN.token!r}
KEYS = {{"client_id": {OWN.client_id!r}, "client_secret": {OWN.client_secret!r}}}
"""
OAUTH = """
try:
    session = token(**FORM)["access_token"]
    query(session)
    query(session)
except HTTPError as error:
    told(error)
    sys.exit(1)
"""


def of(found: Rehearsed, name: str) -> Result:
    return next(one for one in found.results if one.scenario.id == name)


def kinds(found: Rehearsed) -> dict[str, VerdictKind]:
    return {one.scenario.id: one.verdict.kind for one in found.results}


def learns(rehearsed: Rehearse, code: str, *only: str, **more: object) -> Rehearsed:
    return rehearsed(command(CONFIGURED + code), *only, knows=None, variables={}, **more)


def test_a_right_client_passes_everything_that_applies(rehearsed: Rehearse) -> None:
    found = rehearsed(command(RIGHT), *PASSWORD_SCENARIOS, parallel=2)
    worse = {name: kind for name, kind in kinds(found).items() if kind is not VerdictKind.PASS}
    assert worse == {"left-trusted-range": VerdictKind.NOT_APPLICABLE}


PASSWORD_SCENARIOS = (
    "password-changed", "token-stale", "token-missing", "left-trusted-range", "password-expired",
    "user-locked", "unlocked-in-run", "user-inactive", "user-frozen", "api-enabled-removed",
    "outside-login-ranges", "login-rate-exceeded", "request-limit-exceeded", "soap-login-off",
    "api-version-65", "any-api-auth", "summer-27",
)  # fmt: skip


def test_a_command_that_calls_nobody_here_stops_everything(rehearsed: Rehearse) -> None:
    watched = Watched()
    with pytest.raises(BypassedError, match=r"exited with 3.*HTTPS_PROXY"):
        rehearsed((sys.executable, "-c", "raise SystemExit(3)"), "token-stale", watched=watched)
    assert watched.began_ == ["healthy"]


def test_hosts_that_the_proxy_refused_are_named(rehearsed: Rehearse) -> None:
    code = 'try: urlopen("https://example.com/")\nexcept OSError: pass\n'
    with pytest.raises(BypassedError, match=r"The proxy refused: example\.com:443"):
        rehearsed(command(code))
    assert "example.com:443" in rehearsed(command(code + RIGHT)).notes[0]


def test_when_the_healthy_run_does_not_work_nothing_else_is_run(rehearsed: Rehearse) -> None:
    found = rehearsed(command('PASSWORD = "Wrong-Harbour-1"\n' + RIGHT), "token-stale")
    assert kinds(found) == {"healthy": VerdictKind.FAIL, "token-stale": VerdictKind.NOT_APPLICABLE}
    assert of(found, "token-stale").verdict.sentence == "The healthy run did not work."


def test_a_command_that_is_not_there_is_an_error_not_a_verdict(rehearsed: Rehearse) -> None:
    with pytest.raises(CommandError):
        rehearsed(("no-such-program-of-this-machine",))


def test_steps_in_the_middle_are_done_before_the_client_reads_the_answer(
    rehearsed: Rehearse,
) -> None:
    at_once = (
        "session = login()\nquery(session)\n"
        + "try: query(session)\nexcept HTTPError as error: print(error.code)\n"
    )
    for _ in range(3):
        result = of(rehearsed(command(at_once), "session-ended"), "session-ended")
        assert result.evidence is not None
        assert [e.fault for e in result.evidence.exchanges] == ["", "", "INVALID_SESSION_ID"]


@pytest.mark.parametrize(
    ("after", "count", "codes"),
    [
        (After.LOGIN, 1, [401, 401, 401]),
        (After.DATA_CALL, 2, [200, 200, 401]),
        (After.REFUSED_LOGIN, 1, [200, 200, 200]),
    ],
)
def test_steps_wait_for_what_the_client_does_the_so_manieth_time(
    after: After, count: int, codes: list[int], rehearsed: Rehearse
) -> None:
    ends = Trigger(after, count, ("user end-sessions {user}",))
    own = replace(chosen(("token-stale",))[1], setup=(), during=(ends,), id="own")
    keeps_on = """
session = login()
for _ in range(3):
    try: query(session)
    except HTTPError: pass
"""
    found = rehearsed(command(keeps_on), scenarios=(chosen(())[0], own))
    evidence = of(found, "own").evidence
    assert evidence is not None
    assert [e.status for e in evidence.exchanges] == [200, *codes]


def test_scenarios_that_run_at_a_time_come_to_the_same(rehearsed: Rehearse, tmp_path: Path) -> None:
    names = ("token-stale", "user-locked", "session-ended", "summer-27", "2027")
    one = rehearsed(command(RIGHT), *names, folder=tmp_path / "one")
    four = rehearsed(command(RIGHT), *names, parallel=4, folder=tmp_path / "four")
    assert [(r.scenario.id, r.verdict) for r in one.results] == [
        (r.scenario.id, r.verdict) for r in four.results
    ]


def test_progress_is_told_as_it_goes(rehearsed: Rehearse) -> None:
    watched = Watched()
    rehearsed(command(RIGHT), "password-changed", "2027", watched=watched)
    assert watched.began_ == ["healthy", "password-changed"]
    assert watched.ended_ == ["healthy", "password-changed", "2027-02-20"]
    assert watched.logins == {"healthy": (1, 0), "password-changed": (1, 1)}


def test_the_command_is_told_its_scenario_and_what_is_given(
    rehearsed: Rehearse, tmp_path: Path
) -> None:
    code = 'print(SCENARIO, os.environ["FRESHTOKEN_USER"], os.environ["HTTPS_PROXY"])\n'
    rehearsed(command(code + RIGHT), "token-stale")
    said = (tmp_path / "out" / "token-stale" / "stdout.txt").read_text()
    assert re.fullmatch(r"token-stale integration@acme.example http://127.0.0.1:\d+\n", said)


def test_each_orgs_file_is_kept_with_what_happened_in_it(
    rehearsed: Rehearse, tmp_path: Path
) -> None:
    rehearsed(command(RIGHT), "token-stale")
    kept = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.db"))
    assert kept == [Path("healthy/org.db"), Path("token-stale/org.db")]
    with Org(tmp_path / "out" / kept[1], QUICK) as org:
        attempts = [
            row.kind for row in EventLog(org.database).events() if row.kind.startswith("login_")
        ]
        assert attempts[-1] == "login_refused"


def test_a_service_is_not_judged_by_its_end(rehearsed: Rehearse) -> None:
    serves = command(RIGHT.replace("sys.exit(1)", "pass") + "time.sleep(60)")
    found = rehearsed(serves, "token-stale", limit=4.0)
    assert kinds(found) == {"healthy": VerdictKind.PASS, "token-stale": VerdictKind.PASS}
    assert found.notes == (
        "The healthy run had not ended after 4.0 s: the client is taken for a service.",
    )


# ---- Learning


def test_what_the_client_holds_is_learned_and_goes_stale(
    rehearsed: Rehearse, tmp_path: Path
) -> None:
    watched = Watched()
    found = learns(
        rehearsed, RIGHT, "token-stale", "token-missing", "session-ended", watched=watched
    )
    assert kinds(found)["healthy"] is kinds(found)["token-stale"] is VerdictKind.PASS
    stale, missing = of(found, "token-stale").evidence, of(found, "token-missing").evidence
    assert stale is not None and [e.fault for e in stale.exchanges] == ["INVALID_LOGIN"]
    assert missing is not None and missing.logins[0].fault == "LOGIN_MUST_USE_SECURITY_TOKEN"
    assert watched.usernames == [OWN.username]


def test_what_was_learned_is_in_no_file_that_is_kept(rehearsed: Rehearse, tmp_path: Path) -> None:
    code = "print(PASSWORD, PASSWORD + TOKEN, KEYS, flush=True)\n" + RIGHT
    learns(rehearsed, code, "token-stale")
    held = [value.encode() for value in (OWN.password, OWN.token)]
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) >= 4
    for path in files:
        assert not any(secret in path.read_bytes() for secret in held), path


def test_a_client_without_a_token_is_learned_to_call_from_a_trusted_range(
    rehearsed: Rehearse,
) -> None:
    found = learns(
        rehearsed, 'TOKEN = ""\n' + RIGHT, "left-trusted", "token-stale", "password-changed"
    )
    assert kinds(found) == {
        "healthy": VerdictKind.PASS,
        "password-changed": VerdictKind.PASS,
        "token-stale": VerdictKind.NOT_APPLICABLE,
        "left-trusted-range": VerdictKind.PASS,
    }
    left = of(found, "left-trusted-range").evidence
    assert left is not None and left.logins[0].fault == "LOGIN_MUST_USE_SECURITY_TOKEN"


@pytest.mark.parametrize(
    ("form", "applies"),
    [
        ("dict(grant_type='password', username=USER, password=PASSWORD + TOKEN)", "2027-02-20"),
        ("dict(grant_type='client_credentials')", "client-credentials-host"),
        (
            "dict(grant_type='refresh_token', refresh_token='a-refresh-token-of-its-own')",
            "user-frozen",
        ),
    ],
)
def test_key_secret_and_refresh_token_are_learned_too(
    form: str, applies: str, rehearsed: Rehearse
) -> None:
    found = learns(rehearsed, f"FORM = {form}\n{OAUTH}", applies)
    assert kinds(found) == {"healthy": VerdictKind.PASS, applies: VerdictKind.PASS}, found
    refused = of(found, applies).evidence
    assert refused is not None and refused.logins[0].fault


def test_logins_at_the_same_moment_are_all_let_in_by_what_is_learned(rehearsed: Rehearse) -> None:
    at_once = """
from threading import Thread
threads = [Thread(target=lambda: query(login())) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    found = of(learns(rehearsed, at_once), "healthy")
    assert (found.verdict.kind, found.verdict.sentence) == (
        VerdictKind.PASS,
        "8 logins, 8 data calls, exits with 0.",
    )


def test_a_second_username_is_told_and_not_learned(rehearsed: Rehearse) -> None:
    code = RIGHT + 'USER = "another@acme.example"\ntry: login()\nexcept HTTPError: pass\n'
    found = learns(rehearsed, code)
    assert found.notes == ("1 login came with another username; only the first one was learned.",)


def test_a_signed_jwt_cannot_be_learned_and_that_is_told(rehearsed: Rehearse) -> None:
    code = """
grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
try: token(grant_type=grant, assertion="a.b.c")
except HTTPError as error: told(error)
"""
    found = learns(rehearsed, code)
    assert kinds(found) == {"healthy": VerdictKind.FAIL}
    assert "A signed JWT tells nothing of its key" in found.notes[0]


def test_a_secret_on_the_command_line_is_not_in_the_report(
    rehearsed: Rehearse, held: AdoptedCredentials
) -> None:
    words = command('TOKEN = os.environ["FRESHTOKEN_TOKEN"]\n' + RIGHT)
    found = rehearsed((*words, "--password", held.password))
    assert held.password not in found.command
    assert (
        found.command.endswith("--password '[the password was here]'")
        or "was here" in found.command
    )


@pytest.mark.parametrize("learning", [False, True])
def test_a_client_of_a_sandbox_gets_a_sandbox(
    learning: bool, rehearsed: Rehearse, tmp_path: Path
) -> None:
    """It logs in at test.salesforce.com, where production orgs are unknown."""
    at_test = """
def post(path, body, kind):
    request = Request(URL + path, body.encode(), {"Content-Type": kind, "Host": "test.salesforce.com"})
    return urlopen(request).read().decode()
"""
    found = (
        learns(rehearsed, at_test + RIGHT, "token-stale")
        if learning
        else rehearsed(command(at_test + RIGHT), "token-stale")
    )
    assert kinds(found) == {"healthy": VerdictKind.PASS, "token-stale": VerdictKind.PASS}
    for name in ("healthy", "token-stale"):
        with Org(tmp_path / "out" / name / "org.db", QUICK) as org:
            assert org.info().sandbox


@pytest.mark.parametrize(
    ("username", "made_up"),
    [
        ("integration@acme.example", True),
        ("me@example.com", True),
        ("robot@sandbox.acme.com", True),
        ("robot@unit.test", True),
        ("robot@localhost", True),
        ("nightly@bigcorp.com", False),
        ("nightly@bigcorp.com.test", False),
        ("contest@bigcorp.com", False),
        ("acme@bigcorp.com", False),
        ("example.com", False),
        ("", False),
    ],
)
def test_a_username_looks_made_up_by_its_domain(username: str, made_up: bool) -> None:
    assert looks_made_up(username) is made_up

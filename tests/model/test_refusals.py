"""Every gate at every door: its fault, its row in Login History, whether it counts, and the trace
it leaves.
"""

from collections.abc import Callable

import pytest

from freshtoken_model.decision import words
from freshtoken_model.decision.gates import GATES
from freshtoken_model.decision.verdict import Door, Outcome
from freshtoken_model.login import login
from freshtoken_model.org import Org

from ..world import INTEGRATION, LEE, LOADER, LOADERS, PASSWORD, START
from .org_states import (
    GHOST,
    LEES,
    close_for_the_day,
    freeze,
    lock,
    nothing,
    prevent_the_login_host,
    require_any_api_auth,
    require_codes,
    reset_the_token,
    switch_password_flow_off,
    switch_soap_login_off,
    take_api_enabled,
    use_up_the_rate_limit,
)

API, WITH_PASSWORD = ("soap", "oauth"), ("soap", "oauth", "ui")
WITHOUT = ("client_credentials", "jwt_bearer", "web_server")
EVERY = WITH_PASSWORD + WITHOUT
RIGHT, WRONG = "{password}{token}", "wrong"
CANNOT_REFUSE = "no_password"
"""This gate says that neither password nor token is asked for here, and lets everybody pass."""
REFUSALS = [
    # gate, doors, what was done before, username, sent, network, version, fault, status, counts
    ("api_version", ("soap",), nothing, INTEGRATION, RIGHT, "cloud", "30.0", "unsupported_version",
     "Failed: API Version Removed.", False),
    ("api_version", ("soap",), nothing, INTEGRATION, RIGHT, "cloud", "65.0", "login_not_in_version", "Login invalid", False),
    ("user_known", WITH_PASSWORD, nothing, GHOST, RIGHT, "cloud", "64.0", "invalid_login", None, False),
    ("user_known", WITHOUT, nothing, GHOST, "", "cloud", "", "not_approved", None, False),
    ("soap_login_enabled", ("soap",), switch_soap_login_off, INTEGRATION, RIGHT, "cloud", "64.0", "soap_login_disabled",
     "Login invalid", False),
    ("oauth_password_flow", ("oauth",), switch_password_flow_off, INTEGRATION, RIGHT, "cloud", "", "invalid_login",
     "Username-Password Flow Disabled", False),
    ("login_host", WITH_PASSWORD, prevent_the_login_host, INTEGRATION, RIGHT, "office", "64.0", "invalid_login",
     "Restricted Domain", False),
    ("rate_limit", EVERY, use_up_the_rate_limit, INTEGRATION, RIGHT, "cloud", "64.0", "rate_limited",
     "Login Rate Exceeded", False),
    ("active", WITH_PASSWORD, nothing, LEE, LEES, "office", "64.0", "invalid_login", "User is Inactive", False),
    ("active", WITHOUT, nothing, LEE, "", "office", "", "inactive_user", "User is Inactive", False),
    ("not_frozen", WITH_PASSWORD, freeze, INTEGRATION, RIGHT, "cloud", "64.0", "invalid_login", "User is Frozen", False),
    ("not_frozen", WITHOUT, freeze, INTEGRATION, "", "cloud", "", "inactive_user", "User is Frozen", False),
    ("not_locked", WITH_PASSWORD, lock, INTEGRATION, RIGHT, "cloud", "64.0", "invalid_login", "Password Lockout", False),
    ("login_hours", EVERY, close_for_the_day, INTEGRATION, RIGHT, "cloud", "64.0", "restricted_time",
     "Restricted Time", False),
    ("login_ip_ranges", EVERY, nothing, LOADER, LOADERS, "office", "64.0", "restricted_domain", "Restricted IP", False),
    ("password", WITH_PASSWORD, nothing, INTEGRATION, WRONG, "cloud", "64.0", "invalid_login", "Invalid Password", True),
    ("password", ("ui",), nothing, INTEGRATION, RIGHT, "cloud", "64.0", "invalid_login", "Invalid Password", True),
    ("token", API, nothing, INTEGRATION, "{password}", "cloud", "64.0", "must_use_token",
     "Failed: API security token required", True),
    ("token", API, nothing, INTEGRATION, "{password}" + "x" * 24, "cloud", "64.0", "invalid_login",
     "Invalid Password", True),
    ("token", API, reset_the_token, INTEGRATION, RIGHT, "cloud", "64.0", "invalid_login", "Invalid Password", True),
    ("token", API, require_codes, INTEGRATION, "{password}", "cloud", "64.0", "invalid_login",
     "Multi-factor required", True),
    ("token", API, require_codes, INTEGRATION, "{password}", "office", "64.0", "invalid_login",
     "Multi-factor required", True),
    ("token", API, require_codes, INTEGRATION, "{password}000000", "cloud", "64.0", "invalid_login",
     "Invalid Password", True),
    ("token", API, require_codes, INTEGRATION, RIGHT, "cloud", "64.0", "invalid_login", "Invalid Password", True),
    ("api_enabled", API + WITHOUT, take_api_enabled, INTEGRATION, RIGHT, "cloud", "64.0", "api_disabled",
     "Login invalid", False),
    ("any_api_auth", ("soap",), require_any_api_auth, INTEGRATION, RIGHT, "cloud", "64.0", "any_api_auth",
     "Login invalid", False),
    ("interface_open", ("ui",), nothing, LOADER, LOADERS, "cloud", "64.0", "api_only_user", "Failed: "
        "API-only user", False),
]  # fmt: skip
CASES = [(door, *case) for case in REFUSALS for door in case[1]]


@pytest.fixture(autouse=True)
def no_code_by_wall_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A code is good by wall time as well: with a clock that stands still, 000000 is wrong today
    and every day.
    """
    monkeypatch.setattr(login, "wall_clock", lambda: START)


def named(case: tuple) -> str:
    return f"{case[0]}-{case[1]}-{case[8]}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_every_gate_refuses_with_its_fault_its_status_and_its_count(
    org: Org, token: str, log_in: Callable, case: tuple
) -> None:
    door, gate, _, prepare, username, sent, network, version, fault, status, counts = case
    prepare(org)
    rows = len(org.history.logins())
    result = log_in(username, sent.format(password=PASSWORD, token=token), door, network, version)
    verdict = result.verdict
    assert not verdict.accepted and result.session_id is None
    assert (verdict.fault, verdict.counts) == (fault, counts)
    refusing = words.refusing(verdict.steps)
    assert refusing is not None and refusing.gate == gate
    if status is None:
        assert len(org.history.logins()) == rows
    else:
        assert (
            org.history.logins()[0].status.startswith(status)
            and len(org.history.logins()) == rows + 1
        )
        assert org.users.get(username).failed_attempts == int(counts)
    event = org.history.events(result.event_id - 1)[0]
    assert (event.kind, event.detail) == ("login_refused", fault)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_the_trace_names_what_passed_what_refused_and_what_was_not_reached(
    org: Org, token: str, log_in: Callable, case: tuple
) -> None:
    door, gate, _, prepare, username, sent, network, version, *_ = case
    prepare(org)
    result = log_in(username, sent.format(password=PASSWORD, token=token), door, network, version)
    of_this_door = [g.name for g in GATES if Door(door) in g.doors]
    assert [step.gate for step in result.verdict.steps] == of_this_door
    place = of_this_door.index(gate)
    outcomes = [step.outcome for step in result.verdict.steps]
    after = len(of_this_door) - place - 1
    assert outcomes == [Outcome.PASSED] * place + [Outcome.REFUSED] + [Outcome.NOT_REACHED] * after
    kept = org.history.attempt(result.event_id)
    assert kept is not None and kept.steps == result.verdict.steps and not kept.accepted
    assert words.detail(result.verdict.steps[place], result.at, "Europe/London"), (
        "a refusal without words"
    )


def test_the_table_of_refusals_leaves_no_gate_out() -> None:
    can_refuse = {
        (gate.name, door.value)
        for gate in GATES
        for door in gate.doors
        if gate.name != CANNOT_REFUSE
    }
    assert can_refuse == {(case[1], case[0]) for case in CASES}


@pytest.mark.parametrize("door", WITHOUT)
def test_without_a_password_the_trace_says_so_and_lets_pass(
    org: Org, log_in: Callable, door: str
) -> None:
    lock(org)
    org.passwords.reset(INTEGRATION)
    result = log_in(INTEGRATION, "", door, version="")
    assert (
        result.verdict.accepted
        and result.session_id is not None
        and not result.verdict.password_expired
    )
    (step,) = [step for step in result.verdict.steps if step.gate == CANNOT_REFUSE]
    assert words.detail(step, result.at, "Europe/London") == "this flow presents neither"
    row = org.history.logins()[0]
    assert (row.status, row.login_type, row.api_type) == ("Success", "Remote Access 2.0", "N/A")


@pytest.mark.parametrize(
    ("door", "gates"),
    [
        ("ui", ["user_known", "login_host", "rate_limit", "active", "not_frozen", "not_locked", "login_hours", "login_ip_ranges",
                "password", "interface_open"]),
        ("oauth", ["user_known", "oauth_password_flow", "login_host", "rate_limit", "active", "not_frozen", "not_locked", "login_hours",
                   "login_ip_ranges", "password", "token", "api_enabled"]),
        ("jwt_bearer", ["user_known", "rate_limit", "active", "not_frozen", "login_hours", "login_ip_ranges", "no_password",
                        "api_enabled"]),
    ],
)  # fmt: skip
def test_the_gates_of_a_door(door: str, gates: list[str]) -> None:
    assert [gate.name for gate in GATES if Door(door) in gate.doors] == gates


def test_switching_a_door_off_leaves_the_other_doors_open(
    org: Org, token: str, log_in: Callable
) -> None:
    switch_password_flow_off(org)
    assert log_in(INTEGRATION, PASSWORD + token, "oauth").verdict.fault == "invalid_login"
    for door in ("soap", "ui", *WITHOUT):
        assert log_in(
            INTEGRATION, PASSWORD if door == "ui" else PASSWORD + token, door
        ).verdict.accepted, door
    assert org.users.get(INTEGRATION).failed_attempts == 0


def test_use_any_api_auth_is_asked_for_by_soap_login_alone_and_only_when_required(
    org: Org, token: str, log_in: Callable, why: Callable
) -> None:
    org.users.permit(INTEGRATION, "use-any-api-auth", False)
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted, "not required in this org"
    org.setup.choose("any_api_auth", "on")
    assert why(log_in(INTEGRATION, PASSWORD + token)) == "the user lacks the permission"
    assert log_in(INTEGRATION, PASSWORD + token, "oauth").verdict.accepted
    assert log_in(INTEGRATION, "wrong" + token).verdict.fault == "invalid_login", (
        "asked for behind the password"
    )
    org.users.permit(INTEGRATION, "use-any-api-auth", True)
    assert log_in(INTEGRATION, PASSWORD + token).verdict.accepted

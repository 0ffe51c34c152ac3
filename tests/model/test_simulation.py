"""Moving the clock leaves what the slow way leaves, try by try; each behaviour is what it says it
is.
"""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.login.clients import attempt_of
from freshtoken_model.org import Org
from freshtoken_model.simulation import advance
from freshtoken_model.values.clock import DAY, HOUR, MINUTE, SECOND

from ..world import FRESH, PASSWORD, START
from . import model_simulation
from .gen_orgs import BEGINNINGS, Program, acts, begun, does, programs

moves = st.lists(
    st.tuples(acts, st.sampled_from([0, 1, 5 * MINUTE, 31 * MINUTE, HOUR])), min_size=1, max_size=3
)


def program(
    retry: str = "none", holds: str = "wrong", user: str = "integration", **other: Any
) -> Program:
    """An integration of a user from the cloud by SOAP, every hour from 10 minutes after the
    beginning.
    """
    plan: dict[str, Any] = {
        "protocol": "soap",
        "habit": "every_run",
        "network": "cloud",
        "every": HOUR,
        "first": 10 * MINUTE,
    }
    return Program(user=user, retry=retry, holds=holds, **{**plan, **other})


often: dict[str, Any] = {"holds": "right", "every": 45 * SECOND, "first": SECOND}
NEWEST = ["the user resets the token", "the clients get the newest token"]


@settings(max_examples=12, suppress_health_check=list(HealthCheck), database=None, deadline=None)
@given(
    beginning=st.sampled_from(list(BEGINNINGS)),
    before=acts,
    joining=st.lists(programs, min_size=1, max_size=4),
    moves=moves,
    batch=st.sampled_from([1, 3, 1_000]),
)
@example("today", ["rate limit nearly reached"], [program(**often)], [([], HOUR), ([], HOUR)], 3)
@example("today", [], [program(**often)], [(NEWEST, 5 * MINUTE), (NEWEST[:1], 31 * MINUTE)], 1_000)
@example(
    "today",
    ["session_timeout = 15"],
    [program(habit="keep", **often | {"every": 7 * MINUTE})],
    [([], HOUR)],
    3,
)
@example(
    "today",
    ["session_timeout = 15"],
    [
        program(protocol="oauth", habit="keep", holds="right", every=7 * MINUTE),
        program(protocol="oauth", holds="right", every=5 * MINUTE, first=SECOND),
        program(habit="keep", holds="right", every=5 * MINUTE, first=SECOND),
    ],
    [(["another program logs in"], HOUR), (["another program logs in and out"], HOUR)],
    3,
)
@example(
    "today",
    [],
    [
        program(protocol="oauth", holds="right", every=5 * MINUTE, first=SECOND),
        program(protocol="oauth", holds="right", every=HOUR, first=SECOND),
    ],
    [([], MINUTE), (["end sessions"], 10 * MINUTE)],
    1_000,
)
@example("before the password flow is retired", ["release_calendar = on", "password_expires = 365"],
         [program(protocol="oauth", **often), program(**often)], [([], HOUR)], 1)  # fmt: skip
def test_moving_the_clock_leaves_what_the_slow_way_leaves(
    org_file: Path,
    beginning: str,
    before: list[str],
    joining: list[Program],
    moves: list[tuple[list[str], int]],
    batch: int,
) -> None:
    with (
        begun(org_file, beginning, before, joining) as (org, slow),
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr(advance, "BATCH", batch)
        for acts, forward in moves:
            for act in acts:
                assert does(org, act) == does(slow.org, act)
            org.clock.advance(forward)
            slow.advance(forward)
            left, expected = (
                model_simulation.happened(org.database),
                model_simulation.happened(slow.org.database),
            )
            for what, rows in expected.items():
                assert left[what] == rows, what
            assert model_simulation.tally(org.database) == model_simulation.recount(org.database)


# ---- each behaviour by itself


def told(org: Org, *wanted: str) -> list[tuple[int, str]]:
    """Seconds since the beginning, and kinds, of the events of these kinds."""
    return [
        ((event.at - START) // 1_000, event.kind)
        for event in org.history.events(limit=-1)
        if event.kind in wanted
    ]


def tries(org: Org, name: str = "P0") -> list[int]:
    """Seconds since the beginning of a client's tries, refused or not."""
    kinds = ("login_accepted", "login_refused", "run_refused")
    client = org.clients.named(name).id
    events = org.history.events(limit=-1)
    return [
        (event.at - START) // 1_000
        for event in events
        if event.client_id == client and event.kind in kinds
    ]


@pytest.mark.parametrize(
    ("retry", "protocol", "seconds"),
    [
        ("none", "soap", [600, 4200]),
        ("four", "soap", [600, 602, 604, 606, 4200, 4202, 4204, 4206]),
        ("four", "oauth", [600, 4200]),
        ("loop", "soap", [600, 4200]),
        ("fixed", "soap", [600 + 60 * n for n in range(75)]),
        ("breaker", "soap", [600]),
    ],
)
def test_a_refused_client_tries_again_as_its_behaviour_says(
    org: Org, retry: str, protocol: str, seconds: list[int]
) -> None:
    program(retry, protocol=protocol).join(org, 0, START)
    org.clock.advance(85 * MINUTE - 1)
    assert tries(org) == seconds


def test_backing_off_doubles_with_jitter_up_to_an_hour_and_begins_anew_with_the_next_run(
    org: Org,
) -> None:
    program("backoff", every=12 * HOUR).join(org, 0, START)
    org.clock.advance(24 * HOUR)
    begun = tries(org)
    runs = [[s for s in begun if low <= s < low + 12 * 3_600] for low in (600, 600 + 12 * 3_600)]
    for run in runs:
        gaps = [after - before for before, after in pairwise(run)]
        assert run[0] in (600, 600 + 12 * 3_600) and len(run) > 15
        assert all(1 <= gap <= 2 + min(3_600, 2 ** (n + 1)) for n, gap in enumerate(gaps))
        assert max(gaps) > 600
    assert runs[0] != [s - 12 * 3_600 for s in runs[1]][: len(runs[0])], "the jitter is another one"


def test_a_loop_is_one_only_while_it_is_let_in_with_an_expired_password(org: Org) -> None:
    org.admin.expire_all_passwords()
    program("loop", holds="right", habit="keep").join(org, 0, START)
    org.clock.advance(11 * MINUTE)
    assert tries(org) == list(range(600, 661, 10))
    org.passwords.change("integration", PASSWORD, FRESH)
    org.clock.advance(10 * MINUTE)
    assert tries(org)[7:] == [], "its session of before works again, and it has no reason to log in"
    assert told(org, "run_worked") == [(670, "run_worked")]


def test_a_session_of_an_expired_password_lives_on_by_use_as_at_the_door(org: Org) -> None:
    org.admin.expire_all_passwords()
    program(holds="right", habit="keep", every=30 * MINUTE).join(org, 0, START)
    org.clock.advance(10 * MINUTE)
    org.setup.choose("soap_login", "off")
    org.clock.advance(115 * MINUTE)
    org.passwords.change("integration", PASSWORD, FRESH)
    org.clock.advance(5 * MINUTE)
    assert told(org, "run_worked") == [(7800, "run_worked")], (
        "it was used after an hour and is not two hours old"
    )


def test_a_client_that_keeps_its_session_logs_in_only_when_the_session_has_ended(org: Org) -> None:
    org.setup.choose("session_timeout", "15")
    program(holds="right", habit="keep", every=10 * MINUTE).join(org, 0, START)
    org.integrations.change("P0", every=20 * MINUTE, first=START + 70 * MINUTE)
    org.clock.advance(60 * MINUTE)
    assert tries(org) == [], "not before its first run"
    org.integrations.change("P0", every=10 * MINUTE, first=START + 70 * MINUTE)
    org.clock.advance(60 * MINUTE)
    assert tries(org) == [4200] and [at for at, _ in told(org, "run_worked")] == [
        4800,
        5400,
        6000,
        6600,
        7200,
    ]
    org.admin.end_sessions("integration")
    org.clock.advance(20 * MINUTE)
    assert tries(org) == [4200, 7800] and told(org, "run_worked")[5:] == [(8400, "run_worked")]
    org.integrations.change("P0", every=15 * MINUTE, first=START + 150 * MINUTE)
    org.clock.advance(40 * MINUTE)
    assert told(org, "run_worked")[6:] == [(9000, "run_worked")]
    assert tries(org) == [4200, 7800, 9900, 10800], (
        "after 15 minutes without use nothing is left to keep"
    )


def test_a_breaker_stops_at_the_first_refusal_and_runs_again_when_it_is_started(org: Org) -> None:
    program("breaker", every=5 * MINUTE).join(org, 0, START)
    org.clock.advance(HOUR)
    assert tries(org) == [600] and told(org, "integration_stopped") == [
        (600, "integration_stopped")
    ]
    assert org.integrations.get("P0").stopped and org.integrations.get("P0").next_due is None
    org.clients.hold(org.clients.named("P0").id, password=PASSWORD, token=org.clients.get(1).token)
    org.integrations.pause("P0", False)
    org.clock.advance(10 * MINUTE)
    assert tries(org) == [600, 3900, 4200] and not org.integrations.get("P0").stopped


def test_a_kept_session_works_no_longer_outside_the_login_ip_ranges_where_every_request_is_looked_at(
    org: Org,
) -> None:
    program(holds="right", habit="keep", every=10 * MINUTE).join(org, 0, START)
    org.setup.choose("enforce_ip_ranges", "on")
    org.clock.advance(20 * MINUTE)
    assert tries(org) == [600] and told(org, "run_worked") == [(1200, "run_worked")]
    org.admin.add_login_range("Integration", "198.51.100.0", "198.51.100.255")
    client = org.clients.named("P0")
    assert org.sessions.check(client.session, client.address).fault == "invalid_session"
    org.clock.advance(10 * MINUTE)
    assert (
        tries(org) == [600, 1800] and org.history.logins("integration")[0].status == "Restricted IP"
    )


@pytest.mark.parametrize("counts", ["yes", "no"])
def test_a_breaker_stops_on_a_missing_token_whether_or_not_the_org_counts_that(
    org: Org, counts: str
) -> None:
    org.setup.choose("missing_token_counts", counts)
    program("breaker", holds="missing", every=10 * MINUTE).join(org, 0, START)
    org.clock.advance(30 * MINUTE)
    assert tries(org) == [600] and org.integrations.get("P0").stopped


def test_a_breaker_stops_on_a_wrong_credential_and_not_at_the_end_of_login_hours(org: Org) -> None:
    org.admin.set_login_hours("Integration", "tue", "0:00", "14:15")
    program("breaker", holds="right", every=10 * MINUTE).join(org, 0, START)
    org.clock.advance(30 * MINUTE)
    assert tries(org) == [600, 1200, 1800]
    assert told(org, "integration_stopped") == [] and not org.integrations.get("P0").stopped


def test_what_is_due_happens_at_its_own_moment_and_in_order(org: Org) -> None:
    program("fixed", every=2 * HOUR).join(org, 0, START)
    org.clock.advance(HOUR)
    first, second = 600 + 9 * 60, 600 + 9 * 60 + 900 + 9 * 60
    assert told(org, "locked_out", "lock_ended") == [
        *(
            (first, "locked_out"),
            (first + 900, "lock_ended"),
            (second, "locked_out"),
            (second + 900, "lock_ended"),
        )
    ]
    refusals = [event for event in org.history.events(limit=-1) if event.kind == "login_refused"]
    locked = [
        (event.at - START) // 1_000 for event in refusals if "locked_until" in (event.trace or "")
    ]
    assert locked == [lock + 60 * n for lock in (first, second) for n in range(1, 15)]
    ids = [(event.at, event.id) for event in org.history.events(limit=-1)]
    assert ids == sorted(ids)


@pytest.mark.parametrize(("first", "status"), [(HOUR - 1, "rate_exceeded"), (HOUR, "success")])
def test_the_rate_limit_looks_back_an_hour_to_the_millisecond(
    org: Org, first: int, status: str
) -> None:
    row = (
        "insert into login_history(user_id, login_time, shape_id, status, event_id) values (1, "
        "?, 1, 'success', 1)"
    )
    org.database.conn.executemany(row, [(START,)] * 3_600)
    program(holds="right", first=first).join(org, 0, START)
    org.clock.advance(HOUR)
    assert [
        row["status"]
        for row in org.database.tables.query("select status from login_history where id > 3601")
    ] == [status]


def test_a_lock_that_ends_and_a_run_at_the_same_moment_come_in_that_order(org: Org) -> None:
    for _ in range(10):
        org.login(Attempt("integration@acme.example", "wrong", Door.SOAP, "203.0.113.7", "64.0"))
    program(holds="right", first=15 * MINUTE).join(org, 0, START)
    org.clock.advance(15 * MINUTE)
    assert told(org, "lock_ended", "login_accepted")[1:] == [
        (900, "lock_ended"),
        (900, "login_accepted"),
    ]


def test_each_password_expires_at_its_own_moment_and_from_then_on_a_login_says_so(org: Org) -> None:
    dates = {user.id: user.password_changed_at + 90 * DAY for user in org.users.all()}
    org.clock.advance(120 * DAY)
    events = org.history.events(limit=-1)
    expired = [(event.at, event.user_id) for event in events if event.kind == "password_expired"]
    assert expired == sorted((at, user) for user, at in dates.items())
    nightly = [
        event for event in events if event.kind == "login_accepted" and event.client_id == 1
    ][1:]
    assert len(nightly) == 120
    assert all((event.detail == "password_expired") is (event.at >= dates[1]) for event in nightly)


def test_a_client_without_such_a_user_is_refused_as_the_door_refuses_it(org: Org) -> None:
    made = org.integrations.add("Ghost", "ghost@acme.example", "cloud", "script", HOUR)
    org.clients.hold(made.client_id, password="Wrong-1")
    org.clock.advance(HOUR)
    event = [event for event in org.history.events() if event.client == "Ghost"][-1]
    result = org.login(attempt_of(org.clients.get(made.client_id), None))
    asked = org.history.events(event.id)[-1]
    assert not result.verdict.accepted
    assert (event.kind, event.detail, event.trace) == (asked.kind, asked.detail, asked.trace)
    by_itself, by_hand = org.history.attempt(event.id), org.history.attempt(asked.id)
    assert by_itself is not None and by_hand is not None and by_itself.shape == by_hand.shape
    assert org.clients.get(made.client_id).told == "invalid_login"


@pytest.mark.parametrize("protocol", ["oauth", "client_credentials"])
def test_a_client_that_calls_by_oauth_uses_the_app_it_uses_in_the_pane(
    org: Org, protocol: str
) -> None:
    org.clients.hold(1, protocol=protocol)
    client = org.clients.get(1)
    app = org.clients.app(client)
    assert app is not None
    by_hand = org.apps.password if protocol == "oauth" else org.apps.client_credentials
    assert by_hand(app, attempt_of(client, app)).session_id
    org.clock.advance(DAY)
    last = [event for event in org.history.events() if event.client_id == 1][-1]
    assert (last.kind, last.detail) == ("login_accepted", "")

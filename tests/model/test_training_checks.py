"""The vocabulary of checks: every state and every count says what it says, and a wrong statement is
named with its place.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org
from freshtoken_model.training.content.checks import COUNT_CHECKS, STATE_CHECKS, Scene
from freshtoken_model.training.content.statements import (
    MISSING,
    Statement,
    read_statement,
    unknown_names,
)
from freshtoken_model.training.content.tables import Problem, Table
from freshtoken_model.values.clock import DAY
from freshtoken_model.values.visible import visible

from ..world import FRESH, PASSWORD
from . import org_states

ADDRESSES = {"office": "198.51.100.20", "home": "192.0.2.44", "cloud": "203.0.113.7"}
FILE, TABLE = "labs/mine.toml", "[[goal]] number 1"
NIGHTLY, DASHBOARD = "Nightly sync", "Sales dashboard"


def read(**fields: Any) -> tuple[Statement | None, list[Problem]]:
    """The statement of a table as a content file has it (is_ stands for `is`), and what is wrong
    with it.
    """
    table = Table(
        FILE, TABLE, {name.removesuffix("_"): value for name, value in fields.items()}, []
    )
    statement = read_statement(table)
    table.finish()
    return statement, table.problems


def say(**fields: Any) -> Statement:
    statement, problems = read(**fields)
    assert statement is not None and problems == [], problems
    return statement


def wrong(**fields: Any) -> list[tuple[str, str, str]]:
    """Where a statement is wrong: file, table, field."""
    return [(problem.file, problem.table, problem.field) for problem in read(**fields)[1]]


@pytest.fixture
def scene(org: Org) -> Scene:
    """The org, in a lab that begins now."""
    return Scene(org, org.info().last_event)


def log_in(
    org: Org,
    user: str = "integration",
    sent: str = "",
    door: Door = Door.SOAP,
    network: str = "cloud",
) -> None:
    version = "64.0" if door is Door.SOAP else ""
    org.login(Attempt(f"{user}@acme.example", sent, door, ADDRESSES[network], version))


def client(org: Org, name: str) -> int:
    return org.clients.named(name).id


# ---- states


def retrying(name: str) -> Callable[[Org], object]:
    return lambda org: org.integrations.change(NIGHTLY, retry=name)


@dataclass(frozen=True)
class Story:
    """A state: what it is asked of, and deed by deed what it then is."""

    check: str
    of: dict[str, str]
    first: str
    then: list[tuple[Callable[[Org], object], str]] = field(default_factory=list)


def lock_sam(org: Org) -> None:
    for _ in range(10):
        log_in(org, "sam", "wrong")


def stop_by_its_breaker(org: Org) -> None:
    org.integrations.change(NIGHTLY, retry="breaker")
    org.passwords.change("integration", PASSWORD, FRESH)
    org.clock.advance(DAY)


def hold(name: str, **what: Any) -> Callable[[Org], object]:
    return lambda org: org.clients.hold(client(org, name), **what)


def told(light: str) -> Callable[[Org], object]:
    return lambda org: org.clients.told(client(org, DASHBOARD), light, "so it was told")


def move_to_the_office(org: Org) -> None:
    org.clients.hold(client(org, NIGHTLY), network_id=org.setup.network("office").id)


STORIES = [
    Story(
        "user_state",
        {"user": "sam"},
        "active",
        [(lock_sam, "locked"), (lambda org: org.users.unlock("sam"), "active")],
    ),
    Story(
        "user_state", {"user": "nora"}, "active", [(lambda org: org.users.freeze("nora"), "frozen")]
    ),
    Story(
        "user_state",
        {"user": "kim"},
        "active",
        [(lambda org: org.admin.edit_user("kim", active=False), "inactive")],
    ),
    Story(
        "token_state",
        {"user": "sam"},
        "live",
        [(lambda org: org.passwords.reset("sam"), "retired")],
    ),
    Story(
        "token_state",
        {"user": "nora"},
        "never_issued",
        [(lambda org: org.tokens.reset("nora"), "live")],
    ),
    Story(
        "permission",
        {"user": "integration", "permission": "mfa-for-api-logins"},
        "not held",
        [(lambda org: org.users.permit("integration", "mfa-for-api-logins", True), "held")],
    ),
    Story(
        "user_profile",
        {"user": "sam"},
        "Standard User",
        [(lambda org: org.admin.edit_user("sam", profile="Integration"), "Integration")],
    ),
    Story(
        "client_token",
        {"client": NIGHTLY},
        "live",
        [
            (lambda org: org.tokens.reset("integration"), "retired"),
            (hold(NIGHTLY, token="u" * 24), "unknown"),
            (hold(NIGHTLY, token=""), "none"),
        ],
    ),
    Story(
        "client_light",
        {"client": DASHBOARD},
        "idle",
        [
            (told("connected"), "connected"),
            (told("blocked"), "blocked"),
            (lock_sam, "locked"),
            (lambda org: org.users.unlock("sam"), "blocked"),
            (told("expired"), "expired"),
        ],
    ),
    Story(
        "client_user",
        {"client": DASHBOARD},
        "sam@acme.example",
        [(hold(DASHBOARD, username="nora@acme.example"), "nora@acme.example")],
    ),
    Story("client_network", {"client": NIGHTLY}, "cloud", [(move_to_the_office, "office")]),
    Story(
        "client_protocol",
        {"client": NIGHTLY},
        "soap",
        [
            (hold(NIGHTLY, protocol=name), name)
            for name in ("oauth", "client_credentials", "jwt_bearer")
        ],
    ),
    Story(
        "session_habit",
        {"client": NIGHTLY},
        "every_run",
        [(lambda org: org.integrations.change(NIGHTLY, habit="keep"), "keep")],
    ),
    Story(
        "retry",
        {"client": NIGHTLY},
        "none",
        [(retrying(name), name) for name in ("four", "loop", "fixed", "backoff", "breaker")],
    ),
    Story(
        "schedule",
        {"client": NIGHTLY},
        "running",
        [
            (lambda org: org.integrations.pause(NIGHTLY), "paused"),
            (lambda org: org.integrations.pause(NIGHTLY, paused=False), "running"),
            (stop_by_its_breaker, "stopped"),
        ],
    ),
    Story(
        "setting",
        {"setting": "soap_login"},
        "on",
        [(lambda org: org.setup.choose("soap_login", "off"), "off")],
    ),
    Story(
        "network_trust",
        {"network": "cloud"},
        "not trusted",
        [(lambda org: org.setup.add_trusted_range("203.0.113.0", "203.0.113.255"), "trusted")],
    ),
    Story(
        "login_ip_ranges",
        {"profile": "Integration", "network": "cloud"},
        "no ranges",
        [
            (
                lambda org: org.admin.add_login_range("Integration", "192.0.2.0", "192.0.2.255"),
                "outside",
            ),
            (
                lambda org: org.admin.add_login_range("Integration", "203.0.113.7", "203.0.113.7"),
                "inside",
            ),
        ],
    ),
    Story(
        "app_flow",
        {"app": "Acme Dashboards", "flow": "web_server"},
        "allowed",
        [(lambda org: org.apps.choose_flows("Acme Dashboards", ["password"]), "not allowed")],
    ),
]


@pytest.mark.parametrize(
    "story", STORIES, ids=lambda story: f"{story.check} of {' '.join(story.of.values())}"
)
def test_a_state_is_read_before_and_after_the_deed_that_changes_it(
    scene: Scene, story: Story
) -> None:
    was, now = None, story.first
    for deed, then in [(lambda org: None, now), *story.then]:
        deed(scene.org)
        was, now = now, then
        measure = say(check=story.check, **story.of, is_=now).measure(scene)
        assert (measure.holds, measure.found, measure.wanted) == (True, now, now)
        assert not say(check=story.check, **story.of, is_not=now).measure(scene).holds
        if was != now:
            assert not say(check=story.check, **story.of, is_=was).measure(scene).holds
            assert say(check=story.check, **story.of, is_not=was).measure(scene).holds


def test_the_stories_above_reach_every_state_of_the_vocabulary() -> None:
    """All but what a proof's steps print: no org tells that."""
    told = {
        (story.check, state)
        for story in STORIES
        for state in (story.first, *(then for _, then in story.then))
    }
    assert set(STATE_CHECKS) - {"printed"} == {story.check for story in STORIES}
    assert {
        (name, state)
        for name, check in STATE_CHECKS.items()
        if name != "printed"
        for state in check.states
    } - told == set()


def test_one_of_several_states_is_enough_and_none_of_several_may_be(scene: Scene) -> None:
    either = say(check="user_state", user="sam", is_=["frozen", "active"])
    neither = say(check="user_state", user="sam", is_not=["frozen", "locked"])
    assert either.measure(scene).holds and neither.measure(scene).holds
    lock_sam(scene.org)
    assert not either.measure(scene).holds and not neither.measure(scene).holds
    assert (either.measure(scene).wanted, neither.measure(scene).wanted) == (
        "frozen or active",
        "not frozen or locked",
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"check": "user_state", "user": "ghost", "is_": "active"},
        {"check": "client_token", "client": "Ghost", "is_": "live"},
        {"check": "schedule", "client": DASHBOARD, "is_": "running"},
        {"check": "network_trust", "network": "moon", "is_": "trusted"},
        {"check": "login_ip_ranges", "profile": "Ghosts", "network": "cloud", "is_": "no ranges"},
        {"check": "app_flow", "app": "Ghost", "flow": "password", "is_": "allowed"},
    ],
    ids=lambda fields: fields["check"],
)
def test_what_the_org_does_not_have_is_missing_and_in_no_state(
    scene: Scene, fields: dict[str, str]
) -> None:
    measure = say(**fields).measure(scene)
    assert (measure.holds, measure.found) == (False, MISSING)


# ---- counts


def counted(scene: Scene, **fields: Any) -> int:
    return int(say(at_least=1, **fields).measure(scene).found)


def test_an_event_is_counted_by_its_user_its_client_and_a_part_of_its_words(scene: Scene) -> None:
    org = scene.org
    asked = {"check": "happened", "event": "permission_granted"}
    assert counted(scene, **asked) == 0
    org.users.permit("sam", "api-only", True)
    org.users.permit("nora", "api-only", True)
    org.users.permit("sam", "mfa-for-api-logins", True)
    assert counted(scene, **asked) == 3
    assert counted(scene, **asked, user="sam") == 2
    assert counted(scene, **asked, detail="API Only User") == 2
    assert counted(scene, **asked, user="sam", detail="API Only User") == 1
    assert counted(scene, check="happened", event="permission_revoked") == 0
    org.clients.hold(client(org, NIGHTLY), token="")
    assert counted(scene, check="happened", event="client_changed", client=NIGHTLY) == 1
    assert counted(scene, check="happened", event="client_changed", client=DASHBOARD) == 0


@pytest.mark.parametrize("check", ["logged_in", "refused"])
def test_a_login_is_counted_by_user_protocol_network_and_whether_it_came_from_outside(
    scene: Scene, check: str
) -> None:
    org = scene.org
    sent = "Velvet-Train-9" if check == "logged_in" else "wrong"
    for door, network in [
        (Door.SOAP, "office"),
        (Door.SOAP, "office"),
        (Door.OAUTH, "office"),
        (Door.UI, "cloud"),
    ]:
        log_in(org, "sam", sent, door, network)
    outsider = Attempt(
        "sam@acme.example",
        sent,
        Door.SOAP,
        ADDRESSES["office"],
        "64.0",
        visible("their job"),
        outside=True,
    )
    org.login(outsider)
    assert counted(scene, check=check) == counted(scene, check=check, user="sam") == 5
    assert counted(scene, check=check, user="nora") == 0
    assert [
        counted(scene, check=check, protocol=name) for name in ("soap", "oauth", "ui", "jwt_bearer")
    ] == [3, 1, 1, 0]
    assert [counted(scene, check=check, network=name) for name in ("office", "cloud", "home")] == [
        4,
        1,
        0,
    ]
    assert (
        counted(scene, check=check, outside=True),
        counted(scene, check=check, outside=False),
    ) == (1, 4)
    assert counted(scene, check=check, protocol="soap", network="office", outside=False) == 2
    assert counted(scene, check="refused" if check == "logged_in" else "logged_in") == 0, (
        "the other outcome"
    )


def test_a_login_is_counted_by_the_client_that_made_it(scene: Scene) -> None:
    org = scene.org
    held = org.clients.named(NIGHTLY)
    org.login(
        Attempt(
            held.username,
            held.password + held.token,
            Door.SOAP,
            held.address,
            "64.0",
            client_id=held.id,
        )
    )
    log_in(org, sent=held.password + held.token)
    assert counted(scene, check="logged_in") == 2
    assert (
        counted(scene, check="logged_in", client=NIGHTLY)
        == counted(scene, check="logged_in", client="nightly")
        == 1
    )
    assert counted(scene, check="logged_in", client=DASHBOARD) == 0


@pytest.mark.parametrize(
    ("prepare", "sent", "reason"),
    [
        (org_states.nothing, "wrong", "password_wrong"),
        (org_states.nothing, PASSWORD, "token_missing"),
        (org_states.nothing, PASSWORD + "u" * 24, "token_unknown"),
        (org_states.freeze, PASSWORD, "frozen"),
        (org_states.lock, PASSWORD, "locked_for_ever"),
        (org_states.close_for_the_day, PASSWORD, "outside_hours"),
        (org_states.switch_soap_login_off, PASSWORD, "soap_login_off"),
        (org_states.require_any_api_auth, "the right one", "lacks_any_api_auth"),
        (org_states.take_api_enabled, "the right one", "api_not_enabled"),
        (org_states.reset_the_token, "the right one", "token_retired"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refusal_is_counted_under_its_reason_alone(
    scene: Scene, token: str, prepare: Callable[[Org], None], sent: str, reason: str
) -> None:
    prepare(scene.org)
    log_in(scene.org, sent=PASSWORD + token if sent == "the right one" else sent)
    assert (
        counted(scene, check="refused", user="integration", reason=reason)
        == counted(scene, check="refused")
        == 1
    )
    other = "password_wrong" if reason != "password_wrong" else "token_missing"
    assert counted(scene, check="refused", reason=other) == 0


def test_login_history_is_counted_by_the_status_it_shows(scene: Scene) -> None:
    log_in(scene.org, sent="wrong")
    log_in(scene.org, sent=PASSWORD)
    log_in(scene.org, sent=PASSWORD, network="office")
    for status, count in [
        ("Invalid Password", 1),
        ("Failed: API security token required", 1),
        ("Success", 1),
    ]:
        assert counted(scene, check="login_history", status=status) == count
        assert counted(scene, check="login_history", status=status, user="integration") == count
        assert counted(scene, check="login_history", status=status, user="sam") == 0
    assert counted(scene, check="login_history", status="Success", network="office") == 1
    assert counted(scene, check="login_history", status="Success", network="cloud") == 0


def test_nothing_that_happened_before_the_lab_began_is_counted(org: Org) -> None:
    org.tokens.reset("sam")
    log_in(org, "sam", "Velvet-Train-9", network="office")
    log_in(org, "sam", "wrong")
    asked = [
        {"check": "happened", "event": "token_reset"},
        {"check": "logged_in"},
        {"check": "refused"},
        {"check": "login_history", "status": "Invalid Password"},
    ]
    assert {fields["check"] for fields in asked} == set(COUNT_CHECKS)
    began = org.info().last_event
    assert [counted(Scene(org, 0), **fields) > 0 for fields in asked] == [True] * 4
    assert [counted(Scene(org, began), **fields) for fields in asked] == [0] * 4
    after_the_reset = say(check="logged_in", after={"event": "token_reset", "user": "sam"})
    assert after_the_reset.measure(Scene(org, 0)).holds
    assert not after_the_reset.measure(Scene(org, began)).holds, (
        "a moment before the lab is none of the lab's"
    )


@pytest.mark.parametrize(
    ("bounds", "holds"),
    [
        ({}, [False, True, True, True]),
        ({"times": 0}, [True, False, False, False]),
        ({"times": 2}, [False, False, True, False]),
        ({"at_least": 2}, [False, False, True, True]),
        ({"at_most": 1}, [True, True, False, False]),
        ({"at_least": 1, "at_most": 2}, [False, True, True, False]),
        ({"at_least": 0}, [True, True, True, True]),
    ],
    ids=str,
)
def test_a_count_is_compared_by_times_at_least_and_at_most(
    scene: Scene, bounds: dict[str, int], holds: list[bool]
) -> None:
    statement, found = say(check="happened", event="token_reset", user="sam", **bounds), []
    for number in range(4):
        if number:
            scene.org.tokens.reset("sam")
        measure = statement.measure(scene)
        assert measure.found == str(number)
        found.append(measure.holds)
    assert found == holds


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({}, "at least 1"),
        ({"times": 2}, "2"),
        ({"at_least": 3}, "at least 3"),
        ({"at_most": 1}, "at most 1"),
        pytest.param(
            {"at_least": 2, "at_most": 3},
            "2 to 3",
        ),
    ],
)
def test_a_count_says_how_much_is_wanted(scene: Scene, bounds: dict[str, int], words: str) -> None:
    assert say(check="logged_in", **bounds).measure(scene).wanted == words


# ---- after


def test_after_an_event_counts_from_the_newest_of_its_kind(scene: Scene) -> None:
    statement = say(check="logged_in", user="sam", after={"event": "token_reset", "user": "sam"})
    log_in(scene.org, "sam", "Velvet-Train-9", network="office")
    assert not statement.measure(scene).holds, "a login before the event does not count"
    scene.org.tokens.reset("sam")
    assert not statement.measure(scene).holds
    log_in(scene.org, "sam", "Velvet-Train-9", network="office")
    assert statement.measure(scene).holds
    scene.org.tokens.reset("nora")
    assert statement.measure(scene).holds, "another user's event is another event"
    scene.org.tokens.reset("sam")
    assert not statement.measure(scene).holds, "the newest one counts"


def test_after_an_event_of_a_client_or_of_anybody(scene: Scene) -> None:
    of_nightly = say(check="logged_in", after={"event": "client_changed", "client": NIGHTLY})
    of_anybody = say(check="logged_in", after={"event": "client_changed"})
    scene.org.clients.hold(client(scene.org, DASHBOARD), token="x")
    log_in(scene.org, "sam", "Velvet-Train-9", network="office")
    assert not of_nightly.measure(scene).holds and of_anybody.measure(scene).holds
    scene.org.clients.hold(client(scene.org, NIGHTLY), token="x")
    assert not of_anybody.measure(scene).holds
    log_in(scene.org, "sam", "Velvet-Train-9", network="office")
    assert of_nightly.measure(scene).holds and of_anybody.measure(scene).holds


@pytest.mark.parametrize("bounds", [{"times": 0}, {"at_most": 5}, {"at_least": 0}], ids=str)
def test_after_what_has_not_happened_yet_nothing_holds_not_even_zero_times(
    scene: Scene, bounds: dict[str, int]
) -> None:
    statement = say(check="refused", after={"event": "token_reset", "user": "sam"}, **bounds)
    assert (statement.measure(scene).holds, statement.measure(scene).found) == (False, "0")
    scene.org.tokens.reset("sam")
    assert statement.measure(scene).holds


@pytest.mark.parametrize("whose", [{"user": "ghost"}, {"client": "Ghost"}], ids=str)
def test_after_an_event_of_somebody_who_is_not_in_the_org_nothing_holds(
    scene: Scene, whose: dict[str, str]
) -> None:
    for bounds in ({}, {"times": 0}, {"at_most": 5}):
        statement = say(check="refused", after={"event": "client_changed", **whose}, **bounds)
        assert not statement.measure(scene).holds, bounds


def test_what_somebody_who_is_not_in_the_org_did_is_counted_as_zero(scene: Scene) -> None:
    assert say(check="logged_in", user="ghost").measure(scene).holds is False
    assert say(check="logged_in", client="Ghost", times=0).measure(scene).holds is True


# ---- wrong statements

STATE = {"check": "user_state", "user": "sam"}
EVENT = {"check": "happened", "event": "token_reset"}
HERE = (FILE, TABLE)


@pytest.mark.parametrize(
    ("fields", "place", "expected"),
    [
        ({"check": "user_stat"}, "check", "user_state, token_state"),
        ({}, "check", "missing"),
        ({"check": 7}, "check", "found 7"),
        ({**STATE, "is_": "asleep"}, "is", "active, locked, frozen, inactive"),
        ({**STATE, "is_not": "asleep"}, "is_not", "active, locked, frozen, inactive"),
        ({**STATE, "is_": ["active", "asleep"]}, "is", "asleep"),
        ({**STATE}, "is", "either is or is_not"),
        ({**STATE, "is_": []}, "is", "either is or is_not"),
        ({**STATE, "is_": "active", "is_not": "frozen"}, "is", "either is or is_not"),
        ({"check": "user_state", "is_": "active"}, "user", "missing"),
        ({**STATE, "user": ["sam"], "is_": "active"}, "user", "found ['sam']"),
        ({**STATE, "is_": "active", "client": NIGHTLY}, "client", "check, is, is_not, user"),
        ({**STATE, "is_": "active", "after": {"event": "token_reset"}}, "after", "no such field"),
        ({**STATE, "is_": "active", "times": 1}, "times", "no such field"),
        (
            {"check": "permission", "user": "sam", "permission": "to-fly", "is_": "held"},
            "permission",
            "api-enabled",
        ),
        ({"check": "setting", "setting": "soap_logins", "is_": "on"}, "setting", "soap_logins"),
        ({"check": "setting", "setting": "soap_login", "is_": "maybe"}, "is", "on, off"),
        ({"check": "happened"}, "event", "missing"),
        ({**EVENT, "event": "token_rest"}, "event", "token_rest"),
        ({**EVENT, "protocol": "soap"}, "protocol", "no such field"),
        ({**EVENT, "is_": "held"}, "is", "no such field"),
        (
            {"check": "logged_in", "usr": "sam"},
            "usr",
            "client, network, outside, protocol, times, user",
        ),
        ({"check": "logged_in", "protocol": "pigeon"}, "protocol", "soap, oauth, ui"),
        ({"check": "logged_in", "outside": "yes"}, "outside", "true or false"),
        ({"check": "logged_in", "reason": "token_missing"}, "reason", "no such field"),
        ({"check": "refused", "reason": "a bad day"}, "reason", "a bad day"),
        ({"check": "login_history", "status": "Fine"}, "status", "Fine"),
        ({**EVENT, "times": -1}, "times", "not negative"),
        ({**EVENT, "at_most": -1}, "at_most", "not negative"),
        ({**EVENT, "times": "one"}, "times", "a whole number"),
        ({**EVENT, "times": True}, "times", "a whole number"),
        ({**EVENT, "times": 1, "at_least": 1}, "times", "either times, or at_least and at_most"),
        ({**EVENT, "after": "token_reset"}, "after", "a moment, as in"),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_a_wrong_statement_is_refused_with_file_table_and_field(
    fields: dict[str, Any], place: str, expected: str
) -> None:
    _, problems = read(**fields)
    (problem,) = problems
    assert (problem.file, problem.table, problem.field) == (*HERE, place)
    assert all(words in problem.expected for words in expected.split(", ")), problem.expected
    assert str(problem).startswith(f"{FILE}, {TABLE}, {place}: ")


@pytest.mark.parametrize(
    ("after", "place"),
    [
        ({"event": "token_rest"}, "event"),
        ({"user": "sam"}, "event"),
        ({"event": "token_reset", "usr": "sam"}, "usr"),
        ({"event": "token_reset", "client": 4}, "client"),
    ],
    ids=str,
)
def test_a_wrong_moment_is_refused_with_its_own_table(after: dict[str, Any], place: str) -> None:
    assert wrong(**EVENT, after=after) == [(FILE, f"{TABLE} after", place)]


def test_the_bound_that_is_negative_is_the_one_that_is_named() -> None:
    assert wrong(**EVENT, at_least=0, at_most=-1) == [(*HERE, "at_most")]


def test_names_that_the_org_does_not_have_are_found_in_a_statement_and_in_its_moment(
    org: Org,
) -> None:
    said = say(
        check="logged_in",
        user="ghost",
        network="moon",
        after={"event": "client_changed", "client": "Ghost"},
    )
    assert [name for name, _ in unknown_names(said, org)] == ["user", "network", "client"]
    assert all("There is" in why or "No user" in why for _, why in unknown_names(said, org))
    right = say(
        check="logged_in",
        user="sam",
        client=DASHBOARD,
        after={"event": "token_reset", "user": "nora"},
    )
    assert unknown_names(right, org) == []
    ranges = say(check="login_ip_ranges", profile="Ghosts", network="cloud", is_="inside")
    assert [name for name, _ in unknown_names(ranges, org)] == ["profile"]

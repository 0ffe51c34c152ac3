"""What a release brought holds in orgs created since; what is retired ends at its date, once the
release calendar is on.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from freshtoken_model.decision import words
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.login.clients import attempt_of
from freshtoken_model.login.login import LoginResult
from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY, HOUR, MINUTE, parse_moment
from freshtoken_model.values.errors import GrantRefusedError, OrgError

from ..world import CHEAP, CLOUD, INTEGRATION, PASSWORD, START
from .gen_orgs import Program
from .model_simulation import public_pem

ZONE = "Europe/London"
FLOW_ENDS, LOGIN_ENDS, LOGIN_ENDS_EARLY, AUTH_ASKED = (
    parse_moment(day, ZONE) for day in ("2027-02-20", "2027-06-01", "2027-02-15", "2026-12-01")
)
WINTER_27 = parse_moment("2026-10-10", ZONE)


def by(org: Org, door: str) -> LoginResult:
    """The integration user logs in, with password and live token where the door takes them."""
    app = org.apps.get("Acme Dashboards")
    sent = PASSWORD + org.clients.get(1).token
    attempt = Attempt(INTEGRATION, sent, Door(door), CLOUD, "64.0" if door == "soap" else "")
    if door == "client_credentials":
        result = org.apps.client_credentials(app, attempt).login
        assert result is not None
        return result
    return org.login(attempt)


def code(result: LoginResult) -> str:
    """What the gate that refused says; empty for an accepted login."""
    step = words.refusing(result.verdict.steps)
    return step.code if step else ""


def calendar_on(org: Org, **chosen: str) -> None:
    for name, value in ({"password_expires": "0"} | chosen).items():
        org.setup.choose(name, value)
    org.setup.choose("release_calendar", "on")


def reached(org: Org) -> list[tuple[str, int]]:
    return [
        (event.detail, event.at)
        for event in org.history.events(limit=-1)
        if event.kind == "release_reached"
    ]


# ---- made in a release


@pytest.mark.parametrize(
    ("release", "flow", "soap", "auth"),
    [
        ("Winter '22", "on", "on", "off"),
        ("Spring '23", "on", "on", "off"),
        ("Summer '23", "off", "on", "off"),
        ("Winter '24", "off", "on", "off"),
        ("Summer '25", "off", "on", "off"),
        ("Winter '26", "off", "off", "off"),
        ("Spring '26", "off", "off", "off"),
        ("Summer '26", "off", "off", "on"),
        ("Winter '27", "off", "off", "on"),
    ],
)
def test_an_org_begins_with_what_its_release_has(
    tmp_path: Path, release: str, flow: str, soap: str, auth: str
) -> None:
    Org.create(tmp_path / "org.db", frozen_at=START, hashing=CHEAP, created_release=release)
    with Org(tmp_path / "org.db", CHEAP) as org:
        values = org.setup.values()
        assert org.info().created_release == release
        assert [values[n] for n in ("oauth_password_flow", "soap_login", "any_api_auth")] == [
            flow,
            soap,
            auth,
        ]
        assert code(by(org, "oauth")) == ("password_flow_off" if flow == "off" else "")
        assert code(by(org, "soap")) == ("soap_login_off" if soap == "off" else "")
        org.users.permit("integration", "use-any-api-auth", False)
        org.setup.choose("soap_login", "on")
        assert code(by(org, "soap")) == ("lacks_any_api_auth" if auth == "on" else "")
        assert code(by(org, "client_credentials")) == ""


def test_what_an_admin_chose_stands_against_the_release_and_a_reset_keeps_the_release(
    tmp_path: Path,
) -> None:
    Org.create(tmp_path / "org.db", frozen_at=START, hashing=CHEAP, created_release="Summer '26")
    with Org(tmp_path / "org.db", CHEAP) as org:
        assert org.setup.choose("soap_login", "on") and not org.setup.choose(
            "oauth_password_flow", "off"
        )
        assert code(by(org, "soap")) == ""
        org.reset()
        assert (
            org.info().created_release == "Summer '26" and code(by(org, "soap")) == "soap_login_off"
        )


@pytest.mark.parametrize(
    "release", ["Summer 26", "Autumn '26", "summer '26", "Summer '2026", "Summer '", "Summer '2x"]
)
def test_a_release_that_does_not_exist_makes_no_org(tmp_path: Path, release: str) -> None:
    with pytest.raises(OrgError, match="is not a release"):
        Org.create(tmp_path / "org.db", hashing=CHEAP, created_release=release)
    assert not (tmp_path / "org.db").exists()


# ---- the calendar


def test_while_the_calendar_is_off_no_date_changes_anything(org: Org) -> None:
    org.setup.choose("password_expires", "0")
    org.setup.choose("login_retirement", "2027-02-15")
    org.setup.choose("any_api_auth_date", "2026-12-01")
    org.users.permit("integration", "use-any-api-auth", False)
    org.clock.set(LOGIN_ENDS + 900 * DAY)
    assert [code(by(org, door)) for door in ("soap", "oauth", "client_credentials")] == [""] * 3
    assert reached(org) == [] and org.setup.org_settings().calendar == ()


@pytest.mark.parametrize(
    "day, ends", [("2027-06-01", LOGIN_ENDS), ("2027-02-15", LOGIN_ENDS_EARLY)]
)
def test_login_is_retired_on_the_chosen_day_by_london_time_and_nothing_else_with_it(
    org: Org, day: str, ends: int
) -> None:
    calendar_on(org, login_retirement=day)
    org.clock.set(ends - 1)
    session = by(org, "soap").session_id or ""
    assert session
    org.clock.advance(1)
    assert (
        code(by(org, "soap")) == "login_retired"
        and by(org, "soap").verdict.fault == "login_not_in_version"
    )
    assert org.sessions.check(session).fault is None, "the SOAP API itself stays"
    app = org.apps.register_key("Acme Dashboards", public_pem())
    jwt = Attempt(INTEGRATION, "", Door.JWT_BEARER, CLOUD, app_id=app.id)
    assert org.login(jwt).verdict.accepted and by(org, "client_credentials").verdict.accepted
    ui = Attempt(INTEGRATION, PASSWORD, Door.UI, CLOUD)
    assert org.login(ui).verdict.accepted
    assert ("login_retired", ends) in reached(org)
    assert not by(org, "soap").verdict.counts and org.users.get("integration").failed_attempts == 0


def test_the_password_flow_is_retired_on_20_february_2027_and_login_goes_on(org: Org) -> None:
    calendar_on(org)
    org.clock.set(FLOW_ENDS - 1)
    assert by(org, "oauth").verdict.accepted
    org.clock.advance(1)
    refused = by(org, "oauth")
    assert (
        code(refused) == "password_flow_retired"
        and refused.verdict.status == "password_flow_disabled"
    )
    assert not refused.verdict.counts
    assert by(org, "soap").verdict.accepted and by(org, "client_credentials").verdict.accepted
    assert reached(org) == [("password_flow_retired", FLOW_ENDS)]


def test_use_any_api_auth_is_asked_of_everybody_from_its_date_on_if_it_has_one(org: Org) -> None:
    org.users.permit("integration", "use-any-api-auth", False)
    calendar_on(org, any_api_auth_date="2026-12-01")
    org.clock.set(AUTH_ASKED - 1)
    assert by(org, "soap").verdict.accepted
    org.clock.advance(1)
    assert code(by(org, "soap")) == "lacks_any_api_auth"
    org.users.permit("integration", "use-any-api-auth", True)
    assert by(org, "soap").verdict.accepted
    org.users.permit("integration", "use-any-api-auth", False)
    assert by(org, "oauth").verdict.accepted, "it is asked for by login() alone"
    org.setup.choose("any_api_auth_date", "never")
    assert by(org, "soap").verdict.accepted


def test_use_any_api_auth_came_with_winter_27_unless_another_day_is_chosen(org: Org) -> None:
    org.users.permit("integration", "use-any-api-auth", False)
    assert by(org, "soap").verdict.accepted, "the calendar is off"
    org.setup.choose("release_calendar", "on")
    assert org.setup.org_settings().calendar[0] == (WINTER_27, "any_api_auth_required")
    assert code(by(org, "soap")) == "lacks_any_api_auth"
    assert by(org, "oauth").verdict.accepted and reached(org) == []
    org.setup.choose("any_api_auth_date", "never")
    assert by(org, "soap").verdict.accepted


def test_several_dates_in_one_go_come_in_their_order_each_at_its_moment(org: Org) -> None:
    calendar_on(org, any_api_auth_date="2026-12-01")
    org.clock.advance(365 * DAY)
    dates = [
        ("any_api_auth_required", AUTH_ASKED),
        ("password_flow_retired", FLOW_ENDS),
        ("login_retired", LOGIN_ENDS),
    ]
    assert reached(org) == dates
    moments = [event.at for event in org.history.events(limit=-1)]
    assert moments == sorted(moments)
    nightly = [
        event
        for event in org.history.events(limit=-1)
        if event.client_id == 1 and event.kind.startswith("login")
    ]
    assert all(
        (event.detail == "login_not_in_version") is (event.at >= LOGIN_ENDS) for event in nightly
    )
    assert (
        len(nightly) == 1 + 365
        and org.clock.next_due() == org.integrations.get("Nightly sync").next_due
    )


def test_an_integration_is_refused_from_the_very_moment_on(org: Org) -> None:
    calendar_on(org)
    org.clock.set(FLOW_ENDS - HOUR)
    now = FLOW_ENDS - HOUR
    Program(
        "integration", "cloud", "oauth", "every_run", "none", "right", 30 * MINUTE, 30 * MINUTE
    ).join(org, 0, now)
    org.clock.advance(2 * HOUR)
    tries = [
        (e.at - FLOW_ENDS, e.kind)
        for e in org.history.events(limit=-1)
        if e.client == "P0" and e.trace
    ]
    assert tries == [
        (-30 * MINUTE, "login_accepted"),
        *((minutes * MINUTE, "login_refused") for minutes in (0, 30, 60)),
    ]


def test_a_date_that_passed_before_the_calendar_was_switched_on_holds_at_once(org: Org) -> None:
    org.setup.choose("password_expires", "0")
    org.clock.set(FLOW_ENDS + DAY)
    assert by(org, "oauth").verdict.accepted
    org.setup.choose("release_calendar", "on")
    assert code(by(org, "oauth")) == "password_flow_retired" and reached(org) == []
    org.setup.choose("release_calendar", "off")
    assert by(org, "oauth").verdict.accepted
    org.clock.set(LOGIN_ENDS + DAY)
    assert by(org, "soap").verdict.accepted and reached(org) == []


def test_another_day_chosen_moves_what_is_to_come(org: Org) -> None:
    calendar_on(org)
    org.setup.choose("login_retirement", "2027-02-15")
    org.clock.set(LOGIN_ENDS_EARLY)
    assert reached(org) == [("login_retired", LOGIN_ENDS_EARLY)]
    org.setup.choose("login_retirement", "2027-06-01")
    assert by(org, "soap").verdict.accepted
    org.clock.set(LOGIN_ENDS)
    assert [name for name, _ in reached(org)] == [
        "login_retired",
        "password_flow_retired",
        "login_retired",
    ]
    assert code(by(org, "soap")) == "login_retired"


def test_a_use_case_that_comes_after_a_date_tells_of_it_first(org: Org) -> None:
    calendar_on(org)
    org.integrations.remove("Nightly sync")
    org.database.conn.execute(
        "update org set seen_org = ?, anchor_org = ?", (FLOW_ENDS + HOUR, FLOW_ENDS + HOUR)
    )
    before = org.info().last_event
    org.tokens.reset("sam")
    told = [(event.kind, event.at) for event in org.history.events(before)]
    assert told[0] == ("release_reached", FLOW_ENDS) and told[1] == (
        "token_reset",
        FLOW_ENDS + HOUR,
    )


@pytest.mark.parametrize(
    ("act", "fault"),
    [
        (
            lambda org: org.apps.choose_flows("Acme Dashboards", ["refresh_token"]),
            "unsupported_grant_type",
        ),
        (lambda org: org.apps.run_as("Acme Dashboards", None), "no_run_as_user"),
    ],
)
def test_an_app_that_may_not_ask_is_refused_by_schedule_as_by_hand(
    org: Org, act: Callable[[Org], object], fault: str
) -> None:
    act(org)
    Program(
        "integration", "cloud", "client_credentials", "every_run", "none", "right", HOUR, HOUR
    ).join(org, 0, START)
    client = org.clients.named("P0")
    app = org.clients.app(client)
    assert app is not None
    with pytest.raises(GrantRefusedError, match=fault):
        org.apps.client_credentials(app, attempt_of(client, app))
    org.clock.advance(HOUR)
    event = org.history.events(limit=-1)[-2]
    assert (event.kind, event.client, event.detail, event.at) == (
        "run_refused",
        "P0",
        fault,
        START + HOUR,
    )

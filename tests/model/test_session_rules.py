"""When a session works, when its use is written down, and what refuses a grant, to the letter."""

from dataclasses import replace
from functools import partial

import pytest

from freshtoken_model.decision.grants import FLOWS, grant_fault
from freshtoken_model.decision.lights import Light, light_of_event, shown_light
from freshtoken_model.decision.policies import OrgSettings, values_of
from freshtoken_model.decision.session_rules import Use, use_of, within
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org
from freshtoken_model.values.clock import HOUR, MINUTE
from freshtoken_model.values.kinds import FaultKey
from freshtoken_model.values.records import App

SETTINGS = OrgSettings.of(values_of({"session_timeout": "120"}, "Spring '23"), "Europe/London")
ENFORCED = replace(SETTINGS, enforce_ip_ranges=True)
INTEGRATION, PASSWORD, CLOUD = "integration@acme.example", "Harbour-Light-7", "203.0.113.7"
GONE = Use(FaultKey.INVALID_SESSION)


@pytest.mark.parametrize(
    ("unused_for", "use"),
    [
        (0, Use(None)),
        (HOUR - 1, Use(None)),
        (HOUR, Use(None, due=True)),
        (2 * HOUR - 1, Use(None, due=True)),
        (2 * HOUR, GONE),
    ],
)
def test_a_use_is_due_from_half_the_timeout_on_and_the_session_is_over_at_its_end(
    unused_for: int, use: Use
) -> None:
    """Each bound to the millisecond."""
    assert use_of(False, 1_000, False, SETTINGS, 1_000 + unused_for, lambda: True) == use
    assert use_of(True, 1_000, False, SETTINGS, 1_000 + unused_for, lambda: True) == GONE
    expired = use if use == GONE else Use(FaultKey.EXPIRED_PASSWORD, use.due)
    assert use_of(False, 1_000, True, SETTINGS, 1_000 + unused_for, lambda: True) == expired


def test_where_a_request_comes_from_matters_only_where_ranges_are_enforced() -> None:
    ranges = ((10, 20), (40, 40))
    for address, inside in ((9, False), (10, True), (20, True), (21, False), (40, True)):
        assert within(address, ranges) is inside and within(address, ())
        here = use_of(False, 0, False, ENFORCED, 0, partial(within, address, ranges))
        assert here == (Use(None) if inside else GONE)
    assert use_of(False, 0, False, SETTINGS, 0, lambda: False) == Use(None)


def test_the_use_of_a_session_moves_its_timeout_once_half_of_it_has_passed(org: Org) -> None:
    """The same moment for a request at a door and for an integration that keeps its session."""
    token = org.clients.all()[0].token
    at_door = org.login(Attempt(INTEGRATION, PASSWORD + token, Door.SOAP, CLOUD, "64.0"))
    session = at_door.session_id or ""
    org.clock.advance(HOUR - 1)
    assert not org.sessions.check(session).due
    org.clock.advance(1)
    assert org.sessions.check(session).due and not org.sessions.glance(session).due
    org.clock.advance(2 * HOUR - 1)
    assert org.sessions.check(session).fault is None


def test_an_integration_that_runs_at_half_the_timeout_keeps_its_session(org: Org) -> None:
    """A use that counted a millisecond later would leave the second run without a session."""
    client, now = org.clients.all()[0], org.clock.read().seen_org
    org.integrations.change(client.name, every=HOUR, first=now + MINUTE, habit="keep")
    org.clients.told(client.id, "connected", "", "no session")
    before = len(org.history.logins(INTEGRATION))
    org.clock.advance(MINUTE + 4 * HOUR)
    assert len(org.history.logins(INTEGRATION)) == before + 1


APP = App(1, "App", "key", "secret", ",".join(FLOWS), "u@x", "a key", "")


@pytest.mark.parametrize(
    ("app", "flow", "fault"),
    [
        *((APP, flow, None) for flow in FLOWS),
        *((None, flow, "invalid_client_id") for flow in FLOWS),
        (replace(APP, flow_names="jwt_bearer"), "password", "unsupported_grant_type"),
        (replace(APP, run_as=None), "client_credentials", "no_run_as_user"),
        (replace(APP, run_as=None), "password", None),
        (replace(APP, public_key=None), "jwt_bearer", "invalid_assertion"),
        (replace(APP, public_key=None), "web_server", None),
    ],
)
def test_what_refuses_a_flow_to_an_app(app: App | None, flow: str, fault: str | None) -> None:
    assert grant_fault(app, flow) == fault


def test_only_a_refused_client_is_shown_as_locked_out() -> None:
    assert [shown_light(light, True) for light in Light] == [
        Light.IDLE, Light.CONNECTED, Light.LOCKED, Light.EXPIRED, Light.LOCKED,
    ]  # fmt: skip
    assert [shown_light(light, False) for light in Light] == list(Light)


@pytest.mark.parametrize(
    ("event", "light"),
    [
        (("client_told", "blocked: INVALID_LOGIN: Invalid", False), "blocked"),
        (("login_accepted", "", True), "connected"),
        (("login_accepted", "password_expired", True), "expired"),
        (("login_refused", "invalid_login", True), "blocked"),
        (("login_refused", "invalid_login", False), ""),
        (("password_changed", "", True), ""),
    ],
)
def test_the_light_an_event_left(event: tuple[str, str, bool], light: str) -> None:
    assert light_of_event(*event) == light

"""Which half of what an API client sends fits: against the login itself, and one by one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshtoken_model.decision.fit import PasswordHalf, TokenHalf
from freshtoken_model.decision.lights import Light
from freshtoken_model.login.clients import attempt_of
from freshtoken_model.org import Org

from ..world import CHEAP, FRIDAY, PASSWORD

NEW = "Friday-Evening-5"


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Org]:
    path = tmp_path / "org.db"
    Org.create(path, seed="fit", frozen_at=FRIDAY, hashing=CHEAP)
    with Org(path, CHEAP) as opened:
        yield opened


def mailed(org: Org) -> str:
    token = org.mail.newest_token("integration@acme.example")
    assert token is not None
    return token


def halves(org: Org) -> tuple[str, str]:
    found = org.fits.of(org.clients.all()[0])
    return found.password, found.token


def test_a_password_change_breaks_both_halves(org: Org) -> None:
    assert halves(org) == (PasswordHalf.RIGHT, TokenHalf.LIVE)
    org.passwords.change("integration", PASSWORD, NEW)
    assert halves(org) == (PasswordHalf.OLD, TokenHalf.RETIRED)
    client = org.clients.all()[0]
    org.clients.hold(client.id, password=NEW)
    assert halves(org) == (PasswordHalf.RIGHT, TokenHalf.RETIRED)
    org.clients.hold(client.id, token="")
    assert halves(org) == (PasswordHalf.RIGHT, TokenHalf.MISSING)
    org.clients.hold(client.id, token=mailed(org))
    assert halves(org) == (PasswordHalf.RIGHT, TokenHalf.LIVE)
    assert org.fits.of(org.clients.all()[0]).fits


def test_an_admin_reset_ends_the_password(org: Org) -> None:
    org.passwords.reset("integration")
    assert halves(org) == (PasswordHalf.ENDED, TokenHalf.RETIRED)


def test_a_flow_without_a_password_has_no_halves(org: Org) -> None:
    bridge = next(c for c in org.clients.all() if c.protocol == "client_credentials")
    org.passwords.change("integration", PASSWORD, NEW)
    found = org.fits.of(bridge)
    assert found.secretless and found.fits


@pytest.mark.parametrize(("token", "half"), [("", TokenHalf.MISSING), (None, TokenHalf.UNKNOWN)])
def test_nothing_fits_a_username_that_nobody_has(
    org: Org, token: str | None, half: TokenHalf
) -> None:
    client = org.clients.all()[0]
    org.clients.hold(client.id, username="nobody@acme.example")
    if token is not None:
        org.clients.hold(client.id, token=token)
    found = org.fits.of(org.clients.get(client.id))
    assert (found.password, found.token, found.fits) == (PasswordHalf.WRONG, half, False)
    assert found.sentence(0, "UTC") == "No user of the org has this username."


def test_what_is_remembered_costs_no_hash(org: Org) -> None:
    client = org.clients.all()[0]
    org.clients.hold(client.id, password="Never-Tried-Before-1")
    client = org.clients.get(client.id)
    assert org.fits.of(client, remembered_only=True).password is PasswordHalf.UNCHECKED
    assert org.fits.of(client).password is PasswordHalf.WRONG
    assert org.fits.of(client, remembered_only=True).password is PasswordHalf.WRONG


@settings(max_examples=60, deadline=None)
@given(
    password=st.sampled_from(["old", "new", "other", ""]),
    token=st.sampled_from(["dead", "live", "none", "other"]),
    network=st.sampled_from(["office", "home", "cloud"]),
)
def test_it_says_what_the_login_does(
    tmp_path_factory, password: str, token: str, network: str
) -> None:
    """A client whose halves fit is let in, any other is refused: the fit is the login's rule."""
    path = tmp_path_factory.mktemp("fit") / "org.db"
    Org.create(path, seed="fit", frozen_at=FRIDAY, hashing=CHEAP)
    with Org(path, CHEAP) as org:
        client = org.clients.all()[0]
        dead = client.token
        org.passwords.change("integration", PASSWORD, NEW)
        live = mailed(org)
        org.clients.hold(
            client.id,
            password={"old": PASSWORD, "new": NEW, "other": "Other-1234", "": ""}[password],
            token={"dead": dead, "live": live, "none": "", "other": "x" * 24}[token],
            network_id=org.setup.network(network).id,
        )
        client = org.clients.get(client.id)
        found = org.fits.of(client)
        result = org.login(attempt_of(client, org.clients.app(client)))
        assert found.fits == result.verdict.accepted
        assert found.sentence(FRIDAY, "UTC")


def test_light_is_not_needed(org: Org) -> None:
    """The light is the last answer, the fit is the next one."""
    org.passwords.change("integration", PASSWORD, NEW)
    client = org.clients.all()[0]
    assert client.light == Light.CONNECTED
    assert not org.fits.of(client).fits

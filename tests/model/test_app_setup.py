"""Connected apps as an admin sets them up, from two processes at once."""

from pathlib import Path

import pytest

from freshtoken_model.decision.verdict import Door
from freshtoken_model.org import Org
from freshtoken_model.values.errors import BadValueError
from freshtoken_model.values.records import App

from ..world import CHEAP

APP = "Acme Dashboards"
FIRST, SECOND = "https://one.example/done", "https://two.example/done"


def test_a_callback_that_another_process_adds_meanwhile_is_not_lost(
    org: Org, org_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Org(org_file, hashing=CHEAP) as other:
        read, calls = org.apps.get, iter([True])

        def meanwhile(name: str) -> App:
            """Another process adds a callback behind a read that holds no write transaction."""
            found = read(name)
            if not org.database.conn.in_transaction and next(calls, False):
                other.apps.add_callback(APP, FIRST)
            return found

        monkeypatch.setattr(org.apps, "get", meanwhile)
        org.apps.add_callback(APP, SECOND)
        if next(calls, False):
            other.apps.add_callback(APP, FIRST)
        assert {FIRST, SECOND} <= set(other.apps.get(APP).callbacks)


@pytest.mark.parametrize("url", ["https://one.example:port/x", "https://[::1/x", "http://[x]/"])
def test_an_address_that_cannot_be_read_is_refused_in_our_words(org: Org, url: str) -> None:
    with pytest.raises(BadValueError, match="its host or port cannot be read"):
        org.apps.add_callback(APP, url)


def test_a_client_keeps_the_user_it_is_given_though_its_app_ran_as_that_user(org: Org) -> None:
    bridge = next(client for client in org.clients.all() if client.name == "Data bridge")
    assert bridge.protocol == Door.CLIENT_CREDENTIALS
    org.apps.run_as("Acme Dashboards", "ada")
    org.clients.hold(bridge.id, protocol=Door.SOAP, username="ada@acme.example")
    assert org.clients.get(bridge.id).username == "ada@acme.example"

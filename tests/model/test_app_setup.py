"""Connected apps as an admin sets them up, from two processes at once."""

from pathlib import Path

import pytest

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

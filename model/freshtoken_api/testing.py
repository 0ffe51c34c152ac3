"""For your own test suite: a fresh training org on free ports, for the time of a test.

pytest_plugins = ["freshtoken_api.testing"]

def test_the_sync_notices_a_dead_token(salesforce):
    held = salesforce.token("integration@acme.example")
    salesforce.org.passwords.change("integration", "Harbour-Light-7", "Fresh-Start-88")
    ...  # point your client at salesforce.url, or give it salesforce.environment
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from freshtoken_api.serve.authority import Authority, environment
from freshtoken_api.serve.server import Addresses, Ports, Serving
from freshtoken_model.decision.credentials import QUICK
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.clock import parse_moment

START = parse_moment("2026-11-24T14:00:00Z", "UTC")


@dataclass(frozen=True, slots=True)
class Salesforce:
    """A served org: where it answers, and the org itself for use cases (`org.passwords`,
    `org.tokens`, `org.users` ...).
    """

    org: Org
    addresses: Addresses

    @property
    def url(self) -> str:
        """Plain HTTP: `SalesforceLogin(scratch_url=...)`, `new jsforce.Connection({loginUrl})`,
        curl.
        """
        return self.addresses.http

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which an unmodified client comes here for
        https://login.salesforce.com.
        """
        at = self.addresses
        return environment(at.ca, at.ca_bundle, at.proxy, at.http)

    def token(self, username: str) -> str:
        """The newest security token that the user or one of its API clients was given; whether it
        still works, you know.
        """
        mailed = self.org.mail.newest_token(username)
        held = next(
            (client.token for client in self.org.clients.all() if client.username == username), ""
        )
        return mailed or held


@contextmanager
def serving_fresh_org(
    folder: Path, seed: str = "testing", frozen_at: int | None = START
) -> Iterator[Salesforce]:
    """The training org in a file of `folder`, served on free ports of loopback; its clock stands
    still by default.
    """
    path = folder / "org.db"
    Org.create(path, seed=seed, frozen_at=frozen_at, hashing=QUICK)
    pool, loop = OrgPool(path, QUICK), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="freshtoken", daemon=True)
    thread.start()
    try:
        serving = Serving(pool, Ports(http=0, tls=0, proxy=0), Authority(folder / "ca"))
        addresses = asyncio.run_coroutine_threadsafe(serving.start(), loop).result(timeout=30)
        try:
            with Org(path, QUICK) as org:
                yield Salesforce(org, addresses)
        finally:
            asyncio.run_coroutine_threadsafe(serving.stop(), loop).result(timeout=30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        pool.close()


@pytest.fixture
def salesforce(tmp_path: Path) -> Iterator[Salesforce]:
    """A fresh training org on free ports."""
    with serving_fresh_org(tmp_path) as served:
        yield served

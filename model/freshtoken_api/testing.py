"""What the pytest fixture `salesforce` gives to other test suites: a training org on free ports,
for the time of a test.

def test_the_sync_notices_a_dead_token(salesforce):
    held = salesforce.token("integration")
    salesforce.org.passwords.change("integration", "Harbour-Light-7", "Fresh-Start-88")
    ...  # point your client at salesforce.url, or give it salesforce.environment
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from freshtoken_api.control.making import make_org
from freshtoken_api.injection import Injections
from freshtoken_api.serve.authority import Authority, environment
from freshtoken_api.serve.server import Addresses, Ports, Serving
from freshtoken_model.decision.credentials import QUICK
from freshtoken_model.files.training_org import DEFAULT, Beginning
from freshtoken_model.org import Org
from freshtoken_model.outcomes import live_token
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.clock import parse_moment
from freshtoken_model.values.errors import NotAllowedError

START = parse_moment("2026-11-24T14:00:00Z", "UTC")


@dataclass(frozen=True, slots=True)
class Salesforce:
    """A served org: its addresses, the org for use cases (`org.passwords`, `org.tokens`,
    `org.users` ...), and the faults that calls are answered with (`faults.add`).
    """

    org: Org
    addresses: Addresses
    faults: Injections

    @property
    def url(self) -> str:
        """The address for plain HTTP, as for `SalesforceLogin(scratch_url=...)`,
        `new jsforce.Connection({loginUrl})` or curl.
        """
        return self.addresses.http

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that lead an unmodified client here when it calls
        https://login.salesforce.com.
        """
        at = self.addresses
        return environment(at.ca, at.ca_bundle, at.proxy, at.http)

    def token(self, user: str) -> str:
        """The live security token of a user, by username or its part before @. Raises LookupError
        when there is none, or when neither a mail nor an API client has it: the org itself keeps a
        digest only.
        """
        try:
            return live_token(self.org, user)
        except NotAllowedError as error:
            how = f"A new one is mailed by: salesforce.org.tokens.reset({user!r})"
            raise LookupError(f"{error} {how}") from error

    def add_callback(self, url: str, app: str = "") -> None:
        """Let a connected app, the first one unless another is named, send users back to a
        callback URL. Raises OrgError.
        """
        self.org.apps.add_callback(app or self.org.apps.all()[0].name, url)


@contextmanager
def serving_fresh_org(
    folder: Path,
    seed: str = "testing",
    frozen_at: int | None = START,
    preset: str = DEFAULT,
    as_of: str | None = None,
) -> Iterator[Salesforce]:
    """The training org in a file of `folder`, served on free ports of loopback. Its clock is frozen
    at `frozen_at`; None lets it run. `as_of`: a moment at which it is frozen instead, with what
    Salesforce retires until then retired. Raises OrgError.
    """
    path = folder / "org.db"
    make_org(path, QUICK, Beginning(seed, frozen_at, preset), as_of)
    pool, loop = OrgPool(path, QUICK), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="freshtoken", daemon=True)
    thread.start()
    try:
        ports, faults = Ports(http=0, tls=0, proxy=0), Injections()
        serving = Serving(pool, ports, Authority(folder / "ca"), injections=faults)
        addresses = asyncio.run_coroutine_threadsafe(serving.start(), loop).result(timeout=30)
        try:
            with Org(path, QUICK) as org:
                yield Salesforce(org, addresses, faults)
        finally:
            asyncio.run_coroutine_threadsafe(serving.stop(), loop).result(timeout=30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        pool.close()

"""aio-sf, unmodified, through the proxy: client credentials, and a login whenever introspection says
that its token is over.

Skipped where it is missing: pip install --no-deps aio-sf. Its exporter wants pandas and pyarrow;
its client needs httpx alone.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import failed
from .keys import APP

aio_sf = pytest.importorskip("aio_sf", reason="no aio-sf: pip install --no-deps aio-sf")

MY_DOMAIN, LOGIN_HOST = "https://acme.my.salesforce.com", "https://login.salesforce.com"
COUNT = "SELECT Id, Name FROM Account"


@pytest.fixture(autouse=True)
def led_here(salesforce: Salesforce, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variables of `freshtoken serve env`."""
    for name, value in salesforce.environment.items():
        monkeypatch.setenv(name, value)


@asynccontextmanager
async def client_of(org: Org, host: str = MY_DOMAIN, secret: str = "") -> AsyncIterator[Any]:
    """The client; it closes its connections after a refused login too, as its own `async with` does
    not.
    """
    app = org.apps.get(APP)
    way_in = aio_sf.ClientCredentialsAuth(host, app.consumer_key, secret or app.consumer_secret)
    client = aio_sf.SalesforceClient(way_in)
    try:
        yield client
    finally:
        await client.close()


async def count(client: Any) -> int:
    """How many accounts it sees; its first call logs in."""
    return len([row async for row in await client.query.soql(COUNT)])


async def test_one_login_is_enough_for_a_run(org: Org) -> None:
    """It compares `exp` of introspection with its own clock: in org time it would log in before
    every request.
    """
    before = len(org.history.logins(USER))
    async with client_of(org) as client:
        assert (await count(client), await count(client)) == (5, 5)
    assert len(org.history.logins(USER)) == before + 1


async def test_a_password_change_does_not_reach_it(org: Org) -> None:
    async with client_of(org) as client:
        assert await count(client) == 5
        org.passwords.change(USER, OLD, NEW)
        assert await count(client) == 5
    async with client_of(org) as another:
        assert await count(another) == 5
    assert failed(org) == 0


async def test_a_session_that_ends_costs_one_new_login(org: Org) -> None:
    async with client_of(org) as client:
        assert await count(client) == 5
        before = len(org.history.logins(USER))
        org.admin.end_sessions(USER)
        assert await count(client) == 5
    assert len(org.history.logins(USER)) == before + 1


@pytest.mark.parametrize(
    ("how", "status"), [({"secret": "wrong"}, "400"), ({"host": LOGIN_HOST}, "400")]
)
async def test_a_refusal_is_tried_once_and_named_by_its_status_alone(
    org: Org, how: dict[str, str], status: str
) -> None:
    async with client_of(org, **how) as client:
        with pytest.raises(aio_sf.SalesforceAuthError, match=f"'{status} "):
            await count(client)
    assert failed(org) == 0


async def test_a_frozen_user_ends_it(org: Org) -> None:
    async with client_of(org) as client:
        assert await count(client) == 5
        org.users.freeze(USER)
        with pytest.raises(aio_sf.SalesforceAuthError, match="after 401 response"):
            await count(client)

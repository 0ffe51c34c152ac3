"""A served org with the control API, driven over HTTP as a test suite in any language does."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from freshtoken_api.control.guard import network_of
from freshtoken_api.control.orgs import Orgs
from freshtoken_api.serve.authority import Authority
from freshtoken_api.serve.journal import Entry
from freshtoken_api.serve.server import Addresses, Ports
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool

from ...world import CHEAP

TOKEN = "a-token-of-the-tests-0123456789"


@dataclass
class Driven:
    """A served org: its addresses, a client with the token, the journal, and the org itself."""

    addresses: Addresses
    client: httpx.Client
    journal: list[Entry]
    org: Org

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.client.request(method, path, **more)

    def get(self, path: str, **query: object) -> Any:
        """What a GET that must work answers."""
        return self._done(self.call("GET", path, params=query))

    def post(self, path: str, **body: object) -> Any:
        """What a POST that must work answers."""
        return self._done(self.call("POST", path, json=body))

    def refused(self, method: str, path: str, **more: Any) -> tuple[int, str, str]:
        """Status, code and sentence of a call that must not work."""
        answer = self.call(method, path, **more)
        error = answer.json()["error"]
        assert set(error) == {"code", "message"}
        return answer.status_code, error["code"], error["message"]

    @staticmethod
    def _done(answer: httpx.Response) -> Any:
        assert answer.is_success, answer.text
        return answer.json()


@contextmanager
def driven(org_file: Path, folder: Path, *networks: str, **ports: Any) -> Iterator[Driven]:
    """An org on free ports, in a loop of its own."""
    journal: list[Entry] = []
    pool, loop = OrgPool(org_file, CHEAP), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(timeout=30)

    try:
        where = Ports(http=0, tls=0, proxy=0, **ports)
        known = tuple(map(network_of, networks))
        orgs = Orgs(pool, where, Authority(folder / "ca"), journal.append, TOKEN, known)
        addresses = run(orgs.start())
        assert addresses.control is not None
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        base = addresses.control.url
        try:
            with (
                Org(org_file, CHEAP) as org,
                httpx.Client(base_url=base, headers=bearer, trust_env=False, timeout=20) as client,
            ):
                yield Driven(addresses, client, journal, org)
        finally:
            run(orgs.stop())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        pool.close()


@pytest.fixture
def control(org_file: Path, tmp_path: Path) -> Iterator[Driven]:
    """The control API of a served org that no other test uses."""
    with driven(org_file, tmp_path) as found:
        yield found


@pytest.fixture
def log_in(control: Driven) -> Callable[..., httpx.Response]:
    """A SOAP login() of the integration user, at the plain port of an org."""

    def login(password: str, url: str = "") -> httpx.Response:
        from ..conftest import login_body

        return httpx.post(
            f"{url or control.addresses.http}/services/Soap/u/64.0",
            content=login_body("integration@acme.example", password),
            headers={"Content-Type": "text/xml"},
            trust_env=False,
        )

    return login

"""What the clients share: a served org, in this process or in one of its own, and how a Python
client is led to it.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

from freshtoken.pytest_plugin import salesforce
from freshtoken_api.testing import Salesforce, serving_fresh_org
from freshtoken_model.org import Org

from ..world import INTEGRATION as USER
from ..world import RUN

__all__ = ["salesforce"]

PATIENCE = 20.0
REFUSED = "Invalid username, password, security token; or user locked out."
NEW_LOCATION = (
    REFUSED
    + " Are you at a new location? When accessing Salesforce--either via a desktop client or the "
    "API"
)
"""How the words for a missing token begin, after the words for everything else."""
LIMIT = 10
"""Invalid logins until the lockout."""
FOREIGN = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "FRESHTOKEN_URL"),
    *("SF_DOMAIN_RETRY", "SF_DISABLE_DNS_CHECK", "SFDX_DISABLE_DNS_CHECK"),
)
"""Variables of the machine that would lead a client, or its trust, elsewhere."""


@pytest.fixture(autouse=True)
def own_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    """No client is led by the machine's own proxies and CAs."""
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def eventually(happened: Callable[[], bool], what: str) -> None:
    """Wait until something has happened, and fail when it does not."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, f"it did not happen: {what}"
        os.sched_yield()


def fresh_token(org: Org, user: str = USER) -> str:
    """The token of the newest mail."""
    token = org.mail.newest_token(user)
    assert token is not None, "no token was mailed"
    return token


def failed(org: Org, user: str = USER) -> int:
    """How many invalid logins the org has counted."""
    return org.users.get(user).failed_attempts


def freshtoken(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    """Run a command line to its end."""
    options: dict[str, object] = {
        "capture_output": True,
        "text": True,
        "timeout": 60,
        "check": False,
        **more,
    }
    return subprocess.run([*RUN, *words], **options)  # type: ignore[call-overload]


@contextmanager
def signals(ignored: Collection[int] = ()) -> Iterator[None]:
    """A process started in here ignores these signals and no other, however the tests started."""
    numbers = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
    before = {
        n: signal.signal(n, signal.SIG_IGN if n in ignored else signal.SIG_DFL) for n in numbers
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Served:
    """`freshtoken serve` on free ports, in a process of its own. `ignored`: signals."""

    def __init__(self, org_file: Path, *options: str, ignored: Collection[int] = ()) -> None:
        ready = org_file.with_suffix(".ready")
        ready.unlink(missing_ok=True)  # of a run before
        self.journal = org_file.with_suffix(".journal")
        words = [
            "--org",
            str(org_file),
            "serve",
            "--port",
            "0",
            "--tls-port",
            "0",
            "--proxy-port",
            "0",
        ]
        words += ["--ready-file", str(ready), "--journal", str(self.journal), *options]
        with signals(ignored):
            self.process = subprocess.Popen(
                [*RUN, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        end = time.monotonic() + PATIENCE
        while not ready.exists():
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.02)
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < end, "the ports did not answer"
        self.ready_file = ready
        self.ready = json.loads(ready.read_text())
        self.url = self.ready["http"]

    def entries(self) -> list[dict]:
        """The request journal."""
        return [json.loads(line) for line in self.journal.read_text().splitlines()]

    def stop(self, how: int = signal.SIGTERM) -> tuple[int, str]:
        """Stop it; exit code, what it said on stderr. Fails when it has not ended in PATIENCE."""
        self.process.send_signal(how)
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said

    def end(self) -> None:
        """Stop it if it still runs, and close its pipes."""
        if self.process.poll() is None:
            self.stop()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


class ToLocal(HTTPAdapter):
    """Sends what goes to Salesforce to a local port: public API of requests only, no CA, nothing
    leaves the machine.
    """

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = urlsplit(base)

    def send(self, request: requests.PreparedRequest, **more: object) -> requests.Response:  # type: ignore[override]
        url = urlsplit(str(request.url))
        request.headers["Host"] = url.netloc
        request.url = urlunsplit((self._base.scheme, self._base.netloc, url.path, url.query, ""))
        return super().send(request, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Salesforce]:
    """One served org for the tests of a module that change nothing in it."""
    with serving_fresh_org(tmp_path_factory.mktemp("house")) as served:
        yield served


@pytest.fixture
def org(salesforce: Salesforce) -> Org:
    """The served org itself."""
    return salesforce.org


@pytest.fixture
def token(salesforce: Salesforce) -> str:
    """The integration user's live token, as the API client holds it."""
    return salesforce.token(USER)


@pytest.fixture
def session(salesforce: Salesforce) -> Iterator[requests.Session]:
    """A requests session whose https goes to the served org."""
    with requests.Session() as local:
        local.trust_env = False
        local.mount("https://", ToLocal(salesforce.url))
        yield local


@pytest.fixture
def served(org_file: Path) -> Iterator[Served]:
    """The org of org_file, served by a process of its own until the test ends."""
    running = Served(org_file)
    yield running
    running.end()

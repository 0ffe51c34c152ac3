"""A served org in a process of its own, and how a Python client is pointed at it without a CA."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

from freshtoken_model.org import Org

RUN = [sys.executable, "-c", "from freshtoken_tui.cli import main; main()"]
PATIENCE = 20.0


class Served:
    """`freshtoken serve` on a free port."""

    def __init__(self, org_file: Path, *options: str) -> None:
        ready = org_file.with_suffix(".ready")
        self.journal = org_file.with_suffix(".journal")
        words = ["--org", str(org_file), "serve", "--port", "0", "--ready-file", str(ready), "--journal", str(self.journal)]
        self.process = subprocess.Popen([*RUN, *words, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + PATIENCE
        while not ready.exists():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < end, "the port did not answer"
            os.sched_yield()
        self.url = json.loads(ready.read_text())["http"]

    def entries(self) -> list[dict]:
        """The request journal."""
        return [json.loads(line) for line in self.journal.read_text().splitlines()]

    def stop(self, how: int = signal.SIGTERM) -> tuple[int, float, str]:
        """Stop it; exit code, seconds it took, what it said on stderr."""
        start = time.monotonic()
        self.process.send_signal(how)
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, time.monotonic() - start, said


class ToLocal(HTTPAdapter):
    """Sends what goes to Salesforce to a local port: public API of requests only, no CA, nothing leaves the machine."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = urlsplit(base)

    def send(self, request: requests.PreparedRequest, **more: object) -> requests.Response:  # type: ignore[override]
        url = urlsplit(request.url)
        request.headers["Host"] = url.netloc
        request.url = urlunsplit((self._base.scheme, self._base.netloc, url.path, url.query, ""))
        return super().send(request, **more)  # type: ignore[arg-type]


@pytest.fixture
def served(org_file: Path) -> Iterator[Served]:
    """The org of org_file, served until the test ends."""
    running = Served(org_file)
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture
def session(served: Served) -> Iterator[requests.Session]:
    """A requests session whose https goes to the served org."""
    with requests.Session() as local:
        local.trust_env = False
        local.mount("https://", ToLocal(served.url))
        yield local


@pytest.fixture
def org(org_file: Path) -> Iterator[Org]:
    """The same org file, opened beside the server, with the hashing the server has."""
    with Org(org_file) as opened:
        yield opened

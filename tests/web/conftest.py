"""Servers of freshtoken web."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .visitors import Server


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers whose orgs are in tmp_path/class, and stops them."""
    running: list[Server] = []

    def one(*options: str) -> Server:
        running.append(Server(tmp_path / "class", *options))
        return running[-1]

    yield one
    for server in running:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture
def server(start: Callable[..., Server]) -> Server:
    """A server as it is by default."""
    return start()

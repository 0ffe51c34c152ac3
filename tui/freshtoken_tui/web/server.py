"""Runs freshtoken web on its port until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from freshtoken_api.serve.server import Port, bind, port_config

from .folders import Folders
from .places import Places
from .site import LONGEST_MESSAGE, Site

PULSE = 20.0
"""Seconds between two pings of a WebSocket, and until one without an answer is closed."""


@asynccontextmanager
async def served(
    folder: Path, host: str, port: int, most: int, idle: float, said: Callable[[str], None]
) -> AsyncIterator[str]:
    """Serve visitors whose folders are in `folder`; the address that answers. Raises
    PortTakenError.
    """
    sock = bind(host, port)
    number = sock.getsockname()[1]
    reached = "127.0.0.1" if sock.getsockname()[0] == "0.0.0.0" else host
    places = Places(most, idle, said)
    site = Site(Folders(folder), places, host, number)
    server = Port(
        port_config(
            site.app,
            ws="auto",
            ws_max_size=LONGEST_MESSAGE,
            ws_ping_interval=PULSE,
            ws_ping_timeout=PULSE,
        )
    )
    running = asyncio.create_task(server.serve([sock]))
    watching = asyncio.create_task(places.watch())
    try:
        await server.answers.wait()
        yield f"http://{reached}:{number}/"
    finally:
        watching.cancel()
        await places.close()
        server.should_exit = True
        await asyncio.gather(running, return_exceptions=True)
        sock.close()

"""Golden files: the bytes of every reply and fault. A case names its file, a fault's key or '', and
how to get the reply.

Missing files (never one that exists) are written by FRESHTOKEN_GOLDEN=new python -m pytest
tests/api -n 0; read them against the sources before they are committed.
"""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .wire_helpers import Scene

GOLDEN = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class Case:
    """One reply. `file` names its golden file with the suffix; several cases may share one."""

    file: str
    fault: str
    status: int
    play: Callable[[Scene], Awaitable[Any]]

    @property
    def name(self) -> str:
        return f"{self.file}-{self.fault}" if self.fault else self.file

    async def check(self, scene: Scene) -> None:
        """The reply is what the golden file holds, to the byte."""
        reply = await self.play(scene)
        path = GOLDEN / self.file
        if os.environ.get("FRESHTOKEN_GOLDEN") == "new" and not path.exists():
            path.write_bytes(reply.content)
        assert (reply.status_code, reply.content) == (self.status, path.read_bytes())

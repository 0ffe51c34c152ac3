"""The process of one visitor's app, and its packets: a letter, a length in four bytes, what is
said. D are bytes of the terminal, M is JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from freshtoken_model.store.orgfile import DATA_VARIABLE, VARIABLE, data_folder
from freshtoken_model.store.whole_file import write_whole
from freshtoken_model.training.content.trust import TRUST_FILE

BEGINNING = b"__GANGLION__\n"
"""What Textual's web driver writes before its first packet."""
DRIVER = "freshtoken_tui.web_driver:VisitorDriver"
LONGEST_ERROR = 4_000
"""Bytes of standard error that are kept: its end."""
PATIENCE = 5.0
"""Seconds that an app may take to end before it is killed."""
OWN_BLOCKS = str(1 << 20)
"""Bytes from which glibc gives freed memory back at once: without it a process keeps what the first
password hashes took, 94 MB of it in place of 76 MB.
"""


class VisitorProcess:
    """A running app. Made by start()."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self._in, self._out, self._errors = process.stdin, process.stdout, process.stderr

    @classmethod
    async def start(cls, folder: Path, width: int, height: int) -> VisitorProcess:
        """Start the app of the visitor who has this folder, on a terminal of so many columns and
        rows. Raises OSError.
        """
        await asyncio.to_thread(_share_trust, folder)
        given = {name: value for name, value in os.environ.items() if name != VARIABLE}
        own = {
            DATA_VARIABLE: str(folder),
            "TEXTUAL_DRIVER": DRIVER,
            "TEXTUAL_COLOR_SYSTEM": "truecolor",
            "TERM": "xterm-256color",
            "COLUMNS": str(width),
            "ROWS": str(height),
            "MALLOC_MMAP_THRESHOLD_": OWN_BLOCKS,
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "freshtoken_tui.cli.visitor"),
            env={**given, **own},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # ctrl+c is the server's: it ends the apps in its order
        )
        return cls(process)

    async def packets(self) -> AsyncIterator[tuple[bytes, bytes]]:
        """What the app says, packet by packet, until it ends."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await self._out.readuntil(BEGINNING)
            while True:
                head = await self._out.readexactly(5)
                yield head[:1], await self._out.readexactly(int.from_bytes(head[1:], "big"))

    async def ended(self) -> tuple[int, str]:
        """Wait for the end. Returns the exit code, and the end of what was said on standard
        error.
        """
        said = b""
        while part := await self._errors.read(LONGEST_ERROR):
            said = (said + part)[-LONGEST_ERROR:]
        return await self._process.wait(), said.decode("utf-8", "replace").strip()

    async def type(self, data: bytes) -> None:
        """Give the app what was typed; nothing happens when it has ended."""
        await self._write(b"D", data)

    async def tell(self, kind: str, **more: int) -> None:
        """Tell the app of the terminal: attach, resize, focus, blur, quit."""
        await self._write(b"M", json.dumps({"type": kind, **more}).encode())

    async def _write(self, letter: bytes, content: bytes) -> None:
        with suppress(ConnectionError, RuntimeError):
            self._in.write(letter + len(content).to_bytes(4, "big") + content)
            await self._in.drain()

    async def end(self) -> None:
        """End the app as its own Quit does; kill it when that takes longer than PATIENCE."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.tell("quit")
                await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


def _share_trust(folder: Path) -> None:
    """Let a visitor's app run the programs that whoever runs the server has allowed, and no others.
    Raises OSError.
    """
    allowed = data_folder() / TRUST_FILE
    (folder / TRUST_FILE).unlink(missing_ok=True)
    if allowed.is_file():
        write_whole(folder / TRUST_FILE, allowed.read_bytes())

"""Runs the command of a client in a process group of its own, with a limit in time, and keeps what
it prints, without secrets and up to a limit in size.
"""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .evidence import Leak, Process
from .secrets import Redactor, Secrets

LARGEST_OUTPUT = 10_000_000
"""Bytes of each stream that are kept."""
READ_AT_A_TIME = 1 << 18
GRACE = 2.0
"""Seconds from SIGTERM to SIGKILL, and for what was printed last to be read."""
LAST_WORDS = 0.5
"""Seconds that the pipes may stay open after the command has ended: what it left behind holds
them.
"""
STREAMS = ("stdout", "stderr")


class CommandError(Exception):
    """The command cannot be run; the message says why."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a command ended, the secrets that it printed, and the files with what it printed."""

    process: Process
    leaks: tuple[Leak, ...]
    files: tuple[Path, ...]


@dataclass(slots=True)
class _Kept:
    """One stream: its file, and how much of it there was."""

    name: str
    path: Path
    redactor: Redactor
    total: int = 0
    written: int = 0

    async def read(self, pipe: IO[bytes]) -> None:
        """Read a pipe to its end; what is beyond LARGEST_OUTPUT is counted and dropped."""
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader(READ_AT_A_TIME)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_read_pipe(lambda: protocol, pipe)
        with open(self.path, "wb", opener=_for_the_owner) as file:
            try:
                while data := await reader.read(READ_AT_A_TIME):
                    self.total += len(data)
                    self._write(file, self.redactor.feed(data))
                    await asyncio.sleep(0)  # a command that prints without end lets others run
            finally:
                self._write(file, self.redactor.end())
                transport.close()

    def _write(self, file: IO[bytes], data: bytes) -> None:
        room = data[: max(0, LARGEST_OUTPUT - self.written)]
        self.written += file.write(room)


async def run_command(
    command: Sequence[str],
    environment: Mapping[str, str],
    limit: float,
    folder: Path,
    secrets: Secrets,
) -> Run:
    """Run a command to its end, or until `limit` seconds are over; its output goes to files in
    `folder`. All that it started is ended with it. Raises CommandError.
    """
    process = _started(command, environment)
    started = time.monotonic()
    ended = asyncio.create_task(asyncio.to_thread(process.wait))
    kept = [
        _Kept(name, folder / f"{name}.txt", Redactor(secrets, LARGEST_OUTPUT)) for name in STREAMS
    ]
    reading = [
        asyncio.create_task(stream.read(pipe))
        for stream, pipe in zip(kept, (process.stdout, process.stderr), strict=True)
        if pipe is not None
    ]
    try:
        ended_by = await _until_ended(process.pid, ended, limit)
        seconds = time.monotonic() - started
        left = _is_alive(process.pid)
        await asyncio.wait(reading, timeout=LAST_WORDS if left else GRACE)
        left = left and _is_alive(process.pid)
    finally:
        _signal(process.pid, signal.SIGKILL)
        await _finish(reading)
        await ended
    assert process.returncode is not None
    return Run(
        Process(
            exit_status=process.returncode,
            seconds=seconds,
            ended_by=ended_by,
            output_bytes=sum(stream.total for stream in kept),
            dropped_bytes=sum(max(0, stream.total - stream.written) for stream in kept),
            left_processes=left and not ended_by,
        ),
        tuple(Leak(stream.name, what) for stream in kept for what in sorted(stream.redactor.seen)),
        tuple(stream.path for stream in kept),
    )


def _started(command: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """The command in a process group of its own. Not by asyncio, whose wait() waits for the pipes
    too in some versions of Python: what the command left behind may hold them.
    """
    try:
        return subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            pipesize=READ_AT_A_TIME,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise CommandError(f"{command[0]}: there is no such command.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CommandError(f"{command[0]} cannot be run: {reason}.") from None


async def _until_ended(group: int, ended: "asyncio.Task[int]", limit: float) -> str:
    """Wait for the end of a command, and end it at the limit; the signal that did."""
    ended_by = ""
    for patience, number in ((limit, signal.SIGTERM), (GRACE, signal.SIGKILL)):
        await asyncio.wait([ended], timeout=patience)
        if ended.done():
            return ended_by
        _signal(group, number)
        ended_by = number.name
    await ended
    return ended_by


async def _finish(reading: Sequence["asyncio.Task[None]"]) -> None:
    """Let the readers come to the end of the pipes; who has left the process group may hold them
    open for ever.
    """
    await asyncio.wait(reading, timeout=LAST_WORDS)
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _is_alive(group: int) -> bool:
    """Whether a process group has members."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)

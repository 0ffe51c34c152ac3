"""What the fault campaigns share: their shape, a room of its own for every case, processes, the app
on a pty, and checks.
"""

import errno
import fcntl
import inspect
import io
import os
import random
import re
import select
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar, NamedTuple

from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.org import Org
from freshtoken_model.values.clock import parse_moment
from freshtoken_tui import cli

RUN = [sys.executable, "-m", "freshtoken_tui"]
CHEAP = Hashing(memory_kib=8, passes=1)
START = parse_moment("2026-11-24T14:00:00Z", "UTC")
USER, OLD, NEW = "integration@acme.example", "Harbour-Light-7", "Fresh-Start-88"
HANG, PATIENCE = 20.0, 30.0
"""Seconds: what a command may take, and what a loaded machine may need to start a program."""
CODES = frozenset({0, 1, 2, 3, 74})
"""The exit codes of the command line; 74: the output cannot be written."""
FOREIGN = re.compile(
    r"FRESHTOKEN_.*|.*_PROXY|(REQUESTS|CURL)_CA_BUNDLE|SSL_CERT_.*|NO_COLOR|TEXTUAL.*|COLUMNS|LINES",
    re.I,
)
"""Variables of the machine that no case may see."""
CRASHED = re.compile(
    r"Traceback \(most recent call last\)|stopped because of an internal error|Fatal "
    r"Python error"
)
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\udc80-\udc9f]|\r(?!\n)")
"""Control characters that are no line ends and no tabs; as surrogates: single bytes of C1 that are
no UTF-8.
"""
TRICKS = re.compile(CONTROL.pattern + "|[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\u2028\u2029]")
"""These, bidirectional controls and the line ends of Unicode."""


# ---- campaigns


@dataclass(frozen=True, slots=True)
class Failure:
    """What failed, and what repeats it: campaign, seed and number of the case."""

    campaign: str
    seed: int
    number: int
    what: str

    def __str__(self) -> str:
        return (
            f"--only {self.campaign} --seed {self.seed} --number {self.number}: {plain(self.what)}"
        )


@dataclass(slots=True)
class Result:
    """How many cases of a campaign were tried, and what failed."""

    name: str
    tried: int = 0
    failures: list[Failure] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """How many cases failed."""
        return len({failure.number for failure in self.failures})


class Campaign:
    """Numbered cases that depend on the seed alone. `share` weighs its time; a batch of cases
    shares what is running.
    """

    name: ClassVar[str]
    share: ClassVar[int] = 1
    batch: ClassVar[int] = 1

    def __init__(self, place: Path, seed: int) -> None:
        self.place, self.seed = place, seed

    def attempt(self, number: int) -> list[str]:
        """Try one case; what failed, a line each."""
        raise NotImplementedError

    def close(self) -> list[str]:
        """End what still runs; what failed in that."""
        return []

    def dice(self, number: int) -> random.Random:
        """The chances of one case."""
        return random.Random(f"{self.name} {self.seed} {number}")

    @contextmanager
    def room(self) -> Iterator[Path]:
        """An empty folder for one case, deleted afterwards."""
        folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=self.place))
        try:
            for name in ("tmp", "data/freshtoken", "config/freshtoken"):
                (folder / name).mkdir(mode=0o700, parents=True)
            (folder / "config/freshtoken/settings.toml").write_text("welcomed = true\n")
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def carry_out(
    kind: type[Campaign],
    place: Path,
    seed: int,
    *,
    first: int = 0,
    count: int | None = None,
    seconds: float | None = None,
) -> Result:
    """Try cases from `first` on, at most `count`, for about `seconds`."""
    campaign, result = kind(place, seed), Result(kind.name)
    end = time.monotonic() + seconds if seconds is not None else None
    number = first - 1
    try:
        while (count is None or result.tried < count) and (end is None or time.monotonic() < end):
            number += 1
            result.tried += 1
            try:
                found = campaign.attempt(number)
            except (Exception, Hung) as error:
                found = [f"the case could not be tried: {error!r}"]
            result.failures += [
                Failure(kind.name, seed, number, what.replace(f"{place}/", "")) for what in found
            ]
    finally:
        result.failures += [
            Failure(kind.name, seed, number, what.replace(f"{place}/", ""))
            for what in campaign.close()
        ]
    return result


# ---- rooms


def environment(room: Path) -> dict[str, str]:
    """The environment of a case: nothing of the machine's own data, settings, proxies and temporary
    files.
    """
    kept = {name: value for name, value in os.environ.items() if not FOREIGN.fullmatch(name)}
    own = {
        "HOME": room,
        "XDG_DATA_HOME": room / "data",
        "XDG_CONFIG_HOME": room / "config",
        "TMPDIR": room / "tmp",
    }
    return (
        kept
        | {name: str(path) for name, path in own.items()}
        | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    )


@cache
def template(preset: str = "default") -> bytes:
    """A training org with cheap hashing, frozen, as the bytes of its file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "org.db"
        Org.create(path, seed="faults", frozen_at=START, hashing=CHEAP, preset=preset)
        return path.read_bytes()


def furnish(room: Path, name: str = "org.db", preset: str = "default") -> Path:
    """Put a training org into a room."""
    path = room / name
    path.write_bytes(template(preset))
    path.chmod(0o600)
    return path


def query(path: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of an SQLite file."""
    with closing(sqlite3.connect(path, timeout=10)) as conn:
        return conn.execute(statement, values).fetchall()


def unsound(path: Path) -> list[str]:
    """What is wrong with an org file; nothing if it opens and is whole."""
    try:
        with Org(path, CHEAP) as org:
            org.users.all()
            org.info()
        found = query(path, "pragma integrity_check")
    except Exception as error:
        return [f"{path.name} does not open: {error!r}"]
    return [] if found == [("ok",)] else [f"integrity_check of {path.name}: {found[:3]}"]


# ---- the command line in this process


class Hung(BaseException):
    """A command took too long."""


def _alarm(number: int, frame: FrameType | None) -> None:
    raise Hung


@contextmanager
def inside(room: Path) -> Iterator[None]:
    """This process as a process of the room: environment, folder, temporary files."""
    kept, folder = dict(os.environ), Path.cwd()
    own = environment(room)
    os.environ.clear()
    os.environ.update(own)
    os.chdir(room)
    tempfile.tempdir = None
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
        os.chdir(folder)
        tempfile.tempdir = None


def call(words: Sequence[str], stdin: bytes = b"") -> tuple[int, str, str]:
    """Run a command line in this process: exit code, stdout, stderr. What it raises comes through;
    Hung after HANG s.
    """
    out, err = io.BytesIO(), io.BytesIO()
    kept = sys.stdin, sys.stdout, sys.stderr, sys.argv
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(
        err, encoding="utf-8", errors="backslashreplace", write_through=True
    )
    sys.argv = ["freshtoken", *words]
    before = signal.signal(signal.SIGALRM, _alarm)
    signal.setitimer(signal.ITIMER_REAL, HANG)
    try:
        code = _enter(list(words))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        for stream in (sys.stdout, sys.stderr):
            with suppress(ValueError, OSError):
                stream.flush()
        said, told = (stream.getvalue().decode("utf-8", "surrogateescape") for stream in (out, err))
        sys.stdin, sys.stdout, sys.stderr, sys.argv = kept
    return code, said, told


def _enter(words: list[str]) -> int:
    """Through the program's entry point, whichever it has; its exit code."""
    run: Callable[..., object] | None = getattr(cli, "run", None)
    try:
        if run is None:
            found: object = cli.main.main(
                words, prog_name="freshtoken", standalone_mode=True, obj=CHEAP
            )
        else:
            found = run(words) if inspect.signature(run).parameters else run()
    except SystemExit as ended:
        found = ended.code
    return found if isinstance(found, int) else 0 if found is None else 1


# ---- processes


class Ended(NamedTuple):
    """A process that has ended, or was ended after its time: then `code` is None."""

    code: int | None
    out: str
    err: str


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """End a process and what it started; it leads a session of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def start(
    words: Sequence[str], room: Path, before: Sequence[str] = (), **more: str
) -> "subprocess.Popen[bytes]":
    """Start a command line in a process and session of its own. `before`: what runs it; `more`:
    variables.
    """
    return subprocess.Popen(
        [*before, *RUN, *(os.fsencode(word) for word in words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=room,
        env=environment(room) | more,
        start_new_session=True,
    )


def finish(process: "subprocess.Popen[bytes]", seconds: float = HANG) -> Ended:
    """Wait for the end of a process, and bring it about after so many seconds."""
    try:
        out, err = process.communicate(timeout=seconds)
        code: int | None = process.returncode
    except subprocess.TimeoutExpired:
        kill_group(process)
        out, err = process.communicate()
        code = None
    kill_group(process)
    return Ended(
        code, out.decode("utf-8", "surrogateescape"), err.decode("utf-8", "surrogateescape")
    )


def appears(path: Path, process: "subprocess.Popen[bytes]", patience: float = PATIENCE) -> bool:
    """Wait for a file that a process makes; False when the process ends or the time is over
    before.
    """
    end = time.monotonic() + patience
    while not path.exists() and process.poll() is None and time.monotonic() < end:
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    return path.exists()


def wrong(
    ended: Ended, codes: frozenset[int] = CODES, forbidden: re.Pattern[str] = CONTROL
) -> list[str]:
    """What is wrong with how a command ended."""
    if ended.code is None:
        return [f"hung for {HANG:.0f} s"]
    found = []
    if CRASHED.search(ended.err) or CRASHED.search(ended.out):
        found.append(f"crashed: {last_line(ended.err or ended.out)}")
    if ended.code not in codes:
        found.append(f"exit code {ended.code}: {last_line(ended.err)}")
    for name, text in (("stdout", ended.out), ("stderr", ended.err)):
        if match := forbidden.search(text):
            found.append(
                f"{match[0]!r} on {name}: {text[max(0, match.start() - 30) : match.end() + 20]!r}"
            )
    return found


def last_line(text: str) -> str:
    """The last line that says something, at most 160 characters."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")[:160]


def plain(text: str) -> str:
    """A text that can be printed, in one line."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


# ---- the app on a pseudo terminal


class Terminal:
    """The app, on a pseudo terminal of 120x40 that is its controlling terminal. `seen`: all bytes
    it has written.
    """

    def __init__(self, room: Path, *words: str, **more: str) -> None:
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        try:
            self.process = subprocess.Popen(
                [*RUN, *words],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                cwd=room,
                env=environment(room) | more,
                start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            )
        finally:
            os.close(slave)
        self.seen, self.open, self.room = b"", True, room

    def press(self, keys: bytes) -> None:
        """Send keys in one write, as a terminal does."""
        with suppress(OSError):
            os.write(self.master, keys)

    def read(self, seconds: float) -> bool:
        """Read what comes within so many seconds; False when nothing did."""
        if not self.open:
            return False
        if not select.select([self.master], [], [], max(0.0, seconds))[0]:
            return False
        try:
            data = os.read(self.master, 1 << 16)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        self.seen += data
        self.open = bool(data)
        return self.open

    def pump(self, seconds: float) -> None:
        """Read all that comes for so many seconds."""
        end = time.monotonic() + seconds
        while self.open and (left := end - time.monotonic()) > 0:
            self.read(left)

    def wait_for(self, wanted: bytes, patience: float = PATIENCE) -> bool:
        """Read until something was written; False when it did not come or the app has ended."""
        end = time.monotonic() + patience
        while wanted not in self.seen and self.open and time.monotonic() < end:
            self.read(min(1.0, end - time.monotonic()))
        return wanted in self.seen

    def settle(self, quiet: float = 0.25, first: float = 1.0, limit: float = 8.0) -> None:
        """Read until nothing comes for `quiet` seconds; `first`: seconds until it must have
        begun.
        """
        end = time.monotonic() + limit
        if self.read(first):
            while self.open and time.monotonic() < end and self.read(quiet):
                pass

    def ready(self) -> bool:
        """Wait until the app shows an org."""
        shown = self.wait_for(b"CONNECTED")
        self.settle(first=0.3)
        return shown

    def ended(self, patience: float) -> int | None:
        """Read on until the process has ended: its exit code, or None when it has not ended in
        time.
        """
        end = time.monotonic() + patience
        while self.process.poll() is None and time.monotonic() < end:
            if not self.read(0.05) and not self.open:
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(max(0.01, end - time.monotonic()))
        while self.read(0.0):
            pass
        return self.process.poll()

    def quit(self) -> list[str]:
        """Press ctrl+q; what is wrong with how the app ends."""
        self.press(b"\x11")
        code = self.ended(10)
        if CRASHED.search(self.text):
            return [self.complaint()]
        if code is None:
            return ["ctrl+q did not end the app within 10 s"]
        return [] if code == 0 else [f"the app ended with exit code {code}: {last_line(self.text)}"]

    @property
    def text(self) -> str:
        """What the app has written."""
        return self.seen.decode("utf-8", "surrogateescape")

    def complaint(self) -> str:
        """With what it stopped: the last line of crash.log, else of what it has written."""
        report = self.room / "data/freshtoken/crash.log"
        told = last_line(report.read_text(errors="replace")) if report.exists() else ""
        lines = [line for line in self.text.splitlines() if CRASHED.search(line)]
        return f"the app stopped: {told or (lines[-1][-160:] if lines else last_line(self.text))}"

    def close(self) -> None:
        """End the app and its terminal."""
        if self.process.poll() is None:
            kill_group(self.process)
        with suppress(OSError):
            os.close(self.master)
        self.open = False

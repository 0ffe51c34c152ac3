"""A server of freshtoken web in a process of its own, and tabs at the other end of its WebSocket,
which read the text that the app draws.
"""

import json
import os
import re
import signal
import subprocess
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from ..world import RUN

PATIENCE = 60
"""Seconds before what should be seen counts as missing."""
CONTROL = re.compile(r"\x1b\][^\x07]*\x07|\x1b\[[0-9;?$<>=]*[A-Za-z]|\x1b.")
"""What steers a terminal."""
ENTER, ESCAPE, TAB, F5, CTRL_Q, CTRL_S = b"\r", b"\x1b", b"\t", b"\x1b[15~", b"\x11", b"\x13"
WELCOME = "Close esc"
"""What is read in the words of welcome, and nowhere behind them."""
QUIT, OTHER_TAB, IDLE, FULL, FAILED, UNKNOWN, STOPPED = range(4000, 4007)
NOT_OURS = 1003
"""The codes of a close, as the page in the browser knows them."""


class Server:
    """freshtoken web on a free port, until stop()."""

    def __init__(self, orgs: Path, *options: str) -> None:
        self.orgs, self.errors = orgs, orgs.with_suffix(".err")
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*RUN, "web", "--port", "0", "--orgs", str(orgs), "--json", *options],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self.process.stdout is not None
        lines: list[str] = []
        while not lines or lines[-1].rstrip() != "}":
            line = self.process.stdout.readline()
            assert line, self.errors.read_text()
            lines.append(line)
        self.url: str = json.loads("".join(lines))["url"].rstrip("/")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal; its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def come(self, name: str = "") -> str:
        """A visitor's first visit; the cookie."""
        answer = httpx.post(f"{self.url}/begin", data={"name": name}, headers={"origin": self.url})
        assert answer.status_code == 303, answer.text
        return answer.headers["set-cookie"].partition(";")[0]

    def get(self, path: str, cookie: str = "", **headers: str) -> httpx.Response:
        """A page, as a browser with this cookie gets it."""
        given = {"cookie": cookie, **headers} if cookie else headers
        return httpx.get(self.url + path, headers=given)

    def tab(self, cookie: str, width: int = 120, height: int = 40) -> "Tab":
        """A tab of a visitor's browser."""
        return Tab(self.url, cookie, width, height)

    def apps(self) -> list[int]:
        """The processes of visitors' apps that run, by /proc."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                variables = (place / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(
                one.startswith(b"FRESHTOKEN_DATA=" + bytes(self.orgs.absolute()))
                for one in variables
            ):
                found.append(int(place.name))
        return found


class Tab:
    """A tab that shows an app, and what was drawn since the last look."""

    def __init__(self, url: str, cookie: str, width: int, height: int) -> None:
        headers = {"Cookie": cookie} if cookie else {}
        self._open = ExitStack()
        socket = connect(
            url.replace("http", "ws", 1) + "/terminal",
            additional_headers=headers,
            origin=Origin(url),
            max_size=None,
        )
        self.socket = self._open.enter_context(socket)
        self.drawn, self.asked = b"", list[dict[str, str]]()
        with suppress(ConnectionClosed):  # closes() says why
            self.say(type="size", width=width, height=height)

    def say(self, **words: object) -> None:
        """Tell the server something."""
        self.socket.send(json.dumps(words))

    def type(self, *keys: bytes | str) -> None:
        """Press keys."""
        for key in keys:
            self.socket.send(key.encode() if isinstance(key, str) else key)

    @property
    def text(self) -> str:
        """The text that was drawn, in the order in which it was, blanks folded."""
        return " ".join(CONTROL.sub(" ", self.drawn.decode("utf-8", "replace")).split())

    def sees(self, words: str) -> None:
        """Wait until words are drawn; what came before them is forgotten."""
        end = time.monotonic() + PATIENCE
        while words not in self.text:
            try:
                found = self.socket.recv(max(end - time.monotonic(), 0))
            except TimeoutError:
                raise AssertionError(f"{words!r} was not drawn: {self.text[-2000:]}") from None
            if isinstance(found, str):
                self.asked.append(json.loads(found))
            else:
                self.drawn += found
        self.drawn = b""

    def is_asked(self) -> dict[str, str]:
        """Wait until the browser is asked for something."""
        while not self.asked:
            found = self.socket.recv(PATIENCE)
            if isinstance(found, str):
                self.asked.append(json.loads(found))
            else:
                self.drawn += found
        return self.asked.pop()

    def closes(self) -> int:
        """Wait until the server closes; its code."""
        try:
            while True:
                self.socket.recv(PATIENCE)
        except ConnectionClosed as closed:
            assert closed.rcvd is not None, "the connection was lost without a goodbye"
            return closed.rcvd.code

    def close(self) -> None:
        """Close the tab."""
        self._open.close()


def gone(process: int) -> bool:
    """Whether a process has ended."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True

"""Chromium at the other end of its DevTools protocol: one browser, a context of its own (cookies
too) for each page. Pages draw without WebGL, so that what the terminal shows can be read as text.
"""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from .visitors import WELCOME

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE, PAUSE = 60, 0.05
"""Seconds before something that should be seen counts as missing; seconds between two looks."""
ALT, CONTROL = 1, 2
CODES = {"Enter": 13, "Escape": 27, "Tab": 9, **{f"F{n}": 111 + n for n in range(1, 13)}}
"""Keys that write nothing, by their numbers."""
SIGNS = {"-": 189, ".": 190, "@": 50}
"""Characters whose number is not that of their key."""
CHARACTERS = {"Enter": "\r"}
READ_STYLED = "[...document.querySelectorAll('.xterm-rows > div')]"
READ = f"{READ_STYLED}.map(row => row.textContent)"


def program() -> str | None:
    """The browser of this machine, if it has one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Session:
    """A connection of the DevTools protocol."""

    def __init__(self, url: str) -> None:
        self._open, self._number = ExitStack(), 0
        self._socket: ClientConnection = self._open.enter_context(connect(url, max_size=None))

    def __call__(self, method: str, **params: object) -> Any:
        """Call a method; its result."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(PATIENCE))
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def close(self) -> None:
        """Close it."""
        self._open.close()


class Browser:
    """A headless Chromium, until close()."""

    def __init__(self, name: str, folder: Path) -> None:
        """`folder`: its profile."""
        options = ["--headless=new", "--disable-3d-apis", "--no-first-run", "--disable-gpu"]
        options += [f"--user-data-dir={folder}", "--remote-debugging-port=0"]
        if hasattr(os, "getuid") and os.getuid() == 0:
            options.append("--no-sandbox")
        self._process = subprocess.Popen(
            [name, *options, "about:blank"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        port = folder / "DevToolsActivePort"
        until(lambda: port.exists() and port.read_text().count("\n") >= 1, "the browser started")
        number, path = port.read_text().split("\n")[:2]
        self._port = int(number)
        self._session = Session(f"ws://127.0.0.1:{self._port}{path}")

    def page(self, url: str, width: int = 1200, height: int = 800) -> "Page":
        """A page in a context of its own."""
        context = self._session("Target.createBrowserContext")["browserContextId"]
        target = self._session("Target.createTarget", url="about:blank", browserContextId=context)[
            "targetId"
        ]
        page = Page(Session(f"ws://127.0.0.1:{self._port}/devtools/page/{target}"))
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        page.call("Page.navigate", url=url)
        return page

    def close(self) -> None:
        """End it."""
        self._session.close()
        self._process.terminate()
        self._process.wait(PATIENCE)

    def version(self) -> str:
        """What it calls itself."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/json/version") as answer:
            return str(json.load(answer)["Browser"])


class Page:
    """Somebody at a page, with a keyboard and a mouse."""

    def __init__(self, session: Session) -> None:
        self.call = session

    def script(self, expression: str) -> Any:
        """The value of an expression in the page; None while it loads."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    def lines(self) -> list[str]:
        """What the terminal shows, line by line."""
        return [line.replace("\xa0", " ") for line in self.script(READ) or []]

    def sees(self, words: str) -> None:
        """Wait until words stand in the terminal."""
        until(lambda: any(words in line for line in self.lines()), words, self.lines)

    def reads(self, words: str) -> None:
        """Wait until words stand on the page, outside of the terminal."""
        until(lambda: words in (self.script("document.body.innerText") or ""), words, self.lines)

    def press(self, key: str, held: int = 0) -> None:
        """Press a key: a character, or the name of one that writes nothing."""
        code = CODES.get(key) or SIGNS.get(key) or ord(key.upper())
        text = CHARACTERS.get(key, key if key not in CODES and not held else "")
        event: dict[str, object] = {"key": key, "windowsVirtualKeyCode": code, "modifiers": held}
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        self.call("Input.dispatchKeyEvent", **event, **down)
        self.call("Input.dispatchKeyEvent", **event, type="keyUp")

    def type(self, text: str) -> None:
        """Type a text."""
        for character in text:
            self.press(character)

    def tab_to(self, words: str) -> None:
        """Press Tab, and wait until the line with these words is drawn otherwise: it has the focus.
        Until then Textual gives what is typed to the field before.
        """
        drawn = f"({READ_STYLED}).find(row => row.textContent.includes({json.dumps(words)}))"
        before = self.script(f"{drawn}.innerHTML")
        self.press("Tab")
        until(lambda: self.script(f"{drawn}.innerHTML") != before, f"focus on {words}", self.lines)

    def click(self, words: str, right: int = 0) -> None:
        """Click words in the terminal, or so many columns to the right of their beginning."""
        self.sees(words)
        lines = self.lines()
        row = next(number for number, line in enumerate(lines) if words in line)
        column = lines[row].index(words) + right + 1
        box = self.script(
            "(({x, y, width, height}) => ({x, y, width, height}))"
            "(document.querySelector('.xterm-screen').getBoundingClientRect())"
        )
        wide = box["width"] / max(map(len, lines))
        place = {
            "x": box["x"] + (column + 0.5) * wide,
            "y": box["y"] + (row + 0.5) * box["height"] / len(lines),
        }
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def begin(self, name: str) -> None:
        """Give a name at the first visit, and close the words of welcome."""
        self.reads("Your name")
        self.script("document.querySelector('#name').focus()")
        self.type(name)
        self.press("Enter")
        self.sees(WELCOME)
        self.press("Escape")
        until(lambda: not any(WELCOME in line for line in self.lines()), "it closed")

    def close(self) -> None:
        """Close the page."""
        self.call("Page.close")
        self.call.close()


def until(holds: Callable[[], bool], what: str, shown: Callable[[], list[str]] = list) -> None:
    """Wait until something holds; fail with what is shown."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"{what!r} did not happen:\n" + "\n".join(shown()))
        time.sleep(PAUSE)

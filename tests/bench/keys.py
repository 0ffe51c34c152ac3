"""From a key to the repaint it causes, page by page: on an org with a million logins, while
`freshtoken serve` answers real logins on it.

python tests/bench/keys.py [rows] [--quiet]    (a benchmark, not a test: nothing here fails for
being slow; --quiet: without the traffic)
"""

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from multiprocessing import Process
from pathlib import Path

from history import CHEAP, make
from servers import freshtoken
from textual.app import App
from textual.events import Key
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen

from freshtoken_model.org import Org

LIST, FIELDS = ("down", "down", "up", "up"), ("tab", "tab", "shift+tab", "shift+tab")
PAGES = {
    "home": FIELDS,
    "inbox": LIST,
    "setup": LIST,
    "history": ("pagedown", "down", "up", "pageup"),
    "timeline": ("right", "left"),
    "incident": LIST,
    "labs": LIST,
    "exam": LIST,
    "demos": LIST,
    "assumptions": FIELDS,
    "production": LIST,
}
"""Keys that change what is shown, for each page."""
PRESSES, PAUSE = 300, 0.04
"""Keys a page, and seconds between two: a key that is held down."""
TRAFFIC = """
import sys, time, urllib.request
from urllib.error import HTTPError
url, body = sys.argv[1], sys.argv[2].encode()
while True:
    try:
        headers = {"Content-Type": "text/xml", "SOAPAction": "login"}
        urllib.request.urlopen(urllib.request.Request(url, body, headers)).read()
    except HTTPError as error:
        error.read()
    time.sleep(0.1)
"""
LOGIN = """<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<login xmlns="urn:partner.soap.sforce.com"><username>nora@acme.example</username><password>Wrong-Boat-7</password></login>
</s:Body></s:Envelope>"""


class Stopwatch:
    """Notes when a key was handled, by whoever handled it last, and when the screen was drawn."""

    def __init__(self, app: App[None]) -> None:
        self.key: Key | None = None
        self.handled, self.drawn = 0.0, list[tuple[float, float]]()
        dispatch, display = MessagePump._dispatch_message, app._display

        async def dispatched(pump: MessagePump, message: Message) -> None:
            await dispatch(pump, message)
            if message is self.key:
                self.handled = time.perf_counter()

        def displayed(screen: Screen[object], renderable: object) -> None:
            start = time.perf_counter()
            display(screen, renderable)
            self.drawn.append((start, time.perf_counter()))

        MessagePump._dispatch_message = dispatched  # type: ignore[method-assign]
        app._display = displayed  # type: ignore[method-assign]

    async def press(self, app: App[None], key: str) -> float | None:
        """Press a key; ms until what it changed was drawn, None where it changed nothing."""
        self.key, self.drawn = Key(key, None), []
        start = time.perf_counter()
        app.post_message(self.key)
        for _ in range(10):
            await asyncio.sleep(PAUSE)
            ended = [end for began, end in self.drawn if began >= self.handled > start]
            if ended:
                return (ended[0] - start) * 1000
        return None


async def measure(path: Path, size: tuple[int, int]) -> None:
    """Every page, one after the other, in one app."""
    from freshtoken_tui.app import FreshtokenApp
    from freshtoken_tui.cli.steps import run_line

    app = FreshtokenApp(path, run_line, CHEAP)
    app.settings.welcomed = app.alone = True
    every: list[float] = []
    async with app.run_test(size=size):
        while app.client.pane is None or not app.client.pane.ready:
            await asyncio.sleep(0.05)
        watch = Stopwatch(app)
        for name, wanted in PAGES.items():
            await app.pages.go(name).wait()
            await asyncio.sleep(1.5)
            keys = [wanted[number % len(wanted)] for number in range(PRESSES)]
            taken = [(await watch.press(app, key), key) for key in keys]
            times = sorted((ms, key) for ms, key in taken if ms is not None)
            if not times:
                print(f"  {name:12} nothing was drawn")
                continue
            every += [ms for ms, _ in times]
            middle, last = times[len(times) // 2][0], times[int(len(times) * 0.99)][0]
            most, slowest = times[-1]
            words = f"median {middle:5.1f}   p99 {last:5.1f}   most {most:5.1f} ms ({slowest})"
            print(f"  {name:12} {words}, {len(times)} of {PRESSES} drawn", flush=True)
    every.sort()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  all pages    p99 {every[int(len(every) * 0.99)]:.1f} ms; peak memory {memory:.0f} MB")


def main() -> None:
    """Make the org, let it be called, press keys."""
    words = [word for word in sys.argv[1:] if word.isdigit()]
    rows = int(words[0]) if words else 1_000_000
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        os.environ |= {"XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder, "HOME": folder}
        path = Path(folder) / "many.db"
        make(path, rows)
        with Org(path, CHEAP) as org:
            for _ in range(4):  # mails to go through
                org.tokens.reset("integration")
        if "--quiet" not in sys.argv:
            _, ready = running.enter_context(freshtoken(path, "Cloud"))
            url = f"{ready['http']}/services/Soap/u/64.0"
            caller = subprocess.Popen([sys.executable, "-c", TRAFFIC, url, LOGIN])
            running.callback(caller.kill)
        for size in ((80, 24), (120, 40)):
            print(
                f"{rows:,} rows at {size[0]}x{size[1]}; load {os.getloadavg()[0]:.1f}", flush=True
            )
            process = Process(target=lambda size=size: asyncio.run(measure(path, size)))
            process.start()
            process.join()


if __name__ == "__main__":
    main()

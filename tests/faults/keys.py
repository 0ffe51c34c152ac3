"""Keys: global keys of the app pressed faster than its screens come and go, and the keys of lists,
fields and buttons on whatever is open; it must go on, and end by ctrl+q.
"""

from contextlib import ExitStack
from itertools import product
from pathlib import Path
from random import Random

from freshtoken_tui.commands import COMMANDS

from .harness import CRASHED, Campaign, Terminal, furnish

FUNCTION_KEYS = dict(
    zip(
        (f"f{n}" for n in range(1, 13)),
        (
            b"\x1bOP",
            b"\x1bOQ",
            b"\x1bOR",
            b"\x1bOS",
            *(b"\x1b[%d~" % n for n in (15, 17, 18, 19, 20, 21, 23, 24)),
        ),
        strict=True,
    )
)
"""What xterm sends."""
GAPS = (0.0, 0.03, 0.08, 0.15)
"""Seconds between the keys of a triple."""


def sequence(key: str) -> bytes:
    """What a terminal sends for a key as Textual names it. Raises KeyError."""
    if key.startswith("ctrl+"):
        return bytes([ord(key.removeprefix("ctrl+")) & 31])
    return FUNCTION_KEYS[key]


KEYS = {
    command.key: sequence(command.key)
    for command in COMMANDS
    if command.key and command.id != "quit"
}


WITHIN = {
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    "pageup": b"\x1b[5~",
    "pagedown": b"\x1b[6~",
    "delete": b"\x1b[3~",
    "shift+tab": b"\x1b[Z",
    "enter": b"\r",
    "tab": b"\t",
    "space": b" ",
    "backspace": b"\x7f",
    **{letter: letter.encode() for letter in "adeghijklnopsuxyz0123/?"},
}
"""Keys of what has the focus."""
SENT = KEYS | WITHIN
MANY = 12
"""Of them in a case."""


class Keys(Campaign):
    """A pair in one write, then keys of lists and fields on some page, then a triple with gaps, and
    so on; an app is used for a batch, until it stops.
    """

    name, share, batch = "keys", 3, 9

    def __init__(self, place: Path, seed: int) -> None:
        super().__init__(place, seed)
        self._pairs = list(product(KEYS, repeat=2))
        Random(f"pairs {seed}").shuffle(self._pairs)
        self._app: Terminal | None = None
        self._closing = ExitStack()
        self._pressed: list[str] = []

    def attempt(self, number: int) -> list[str]:
        """Press the keys of one case; whether the app goes on."""
        found = self.close() if number % self.batch == 0 else []
        app = self._app or self._started()
        dice = self.dice(number)
        if number % 3 == 1:
            page = dice.choice(list(KEYS))
            inside = [dice.choice(list(WITHIN)) for _ in range(MANY)]
            words, gap = [page, *inside], dice.choice(GAPS[1:])
            how = " ".join(words)
        elif number % 3 == 2:
            words, gap = [dice.choice(list(KEYS)) for _ in range(3)], dice.choice(GAPS)
            how = f"{' '.join(words)} with {gap * 1000:.0f} ms between"
        else:
            words, gap = list(self._pairs[number // 3 % len(self._pairs)]), 0.0
            how = f"{' '.join(words)} in one write"
        if gap:
            for word in words:
                app.press(SENT[word])
                app.pump(gap)
        else:
            app.press(b"".join(SENT[word] for word in words))
        self._pressed.append(how)
        app.settle()
        if CRASHED.search(app.text) or app.process.poll() is not None:
            app.ended(10)
            found.append(f"{how}: {app.complaint()}")
            self._end()
        elif number % self.batch == self.batch - 1:
            found += self.close()
        return found

    def close(self) -> list[str]:
        """Press ctrl+q in the app that still runs."""
        if self._app is None:
            return []
        found = [f"ctrl+q after {'; '.join(self._pressed)}: {what}" for what in self._app.quit()]
        self._end()
        return found

    def _started(self) -> Terminal:
        room = self._closing.enter_context(self.room())
        self._app = Terminal(room, "--org", str(furnish(room)))
        self._closing.callback(self._app.close)
        if not self._app.ready():
            complaint = self._app.complaint()
            self._end()
            raise RuntimeError(f"the app did not start: {complaint}")
        return self._app

    def _end(self) -> None:
        self._closing.close()
        self._app, self._pressed = None, []

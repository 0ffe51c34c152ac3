"""The command line's words beside the keys that a lab's text names, for labs done without the
app.
"""

import re
import shlex
from collections.abc import Iterable

KEY_LINES = {
    "f2": "login USER --protocol ui",
    "f3": "mail USER",
    "f4": "setup, user, profile, integration",
    "f5": "history USER",
    "f6": "lab list",
    "f7": "exam practice",
    "f8": "client list",
    "f9": "client login NAME",
    "f10": "client set NAME --newest-token",
    "ctrl+b": "org back",
    "ctrl+d": "demo list",
    "ctrl+e": "incident USER",
    "ctrl+g": "client query NAME",
    "ctrl+k": "clock advance SPAN",
    "ctrl+l": "timeline",
    "ctrl+n": "password change USER",
    "ctrl+o": "clock advance 15m",
    "ctrl+s": "serve",
    "ctrl+t": "login USER --why",
    "ctrl+y": "token reset USER",
}
"""What does on the command line what a key does in the app, by the key as it comes."""
KEY = re.compile(rf"(?<![\w+])({'|'.join(map(re.escape, KEY_LINES))})(?![\w+])", re.IGNORECASE)
CLIENT_LINE = re.compile(r"client (?:set|login|query) ")


def with_commands(text: str, solution: Iterable[str]) -> str:
    """A text with the command beside each key, at the first place that names it. An API client is
    named where the text, or the lab's solution, speaks of one only.
    """
    lines = (line.removeprefix("! ") for line in solution)
    names = {shlex.split(line)[2] for line in lines if CLIENT_LINE.match(line)}
    named = {name for name in names if name in text} or names
    client = shlex.quote(named.pop()).replace("'", '"') if len(named) == 1 else "NAME"
    told: set[str] = set()

    def beside(found: re.Match[str]) -> str:
        key = found[1].lower()
        if key in told:
            return found[1]
        told.add(key)
        return f"{found[1]} [freshtoken {KEY_LINES[key].replace('NAME', client)}]"

    return KEY.sub(beside, text)

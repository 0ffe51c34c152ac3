"""Files: damaged and odd files where the program keeps its own, and outputs that cannot be
written.
"""

import os
import random
import re
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from itertools import product
from pathlib import Path

import freshtoken_data
from freshtoken_model.store.orgfile import APPLICATION_ID, FILE_FORMAT
from freshtoken_model.training import progress_file

from .harness import (
    HANG,
    RUN,
    Campaign,
    Ended,
    Terminal,
    call,
    environment,
    finish,
    furnish,
    inside,
    start,
    template,
    wrong,
)

ORG_COMMANDS = (
    *(
        "org show",
        "org steps",
        "org export",
        "history",
        "client list",
        "timeline --text",
        "incident integration",
        "mail",
    ),
    *(
        "setup show",
        "token reset integration",
        "clock advance 1h",
        "login integration --password Harbour-Light-7",
    ),
    *(
        "org snapshot copy.db",
        "org reset",
        "profile list",
        "serve run -- true",
        "org back",
        'client login "Nightly sync"',
    ),
)
PROGRESS_COMMANDS = (
    *(
        "exam stats",
        "exam export --format json",
        "exam mock --questions 20",
        "exam practice --count 1",
        "lab list",
    ),
    *("lab report", "lab start first-change", "exam reset --yes"),
)
CONTENT_COMMANDS = (
    "lab list",
    "demo list",
    "exam stats",
    "exam --only show x",
    "content check --content own",
    "lab start bad",
)
PRINTING = (
    *("--help", "--version", "org show", "org show --json", "org export", "org steps", "history", "history --csv", "mail"),
    *("history --json", "client list", "integration list", "integration kinds", "timeline --text", "timeline --json"),
    *("incident integration", "setup show", "setup ranges", "profile list", "app show", "clock show", "clock advance 1m"),
    *("lab list", "lab report", "lab start first-change", "demo list", "demo notes two-minutes", "exam stats", "serve env"),
    *("exam show session-default-timeout", "exam paper --count 3", "exam export --format csv", "content vocabulary"),
    *("login integration --password x --why", "password forgot integration@acme.example", "token "
        "reset integration"),
    *("org new x.db", "org reset --json", "user create x@acme.example --first-name x --last-name "
        "x --email x@x.example"
      " --profile 'Standard User'", "serve ca", "org back", "no-such-command", "history "
          "--no-such-option"),
    *("password change integration", "exam practice --count 1", "exam mock --questions 20", "exam reset"),
)  # fmt: skip
CLOSED = {
    "output to a full disk": ">/dev/full",
    "output closed": ">&-",
    "input closed": "<&-",
    "input and output closed": "<&- >&-",
    "errors to a full disk": "2>/dev/full",
    "errors closed": "2>&-",
    "all closed": "<&- >&- 2>&-",
}
PATHS = {
    "org": "org.db",
    "progress": "data/freshtoken/progress.db",
    "settings": "config/freshtoken/settings.toml",
}
WORDS = re.compile(r"'[^']*'|\"[^\"]*\"|\S+")

Damage = Callable[[Path, random.Random], object]
"""Puts something odd in the place of a file that is there."""


def split(line: str) -> list[str]:
    """The words of a command line."""
    return [word.strip("'\"") for word in WORDS.findall(line)]


def _instead(content: bytes) -> Damage:
    return lambda path, dice: path.write_bytes(content)


def _link(target: str) -> Damage:
    def make(path: Path, dice: random.Random) -> None:
        path.unlink()
        path.symlink_to(target)

    return make


def _remade(make: Callable[[Path], object]) -> Damage:
    def remake(path: Path, dice: random.Random) -> None:
        path.unlink()
        make(path)

    return remake


def _database(application: int, statement: str, version: int = 0) -> Damage:
    def make(path: Path) -> None:
        with closing(sqlite3.connect(path)) as conn:
            conn.execute(f"pragma application_id = {application}")
            conn.execute(f"pragma user_version = {version}")
            conn.execute(statement)
            conn.commit()

    return _remade(make)


def _flips(path: Path, dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(dice.choice((1, 4, 16, 64)) if data else 0):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(data)


def _truncated(path: Path, dice: random.Random) -> None:
    os.truncate(path, dice.randrange(max(1, path.stat().st_size)))


def _table_gone(path: Path, dice: random.Random) -> None:
    with closing(sqlite3.connect(path)) as conn:
        tables = [
            name
            for (name,) in conn.execute(
                "select name from sqlite_master where type = 'table' order by name"
            )
        ]
        table = dice.choice([name for name in tables if name != "sqlite_sequence"])
        conn.execute("pragma foreign_keys = off")
        conn.execute(f'drop table "{table}"')
        conn.commit()


def _odd_values(path: Path, dice: random.Random) -> None:
    """Texts of a table become something else that the table's own rules allow."""
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("pragma writable_schema = off")
        table = dice.choice(
            [
                n
                for (n,) in conn.execute(
                    "select name from sqlite_master where type='table' order by 1"
                )
            ]
        )
        columns = [
            row[1]
            for row in conn.execute(f'pragma table_info("{table}")')
            if row[2].lower() == "text"
        ]
        if columns:
            conn.execute(
                f'update or ignore "{table}" set "{dice.choice(columns)}" = ?', ("{\x1b]0;x",)
            )
        conn.commit()


DAMAGES: dict[str, Damage] = {
    "bit flips": _flips,
    "truncated": _truncated,
    "empty": _instead(b""),
    "text": _instead(b"Dear diary,\n"),
    "no UTF-8": _instead(b'\xff\xfe = "\x9b"\n'),
    "NULs": _instead(b"\0" * 8192),
    "deep": _instead(b"a = " + b"[" * 20_000 + b"]" * 20_000 + b"\n"),
    "directory": _remade(Path.mkdir),
    "FIFO": _remade(lambda path: os.mkfifo(path)),
    "dangling link": _link("nowhere"),
    "looping link": _link("org.db"),
    "link to itself": _remade(lambda path: path.symlink_to(path.name)),
    "link to a device": _link(os.devnull),
    "unreadable words": _instead(
        b'theme = 7\nwelcomed = "?"\nkeys = ["f1"]\nid = 1\ntitle = [[1]]\n'
    ),
    "foreign database": _database(0, "create table note (id integer primary key)"),
    "our id and no tables": _database(
        APPLICATION_ID, "create table unlike (id integer)", FILE_FORMAT
    ),
    "our id, version 0": _database(APPLICATION_ID, "create table org (id integer)"),
    "our id, newer": _database(APPLICATION_ID, "create table org (id integer)", FILE_FORMAT + 1),
    "progress id and no tables": _database(
        progress_file.PROGRESS_ID, "create table unlike (id integer)", progress_file.PROGRESS_FORMAT
    ),
}
STORED = ("table gone", "odd values")
"""Damages of databases alone."""
DAMAGES |= {"table gone": _table_gone, "odd values": _odd_values}


class Files(Campaign):
    """Every output that cannot be written, every odd file, in an order of chance; between them
    random damage of the org.
    """

    name, share = "files", 4

    def __init__(self, place: Path, seed: int) -> None:
        super().__init__(place, seed)
        self._cases: list[tuple[str, str, str]] = [
            ("output", how, line) for how, line in product(CLOSED, PRINTING)
        ]
        whole = [name for name in DAMAGES if name not in STORED]
        self._cases += product(("org",), DAMAGES, (*ORG_COMMANDS[:6], "org restore FILE --yes"))
        self._cases += product(("progress",), DAMAGES, PROGRESS_COMMANDS)
        self._cases += product(("content",), whole, CONTENT_COMMANDS)
        self._cases += product(("settings",), whole, ("",)) if os.name == "posix" else ()
        random.Random(f"files {seed}").shuffle(self._cases)
        self._progress: bytes | None = None

    def attempt(self, number: int) -> list[str]:
        """One command beside one odd file."""
        dice = self.dice(number)
        if number % 3 == 1 or number >= len(self._cases) * 3 // 2:
            random_damage = dice.choice(("bit flips", "bit flips", "truncated", *STORED))
            target, how, line = dice.choice(("org", "progress")), random_damage, ""
            line = dice.choice(ORG_COMMANDS if target == "org" else PROGRESS_COMMANDS)
        else:
            target, how, line = self._cases[number - (number + 1) // 3]
        with self.room() as room:
            org = furnish(room)
            if target == "output":
                return [f"{how}, `{line}`: {what}" for what in self._output(room, org, how, line)]
            place = self._placed(room, target, line)
            DAMAGES[how](place, dice)
            variables = {"FRESHTOKEN_CONTENT": str(room / "own")} if target == "content" else {}
            if target == "settings":
                found = self._app(room, org)
            else:
                words = [str(place) if word == "FILE" else word for word in split(line)]
                option = (
                    ["--org", str(org)]
                    if place != org or "FILE" not in line
                    else ["--org", str(furnish(room, "b.db"))]
                )
                found = wrong(finish(start([*option, *words], room, **variables)))
            return [f"{target} file: {how}, `{line or 'the app'}`: {what}" for what in found]

    def _placed(self, room: Path, target: str, line: str) -> Path:
        """A whole file of a kind, to be damaged."""
        if target == "content":
            place = (
                room
                / "own"
                / ("demos" if "demo" in line else "questions" if "exam" in line else "labs")
                / "bad.toml"
            )
            place.parent.mkdir(parents=True)
            place.write_bytes(
                (freshtoken_data.folder() / "labs" / "01-first-change.toml").read_bytes()
            )
            return place
        place = room / PATHS[target]
        if target == "progress":
            place.write_bytes(self._noted())
        return place

    def _noted(self) -> bytes:
        """A progress.db with a note of each kind."""
        if self._progress is None:
            with self.room() as room, inside(room):
                call(["lab", "start", "first-change"])
                call(["exam", "practice", "--count", "2"], b"a\n3\na\n3\na\n3\n")
                self._progress = (room / PATHS["progress"]).read_bytes()
        return self._progress

    def _app(self, room: Path, org: Path) -> list[str]:
        app = Terminal(room, "--org", str(org))
        try:
            if not app.ready() and app.process.poll() is None:
                return ["the app did not start in time"]
            return app.quit()
        finally:
            app.close()

    def _output(self, room: Path, org: Path, how: str, line: str) -> list[str]:
        """A command with a stream of its own closed or full: no traceback, and no success where the
        output was lost.
        """
        words = [*RUN, "--org", str(org), *split(line)]
        script = ["sh", "-c", f'exec "$@" {CLOSED[how]}', "sh", *words]
        given = None if "<" in CLOSED[how] else subprocess.DEVNULL
        process = subprocess.Popen(
            script,
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=room,
            env=environment(room),
            start_new_session=True,
        )
        ended = finish(process, HANG)
        found = wrong(ended)
        if how == "output to a full disk":
            found += self._blamed(ended, room, org, line)
        return found

    def _blamed(self, ended: Ended, room: Path, org: Path, line: str) -> list[str]:
        found = (
            ["the org file is blamed: " + ended.err.strip()[:120]]
            if "cannot be used" in ended.err
            else []
        )
        if ended.code == 0:
            org.write_bytes(template())
            for extra in (room / "x.db", room / "data/freshtoken/progress.db"):
                extra.unlink(missing_ok=True)
            if finish(start(["--org", str(org), *split(line)], room)).out:
                found.append("exit code 0, but its output is lost")
        return found

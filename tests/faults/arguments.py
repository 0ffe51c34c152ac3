"""Arguments: every command of the click tree, in this process, with a bad value for each of its
parameters.
"""

import random
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import click

from freshtoken_api.serve import server
from freshtoken_tui import cli

from .harness import (
    CODES,
    HANG,
    NEW,
    OLD,
    USER,
    Campaign,
    Ended,
    Hung,
    call,
    finish,
    furnish,
    inside,
    plain,
    start,
    template,
    wrong,
)

VALUES = (
    *(
        "",
        " ",
        "-1",
        "0",
        "1e9",
        "0x10",
        "nan",
        "٣",
        str(2**31),
        str(2**63 - 1),
        str(2**63),
        str(-(2**63)),
        "9" * 30,
    ),
    *(
        "x" * 300,
        "x" * 5_000,
        "é" * 200,
        "/",
        ".",
        "..",
        "//",
        "a/b/c",
        "no\0thing",
        "\0",
        "\udcff",
        "a\udc9bb\udc80",
    ),
    *(
        "a\nFORGED b",
        "\r\n",
        "\x1b[31mred",
        "\x1b]52;c;SFg=\x1b\\",
        "\x1b]0;title\x07",
        "\x9b31m",
        "\x9d0;t\x9c",
        "\x7f",
    ),
    *(
        "\u202egnp.exe",
        "\u2066x\u2069",
        "\u2028",
        "\ufeff",
        "[/b]",
        "[@click=app.quit]x[/]",
        "[",
        "=cmd()",
        "@SUM(1)",
    ),
    *(
        "%s%n{0}",
        "{reason}",
        "' or '1'='1",
        "--",
        "-",
        "--help",
        "mon 25:00",
        "99999999d",
        "2026-13-45",
        "9999-12-31T23:59:59Z",
    ),
    *(
        "0001-01-01",
        "255.255.255.256",
        "0.0.0.0",
        "::1",
        "1-0",
        "None",
        "null",
        "\N{PILE OF POO}",
        "e\u0301" * 40,
    ),
)
GOOD = {
    "user": "integration",
    "username": USER,
    "old": OLD,
    "new": NEW,
    "password": OLD,
    "first_name": "Robin",
    "last_name": "Field",
    "email": "robin@acme.example",
    "profile": "Standard User",
    "permission": "api_enabled",
    "file": "new.db",
    "name": "Nightly sync",
    "what": "login",
    "duration": "1h",
    "moment": "mon 9:00",
    "start": "203.0.113.0",
    "end": "203.0.113.9",
    "range_id": "1",
    "every": "15m",
    "app": "Acme Dashboards",
    "flows": "password",
    "url": "https://app.example/done",
    "state": "on",
    "relaxation": "relax",
    "day": "monday",
    "policy": "max_attempts",
    "value": "3",
    "question_id": "session-default-timeout",
    "kind": "json",
}
"""A value for what a command demands, by the parameter's name; else that of the command below."""
GOOD_HERE = {
    "user create username": "robin@acme.example",
    "setup set name": "max_attempts",
    "profile policy name": "Standard User",
    "profile create name": "Night shift",
    "profile hours name": "Standard User",
    "profile hours start": "09:00",
    "profile hours end": "17:00",
    "profile add-range name": "Standard User",
    "profile remove-range name": "Standard User",
    "integration add name": "Robin's export",
    "integration add kind": "simple-salesforce",
    "lab start name": "first-change",
    "lab status name": "first-change",
    "lab check name": "first-change",
    "lab hint name": "first-change",
    "lab reset name": "first-change",
    "lab solve name": "first-change",
    "demo play name": "no-such-demo",
    "demo notes name": "two-minutes",
    "app certificate file": "/",
    "exam import file": "/",
    "org restore file": "org.db",
    "serve run words": "true",
}
OUTSIDE = {"", "no\0thing", "\0", "\udcff", "a\udc9bb\udc80", "x" * 300, "x" * 5_000, "é" * 200}
"""What may stand as an address to listen on: nothing that asks a name server."""
SUBPROCESS = (
    *(
        "serve --port 70000",
        "serve --port -1",
        "serve --port x",
        "serve --host ''",
        "serve --port 1 --host 203.0.113.1",
    ),
    *(
        "serve --ready-file /",
        "serve --ready-file /nowhere/x",
        "serve --journal /",
        "serve --from nowhere",
        "serve --what",
    ),
    *(
        "serve --port 99999999999999999999",
        "demo notes --follow --content /nowhere",
        "--org / serve",
    ),
    *(
        "serve run --",
        "serve run -- ''",
        "serve run -- /",
        "serve run -- ./nothing",
        "--org ''",
        "--org /",
        "--orgs",
        "''",
    ),
)
"""Command lines that end at once, of what else would go on running."""

NO_COMMAND = frozenset({126, 127})
"""Exit codes of serve run, as shells have them."""

Case = tuple[tuple[str, ...], str, str, tuple[str, ...]]
"""A command, the parameter, its bad value, and the words."""


def commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command under one, groups too where they do something by themselves."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from commands(found, (*path, name))
        if path and command.params:
            yield path, command
    else:
        yield path, command


def _good(path: tuple[str, ...], name: str) -> str:
    return GOOD_HERE.get(f"{' '.join(path)} {name}", GOOD.get(name, "x"))


def words_of(
    path: tuple[str, ...], command: click.Command, tested: click.Parameter, value: str
) -> tuple[str, ...]:
    """A command line in which all that is demanded is good, and one parameter has this value."""
    options: list[str] = []
    arguments: list[str] = []
    for parameter in command.params:
        name, bad = parameter.name or "", parameter is tested
        text = value if bad else _good(path, name)
        if isinstance(parameter, click.Argument):
            if parameter.required or bad:
                arguments.append(text)
        elif parameter.required or bad:
            option = parameter.opts[0]
            options += [f"{option}={text}"] if option.startswith("--") else [option, text]
    if isinstance(command, click.Group):
        return (*path, *options, "list" if path[0] in ("lab", "demo") else "stats")
    return (*path, *options, *(["--", *arguments] if arguments else []))


def all_cases() -> list[Case]:
    """Every parameter that takes a value, of every command, with every bad value."""
    found: list[Case] = []
    for place, (path, command) in enumerate(commands(cli.main)):
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.is_flag:
                continue
            name = parameter.name or ""
            every = (
                8 if name == "org_file" else 1
            )  # every command has it: each of them a share of the values
            for value in VALUES[place % every :: every]:
                asks_network = name == "host" and value not in OUTSIDE
                whole_check = path == ("content", "check") and not value and name != "org_file"
                plays = path == ("content", "check") and name == "org_file"
                if not (asks_network or whole_check or plays):
                    found.append((path, name, value, words_of(path, command, parameter, value)))
    return found


async def _interrupted_at_once(started: Callable[[], None]) -> None:
    """In the place of the wait of a server that a harmless value let start."""
    started()


class Arguments(Campaign):
    """Cases in an order of chance; every fortieth in a process of its own."""

    name, share = "arguments", 2

    def __init__(self, place: Path, seed: int) -> None:
        super().__init__(place, seed)
        self._cases = all_cases()
        random.Random(f"arguments {seed}").shuffle(self._cases)

    def attempt(self, number: int) -> list[str]:
        """One command line."""
        with self.room() as room:
            org = furnish(room)
            if number % 40 == 39:
                line = SUBPROCESS[(number // 40 + self.seed) % len(SUBPROCESS)]
                ended = finish(start(shlex.split(line), room, FRESHTOKEN_ORG=str(org)))
                return [f"`{line}`: {what}" for what in wrong(ended, CODES | NO_COMMAND)]
            path, name, value, words = self._cases[number % len(self._cases)]
            with inside(room):
                found = self._called(words, org)
            short = (
                plain(value)
                if len(value) < 40
                else f"{plain(value[:3])}... ({len(value)} characters)"
            )
            return [f"`{' '.join(path)}` with {name} = '{short}': {what}" for what in found]

    def _called(self, words: tuple[str, ...], org: Path) -> list[str]:
        try:
            with patch.object(server, "until_signalled", _interrupted_at_once):
                code, out, err = call(["--org", str(org), *words])
        except Hung:
            return [f"hung for {HANG:.0f} s"]
        except Exception as error:
            return [f"{type(error).__name__}: {str(error)[:100]}"]
        found = wrong(
            Ended(code, out, err), CODES | NO_COMMAND if words[:2] == ("serve", "run") else CODES
        )
        if not org.exists() or org.stat().st_size < len(template()) // 2:
            found.append("the org file is gone or cut off")
        return found

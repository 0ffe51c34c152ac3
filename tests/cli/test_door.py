"""The one door errors leave by: a sentence and an exit code, whatever was given and wherever output
goes.
"""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

from freshtoken_api.serve import server
from freshtoken_model.org import Org
from freshtoken_model.values.visible import visible, visible_lines
from freshtoken_tui.cli import GROUPS, main
from freshtoken_tui.exit_codes import INTERNAL, OUTPUT_LOST, REFUSED, UNUSABLE, USAGE

from ..world import RUN, invoke

HUGE, LONG, NO_UTF8 = "9" * 30, "x" * 5_000, "\udcff\udcfe"
STEERING = "\x1b]52;c;eA==\x1b\\\x9b31m\u202e\nFORGED"
BAD = [HUGE, f"-{HUGE}", LONG, NO_UTF8, "", "\x00", STEERING, "[/b]", "/", "=cmd()"]
WAITS = {
    ("serve",),
    ("demo", "notes"),
    ("demo", "play"),
    ("exam",),
    ("lab", "start"),
    ("content", "check"),
}
"""Commands that wait for somebody, or play content for seconds."""


def run(file: Path, *words: str) -> Result:
    return invoke("--org", str(file), *words)


def commands() -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command of the tree that ends by itself."""
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name in GROUPS:
        group = main.get_command(click.Context(main), name)
        inner = group.commands if isinstance(group, click.Group) else {}
        if group is not None and (not inner or getattr(group, "invoke_without_command", False)):
            found.append(((name,), group))
        found += [((name, sub), command) for sub, command in inner.items()]
    return [
        (names, command) for names, command in found if names not in WAITS and names[0] != "serve"
    ]


def bad_lines(names: tuple[str, ...], command: click.Command) -> list[list[str]]:
    """Command lines with one bad value each, in the place of each parameter; the others have a
    harmless one.
    """
    lines = []
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    for place in range(len(arguments)):
        lines += [
            [*names, "--", *("1" if n != place else bad for n in range(len(arguments)))]
            for bad in BAD
        ]
    for option in (p for p in command.params if isinstance(p, click.Option) and not p.is_flag):
        lines += [[*names, f"{option.opts[0]}={bad}", *["1"] * len(arguments)] for bad in BAD]
    return lines


async def interrupted_at_once(started: Callable[[], None]) -> None:
    """In the place of the wait of a server that a harmless value let start."""
    started()


@pytest.mark.parametrize(
    ("names", "command"),
    commands(),
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_no_command_ends_in_a_traceback(
    org_file: Path, tmp_path: Path, monkeypatch, names, command
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(server, "until_signalled", interrupted_at_once)
    for words in bad_lines(names, command):
        result = run(org_file, *words)
        assert result.exception is None or isinstance(result.exception, SystemExit), (
            words,
            result.exception,
        )
        assert result.exit_code in (0, REFUSED, USAGE, UNUSABLE), (words, result.output)
        assert "Traceback" not in result.output
        printed = result.output.replace("\r\n", "\n")
        assert printed == visible_lines(printed), words


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("org", "back", HUGE), USAGE, "is not a whole number from 1 on"),
        (("password", "forgot", NO_UTF8), USAGE, "is not UTF-8"),
        (("org", "snapshot", LONG), UNUSABLE, "cannot be used: File name too long"),
        (("user", STEERING), USAGE, r"No such command '\x1b]52"),
    ],
)
def test_what_is_said(org_file: Path, words: tuple[str, ...], code: int, said: str) -> None:
    result = run(org_file, *words)
    assert result.exit_code == code
    assert said in result.stderr


def test_an_error_of_our_own_is_one_sentence_and_a_file(org_file: Path, monkeypatch) -> None:
    monkeypatch.setattr(Org, "info", lambda org: 1 / 0)
    result = run(org_file, "org", "show")
    assert result.exit_code == INTERNAL
    assert result.stderr.startswith(
        "freshtoken stopped because of an internal error (ZeroDivisionError)."
    )
    assert len(result.stderr.splitlines()) == 1
    report = Path(result.stderr.partition("is in ")[2].strip().rstrip("."))
    assert "ZeroDivisionError" in report.read_text() and report.stat().st_mode & 0o077 == 0


def process(file: Path, *words: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUN, "--org", str(file), *words], text=True, timeout=60, check=False, **more
    )  # type: ignore[call-overload]


PRINTING = [
    ("org", "show"),
    ("history", "--csv"),
    ("org", "export"),
    ("clock", "show"),
    ("--help",),
    ("lab", "list"),
]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", PRINTING, ids=" ".join)
def test_output_on_a_full_disk_is_the_outputs_fault(org_file: Path, words: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = process(org_file, *words, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (
        OUTPUT_LOST,
        "Standard output cannot be written: No space left on device.\n",
    )


@pytest.mark.parametrize("words", [w for w in PRINTING if w != ("--help",)], ids=" ".join)
def test_a_closed_standard_output_is_said(org_file: Path, words: tuple[str, ...]) -> None:
    done = process(org_file, *words, stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
    assert (done.returncode, done.stderr) == (
        OUTPUT_LOST,
        "Standard output is closed; nothing was printed.\n",
    )


def test_with_every_stream_closed_the_clock_moves_all_the_same(org_file: Path, org: Org) -> None:
    before = org.clock.read().seen_org
    done = process(
        org_file,
        "clock",
        "advance",
        "1m",
        preexec_fn=lambda: [os.close(stream) for stream in range(3)],
    )
    assert done.returncode == OUTPUT_LOST and org.clock.read().seen_org == before + 60_000


@pytest.mark.parametrize(
    "words", [("password", "change", "sam"), ("exam", "reset"), ("exam", "practice")], ids=" ".join
)
def test_a_closed_standard_input_is_nobody_to_ask(org_file: Path, words: tuple[str, ...]) -> None:
    done = process(
        org_file,
        *words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: os.close(0),
    )
    assert done.returncode in (0, USAGE) and "Traceback" not in done.stderr


def test_names_from_outside_forge_no_line_and_steer_nothing(org_file: Path, org: Org) -> None:
    org.database.conn.execute("update client set name = ? where id = 1", (STEERING,))
    org.database.conn.execute("update shape set application = ?", (STEERING,))
    for words in (
        *(
            ("history",),
            ("history", "--csv"),
            ("history", "--json"),
            ("client", "list"),
            ("client", "list", "--json"),
        ),
        *(
            ("org", "show"),
            ("org", "export"),
            ("timeline",),
            ("timeline", "--text"),
            ("timeline", "--json"),
        ),
    ):
        result = run(org_file, *words)
        assert result.exit_code == 0
        assert result.stdout == visible_lines(result.stdout)
        assert not any(line.startswith("FORGED") for line in result.stdout.splitlines())
        if "--json" in words or words[-1] == "export":
            assert visible(STEERING) in json.dumps(json.loads(result.stdout)).encode().decode(
                "unicode_escape"
            )


@pytest.mark.parametrize(
    "words",
    [
        ("--org", "none\nFORGED LINE", "org", "show"),
        ("org", "new", "/nowhere/x\nFORGED LINE"),
        ("timeline", "--svg", "/nowhere/x\nFORGED LINE"),
        ("lab", "--content", "none\nFORGED LINE", "list"),
        ("content", "check", "--content", "none\nFORGED LINE"),
        ("exam", "paper", "--count", "1", "--title", "x\nFORGED LINE"),
        ("user", "freeze", "x\nFORGED LINE"),
        ("org", "show", "x\nFORGED LINE"),
        ("history", "--since", "x\nFORGED LINE"),
        (
            "serve",
            "run",
            "--port",
            "0",
            "--tls-port",
            "0",
            "--proxy-port",
            "0",
            "--",
            "no-such\nFORGED LINE",
        ),
    ],
    ids=lambda words: " ".join(words)[:30].replace("\n", " "),
)
def test_a_line_feed_in_an_argument_forges_no_line(org_file: Path, words: tuple[str, ...]) -> None:
    result = invoke(*words, env={"FRESHTOKEN_ORG": str(org_file)})
    assert r"\nFORGED LINE" in result.output
    assert not any(line.startswith("FORGED") for line in result.output.splitlines())

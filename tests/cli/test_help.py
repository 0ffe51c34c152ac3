"""Every command and option says what it is for, `--help` is quick, and the shell completes."""

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from freshtoken_tui.cli import GROUPS, HELP, main

from ..world import invoke

TREE = [
    *(
        "org",
        "login",
        "password",
        "token",
        "user",
        "setup",
        "profile",
        "app",
        "client",
        "integration",
        "mail",
    ),
    *(
        "history",
        "incident",
        "timeline",
        "clock",
        "serve",
        "rehearse",
        "lab",
        "demo",
        "exam",
        "content",
        "web",
        "class",
        "help",
        "sources",
        "version",
        "doctor",
        "completion",
    ),
]
LEAVES = [
    "help",
    "rehearse",
    *(
        "org new",
        "org show",
        "org reset",
        "org export",
        "org back",
        "org steps",
        "org snapshot",
        "org restore",
        "login",
    ),
    *(
        "user create",
        "user edit",
        "user end-sessions",
        "password expire-all",
        "incident",
        "timeline",
        "clock next",
    ),
    *(
        "profile list",
        "profile create",
        "profile hours",
        "profile add-range",
        "profile remove-range",
        "profile policy",
    ),
    *(
        "integration list",
        "integration kinds",
        "integration add",
        "integration set",
        "integration pause",
    ),
    *("integration start", "integration remove"),
    *(
        "client list",
        "client set",
        "client login",
        "client query",
        "password forgot",
        "password link",
    ),
    *(
        "setup ranges",
        "setup add-range",
        "setup remove-range",
        "content check",
        "content vocabulary",
    ),
    *(
        "lab list",
        "lab start",
        "lab status",
        "lab check",
        "lab hint",
        "lab solve",
        "lab reset",
        "lab report",
    ),
    *(
        "demo list",
        "demo play",
        "demo notes",
        "exam practice",
        "exam mock",
        "exam stats",
        "exam show",
        "exam prove",
    ),
    *("exam export", "exam import", "exam reset", "exam paper"),
    *("password change", "password reset", "token reset"),
    *(
        "user unlock",
        "user freeze",
        "user unfreeze",
        "user grant",
        "user revoke",
        "user authenticator",
        "user code",
    ),
    *(
        "setup show",
        "setup calendar",
        "setup set",
        "app show",
        "app certificate",
        "app flows",
        "app run-as",
        "app rotation",
        "app ip-relaxation",
        "app callback list",
        "app callback add",
        "app callback remove",
        "mail",
        "history",
    ),
    *(
        "clock show",
        "clock advance",
        "clock set",
        "clock freeze",
        "clock run",
        "serve ca",
        "serve env",
        "serve run",
    ),
    *("web", "class report"),
    *("version", "sources", "doctor", "completion", "user list", "user show", "exam list"),
]
"""Every command that this release has."""


def walk(
    command: click.Command, names: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command of the tree with the words that call it."""
    yield names, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, name
            yield from walk(found, (*names, name))


COMMANDS = dict(walk(main))
"""Every command by the words that call it; the program itself by none."""
ENDS = {n: command for n, command in COMMANDS.items() if not isinstance(command, click.Group)}
"""Those that are no groups."""


def test_the_tree_is_the_one_of_the_product() -> None:
    leaves = [" ".join(names) for names in COMMANDS if names in ENDS]
    assert sorted(leaves) == sorted(LEAVES)
    assert list(GROUPS) == list(HELP) == TREE


def test_every_command_has_a_help_text_of_one_sentence_or_more() -> None:
    texts = {" ".join(names): (command.help or "").strip() for names, command in COMMANDS.items()}
    assert not [n for n, text in texts.items() if len(text.split()) < 3 or text[-1] != "."]


def test_every_option_has_a_help_text() -> None:
    options = [
        (*names, option.opts[-1], option.help or "")
        for names, command in COMMANDS.items()
        for option in command.params
        if isinstance(option, click.Option)
    ]
    assert len(options) > 200
    assert not [words for words in options if not words[-1].endswith(".")]


def test_every_command_takes_json_and_org() -> None:
    taken = {names: {o for param in ENDS[names].params for o in param.opts} for names in ENDS}
    assert not [names for names, options in taken.items() if not {"--json", "--org"} <= options]


def test_help_needs_no_org_and_makes_none(tmp_path: Path) -> None:
    for names, flag in [((), "-h"), *((names, "--help") for names in COMMANDS)]:
        result = invoke(*names, flag)
        usage = f"Usage: {' '.join(('freshtoken', *names))}"
        assert (result.exit_code, result.stderr) == (0, "") and result.stdout.startswith(usage)
    assert list(tmp_path.iterdir()) == []


def test_the_overview_has_the_help_text_of_each_group_itself() -> None:
    """It is declared apart, so that the overview imports nothing; it must not drift."""
    overview = invoke("--help").stdout
    for name, text in HELP.items():
        assert (COMMANDS[(name,)].help or "").split()[:2] == text.split()[:2]
        assert text.split(",")[0] in overview


def test_help_of_the_program_imports_no_heavy_library() -> None:
    program = (
        "import sys; sys.argv = ['freshtoken', '--help']; from freshtoken_tui.cli import "
        "main; main()"
    )
    found = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    imported = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in found.stderr.splitlines()
    }
    assert {"click", "freshtoken_tui"} <= imported
    heavy = {
        "textual",
        "sqlite_utils",
        "sqlite3",
        "httpx",
        "starlette",
        "lxml",
        "argon2",
        "asyncio",
        "freshtoken_model",
    }
    assert imported & heavy == set()


def test_a_command_that_reads_an_org_imports_only_what_it_needs(org_file: Path) -> None:
    program = (
        f"import sys; sys.argv = ['freshtoken', '--org', {str(org_file)!r}, 'clock', 'show']; "
        + ("from freshtoken_tui.cli import main; main()")
    )
    found = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    imported = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in found.stderr.splitlines()
    }
    assert "sqlite3" in imported
    assert imported & {"textual", "starlette", "httpx", "sqlite_utils"} == set()


def test_version_prints_name_and_number() -> None:
    result = invoke("--version")
    assert result.exit_code == 0 and re.fullmatch(r"freshtoken \d+\.\d+\.\d+\n", result.stdout)


def complete(*words: str, **variables: str) -> str:
    """What the installed freshtoken says to a shell that asks for completion."""
    script = Path(sysconfig.get_path("scripts")) / "freshtoken"
    found = subprocess.run(
        [script, *words],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return found.stdout


def test_click_generates_the_completion_script_for_bash() -> None:
    script = complete(_FRESHTOKEN_COMPLETE="bash_source")
    assert "complete -o nosort -F _freshtoken_completion freshtoken" in script
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("freshtoken cl", {"class", "client", "clock"}),
        (
            "freshtoken org ",
            {"new", "show", "reset", "export", "back", "steps", "snapshot", "restore"},
        ),
        ("freshtoken login sam --protocol ", {"soap", "oauth", "ui"}),
        ("freshtoken mail --tok", {"--token-only"}),
    ],
)
def test_bash_is_offered_commands_options_and_choices(typed: str, offered: set[str]) -> None:
    answer = complete(
        _FRESHTOKEN_COMPLETE="bash_complete",
        COMP_WORDS=typed,
        COMP_CWORD=str(len(typed.split(" ")) - 1),
    )
    assert {line.partition(",")[2] for line in answer.splitlines()} == offered

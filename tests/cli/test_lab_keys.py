"""A lab that is done by command line names the command beside each key."""

import re

import click
import pytest

from freshtoken_model.training.shelf import open_shelf
from freshtoken_tui.cli import main
from freshtoken_tui.cli.lab_keys import KEY, KEY_LINES, with_commands
from freshtoken_tui.commands import COMMANDS

from ..world import invoke

ANY_KEY = re.compile(r"(?<![\w+])(f\d+|ctrl\+\w+)(?![\w+])", re.IGNORECASE)
ONE = ('client set "Nightly sync" --newest-token', '! client login "Nightly sync"')
TWO = (*ONE, 'client query "Sales dashboard"', "client login Loader")


@pytest.mark.parametrize(
    ("text", "solution", "told"),
    [
        ("Then f9.", ONE, 'Then f9 [freshtoken client login "Nightly sync"].'),
        (
            "Let it (ctrl+g), then Ctrl+G.",
            ONE,
            'Let it (ctrl+g [freshtoken client query "Nightly sync"]), then Ctrl+G.',
        ),
        (
            "Paste (f10) into Sales dashboard.",
            TWO,
            'Paste (f10 [freshtoken client set "Sales dashboard" --newest-token]) '
            "into Sales dashboard.",
        ),
        ("Loader: f9", TWO, "Loader: f9 [freshtoken client login Loader]"),
        ("Press f9.", TWO, "Press f9 [freshtoken client login NAME]."),
        ("Press f9.", ("token reset sam",), "Press f9 [freshtoken client login NAME]."),
        ("f1, f12, xf9, f99 and ctrl+gg", ONE, "f1, f12, xf9, f99 and ctrl+gg"),
        ("No key here.", ONE, "No key here."),
    ],
)
def test_the_command_stands_beside_the_key(text: str, solution: tuple[str, ...], told: str) -> None:
    assert with_commands(text, solution) == told


def test_every_key_of_the_table_is_one_of_the_app() -> None:
    assert set(KEY_LINES) <= {command.key for command in COMMANDS}


@pytest.mark.parametrize("line", [one for lines in KEY_LINES.values() for one in lines.split(", ")])
def test_every_command_of_the_table_is_one_of_the_command_line(line: str) -> None:
    found: click.Command = main
    for word in line.split():
        if word.startswith("--"):
            assert any(word in parameter.opts for parameter in found.params), word
        elif isinstance(found, click.Group):
            known = found.get_command(click.Context(found), word)
            assert known is not None, word
            found = known


def test_every_key_that_a_lab_names_has_a_command() -> None:
    named = set()
    for lab in open_shelf().labs:
        texts = [lab.story, *lab.hints, *(goal.not_yet for goal in lab.goals)]
        keys = {key.lower() for text in texts for key in ANY_KEY.findall(text)}
        assert keys <= set(KEY_LINES), lab.id
        named |= keys
        for text in texts:
            assert len(set(KEY.findall(text))) == with_commands(text, lab.solution).count(
                "[freshtoken "
            )
    assert {"f9", "f10", "ctrl+g"} <= named


def test_lab_start_status_and_hint_show_it() -> None:
    started = invoke("lab", "start", "first-change").stderr
    assert 'ctrl+g [freshtoken client query "Nightly sync"]' in started
    status = invoke("lab", "status", "first-change").stdout
    assert "ctrl+n [freshtoken password change USER]" in status
    assert "[freshtoken" not in invoke("lab", "status", "first-change", "--json").stdout
    assert invoke("lab", "start", "retry-storm").exit_code == 0
    hints = "".join(invoke("lab", "hint", "retry-storm").stdout for _ in range(3))
    assert "f10 [freshtoken client set" in hints

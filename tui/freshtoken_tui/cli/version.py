"""freshtoken version."""

import click

from .common import command, echo, print_json
from .groups import CommandWithExamples


def words() -> str:
    """The program and its version."""
    from importlib.metadata import version

    return f"freshtoken {version('freshtoken')}"


@click.command("version", cls=CommandWithExamples)
@command
def version(as_json: bool) -> None:
    """Print the version."""
    if as_json:
        print_json({"version": words().split()[1]})
    else:
        echo(words())

"""freshtoken web: the app in a browser, for people without a terminal."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import click

from freshtoken_model.values.clock import SECOND
from freshtoken_tui.exit_codes import USAGE

from .common import Stop, command, echo, print_json
from .groups import CommandWithExamples
from .params import DURATION, PORT, Folder, Number

CLASS_FOLDER = "class"
"""The folder of the visitors in the data folder, where --orgs names none."""


@click.command("web", cls=CommandWithExamples)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8090, show_default=True, type=PORT, help="Its port; 0 takes any free one."
)
@click.option("--orgs", type=Folder(), help="The visitors' folders; else class in the data folder.")
@click.option(
    "--idle",
    default="30m",
    show_default=True,
    type=DURATION,
    help="An app that nobody has used for so long is ended.",
)
@click.option(
    "--most", default=40, show_default=True, type=Number(1, 1000), help="Apps at once, at most."
)
@command
def web(host: str, port: int, orgs: Path | None, idle: int, most: int, as_json: bool) -> None:
    """Show the app in browsers until interrupted: an org of one's own for each visitor."""
    if idle < SECOND:
        raise click.BadParameter("An app may be idle for a second at least.", param_hint="'--idle'")
    if importlib.util.find_spec("websockets") is None:
        raise Stop(
            "freshtoken web needs the package websockets: pip install 'freshtoken[web]'.", USAGE
        )
    from freshtoken_api.serve.external import is_loopback
    from freshtoken_api.serve.server import PortTakenError, ask_for_open_files, until_signalled
    from freshtoken_model.store.database import plainly
    from freshtoken_model.store.orgfile import data_folder
    from freshtoken_model.store.whole_file import make_folder
    from freshtoken_tui.web.server import served

    folder = orgs if orgs is not None else data_folder() / CLASS_FOLDER
    with plainly(folder):
        make_folder(folder)
    ask_for_open_files()

    def said(words: str) -> None:
        echo(words, err=True)

    async def run() -> None:
        async with served(folder, host, port, most, idle / SECOND, said) as address:

            def announce() -> None:
                if not is_loopback(host):
                    echo(open_to_others(host), err=True)
                if as_json:
                    print_json({"url": address, "orgs": str(folder.absolute())})
                else:
                    echo(address)
                    echo(f"Visitors' orgs are in {folder.absolute()}. ctrl+c stops.", err=True)

            await until_signalled(announce)

    try:
        asyncio.run(run())
    except PortTakenError as error:
        raise Stop(str(error), USAGE) from error


def open_to_others(host: str) -> str:
    """What to know when others can reach the port."""
    return (
        f"Warning: {host} can be reached by others, and there is no password: everybody who "
        "reaches it gets an org, and uses this machine's memory and time."
    )

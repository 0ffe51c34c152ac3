"""freshtoken serve: the org on local ports, for real clients; its CA, and the environment that
leads clients here.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from freshtoken_tui.exit_codes import UNUSABLE, USAGE

from .common import Stop, agree, command, echo, opened, print_json, yes_option
from .groups import Group, argument
from .output_file import check_free, force_option
from .params import OPEN_PORT, STANDARD, File, NamedChoice, called, read_text
from .serve_options import Control, control_of, port_options
from .serve_words import control_warning, open_port_warning, welcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from freshtoken_api.control.guard import Network
    from freshtoken_api.control.orgs import Orgs
    from freshtoken_api.serve.authority import Authority
    from freshtoken_api.serve.journal import Journal
    from freshtoken_api.serve.server import Addresses, Ports
    from freshtoken_model.store.database import OpenFile

NOT_FOUND = 127
"""Exit code of a command that is not there, as shells have it."""
READY = re.compile(
    rb'\{"http": "[^"]*", "https": "[^"]*", "proxy": "[^"]*", "ca": "[^"]*", "ca_bundle": '
    rb'"[^"]*"(?:, "control": \{"url": "[^"]*", "token": "[^"]*"\})?\}\n?\Z'
)
JOURNAL = re.compile(rb'\{"method": "[^"]*", "path": ')
"""What a ready file is, and how a journal begins."""
LOOKED = 0.5
"""Seconds between two looks at the org file."""


@click.group(cls=Group, invoke_without_command=True)
@port_options(8080, 8443, 8081)
@click.option(
    "--ready-file", type=File(), help="Written once every port answers: URLs and CA paths as JSON."
)
@force_option
@click.pass_context
@command
def serve(
    ctx: click.Context,
    host: str,
    allowed: tuple[str, ...],
    port: int,
    tls_port: int,
    proxy_port: int,
    network: str | None,
    journal: Path | None,
    control: bool,
    allow_control: tuple[Network, ...],
    ready_file: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Answer real Salesforce clients on local ports until interrupted. With --json the journal is
    JSON lines.
    """
    if ctx.invoked_subcommand is not None:
        return
    from freshtoken_api.serve.journal import Entry, as_json_line, as_line
    from freshtoken_api.serve.server import Ports, ask_for_open_files, until_signalled
    from freshtoken_model.store.database import OpenFile

    if ready_file is not None:
        if ready_file.exists() and not ready_file.is_file():
            raise Stop(f"{ready_file} is not a file.", USAGE)
        check_free(ready_file, force, READY)
    controlled = control_of(control, allow_control, ready_file is not None)
    path, where = _choose_network(network)
    ask_for_open_files()
    written: list[Path] = []

    def said(entry: Entry) -> None:
        if sys.stdout is None:
            return
        line = as_json_line(entry) if as_json else as_line(entry)
        with suppress(OSError, ValueError):  # the reader of the output is gone: keep serving
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    async def run(note: Journal) -> None:
        ports = Ports(host, port, tls_port, proxy_port, allowed)
        serving = _serving(path, ports, note, controlled, lambda: _remove(ready_file))
        async with serving as addresses:

            def ready() -> None:
                if ready_file is not None:
                    addresses.write(ready_file)
                    written.append(ready_file)
                echo(*welcome(path, addresses, where, ready_file), err=True)

            gone = asyncio.create_task(_until_gone(OpenFile(path)))
            ended = asyncio.create_task(until_signalled(ready))
            await asyncio.wait({ended, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                raise Stop(gone.result(), UNUSABLE)
            gone.cancel()
            await ended

    with _journalled(journal, said, force) as note:
        try:
            asyncio.run(run(note))
        except OSError as error:
            raise Stop(
                f"{error.filename or ready_file} cannot be written: {error.strerror}.", USAGE
            ) from error
        finally:
            for file in written:
                _remove(file)


@serve.command("ca")
@click.option("--remove", is_flag=True, help="Delete the CA and its keys.")
@yes_option
@command
def serve_ca(remove: bool, yes: bool, as_json: bool) -> None:
    """Print where the local CA's certificate is, and a bundle of it with the public CAs."""
    if remove:
        from freshtoken_api.serve.authority import remove_authority

        agree("Delete the local CA? Clients that trust it must be told of the next one.", yes)
        there = remove_authority()
        echo("The local CA was deleted." if there else "There is no local CA.", err=True)
        return
    authority = _authority()
    if as_json:
        print_json({"ca": str(authority.certificate), "ca_bundle": str(authority.bundle)})
    else:
        echo(authority.certificate, authority.bundle)
        echo(
            "The second holds the public CAs too. Nothing was installed: name one in a variable "
            "of a client.",
            err=True,
        )


@serve.command("env")
@click.option(
    "--shell",
    type=NamedChoice(("bash", "zsh", "fish", "powershell")),
    help="Whose lines; else by SHELL.",
)
@click.option(
    "--proxy-port",
    default=8081,
    show_default=True,
    type=OPEN_PORT,
    help="The proxy's port.",
)
@click.option("--ready-file", type=File(), help="Take the proxy from what a running serve wrote.")
@command
def serve_env(shell: str | None, proxy_port: int, ready_file: Path | None, as_json: bool) -> None:
    """Print the lines that lead a shell's clients here: eval "$(freshtoken serve env)"."""
    from freshtoken_api.serve.authority import ControlAddress, environment, export_lines

    authority, proxy, url = _authority(), f"http://127.0.0.1:{proxy_port}", ""
    control: ControlAddress | None = None
    if ready_file is not None:
        try:
            if ready_file != STANDARD and not ready_file.is_file():
                raise ValueError("it is not a file")
            read = json.loads(read_text(ready_file, "'--ready-file'"))
            proxy, url = str(read["proxy"]), str(read["http"])
            if driven := read.get("control"):
                control = ControlAddress(str(driven["url"]), str(driven["token"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            words = f"{called(ready_file)} is not the ready file of a running serve."
            raise click.BadParameter(words, param_hint="'--ready-file'") from error
    variables = environment(str(authority.certificate), str(authority.bundle), proxy, url)
    variables |= control.environment if control else {}
    if as_json:
        print_json(variables)
        return
    if shell is None:
        mine = Path(os.environ.get("SHELL", "")).name
        shell = "powershell" if os.name == "nt" else "fish" if mine == "fish" else "bash"
    echo(*export_lines(variables, shell))


@serve.command(
    "run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@port_options(0, 0, 0)
@force_option
@argument("words", metavar="COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
@command
def serve_run(
    ctx: click.Context,
    words: tuple[str, ...],
    host: str,
    allowed: tuple[str, ...],
    port: int,
    tls_port: int,
    proxy_port: int,
    network: str | None,
    journal: Path | None,
    control: bool,
    allow_control: tuple[Network, ...],
    force: bool,
    as_json: bool,
) -> None:
    """Serve while a COMMAND runs, with the environment that leads it here; exits as the command
    does.
    """
    from freshtoken_api.serve.authority import environment
    from freshtoken_api.serve.journal import silent
    from freshtoken_api.serve.server import Ports, ask_for_open_files
    from freshtoken_api.serve.signals import SIGNALLED, ending_signals
    from freshtoken_model.store.database import OpenFile

    controlled = control_of(control, allow_control, has_ready_file=True)
    path, _ = _choose_network(network)
    ask_for_open_files()

    async def serve_while(note: Journal) -> int:
        ports = Ports(host, port, tls_port, proxy_port, allowed)
        async with _serving(path, ports, note, controlled) as at:
            more = environment(at.ca, at.ca_bundle, at.proxy, at.http)
            more |= at.control.environment if at.control else {}
            gone = asyncio.create_task(_until_gone(OpenFile(path)))
            gone.add_done_callback(
                lambda done: None if done.cancelled() else echo(done.result(), err=True)
            )
            process = subprocess.Popen(
                words, env={**os.environ, "FRESHTOKEN_ORG": str(path.absolute()), **more}
            )
            interrupt = signal.signal(
                signal.SIGINT, signal.SIG_IGN
            )  # ctrl+c is the command's to answer
            ends = {
                number: signal.signal(number, lambda which, _: process.send_signal(which))
                for number in ending_signals()
            }
            try:
                return await asyncio.to_thread(process.wait)
            finally:
                gone.cancel()
                for number, handler in {signal.SIGINT: interrupt, **ends}.items():
                    signal.signal(number, handler)

    with _journalled(journal, silent, force) as note:
        try:
            code = asyncio.run(serve_while(note))
        except FileNotFoundError:
            raise Stop(f"{words[0]}: there is no such command.", NOT_FOUND) from None
        except PermissionError:
            raise Stop(f"{words[0]} cannot be run.", NOT_FOUND - 1) from None
    ctx.exit(code if code >= 0 else SIGNALLED - code)


def _choose_network(network: str | None) -> tuple[Path, str]:
    """Let outside clients call from a network, if one was named; the org's path, and where they
    call from.
    """
    with opened() as org:
        if network:
            org.setup.choose("outside_network", network)
        where = org.setup.network(org.setup.org_settings().outside_network)
        return (
            org.path,
            f"{where.name} ({where.address}, {'trusted' if where.trusted else 'not trusted'})",
        )


def _remove(ready_file: Path | None) -> None:
    """A ready file says that the ports answer: before and after they do, there is none."""
    if ready_file is not None:
        with suppress(OSError):
            ready_file.unlink(missing_ok=True)


def _authority() -> Authority:
    from freshtoken_api.serve.authority import Authority, AuthorityError

    try:
        return Authority()
    except AuthorityError as error:
        raise Stop(str(error), UNUSABLE) from error


@asynccontextmanager
async def _serving(
    path: Path,
    ports: Ports,
    note: Journal,
    control: Control | None,
    bound: Callable[[], None] = lambda: None,
) -> AsyncIterator[Addresses]:
    """The org on its ports. `bound` is called once they are ours, before anything is answered."""
    from freshtoken_api.serve.external import is_loopback
    from freshtoken_api.serve.server import PortTakenError, Serving
    from freshtoken_model.pool import OrgPool

    authority, pool = _authority(), OrgPool(path)
    try:
        try:
            serving: Serving | Orgs
            if control is None:
                serving = Serving(pool, ports, authority, note)
            else:
                from freshtoken_api.control.orgs import Orgs

                serving = Orgs(pool, ports, authority, note, control.token, control.networks)
        except PortTakenError as error:
            raise Stop(str(error), USAGE) from error
        if not is_loopback(ports.host):
            echo(open_port_warning(ports), err=True)
        if control is not None and (words := control_warning(ports, control.networks)):
            echo(words, err=True)
        bound()
        try:
            yield await serving.start()
        finally:
            await serving.stop()
    finally:
        pool.close()


async def _until_gone(file: OpenFile) -> str:
    """Wait until the org file is no longer what was opened; what has become of it."""
    while not (trouble := file.trouble()):
        await asyncio.sleep(LOOKED)
    return trouble


@contextmanager
def _journalled(path: Path | None, said: Journal, force: bool) -> Iterator[Journal]:
    """The journal: said, and kept in a file if one is named."""
    if path is None:
        yield said
        return
    if not path.exists() or path.is_file():  # a pipe or a terminal is written to, and loses nothing
        check_free(path, force, JOURNAL)
    from freshtoken_api.serve.journal import Entry, JournalFile

    try:
        kept = JournalFile(path)
    except OSError as error:
        raise Stop(f"{path} cannot be written: {error.strerror}.", USAGE) from error

    def both(entry: Entry) -> None:
        said(entry)
        kept(entry)

    try:
        yield both
    finally:
        kept.close()

"""freshtoken serve: the org on a local port, for real clients."""

import json
import sys
from pathlib import Path

import click

from freshtoken_tui.cli import USAGE

from .common import Stop, command, opened


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free port.")
@click.option("--from", "network", default="cloud", show_default=True, help="The network outside clients call from.")
@click.option("--ready-file", type=click.Path(path_type=Path, dir_okay=False), help="Written once the port answers: JSON.")
@click.option("--journal", type=click.Path(path_type=Path, dir_okay=False), help="Every request as a JSON line.")
@command
def serve(host: str, port: int, network: str, ready_file: Path | None, journal: Path | None, as_json: bool) -> None:
    """Answer real Salesforce clients over plain HTTP until interrupted. With --json the journal is JSON lines."""
    from freshtoken_api.server import OrgServer, PortTakenError, bind, is_loopback
    from freshtoken_model.pool import OrgPool

    with opened() as org:
        address, path = org.setup.network(network).address, org.path
    try:
        sock = bind(host, port)
    except PortTakenError as error:
        raise Stop(str(error), USAGE) from error
    if not is_loopback(host):
        click.echo(f"Warning: {host} can be reached by others. Made-up secrets only; there is no access control.", err=True)
    try:
        lines = journal.open("a", encoding="utf-8") if journal else None
    except OSError as error:
        raise Stop(f"{journal} cannot be written: {error.strerror}.", USAGE) from error

    def note(entry: dict[str, str | int | float]) -> None:
        line = json.dumps(entry, ensure_ascii=False)
        if lines:
            lines.write(line + "\n")
            lines.flush()
        plain = "{method} {path}  {status} {outcome}  {milliseconds} ms  {client}".format(**entry)
        click.echo(line if as_json else plain)
        sys.stdout.flush()

    pool = OrgPool(path)
    try:
        server = OrgServer(pool, sock, address, note, ready_file)
        click.echo(
            f"{path} answers at {server.url}; outside clients call from {network} ({address}). ctrl+c stops.", err=True
        )
        server.serve_until_stopped()
    finally:
        pool.close()
        sock.close()
        if lines:
            lines.close()

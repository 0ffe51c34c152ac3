"""freshtoken setup and app: an admin's settings, and the connected apps."""

from pathlib import Path
from typing import Any

import click

from freshtoken_tui.exit_codes import USAGE

from .common import Stop, command, echo, opened, print_json, print_table


@click.group()
def setup() -> None:
    """Look at Setup and change a setting."""


@setup.command()
@command
def show(as_json: bool) -> None:
    """Print every setting and its value."""
    from freshtoken_model.decision.settings import settings

    with opened() as org:
        values = org.setup.values()
    if as_json:
        print_json(values)
        return
    rows = [
        (name, values[name], setting.page, setting.label) for name, setting in settings().items()
    ]
    print_table(rows, ("NAME", "VALUE", "PAGE", "LABEL"))


@setup.command("set")
@click.argument("name")
@click.argument("value")
@command
def set_one(name: str, value: str, as_json: bool) -> None:
    """Set a setting NAME to VALUE; a running app or serve follows at once."""
    with opened() as org:
        changed = org.setup.choose(name, value)
    if as_json:
        print_json({"name": name, "value": value, "changed": changed})
    else:
        echo(f"{name} is {value}." if changed else f"{name} was {value} already.", err=True)


def _range(found: Any) -> dict[str, Any]:
    return {
        "id": found.id,
        "start": found.first,
        "end": found.last,
        "description": found.description,
    }


@setup.command()
@command
def ranges(as_json: bool) -> None:
    """Print the org's trusted IP ranges (Network Access), and the networks that lie inside one."""
    with opened() as org:
        found = [_range(one) for one in org.setup.trusted_ranges()]
        networks = {n.name: n.trusted for n in org.setup.networks()}
    if as_json:
        print_json({"trusted_ip_ranges": found, "networks": networks})
        return
    print_table(
        [(str(r["id"]), r["start"], r["end"], r["description"]) for r in found],
        ("ID", "START", "END", "DESCRIPTION"),
    )
    trusted = ", ".join(name for name, inside in networks.items() if inside)
    echo(f"Trusted: {trusted or 'no network'}.", err=True)


@setup.command("add-range")
@click.argument("start")
@click.argument("end")
@click.option("--description", default="", help="What it is.")
@command
def add_range(start: str, end: str, description: str, as_json: bool) -> None:
    """Trust the addresses from START to END: no security token is needed from there."""
    with opened() as org:
        found = org.setup.add_trusted_range(start, end, description)
    if as_json:
        print_json(_range(found))
    else:
        echo(f"{found.first} - {found.last} is trusted.", err=True)


@setup.command("remove-range")
@click.argument("range_id", metavar="ID", type=int)
@command
def remove_range(range_id: int, as_json: bool) -> None:
    """Remove the trusted range ID; ids are in: setup ranges."""
    with opened() as org:
        org.setup.remove_trusted_range(range_id)
    if as_json:
        print_json({"id": range_id, "removed": True})
    else:
        echo("It is no longer trusted.", err=True)


@click.group()
def app() -> None:
    """Connected apps: their flows, run-as user and key."""


def _said(found: Any, words: str, as_json: bool) -> None:
    from freshtoken_model.export import app_row

    if as_json:
        print_json(app_row(found))
    else:
        echo(f"{found.name} {words}.", err=True)


@app.command("show")
@command
def show_apps(as_json: bool) -> None:
    """Print the connected apps; their secrets are in: org show --json."""
    from freshtoken_model.export import app_row

    with opened() as org:
        apps = [app_row(found) for found in org.apps.all()]
    if as_json:
        print_json(apps)
        return
    for found in apps:
        echo(
            found["name"],
            f"  key        {found['key']}",
            f"  flows      {', '.join(found['flows'])}",
        )
        echo(
            f"  runs as    {found['run_as_user'] or 'nobody'}",
            f"  callbacks  {', '.join(found['callbacks'])}",
        )


@app.command()
@click.argument("app")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@command
def certificate(app: str, file: Path, as_json: bool) -> None:
    """Register the certificate or public key in FILE (PEM, RSA): JWTs for APP must be signed with
    its key.
    """
    try:
        pem = file.read_bytes()
    except OSError as error:
        raise Stop(f"{file} cannot be read: {error.strerror}.", USAGE) from error
    with opened() as org:
        found = org.apps.register_key(app, pem)
    _said(found, "takes JWTs signed with that key", as_json)


@app.command()
@click.argument("app")
@click.argument("flows", nargs=-1, required=True)
@command
def flows(app: str, flows: tuple[str, ...], as_json: bool) -> None:
    """Choose which FLOWS APP may use."""
    with opened() as org:
        found = org.apps.choose_flows(app, flows)
    _said(found, f"may use {', '.join(found.flows)}", as_json)


@app.command("run-as")
@click.argument("app")
@click.argument("user", required=False)
@command
def run_as(app: str, user: str | None, as_json: bool) -> None:
    """Let the client credentials of APP run as USER; without one, as nobody."""
    with opened() as org:
        found = org.apps.run_as(app, user)
    _said(found, f"runs as {found.run_as or 'nobody'}", as_json)

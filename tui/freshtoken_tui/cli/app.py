"""freshtoken app: the connected apps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from freshtoken_model.values.errors import BadValueError

from .common import command, echo, opened, print_json
from .groups import Group, argument
from .params import File, NamedChoice, called, read_bytes

if TYPE_CHECKING:
    from freshtoken_model.values.records import App


@click.group(cls=Group)
def app() -> None:
    """Connected apps: their flows, run-as user, key, policies and callback URLs."""


def _said(found: App, words: str, as_json: bool) -> None:
    from freshtoken_model.export import app_row

    if as_json:
        print_json(app_row(found))
    else:
        echo(f"{found.name} {words}.", err=True)


@app.command("show")
@command
def app_show(as_json: bool) -> None:
    """Print the connected apps; their secrets are in: org show --json."""
    from freshtoken_model.decision.grants import IpRelaxation
    from freshtoken_model.export import app_row

    with opened() as org:
        apps = org.apps.all()
    if as_json:
        print_json([app_row(found) for found in apps])
        return
    for found in apps:
        echo(
            found.name,
            f"  key        {found.consumer_key}",
            f"  flows      {', '.join(found.flows)}",
            f"  runs as    {found.run_as or 'nobody'}",
            f"  callbacks  {', '.join(found.callbacks)}",
            f"  ip ranges  {IpRelaxation(found.ip_relaxation).label}",
            f"  rotation   {'on' if found.refresh_rotation else 'off'}",
        )


@app.command("certificate")
@argument("app")
@argument("file", type=File())
@command
def app_certificate(app: str, file: Path, as_json: bool) -> None:
    """Register the certificate or public key in FILE (PEM, RSA): JWTs for APP must be signed with
    its key.
    """
    pem = read_bytes(file, "'FILE'")
    with opened() as org:
        try:
            found = org.apps.register_key(app, pem)
        except BadValueError as error:
            raise click.BadParameter(f"{called(file)}: {error}", param_hint="'FILE'") from error
    _said(found, "takes JWTs signed with that key", as_json)


@app.command("flows")
@argument("app")
@argument("flows", nargs=-1, required=True)
@command
def app_flows(app: str, flows: tuple[str, ...], as_json: bool) -> None:
    """Choose which FLOWS APP may use."""
    with opened() as org:
        found = org.apps.choose_flows(app, flows)
    _said(found, f"may use {', '.join(found.flows)}", as_json)


@app.command("run-as")
@argument("app")
@argument("user", required=False)
@command
def app_run_as(app: str, user: str | None, as_json: bool) -> None:
    """Let the client credentials of APP run as USER; without one, as nobody."""
    with opened() as org:
        found = org.apps.run_as(app, user)
    _said(found, f"runs as {found.run_as or 'nobody'}", as_json)


@app.command("rotation")
@argument("app")
@argument("state", type=NamedChoice(("on", "off")))
@command
def app_rotation(app: str, state: str, as_json: bool) -> None:
    """Switch Refresh Token Rotation of APP on or off. On: each use of a refresh token gives a new
    one, and using an old one again revokes them all.
    """
    with opened() as org:
        found = org.apps.rotate_refresh_tokens(app, state == "on")
    _said(found, f"has Refresh Token Rotation {state}", as_json)


@app.command("ip-relaxation")
@argument("app")
@argument("relaxation")
@command
def app_ip_relaxation(app: str, relaxation: str, as_json: bool) -> None:
    """Choose whether the login IP ranges of a profile hold for who uses APP: enforce,
    relax-refresh (for refresh tokens only) or relax. JWT bearer always enforces them.
    """
    from freshtoken_model.decision.grants import IpRelaxation

    with opened() as org:
        found = org.apps.relax_ranges(app, relaxation)
    _said(found, f"has IP Relaxation: {IpRelaxation(found.ip_relaxation).label}", as_json)


@app.group("callback", cls=Group)
def app_callback() -> None:
    """The callback URLs of a connected app: where the web server flow may send a user back to."""


@app_callback.command("list")
@argument("app")
@command
def callback_list(app: str, as_json: bool) -> None:
    """Print the callback URLs of APP."""
    with opened() as org:
        found = org.apps.get(app)
    if as_json:
        print_json(list(found.callbacks))
    elif found.callbacks:
        echo(*found.callbacks)


@app_callback.command("add")
@argument("app")
@argument("url")
@command
def callback_add(app: str, url: str, as_json: bool) -> None:
    """Let APP send users back to URL: https, a scheme of the app's own, or http at localhost."""
    with opened() as org:
        found = org.apps.add_callback(app, url)
    _said(found, f"may send users back to {url}", as_json)


@app_callback.command("remove")
@argument("app")
@argument("url")
@command
def callback_remove(app: str, url: str, as_json: bool) -> None:
    """Take a callback URL from APP: it is refused with redirect_uri_mismatch from then on."""
    with opened() as org:
        found = org.apps.remove_callback(app, url)
    _said(found, f"no longer sends users back to {url}", as_json)

"""The options that freshtoken serve and serve run share: addresses, ports, journal, and the control
API.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from .common import Arguments
from .params import PORT, File, NamedChoice

if TYPE_CHECKING:
    from freshtoken_api.control.guard import Network

NETWORKS = NamedChoice(("office", "home", "cloud"), "NETWORK")
TOKEN_VARIABLE = "FRESHTOKEN_CONTROL_TOKEN"
"""The environment variable with a token of one's own for the control API."""


@dataclass(frozen=True, slots=True)
class Control:
    """How the control API is served: its token, and the networks that may call besides this
    machine.
    """

    token: str = field(repr=False)
    networks: tuple[Network, ...] = ()


def control_of(asked: bool, networks: tuple[Network, ...], has_ready_file: bool) -> Control | None:
    """The control API as the options have it; None where it is off. Raises UsageError."""
    if not asked:
        if networks:
            raise click.UsageError("--allow-control opens the control API: add --control.")
        return None
    own = os.environ.get(TOKEN_VARIABLE, "")
    if not own and not has_ready_file:
        raise click.UsageError(
            f"--control needs --ready-file FILE, where its token is written, or a token of your "
            f"own in {TOKEN_VARIABLE}."
        )
    if own:
        _check_token(own)
    return Control(own or secrets.token_urlsafe(32), networks)


def _check_token(own: str) -> None:
    """Raises UsageError for a token that is easily guessed, or that no header carries."""
    from freshtoken_api.control.guard import SHORTEST_TOKEN

    if len(own) < SHORTEST_TOKEN or not own.isascii() or not own.isprintable():
        raise click.UsageError(
            f"{TOKEN_VARIABLE} must have {SHORTEST_TOKEN} characters or more, all printable ASCII; "
            f"unset it, and one is made."
        )
    if own != own.strip():
        raise click.UsageError(f"{TOKEN_VARIABLE} begins or ends with a space.")


def _networks(
    ctx: click.Context, param: click.Parameter, value: tuple[str, ...]
) -> tuple[Network, ...]:
    """The networks of --allow-control. Raises BadParameter."""
    if not value:
        return ()
    from freshtoken_api.control.guard import network_of

    try:
        return tuple(map(network_of, value))
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error


def port_options(
    *defaults: int,
) -> Callable[[Callable[Arguments, None]], Callable[Arguments, None]]:
    """--host, --allow-host, the three ports, --from, --journal, --control and --allow-control."""

    def add(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
        names = ("--port", "--tls-port", "--proxy-port")
        helps = (
            "Plain HTTP; 0 takes any free port.",
            "TLS on Salesforce's names.",
            "The proxy for HTTPS_PROXY.",
        )
        function = click.option(
            "--allow-control",
            metavar="NETWORK",
            multiple=True,
            callback=_networks,
            help="Let this network, as 172.17.0.0/16 or any, use the control API too; repeatable.",
        )(function)
        function = click.option(
            "--control",
            is_flag=True,
            help="Let programs of this machine drive the org over HTTP, with a token.",
        )(function)
        function = click.option(
            "--journal", type=File(), help="Add every request to this file, a JSON line each."
        )(function)
        function = click.option(
            "--from", "network", type=NETWORKS, help="The network outside clients call from."
        )(function)
        for name, default, text in reversed(list(zip(names, defaults, helps, strict=True))):
            option = click.option(name, default=default, show_default=True, type=PORT, help=text)
            function = option(function)
        text = (
            "Answer to this name or address too, as others call this machine; repeatable, * is any."
        )
        function = click.option(
            "--allow-host", "allowed", metavar="NAME", multiple=True, help=text
        )(function)
        return click.option(
            "--host", default="127.0.0.1", show_default=True, help="The address to listen on."
        )(function)

    return add

"""What freshtoken serve says when its ports are open."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freshtoken_api.control.guard import Network
    from freshtoken_api.serve.server import Addresses, Ports


def open_port_warning(ports: Ports) -> str:
    """What to know when others can reach the ports: that they can, and which Host gets an
    answer.
    """
    allowed = [name for name in ports.allowed if name.strip()]
    names = allowed if ports.host == "0.0.0.0" else [ports.host, *allowed]
    words = [
        f"Warning: {ports.host} can be reached by others.",
        "Made-up secrets only; there is no access control.",
    ]
    if names:
        words.append(f"It answers to: {', '.join(names)}.")
    if not allowed:
        mine = socket.gethostname()
        words.append(
            f"Others get an answer with --allow-host NAME, the name or address they call: "
            f"--allow-host {mine}."
        )
    return " ".join(words)


def control_warning(ports: Ports, networks: tuple[Network, ...]) -> str:
    """What to know when others reach the port, or may drive the org; empty on loopback."""
    from freshtoken_api.serve.external import is_loopback

    if is_loopback(ports.host):
        return ""
    if not networks:
        return (
            "The control API answers programs on this machine only; --allow-control NETWORK lets "
            "others use it."
        )
    where = ["any address" if one.prefixlen == 0 else str(one) for one in networks]
    return (
        f"Warning: whoever calls from {', '.join(where)} and knows the token can drive this "
        f"org: change passwords, move org time, make and delete orgs. The token crosses the "
        f"network in plain HTTP."
    )


def welcome(
    path: Path, addresses: Addresses, where: str, ready_file: Path | None = None
) -> list[str]:
    """What stands above the journal: the org, and the addresses that answer."""
    lines = [
        f"{path} answers; outside clients call from {where}. ctrl+c stops.",
        f"  plain   {addresses.http}",
        f"  TLS     {addresses.https}",
        f"  proxy   {addresses.proxy}    for unmodified scripts: freshtoken serve run -- COMMAND, "
        f"or serve env",
    ]
    if addresses.control is not None:
        token = f"its token is in {ready_file}" if ready_file else "its token is the one you set"
        lines.append(f"  control {addresses.control.url}    {token}")
    return lines

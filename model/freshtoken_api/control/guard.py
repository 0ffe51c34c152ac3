"""Who may use the control API: programs on this machine that know the token, and no web page."""

import hmac
import ipaddress
from dataclasses import dataclass, field

from starlette.types import Scope

from freshtoken_api.serve.external import FAMILY, bare_host, is_loopback, may_name

from .contract import ControlError

SHORTEST_TOKEN = 16
"""Characters of a token that somebody chooses."""
ANYBODY = "any"
"""As a network: every address."""
Network = ipaddress.IPv4Network


def network_of(text: str) -> Network:
    """A network such as 172.17.0.0/16, an address, or any. Raises ValueError with words."""
    if text.strip().lower() == ANYBODY:
        return Network("0.0.0.0/0")
    try:
        return Network(text.strip())
    except ValueError:
        raise ValueError(
            f"{text[:40]!r} is not a network; write it like 172.17.0.0/16, 10.0.0.7 or {ANYBODY}."
        ) from None


@dataclass(frozen=True, slots=True)
class Guard:
    """The token, the address that the port listens on, more hosts to answer to, and the networks
    that may call besides this machine.
    """

    token: str = field(repr=False)
    bound: str = "127.0.0.1"
    allowed: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()

    def check(self, scope: Scope, needs_token: bool) -> None:
        """Raises ControlError for a caller that is not let in; the token is looked at last."""
        peer = (scope.get("client") or ("",))[0]
        if not self._is_near(peer):
            raise forbidden("The control API answers programs on this machine only.")
        headers = [(name, value.decode("latin-1")) for name, value in scope["headers"]]
        host = next((value for name, value in headers if name == b"host"), "")
        is_salesforce = bare_host(host).endswith(FAMILY)
        if is_salesforce or not may_name(host, self.bound, self.allowed):
            raise forbidden("The control API does not answer to this Host.")
        origins = [value for name, value in headers if name == b"origin"]
        sites = [value.lower() for name, value in headers if name == b"sec-fetch-site"]
        here = f"{scope['scheme']}://{host}".lower()
        if any(origin.lower() != here for origin in origins) or "cross-site" in sites:
            raise forbidden("The control API does not answer to what a web page sends.")
        if needs_token and not self._knows_token(headers):
            raise ControlError(
                401,
                "unauthorized",
                "The control API needs the header Authorization: Bearer, with the token of the "
                "ready file.",
            )

    def _is_near(self, peer: str) -> bool:
        if is_loopback(peer):
            return True
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self.networks)

    def _knows_token(self, headers: list[tuple[bytes, str]]) -> bool:
        given = [value for name, value in headers if name == b"authorization"]
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        known = hmac.compare_digest(token.strip().encode(), self.token.encode())
        return known and scheme.lower() == "bearer"


def forbidden(message: str) -> ControlError:
    """A caller that is not let in, whatever its token."""
    return ControlError(403, "forbidden", message)

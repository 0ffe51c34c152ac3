"""What the API client holds and how it calls, in fields that can be typed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Select

from freshtoken_model.decision.verdict import Door
from freshtoken_tui.widgets.field import Field
from freshtoken_tui.widgets.plain import Picklist

if TYPE_CHECKING:
    from freshtoken_model.values.records import Client, Network
    from freshtoken_tui.view import OrgView

PROTOCOL_CHOICES = (
    ("SOAP login()", Door.SOAP),
    ("OAuth username-password", Door.OAUTH),
    ("OAuth client credentials", Door.CLIENT_CREDENTIALS),
    ("OAuth JWT bearer, by schedule", Door.JWT_BEARER),
)
VERSIONS = tuple(f"{number}.0" for number in range(68, 29, -1))
TYPED = {"client-username": "username", "client-password": "password", "client-token": "token"}


class Holdings(VerticalScroll, can_focus=False):
    """Username, password, token, network and protocol."""

    client: Client | None = None
    """The client that the fields were filled from: what differs was typed."""
    _networks: tuple[Network, ...] = ()

    def compose(self) -> ComposeResult:
        """A field for each; secrets as dots."""
        yield Field("Username", Input(id="client-username", compact=True))
        with Horizontal(classes="pair -secret"):
            yield Field("Password", Input(id="client-password", password=True, compact=True))
            token = Input(id="client-token", password=True, compact=True, placeholder="none")
            yield Field("Token", token, classes="second")
        network: Picklist[int] = Picklist((), id="client-network", compact=True, prompt="network")
        yield Field("From", network, classes="-own")
        with Horizontal(classes="pair -own"):
            yield Field(
                "Calls",
                Picklist(PROTOCOL_CHOICES, id="client-protocol", allow_blank=False, compact=True),
            )
            yield Picklist(
                [(f"v{v}", v) for v in VERSIONS],
                id="client-version",
                allow_blank=False,
                value="64.0",
                compact=True,
            )

    def draw(self, picture: OrgView) -> None:
        """Show what the client holds now; what was typed and is not held yet stays."""
        client, before = picture.client, self.client
        other = before is None or before.id != client.id
        self.set_class(picture.fit.secretless, "-secretless")
        self.set_class(client.outside, "-outside")
        self.query_one("#client-username", Input).disabled = (
            client.outside or client.protocol == Door.CLIENT_CREDENTIALS
        )
        with self.prevent(Input.Changed, Select.Changed):
            for name, field in TYPED.items():
                input_ = self.query_one(f"#{name}", Input)
                if other or input_.value == getattr(before, field):
                    input_.value = getattr(client, field)
            networks = self.query_one("#client-network", Select)
            if picture.networks != self._networks:
                networks.set_options([(_from(network), network.id) for network in picture.networks])
                self._networks = picture.networks
            networks.value = client.network_id
            if not client.outside:
                self.query_one("#client-protocol", Select).value = client.protocol
            version = self.query_one("#client-version", Select)
            version.value = client.api_version
            version.display = client.protocol == Door.SOAP
        self.client = client

    def typed(self) -> dict[str, str | int]:
        """What was typed and the client does not hold yet."""
        if self.client is None:
            return {}
        typed = {field: self.query_one(f"#{name}", Input).value for name, field in TYPED.items()}
        typed["username"] = typed["username"].strip()
        typed["token"] = typed["token"].strip()
        return {
            field: value for field, value in typed.items() if getattr(self.client, field) != value
        }


def _from(network: Network) -> str:
    return f"{network.label}{' · trusted' if network.trusted else ''} {network.address}"

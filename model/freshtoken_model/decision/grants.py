"""What a connected app may do: its OAuth flows, and what refuses a grant before any login. Pure."""

from enum import StrEnum

from freshtoken_model.values.kinds import FaultKey
from freshtoken_model.values.records import App

from .verdict import Door

PASSWORD, CLIENT_CREDENTIALS, JWT_BEARER, REFRESH, WEB_SERVER = (
    "password",
    "client_credentials",
    "jwt_bearer",
    "refresh_token",
    "web_server",
)
FLOWS = (PASSWORD, CLIENT_CREDENTIALS, JWT_BEARER, REFRESH, WEB_SERVER)
FLOW_OF_DOOR = {
    Door.OAUTH: PASSWORD,
    Door.CLIENT_CREDENTIALS: CLIENT_CREDENTIALS,
    Door.JWT_BEARER: JWT_BEARER,
    Door.WEB_SERVER: WEB_SERVER,
}
"""The flow that logs in at a door; SOAP and the user interface know no app."""


class IpRelaxation(StrEnum):
    """IP Relaxation of a connected app: whether the profile's login IP ranges hold for who uses it
    [DOC app-ip-relaxation-table]. Relaxing for activated devices only is left out: freshtoken
    activates none.
    """

    ENFORCE = "enforce"
    RELAX_REFRESH = "relax-refresh"
    RELAX = "relax"

    @property
    def label(self) -> str:
        """As Setup says it."""
        return IP_LABELS[self]


IP_LABELS = {
    IpRelaxation.ENFORCE: "Enforce IP restrictions",
    IpRelaxation.RELAX_REFRESH: "Enforce IP restrictions, but relax for refresh tokens",
    IpRelaxation.RELAX: "Relax IP restrictions",
}


def relaxes_ranges(relaxation: str, door: Door, by_refresh: bool = False) -> bool:
    """Whether an app lets its users pass the profile's login IP ranges at a door, with a refresh
    token or by a login. The JWT bearer flow always enforces them [DOC app-ip-relaxation].
    """
    if door is Door.JWT_BEARER:
        return False
    allowed = (IpRelaxation.RELAX, IpRelaxation.RELAX_REFRESH)[: 1 + by_refresh]
    return relaxation in allowed


def grant_fault(app: App | None, flow: str) -> FaultKey | None:
    """The fault that refuses a flow to an app before any login is tried; None when nothing does."""
    if app is None:
        return FaultKey.INVALID_CLIENT_ID
    if flow not in app.flows:
        return FaultKey.UNSUPPORTED_GRANT_TYPE
    if flow == CLIENT_CREDENTIALS and app.run_as is None:
        return FaultKey.NO_RUN_AS_USER
    if flow == JWT_BEARER and app.public_key is None:
        return FaultKey.INVALID_ASSERTION
    return None

"""What a connected app may do: its OAuth flows, and what refuses a grant before any login. Pure."""

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

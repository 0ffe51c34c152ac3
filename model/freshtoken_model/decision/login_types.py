"""What Login History calls a way in: the Login Type and the Login Subtype of a door."""

from freshtoken_model.values.kinds import LoginSubType

from .verdict import Door

LOGIN_TYPES = {Door.SOAP: "Other Apex API", Door.UI: "Application"}
OAUTH_LOGIN_TYPE = "Remote Access 2.0"
"""LoginType values [DOC login-history-login-types]."""
RESET_LINK = "reset link"
"""The endpoint of a row that a password reset leaves; freshtoken's own word, in no column."""
SUBTYPES = {
    Door.SOAP: LoginSubType.SOAP,
    Door.OAUTH: LoginSubType.PASSWORD_FLOW,
    Door.UI: LoginSubType.UI,
    Door.CLIENT_CREDENTIALS: LoginSubType.CLIENT_CREDENTIALS,
    Door.WEB_SERVER: LoginSubType.WEB_SERVER,
}
"""By door, but for a password reset. The JWT bearer flow is in no list that was found."""


def login_type_of(door: Door) -> str:
    """The Login Type of a login through a door."""
    return LOGIN_TYPES.get(door, OAUTH_LOGIN_TYPE)


def subtype_of(door: Door, endpoint: str) -> LoginSubType | None:
    """The Login Subtype of a row; None where none is known."""
    if door is Door.UI and endpoint == RESET_LINK:
        return LoginSubType.PASSWORD_RESET
    return SUBTYPES.get(door)

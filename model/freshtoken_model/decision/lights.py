"""The status light of an API client. Pure."""

from enum import StrEnum

from freshtoken_model.values.kinds import EventKind


class Light(StrEnum):
    """What an API client's last answer meant; LOCKED is only shown, never stored."""

    IDLE = "idle"
    CONNECTED = "connected"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    LOCKED = "locked"


def shown_light(light: str, user_locked: bool) -> str:
    """The light that is shown: a client that was refused is locked out while its user is."""
    return Light.LOCKED if light == Light.BLOCKED and user_locked else light


def light_of_login(accepted: bool, password_expired: bool) -> Light:
    """The light a login leaves."""
    if not accepted:
        return Light.BLOCKED
    return Light.EXPIRED if password_expired else Light.CONNECTED


def light_of_event(kind: str, detail: str, from_outside: bool) -> str:
    """The light an event of the log left; empty when it changed none. A client from outside tells
    nothing of its answers: it is known by its logins alone.
    """
    if kind == EventKind.CLIENT_TOLD:
        return detail.split(":", 1)[0]
    if from_outside and kind in (EventKind.LOGIN_ACCEPTED, EventKind.LOGIN_REFUSED):
        return light_of_login(
            kind == EventKind.LOGIN_ACCEPTED, detail == EventKind.PASSWORD_EXPIRED
        )
    return ""

"""What the pane notes about an API client beside its last answer. Pure."""

from freshtoken_model.values.kinds import TokenState
from freshtoken_model.values.records import Client, User

from .lights import Light


def client_note(client: Client, user: User | None, refused_by: str) -> str:
    """A sentence about the state of a client, empty when there is nothing to add. `refused_by` is
    the gate that refused the newest attempt.
    """
    if user is not None and user.locked_at is not None:
        return "Even the right credentials are refused, in the same words."
    if client.light == Light.EXPIRED:
        return (
            "Nothing but a password change works with this session. Real clients loop on this: log "
            "in, fail, log in."
        )
    if client.light == Light.BLOCKED and refused_by == "not_locked":
        return "No longer locked: this was the answer to the last try. f9 tries again."
    if client.light == Light.CONNECTED and client.holds == TokenState.RETIRED:
        return "Its session goes on working (an assumption), until it has to log in again."
    return ""

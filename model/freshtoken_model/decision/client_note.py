"""What the pane notes about an API client beside its last answer. Pure."""

from freshtoken_model.values.kinds import TokenState
from freshtoken_model.values.records import Client, User

from .lights import Light
from .words import clock_words


def client_note(client: Client, user: User | None, refused_by: str, now: int, zone: str) -> str:
    """A sentence about where a client stands, empty when there is nothing to add.

    `refused_by` is the gate that refused the newest attempt, `now` in ms of org time.
    """
    if user is not None and user.locked_at is not None:
        ends = user.locked_until
        until = "an admin unlocks" if ends is None else clock_words(ends, now, zone)
        return (
            f"{user.username} is locked out until {until}: even the right credentials are refused, "
            f"in the same words."
        )
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

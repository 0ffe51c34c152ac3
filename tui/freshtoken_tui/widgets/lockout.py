"""A lockout as it is drawn: the time that is left, and the ways out of it."""

from textual.content import Content

from freshtoken_model.values.clock import HOUR, MINUTE, SECOND, lasting
from freshtoken_model.values.records import User

WAYS_OUT = (
    ("Wait", "ctrl+o", "password and token stay as they are", "keeps both"),
    ("Unlock", "u", "keeps password and token", "keeps both"),
    ("Reset Password", "r", "ends both: new password, then new token", "ends both"),
)
"""What ends a lockout, by which declared key (of Setup's Users, but for the first), what it does to
password and token, and that in two words.
"""


def time_left(user: User, now: int) -> str:
    """How long the user is still locked out, as `14:32`; in words from an hour on, and where only
    an admin ends it.
    """
    if user.locked_until is None:
        return "until an admin unlocks"
    rest = max(0, user.locked_until - now)
    if rest >= HOUR:
        return f"{lasting(rest)} left"
    return f"{rest // MINUTE}:{rest % MINUTE // SECOND:02d} left"


def time_bar(user: User, now: int, columns: int) -> Content:
    """The time that is left as a bar; a full one where only an admin ends the lockout."""
    full = columns
    if user.locked_until is not None and user.locked_at is not None:
        whole, rest = user.locked_until - user.locked_at, max(0, user.locked_until - now)
        full = min(columns, -(-rest * columns // whole)) if whole > 0 else 0
    return Content.styled("█" * full + "░" * (columns - full), "$text-error bold")


def ways_of(user: User) -> list[tuple[str, str, str, str]]:
    """Those of WAYS_OUT that end this user's lockout: one without an end is not waited for."""
    return [way for way in WAYS_OUT if way[0] != "Wait" or user.locked_until is not None]


def ways_out(user: User, short: bool = False) -> str:
    """The ways out of a lockout in one sentence, with the declared keys. `short`: those that keep
    password and token, in few words.
    """
    if short:
        wait = "" if user.locked_until is None else "ctrl+o waits · "
        return f"{wait}f4 u unlocks"
    said = (
        f"{name} ({key if name == 'Wait' else f'f4 {key}'}): {leaves}"
        for name, key, _, leaves in ways_of(user)
    )
    return f"Ways out: {' · '.join(said)}."

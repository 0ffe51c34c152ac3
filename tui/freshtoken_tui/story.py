"""What to do next in the story, told from the state of the org alone. Nothing here decides
anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshtoken_model.decision.lights import Light
from freshtoken_model.decision.verdict import Door
from freshtoken_model.values.kinds import TokenState

if TYPE_CHECKING:
    from .view import OrgView


def next_step(picture: OrgView) -> str:
    """The next step for the client shown and its user; empty when its user is not in this org."""
    user, client = picture.client_user, picture.client
    if client.outside:
        return (
            f"{client.name} calls from outside. Its answers are on Wire, the reasons on Why "
            f"(ctrl+t)."
        )
    if user is None:
        return ""
    if picture.info.preset == "night":
        return _night(picture)
    if picture.info.preset != "default":
        return "ctrl+k moves org time; Timeline (ctrl+l) shows who was let in."
    if client.protocol == Door.CLIENT_CREDENTIALS:
        return (
            f"It presents no password. Change the one of {user.username} (ctrl+n), then log "
            f"it in again: f9."
        )
    # A lockout and an expired password come first, wherever in the story they happen: no other
    # step can succeed before they are dealt with.
    changed = user.demo_password is None
    if picture.light == Light.LOCKED:
        return "6 of 9 · Locked out. ctrl+o moves the clock 15 minutes on, or Unlock in Setup (f4)."
    if picture.light == Light.EXPIRED:
        return "The password has expired: log in to the org (f2) and change it."
    if not changed:
        if picture.viewer is None:
            return "1 of 9 · Press Enter to log in with the demo credentials."
        return "2 of 9 · Change My Password (ctrl+n)."
    if client.light == Light.CONNECTED:
        if client.holds == TokenState.LIVE:
            return (
                "Played. In production (palette) tells what to do in a real org; f12 starts over."
            )
        return "3 of 9 · Let the client log in again: f9."
    if client.holds == TokenState.LIVE:
        return "9 of 9 · The client holds the fresh token: f9, then ctrl+g queries."
    # What the client was told says nothing; the gate that refused it tells which step is next.
    refused = _refused_by(picture)
    if refused == "password":
        return "4 of 9 · Put the new password in the client (f8), keep its token, Enter."
    if refused == "not_locked":
        return (
            "No longer locked; this was the answer to the last try. Get a fresh token: Inbox "
            "(f3), f10."
        )
    return (
        "5 of 9 · Why tells (ctrl+t). Then a fresh token: Inbox (f3), or reset it (ctrl+y); "
        "f10 puts it in."
    )


def _night(picture: OrgView) -> str:
    """The next step of Friday to Monday."""
    user, stale = picture.client_user, [c for c in picture.clients if c.holds == TokenState.RETIRED]
    assert user is not None
    if user.demo_password is not None:
        if picture.viewer is None:
            return "Friday evening. Press Enter (f2) to log in as the integration user."
        return "Three integrations hold this password. Change it (ctrl+n), and go home."
    if (
        user.failed_attempts == 0
        and user.locked_at is None
        and len(stale) == len(picture.clients)
        and not _refused_by(picture)
    ):
        return "Now the weekend: ctrl+k, g, mon 9:00, Enter."
    if stale:
        names = ", ".join(client.name for client in stale)
        return (
            f"Timeline ctrl+l, Incident ctrl+e. Unlock in Setup (f4); new password and token "
            f"(f10) for {names}."
        )
    return (
        "All clients hold the fresh token. ctrl+k, 4: a day at a time, see a clean week on "
        "the Timeline."
    )


def _refused_by(picture: OrgView) -> str:
    """The gate that refused the newest attempt, empty when it was let in."""
    return picture.attempts[0].refused_by if picture.attempts else ""

"""What to do next in the story, told from the state of the org and what was done in it. Nothing
here decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from freshtoken_model.decision.lights import Light
from freshtoken_model.decision.verdict import Door
from freshtoken_model.values.clock import DAY
from freshtoken_model.values.kinds import LOCK_ENDS, EventKind, TokenState

if TYPE_CHECKING:
    from .view import OrgView

STAGE = frozenset({"home", "change_password", "reset_token", "inbox"})
"""The pages beside the client."""


@dataclass(frozen=True, slots=True)
class Guide:
    """What to do, why it matters, and the pages that it is about."""

    what: str = ""
    why: str = ""
    pages: frozenset[str] = STAGE


STEPS: tuple[Guide, ...] = (
    Guide(
        "1 of 9 · Log in with the demo credentials: press Enter.",
        "You act as the integration user, as people do who renew its password.",
    ),
    Guide(
        "2 of 9 · Change My Password: ctrl+n.",
        "The security token belongs to the password. Watch both halves of the client.",
    ),
    Guide(
        "3 of 9 · Let the client log in again: f9.",
        "Nobody told the client. It sends what it holds: the old password, the old token.",
    ),
    Guide(
        "4 of 9 · Put the new password in the client: f8, Enter. Then f9.",
        "Keep its token. Most people stop here: the password is right, and it is still refused.",
    ),
    Guide(
        "5 of 9 · Look at Why: ctrl+t.",
        "The client is told one sentence, the same for every cause. Why shows what the org saw.",
    ),
    Guide(
        "6 of 9 · Press f9 until the user is locked out, as a retry loop does.",
        "Each refusal counts. At the limit even the right credentials are refused.",
    ),
    Guide(
        "7 of 9 · Locked out: Unlock in Setup (f4, u), or wait 15 minutes (ctrl+o).",
        "Unlock keeps password and token. It lets nobody in: the token is still dead.",
        STAGE | {"setup", "history", "incident", "timeline"},
    ),
    Guide(
        "8 of 9 · The fresh token is in the Inbox (f3). f10 puts it in the client.",
        "It was mailed when the password changed. No page and no API ever shows a token.",
    ),
    Guide(
        "9 of 9 · The client holds the fresh token: f9 logs in, then ctrl+g queries.",
        "Login History (f5) shows every attempt, and of no refusal the cause.",
        STAGE | {"history"},
    ),
)
NIGHT = STAGE | {"setup", "timeline", "incident"}
NIGHT_STEPS: tuple[Guide, ...] = (
    Guide(
        "1 of 6 · Friday evening. Log in as the integration user: f2, Enter.",
        "Three integrations share this user, its password and its token.",
        NIGHT,
    ),
    Guide(
        "2 of 6 · Change My Password (ctrl+n), and go home.",
        "Nobody tells the three integrations. Two of them have an open session.",
        NIGHT,
    ),
    Guide(
        "3 of 6 · The weekend passes: ctrl+k, g, mon 9:00, Enter.",
        "Each integration runs on its schedule, with what it holds.",
        NIGHT,
    ),
    Guide(
        "4 of 6 · Who locked the user out? Timeline ctrl+l, Incident ctrl+e. Unlock: f4, u.",
        "Unlock keeps password and token. The client that retries locks the user out again.",
        NIGHT,
    ),
    Guide(
        "5 of 6 · Each client: new password (f8, Enter), f10, f9. ctrl+x, f: the next one.",
        "Those with an open session fail later: at their next login.",
        NIGHT,
    ),
    Guide(
        "6 of 6 · All hold the fresh token. A day on, to see them work: ctrl+k, 4.",
        "A password change is finished when every client has logged in again.",
        NIGHT,
    ),
)
NIGHT_PLAYED = Guide(
    "Played. Next: a lab (f6), a demo (ctrl+d), your own client (ctrl+s).",
    "What to do in a real org: In production, in the palette (ctrl+p).",
    NIGHT,
)
PLAYED = Guide(
    "Played. Next: a lab (f6), a demo (ctrl+d), your own client (ctrl+s).",
    "What to do in a real org: In production, in the palette (ctrl+p). f12 starts over.",
)


ON_THE_FORM = Guide(
    "2 of 9 · Enter takes what each field offers. Then press Change password.",
    STEPS[1].why,
)
"""The second step, where one has come to the page."""
IN_THE_CLIENT = Guide(
    "4 of 9 · Put the new password in the client: Enter on New password. Then f9.",
    STEPS[3].why,
)
"""The fourth step, where one has come to the client."""
IT_HOLDS_IT = Guide("4 of 9 · The client holds the new password: f9.", STEPS[3].why)
"""The fourth step, half done."""


def next_step(picture: OrgView, why_seen: int, page: str = "", has_button: bool = False) -> Guide:
    """The next step for the client shown and its user, on a page; an empty one when its user is not
    in this org. `why_seen` is the newest refusal whose Why was opened, as an event id.
    `has_button`: the focus is in the client, which has the button New password.
    """
    user, client = picture.client_user, picture.client
    if client.outside:
        return Guide(
            f"{client.name} calls from outside.",
            "Its answers are on Wire, the reasons on Why (ctrl+t).",
        )
    if user is None:
        return Guide()
    if picture.info.preset == "night":
        step = night_step(picture)
        return NIGHT_STEPS[step - 1] if step else NIGHT_PLAYED
    if picture.info.preset != "default":
        words = "ctrl+k moves org time; Timeline (ctrl+l) shows who was let in."
        return Guide(words, pages=STAGE | {"timeline"})
    if client.protocol == Door.CLIENT_CREDENTIALS:
        return Guide(
            f"It presents no password. Change the one of {user.username} (ctrl+n), then f9."
        )
    if picture.light == Light.EXPIRED and picture.fit.password_fits:
        return Guide("The password has expired: log in to the org (f2) and change it.")
    number = step_number(picture, why_seen)
    if number == 2 and page == "change_password":
        return ON_THE_FORM
    if number == 4 and picture.fit.checked and picture.fit.password_fits:
        return IT_HOLDS_IT
    if number == 4 and has_button:
        return IN_THE_CLIENT
    return STEPS[number - 1] if number else PLAYED


def step_number(picture: OrgView, why_seen: int) -> int:
    """The number of the next step of the story, 1 to 9; 0 when it was played to its end."""
    user, client = picture.client_user, picture.client
    assert user is not None
    # A lockout comes first, wherever in the story it happens: no other step can succeed before.
    if picture.light == Light.LOCKED:
        return 7
    if user.demo_password is not None:
        return 1 if picture.viewer is None else 2
    if client.light in (Light.CONNECTED, Light.EXPIRED) and client.holds != TokenState.LIVE:
        return 3
    if client.light == Light.CONNECTED:
        return 0 if "record" in client.told else 9
    if client.holds == TokenState.LIVE:
        return 9
    refused = picture.last_attempt
    if refused is not None and refused.refused_by == "password":
        return 4
    if any(event.kind in LOCK_ENDS for event in picture.marks):
        return 8
    return 5 if refused is not None and refused.event.id > why_seen else 6


def night_step(picture: OrgView) -> int:
    """The number of the next step of Friday to Monday, 1 to 6; 0 when it was played to its end."""
    user, now = picture.client_user, picture.clock.seen_org
    assert user is not None
    if user.demo_password is not None:
        return 1 if picture.viewer is None else 2
    stale = [one for one in picture.clients if one.holds == TokenState.RETIRED]
    locked = any(event.kind == EventKind.LOCKED_OUT for event in picture.marks)
    if not locked and user.locked_at is None and len(stale) == len(picture.clients):
        return 3
    if user.locked_at is not None:
        return 4
    if stale:
        return 5
    let_in = all(client.light == Light.CONNECTED for client in picture.clients)
    refused = any(not one.accepted and one.event.at > now - DAY for one in picture.attempts)
    return 0 if let_in and not refused else 6

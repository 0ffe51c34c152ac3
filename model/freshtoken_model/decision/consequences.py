"""What a use case did, told from the events of its transaction: the deed, then each thing that
followed from it. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from freshtoken_model.values.kinds import Cause, EventKind, Habit
from freshtoken_model.values.records import Client, Event, Integration, User

from .fit import Fit, PasswordHalf, TokenHalf
from .lights import Light
from .words import clock_words, event_words, when_words


class ConsequenceKind(StrEnum):
    """What a consequence is about."""

    DEED = "deed"
    TOKEN_RETIRED = "token_retired"
    TOKEN_MAILED = "token_mailed"
    NO_TOKEN_MAILED = "no_token_mailed"
    LINK_MAILED = "link_mailed"
    SESSIONS_ENDED = "sessions_ended"
    SESSIONS_GO_ON = "sessions_go_on"
    LOCKED_OUT = "locked_out"
    LOCKOUT_ENDED = "lockout_ended"
    CREDENTIALS_KEPT = "credentials_kept"
    CLIENT_REFUSED = "client_refused"
    CLIENT_LET_IN = "client_let_in"


@dataclass(frozen=True, slots=True)
class Consequence:
    """One thing that a use case did. `who` is a username or the name of an API client, empty for
    the org; `sentence` a full sentence.
    """

    kind: ConsequenceKind
    who: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Holder:
    """An API client that logs in as the user, the fit of what it holds, and its schedule."""

    client: Client
    fit: Fit
    plan: Integration | None


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is read to tell the consequences of a use case, after it. `retired_from` is when the
    token that died was issued; moments in ms of org time.
    """

    events: Sequence[Event]
    user: User | None
    holders: Sequence[Holder]
    open_sessions: int
    retired_from: int | None
    now: int
    zone: str


CREDENTIALS = frozenset(
    {EventKind.PASSWORD_CHANGED, EventKind.PASSWORD_RESET, EventKind.TOKEN_RESET}
)
"""Deeds after which what the API clients hold is told."""
DEEDS = (
    EventKind.PASSWORD_CHANGED,
    EventKind.PASSWORD_RESET,
    EventKind.TOKEN_RESET,
    EventKind.LOCKED_OUT,
    EventKind.UNLOCKED,
    EventKind.SETTING_CHANGED,
    EventKind.FROZEN,
    EventKind.FROZEN_BY_SALESFORCE,
    EventKind.UNFROZEN,
)
"""Events whose consequences are told, the one that names the use case first."""
HEADS = {
    EventKind.PASSWORD_CHANGED: "The password of {user} was changed.",
    EventKind.PASSWORD_RESET: "The password of {user} was reset: it is dead.",
    EventKind.TOKEN_RESET: "The security token of {user} was reset.",
    EventKind.LOCKED_OUT: "{user} is locked out.",
    EventKind.UNLOCKED: "{user} was unlocked.",
    EventKind.FROZEN: "{user} is frozen.",
    EventKind.FROZEN_BY_SALESFORCE: "Salesforce froze {user}.",
    EventKind.UNFROZEN: "{user} is no longer frozen.",
}


def consequences(after: Aftermath) -> tuple[Consequence, ...]:
    """The deed and what followed from it; nothing for a use case that is none of DEEDS."""
    kinds = {event.kind: event for event in reversed(after.events)}
    deed = next((kinds[kind] for kind in DEEDS if kind in kinds), None)
    if deed is None:
        return ()
    name = after.user.username if after.user else ""
    head = HEADS.get(EventKind(deed.kind))
    words = head.format(user=name) if head else _sentence(deed)
    told = [Consequence(ConsequenceKind.DEED, name, words)]
    if after.user is not None:
        told += _of_token(after, kinds, after.user)
        told += _of_sessions(after, kinds, after.user)
        told += _of_lock(after, kinds, after.user)
    if deed.kind in CREDENTIALS or deed.kind == EventKind.UNLOCKED:
        told += [_of_holder(after, holder) for holder in after.holders]
    return tuple(told)


def _sentence(event: Event) -> str:
    words = event_words(event.kind, event.username, event.client, event.detail)
    return f"{words[:1].upper()}{words[1:]}."


def _of_token(after: Aftermath, kinds: dict[str, Event], user: User) -> list[Consequence]:
    told = []
    if EventKind.TOKEN_RETIRED in kinds:
        issued = (
            f", issued {when_words(after.retired_from, after.now, after.zone)},"
            if after.retired_from is not None
            else ""
        )
        how = (
            "was replaced"
            if str(kinds[EventKind.TOKEN_RETIRED].detail) == Cause.TOKEN_RESET
            else "died with the old password"
        )
        told.append(
            Consequence(
                ConsequenceKind.TOKEN_RETIRED,
                user.username,
                f"The security token{issued} {how}.",
            )
        )
    if EventKind.TOKEN_MAILED in kinds:
        words = f"A new security token was mailed to {user.email}."
        told.append(Consequence(ConsequenceKind.TOKEN_MAILED, user.username, words))
    elif EventKind.PASSWORD_CHANGED in kinds:
        words = "No new security token was mailed."
        told.append(Consequence(ConsequenceKind.NO_TOKEN_MAILED, user.username, words))
    if EventKind.LINK_MAILED in kinds:
        words = f"A link to set a new password was mailed to {user.email}."
        told.append(Consequence(ConsequenceKind.LINK_MAILED, user.username, words))
    return told


def _of_sessions(after: Aftermath, kinds: dict[str, Event], user: User) -> list[Consequence]:
    """A password change ends none by default [assumption own_change_ends_sessions]."""
    ended = kinds.get(EventKind.SESSION_ENDED)
    told = []
    if ended is not None:
        told.append(
            Consequence(
                ConsequenceKind.SESSIONS_ENDED,
                user.username,
                f"{_counted(ended.number or 1)} ended.",
            )
        )
    if EventKind.PASSWORD_CHANGED in kinds and after.open_sessions:
        verb = "goes" if after.open_sessions == 1 else "go"
        words = f"{_counted(after.open_sessions)} {verb} on working (an assumption)."
        told.append(Consequence(ConsequenceKind.SESSIONS_GO_ON, user.username, words))
    return told


def _counted(sessions: int) -> str:
    return f"{sessions} open session{'' if sessions == 1 else 's'}"


def _of_lock(after: Aftermath, kinds: dict[str, Event], user: User) -> list[Consequence]:
    if EventKind.LOCKED_OUT in kinds:
        until = (
            "until an admin unlocks the user"
            if user.locked_until is None
            else f"until {clock_words(user.locked_until, after.now, after.zone)}"
        )
        words = f"Even the right credentials are refused {until}, in the same words."
        return [Consequence(ConsequenceKind.LOCKED_OUT, user.username, words)]
    if EventKind.UNLOCKED_BY_RESET in kinds:
        words = "The lockout ended."
        return [Consequence(ConsequenceKind.LOCKOUT_ENDED, user.username, words)]
    if EventKind.UNLOCKED in kinds:
        words = "Password and security token stay as they were."
        return [Consequence(ConsequenceKind.CREDENTIALS_KEPT, user.username, words)]
    return []


def _of_holder(after: Aftermath, holder: Holder) -> Consequence:
    """What the next login of an API client will meet with what it holds now."""
    client, name = holder.client, holder.client.name
    due = holder.plan.next_due if holder.plan else None
    when = f", {when_words(due, after.now, after.zone)}," if due is not None else ""
    if holder.fit.secretless:
        words = f"{name} presents neither password nor token: this does not touch it."
        return Consequence(ConsequenceKind.CLIENT_LET_IN, name, words)
    if holder.fit.fits:
        words = f"{name} holds the password and the token that the org takes now."
        if holder.fit.token is TokenHalf.NOT_ASKED:
            words = f"{name} holds the password that the org takes now, and needs no token."
        return Consequence(ConsequenceKind.CLIENT_LET_IN, name, words)
    held = " and ".join(filter(None, (_password(holder.fit), _token(holder.fit))))
    words = f"{name} still holds {held}: its next login{when} will be refused."
    if client.light == Light.CONNECTED and (holder.plan is None or holder.plan.habit == Habit.KEEP):
        words = f"{name} still holds {held}. It works with its session until it has to log in."
    return Consequence(ConsequenceKind.CLIENT_REFUSED, client.name, words)


def _password(fit: Fit) -> str:
    return {
        PasswordHalf.OLD: "the old password",
        PasswordHalf.ENDED: "the old password",
        PasswordHalf.WRONG: "a wrong password",
        PasswordHalf.NONE: "no password",
    }.get(fit.password, "")


def _token(fit: Fit) -> str:
    return {
        TokenHalf.RETIRED: "the dead token",
        TokenHalf.UNKNOWN: "a token of nobody",
        TokenHalf.MISSING: "no token",
    }.get(fit.token, "")

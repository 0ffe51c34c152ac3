"""What use cases come to, as plain data: what commands print with --json, and what the control API
answers.

A function for each noun. Raises what the org raises; writes only through its use cases.
"""

from typing import Any

from freshtoken_model.accounts.passwords import Changed
from freshtoken_model.decision.consequences import Consequence
from freshtoken_model.decision.settings import settings
from freshtoken_model.decision.verdict import Step
from freshtoken_model.decision.words import detail
from freshtoken_model.history.event_log import Decision
from freshtoken_model.values.clock import iso
from freshtoken_model.values.errors import NotAllowedError
from freshtoken_model.values.kinds import TokenState
from freshtoken_model.values.names import match_name
from freshtoken_model.values.records import Mail, User

from .export import mail_row, user_row
from .org import Org

MAIL_FIELDS = ("username", "to", "sent_at", "subject", "body", "token", "read")
"""What `mail --json` tells of a mail; its link is used by `password link`."""


def user_data(org: Org, user: User) -> dict[str, Any]:
    """Everything of a user that an admin sees."""
    row = user_row(user, org.passwords.policy_of(user))
    del row["demo_password"]
    return row


def consequences_data(done: tuple[Consequence, ...]) -> list[dict[str, str]]:
    """What a use case did besides its answer: kind, who, sentence."""
    return [{"kind": one.kind, "who": one.who, "sentence": one.sentence} for one in done]


def state_data(user: User, done: tuple[Consequence, ...] = ()) -> dict[str, Any]:
    """A user's state after an admin changed it."""
    found = {"username": user.username, "state": user.state}
    return {**found, "consequences": consequences_data(done)}


def change_data(changed: Changed, done: tuple[Consequence, ...]) -> dict[str, Any]:
    """What a password change did."""
    return {
        "username": changed.user.username,
        "token_died": changed.token_died,
        "token_mailed": changed.token_mailed,
        "token_state": changed.user.token_state,
        "consequences": consequences_data(done),
    }


def reset_data(
    username: str, temporary: str | None, done: tuple[Consequence, ...]
) -> dict[str, Any]:
    """What an admin's password reset did; without a temporary password a link was mailed only."""
    found = {"username": username, "temporary_password": temporary}
    return {**found, "consequences": consequences_data(done)}


def token_reset_data(user: User, done: tuple[Consequence, ...]) -> dict[str, Any]:
    """Where a new security token was mailed to."""
    found = {"username": user.username, "mailed_to": user.email}
    return {**found, "consequences": consequences_data(done)}


def ended_data(username: str, ended: int) -> dict[str, Any]:
    """How many sessions of a user were ended."""
    return {"username": username, "ended": ended}


def clock_data(org: Org) -> dict[str, Any]:
    """Org time."""
    reading = org.clock.read()
    mode, zone = reading.mode, org.info().time_zone
    return {"now": iso(reading.seen_org), "mode": mode, "time_zone": zone}


def mail_data(mail: Mail) -> dict[str, Any]:
    """A mail with its text, and the token in it."""
    row = mail_row(mail)
    return {name: row[name] for name in MAIL_FIELDS}


def set_setting(org: Org, name: str, value: str) -> dict[str, Any]:
    """Set a setting; name, value as it is now, and whether that was a change. Raises OrgError."""
    changed = org.setup.choose(name, value)
    name = match_name("setting", name, list(settings()))
    done = org.consequences.last() if changed else ()
    found = {"name": name, "value": org.setup.values()[name], "changed": changed}
    return {**found, "consequences": consequences_data(done)}


def gates_data(steps: tuple[Step, ...], moment: int, zone: str) -> list[dict[str, str]]:
    """The steps of a decision, in words; `moment` is when it was made."""
    return [
        {"name": step.gate, "outcome": step.outcome.value, "detail": detail(step, moment, zone)}
        for step in steps
    ]


def decision_data(decision: Decision, zone: str) -> dict[str, Any]:
    """One login attempt of the event log with its gates; of an injected fault, which no gate
    decided, the fault alone.
    """
    event, attempt = decision.event, decision.attempt
    shape = attempt.shape if attempt else {}
    return {
        "event": event.id,
        "at": iso(event.at),
        "username": event.username or shape.get("username"),
        "client": event.client,
        "door": shape.get("door"),
        "application": shape.get("application"),
        "source_ip": shape.get("address"),
        "api_version": shape.get("api_version"),
        "login_url": shape.get("login_url"),
        "accepted": bool(attempt and attempt.accepted),
        "refused_by": (attempt.refused_by or None) if attempt else None,
        "failed_attempts": event.number,
        "gates": gates_data(attempt.steps, event.at, zone) if attempt else [],
        "injected": None if attempt else event.detail,
    }


def live_token(org: Org, name: str) -> str:
    """The live security token of a user, from the mails and the API clients: the org itself keeps a
    digest only. Raises NotAllowedError when there is none, or when neither has it;
    UnknownNameError.
    """
    user = org.users.get(name)
    if user.token_state != TokenState.LIVE:
        raise NotAllowedError(f"{user.username} has no live security token.")
    known = [mail.token for mail in org.mail.all(user.username)]
    known += [held.token for held in org.clients.all() if held.username == user.username]
    for token in known:
        if token and org.tokens.is_live(user.username, token):
            return token
    raise NotAllowedError(
        f"No mail and no API client has the live security token of {user.username}."
    )

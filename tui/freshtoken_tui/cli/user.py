"""freshtoken user: what an admin does for a user; sessions, permissions, authenticator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from freshtoken_model.accounts.users import PERMISSIONS
from freshtoken_model.values.kinds import FreezeReason

from .aftermath import echo_consequences
from .common import command, echo, opened, print_json, print_table, worded
from .groups import Group, argument
from .params import NamedChoice

if TYPE_CHECKING:
    from freshtoken_model.decision.consequences import Consequence
    from freshtoken_model.values.records import User


@click.group(cls=Group)
def user() -> None:
    """Make, edit, unlock and freeze a user; permissions, sessions, authenticator."""


def _state(found: User, as_json: bool, done: tuple[Consequence, ...] = ()) -> None:
    if as_json:
        from freshtoken_model.outcomes import state_data

        print_json(state_data(found, done))
        return
    echo(f"{found.username} is {found.state}.", err=True)
    echo_consequences(done)


@user.command("list")
@command
def user_list(as_json: bool) -> None:
    """Every user: profile, state, and the state of the security token."""
    from freshtoken_model.outcomes import user_data

    with opened() as org:
        found = org.users.all()
        if as_json:
            print_json([user_data(org, one) for one in found])
            return
    rows = [
        (one.username, one.name, one.profile, one.state, worded(one.token_state)) for one in found
    ]
    print_table(rows, ("USERNAME", "NAME", "PROFILE", "STATE", "TOKEN"))


@user.command("show")
@argument("user")
@command
def user_show(user: str, as_json: bool) -> None:
    """Everything of USER that an admin sees: state, permissions, attempts, token."""
    from freshtoken_model.outcomes import user_data

    with opened() as org:
        row = user_data(org, org.users.get(user))
    if as_json:
        print_json(row)
        return
    width = max(map(len, row))
    echo(
        *(
            f"{name.replace('_', ' '):{width}}  {_shown(value)}".rstrip()
            for name, value in row.items()
        )
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else worded(str(value))


@user.command("create")
@argument("username", metavar="USERNAME")
@click.option("--first-name", required=True, help="First name.")
@click.option("--last-name", required=True, help="Last name.")
@click.option("--email", required=True, help="Where mails go.")
@click.option("--profile", required=True, help="A profile's name, or its beginning.")
@command
def user_create(
    username: str, first_name: str, last_name: str, email: str, profile: str, as_json: bool
) -> None:
    """Make a user USERNAME; a link to set the first password is mailed."""
    with opened() as org:
        found = org.admin.create_user(username, first_name, last_name, email, profile)
    _state(found, as_json)


@user.command("edit")
@argument("user")
@click.option("--username", help="A new username.")
@click.option("--first-name", help="First name.")
@click.option("--last-name", help="Last name.")
@click.option("--email", help="Where mails go.")
@click.option("--profile", help="A profile's name, or its beginning.")
@click.option("--active/--inactive", default=None, help="Activate or deactivate.")
@command
def user_edit(
    user: str,
    username: str | None,
    first_name: str | None,
    last_name: str | None,
    email: str | None,
    profile: str | None,
    active: bool | None,
    as_json: bool,
) -> None:
    """Change what is given of USER."""
    with opened() as org:
        given = (username, first_name, last_name, email, profile, active)
        if all(one is None for one in given):
            raise click.UsageError("Nothing to change was given.")
        found = org.admin.edit_user(user, username, first_name, last_name, email, profile, active)
    _state(found, as_json)


@user.command("end-sessions")
@argument("user")
@command
def user_end_sessions(user: str, as_json: bool) -> None:
    """End every open session of USER, as an admin does."""
    with opened() as org:
        ended, username = org.admin.end_sessions(user), org.users.get(user).username
    if as_json:
        from freshtoken_model.outcomes import ended_data

        print_json(ended_data(username, ended))
    else:
        echo(f"{ended} session{'s' if ended != 1 else ''} of {username} ended.", err=True)


@user.command("unlock")
@argument("user")
@command
def user_unlock(user: str, as_json: bool) -> None:
    """End the lockout of USER; password and token stay."""
    with opened() as org:
        found = org.users.unlock(user)
        done = org.consequences.last()
    _state(found, as_json, done)


@user.command("freeze")
@argument("user")
@click.option(
    "--by-salesforce",
    type=NamedChoice(tuple(reason.replace("_", "-") for reason in FreezeReason)),
    help="Freeze as Salesforce does by itself, for this reason.",
)
@command
def user_freeze(user: str, by_salesforce: str | None, as_json: bool) -> None:
    """Freeze USER: logins and sessions stop at once. An admin does it, or Salesforce."""
    with opened() as org:
        if by_salesforce is None:
            found = org.users.freeze(user)
        else:
            reason = FreezeReason(by_salesforce.replace("-", "_"))
            found = org.users.freeze_by_salesforce(user, reason)
        done = org.consequences.last()
    _state(found, as_json, done)


@user.command("unfreeze")
@argument("user")
@command
def user_unfreeze(user: str, as_json: bool) -> None:
    """Let a frozen USER log in again."""
    with opened() as org:
        found = org.users.freeze(user, frozen=False)
    _state(found, as_json)


def _permit(user: str, permission: str, granted: bool, as_json: bool) -> None:
    with opened() as org:
        found = org.users.permit(user, permission, granted)
    if as_json:
        print_json({"username": found.username, "permission": permission, "granted": granted})
    else:
        echo(
            f"{found.username} {'has' if granted else 'no longer has'} "
            f"{PERMISSIONS[permission][1]}.",
            err=True,
        )


@user.command("grant")
@argument("user")
@argument("permission", metavar="PERMISSION", type=NamedChoice(tuple(PERMISSIONS)))
@command
def user_grant(user: str, permission: str, as_json: bool) -> None:
    """Give USER a permission."""
    _permit(user, permission, True, as_json)


@user.command("revoke")
@argument("user")
@argument("permission", metavar="PERMISSION", type=NamedChoice(tuple(PERMISSIONS)))
@command
def user_revoke(user: str, permission: str, as_json: bool) -> None:
    """Take a permission from USER."""
    _permit(user, permission, False, as_json)


@user.command("authenticator")
@argument("user")
@command
def user_authenticator(user: str, as_json: bool) -> None:
    """Register an authenticator for USER, as the user does; prints its secret, once."""
    with opened() as org:
        secret, username = org.users.register_authenticator(user), org.users.get(user).username
    if as_json:
        print_json({"username": username, "secret": secret})
        return
    echo(secret)
    echo(f"For a real authenticator app, or: freshtoken user code {user}", err=True)


@user.command("code")
@argument("user")
@command
def user_code(user: str, as_json: bool) -> None:
    """Print what the authenticator of USER shows now, by org time."""
    with opened() as org:
        shown = org.users.authenticator_code(user)
    if as_json:
        print_json({"code": shown})
    else:
        echo(shown)

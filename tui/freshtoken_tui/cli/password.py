"""freshtoken password: change it, or reset it as an admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from freshtoken_tui.exit_codes import REFUSED

from .aftermath import echo_consequences
from .common import Stop, command, echo, opened, print_json, secrets_of
from .groups import Group, argument

if TYPE_CHECKING:
    from freshtoken_model.accounts.passwords import Changed
    from freshtoken_model.decision.consequences import Consequence


@click.group(cls=Group)
def password() -> None:
    """Change a password, or reset it as an admin."""


@password.command("change")
@argument("user")
@click.option("--old", help="The current password; else asked for.")
@click.option("--new", help="The new password; else asked for.")
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read them from standard input, one a line, old before new.",
)
@command
def password_change(
    user: str, old: str | None, new: str | None, password_stdin: bool, as_json: bool
) -> None:
    """Change a password as USER does. The security token dies with it."""
    old, new = secrets_of([("Current password", old), ("New password", new)], password_stdin)
    with opened() as org:
        changed = org.passwords.change(user, old, new)
        found = org.consequences.last()
    _told(changed, found, as_json)


def _told(changed: Changed, found: tuple[Consequence, ...], as_json: bool) -> None:
    """What a password change did."""
    if as_json:
        from freshtoken_model.outcomes import change_data

        print_json(change_data(changed, found))
        return
    echo_consequences(found)


@password.command("reset")
@argument("user")
@click.option(
    "--link-only",
    is_flag=True,
    help="As Setup's Reset Password does: no temporary password, the link only.",
)
@command
def password_reset(user: str, link_only: bool, as_json: bool) -> None:
    """Reset a password as an admin does through the API: prints the temporary password; a link is
    mailed too.
    """
    with opened() as org:
        username = org.users.get(user).username
        temporary = org.passwords.reset(user, through_api=not link_only)
        found = org.consequences.last()
    if as_json:
        from freshtoken_model.outcomes import reset_data

        print_json(reset_data(username, temporary, found))
        return
    if temporary:
        echo(temporary)
    echo_consequences(found)
    echo(f"{username} must change it at the first login.", err=True)


@password.command("forgot")
@argument("username")
@command
def password_forgot(username: str, as_json: bool) -> None:
    """Ask for a link, as Forgot your password? does. USERNAME in full; an unknown one gets the same
    answer.
    """
    with opened() as org:
        org.passwords.forgot(username)
    if as_json:
        print_json({"username": username})
    else:
        echo(
            "If there is such an active user, a link was mailed. Use it with: freshtoken password "
            "link",
            err=True,
        )


@password.command("link")
@argument("user")
@click.option("--new", help="The new password; else asked for.")
@click.option("--password-stdin", is_flag=True, help="Read it from standard input.")
@command
def password_link(user: str, new: str | None, password_stdin: bool, as_json: bool) -> None:
    """Set a new password through the link of the newest mail to USER that has one."""
    (new,) = secrets_of([("New password", new)], password_stdin)
    with opened() as org:
        mailed = next((mail.link for mail in org.mail.all(user) if mail.link), None)
        if mailed is None:
            raise Stop(f"No mail to {user} has a link.", REFUSED)
        changed = org.passwords.use_link(mailed, new)
        found = org.consequences.last()
    _told(changed, found, as_json)


@password.command("expire-all")
@command
def password_expire_all(as_json: bool) -> None:
    """Expire all passwords: each must be changed at the next login, but those that never expire."""
    with opened() as org:
        affected = org.admin.expire_all_passwords()
    if as_json:
        print_json({"expired": affected})
    else:
        echo(f"{affected} users must change their password at the next login.", err=True)

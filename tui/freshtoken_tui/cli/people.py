"""freshtoken password, token and user: what a user does for oneself, and what an admin does."""

from typing import Any

import click

from freshtoken_model.accounts.users import PERMISSIONS
from freshtoken_tui.exit_codes import REFUSED

from .common import Stop, command, echo, opened, print_json, secrets_of


@click.group()
def password() -> None:
    """Change a password, or reset it as an admin."""


@password.command()
@click.argument("user")
@click.option("--old", help="The current password; else asked for.")
@click.option("--new", help="The new password; else asked for.")
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read them from standard input, one a line, old before new.",
)
@command
def change(
    user: str, old: str | None, new: str | None, password_stdin: bool, as_json: bool
) -> None:
    """Change a password as USER does. The security token dies with it."""
    old, new = secrets_of([("Current password", old), ("New password", new)], password_stdin)
    with opened() as org:
        changed = org.passwords.change(user, old, new)
    _told(changed, as_json)


def _told(changed: Any, as_json: bool) -> None:
    """What a password change did."""
    if as_json:
        print_json(
            {
                "username": changed.user.username,
                "token_died": changed.token_died,
                "token_mailed": changed.token_mailed,
                "token_state": changed.user.token_state,
            }
        )
        return
    echo(f"The password of {changed.user.username} was changed.", err=True)
    if changed.token_died:
        echo("The security token died with the old password.", err=True)
    mailed = (
        f"A new one was mailed to {changed.user.email}."
        if changed.token_mailed
        else "No new token was mailed."
    )
    echo(mailed, err=True)


@password.command("reset")
@click.argument("user")
@click.option(
    "--link-only",
    is_flag=True,
    help="As Setup's Reset Password does: no temporary password, the link only.",
)
@command
def reset_password(user: str, link_only: bool, as_json: bool) -> None:
    """Reset a password as an admin does through the API: prints the temporary password; a link is
    mailed too.
    """
    with opened() as org:
        before = org.users.get(user)
        temporary = org.passwords.reset(user, through_api=not link_only)
    username, token_dies = before.username, before.token_state == "live"
    if as_json:
        print_json({"username": username, "temporary_password": temporary})
        return
    if temporary:
        echo(temporary)
    dead = (
        "Password and security token are dead."
        if token_dies
        else "The password is dead; there was no live token."
    )
    echo(f"{username} must change it at the first login. {dead}", err=True)


@password.command()
@click.argument("username")
@command
def forgot(username: str, as_json: bool) -> None:
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


@password.command()
@click.argument("user")
@click.option("--new", help="The new password; else asked for.")
@click.option("--password-stdin", is_flag=True, help="Read it from standard input.")
@command
def link(user: str, new: str | None, password_stdin: bool, as_json: bool) -> None:
    """Set a new password through the link of the newest mail to USER that has one."""
    (new,) = secrets_of([("New password", new)], password_stdin)
    with opened() as org:
        mailed = next((mail.link for mail in org.mail.all(user) if mail.link), None)
        if mailed is None:
            raise Stop(f"No mail to {user} has a link.", REFUSED)
        changed = org.passwords.use_link(mailed, new)
    _told(changed, as_json)


@password.command("expire-all")
@command
def expire_all(as_json: bool) -> None:
    """Expire all passwords: each must be changed at the next login, but those that never expire."""
    with opened() as org:
        affected = org.admin.expire_all_passwords()
    if as_json:
        print_json({"expired": affected})
    else:
        echo(f"{affected} users must change their password at the next login.", err=True)


@click.group()
def token() -> None:
    """Reset a security token."""


@token.command("reset")
@click.argument("user")
@command
def reset_token(user: str, as_json: bool) -> None:
    """Reset My Security Token, as USER does: the old one dies, the new one is mailed, never
    shown.
    """
    with opened() as org:
        found = org.tokens.reset(user)
    if as_json:
        print_json({"username": found.username, "mailed_to": found.email})
    else:
        echo(
            f"A new security token was mailed to {found.email}. Read it with: freshtoken mail "
            f"{user} --latest",
            err=True,
        )


@click.group()
def user() -> None:
    """Make, edit, unlock and freeze a user; permissions, sessions, authenticator."""


def _state(username: str, state: str, as_json: bool) -> None:
    if as_json:
        print_json({"username": username, "state": state})
    else:
        echo(f"{username} is {state}.", err=True)


@user.command()
@click.argument("username")
@click.option("--first-name", required=True, help="First name.")
@click.option("--last-name", required=True, help="Last name.")
@click.option("--email", required=True, help="Where mails go.")
@click.option("--profile", required=True, help="A profile's name, or its beginning.")
@command
def create(
    username: str, first_name: str, last_name: str, email: str, profile: str, as_json: bool
) -> None:
    """Make a user USERNAME; a link to set the first password is mailed."""
    with opened() as org:
        found = org.admin.create_user(username, first_name, last_name, email, profile)
    _state(found.username, found.state, as_json)


@user.command()
@click.argument("user")
@click.option("--username", help="A new username.")
@click.option("--first-name", help="First name.")
@click.option("--last-name", help="Last name.")
@click.option("--email", help="Where mails go.")
@click.option("--profile", help="A profile's name, or its beginning.")
@click.option("--active/--inactive", default=None, help="Activate or deactivate.")
@command
def edit(user: str, as_json: bool, **fields: str | bool | None) -> None:
    """Change what is given of USER."""
    with opened() as org:
        found = org.admin.edit_user(user, **fields)
    _state(found.username, found.state, as_json)


@user.command("end-sessions")
@click.argument("user")
@command
def end_sessions(user: str, as_json: bool) -> None:
    """End every open session of USER, as an admin does."""
    with opened() as org:
        ended, username = org.admin.end_sessions(user), org.users.get(user).username
    if as_json:
        print_json({"username": username, "ended": ended})
    else:
        echo(f"{ended} session{'s' if ended != 1 else ''} of {username} ended.", err=True)


@user.command()
@click.argument("user")
@command
def unlock(user: str, as_json: bool) -> None:
    """End the lockout of USER; password and token stay."""
    with opened() as org:
        found = org.users.unlock(user)
    _state(found.username, found.state, as_json)


@user.command()
@click.argument("user")
@command
def freeze(user: str, as_json: bool) -> None:
    """Freeze USER: logins stop at once."""
    with opened() as org:
        found = org.users.freeze(user)
    _state(found.username, found.state, as_json)


@user.command()
@click.argument("user")
@command
def unfreeze(user: str, as_json: bool) -> None:
    """Let a frozen USER log in again."""
    with opened() as org:
        found = org.users.freeze(user, frozen=False)
    _state(found.username, found.state, as_json)


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


@user.command()
@click.argument("user")
@click.argument("permission", type=click.Choice(tuple(PERMISSIONS)))
@command
def grant(user: str, permission: str, as_json: bool) -> None:
    """Give USER a permission."""
    _permit(user, permission, True, as_json)


@user.command()
@click.argument("user")
@click.argument("permission", type=click.Choice(tuple(PERMISSIONS)))
@command
def revoke(user: str, permission: str, as_json: bool) -> None:
    """Take a permission from USER."""
    _permit(user, permission, False, as_json)


@user.command()
@click.argument("user")
@command
def authenticator(user: str, as_json: bool) -> None:
    """Register an authenticator for USER, as the user does; prints its secret, once."""
    with opened() as org:
        secret, username = org.users.register_authenticator(user), org.users.get(user).username
    if as_json:
        print_json({"username": username, "secret": secret})
        return
    echo(secret)
    echo(f"For a real authenticator app, or: freshtoken user code {user}", err=True)


@user.command()
@click.argument("user")
@command
def code(user: str, as_json: bool) -> None:
    """Print what the authenticator of USER shows now, by org time."""
    with opened() as org:
        shown = org.users.authenticator_code(user)
    if as_json:
        print_json({"code": shown})
    else:
        echo(shown)

"""freshtoken token: reset a security token."""

import click

from .aftermath import echo_consequences
from .common import command, echo, opened, print_json
from .groups import Group, argument


@click.group(cls=Group)
def token() -> None:
    """Reset a security token."""


@token.command("reset")
@argument("user")
@command
def token_reset(user: str, as_json: bool) -> None:
    """Reset My Security Token, as USER does: the old one dies, the new one is mailed, never
    shown.
    """
    with opened() as org:
        found = org.tokens.reset(user)
        done = org.consequences.last()
    if as_json:
        from freshtoken_model.outcomes import token_reset_data

        print_json(token_reset_data(found, done))
    else:
        echo_consequences(done)
        echo(f"Read the mail with: freshtoken mail {user} --latest", err=True)

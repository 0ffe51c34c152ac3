"""freshtoken mail: the simulated inbox."""

import click

from freshtoken_model.values.clock import iso
from freshtoken_tui.exit_codes import REFUSED

from .common import Stop, command, echo, opened, print_json, print_table
from .groups import CommandWithExamples, argument


@click.command(cls=CommandWithExamples)
@argument("user", required=False)
@click.option("--latest", is_flag=True, help="The newest mail only, with its text.")
@click.option(
    "--token-only",
    is_flag=True,
    help="The bare token of the newest mail that carries one; exit 1 without one.",
)
@command
def mail(user: str | None, latest: bool, token_only: bool, as_json: bool) -> None:
    """Read the simulated inbox of USER, or of everybody; newest first."""
    with opened() as org:
        mails = org.mail.all(user)
    if token_only:
        tokens = [m.token for m in mails if m.token]
        if not tokens:
            raise Stop("No mail carries a security token.", REFUSED)
        if as_json:
            print_json({"token": tokens[0]})
        else:
            echo(tokens[0])
        return
    if latest:
        mails = mails[:1]
    if as_json:
        from freshtoken_model.outcomes import mail_data

        print_json([mail_data(one) for one in mails])
    elif not mails:
        raise Stop("No mail.", REFUSED)
    elif latest:
        echo(
            mails[0].subject,
            f"to {mails[0].email}, {iso(mails[0].sent_at)}",
            "",
            *mails[0].body.split("\n"),
        )
    else:
        print_table(
            [(iso(m.sent_at), m.username, m.subject) for m in mails], ("SENT", "USER", "SUBJECT")
        )

"""freshtoken mail and history."""

import csv
import sys

import click

from freshtoken_model.clock import iso
from freshtoken_tui.cli import REFUSED

from .common import Stop, command, opened, print_json, print_table

CSV_COLUMNS = {
    "Username": "Username",
    "Login Time": "LoginTime",
    "Source IP": "SourceIp",
    "Login Type": "LoginType",
    "Status": "Status",
    "Application": "Application",
    "API Type": "ApiType",
    "API Version": "ApiVersion",
    "Login URL": "LoginUrl",
}
"""Real column headings [DOC salesforce.md 4], of the fields freshtoken has."""


@click.command()
@click.argument("user", required=False)
@click.option("--latest", is_flag=True, help="The newest mail only, with its text.")
@click.option("--token-only", is_flag=True, help="The bare token of the newest mail that carries one; exit 1 without one.")
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
            click.echo(tokens[0])
        return
    if latest:
        mails = mails[:1]
    if as_json:
        print_json(
            [
                {
                    "username": m.username,
                    "to": m.email,
                    "sent_at": iso(m.sent_at),
                    "subject": m.subject,
                    "body": m.body,
                    "token": m.token,
                    "read": m.read_at is not None,
                }
                for m in mails
            ]
        )
    elif not mails:
        raise Stop("No mail.", REFUSED)
    elif latest:
        click.echo(f"{mails[0].subject}\nto {mails[0].email}, {iso(mails[0].sent_at)}\n\n{mails[0].body}")
    else:
        print_table([(iso(m.sent_at), m.username, m.subject) for m in mails], ("SENT", "USER", "SUBJECT"))


@click.command()
@click.argument("user", required=False)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with the real column headings.")
@click.option("--limit", type=click.IntRange(1), default=20_000, show_default=True, help="At most so many rows.")
@command
def history(user: str | None, as_csv: bool, limit: int, as_json: bool) -> None:
    """Read Login History of USER, or of everybody; newest first."""
    with opened() as org:
        rows = [row.fields() for row in org.history.logins(user, limit)]
    if as_json:
        print_json(rows)
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(CSV_COLUMNS)
        writer.writerows([row[name] for name in CSV_COLUMNS.values()] for row in rows)
    else:
        shown = ("LoginTime", "Username", "SourceIp", "LoginType", "Status", "Application")
        print_table([tuple(row[name] for name in shown) for row in rows], tuple(CSV_HEADINGS[name] for name in shown))


CSV_HEADINGS = {field: heading for heading, field in CSV_COLUMNS.items()}

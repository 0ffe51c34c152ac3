"""freshtoken mail and history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from freshtoken_model.values.clock import iso
from freshtoken_tui.exit_codes import REFUSED

from .common import Stop, command, echo, opened, print_json, print_table
from .output import echo_lines

if TYPE_CHECKING:
    from freshtoken_model.history.login_history import LoginFilter
    from freshtoken_model.org import Org


@click.command()
@click.argument("user", required=False)
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


@click.command()
@click.argument("user", required=False)
@click.option("--status", help="Only this status, to the letter.")
@click.option("--ip", "source_ip", help="Only from this address.")
@click.option("--application", help="Only this application.")
@click.option("--since", metavar="ISO", help="Only from this moment on.")
@click.option("--until", metavar="ISO", help="Only before this moment.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with the real column headings.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=20_000,
    show_default=True,
    help="At most so many rows.",
)
@command
def history(
    user: str | None,
    status: str | None,
    source_ip: str | None,
    application: str | None,
    since: str | None,
    until: str | None,
    as_csv: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Read Login History of USER, or of everybody; newest first."""
    from freshtoken_model.history.login_history import CSV_COLUMNS, LoginFilter
    from freshtoken_model.values.clock import parse_moment

    with opened() as org:
        zone = org.info().time_zone
        try:
            moments = [
                None if text is None else parse_moment(text, zone) for text in (since, until)
            ]
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--since/--until") from error
        username = org.users.get(user).username if user else ""
        which = LoginFilter(username, status or "", source_ip or "", application or "", *moments)
        if as_csv:
            _print_csv(org, which, limit)
            return
        rows = [row.fields() for row in org.history.rows(org.history.ids(which, limit=limit))]
    if as_json:
        print_json(rows)
        return
    shown = ("LoginTime", "Username", "SourceIp", "LoginType", "Status", "Application")
    headings = {field: heading for heading, field in CSV_COLUMNS.items()}
    print_table(
        [tuple(row[name] for name in shown) for row in rows],
        tuple(headings[name] for name in shown),
    )


def _print_csv(org: Org, which: LoginFilter, limit: int) -> None:
    from freshtoken_model.history.login_csv import HEADING, PAGE_ROWS, csv_page

    echo_lines(HEADING)
    before: int | None = None
    while limit > 0:
        page = csv_page(org.history, which, before, min(limit, PAGE_ROWS))
        echo_lines(page.lines)
        before, limit = page.oldest, limit - page.rows if page.oldest else 0

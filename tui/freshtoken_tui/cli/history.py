"""freshtoken history: Login History."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from freshtoken_model.values.clock import parse_moment

from .common import command, opened, print_json, print_table
from .output import echo_lines

if TYPE_CHECKING:
    from freshtoken_model.history.login_history import LoginFilter
    from freshtoken_model.org import Org


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

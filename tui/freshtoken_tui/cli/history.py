"""freshtoken history: Login History."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from freshtoken_model.values.clock import parse_moment

from .common import command, echo_text, opened, print_json, print_table

if TYPE_CHECKING:
    from freshtoken_model.history.login_history import LoginFilter
    from freshtoken_model.org import Org

PAGE_ROWS = 2_000


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
    from freshtoken_model.values.spreadsheet import csv_lines

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
        pages = _pages(org, which, limit)
        if as_csv:
            echo_text(csv_lines([CSV_COLUMNS]), nl=False)
            for rows in pages:
                echo_text(
                    csv_lines([row[name] for name in CSV_COLUMNS.values()] for row in rows),
                    nl=False,
                )
            return
        rows = [row for page in pages for row in page]
    if as_json:
        print_json(rows)
        return
    shown = ("LoginTime", "Username", "SourceIp", "LoginType", "Status", "Application")
    headings = {field: heading for heading, field in CSV_COLUMNS.items()}
    print_table(
        [tuple(row[name] for name in shown) for row in rows],
        tuple(headings[name] for name in shown),
    )


def _pages(org: Org, which: LoginFilter, limit: int) -> Iterator[list[dict[str, str]]]:
    """Page by page: one cursor over a million rows would keep the file from being tidied up
    meanwhile.
    """
    before = None
    while limit > 0:
        ids = org.history.ids(which, before, min(limit, PAGE_ROWS))
        if not ids:
            return
        yield [row.fields() for row in org.history.rows(ids)]
        before, limit = ids[-1], limit - len(ids)

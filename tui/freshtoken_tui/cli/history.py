"""freshtoken history: Login History."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from freshtoken_model.accounts.networks import address_number
from freshtoken_model.values.errors import UnknownNameError
from freshtoken_model.values.kinds import LoginSubType
from freshtoken_model.values.names import listed, match_name

from .common import command, echo, opened, print_json, print_table
from .groups import CommandWithExamples, argument
from .output import echo_lines
from .params import Limit, moment_of

SHOWN = (
    "Login Time",
    "Username",
    "Source IP",
    "Login Type",
    "Login Subtype",
    "Status",
    "Application",
)
"""The columns of the listing, by their headings."""

if TYPE_CHECKING:
    from freshtoken_model.history.login_history import LoginFilter
    from freshtoken_model.org import Org


@click.command(cls=CommandWithExamples)
@argument("user", required=False)
@click.option("--status", help="Only this status, such as Success or Invalid Password.")
@click.option("--ip", "source_ip", help="Only from this address.")
@click.option("--application", help="Only this application.")
@click.option("--subtype", help="Only this Login Subtype, such as OAuth Username-Password.")
@click.option(
    "--since", metavar="MOMENT", help='Only from this moment on: yesterday, "mon 9:00", 2026-11-24.'
)
@click.option("--until", metavar="MOMENT", help="Only before this moment.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with the real column headings.")
@click.option(
    "--limit",
    type=Limit(),
    default=20_000,
    show_default=True,
    help="At most so many rows, or all.",
)
@command
def history(
    user: str | None,
    status: str | None,
    source_ip: str | None,
    application: str | None,
    subtype: str | None,
    since: str | None,
    until: str | None,
    as_csv: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Read Login History of USER, or of everybody; newest first."""
    from freshtoken_model.history.login_history import CSV_COLUMNS, LoginFilter

    with opened() as org:
        begins, ends = (
            moment_of(org, text, option, ahead=False)
            for text, option in ((since, "--since"), (until, "--until"))
        )
        if source_ip is not None:
            address_number(source_ip)
        username = org.users.get(user).username if user else ""
        which = LoginFilter(
            username,
            _status(org, status),
            source_ip or "",
            application or "",
            begins,
            ends,
            _subtype(subtype),
        )
        total = org.history.count(which)
        limit = limit or total
        if as_csv:
            _print_csv(org, which, limit)
        else:
            rows = org.history.rows(org.history.ids(which, limit=limit))
    if limit < total:
        echo(f"{limit:,} of {total:,} rows; --limit all prints every row", err=True)
    if as_csv:
        return
    if as_json:
        print_json([row.fields() for row in rows])
        return
    cells = [dict(zip(CSV_COLUMNS, row.cells(), strict=True)) for row in rows]
    print_table([tuple(row[name] for name in SHOWN) for row in cells], SHOWN)


def _subtype(text: str | None) -> str:
    """The label of the Login Subtype that is meant. Raises UnknownNameError."""
    labels = [subtype.label for subtype in LoginSubType]
    return match_name("Login Subtype", text, labels) if text is not None else ""


def _status(org: Org, text: str | None) -> str:
    """The status that is meant, in Login History's own words. Raises UnknownNameError."""
    from freshtoken_model.history.login_history import status_texts

    if text is None:
        return ""
    try:
        return match_name("status", text, list(status_texts().values()))
    except UnknownNameError as error:
        if error.listed:
            raise
        used = listed(org.history.statuses())
        raise UnknownNameError(f"{error} In this org: {used}.", text, error.what) from error


def _print_csv(org: Org, which: LoginFilter, limit: int) -> None:
    from freshtoken_model.history.login_csv import HEADING, PAGE_ROWS, csv_page

    echo_lines(HEADING)
    before: int | None = None
    while limit > 0:
        page = csv_page(org.history, which, before, min(limit, PAGE_ROWS))
        echo_lines(page.lines)
        before, limit = page.oldest, limit - page.rows if page.oldest else 0

"""freshtoken setup: an admin's settings, and the trusted IP ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .common import command, echo, opened, print_json, print_table
from .groups import Group, argument
from .params import MOST, Number

if TYPE_CHECKING:
    from freshtoken_model.values.records import IpRange


@click.group(cls=Group)
def setup() -> None:
    """Look at Setup and change a setting."""


@setup.command("show")
@command
def setup_show(as_json: bool) -> None:
    """Print every setting and its value."""
    from freshtoken_model.decision.settings import settings

    with opened() as org:
        values = org.setup.values()
    if as_json:
        print_json(values)
        return
    rows = [
        (name, values[name], setting.page, setting.label) for name, setting in settings().items()
    ]
    print_table(rows, ("NAME", "VALUE", "PAGE", "LABEL"))


@setup.command("calendar")
@command
def setup_calendar(as_json: bool) -> None:
    """Print the release calendar: what changes in this org and from when, and what is news."""
    from freshtoken_model.decision.release_entries import release_entries
    from freshtoken_model.values.clock import at

    with opened() as org:
        zone = org.info().time_zone
        entries = release_entries(org.setup.values(), zone, org.clock.read().seen_org)
    days = ["" if one.at is None else f"{at(one.at, zone):%Y-%m-%d}" for one in entries]
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "from": day or None,
                    "when": one.when,
                    "kind": one.kind,
                    "state": one.state,
                    "says": one.says,
                    "changes_here": one.here or None,
                    "waits_for_release_calendar": one.switched,
                    "sources": list(one.sources),
                }
                for one, day in zip(entries, days, strict=True)
            ]
        )
        return
    print_table(
        [
            (day, one.when, one.kind, one.state, one.says, one.here, ", ".join(one.sources))
            for one, day in zip(entries, days, strict=True)
        ],
        ("FROM", "WHEN", "KIND", "STATE", "WHAT", "CHANGES HERE", "SOURCES"),
    )


@setup.command("set")
@argument("name")
@argument("value")
@command
def setup_set(name: str, value: str, as_json: bool) -> None:
    """Set a setting NAME to VALUE, as setup show has them, or Setup's own label of the value; a
    running app or serve follows at once.
    """
    from freshtoken_model.outcomes import set_setting

    with opened() as org:
        found = set_setting(org, name, value)
    if as_json:
        print_json(found)
        return
    how = "{name} is {value}." if found["changed"] else "{name} was {value} already."
    echo(how.format_map(found), err=True)


def _row(found: IpRange) -> dict[str, object]:
    from freshtoken_model.export import range_row

    return {"id": found.id, **range_row(found)}


@setup.command("ranges")
@command
def setup_ranges(as_json: bool) -> None:
    """Print the org's trusted IP ranges (Network Access), and the networks that lie inside one."""
    with opened() as org:
        found = org.setup.trusted_ranges()
        networks = {n.name: n.trusted for n in org.setup.networks()}
    if as_json:
        print_json({"trusted_ip_ranges": [_row(one) for one in found], "networks": networks})
        return
    print_table(
        [(str(r.id), r.first, r.last, r.description) for r in found],
        ("ID", "START", "END", "DESCRIPTION"),
    )
    trusted = ", ".join(name for name, inside in networks.items() if inside)
    echo(f"Trusted: {trusted or 'no network'}.", err=True)


@setup.command("add-range")
@argument("start")
@argument("end")
@click.option("--description", default="", help="What it is.")
@command
def setup_add_range(start: str, end: str, description: str, as_json: bool) -> None:
    """Trust the addresses from START to END: no security token is needed from there."""
    with opened() as org:
        found = org.setup.add_trusted_range(start, end, description)
    if as_json:
        print_json(_row(found))
    else:
        echo(f"{found.first} - {found.last} is trusted.", err=True)


@setup.command("remove-range")
@argument("range_id", metavar="ID", type=Number(-MOST))
@command
def setup_remove_range(range_id: int, as_json: bool) -> None:
    """Remove the trusted range ID; ids are in: setup ranges."""
    with opened() as org:
        org.setup.remove_trusted_range(range_id)
    if as_json:
        print_json({"id": range_id, "removed": True})
    else:
        echo("It is no longer trusted.", err=True)

"""freshtoken profile: login hours, login IP ranges, and password policies of a profile's own."""

from typing import Any

import click

from .common import command, echo, opened, print_json, print_table


@click.group()
def profile() -> None:
    """Profiles: login hours, login IP ranges, password policies."""


def _row(found: Any) -> dict[str, Any]:
    from freshtoken_model.accounts.profiles import clock_of

    return {
        "name": found.name,
        "administers": found.administers,
        "users": found.users,
        "login_hours": {
            day: f"{clock_of(first)}-{clock_of(last)}" for day, (first, last) in found.hours.items()
        },
        "login_ip_ranges": [{"id": r.id, "start": r.first, "end": r.last} for r in found.ranges],
        "policies": found.policies,
    }


def _said(found: Any, as_json: bool) -> None:
    if as_json:
        print_json(_row(found))
    else:
        echo(f"{found.name}: saved.", err=True)


@profile.command("list")
@command
def show_all(as_json: bool) -> None:
    """Every profile, with its login hours, login IP ranges and policies."""
    with opened() as org:
        found = [_row(one) for one in org.admin.profiles()]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            r["name"],
            str(r["users"]),
            ", ".join(f"{day} {hours}" for day, hours in r["login_hours"].items()) or "any time",
            ", ".join(f"{x['start']}-{x['end']} (id {x['id']})" for x in r["login_ip_ranges"])
            or "anywhere",
            ", ".join(f"{name}={value}" for name, value in r["policies"].items()) or "the org's",
        )
        for r in found
    ]
    print_table(rows, ("PROFILE", "USERS", "LOGIN HOURS", "LOGIN IP RANGES", "PASSWORD POLICIES"))


@profile.command()
@click.argument("name")
@command
def create(name: str, as_json: bool) -> None:
    """Make a profile NAME."""
    with opened() as org:
        _said(org.admin.create_profile(name), as_json)


@profile.command()
@click.argument("name")
@click.argument("day", type=click.Choice(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]))
@click.argument("start")
@click.argument("end")
@command
def hours(name: str, day: str, start: str, end: str, as_json: bool) -> None:
    """Set the login hours of a DAY; 0:00 24:00 is the whole day, the same START and END no
    access.
    """
    with opened() as org:
        _said(org.admin.set_login_hours(name, day, start, end), as_json)


@profile.command("add-range")
@click.argument("name")
@click.argument("start")
@click.argument("end")
@command
def add_range(name: str, start: str, end: str, as_json: bool) -> None:
    """Let users of a profile log in from START to END, and from nowhere else."""
    with opened() as org:
        _said(org.admin.add_login_range(name, start, end), as_json)


@profile.command("remove-range")
@click.argument("name")
@click.argument("range_id", type=int)
@command
def remove_range(name: str, range_id: int, as_json: bool) -> None:
    """Take a login IP range from a profile, by its id in: profile list."""
    with opened() as org:
        _said(org.admin.remove_login_range(name, range_id), as_json)


@profile.command()
@click.argument("name")
@click.argument("policy")
@click.argument("value")
@command
def policy(name: str, policy: str, value: str, as_json: bool) -> None:
    """Give a profile its own password POLICY (names and values as in: setup show); VALUE org
    lets the org's hold.
    """
    with opened() as org:
        _said(org.admin.set_policy(name, policy, None if value == "org" else value), as_json)

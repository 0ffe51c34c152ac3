"""freshtoken profile: login hours, login IP ranges, and password policies of a profile's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .common import command, echo, opened, print_json, print_table
from .groups import Group, argument
from .params import MOST, NamedChoice, Number

if TYPE_CHECKING:
    from freshtoken_model.accounts.profiles import Profile


@click.group(cls=Group)
def profile() -> None:
    """Profiles: login hours, login IP ranges, password policies."""


def _hours(found: Profile) -> dict[str, str]:
    from freshtoken_model.accounts.profiles import clock_of

    return {
        day: f"{clock_of(first)}-{clock_of(last)}" for day, (first, last) in found.hours.items()
    }


def _row(found: Profile) -> dict[str, object]:
    return {
        "name": found.name,
        "administers": found.administers,
        "users": found.users,
        "login_hours": _hours(found),
        "login_ip_ranges": [{"id": r.id, "start": r.first, "end": r.last} for r in found.ranges],
        "policies": found.policies,
    }


def _said(found: Profile, as_json: bool) -> None:
    if as_json:
        print_json(_row(found))
    else:
        echo(f"{found.name}: saved.", err=True)


@profile.command("list")
@command
def profile_list(as_json: bool) -> None:
    """Every profile, and what it has of its own."""
    with opened() as org:
        found = org.admin.profiles()
    if as_json:
        print_json([_row(one) for one in found])
        return
    rows = [
        (
            one.name,
            str(one.users),
            ", ".join(f"{day} {hours}" for day, hours in _hours(one).items()) or "any time",
            ", ".join(f"{r.first}-{r.last} (id {r.id})" for r in one.ranges) or "anywhere",
            ", ".join(f"{name}={value}" for name, value in one.policies.items()) or "the org's",
        )
        for one in found
    ]
    print_table(rows, ("PROFILE", "USERS", "LOGIN HOURS", "LOGIN IP RANGES", "PASSWORD POLICIES"))


@profile.command("create")
@argument("name")
@command
def profile_create(name: str, as_json: bool) -> None:
    """Make a profile NAME."""
    with opened() as org:
        _said(org.admin.create_profile(name), as_json)


@profile.command("hours")
@argument("name")
@argument("day", type=NamedChoice(("mon", "tue", "wed", "thu", "fri", "sat", "sun")))
@argument("start")
@argument("end")
@command
def profile_hours(name: str, day: str, start: str, end: str, as_json: bool) -> None:
    """Set the login hours of a DAY; 0:00 24:00 is the whole day, the same START and END no
    access.
    """
    with opened() as org:
        _said(org.admin.set_login_hours(name, day, start, end), as_json)


@profile.command("add-range")
@argument("name")
@argument("start")
@argument("end")
@command
def profile_add_range(name: str, start: str, end: str, as_json: bool) -> None:
    """Let users of a profile log in from START to END, and from nowhere else."""
    with opened() as org:
        _said(org.admin.add_login_range(name, start, end), as_json)


@profile.command("remove-range")
@argument("name")
@argument("range_id", metavar="ID", type=Number(-MOST))
@command
def profile_remove_range(name: str, range_id: int, as_json: bool) -> None:
    """Take a login IP range from a profile, by its id in: profile list."""
    with opened() as org:
        _said(org.admin.remove_login_range(name, range_id), as_json)


@profile.command("policy")
@argument("name")
@argument("policy")
@argument("value")
@command
def profile_policy(name: str, policy: str, value: str, as_json: bool) -> None:
    """Give a profile a password POLICY of its own (names and values as in: setup show); VALUE org
    lets the org's hold.
    """
    with opened() as org:
        _said(org.admin.set_policy(name, policy, None if value == "org" else value), as_json)

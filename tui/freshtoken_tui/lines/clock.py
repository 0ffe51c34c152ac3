"""freshtoken clock show|advance|set|freeze|run."""

from typing import Any

import click

from .common import command, opened, print_json


@click.group()
def clock() -> None:
    """Look at org time, move it forward, freeze it, let it run."""


def _show(org: Any, as_json: bool) -> None:
    from freshtoken_model.clock import at, iso

    reading, zone = org.clock.read(), org.info().time_zone
    now, mode = reading.seen_org, reading.mode
    if as_json:
        print_json({"now": iso(now), "mode": mode, "time_zone": zone})
    else:
        click.echo(f"{at(now, zone):%a %d %b %Y %H:%M:%S} {zone}, {mode}")


@clock.command()
@command
def show(as_json: bool) -> None:
    """Print org time."""
    with opened() as org:
        _show(org, as_json)


@clock.command()
@click.argument("duration")
@command
def advance(duration: str, as_json: bool) -> None:
    """Move org time forward by a DURATION such as 15m, 1h30m or 2d."""
    from freshtoken_model.clock import parse_duration

    try:
        milliseconds = parse_duration(duration)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="DURATION") from error
    with opened() as org:
        org.clock.advance(milliseconds)
        _show(org, as_json)


@clock.command("set")
@click.argument("moment")
@command
def set_to(moment: str, as_json: bool) -> None:
    """Move org time forward to a MOMENT (ISO 8601)."""
    from freshtoken_model.clock import parse_moment

    with opened() as org:
        try:
            to = parse_moment(moment, org.info().time_zone)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="MOMENT") from error
        org.clock.set(to)
        _show(org, as_json)


@clock.command()
@command
def freeze(as_json: bool) -> None:
    """Let org time stand still."""
    with opened() as org:
        org.clock.switch(running=False)
        _show(org, as_json)


@clock.command()
@command
def run(as_json: bool) -> None:
    """Let org time run with the wall clock."""
    with opened() as org:
        org.clock.switch(running=True)
        _show(org, as_json)

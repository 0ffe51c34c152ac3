"""freshtoken integration: API clients that run by a schedule, what they hold, and how they
retry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import click

from freshtoken_model.values.clock import iso
from freshtoken_tui.exit_codes import REFUSED

from .client import Holding, holdings, holds
from .common import (
    Stop,
    command,
    echo,
    moment_words,
    opened,
    print_json,
    print_table,
    secrets_of,
    worded,
)
from .groups import Group, argument
from .params import INTERVAL, moment_of

if TYPE_CHECKING:
    from freshtoken_model.org import Org
    from freshtoken_model.values.records import Integration


@click.group(cls=Group)
def integration() -> None:
    """API clients with a schedule: look at them, add one, change what it holds and how it
    retries.
    """


def _state(found: Integration) -> str:
    return "stopped" if found.stopped else "paused" if found.paused else "running"


def _row(org: Org, found: Integration) -> dict[str, object]:
    client = org.clients.get(found.client_id)
    return {
        "name": found.client,
        "username": client.username,
        "network": client.network,
        "protocol": found.protocol,
        "every_seconds": found.every / 1000,
        "session_habit": found.habit,
        "retry": found.retry,
        "state": _state(found),
        "light": client.light,
        "token_state": client.holds,
        "next": None if found.next_due is None else iso(found.next_due),
    }


def _said(org: Org, found: Integration, as_json: bool) -> None:
    from freshtoken_model.simulation.integrations import interval_words

    if as_json:
        print_json(_row(org, found))
    else:
        echo(f"{found.client}: {interval_words(found)}.", err=True)


@integration.command("list")
@command
def integration_list(as_json: bool) -> None:
    """Every integration, and when it runs next."""
    with opened() as org:
        found = [(one, org.clients.get(one.client_id)) for one in org.integrations.all()]
        zone = org.info().time_zone
        if as_json:
            print_json([_row(org, one) for one, _ in found])
            return
    if not found:
        raise Stop("No API client has a schedule.", REFUSED)
    rows = [
        (
            one.client,
            client.username,
            _state(one),
            client.light,
            worded(one.habit),
            one.retry,
            moment_words(one.next_due, zone),
        )
        for one, client in found
    ]
    print_table(rows, ("NAME", "USERNAME", "STATE", "LIGHT", "SESSION", "RETRY", "NEXT"))


@integration.command("kinds")
@command
def integration_kinds(as_json: bool) -> None:
    """The programs, session habits and retry behaviours there are, and where each is known from."""
    from freshtoken_model.decision.words import known_from
    from freshtoken_model.simulation.integrations import HABITS, KINDS, RETRIES
    from freshtoken_model.training.content.sources import readable

    if as_json:
        programs = {
            name: {"habit": k.habit, "retry": k.retry, "source": readable(k.source)}
            for name, k in KINDS.items()
        }
        retries = {
            name: {"does": r.label, "teaches": r.teaches, "source": readable(r.source)}
            for name, r in RETRIES.items()
        }
        print_json({"kinds": programs, "habits": HABITS, "retries": retries})
        return
    print_table(
        [
            (n, worded(k.protocol), worded(k.habit), k.retry, known_from(k.source))
            for n, k in KINDS.items()
        ],
        ("KIND", "PROTOCOL", "SESSION", "RETRY", "SOURCE"),
    )
    echo()
    print_table(
        [(worded(name), words) for name, words in HABITS.items()], ("SESSION", "WHAT IT DOES")
    )
    echo()
    print_table(
        [(r.name, r.label, known_from(r.source)) for r in RETRIES.values()],
        ("RETRY", "WHAT IT DOES", "SOURCE"),
    )


@integration.command("add")
@argument("name")
@argument("user")
@click.option("--every", required=True, type=INTERVAL, help="How often it runs, such as 15m or 1d.")
@click.option("--first", metavar="MOMENT", help="When it runs first; else one interval from now.")
@click.option(
    "--kind",
    default="script",
    show_default=True,
    help="The program it is like: freshtoken integration kinds.",
)
@click.option(
    "--from",
    "network",
    default="cloud",
    show_default=True,
    metavar="NETWORK",
    help="Where it calls from.",
)
@click.option("--password", help="The password it holds.")
@click.option("--token", help="The security token it holds.")
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read password, then token, from standard input, one a line.",
)
@command
def integration_add(
    name: str,
    user: str,
    every: int,
    first: str | None,
    kind: str,
    network: str,
    password: str | None,
    token: str | None,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Add an API client NAME that logs in as USER on a schedule."""
    if password_stdin:
        password, token = secrets_of([("Password", password), ("Token", token)], True)
    with opened() as org:
        username = org.users.get(user).username
        made = org.integrations.add(
            name,
            username,
            network,
            kind,
            every,
            moment_of(org, first, "--first", ahead=True),
            {"password": password or "", "token": token or ""},
        )
        _said(org, made, as_json)


@integration.command("set")
@argument("name")
@click.option("--every", type=INTERVAL, help="How often it runs.")
@click.option("--first", metavar="MOMENT", help="When it runs first.")
@click.option("--session", "habit", help="every_run or keep.")
@click.option("--retry", help="One of: freshtoken integration kinds.")
@holds
@command
def integration_set(
    name: str,
    every: int | None,
    first: str | None,
    habit: str | None,
    retry: str | None,
    as_json: bool,
    **given: Unpack[Holding],
) -> None:
    """Change an integration's schedule, behaviour, or what it holds; a client without a schedule
    gets one.
    """
    with opened() as org:
        client = org.clients.named(name)
        held = holdings(org, client.id, given)
        if not held and all(value is None for value in (every, first, habit, retry)):
            raise click.UsageError("Nothing to change was given.")
        begins = moment_of(org, first, "--first", ahead=True)
        changed = org.integrations.change(client.name, every, begins, habit, retry, held)
        _said(org, changed, as_json)


@integration.command("pause")
@argument("name")
@command
def integration_pause(name: str, as_json: bool) -> None:
    """Run an integration no more until it is started."""
    with opened() as org:
        _said(org, org.integrations.pause(name), as_json)


@integration.command("start")
@argument("name")
@command
def integration_start(name: str, as_json: bool) -> None:
    """Run a paused integration again, or one that its circuit breaker has stopped."""
    with opened() as org:
        _said(org, org.integrations.pause(name, paused=False), as_json)


@integration.command("remove")
@argument("name")
@command
def integration_remove(name: str, as_json: bool) -> None:
    """Take the schedule from an API client; the client stays."""
    with opened() as org:
        org.integrations.remove(name)
    if as_json:
        print_json({"name": name, "scheduled": False})
    else:
        echo(f"{name} runs by itself no more.", err=True)

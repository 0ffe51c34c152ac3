"""freshtoken client: what the API client pane does, from the command line: hold credentials, log
in, query.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from freshtoken_model.decision.lights import Light
from freshtoken_model.decision.verdict import Door
from freshtoken_model.values.errors import NotAllowedError
from freshtoken_model.values.kinds import LoginAt
from freshtoken_tui.exit_codes import REFUSED

from .aftermath import echo_consequences, fit_row
from .common import (
    Arguments,
    Stop,
    command,
    echo,
    opened,
    print_json,
    print_table,
    secrets_of,
    worded,
)
from .groups import Group, argument
from .params import NamedChoice

if TYPE_CHECKING:
    from freshtoken_model.org import Org
    from freshtoken_model.values.records import Client


PROTOCOL = NamedChoice(
    tuple(door.value for door in (Door.SOAP, Door.OAUTH, Door.CLIENT_CREDENTIALS, Door.JWT_BEARER))
)
LOGIN_AT = NamedChoice(tuple(at.value for at in LoginAt))


class Holding(TypedDict):
    """What the options of holds() give."""

    user: str | None
    password: str | None
    token: str | None
    newest_token: bool
    network: str | None
    protocol: str | None
    password_stdin: bool


@click.group(cls=Group)
def client() -> None:
    """API clients: what they hold; let one log in, or query with the session it holds."""


def _row(client: Client) -> dict[str, object]:
    from freshtoken_model.export import client_row
    from freshtoken_tui.view import in_words

    return {**client_row(client), "told": in_words(client).told}


@client.command("list")
@command
def client_list(as_json: bool) -> None:
    """Every API client: its username, the state of the token it holds, what it was told
    last.
    """
    from freshtoken_tui.view import in_words

    with opened() as org:
        found = org.clients.all()
    if as_json:
        print_json([_row(one) for one in found])
        return
    rows = [
        (c.name, c.username, c.network, worded(c.protocol), c.holds, c.light, in_words(c).told)
        for c in found
    ]
    print_table(rows, ("NAME", "USERNAME", "FROM", "PROTOCOL", "TOKEN", "LIGHT", "TOLD"))


def holds(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """The options of a command that puts something into an API client; holdings() reads what was
    given.
    """
    options = (
        click.option("--user", help="The username it logs in with."),
        click.option("--password", help="The password it holds."),
        click.option("--token", help="The security token it holds; an empty one takes it away."),
        click.option(
            "--newest-token",
            is_flag=True,
            help="The token of its user's newest mail that carries one.",
        ),
        click.option("--from", "network", metavar="NETWORK", help="Where it calls from."),
        click.option("--protocol", type=PROTOCOL, help="How it calls."),
        click.option(
            "--password-stdin", is_flag=True, help="Read the password from standard input."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def holdings(
    org: Org, client_id: int, given: Holding, code: bool = False, api_version: str | None = None
) -> dict[str, str | int]:
    """What was given for a client to hold, by its fields. `code`: the authenticator's code of its
    user stands in the token's place.
    """
    password, token = given["password"], given["token"]
    if given["password_stdin"]:
        (password,) = secrets_of([("Password", password)], True)
    username = org.users.get(given["user"]).username if given["user"] else None
    whose = username or org.clients.get(client_id).username
    if given["newest_token"]:
        token = org.mail.newest_token(whose)
        if token is None:
            raise Stop(f"No mail to {whose} carries a security token.", REFUSED)
    if code:
        token = org.users.authenticator_code(whose)
    held: dict[str, str | int | None] = {
        "password": password,
        "token": token,
        "protocol": given["protocol"],
        "api_version": api_version,
        "username": username,
        "network_id": org.setup.network(given["network"]).id if given["network"] else None,
    }
    return {field: value for field, value in held.items() if value is not None}


@client.command("set")
@argument("name")
@holds
@click.option(
    "--code",
    is_flag=True,
    help="The code its user's authenticator shows now, in the token's place.",
)
@click.option("--api-version", help="SOAP API version, such as 64.0.")
@click.option("--login-host", type=LOGIN_AT, help="Where it logs in.")
@command
def client_set(
    name: str,
    code: bool,
    api_version: str | None,
    login_host: str | None,
    as_json: bool,
    **given: Unpack[Holding],
) -> None:
    """Change what the API client NAME holds."""
    with opened() as org:
        found = org.clients.named(name)
        held = holdings(org, found.id, given, code, api_version)
        held |= {"login_at": login_host} if login_host else {}
        if not held:
            raise click.UsageError("Nothing to change was given.")
        found = org.clients.hold(found.id, **held)
    if as_json:
        print_json(_row(found))
    else:
        user = found.username or "nobody"
        echo(f"{found.name}: as {user} from {found.network}, holds token: {found.holds}", err=True)


@client.command("login")
@argument("name")
@command
def client_login(name: str, as_json: bool) -> None:
    """Let the API client NAME log in with what it holds, and keep the session it gets. Exit 1 when
    refused.
    """
    _call(name, "login", as_json)


@client.command("query")
@argument("name")
@command
def client_query(name: str, as_json: bool) -> None:
    """Let the API client NAME query with the session it holds. Exit 1 when refused."""
    _call(name, "query", as_json)


def _call(name: str, purpose: str, as_json: bool) -> None:
    """One exchange over the wire, in-process: the same bytes as in the pane and on a port."""
    from freshtoken_api.client.api_client import ApiClient
    from freshtoken_model.pool import InlinePool

    with opened() as org:
        found = org.clients.named(name)
        if found.outside or found.protocol == Door.JWT_BEARER:
            why = (
                "calls from outside"
                if found.outside
                else "signs by a key it keeps to itself, and runs by its schedule only"
            )
            raise NotAllowedError(f"{found.name} {why}.")
        answer = asyncio.run(getattr(ApiClient(InlinePool(org)), purpose)(found.id)).answer
        found = org.clients.get(found.id)
        fit, done = org.fits.of(found), org.consequences.last() if purpose == "login" else ()
    if as_json:
        from freshtoken_model.outcomes import consequences_data

        rows = consequences_data(done)
        print_json({**_row(found), "fit": fit_row(fit), "consequences": rows})
    else:
        echo(f"{answer.light}  {answer.told}")
        echo_consequences(done)
    if answer.light != Light.CONNECTED:
        click.get_current_context().exit(REFUSED)

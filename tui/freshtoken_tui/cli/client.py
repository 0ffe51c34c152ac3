"""freshtoken client: what the API client pane does, from the command line: hold credentials, log
in, query.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import click

from freshtoken_tui.exit_codes import REFUSED

from .common import Stop, command, echo, opened, print_json, print_table, secrets_of


@click.group()
def client() -> None:
    """API clients: what they hold; let one log in, or query with the session it holds."""


def _row(client: Any) -> dict[str, Any]:
    from freshtoken_tui.view import in_words

    found = in_words(client)
    return {
        "name": found.name,
        "username": found.username,
        "network": found.network,
        "protocol": found.protocol,
        "api_version": found.api_version,
        "token_state": found.holds,
        "light": found.light,
        "told": found.told,
        "outside": found.outside,
    }


@client.command("list")
@command
def show_all(as_json: bool) -> None:
    """Every API client: its username, the state of the token it holds, what it was told
    last.
    """
    with opened() as org:
        found = [_row(one) for one in org.clients.all()]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            r["name"],
            r["username"],
            r["network"],
            r["protocol"],
            r["token_state"],
            r["light"],
            r["told"],
        )
        for r in found
    ]
    print_table(rows, ("NAME", "USERNAME", "FROM", "PROTOCOL", "TOKEN", "LIGHT", "TOLD"))


def holds(function: Callable[..., None]) -> Callable[..., None]:
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
        click.option("--protocol", help="soap, oauth, client_credentials or jwt_bearer."),
        click.option(
            "--password-stdin", is_flag=True, help="Read the password from standard input."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def holdings(org: Any, client_id: int, given: dict[str, Any]) -> dict[str, Any]:
    """What was given for a client to hold, by its fields. `given`: the options of holds(), and
    perhaps more.
    """
    held = {field: given.get(field) for field in ("password", "token", "protocol", "api_version")}
    if given["password_stdin"]:
        (held["password"],) = secrets_of([("Password", held["password"])], True)
    username = org.users.get(given["user"]).username if given["user"] else None
    whose = username or org.clients.get(client_id).username
    if given["newest_token"]:
        held["token"] = org.mail.newest_token(whose)
        if held["token"] is None:
            raise Stop(f"No mail to {whose} carries a security token.", REFUSED)
    if given.get("code"):
        held["token"] = org.users.authenticator_code(whose)
    held |= {
        "username": username,
        "network_id": org.setup.network(given["network"]).id if given["network"] else None,
    }
    return {field: value for field, value in held.items() if value is not None}


@client.command("set")
@click.argument("name")
@holds
@click.option(
    "--code",
    is_flag=True,
    help="The code its user's authenticator shows now, in the token's place.",
)
@click.option("--api-version", help="SOAP API version, such as 64.0.")
@command
def change(name: str, as_json: bool, **given: Any) -> None:
    """Change what the API client NAME holds."""
    with opened() as org:
        found = org.clients.named(name)
        held = holdings(org, found.id, given)
        if not held:
            raise click.UsageError("Nothing to change was given.")
        found = org.clients.hold(found.id, **held)
    if as_json:
        print_json(_row(found))
    else:
        user = found.username or "nobody"
        echo(f"{found.name}: as {user} from {found.network}, holds token: {found.holds}", err=True)


@client.command()
@click.argument("name")
@command
def login(name: str, as_json: bool) -> None:
    """Let the API client NAME log in with what it holds, and keep the session it gets. Exit 1 when
    refused.
    """
    _call(name, "login", as_json)


@client.command()
@click.argument("name")
@command
def query(name: str, as_json: bool) -> None:
    """Let the API client NAME query with the session it holds. Exit 1 when refused."""
    _call(name, "query", as_json)


def _call(name: str, purpose: str, as_json: bool) -> None:
    """One exchange over the wire, in-process: the same bytes as in the pane and on a port."""
    from freshtoken_api.client.api_client import ApiClient
    from freshtoken_model.pool import OrgPool
    from freshtoken_model.values.errors import NotAllowed

    with opened() as org:
        found = org.clients.named(name)
        if found.outside or found.protocol == "jwt_bearer":
            why = (
                "calls from outside"
                if found.outside
                else "signs by a key it keeps to itself, and runs by its schedule only"
            )
            raise NotAllowed(f"{found.name} {why}.")
        pool = OrgPool(org.path)
        try:
            answer = asyncio.run(getattr(ApiClient(pool), purpose)(found.id)).answer
        finally:
            pool.close()
        found = org.clients.get(found.id)
    if as_json:
        print_json(_row(found))
    else:
        echo(f"{answer.light}  {answer.told}")
    if answer.light != "connected":
        click.get_current_context().exit(REFUSED)

"""freshtoken login: the same use case as every other door, without HTTP."""

import click

from freshtoken_model.decision.verdict import Door
from freshtoken_model.values.errors import AmbiguousNameError, UnknownNameError
from freshtoken_model.values.kinds import FaultKey
from freshtoken_model.values.visible import visible
from freshtoken_tui.exit_codes import REFUSED

from .common import command, echo, opened, print_json, print_table, secrets_of, worded
from .groups import CommandWithExamples, argument
from .params import NamedChoice

LOGIN_PROTOCOLS = tuple(door.value for door in (Door.SOAP, Door.OAUTH, Door.UI))
APPLICATION = "freshtoken command line"


def _version(ctx: click.Context, param: click.Parameter, value: str) -> str:
    whole, _, tenth = value.removeprefix("v").partition(".")
    if not whole.isdecimal() or not whole.isascii() or len(whole) > 3 or tenth not in ("", "0"):
        raise click.BadParameter(f"{value!r} is not an API version; write it like 64.0")
    return f"{int(whole)}.0"


@click.command(cls=CommandWithExamples)
@argument("user")
@click.option("--password", help="The password; else asked for.")
@click.option("--token", default="", help="The security token, sent behind the password.")
@click.option(
    "--from",
    "network",
    default="cloud",
    show_default=True,
    help="The network the login comes from.",
)
@click.option(
    "--api-version", default="64.0", show_default=True, callback=_version, help="SOAP API version."
)
@click.option(
    "--protocol",
    type=NamedChoice(LOGIN_PROTOCOLS),
    default=Door.SOAP.value,
    show_default=True,
    help="The door to try.",
)
@click.option(
    "--why", is_flag=True, help="Show the gates: what the org decided, and does not tell."
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@command
def login(
    user: str,
    password: str | None,
    token: str,
    network: str,
    api_version: str,
    protocol: str,
    why: bool,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Log in as USER (a username, or its part before @). Exit 1 when refused."""
    from freshtoken_api.faults import OAUTH_STATUS, fault_text
    from freshtoken_model.decision.verdict import Attempt, Door
    from freshtoken_model.decision.words import detail, title
    from freshtoken_model.outcomes import gates_data

    (given,) = secrets_of([("Password", password)], password_stdin)
    door = Door(protocol)
    with opened() as org:
        where = org.setup.network(network)
        try:
            username = org.users.get(user).username
        except AmbiguousNameError:
            raise
        except UnknownNameError:
            username = user
        soap = door is Door.SOAP
        attempt = Attempt(
            username=username,
            sent=given + token,
            door=door,
            address=where.address,
            api_version=api_version if soap else "",
            application=visible(APPLICATION),
            endpoint=visible(f"/services/Soap/u/{api_version}" if soap else ""),
        )
        result = org.login(attempt)
        zone = org.info().time_zone
    verdict = result.verdict
    shown: dict[str, object] = {"accepted": verdict.accepted}
    if verdict.accepted:
        shown |= {"session_id": result.session_id, "password_expired": verdict.password_expired}
    else:
        fault = fault_text(verdict.fault or FaultKey.INVALID_LOGIN, door, version=api_version)
        if door is Door.OAUTH:
            shown["fault"] = {
                "error": fault.code,
                "error_description": fault.message,
                "http_status": OAUTH_STATUS,
            }
        else:
            shown["fault"] = {
                "code": fault.code,
                "message": fault.message,
                "http_status": fault.http_status,
            }
    if why:
        shown["gates"] = gates_data(verdict.steps, result.at, zone)
    if as_json:
        print_json(shown)
    else:
        if verdict.accepted:
            echo(f"accepted  {result.session_id}")
            if verdict.password_expired:
                echo(
                    "The password has expired: nothing but a password change works with this "
                    "session.",
                    err=True,
                )
        else:
            echo(f"refused  {fault.code + ': ' if fault.code else ''}{fault.message}")
        if why:
            echo()
            rows = [
                (worded(step.outcome), title(step), detail(step, result.at, zone))
                for step in verdict.steps
            ]
            print_table(rows, ("OUTCOME", "GATE", "DETAIL"))
    if not verdict.accepted:
        click.get_current_context().exit(REFUSED)

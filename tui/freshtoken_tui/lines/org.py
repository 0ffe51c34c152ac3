"""freshtoken org new|show|reset|export."""

from pathlib import Path

import click

from .common import command, opened, print_json, print_table


@click.group()
def org() -> None:
    """Make, look at, set back or export an org file."""


@org.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--seed", help="Tokens, IDs and salts come from this: same seed, same commands, same org.")
@click.option("--frozen-at", metavar="ISO", help="Org time stands still at this moment.")
@click.option("--force", is_flag=True, help="Set an existing org file back to a new training org.")
@command
def new(file: Path, seed: str | None, frozen_at: str | None, force: bool, as_json: bool) -> None:
    """Make the training org in a new FILE."""
    from freshtoken_model.clock import parse_moment
    from freshtoken_model.org import Org
    from freshtoken_model.storage import plainly

    try:
        moment = parse_moment(frozen_at, "Europe/London") if frozen_at else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--frozen-at") from error
    if force and file.exists():
        with plainly(file), Org(file) as existing:
            existing.reset(seed, moment, as_made=False)
    else:
        Org.create(file, seed, moment)
    if as_json:
        print_json({"file": str(file)})
    else:
        click.echo(f"{file} holds the training org. Look at it with: freshtoken --org {file}", err=True)


@org.command()
@command
def show(as_json: bool) -> None:
    """Users, networks, API clients, policies and clock, with the demo secrets."""
    from freshtoken_model.export import show as shown

    with opened() as org:
        found = shown(org)
    if as_json:
        print_json(found)
        return
    click.echo(f"{found['name']} ({found['kind']}), {found['file']}")
    click.echo(f"org time {found['clock']['now']} ({found['clock']['mode']})\n")
    rows = [(u["username"], u["profile"], u["state"], u["token_state"], u["demo_password"] or "") for u in found["users"]]
    print_table(rows, ("USERNAME", "PROFILE", "STATE", "TOKEN", "DEMO PASSWORD"))
    click.echo()
    networks = [(n["name"], n["address"], "trusted" if n["trusted"] else "not trusted") for n in found["networks"]]
    print_table(networks, ("NETWORK", "ADDRESS", ""))
    click.echo()
    clients = [
        (c["name"], c["username"], c["network"], c["protocol"], c["light"], c["held_token"] or "") for c in found["clients"]
    ]
    print_table(clients, ("API CLIENT", "USERNAME", "FROM", "PROTOCOL", "LIGHT", "HELD TOKEN"))


@org.command()
@command
def reset(as_json: bool) -> None:
    """Set the org back to the training org."""
    with opened() as org:
        org.reset()
        path = str(org.path)
    if as_json:
        print_json({"file": path})
    else:
        click.echo(f"{path} is the training org again.", err=True)


@org.command()
@click.option("--with-secrets", is_flag=True, help="Demo passwords, held tokens and mail bodies too.")
@command
def export(with_secrets: bool, as_json: bool) -> None:
    """Everything of the org as JSON; without secrets unless asked."""
    from freshtoken_model.export import export as exported

    with opened() as org:
        print_json(exported(org, with_secrets))

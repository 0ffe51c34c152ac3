"""freshtoken org new|show|reset|export|back|steps|snapshot|restore."""

from pathlib import Path

import click

from freshtoken_tui.exit_codes import USAGE

from .common import (
    Stop,
    agree,
    command,
    echo,
    hashing,
    json_text,
    moment_words,
    opened,
    print_json,
    print_table,
    worded,
    yes_option,
)
from .groups import Group, argument
from .output_file import check_free, force_option, write_file
from .params import STANDARD, File, Number, OwnFile


@click.group(cls=Group)
def org() -> None:
    """Make, look at, set back or export an org file."""


@org.command("new")
@argument("file", type=OwnFile())
@click.option(
    "--seed", help="Tokens, IDs and salts come from this: same seed, same commands, same org."
)
@click.option("--frozen-at", metavar="MOMENT", help="Org time is frozen at this moment (ISO 8601).")
@click.option(
    "--preset",
    default="default",
    help="default: the story; night: Friday evening; busy: six integrations.",
)
@click.option(
    "--release",
    metavar="NAME",
    help='Count as made in a release such as "Winter \'26": its defaults hold.',
)
@click.option(
    "--sandbox", is_flag=True, help="Count as a sandbox: clients log in at test.salesforce.com."
)
@click.option("--force", is_flag=True, help="Set an existing org file back to a new training org.")
@yes_option
@command
def org_new(
    file: Path,
    seed: str | None,
    frozen_at: str | None,
    preset: str,
    release: str | None,
    sandbox: bool,
    force: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Make the training org in a new FILE."""
    from freshtoken_model.files.training_org import Beginning
    from freshtoken_model.org import Org
    from freshtoken_model.store.database import plainly
    from freshtoken_model.values.clock import parse_moment

    try:
        moment = parse_moment(frozen_at, "Europe/London") if frozen_at else None
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="'--frozen-at'") from error
    if _is_there(file, force):
        with plainly(file), Org(file, hashing()) as existing:
            agree(f"Set {file} back to a new training org?", yes)
            existing.reset(Beginning(seed, moment, preset, release, sandbox))
    else:
        Org.create(file, seed, moment, hashing(), preset, release, sandbox)
    if as_json:
        print_json({"file": str(file)})
    else:
        echo(f"{file} holds the training org. Look at it with: freshtoken --org {file}", err=True)


def _is_there(file: Path, force: bool) -> bool:
    """Whether an org is to be written over. Raises Stop without --force, OrgFileError."""
    from freshtoken_model.store.database import plainly

    with plainly(file):
        there = file.exists()
    if there and not force:
        raise Stop(f"{file} exists; --force replaces it.", USAGE)
    return there


@org.command("show")
@command
def org_show(as_json: bool) -> None:
    """Users, networks, API clients, policies and clock, with the demo secrets."""
    from freshtoken_model.export import show as shown

    with opened() as org:
        found = shown(org)
    if as_json:
        print_json(found)
        return
    echo(f"{found['name']} ({found['kind']}), {found['file']}")
    echo(f"org time {found['clock']['now']} ({found['clock']['mode']})", "")
    rows = [
        (
            u["username"],
            u["profile"],
            u["state"],
            worded(u["token_state"]),
            u["demo_password"] or "",
        )
        for u in found["users"]
    ]
    print_table(rows, ("USERNAME", "PROFILE", "STATE", "TOKEN", "DEMO PASSWORD"))
    echo()
    networks = [
        (n["name"], n["address"], "trusted" if n["trusted"] else "not trusted")
        for n in found["networks"]
    ]
    print_table(networks, ("NETWORK", "ADDRESS", ""))
    echo()
    clients = [
        (
            c["name"],
            c["username"],
            c["network"],
            worded(c["protocol"]),
            c["light"],
            c["held_token"] or "",
        )
        for c in found["clients"]
    ]
    print_table(clients, ("API CLIENT", "USERNAME", "FROM", "PROTOCOL", "LIGHT", "HELD TOKEN"))


@org.command("reset")
@yes_option
@command
def org_reset(yes: bool, as_json: bool) -> None:
    """Set the org back to the training org; org back takes that back."""
    with opened() as org:
        agree(f"Set {org.path} back to the training org?", yes)
        org.reset()
        path = str(org.path)
    if as_json:
        print_json({"file": path})
    else:
        echo(f"{path} is the training org again. Take it back: freshtoken org back", err=True)


@org.command("export")
@click.option(
    "--with-secrets", is_flag=True, help="Demo passwords, held tokens and mail bodies too."
)
@click.option("--out", type=File(), help="Into a FILE; else printed.")
@force_option
@command
def org_export(with_secrets: bool, out: Path | None, force: bool, as_json: bool) -> None:
    """Everything of the org as JSON; without secrets unless asked."""
    from freshtoken_model.export import export as exported

    if out is not None:
        check_free(out, force)
    with opened() as org:
        found = exported(org, with_secrets)
    if out is None or out == STANDARD:
        print_json(found)
        return
    write_file(out, json_text(found) + "\n", force)
    echo(f"{out} holds the export.", err=True)


@org.command("back")
@argument("count", type=Number(), default=1)
@command
def org_back(count: int, as_json: bool) -> None:
    """Take back the last COUNT steps: everything each of them did, in order, the newest first."""
    with opened() as org:
        seen = org.info().last_event
        undone = org.rewind.back(count, seen=seen)
    if as_json:
        print_json([{"step": step.id, "words": step.words} for step in undone])
        return
    for step in undone:
        echo(f"taken back: {step.words}", err=True)


@org.command("steps")
@click.option("--limit", type=Number(), default=20, show_default=True, help="At most so many.")
@command
def org_steps(limit: int, as_json: bool) -> None:
    """What org back would take back, the newest first."""
    from freshtoken_model.values.clock import iso

    with opened() as org:
        found, zone = org.rewind.steps(limit), org.info().time_zone
    if as_json:
        print_json(
            [
                {"step": s.id, "at": None if s.at is None else iso(s.at), "words": s.words}
                for s in found
            ]
        )
    else:
        print_table([(moment_words(s.at, zone), s.words) for s in found], ("AT", "STEP"))


@org.command("snapshot")
@argument("file", type=OwnFile())
@force_option
@command
def org_snapshot(file: Path, force: bool, as_json: bool) -> None:
    """Copy the org into a new FILE, secrets included; readable by you alone."""
    _is_there(file, force)
    with opened() as org:
        org.snapshot(file, replace=True)
    if as_json:
        print_json({"file": str(file)})
    else:
        echo(f"{file} holds the org as it is now.", err=True)


@org.command("restore")
@argument("file", type=OwnFile())
@yes_option
@command
def org_restore(file: Path, yes: bool, as_json: bool) -> None:
    """Put the org of FILE in this one's place; says first which events would be lost."""
    from freshtoken_model.decision.words import event_words

    with opened() as org:
        loss = org.would_lose(file)
        if loss.lost:
            echo(f"{loss.lost:,} events would be lost, the newest first:", err=True, always=True)
            for event in loss.newest:
                echo(
                    f"  {event_words(event.kind, event.username, event.client, event.detail)}",
                    err=True,
                    always=True,
                )
        if loss.lost:
            agree("Restore?", yes)
        org.restore(file, loss.last_event)
        path = str(org.path)
    if as_json:
        print_json({"file": path, "lost": loss.lost, "gained": loss.gained})
    else:
        echo(f"{path} is as it was in {file}.", err=True)

"""freshtoken rehearse: run a client's command through everything that can happen to its
credentials.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from freshtoken_model.values.clock import SECOND
from freshtoken_tui.exit_codes import REFUSED, UNUSABLE, USAGE

from .common import Stop, command, echo, json_text, print_json, secrets_of
from .groups import CommandWithExamples, argument
from .output_file import check_free, force_option, write_file
from .params import DURATION, File, Number, read_text

if TYPE_CHECKING:
    from freshtoken_model.files.adoption import AdoptedCredentials
    from freshtoken_rehearsal.rehearsal import Plan, Rehearsed
    from freshtoken_rehearsal.scenarios import Scenario

USER, PASSWORD, TOKEN = "FRESHTOKEN_USER", "FRESHTOKEN_PASSWORD", "FRESHTOKEN_TOKEN"
"""The variables that say what the client holds, where no option does; the command gets them too."""
MOST_PARALLEL = 16
JUNIT = re.compile(rb"<\?xml [^>]*>\s*<testsuites>\s*<testsuite name=\"freshtoken rehearse\"")
"""How a JUnit file of an earlier rehearsal begins."""
PLACE = re.compile(r"\{(user|password|token|client_id|client_secret|refresh_token)\}")
"""What of the value of --env stands for what the client holds."""


def _variable(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    found = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise click.BadParameter(f"{text!r} is not written as NAME=value.")
        found[name] = value
    return found


def _names(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for text in values for name in text.split(",") if name.strip())


@click.command(
    cls=CommandWithExamples,
    context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False},
)
@click.option("--user", metavar="NAME", help=f"The username that the client sends; else {USER}.")
@click.option("--password", metavar="TEXT", help=f"Its password; else {PASSWORD}.")
@click.option("--token", metavar="TEXT", help=f"Its security token; else {TOKEN}.")
@click.option(
    "--password-stdin", is_flag=True, help="Read password and token, a line each, from stdin."
)
@click.option("--learn", is_flag=True, help="Learn from the first run what the client holds.")
@click.option(
    "--only", metavar="ID,...", multiple=True, callback=_names, help="These scenarios only."
)
@click.option("--list", "listing", is_flag=True, help="List the scenarios; run nothing.")
@click.option(
    "--limit", type=DURATION, default="60s", show_default=True, help="How long one run may take."
)
@click.option(
    "--parallel",
    type=Number(1, MOST_PARALLEL),
    default=1,
    show_default=True,
    help="Scenarios that run at a time.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="The folder for the report."
)
@click.option("--junit", type=File(), help="Write the report as JUnit XML, for a CI server.")
@click.option("--baseline", type=File(), help="Scenarios that are known to fail, with reasons.")
@click.option(
    "--env",
    "variables",
    metavar="NAME=value",
    multiple=True,
    callback=_variable,
    help="A variable for the command; {user}, {password}, {token} are what the client holds.",
)
@click.option(
    "--pass-through", "passed", metavar="HOST", multiple=True, help="Let it reach this host, too."
)
@force_option
@argument("words", metavar="COMMAND", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
@command
def rehearse(
    ctx: click.Context,
    user: str | None,
    password: str | None,
    token: str | None,
    password_stdin: bool,
    learn: bool,
    only: tuple[str, ...],
    listing: bool,
    limit: int,
    parallel: int,
    out: Path | None,
    junit: Path | None,
    baseline: Path | None,
    variables: dict[str, str],
    passed: tuple[str, ...],
    force: bool,
    words: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run a client's COMMAND, unmodified, through what can happen to its credentials, a fresh org
    each, and report what it did. Exit 0 when all is well, 1 when a scenario fails.
    """
    from freshtoken_model.store.whole_file import write_whole
    from freshtoken_rehearsal.baseline import judge, read_baseline
    from freshtoken_rehearsal.kept import REPORT
    from freshtoken_rehearsal.report import as_junit, as_report
    from freshtoken_rehearsal.scenarios import chosen, scenarios

    from .rehearse_words import listed_scenarios, print_report

    picked = chosen(only)
    if listing:
        listed_scenarios(picked, as_json)
        return
    if not words:
        raise click.UsageError("Name the client's command: freshtoken rehearse -- COMMAND")
    if os.name == "nt":
        raise Stop("rehearse runs on Linux and macOS: Windows has no process groups.", USAGE)
    if junit is not None:
        check_free(junit, force, JUNIT)
    known = {}
    if baseline is not None:
        text = read_text(baseline, "'--baseline'")
        known = read_baseline(text, [scenario.id for scenario in scenarios()])
    folder = out or _own_folder(words)
    held, training = _held(user, password, token, password_stdin, learn)
    plan = _plan(words, picked, held, limit, parallel, folder, variables, passed)
    _announce(plan, training)
    rehearsed = _run(plan)
    judged = judge(rehearsed.results, known)
    report = as_report(rehearsed, judged)
    write_whole(folder / REPORT, json_text(report) + "\n")
    if junit is not None:
        write_file(junit, as_junit(rehearsed, judged), force=True)
    if as_json:
        print_json(report)
    else:
        print_report(rehearsed, judged)
    echo(f"Report and output: {folder}", err=True)
    if not all(one.good for one in judged.values()):
        ctx.exit(REFUSED)


def _own_folder(words: Sequence[str]) -> Path:
    """A folder for one rehearsal in the data directory, named by the command's program and file."""
    from freshtoken_model.store.orgfile import data_folder

    name = re.sub(r"[^A-Za-z0-9.]+", "-", _short_name(words))[:40].strip("-") or "command"
    first = data_folder() / "rehearsals" / f"{datetime.now():%Y-%m-%dT%H-%M-%S}-{name}"
    others = (first.with_name(f"{first.name}-{number}") for number in count(2))
    return next(folder for folder in chain([first], others) if not folder.exists())


def _short_name(words: Sequence[str]) -> str:
    """The command's program and the file that it runs. Any other word may be secret."""
    named = [words[0], *(word for word in words[1:2] if os.path.isfile(word))]
    return " ".join(Path(word).name for word in named)


def _held(
    user: str | None, password: str | None, token: str | None, from_stdin: bool, learn: bool
) -> tuple[AdoptedCredentials | None, bool]:
    """What the client holds: as given, else by the variables, else as the training org has it,
    which the second value tells. None where it is to be learned. Raises UsageError.
    """
    from freshtoken_model.decision.credentials import QUICK
    from freshtoken_model.store.whole_file import temporary_folder
    from freshtoken_rehearsal.orgs import training_held

    given = [user, password, token]
    if learn:
        if from_stdin or any(value is not None for value in given):
            raise click.UsageError("--learn learns what the client holds; give nothing besides.")
        return None, False
    if from_stdin:
        password, token = secrets_of([("Password", password), ("Security token", token)], True)
    user = user or os.environ.get(USER)
    password = password or os.environ.get(PASSWORD)
    token = os.environ.get(TOKEN, "") if token is None else token
    with temporary_folder() as folder:
        training = training_held(QUICK, Path(folder))
    if user is None and password is None and not token:
        return training, True
    if not user or not password:
        raise click.UsageError(
            f"Give --user and --password, or {USER} and {PASSWORD}; or --learn; or nothing, for "
            f"what the training org has."
        )
    return replace(training, username=user, password=password, token=token), False


def _plan(
    words: tuple[str, ...],
    picked: tuple[Scenario, ...],
    held: AdoptedCredentials | None,
    limit: int,
    parallel: int,
    folder: Path,
    variables: dict[str, str],
    passed: tuple[str, ...],
) -> Plan:
    from freshtoken_model.decision.credentials import QUICK, Hashing
    from freshtoken_rehearsal.learning import looks_made_up
    from freshtoken_rehearsal.rehearsal import Plan
    from freshtoken_rehearsal.stage import RehearsedClient

    own = _own_variables(held) if held else {}
    values = {name.removeprefix("FRESHTOKEN_").lower(): value for name, value in own.items()}
    filled = {
        name: PLACE.sub(lambda place: values.get(place[1], place[0]), text)
        for name, text in variables.items()
    }
    made_up = held is not None and looks_made_up(held.username)
    return Plan(
        RehearsedClient(words, limit / SECOND, own | filled, passed),
        picked,
        held,
        parallel,
        folder,
        QUICK if made_up else Hashing(),
        keeps_orgs=made_up,
    )


def _own_variables(held: AdoptedCredentials) -> dict[str, str]:
    """What the client holds, as variables for its command."""
    return {
        USER: held.username,
        PASSWORD: held.password,
        TOKEN: held.token,
        "FRESHTOKEN_CLIENT_ID": held.client_id,
        "FRESHTOKEN_CLIENT_SECRET": held.client_secret,
        "FRESHTOKEN_REFRESH_TOKEN": held.refresh_token,
    }


def _announce(plan: Plan, training: bool) -> None:
    """Say before the first run how often the command will be run, and what the orgs know."""
    from .rehearse_words import MEMORY, print_wrapped, real_name

    many = len(plan.scenarios)
    times = "once" if many == 1 else f"up to {many} times"
    print_wrapped(
        f"The command is run {times}. What it does elsewhere, it does each time.", err=True
    )
    if plan.held is None:
        print_wrapped(f"What it holds is learned from its first run. {MEMORY}", err=True)
    elif training:
        print_wrapped(
            f"The orgs know {plan.held.username} with the password {plan.held.password} and the "
            f"security token {plan.held.token}; {USER}, {PASSWORD} and {TOKEN} hand them over.",
            err=True,
        )
    elif not plan.keeps_orgs:
        print_wrapped(f"{real_name(plan.held.username)} {MEMORY}", err=True)


def _run(plan: Plan) -> Rehearsed:
    """The rehearsal, its errors as sentences. Raises Stop."""
    from freshtoken_api.serve.authority import AuthorityError
    from freshtoken_api.serve.server import PortTakenError, ask_for_open_files
    from freshtoken_api.serve.signals import ending_signals
    from freshtoken_rehearsal.process import CommandError
    from freshtoken_rehearsal.progress import written_down
    from freshtoken_rehearsal.rehearsal import BypassedError, rehearse

    from .rehearse_words import Progress
    from .steps import runner_with

    ask_for_open_files()
    progress = Progress(len(plan.scenarios))

    async def until_signalled() -> Rehearsed:
        task = asyncio.current_task()
        assert task is not None
        with suppress(ValueError, RuntimeError):  # not the main thread: nobody signals it
            for number in ending_signals():
                asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        async with written_down(plan, _short_name(plan.client.command), progress) as watching:
            return await rehearse(plan, runner_with(plan.hashing), watching)

    try:
        return asyncio.run(until_signalled())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Stop("Stopped; the command was ended, and no report was written.", USAGE) from None
    except (BypassedError, CommandError, PortTakenError) as error:
        raise Stop(str(error), USAGE) from error
    except AuthorityError as error:
        raise Stop(str(error), UNUSABLE) from error
    except OSError as error:
        raise Stop(
            f"{error.filename or plan.folder} cannot be written: {error.strerror}.", USAGE
        ) from error
    finally:
        progress.done()

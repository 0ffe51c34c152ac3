"""The command line. stdout is data, stderr is talk, exit codes are an API. Textual is imported only
when the app starts.
"""

import gc
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from freshtoken_tui.exit_codes import DONE, UNUSABLE, USAGE

from .groups import Group
from .manner import MANNER, Manner

if TYPE_CHECKING:
    from pathlib import Path

    from freshtoken_model.training.content.steps import LineOutcome
    from freshtoken_tui.app import FreshtokenApp

GROUPS = {
    "org": "freshtoken_tui.cli.org:org",
    "login": "freshtoken_tui.cli.login:login",
    "password": "freshtoken_tui.cli.password:password",
    "token": "freshtoken_tui.cli.token:token",
    "user": "freshtoken_tui.cli.user:user",
    "setup": "freshtoken_tui.cli.setup:setup",
    "profile": "freshtoken_tui.cli.profile:profile",
    "app": "freshtoken_tui.cli.app:app",
    "client": "freshtoken_tui.cli.client:client",
    "integration": "freshtoken_tui.cli.integration:integration",
    "mail": "freshtoken_tui.cli.mail:mail",
    "history": "freshtoken_tui.cli.history:history",
    "incident": "freshtoken_tui.cli.incident:incident",
    "timeline": "freshtoken_tui.cli.timeline:timeline",
    "clock": "freshtoken_tui.cli.clock:clock",
    "serve": "freshtoken_tui.cli.serve:serve",
    "rehearse": "freshtoken_tui.cli.rehearse:rehearse",
    "lab": "freshtoken_tui.cli.lab:lab",
    "demo": "freshtoken_tui.cli.demo:demo",
    "exam": "freshtoken_tui.cli.exam:exam",
    "content": "freshtoken_tui.cli.content:content",
    "web": "freshtoken_tui.cli.web:web",
    "class": "freshtoken_tui.cli.class_report:class_group",
    "help": "freshtoken_tui.cli.help:help_command",
    "sources": "freshtoken_tui.cli.sources:sources",
    "version": "freshtoken_tui.cli.version:version",
    "doctor": "freshtoken_tui.cli.doctor:doctor",
    "completion": "freshtoken_tui.cli.completion:completion",
}
HELP = {
    "org": "Make, look at, set back or export an org file; take steps back.",
    "login": "Log in as USER, as an API client or in the user interface.",
    "password": "Change a password, or reset it as an admin.",
    "token": "Reset a security token.",
    "user": "Make, edit, unlock and freeze a user; permissions, sessions, authenticator.",
    "setup": "Look at Setup and change a setting.",
    "profile": "Profiles: login hours, login IP ranges, password policies.",
    "app": "Connected apps: their flows, run-as user, key, policies and callback URLs.",
    "client": "API clients: what they hold; let one log in or query.",
    "integration": "API clients with a schedule: what they hold, how they retry.",
    "mail": "Read the simulated inbox.",
    "history": "Read Login History.",
    "incident": "Tell the trouble of USER from the event log.",
    "timeline": "Each integration over org time.",
    "clock": "Look at org time, move it forward, freeze it, let it run.",
    "serve": "Answer real Salesforce clients on local ports.",
    "rehearse": "Run a client through what can happen to its credentials.",
    "lab": "Labs: each is a small org, a story, and goals that tick by themselves.",
    "demo": "Demos: they play by themselves, in the real screens.",
    "exam": "Exam practice whose answers are proved by the org itself.",
    "content": "Labs, demos and questions as content: check freshtoken's, or a folder of your own.",
    "web": "Show the app in browsers, an org for each visitor.",
    "class": "Labs and exams of a whole class.",
    "help": "Show a help topic, or the help of a command.",
    "sources": "Where the facts are known from.",
    "version": "Print the version.",
    "doctor": "Print versions, paths, ports and what is odd about this machine.",
    "completion": "Print the lines that let a shell complete commands.",
}
SECTIONS = {
    "The org": ("org", "user", "setup", "profile", "app", "clock"),
    "What happens at a password change": ("login", "password", "token", "mail"),
    "API clients": ("client", "integration", "serve", "rehearse"),
    "What happened": ("history", "incident", "timeline"),
    "Learning": ("lab", "demo", "exam", "content"),
    "A class": ("web", "class"),
    "About freshtoken": ("help", "sources", "doctor", "completion", "version"),
}
"""The commands as the help lists them."""
VARIABLES = (
    ("FRESHTOKEN_ORG", "The org file, where --org names none."),
    ("FRESHTOKEN_DATA", "The folder of the default org, of progress, labs and settings."),
    ("FRESHTOKEN_CONTENT", "A folder with labs, demos and questions of your own."),
    ("FRESHTOKEN_CONTROL_TOKEN", "The token of serve --control; else one is made."),
)
EXIT_CODES = (
    ("0", "Done."),
    ("1", "Refused by the org, or a lab is not solved."),
    ("2", "The command line is wrong, or cannot start here."),
    ("3", "The org file cannot be used."),
    ("70", "An error of freshtoken's own; 74: output could not be written."),
)


class Program(Group):
    """The command line. Its commands are imported when they are called: `--help` stays within 40
    ms. They import the org, the labs and the app in the function that uses them: `token --help`
    takes 80 ms of CPU, with the org imported at the top 280 ms; `exam --help` 100 ms and 350 ms.
    """

    def main(  # type: ignore[override]  # click's overloads differ in `standalone_mode` alone
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **more: object,
    ) -> int:
        """Run a command line; every error leaves by one door. Standalone, exit with its code, else
        return it.
        """
        words = list(sys.argv[1:] if args is None else args)
        own = words[: words.index("--")] if "--" in words else words

        def call() -> object:
            return super(Program, self).main(words, prog_name, complete_var, False, **more)

        mark = MANNER.set(Manner(json="--json" in own))
        try:
            code = self._leave(call)
        finally:
            MANNER.reset(mark)
        if standalone_mode:
            sys.exit(code)
        return code

    def _leave(self, call: Callable[[], object]) -> int:
        try:
            done = call()
            return done if isinstance(done, int) else DONE
        except Exception as error:
            from freshtoken_tui.cli.output import leave  # only now: it needs the org's words

            return leave(error)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order they are declared."""
        return list(GROUPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command group when it is asked for."""
        if cmd_name not in GROUPS:
            return None
        from importlib import import_module

        module, _, name = GROUPS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by section, without importing them."""
        for title, names in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, HELP[name]) for name in names])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Exit codes, environment variables and examples."""
        for title, rows in (("Exit codes", EXIT_CODES), ("Environment variables", VARIABLES)):
            with formatter.section(title):
                formatter.write_dl(rows)
        super().format_epilog(ctx, formatter)


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        from .version import words

        click.echo(words())
        ctx.exit()


@click.group(
    cls=Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--org",
    "org_file",
    metavar="FILE",
    help="The org file; else FRESHTOKEN_ORG, else the default one.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print data and errors only.")
@click.option("--no-input", is_flag=True, help="Ask nothing, even on a terminal.")
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
@click.pass_context
def main(ctx: click.Context, org_file: str | None, quiet: bool, no_input: bool) -> None:
    """A Salesforce org in a terminal. Without a command: the app."""
    ctx.meta["hashing"] = ctx.obj  # `obj` of the call: how its orgs hash
    ctx.obj = None
    if org_file is not None or quiet or no_input:
        from .common import heed, org_named

        ctx.obj = None if org_file is None else org_named(org_file)
        heed(quiet, no_input)
    if ctx.invoked_subcommand is None:
        ctx.exit(start_app(org_file))


def _run_line(path: "Path", words: list[str]) -> "LineOutcome":
    """Run a command line in the app. What it imports takes 20 ms, and the first paint needs none of
    it.
    """
    from .steps import run_line

    return run_line(path, words)


def start_app(
    org_file: str | None,
    begin: "Callable[[FreshtokenApp], object] | None" = None,
    instead: str = "freshtoken --help",
) -> int:
    """Start the app on an org file; `begin`: what it does once everything is mounted. `instead`:
    the command that does without a terminal what was asked for. Returns the exit code.
    """
    stdin_ok = sys.stdin is not None and sys.stdin.isatty()
    stderr_ok = sys.__stderr__ is not None and sys.__stderr__.isatty()
    if not stdin_ok or not stderr_ok or os.environ.get("TERM") == "dumb":
        from .common import Stop

        raise Stop(f"The screens of freshtoken need a terminal. Without one: {instead}", USAGE)
    from freshtoken_model.store.orgfile import check_exists, check_header, chosen_path
    from freshtoken_model.values.errors import OrgFileError

    path, may_make = chosen_path(org_file)
    try:
        if not may_make:
            check_exists(path)
        if path.exists():
            check_header(path)
    except OrgFileError as error:
        from freshtoken_tui.cli.output import echo

        echo(error, err=True)
        return UNUSABLE
    gc.disable()  # until everything is mounted: its passes over what is imported cost 40 ms of it
    from freshtoken_tui.app import FreshtokenApp
    from freshtoken_tui.launch import run_app

    from .output import echo

    app = FreshtokenApp(path, _run_line, may_make=may_make)
    app.begins_with = begin
    code = run_app(app)
    if app.failure:
        echo(app.failure, err=True)
    return code

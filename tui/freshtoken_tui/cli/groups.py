"""Commands and groups as this command line has them: names are found or the nearest one is told,
arguments have names, and every help ends with examples.
"""

from __future__ import annotations

from functools import cache, partial

import click

import freshtoken_data

EXAMPLES = "examples.toml"
NOUNS = {"solution": "solve", "delete": "remove", "ls": "list", "info": "show"}
"""Words that people try, and the command that does it where a group has one."""


@cache
def _examples() -> dict[str, list[list[str]]]:
    found = freshtoken_data.load(EXAMPLES)
    return {name: entry["lines"] for name, entry in found.items() if isinstance(entry, dict)}


def write_examples(ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """The section Examples of a command's help."""
    words = " ".join(ctx.command_path.split()[1:])
    with formatter.section("Examples"):
        for line, comment in _examples().get(words, []):
            if comment:
                formatter.write_text(f"# {comment}")
            indent = " " * formatter.current_indent
            formatter.write(f"{indent}{line}\n")


class Argument(click.Argument):
    """An argument whose errors call it by its name: USER, never [USER] or {a|b}."""

    def make_metavar(self, ctx: click.Context) -> str:
        """The name, in brackets where it may be left out."""
        name = self.human_readable_name
        name = name if self.required or name.startswith("[") else f"[{name}]"
        return f"{name}..." if self.nargs != 1 and not name.endswith("...") else name

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """The name alone."""
        return f"'{self.human_readable_name.strip('[].')}'"


argument = partial(click.argument, cls=Argument)
"""click.argument with Argument's names."""


class CommandWithExamples(click.Command):
    """A command with examples behind its help."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples."""
        write_examples(ctx, formatter)


class Group(click.Group):
    """A group that answers a mistyped command with the nearest one."""

    command_class = CommandWithExamples
    group_class = type

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named. Raises UsageError with the nearest name."""
        name = args[0]
        found = self.get_command(ctx, name)
        if found is None and not ctx.resilient_parsing:
            if name.startswith("-"):
                self.parse_args(ctx, args)
            from freshtoken_model.values.names import did_you_mean  # the org's, for errors only

            names = self.list_commands(ctx)
            near = f" Did you mean {NOUNS[name]!r}?" if NOUNS.get(name) in names else ""
            ctx.fail(f"No such command {name!r}.{near or did_you_mean(name, names)}")
        return (name if found else None), found, args[1:]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples."""
        write_examples(ctx, formatter)

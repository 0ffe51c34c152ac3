"""freshtoken help: the topics of the help, and the help of each command."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from freshtoken_tui.exit_codes import USAGE

from .common import Stop, command, echo, echo_text, print_json

if TYPE_CHECKING:
    from freshtoken_tui.help_topics import HelpTopic

HINT = (
    "freshtoken help TOPIC shows one of them, freshtoken help COMMAND the help of a command: "
    "freshtoken help client set"
)


@click.command("help")
@click.argument("words", nargs=-1, metavar="[TOPIC|COMMAND]")
@command
def help_command(words: tuple[str, ...], as_json: bool) -> None:
    """Show a help topic, or the help of a command; without either, list the topics."""
    from freshtoken_tui.help_topics import help_topics

    topics = {topic.name: topic for topic in help_topics()}
    if not words:
        _list(list(topics.values()), as_json)
    elif len(words) == 1 and words[0] in topics:
        _show(topics[words[0]], as_json)
    else:
        text = _help_of(words, list(topics))
        if as_json:
            print_json({"command": " ".join(words), "text": text})
        else:
            echo_text(text)


def _list(topics: Sequence[HelpTopic], as_json: bool) -> None:
    if as_json:
        print_json(
            [{"name": one.name, "title": one.title, "summary": one.summary} for one in topics]
        )
        return
    formatter = click.get_current_context().make_formatter()
    with formatter.section("Topics"):
        formatter.write_dl([(one.name, one.summary) for one in topics])
    echo_text(formatter.getvalue().rstrip("\n"))
    echo(HINT, err=True)


def _show(topic: HelpTopic, as_json: bool) -> None:
    from freshtoken_tui.markdown_text import plain_text

    if as_json:
        print_json(
            {
                "name": topic.name,
                "title": topic.title,
                "summary": topic.summary,
                "text": topic.text,
            }
        )
        return
    width = click.get_current_context().make_formatter().width
    echo_text(plain_text(topic.text, width))


def _help_of(words: Sequence[str], topics: Sequence[str]) -> str:
    """What the command with these words prints for --help. Raises Stop for an unknown one."""
    context = click.get_current_context().find_root()
    for place, word in enumerate(words):
        group = context.command
        found = group.get_command(context, word) if isinstance(group, click.Group) else None
        if found is None:
            commands = group.list_commands(context) if isinstance(group, click.Group) else []
            raise _unknown(words[: place + 1], commands, [] if place else topics)
        context = click.Context(found, info_name=word, parent=context)
    return context.get_help()


def _unknown(words: Sequence[str], commands: Sequence[str], topics: Sequence[str]) -> Stop:
    before = " ".join(words[:-1])
    kind = "command" if before else "help topic and no command"
    sentence = f"There is no {kind} {' '.join(words)!r}."
    near = get_close_matches(words[-1].lower(), [*topics, *commands], n=2)
    if near:
        offered = " or ".join(repr(" ".join([*words[:-1], name])) for name in near)
        sentence += f" Did you mean {offered}?"
    lists = [("Topics", topics), (f"Commands of {before}" if before else "Commands", commands)]
    lines = [f"{title}: {', '.join(names)}." for title, names in lists if names]
    return Stop("\n".join([sentence, *lines]), USAGE, several_lines=True)

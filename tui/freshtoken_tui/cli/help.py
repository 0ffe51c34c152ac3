"""freshtoken help: the topics of the help, and the help of each command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from freshtoken_model.values.names import either, listed, nearest
from freshtoken_tui.exit_codes import USAGE

from .common import Stop, command, echo, echo_text, print_json
from .groups import CommandWithExamples, argument

if TYPE_CHECKING:
    from freshtoken_tui.help_topics import HelpTopic

HINT = (
    "freshtoken help TOPIC shows a topic, freshtoken help COMMAND the help of a command: "
    "freshtoken help client set"
)


@click.command("help", cls=CommandWithExamples)
@argument("words", nargs=-1, metavar="TOPIC")
@command
def help_command(words: tuple[str, ...], as_json: bool) -> None:
    """Show a help topic, or the help of a command; without either, the program's help and the
    topics.
    """
    from freshtoken_tui.help_topics import help_topics

    topics = {topic.name: topic for topic in help_topics()}
    if not words:
        _list(list(topics.values()), as_json)
        return
    topic = topics.get(words[0].lower()) if len(words) == 1 else None
    text = _help_of(words, list(topics), topic is not None)
    if as_json:
        if topic:
            about = {"title": topic.title, "summary": topic.summary, "text": topic.text}
            print_json({"name": topic.name, **about})
        else:
            print_json({"command": " ".join(words), "text": text})
        return
    echo_text("\n\n".join(filter(None, (text, _plain(topic) if topic else ""))))


def _list(topics: Sequence[HelpTopic], as_json: bool) -> None:
    if as_json:
        print_json(
            [{"name": one.name, "title": one.title, "summary": one.summary} for one in topics]
        )
        return
    context = click.get_current_context()
    formatter = context.make_formatter()
    with formatter.section("Topics"):
        formatter.write_dl([(one.name, one.summary) for one in topics])
    echo_text(f"{context.find_root().get_help()}\n\n{formatter.getvalue()}".rstrip("\n"))
    echo(HINT, err=True)


def _plain(topic: HelpTopic) -> str:
    from freshtoken_tui.markdown_text import plain_text

    return plain_text(topic.text, click.get_current_context().make_formatter().width)


def _help_of(words: Sequence[str], topics: Sequence[str], is_topic: bool) -> str:
    """What the command with these words prints for --help; empty for a topic that is no command.
    Raises Stop for what is neither.
    """
    context = click.get_current_context().find_root()
    for place, word in enumerate(words):
        group = context.command
        found = group.get_command(context, word) if isinstance(group, click.Group) else None
        if found is None:
            if is_topic:
                return ""
            names = group.list_commands(context) if isinstance(group, click.Group) else []
            raise _unknown(words[: place + 1], names, [] if place else topics)
        context = click.Context(found, info_name=word, parent=context)
    return context.get_help()


def _unknown(words: Sequence[str], commands: Sequence[str], topics: Sequence[str]) -> Stop:
    before = " ".join(words[:-1])
    kind = "command" if before else "help topic and no command"
    near = [" ".join([*words[:-1], name]) for name in nearest(words[-1], [*topics, *commands])]
    meant = f" Did you mean {either(near)}?" if near else ""
    lists = [("Topics", topics), (f"Commands of {before}" if before else "Commands", commands)]
    lines = [f"{title}: {listed(names)}." for title, names in lists if names]
    words_of_error = f"There is no {kind} {' '.join(words)!r}.{meant}"
    return Stop("\n".join([words_of_error, *lines]), USAGE, several_lines=True)

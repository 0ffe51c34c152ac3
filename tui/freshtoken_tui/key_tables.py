"""The keys in texts: the tables of the help topic `keys`, the lists of Help, the guide."""

import re
from collections.abc import Mapping
from typing import Any

from textual.screen import Screen

from .commands import COMMANDS, key_of, shown_key


def key_table() -> str:
    """The keys as a Markdown table, for the help topic `keys`."""
    rows = [
        f"| {command.key} | {command.label} | {command.help} |"
        for command in COMMANDS
        if command.key
    ]
    return "\n".join(["| key | command | what it does |", "|---|---|---|", *rows])


def id_table() -> str:
    """The ids under which settings.toml rebinds the keys of the whole app, for the same topic."""
    rows = [f"| `{command.id}` | {command.label} |" for command in COMMANDS if command.key]
    return "\n".join(["| id | command |", "|---|---|", *rows])


def key_lists(screen: Screen[Any]) -> str:
    """The keys that are bound at the focus, as Markdown: first those of the place, then those of
    the whole app.
    """
    helps = {command.id: f"{command.label}: {command.help}" for command in COMMANDS}
    shown: dict[str, dict[str, list[str]]] = {
        "here": {},
        "everywhere": {words: [] for words in helps.values()},
    }
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.id is not None:
            where = shown["everywhere" if binding.id in helps else "here"]
            words = helps.get(binding.id, binding.description)
            where.setdefault(words, []).append(screen.app.get_key_display(binding))
    return "\n".join(
        f"## Keys {where}\n"
        + "".join(f"- **{'**, **'.join(k)}** {words}\n" for words, k in lists.items() if k)
        for where, lists in shown.items()
        if lists
    )


def with_bound_keys(text: str, bound: Mapping[str, str]) -> str:
    """A text that names keys, with those that the user bound in place of the declared ones.
    `bound`: keys by the id of their command, as settings.toml has them.
    """
    own = {key_of(id): shown_key(keys.partition(",")[0]) for id, keys in bound.items()}
    own.pop("", None)
    if not own:
        return text
    named = re.compile(rf"(?<![\w+])(?:{'|'.join(map(re.escape, own))})(?![\w+])")
    return named.sub(lambda found: own[found[0]], text)

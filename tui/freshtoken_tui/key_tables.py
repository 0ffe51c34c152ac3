"""The keys as Markdown: the tables of the help topic `keys`, and the lists of Help."""

from typing import Any

from textual.screen import Screen

from .commands import COMMANDS


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

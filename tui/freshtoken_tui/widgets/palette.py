"""The palette: entries in groups, the ones chosen last first, found by name, description and other
words for the same thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from freshtoken_model.values.visible import visible

RECENT = 3
"""Entries chosen last that are listed first."""
BY_DESCRIPTION = 0.4
"""How much a hit in the description is worth beside one in the name."""


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """An entry: its group, name, description, what it does, its key, other words it is found by."""

    group: str
    name: str
    help: str
    run: Callable[[], object]
    key: str = ""
    finds: str = ""


class PaletteDialog(CommandPalette):
    """Textual's, whose list takes no key for a page before it has room: it would raise KeyError."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action can be done now."""
        if action == "command_list" and not self.query_one(CommandList).scrollable_content_region:
            return False
        return super().check_action(action, parameters)


@runtime_checkable
class HasPalette(Protocol):
    """An app that has entries for the palette."""

    recent: list[str]
    """Names of the entries chosen last, the newest first."""

    def palette(self) -> Iterable[PaletteEntry]:
        """All of them, group by group."""


class Palette(Provider):
    """Names of users and clients are plain texts, not markup."""

    async def discover(self) -> Hits:
        """The entries chosen last, then all of them, group by group."""
        found = list(self._entries())
        recent = [e for name in self._recent() for e in found if e.name == name]
        for entry in (*recent, *(e for e in found if e not in recent)):
            words = Content.assemble((f"{entry.group.ljust(7)} ", "dim"), visible(entry.name))
            yield DiscoveryHit(
                words, self._chosen(entry), text=visible(entry.name), help=_help(entry)
            )

    async def search(self, query: str) -> Hits:
        """Those whose name matches, then those whose description or other words do."""
        fuzzy = self.matcher(query)
        for entry in self._entries():
            name = visible(entry.name)
            score, places = fuzzy.fuzzy_search.match(query, name)
            words = Content(name)
            for place in places if score > 0 else ():
                words = words.stylize(fuzzy.match_style, place, place + 1)
            about = f"{entry.help} {entry.finds}".casefold()
            if all(word in about for word in query.casefold().split()):
                score = max(score, BY_DESCRIPTION)
            if score > 0:
                yield Hit(score, words, self._chosen(entry), text=name, help=_help(entry))

    def _entries(self) -> Iterable[PaletteEntry]:
        return self.app.palette() if isinstance(self.app, HasPalette) else ()

    def _recent(self) -> list[str]:
        return self.app.recent if isinstance(self.app, HasPalette) else []

    def _chosen(self, entry: PaletteEntry) -> Callable[[], Any]:
        def run() -> object:
            if isinstance(self.app, HasPalette):
                names = [entry.name, *(n for n in self.app.recent if n != entry.name)]
                self.app.recent = names[:RECENT]
            return entry.run()

        return run


def _help(entry: PaletteEntry) -> Any:
    """A help text the palette does not parse: it takes Content where its annotation says str."""
    key = f" ({entry.key})" if entry.key else ""
    return Content(visible(f"{entry.help}{key}"))

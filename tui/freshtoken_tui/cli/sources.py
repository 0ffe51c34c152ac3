"""freshtoken sources: where freshtoken's facts are known from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .common import command, echo, print_json, print_table
from .groups import CommandWithExamples, argument

if TYPE_CHECKING:
    from freshtoken_model.training.content.sources import CitedSource


@click.command("sources", cls=CommandWithExamples)
@argument("source_id", metavar="[ID]", required=False)
@click.option("--search", default="", metavar="WORDS", help="Only sources with these words.")
@command
def sources(source_id: str | None, search: str, as_json: bool) -> None:
    """Where the facts are known from: every source, or the one of ID with what it says."""
    from freshtoken_model.decision.words import MARKS
    from freshtoken_model.training.content import sources as known
    from freshtoken_model.values.names import match_name

    everything = known.sources()
    if source_id is not None:
        one = everything[match_name("source", source_id, list(everything))]
        if as_json:
            print_json(_row(one))
            return
        where = (one.title, one.address) if one.address else (one.title,)
        echo(*where, f"{MARKS[one.mark]}, checked {one.checked}".capitalize(), "", one.says)
        return
    chosen = [
        source
        for source in everything.values()
        if all(word in source.text.casefold() for word in search.casefold().split())
    ]
    if as_json:
        print_json([_row(source) for source in chosen])
        return
    rows = [(source.id, MARKS[source.mark], source.checked, source.title) for source in chosen]
    print_table(rows, ("ID", "KNOWN FROM", "CHECKED", "TITLE"))


def _row(source: CitedSource) -> dict[str, str | None]:
    return {
        "id": source.id,
        "title": source.title,
        "address": source.address or None,
        "mark": source.mark,
        "checked": source.checked,
        "says": source.says,
    }

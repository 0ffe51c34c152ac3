"""The timeline outside the app: as a picture of characters, as sentences for a screen reader, as
SVG, as data.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import Any

from freshtoken_model.decision.words import event_words
from freshtoken_model.history.timeline import MARK_WORDS, Cell, Counts, TimelineHistory, label
from freshtoken_model.simulation.integrations import interval
from freshtoken_model.values.clock import at, iso
from freshtoken_model.values.kinds import LOCK_ENDS, EventKind

EVENT_GLYPHS = {
    Cell.ACCEPTED: "━",
    Cell.WORKED: "·",
    Cell.MIXED: "▞",
    Cell.REFUSED: "▒",
    Cell.LOCKED: "▓",
    Cell.NOTHING: " ",
}
MARK_GLYPHS = {
    EventKind.PASSWORD_CHANGED: "◆",
    EventKind.PASSWORD_RESET: "◆",
    EventKind.PASSWORD_EXPIRED: "◇",
    EventKind.TOKEN_RESET: "▲",
    EventKind.FROZEN_BY_SALESFORCE: "■",
    EventKind.LOCKED_OUT: "■",
    EventKind.UNLOCKED: "□",
    EventKind.UNLOCKED_BY_RESET: "□",
    EventKind.LOCK_ENDED: "□",
    EventKind.SESSION_LOST: "×",
    EventKind.SHARED_SESSION_ENDED: "×",
    EventKind.RELEASE_REACHED: "★",
    EventKind.FAULT_INJECTED: "!",
}
SHEET_LEGEND = (
    "━ let in   · worked with its session   ▒ refused   ▞ both   ▓ refused while locked out"
)
MARK_LEGEND = (
    "◆ password   ◇ expired   ▲ token reset   ■ lockout   □ lockout ends   × logout   ★ release"
)
BAND, BAND_LEGEND = "░", "░ the user is locked out"
VOLUME_LEGEND = "▁▄█ how many"
NOW, NOW_AT_THE_EDGE = "└now", "now┘"
COLOURS = {
    Cell.ACCEPTED: "#2e9e5b",
    Cell.WORKED: "#8fcfaa",
    Cell.MIXED: "#d99a1c",
    Cell.REFUSED: "#d9534f",
    Cell.LOCKED: "#8b1e1e",
}
EMPTY = Counts()
BARS = " ▁▂▃▄▅▆▇█"


def mark_legend(shown: TimelineHistory) -> str:
    """What the marks mean; the one of injected faults is named where there is one."""
    kinds = {event.kind for events in shown.marks.values() for event in events}
    return MARK_LEGEND + ("   ! injected" if EventKind.FAULT_INJECTED in kinds else "")


def legend_of(shown: TimelineHistory, volume: bool) -> list[str]:
    """What the glyphs mean that are on the picture; `volume`: its bars are."""
    glyphs = set(mark_line(shown))
    glyphs |= {EVENT_GLYPHS[counts.cell] for lane in shown.lanes for counts in lane.cells.values()}
    locked = lock_bands(shown)
    glyphs |= {BAND for lane in shown.lanes if lane.username in locked}
    items = "   ".join((SHEET_LEGEND, BAND_LEGEND, mark_legend(shown))).split("   ")
    said = [item for item in items if item[0] in glyphs]
    return [*said, VOLUME_LEGEND] if volume and shown.lanes else said


def mark_of(kinds: set[str]) -> str:
    """The glyph of a cell's weightiest mark."""
    return next((MARK_GLYPHS[kind] for kind in MARK_WORDS if kind in kinds), " ")


def mark_line(shown: TimelineHistory) -> str:
    """The marks above the lanes."""
    return "".join(
        mark_of({event.kind for event in shown.marks.get(cell, ())}) for cell in range(shown.cells)
    )


def lock_bands(shown: TimelineHistory, now: int = 0) -> dict[str, set[int]]:
    """The cells during which each user was locked out, by username. A lockout that began before
    what is shown reaches from its beginning; one that goes on reaches to the cell `now`, or to the
    last thing that happened.
    """
    begun: dict[str, int] = {}
    bands: dict[str, set[int]] = {}
    for cell in sorted(shown.marks):
        for event in shown.marks[cell]:
            if event.username is None:
                continue
            if event.kind == EventKind.LOCKED_OUT:
                begun[event.username] = cell
            elif event.kind in LOCK_ENDS:
                start = begun.pop(event.username, 0)
                bands.setdefault(event.username, set()).update(range(start, cell + 1))
    last = max([now, *shown.marks, *(cell for lane in shown.lanes for cell in lane.cells)])
    last = min(last, shown.cells - 1)
    for username, start in begun.items():
        bands.setdefault(username, set()).update(range(start, last + 1))
    return bands


def volume_line(cells: dict[int, Counts], count: int) -> str:
    """How much happened in each cell, as bars; the fullest cell of the lane is a whole one."""
    most = max((found.total for found in cells.values()), default=0)
    return "".join(
        BARS[-(-cells.get(cell, EMPTY).total * (len(BARS) - 1) // most)] if most else " "
        for cell in range(count)
    )


def time_line(shown: TimelineHistory, zone: str, now: int | None = None) -> str:
    """The moments below the lanes, where they fit; the word now with a corner at its cell, if it
    is shown.
    """
    line, free, last = [" "] * shown.cells, 0, 0
    now_at = shown.cells
    if now is not None and 0 <= now < shown.cells:
        fits = now + len(NOW) <= shown.cells
        now_at = now if fits else now + 1 - len(NOW)
        line[now_at : now_at + len(NOW)] = NOW if fits else NOW_AT_THE_EDGE
    for cell in range(shown.cells):
        text = label(shown.moment(cell), shown.step, zone, last)
        beside_now = cell + len(text) < now_at or cell > now_at + len(NOW) + 1
        if cell >= free and cell + len(text) <= shown.cells and beside_now:
            line[cell : cell + len(text)] = list(text)
            free, last = cell + max(len(text) + 2, 12), shown.moment(cell)
    return "".join(line)


def lane_line(cells: dict[int, Counts], count: int) -> str:
    """The glyphs of one client's cells, `count` characters."""
    return "".join(EVENT_GLYPHS[cells.get(cell, EMPTY).cell] for cell in range(count))


def as_picture(shown: TimelineHistory, zone: str) -> str:
    """The timeline in characters: glyph alone, no colour."""
    width = max([len(lane.client) for lane in shown.lanes] or [0])
    rows = [(" " * width, mark_line(shown))]
    rows += [(lane.client.ljust(width), lane_line(lane.cells, shown.cells)) for lane in shown.lanes]
    rows.append((" " * width, time_line(shown, zone)))
    legend = f"{SHEET_LEGEND}\n{mark_legend(shown)}\none column: {interval(shown.step)}"
    return "\n".join([*(f"{name}  {line}".rstrip() for name, line in rows), "", legend])


def as_sentences(shown: TimelineHistory, zone: str) -> Iterator[str]:
    """The same for a screen reader: each client's stretches, then what happened to passwords and
    locks.
    """
    for lane in shown.lanes:
        yield f"{lane.client}, as {lane.username}:"
        if not lane.cells:
            yield "  did not call."
        for first, last, cell, counts in _stretches(lane.cells):
            span = (
                f"{at(shown.moment(first), zone):%a %d %b %H:%M} to "
                f"{at(shown.moment(last + 1), zone):%a %d %b %H:%M}"
            )
            yield f"  {span}: {cell.value}, {numbers(counts)}."
    for marked in sorted(shown.marks):
        by_kind: dict[str, list[Any]] = {}
        for event in shown.marks[marked]:
            by_kind.setdefault(event.kind, []).append(event)
        for kind, events in by_kind.items():
            words = event_words(kind, events[0].username, events[0].client, events[0].detail)
            times = f", {len(events)} times" if len(events) > 1 else ""
            yield f"{at(events[0].at, zone):%a %d %b %H:%M}: {words}{times}."


def changes(shown: TimelineHistory, zone: str) -> Iterator[tuple[str, str, str]]:
    """What happened to passwords and locks, in the order in which each happened first: glyph, the
    moment or the first and the last one, and words.
    """
    alike: dict[tuple[Any, ...], list[int]] = {}
    for event in sorted((e for found in shown.marks.values() for e in found), key=lambda e: e.at):
        said = event.kind, event.username, event.client, event.detail
        alike.setdefault(said, []).append(event.at)
    for said, moments in alike.items():
        first, last = (f"{at(moment, zone):%a %d %b %H:%M}" for moment in (moments[0], moments[-1]))
        glyph, words = mark_of({said[0]}), event_words(*said)
        if len(moments) == 1:
            yield glyph, first, words
        else:
            yield glyph, f"{first} to {last}", f"{words}, {len(moments)} times"


def _stretches(cells: dict[int, Counts]) -> Iterator[tuple[int, int, Cell, Counts]]:
    """Neighbouring cells of one state, with the sum of their counts."""
    run: tuple[int, int, Cell, Counts] | None = None
    for cell in sorted(cells):
        counts = cells[cell]
        if run is not None and run[2] is counts.cell:
            total = Counts(
                run[3].accepted + counts.accepted,
                run[3].refused + counts.refused,
                run[3].locked + counts.locked,
                run[3].worked + counts.worked,
            )
            run = run[0], cell, run[2], total
            continue
        if run is not None:
            yield run
        run = cell, cell, counts.cell, counts
    if run is not None:
        yield run


def numbers(counts: Counts) -> str:
    """A client's logins in words: 3 let in, 2 refused."""
    named = {
        "let in": counts.accepted,
        "refused": counts.refused,
        "refused while locked": counts.locked,
        "without a login": counts.worked,
    }
    return ", ".join(f"{number:,} {name}" for name, number in named.items() if number)


def as_rows(shown: TimelineHistory) -> dict[str, Any]:
    """The same as data."""
    return {
        "start": iso(shown.start),
        "cell_seconds": shown.step // 1000,
        "lanes": [
            {
                "client": lane.client,
                "username": lane.username,
                "cells": [
                    {
                        "at": iso(shown.moment(cell)),
                        "accepted": counts.accepted,
                        "refused": counts.refused,
                        "locked": counts.locked,
                        "worked": counts.worked,
                    }
                    for cell, counts in sorted(lane.cells.items())
                ],
            }
            for lane in shown.lanes
        ],
        "marks": [
            {"at": iso(event.at), "kind": event.kind, "username": event.username}
            for cell in sorted(shown.marks)
            for event in shown.marks[cell]
        ],
    }


SVG_MARK = "<!-- freshtoken timeline -->"
"""Says which command made the picture."""
MADE_HERE = re.compile(rb"<svg [^>]*>\n" + SVG_MARK.encode())
"""How its pictures begin."""


def as_svg(shown: TimelineHistory, zone: str) -> str:
    """The same as a picture to put on a slide: text stays text, colour never says anything
    alone.
    """
    cell_width, lane_height, left, top = 12, 26, 170, 40
    width, height = left + cell_width * shown.cells + 20, top + lane_height * len(shown.lanes) + 70
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="monospace" font-size="13">',
        SVG_MARK,
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for cell in sorted(shown.marks):
        kinds = {event.kind for event in shown.marks[cell]}
        words = ", ".join(MARK_WORDS[kind] for kind in MARK_WORDS if kind in kinds)
        x = left + cell * cell_width
        parts.append(
            f'<text x="{x}" y="{top - 12}" '
            f'fill="#9a6700">{mark_of(kinds)}<title>{words}</title></text>'
        )
    for row, lane in enumerate(shown.lanes):
        y = top + row * lane_height
        parts.append(f'<text x="10" y="{y + 15}" fill="#222222">{escape(lane.client[:20])}</text>')
        for cell, counts in sorted(lane.cells.items()):
            if counts.cell is Cell.NOTHING:
                continue
            x, title = (
                left + cell * cell_width,
                f"{label(shown.moment(cell), shown.step, zone)}: {numbers(counts)}",
            )
            inset = 8 if counts.cell is Cell.WORKED else 2
            parts.append(
                f'<rect x="{x}" y="{y + inset}" width="{cell_width - 1}" '
                f'height="{lane_height - 4 - 2 * inset}"'
                f' fill="{COLOURS[counts.cell]}"><title>{escape(title)}</title></rect>'
            )
            if counts.cell in (Cell.REFUSED, Cell.LOCKED, Cell.MIXED):
                glyph = {Cell.REFUSED: "✗", Cell.LOCKED: "■", Cell.MIXED: "±"}[counts.cell]
                parts.append(
                    f'<text x="{x + 2}" y="{y + 16}" font-size="11" fill="#ffffff">{glyph}</text>'
                )
    bottom = top + lane_height * len(shown.lanes) + 16
    for cell in range(0, shown.cells, max(1, shown.cells // 8)):
        moment = label(shown.moment(cell), shown.step, zone)
        parts.append(
            f'<text x="{left + cell * cell_width}" y="{bottom}" fill="#555555">{moment}</text>'
        )
    marks = mark_legend(shown).replace("   ", " · ")
    legend = (
        "green: let in · pale: worked with its session · red ✗: refused · amber ±: both · "
        "dark ■: locked out"
    )
    parts.append(f'<text x="10" y="{bottom + 24}" fill="#555555">{legend}</text>')
    parts.append(f'<text x="10" y="{bottom + 42}" fill="#555555">{marks}</text></svg>')
    return "\n".join(parts) + "\n"

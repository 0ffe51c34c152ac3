"""How a rehearsal is shown: progress on stderr while it runs, then the report card on stdout."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

import click

from freshtoken_model.values.visible import VisibleLines, visible
from freshtoken_rehearsal.baseline import Judged
from freshtoken_rehearsal.evidence import Figures
from freshtoken_rehearsal.learning import looks_made_up
from freshtoken_rehearsal.rehearsal import Rehearsed, Result
from freshtoken_rehearsal.rules import VerdictKind
from freshtoken_rehearsal.scenarios import WANTED, Scenario
from freshtoken_rehearsal.words import amount

from .common import print_json
from .manner import manner
from .output import echo, echo_lines

WIDTH = 80
SHOWN = {
    VerdictKind.PASS: ("✓", "pass", "green"),
    VerdictKind.WARN: ("!", "warn", "yellow"),
    VerdictKind.FAIL: ("✗", "FAIL", "red"),
    VerdictKind.NOT_APPLICABLE: ("-", "n/a", None),
}
"""Glyph, word and colour of a verdict."""
SHOWN_EVERY = 0.1
"""Seconds between two looks of a line that changes: a client in a loop logs in 100 times in one."""
HEADINGS = f"{'':8}{'scenario':<25}{'logins':>7}{'refused':>9}{'counted':>9}{'exit':>6}{'time':>9}"


MEMORY = "It stays in memory: it is not written, shown or logged, and the orgs are not kept."


def real_name(username: str) -> str:
    """The warning about a username that nobody seems to have made up."""
    return (
        f"{username} does not look made up. A command that uses the proxy does not reach "
        f"Salesforce's hosts; one that ignores it calls the real org."
    )


class Progress:
    """Says on stderr which scenarios run and how many logins there were: in one line that changes
    on a terminal, else a line when a scenario ends.
    """

    def __init__(self, total: int) -> None:
        self._total, self._ended = total, 0
        self._running: dict[str, tuple[int, int]] = {}
        self._stream = sys.stderr  # steps of a scenario redirect it meanwhile
        self._live = self._stream is not None and self._stream.isatty() and not manner().quiet
        self._shown = 0.0

    def began(self, scenario: Scenario) -> None:
        """A scenario begins."""
        self._running[scenario.id] = (0, 0)
        self._show()

    def learned(self, username: str) -> None:
        """What the client holds is known now."""
        if username and not looks_made_up(username):
            print_wrapped(real_name(username), err=True)

    def noted(self, scenario: Scenario, logins: int, refused: int) -> None:
        """The client has logged in once more."""
        self._running[scenario.id] = (logins, refused)
        if time.monotonic() > self._shown + SHOWN_EVERY:
            self._show()

    def ended(self, result: Result) -> None:
        """A scenario has its verdict."""
        self._running.pop(result.scenario.id, None)
        self._ended += 1
        if not self._live and not manner().quiet:
            glyph, word, _ = SHOWN[result.verdict.kind]
            self._write(f"{self._ended}/{self._total} {glyph} {word} {result.scenario.id}\n")
        self._show()

    def done(self) -> None:
        """Take the line away."""
        if self._live:
            self._write("\r\x1b[K")

    def _show(self) -> None:
        if not self._live:
            return
        self._shown = time.monotonic()
        running = ", ".join(
            f"{name} ({amount(logins, 'login')}, {refused} refused)" if logins else name
            for name, (logins, refused) in self._running.items()
        )
        self._write(f"\r\x1b[K{f'{self._ended}/{self._total} {running}'[: WIDTH - 1]}")

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


def print_report(rehearsed: Rehearsed, judged: Mapping[str, Judged]) -> None:
    """The report card: a line of figures a scenario, its sentence, and what to change."""
    echo(HEADINGS.rstrip())
    for result in rehearsed.results:
        _print_result(result, judged[result.scenario.id])
    results = rehearsed.results
    echo(
        "",
        ", ".join(
            f"{sum(r.verdict.kind is k for r in results)} {SHOWN[k][1]}" for k in VerdictKind
        ),
    )
    _print_changes(results)
    for note in rehearsed.notes:
        echo("")
        print_wrapped(note)


def _print_result(result: Result, judged: Judged) -> None:
    glyph, word, colour = SHOWN[result.verdict.kind]
    mark = f"{glyph} {word:<6}"
    if colour and not os.environ.get("NO_COLOR"):
        mark = click.style(mark, fg=colour)  # taken out by click where no terminal reads it
    figures = f"{_figures(result):>40}" if result.evidence else ""
    echo_lines(VisibleLines(f"{mark}{visible(result.scenario.id):<25}{figures}".rstrip() + "\n"))
    if result.verdict.kind is not VerdictKind.PASS or result.verdict.advice is not None:
        print_wrapped(result.verdict.sentence, " " * 8)
    if judged.words:
        print_wrapped(judged.words, " " * 8)


def _figures(result: Result) -> str:
    assert result.evidence is not None
    figures, process = result.evidence.figures, result.evidence.process
    status = process.ended_by.removeprefix("SIG").lower() or process.exit_status
    seconds = f"{process.seconds:.1f} s"
    return f"{figures.logins:>7}{figures.refused:>9}{_share(figures):>9}{status:>6}{seconds:>9}"


def _share(figures: Figures) -> str:
    return f"{figures.counted}/{figures.lockout_limit}" if figures.lockout_limit else "no limit"


def _print_changes(results: Sequence[Result]) -> None:
    """What to change, each once, with the scenarios it is for."""
    changes: dict[str, list[str]] = {}
    codes: dict[str, str] = {}
    for result in results:
        advice = result.verdict.advice
        if advice is not None:
            changes.setdefault(advice.words, []).append(result.scenario.id)
            if advice.code:
                codes[advice.words] = f"{advice.client}: {advice.code}"
    for words, names in changes.items():
        echo("")
        print_wrapped(words)
        if words in codes:
            print_wrapped(codes[words], "  ")
        print_wrapped(f"({', '.join(names)})", "  ")


def print_wrapped(text: str, indent: str = "", err: bool = False) -> None:
    """A text in lines of WIDTH columns."""
    lines = textwrap.wrap(
        visible(text),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
    echo(*lines, err=err)


def listed_scenarios(scenarios: Sequence[Scenario], as_json: bool) -> None:
    """The scenarios, what happens in each, and what a right client does."""
    if as_json:
        print_json(
            {
                "scenarios": [
                    {
                        "id": one.id,
                        "title": one.title,
                        "group": one.group,
                        "words": " ".join(one.words.split()),
                        "wants": one.wants.value,
                        "needs": [need.value for need in one.needs],
                    }
                    for one in scenarios
                ]
            }
        )
        return
    group = ""
    for one in scenarios:
        if one.group != group:
            group = one.group
            echo(*([""] if one is not scenarios[0] else []), group)
        echo(f"  {one.id:<24}{one.title}")
        print_wrapped(" ".join(one.words.split()), " " * 6)
        print_wrapped(f"A right client {WANTED[one.wants]}.", " " * 6)

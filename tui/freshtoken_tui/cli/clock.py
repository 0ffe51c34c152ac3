"""freshtoken clock show|advance|set|next|freeze|run."""

from __future__ import annotations

import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypedDict

import click

from freshtoken_model.values.clock import at
from freshtoken_tui.exit_codes import REFUSED

from .common import Stop, command, echo, opened, print_json
from .groups import CommandWithExamples, Group, argument
from .params import DURATION, NamedChoice, moment_of

if TYPE_CHECKING:
    from freshtoken_model.org import Org

BACKWARD = re.compile(r"-\d")
"""How a negative duration begins."""


class ClockMove(TypedDict):
    """What org.clock wants for a long move."""

    progress: Callable[[int], None]
    cancel: threading.Event


@click.group(cls=Group)
def clock() -> None:
    """Look at org time, move it forward, freeze it, let it run."""


def _show(org: Org, as_json: bool) -> None:
    if as_json:
        from freshtoken_model.outcomes import clock_data

        print_json(clock_data(org))
    else:
        reading, zone = org.clock.read(), org.info().time_zone
        now, mode = reading.seen_org, reading.mode
        echo(f"{at(now, zone):%a %d %b %Y %H:%M:%S} {zone}, {mode}")


@clock.command("show")
@command
def clock_show(as_json: bool) -> None:
    """Print org time."""
    with opened() as org:
        _show(org, as_json)


@contextmanager
def _moving(org: Org, to: int) -> Iterator[ClockMove]:
    """What org.clock wants for a long move: a progress bar on a terminal, and Ctrl-C to stop at a
    whole, earlier moment.
    """
    start, cancel = org.clock.read().seen_org, threading.Event()
    by_hand = (
        threading.current_thread() is threading.main_thread()
    )  # else it is a step of a lab or a demo
    before = signal.signal(signal.SIGINT, lambda *_: cancel.set()) if by_hand else None
    unseen = sys.stderr is None or not sys.stderr.isatty()
    bar = click.progressbar(
        length=max(1, to - start), label="org time", file=sys.stderr, hidden=unseen
    )
    try:
        with bar:
            yield {"progress": lambda now: bar.update(now - start - bar.pos), "cancel": cancel}
    finally:
        if by_hand:
            signal.signal(signal.SIGINT, before)
    if cancel.is_set():
        raise Stop(
            "Stopped on the way. Everything until this moment has happened; org back takes it "
            "back.",
            REFUSED,
        )


class Forward(CommandWithExamples):
    """A command whose durations cannot be negative: they are no options either."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The rest of the words. Raises UsageError for -15m."""
        if any(BACKWARD.match(word) for word in args):
            raise click.UsageError(
                "Org time only moves forward; 'freshtoken org back' takes steps back.", ctx
            )
        return super().parse_args(ctx, args)


@clock.command("advance", cls=Forward)
@argument("duration")
@command
def clock_advance(duration: str, as_json: bool) -> None:
    """Move org time forward by a DURATION such as 15m, 1h30m, 2d or "1y 2w"; what is due in between
    happens. Ctrl-C stops.
    """
    context = click.get_current_context()
    milliseconds = DURATION.convert(duration, context.command.params[0], context)
    with opened() as org:
        with _moving(org, org.clock.read().seen_org + milliseconds) as how:
            org.clock.advance(milliseconds, **how)
        _show(org, as_json)


def _set(org: Org, to: int, as_json: bool) -> None:
    with _moving(org, to) as how:
        org.clock.set(to, **how)
    _show(org, as_json)


@clock.command("set")
@argument("moment")
@command
def clock_set(moment: str, as_json: bool) -> None:
    """Move org time forward to a MOMENT: 2026-11-30T09:00, "30 Nov 2026 9:00", or the next "mon
    9:00" or 18:30.
    """
    with opened() as org:
        to = moment_of(org, moment, "MOMENT", ahead=True)
        assert to is not None
        _set(org, to, as_json)


@clock.command("next")
@argument("what", type=NamedChoice(("run", "lock-end", "event")), default="run")
@command
def clock_next(what: str, as_json: bool) -> None:
    """Move org time forward to the next scheduled login, to the end of a lockout, or to whatever is
    due next.
    """
    with opened() as org:
        clock = org.clock
        to = {"run": clock.next_run, "lock-end": clock.next_lock_end, "event": clock.next_due}[
            what
        ]()
        if to is None:
            nothing = {
                "run": "No integration is scheduled.",
                "lock-end": "No lockout ends by time.",
            }
            raise Stop(nothing.get(what, "Nothing is due."), REFUSED)
        _set(org, max(to, clock.read().seen_org), as_json)


@clock.command("freeze")
@command
def clock_freeze(as_json: bool) -> None:
    """Let org time stand still."""
    with opened() as org:
        org.clock.switch(running=False)
        _show(org, as_json)


@clock.command("run")
@command
def clock_run(as_json: bool) -> None:
    """Let org time run with the wall clock."""
    with opened() as org:
        org.clock.switch(running=True)
        _show(org, as_json)

"""What a client's retries cost: how many attempts one wrong credential counted."""

from collections.abc import Sequence
from itertools import pairwise

from freshtoken_model.decision.words import refusing

from .event_log import AttemptRow

BREAK = 60_000
"""Ms between two tries that are no longer one series of retries."""
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def cost_of_retries(attempts: Sequence[AttemptRow]) -> str:
    """What the newest client's retries cost, in a sentence; empty when it tried once, or nothing
    counted.

    `attempts` are those of one username, newest first.
    """
    if not attempts or attempts[0].accepted:
        return ""
    newest, tries = refusing(attempts[0].steps), [attempts[0]]
    for attempt in attempts[1:]:
        same = attempt.made_by == tries[-1].made_by and refusing(attempt.steps) == newest
        if not same or tries[-1].event.at - attempt.event.at > BREAK:
            break
        tries.append(attempt)
    numbers = [attempt.event.number or 0 for attempt in attempts[: len(tries) + 1]]
    counted = sum(
        newer > older
        for newer, older in pairwise([*numbers, 0] if len(numbers) == len(tries) else numbers)
    )
    if counted < 2 or newest is None:
        return ""
    wrong = {"token_missing": "missing token"}.get(newest.code, f"wrong {newest.gate}")
    many = NUMBERS[counted] if counted < len(NUMBERS) else str(counted)
    return f"{attempts[0].made_by}: one {wrong}, {many} counted attempts."

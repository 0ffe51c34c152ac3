"""A baseline: scenarios that are known to fail, each with its reason. One that fails and is listed
is fine; one that passes and is listed is to be taken off the list.

As TOML: a table [known] with the reason by scenario. Or as plain text: a scenario a line, its
reason behind it; a line that begins with # is a comment.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from freshtoken_model.values.errors import BadValueError
from freshtoken_model.values.names import unknown_name

from .rehearsal import Result
from .rules import VerdictKind

TABLE = "known"


@dataclass(frozen=True, slots=True)
class Judged:
    """A result beside the baseline: whether it is good, why it was expected to fail (empty when it
    was not), and what the baseline says to it.
    """

    good: bool
    expected: str = ""
    words: str = ""


def read_baseline(text: str, known: Sequence[str]) -> dict[str, str]:
    """The reasons by scenario. Raises BadValueError for what cannot be read, UnknownNameError for
    a scenario that does not exist.
    """
    is_toml = any(line.lstrip().startswith("[") for line in text.splitlines())
    found = _as_toml(text) if is_toml else _as_lines(text)
    for name, reason in found.items():
        if name not in known:
            raise unknown_name("scenario", name, known)
        if not reason:
            raise BadValueError(f"The baseline lists {name} without a reason; write one behind it.")
    return found


def judge(results: Sequence[Result], baseline: Mapping[str, str]) -> dict[str, Judged]:
    """Every result beside the baseline, by scenario."""
    return {r.scenario.id: _judged(r, baseline.get(r.scenario.id, "")) for r in results}


def _judged(result: Result, reason: str) -> Judged:
    kind = result.verdict.kind
    if not reason:
        return Judged(kind is not VerdictKind.FAIL)
    if kind is VerdictKind.PASS:
        words = f"It passes, but the baseline says that it fails ({reason}): take it off the list."
        return Judged(False, reason, words)
    return Judged(True, reason, f"As the baseline says: {reason}")


def _as_lines(text: str) -> dict[str, str]:
    lines = (line.strip() for line in text.splitlines())
    rows = (line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))
    return {name: " ".join(reason) for name, *reason in rows}


def _as_toml(text: str) -> dict[str, str]:
    try:
        table = tomllib.loads(text).get(TABLE)
    except tomllib.TOMLDecodeError as error:
        raise BadValueError(f"The baseline is not TOML: {error}.") from None
    if not isinstance(table, dict) or not all(isinstance(why, str) for why in table.values()):
        raise BadValueError(f'The baseline has no table [{TABLE}] with lines like: id = "reason".')
    return {name: " ".join(why.split()) for name, why in table.items()}

"""How a verdict says numbers, times and faults."""

from collections.abc import Sequence

from .evidence import RecordedExchange, RecordedOperation


def amount(number: int, thing: str) -> str:
    """A number of things: 1 login, 7 logins."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def seconds_of(seconds: float) -> str:
    """A time in seconds: 60 s, 0.4 s."""
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def ordinal(number: int) -> str:
    """The place in an order, as a word, from first to fifth."""
    return ("first", "second", "third", "fourth", "fifth")[number - 1]


def listed(words: Sequence[str]) -> str:
    """Words in a sentence: a, b and c."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def refusal(exchange: RecordedExchange | None) -> str:
    """A refusal by its code, and what was refused."""
    if exchange is None:
        return "no refusal"
    what = "a login" if exchange.operation is RecordedOperation.LOGIN else "a data call"
    return f"{exchange.fault} ({what})"

"""How a command line prints; a module that imports nothing, because all of them need it."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Manner:
    """How a command line is to print: without talk (--quiet), errors as JSON too, and whether JSON
    was printed already.
    """

    quiet: bool = False
    json: bool = False
    printed: bool = False


MANNER: ContextVar[Manner] = ContextVar("manner")
"""Of the command line that runs; labs and demos run some within another."""


def manner() -> Manner:
    """How the present command line prints."""
    return MANNER.get(Manner())

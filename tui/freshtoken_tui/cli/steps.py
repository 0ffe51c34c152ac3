"""Runs steps of labs, demos and proofs: each is a line of this command line."""

from pathlib import Path

from freshtoken_model.decision.credentials import QUICK, Hashing
from freshtoken_model.training.content.steps import LineOutcome, LineRunner
from freshtoken_tui.demo.runner import runner_of

from . import main
from .common import LINE_HASHING

run_line = runner_of(main)


def runner_with(hashing: Hashing) -> LineRunner:
    """Make a runner whose commands hash passwords so."""

    def run(path: Path, words: list[str]) -> LineOutcome:
        mark = LINE_HASHING.set(hashing)
        try:
            return run_line(path, words)
        finally:
            LINE_HASHING.reset(mark)

    return run


quick_line = runner_with(QUICK)
"""For orgs that are thrown away."""

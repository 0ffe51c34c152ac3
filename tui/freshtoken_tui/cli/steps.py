"""Runs steps of labs, demos and proofs: each is a line of this command line."""

from freshtoken_model.decision.credentials import QUICK, Hashing
from freshtoken_model.training.content.steps import LineRunner
from freshtoken_tui.demo.runner import runner_of

from . import main

run_line = runner_of(main)
run_quick = runner_of(main, QUICK)
"""For org files that are thrown away."""


def runner_with(hashing: Hashing) -> LineRunner:
    """A runner of lines on org files that hash so."""
    return runner_of(main, hashing)

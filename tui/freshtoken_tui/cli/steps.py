"""Runs steps of labs, demos and proofs: each is a line of this command line."""

from freshtoken_model.decision.credentials import QUICK
from freshtoken_tui.demo.runner import runner_of

from . import main

run_line = runner_of(main)
run_quick = runner_of(main, QUICK)
"""For org files that are thrown away."""

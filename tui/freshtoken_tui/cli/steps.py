"""Runs steps of labs, demos and proofs: each is a line of this command line."""

from freshtoken_tui.demo.runner import runner_of

from . import main

run_line = runner_of(main)

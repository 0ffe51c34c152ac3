"""python -m freshtoken: the command line."""

from freshtoken_tui.cli import main

main(prog_name="freshtoken")

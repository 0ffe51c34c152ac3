"""python -m freshtoken_tui: the command line, where the program itself is not on the path."""

from .cli import main

main(prog_name="freshtoken")

"""The exit codes of the command line and of the app. They are an API."""

DONE = 0
REFUSED = 1
"""The org refused, or a lab is not solved."""
USAGE = 2
"""The command line is wrong, or cannot start here."""
UNUSABLE = 3
"""The org file cannot be used."""
INTERNAL = 70
"""An error of freshtoken's own (EX_SOFTWARE)."""
OUTPUT_LOST = 74
"""What was printed could not be written (EX_IOERR)."""

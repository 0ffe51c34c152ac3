"""The terminal: screens, widgets, the command line."""

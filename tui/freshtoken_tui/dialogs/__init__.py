"""Dialogs, one a file or a family."""

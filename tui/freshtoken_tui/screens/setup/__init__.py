"""Setup, one tab a file."""

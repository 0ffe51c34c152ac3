"""Demos: scripts that play in the real screens."""

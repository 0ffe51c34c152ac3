"""Org files: the training org, steps back, copies."""

"""Rehearses a client: runs its unmodified command through what can happen to its credentials, one
served org a scenario, and judges what it did. Knows no terminal.
"""

"""Logins: password, connected apps, API clients."""

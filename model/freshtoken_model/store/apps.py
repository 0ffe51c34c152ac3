"""Writes connected apps and what they were granted."""

from .writer import Writer

apps = Writer("app")
authorization_codes = Writer("authorization_code")
refresh_tokens = Writer("refresh_token")
openid_keys = Writer("openid_key")

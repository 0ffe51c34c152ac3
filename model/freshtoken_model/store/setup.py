"""Writes what Setup shows: settings, profiles, networks; and the accounts that queries return."""

from .writer import Writer

accounts = Writer("account")
login_ranges = Writer("login_ip_range")
networks = Writer("network")
profile_settings = Writer("profile_setting")
profiles = Writer("profile")
settings = Writer("setting")
trusted_ranges = Writer("trusted_ip_range")

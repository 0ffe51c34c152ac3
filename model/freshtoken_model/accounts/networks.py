"""Addresses: where a login comes from, as a number, and whether the org trusts it."""

import ipaddress
from functools import lru_cache

from freshtoken_model.decision.settings import settings
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import maybe
from freshtoken_model.values.errors import BadValueError
from freshtoken_model.values.kinds import SettingName

OUTSIDE = "outside"
"""The address of a client that calls a port: where that is in the org, Setup says."""


def calling_address(db: Database, address: str) -> str:
    """Where a login comes from: an address, or for OUTSIDE the one of the network that Setup
    names.
    """
    if address != OUTSIDE:
        return address
    found = maybe(
        db,
        "select address from network where name = coalesce((select value from setting where name "
        "= 'outside_network'), ?)",
        settings()[SettingName.OUTSIDE_NETWORK].default,
    )
    return found["address"] if found else "0.0.0.0"


@lru_cache(maxsize=1_000)
def address_number(address: str) -> int:
    """A dotted IPv4 address as a number. Raises BadValueError."""
    try:
        return int(ipaddress.IPv4Address(address))
    except ValueError:
        raise BadValueError(f"{address[:80]!r} is not an IPv4 address.", address) from None


def trusts(db: Database, address: int) -> bool:
    """Whether an address lies in a trusted IP range (Setup > Network Access)."""
    return (
        maybe(db, "select 1 from trusted_ip_range where ? between first and last limit 1", address)
        is not None
    )

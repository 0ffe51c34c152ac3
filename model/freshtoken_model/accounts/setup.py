"""Setup: policies, trusted IP ranges (Network Access), and the switchable assumptions, which are no
part of Setup.
"""

import ipaddress

from freshtoken_model.decision.policies import OrgSettings, values_of
from freshtoken_model.decision.settings import CALENDAR, settings
from freshtoken_model.store import database, org_row
from freshtoken_model.store import setup as setup_rows
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import maybe, one, read_settings, writing
from freshtoken_model.values.errors import (
    BadValueError,
    NotAllowedError,
    UnknownNameError,
)
from freshtoken_model.values.kinds import EventKind, SettingName
from freshtoken_model.values.names import match_name
from freshtoken_model.values.records import IpRange, Network, record
from freshtoken_model.values.visible import visible

from .networks import address_number
from .users import plan_expiry

LARGEST_RANGE = 33_554_432
"""Addresses in one trusted IP range [DOC trusted-ip-size]."""


def dotted(number: int) -> str:
    """An address number as dotted IPv4."""
    return str(ipaddress.IPv4Address(number))


def refuse_contradiction(values: dict[str, str]) -> None:
    """No history only where passwords never expire, in the org and in every profile [DOC
    policy-history].

    Raises NotAllowedError.
    """
    if values[SettingName.PASSWORD_HISTORY] == "0" and values[SettingName.PASSWORD_EXPIRES] != "0":
        raise NotAllowedError("No passwords remembered goes only with passwords that never expire.")


class Setup:
    """`org.setup`: settings, trusted IP ranges, networks."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def org_settings(self) -> OrgSettings:
        """The settings as the rules read them."""
        with database.read(self._db):
            return read_settings(self._db)

    def values(self) -> dict[str, str]:
        """Every setting's present value, by name."""
        chosen = {
            row["name"]: row["value"]
            for row in database.rows(self._db, "select name, value from setting")
        }
        made = one(self._db, "select created_release from org")["created_release"]
        return values_of(chosen, made)

    def choose(self, name: str, value: str) -> bool:
        """Set a setting to one of its choices, by value or label. Returns whether it changed.
        Raises UnknownNameError, BadValueError, NotAllowedError.
        """
        name = match_name("setting", name, list(settings()))
        setting = settings()[name]
        value = setting.value_of(value)
        with writing(self._db) as work:
            values = self.values()
            if values[name] == value:
                return False
            values[name] = value
            own: dict[int, dict[str, str]] = {0: {}}
            for row in database.rows(
                self._db, "select profile_id, name, value from profile_setting"
            ):
                own.setdefault(row["profile_id"], {})[row["name"]] = row["value"]
            for held in own.values():
                refuse_contradiction({**values, **held})
            setup_rows.settings.upsert(work.db, "name", name=name, value=value)
            if name == SettingName.PASSWORD_EXPIRES:
                plan_expiry(work)
            if setting.page == CALENDAR:
                org_row.update(work.db, calendar_due=work.settings.due_after(work.now))
            work.event(
                EventKind.SETTING_CHANGED, detail=f"{setting.label} = {setting.words(value)}"
            )
            return True

    def networks(self) -> list[Network]:
        """The places logins come from, and whether their address is trusted now."""
        with database.read(self._db):
            rows = database.rows(
                self._db, "select id, name, label, address from network order by id"
            )
            ranges = [
                (r["first"], r["last"])
                for r in database.rows(self._db, "select first, last from trusted_ip_range")
            ]
        return [
            record(
                Network,
                {
                    **row,
                    "trusted": any(a <= address_number(row["address"]) <= b for a, b in ranges),
                },
            )
            for row in rows
        ]

    def network(self, name: str) -> Network:
        """A network by name. Raises UnknownNameError."""
        networks = self.networks()
        names = [network.name for network in networks]
        return networks[names.index(match_name("network", name, names))]

    def trusted_ranges(self) -> list[IpRange]:
        """Setup > Network Access."""
        rows = database.rows(
            self._db, "select id, first, last, description from trusted_ip_range order by first, id"
        )
        return [
            IpRange(r["id"], dotted(r["first"]), dotted(r["last"]), visible(r["description"]))
            for r in rows
        ]

    def add_trusted_range(self, first: str, last: str, description: str = "") -> IpRange:
        """Trust the addresses from first to last. Raises BadValueError for what is no range, or is
        larger than LARGEST_RANGE.
        """
        words = visible(description.strip())
        low, high = address_number(first.strip()), address_number(last.strip() or first.strip())
        if high < low:
            raise BadValueError("The range ends before it starts.", last)
        if high - low + 1 > LARGEST_RANGE:
            raise BadValueError(
                f"A trusted IP range has at most {LARGEST_RANGE:,} addresses.", last
            )
        with writing(self._db) as work:
            if maybe(
                self._db, "select 1 from trusted_ip_range where first = ? and last = ?", low, high
            ):
                raise NotAllowedError("That range is trusted already.")
            number = setup_rows.trusted_ranges.insert(
                work.db, first=low, last=high, description=words
            )
            work.event(EventKind.RANGE_ADDED, detail=f"{dotted(low)} - {dotted(high)}")
            return IpRange(number, dotted(low), dotted(high), words)

    def remove_trusted_range(self, range_id: int) -> None:
        """Remove a trusted range. Raises UnknownNameError when it is gone already."""
        with writing(self._db) as work:
            if maybe(self._db, "select 1 from trusted_ip_range where id = ?", range_id) is None:
                raise UnknownNameError(
                    f"There is no range {range_id}.", str(range_id), "trusted IP range", True
                )
            row = one(self._db, "select first, last from trusted_ip_range where id = ?", range_id)
            setup_rows.trusted_ranges.delete(work.db, range_id)
            work.event(
                EventKind.RANGE_REMOVED, detail=f"{dotted(row['first'])} - {dotted(row['last'])}"
            )

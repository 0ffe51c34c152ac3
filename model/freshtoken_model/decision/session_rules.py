"""Whether a session works: one pure rule for every door and for integrations that keep one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from freshtoken_model.values.kinds import FaultKey

from .policies import OrgSettings


@dataclass(frozen=True, slots=True)
class Use:
    """What the org says to a request with a session ID: the fault that refuses it, or None."""

    fault: FaultKey | None
    due: bool = False
    """Whether the use is to be written down, which moves the timeout."""


def ends_at(used_at: int, settings: OrgSettings) -> int:
    """When a session times out that was last used at a moment, both in ms."""
    return used_at + settings.session_timeout


def is_open(ended: bool, used_at: int, settings: OrgSettings, now: int) -> bool:
    """Whether a session was neither ended nor has timed out by inactivity."""
    return not ended and now < ends_at(used_at, settings)


def within(address: int, ranges: Iterable[tuple[int, int]]) -> bool:
    """Whether an address number lies in login IP ranges, or there are none."""
    ranges = tuple(ranges)
    return not ranges or any(first <= address <= last for first, last in ranges)


def use_of(
    ended: bool,
    used_at: int,
    password_expired: bool,
    settings: OrgSettings,
    now: int,
    comes_from_within: Callable[[], bool],
    api_enabled: bool = True,
) -> Use:
    """A request with a session ID at a moment in ms. Faults: invalid_session, api_off_for_user,
    expired_password. API Enabled is looked at with every call [3P api-disabled-open-session].

    A use is due once half the timeout has passed [DOC session-timeout]. `comes_from_within` tells
    whether the request comes from the profile's login IP ranges; it is asked only where the org
    enforces them on every request. What a request from elsewhere is told is INF.
    """
    if not is_open(ended, used_at, settings, now):
        return Use(FaultKey.INVALID_SESSION)
    if settings.enforce_ip_ranges and not comes_from_within():
        return Use(FaultKey.INVALID_SESSION)
    if not api_enabled:
        return Use(FaultKey.API_OFF_FOR_USER)
    due = now >= used_at + settings.session_timeout // 2
    return Use(FaultKey.EXPIRED_PASSWORD if password_expired else None, due)

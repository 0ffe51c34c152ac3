"""Words and glyphs that several screens share. State is never colour alone: light, word and
glyph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from freshtoken_model.decision.lights import Light
from freshtoken_model.values.kinds import TokenState

if TYPE_CHECKING:
    from .view import OrgView

LEGEND = "freshtoken's note, not Salesforce's"
NEXT_TAB = "ctrl+t next tab"

LIGHTS: dict[str, tuple[str, str, str]] = {
    Light.IDLE: ("○", "NOT LOGGED IN", "muted"),
    Light.CONNECTED: ("✓", "CONNECTED", "success"),
    Light.BLOCKED: ("✗", "BLOCKED", "error"),
    Light.LOCKED: ("■", "LOCKED OUT", "error"),
    Light.EXPIRED: ("!", "PASSWORD EXPIRED", "warning"),
}
"""Glyph, word and theme colour of a client's light."""

HOLDS: dict[str, tuple[str, str, str]] = {
    TokenState.LIVE: ("✓", "live", "success"),
    TokenState.RETIRED: ("✗", "retired", "error"),
    "unknown": ("?", "unknown", "warning"),
    "none": ("○", "none", "muted"),
}
"""Glyph, word and theme colour of the token a client holds."""
COLOURS = ("success", "error", "warning", "muted")
"""Theme colours of a light."""

HELD = ("?", "held", "warning")
"""The token of a refused client while nobody has looked at Why: the client cannot know more."""


class ShownLight(NamedTuple):
    """How a light is shown."""

    glyph: str
    word: str
    colour: str


def shown_light(picture: OrgView) -> ShownLight:
    """The client's light: amber while it works with a session, and its next login will not."""
    if picture.light == Light.CONNECTED and picture.on_an_old_session:
        return ShownLight("●", "CONNECTED", "warning")
    return ShownLight(*LIGHTS[picture.light])

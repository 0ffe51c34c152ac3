"""Words and glyphs that several screens share. State is never colour alone: light, word and
glyph.
"""

from freshtoken_model.decision.lights import Light
from freshtoken_model.values.kinds import TokenState

LEGEND = "freshtoken's note: Salesforce does not show this"
NEXT_TAB = "^t tabs"

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

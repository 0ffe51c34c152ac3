"""Words and glyphs that several screens share. State is never colour alone: light, word and
glyph.
"""

LEGEND = "freshtoken's note: Salesforce does not show this"
NEXT_TAB = "^t tabs"

LIGHTS: dict[str, tuple[str, str, str]] = {
    "idle": ("○", "NOT LOGGED IN", "muted"),
    "connected": ("✓", "CONNECTED", "success"),
    "blocked": ("✗", "BLOCKED", "error"),
    "locked": ("■", "LOCKED OUT", "error"),
    "expired": ("!", "PASSWORD EXPIRED", "warning"),
}
"""Glyph, word and theme colour of a client's light."""

HOLDS: dict[str, tuple[str, str, str]] = {
    "live": ("✓", "live", "success"),
    "retired": ("✗", "retired", "error"),
    "unknown": ("?", "unknown", "warning"),
    "none": ("○", "none", "muted"),
}
"""Glyph, word and theme colour of the token a client holds."""

DOTS = "••••••••"

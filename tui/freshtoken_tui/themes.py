"""freshtoken's own themes beside Textual's: dark, light, high contrast. ANSI ones come with
Textual; the light one warns in magenta here, because its bright red looks like an error.
"""

from dataclasses import replace

from textual.theme import BUILTIN_THEMES, Theme

DARK, LIGHT, CONTRAST = "freshtoken-dark", "freshtoken-light", "freshtoken-contrast"
MONO = "freshtoken-mono"
"""Without colours: every state is as bright as the text; a filter would make red a dark grey."""

THEMES: tuple[Theme, ...] = (
    Theme(
        name=DARK,
        primary="#4FA3FF",
        secondary="#7FB8E8",
        accent="#F2B53C",
        warning="#F2B53C",
        error="#FF6B7A",
        success="#5BD18B",
        foreground="#E4E8EE",
        background="#10141A",
        surface="#181E27",
        panel="#232C38",
        dark=True,
        variables={
            "border-blurred": "#46556A",
            "footer-key-foreground": "#F2B53C",
            "block-cursor-text-style": "bold",
        },
    ),
    Theme(
        name=LIGHT,
        primary="#0B5CAD",
        secondary="#2F6F9F",
        accent="#9A5B00",
        warning="#9A5B00",
        error="#B3142B",
        success="#13703C",
        foreground="#0A0E13",
        background="#FBFBF8",
        surface="#F0F1EC",
        panel="#E2E5DF",
        dark=False,
        variables={
            "border-blurred": "#8794A3",
            "footer-key-foreground": "#9A5B00",
            "block-cursor-text-style": "bold",
        },
    ),
    Theme(
        name=CONTRAST,
        primary="#7CC7FF",
        secondary="#FFFFFF",
        accent="#FFD400",
        warning="#FFD400",
        error="#FF8A8A",
        success="#6BFF9E",
        foreground="#FFFFFF",
        background="#000000",
        surface="#2A2A2A",
        panel="#333333",
        dark=True,
        text_alpha=1.0,
        variables={
            "border-blurred": "#BBBBBB",
            "footer-key-foreground": "#FFD400",
            "text-muted": "#DDDDDD",
        },
    ),
    Theme(
        name=MONO,
        primary="#FFFFFF",
        secondary="#FFFFFF",
        accent="#FFFFFF",
        warning="#FFFFFF",
        error="#FFFFFF",
        success="#FFFFFF",
        foreground="#E6E6E6",
        background="#000000",
        surface="#1E1E1E",
        panel="#2A2A2A",
        dark=True,
        variables={"border-blurred": "#8A8A8A", "footer-key-foreground": "#FFFFFF"},
    ),
    replace(BUILTIN_THEMES["ansi-light"], warning="ansi_magenta"),
)
OFFERED = (DARK, LIGHT, CONTRAST, "ansi-dark", "ansi-light")

"""Every text of the pages can be read: what is quiet too, in each of freshtoken's own themes."""

from pathlib import Path

import pytest
from rich.color import Color
from rich.style import Style
from textual.widgets import Button

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org
from freshtoken_tui.themes import CONTRAST, DARK, LIGHT

from ..world import FRESH, INTEGRATION, OFFICE, PASSWORD
from .test_windows import go

LEAST = 3.8
"""Contrast of a key beside the label of a main button; WCAG asks 4.5 of running text."""
RUNNING = 4.5


def luminance(color: Color) -> float:
    """As WCAG 2 defines it."""
    shares = [part / 255 for part in color.get_truecolor()]
    linear = [s / 12.92 if s <= 0.03928 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(style: Style) -> float:
    """From 1 to 21."""
    assert style.color and style.bgcolor
    dark, light = sorted(luminance(color) for color in (style.color, style.bgcolor))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT, CONTRAST])
async def test_what_is_written_can_be_read(org_file: Path, org: Org, play, theme: str) -> None:
    session = org.login(Attempt(INTEGRATION, PASSWORD, Door.UI, OFFICE)).session_id
    org.passwords.change("integration", PASSWORD, FRESH, session)
    async with play(org_file) as player:
        player.app.theme = theme
        await player.app.run_action("command('client_login')")
        await player.sees("All that the client is told")
        for page in ("home", "inbox", "setup", "history", "timeline", "incident", "labs", "exam"):
            await go(player, page)
            off = [b.region for b in player.app.screen.query(Button).results(Button) if b.disabled]
            for y, strip in enumerate(player.app.screen._compositor.render_strips()):
                x = 0
                for text, style, _ in strip:
                    said, at = any(char.isalnum() for char in text), (x, y)
                    x += len(text)
                    if not said or style is None or style.color is None or style.bgcolor is None:
                        continue
                    if any(region.contains(*at) for region in off):
                        continue  # what is disabled need not be read
                    least = LEAST if len(text.strip()) <= 3 else RUNNING
                    assert contrast(style) >= least, f"{page}: {text!r} is hard to read in {theme}"

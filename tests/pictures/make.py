"""Pictures of the real app for the README: plays the story to step 5. Run it after a change that shows.

python tests/pictures/make.py
"""

import asyncio
import os
import re
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
OLD, NEW = "Harbour-Light-7", "Fresh-Start-88"


def keys(text: str) -> list[str]:
    """A text as key presses."""
    return ["minus" if char == "-" else char for char in text]


async def until(pilot, holds) -> None:  # type: ignore[no-untyped-def]
    """Wait until something holds."""
    for _ in range(500):
        if holds():
            return
        await pilot.pause(0.02)
    raise SystemExit("the story did not go on")


async def take(theme: str, size: tuple[int, int], name: str) -> None:
    """Play steps 1 to 5 and write one SVG."""
    from freshtoken_model.clock import parse_moment
    from freshtoken_model.org import Org
    from freshtoken_tui.app import FreshtokenApp

    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder
        path = Path(folder) / "org.db"
        Org.create(path, seed="picture", frozen_at=parse_moment("2026-11-24T14:00:00Z", "UTC"))
        app = FreshtokenApp(path)
        app.settings.welcomed = True
        app.theme = theme
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.picture is not None and app.pane is not None)
            await pilot.press("enter")
            await until(pilot, lambda: app.picture.viewer is not None)
            await pilot.press("enter")
            await until(pilot, lambda: app.desk.page.id == "page-change_password")
            await pilot.press(*keys(OLD), "tab", *keys(NEW), "tab", *keys(NEW), "enter")
            await until(pilot, lambda: app.picture.client.holds == "retired")
            with Org(path) as org:
                org.clients.hold(app.picture.client.id, password=NEW)
                org.clock.advance(180_000)
            await until(pilot, lambda: app.picture.client.password == NEW)
            await pilot.press("f9", "ctrl+t")
            await until(pilot, lambda: app.picture.light == "blocked" and not app.pane.busy)
            await pilot.pause(0.3)
            svg = app.export_screenshot(title="freshtoken")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(take("freshtoken-dark", (120, 40), "story"))

"""Where a rule is known from is said in words: no code in brackets reaches a screen."""

import re
from pathlib import Path

from freshtoken_tui.screens.main_screen import PAGES
from freshtoken_tui.screens.setup.page import TABS

CODE = re.compile(r"\[(DOC|WIRE|3P|INF|MEM|CONTRA|OURS|MEASURED|assumption)\b")
OPENED_BY_SOMETHING = ("question", "proof", "sitting", "result", "lab")
"""Pages that are opened by what they are about."""


async def test_no_page_help_or_gate_shows_the_code_of_a_source(org_file: Path, play) -> None:
    async with play(org_file, (160, 50)) as player:
        app = player.app
        wrong: list[str] = []

        async def look(where: str) -> None:
            await player.pilot.pause()
            tips = [str(node.tooltip) for node in app.screen.query("*") if node.tooltip]
            wrong.extend(
                f"{where}: {found[0]}"
                for found in CODE.finditer("\n".join([player.screen(), *tips]))
            )

        await player.press("f9")
        for view in ("wire", "why", "code", "attempts"):
            await look(f"client, {view}")
            await player.press("ctrl+t")
        for name in PAGES:
            if name in OPENED_BY_SOMETHING:
                continue
            app.action_page(name)
            await player.until(
                lambda n=name: app.main.page.id in (f"page-{n}", "page-home"), f"{name} opened"
            )
            await look(name)
            await player.press("f1")
            await look(f"{name}, help")
            await player.press("escape")
        app.action_page("setup")
        for number, (tab, *_) in enumerate(TABS, 1):
            await player.press(str(number))
            await look(f"setup, {tab}")
        assert not wrong

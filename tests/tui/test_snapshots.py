"""The text of a few screens against files, so that a change of looks is seen and meant.

After a change that is meant: FRESHTOKEN_WRITE_SNAPSHOTS=1 pytest tests/tui/test_snapshots.py, then
read the diff.
"""

import os
from difflib import unified_diff
from pathlib import Path

import pytest

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org

from ..world import FRESH, INTEGRATION, PASSWORD

FOLDER = Path(__file__).with_name("snapshots")
CALM = 25
"""Looks at the screen in a row that must find the same."""


async def matches(player, name: str) -> None:
    """The screen settles on the snapshot; or, when asked to, becomes it."""
    path = FOLDER / f"{name}.txt"

    def text() -> str:
        return "\n".join(line.rstrip() for line in player.screen().split("\n")) + "\n"

    if os.environ.get("FRESHTOKEN_WRITE_SNAPSHOTS") == "1":
        looks = [text()]

        def calm() -> bool:
            looks.append(text())
            return len(looks) > CALM and len(set(looks[-CALM:])) == 1

        await player.until(calm, "a calm screen")
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text(), encoding="utf-8")
        return
    wanted = path.read_text(encoding="utf-8")
    for _ in range(200):
        if text() == wanted:
            return
        await player.pilot.pause(0.01)
    diff = unified_diff(
        wanted.splitlines(), text().splitlines(), str(path), "the screen", lineterm=""
    )
    pytest.fail("\n".join(diff), pytrace=False)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_the_screens_look_as_they_did(org_file: Path, org: Org, play, size) -> None:
    end = f"{size[0]}x{size[1]}"
    async with play(org_file, size) as player:
        await player.sees("Demo password: Harbour-Light-7")
        await player.sees("CONNECTED")
        await matches(player, f"login-{end}")

        session = org.login(Attempt(INTEGRATION, PASSWORD, Door.UI, "198.51.100.20")).session_id
        org.passwords.change("integration", PASSWORD, FRESH, session)
        org.clients.hold(1, password=FRESH)
        await player.until(
            lambda: player.app.org.view.client.password == FRESH,
            "the client holds the new password",
        )
        await player.press("f8")
        await player.app.run_action("command('client_login')")
        await player.until(
            lambda: player.app.org.view.light == "blocked" and not player.app.client.pane.busy,
            "refused",
        )
        await player.sees("token retired 14:00 by the password change")
        await matches(player, f"why-{end}")

        await player.press("f3")
        await player.sees("Security token (case-sensitive):")
        await player.press("enter")
        await player.sees("Security token (case-sensitive):")
        await player.until(lambda: "Inbox 1" not in player.screen(), "the mail is read")
        await matches(player, f"inbox-{end}")

        await player.press("f4")
        await player.sees("loader@")
        await matches(player, f"setup-{end}")

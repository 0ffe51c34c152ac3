"""The story by mouse: every key of it has something to click."""

from pathlib import Path

from textual.widgets import Input

from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import PASSWORD as OLD


async def test_the_story_can_be_played_by_mouse(org_file: Path, org: Org, play) -> None:
    async with play(org_file, (120, 40)) as player:
        pilot, app = player.pilot, player.app
        await pilot.click("#login")
        await player.sees("Logged in as Nightly Sync")
        await pilot.click("#to-change")
        await player.until(lambda: app.main.page.id == "page-change_password", "Change My Password")
        for name, value in (("current", OLD), ("new", NEW), ("verify", NEW)):
            await pilot.click(f"#{name}")
            app.main.query_one(f"#{name}", Input).value = value
        await pilot.click("#change")
        await player.sees("Your password was changed.")
        await pilot.click("#client-login")
        await player.sees("BLOCKED")
        await pilot.click("#client-password")
        app.main.query_one("#client-password", Input).value = NEW
        await pilot.click("#client-login")
        await player.until(
            lambda: len(app.org.view.attempts) == 3 and not app.client.pane.busy,
            "the second refusal",
        )
        await pilot.click("#--content-tab-tab-why")
        await player.sees("token retired 14:00 by the password change")
        await pilot.click("#client-paste")
        await player.until(
            lambda: app.org.view.client.holds == "live", "the fresh token in the client"
        )
        await pilot.click("#client-login")
        await player.until(
            lambda: app.org.view.light == "connected" and not app.client.pane.busy, "connected"
        )
        await pilot.click("#client-query")
        await player.sees("What you saw")  # the ending; a click beside it closes it
        await pilot.click(offset=(1, 1))
        await player.sees("5 records returned")
        assert [row.status for row in org.history.logins("integration")][:3] == [
            "Success",
            "Invalid Password",
            "Invalid Password",
        ]

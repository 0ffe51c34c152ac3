"""Names are other people's: brackets in them are no markup, and what would steer a terminal never
reaches it.
"""

from pathlib import Path

import pytest
from textual.widgets import Select

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org
from freshtoken_model.simulation.integrations import KINDS
from freshtoken_model.values.clock import MINUTE
from freshtoken_model.values.visible import visible
from freshtoken_tui.screens.main_screen import PAGES
from freshtoken_tui.screens.setup.page import TABS
from freshtoken_tui.widgets.plain import Picklist

from ..world import CLOUD

KIND = next(iter(KINDS))
BROKEN, LINK, STEERING = (
    "[/b]",
    "[@click=app.quit]x[/]",
    "\x1b]52;c;eA==\x1b\\\x9b31m\u202e\nFORGED",
)


def hostile_org(org: Org) -> None:
    """Hostile names wherever a name can come from: a user, a profile, a client, a range, a client
    from outside.
    """
    org.admin.create_profile(BROKEN)
    org.admin.create_user(f"{BROKEN}@acme.example", BROKEN, LINK, f"{BROKEN}@acme.example", BROKEN)
    org.setup.add_trusted_range("192.0.2.1", "192.0.2.9", f"{BROKEN}{STEERING}")
    org.integrations.add("Billing [EU]", "integration@acme.example", "cloud", KIND, 5 * MINUTE)
    org.integrations.add(BROKEN, f"{BROKEN}@acme.example", "cloud", KIND, 5 * MINUTE)
    for name in (BROKEN, LINK, STEERING):
        for username in (
            "integration@acme.example",
            f"{BROKEN}@acme.example",
            f"{name}@acme.example",
        ):
            attempt = Attempt(
                username,
                "x",
                Door.SOAP,
                CLOUD,
                "64.0",
                visible(name),
                visible(f"/{name}"),
                outside=True,
            )
            org.login(attempt)


def screens(player) -> str:
    """All that is drawn, dialogs and toasts included, styles left out."""
    return player.screen()


def steers(text: str) -> bool:
    return any(visible(char) != char for char in text if char != "\n")


async def test_every_page_shows_hostile_names_as_they_are(org: Org, org_file: Path, play) -> None:
    hostile_org(org)
    async with play(org_file, (160, 50), toasts=True) as player:
        app, seen = player.app, ""
        for name in PAGES:
            if name in ("question", "proof", "sitting", "result", "lab"):
                continue  # opened by what they are about
            app.action_page(name)
            await player.until(
                lambda n=name: app.main.page.id in (f"page-{n}", "page-home"), f"{name} opened"
            )
            await player.pilot.pause()
            seen += screens(player)
        app.action_page("setup")
        for tab in range(len(TABS)):
            await player.press(str(tab + 1))
            await player.pilot.pause()
            seen += screens(player)
        for client in app.org.view.clients[-6:]:
            app.client.show_client(client.id)
            await player.until(
                lambda c=client: app.org.view.client.id == c.id, f"{client.name} is shown"
            )
            await player.pilot.pause()
            seen += screens(player)
            assert f"API client · {client.name}"[:40] in str(app.client.pane.border_title).replace(
                "\\[", "["
            )
        for select in app.main.query(Select).results(Select):
            assert isinstance(select, Picklist)
            select.expanded = True
            await player.pilot.pause()
            seen += screens(player)
            select.expanded = False
        assert BROKEN in seen and LINK in seen
        assert not steers(seen)
        assert app.is_running


async def test_the_palette_lists_and_finds_hostile_names(org: Org, org_file: Path, play) -> None:
    hostile_org(org)
    async with play(org_file, (160, 50)) as player:
        await player.press("ctrl+p")
        await player.sees("Search for commands")
        for word in ("API client", "Switch"):
            await player.type(word)
            await player.sees(BROKEN)
            assert not steers(screens(player))
            await player.press("ctrl+u")
        await player.press("escape")


@pytest.mark.parametrize(
    "text", [BROKEN, LINK, "Billing [EU]", STEERING], ids=["broken", "link", "brackets", "steering"]
)
async def test_a_toast_is_drawn_as_it_is(org_file: Path, play, text: str) -> None:
    async with play(org_file, toasts=True) as player:
        player.app.notify(text, title=text, timeout=60)
        await player.sees(visible(text)[:20])
        assert not steers(screens(player))


async def test_what_is_drawn_has_a_last_look(org_file: Path, play) -> None:
    """A text that came in some other way: it is left out of the lines that go to the terminal, its
    columns unchanged.
    """
    async with play(org_file) as player:
        player.app.main.guide.tell(f"before {STEERING.partition(chr(10))[0]} after")
        await player.sees("before ]52;c;eA==\\31m after")
        assert not steers(screens(player))

"""What the palette lists: commands, Setup tab by tab, users, clients, labs, demos, themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from freshtoken_tui.command_groups import FINDS, group_of
from freshtoken_tui.commands import COMMANDS
from freshtoken_tui.themes import OFFERED
from freshtoken_tui.widgets.palette import PaletteEntry

if TYPE_CHECKING:
    from freshtoken_tui.app import FreshtokenApp

GROUPS = ("Story", "Client", "Org", "Places", "Setup", "Labs", "Demos", "Themes", "Help", "Screen")
"""In the order they are listed; what was chosen last comes before them."""
SETUP_FINDS = {
    "Users": "unlock freeze reset password permissions",
    "Profiles": "login hours ranges policies",
    "Passwords": "policies lockout attempts length expire",
    "Network": "trusted ip ranges",
    "Sessions": "timeout",
    "API": "soap login oauth connected apps callback",
    "Integrations": "schedule retry",
    "Calendar": "release retire summer winter",
}


def entries(app: FreshtokenApp) -> list[PaletteEntry]:
    """All of it, group by group."""
    found = [*_commands(app), *_setup(app), *_people(app), *_content(app), *_looks(app)]
    return sorted(found, key=lambda entry: GROUPS.index(entry.group))


def _commands(app: FreshtokenApp) -> Iterator[PaletteEntry]:
    for command in COMMANDS:
        if command.palette:
            do = app.doing.get(command.id) or partial(app.run_action, command.action)
            run = partial(app.call_later, do)
            key = app.rebound(command.id) or command.key
            finds = FINDS.get(command.id, "")
            yield PaletteEntry(group_of(command.id), command.label, command.help, run, key, finds)


def _setup(app: FreshtokenApp) -> Iterator[PaletteEntry]:
    for number, (name, finds) in enumerate(SETUP_FINDS.items(), 1):
        run = partial(app.pages.go_to_tab, number)
        yield PaletteEntry(
            "Setup", f"Setup: {name}", f"Setup, the tab {name}", run, f"f4, {number}", finds
        )


def _people(app: FreshtokenApp) -> Iterator[PaletteEntry]:
    view = app.org.view
    for client in view.clients if view else ():
        show = partial(app.client.show_client, client.id)
        yield PaletteEntry("Client", f"API client: {client.name}", f"as {client.username}", show)
    for user in view.users if view else ():
        switch = partial(app.org.switch_to, user.username)
        yield PaletteEntry(
            "Org", f"Switch to {user.username}", user.purpose, switch, finds="log in as"
        )


def _content(app: FreshtokenApp) -> Iterator[PaletteEntry]:
    shelf = app.labs.known
    if shelf is None:
        return
    for lab in shelf.labs:
        yield PaletteEntry(
            "Labs", f"Lab: {lab.title}", lab.level, partial(app.labs.open, lab), finds="lab"
        )
    for demo in shelf.demos:
        play: Callable[[], object] = partial(app.demo.play, demo)
        yield PaletteEntry("Demos", f"Demo: {demo.title}", demo.about, play, finds="watch")


def _looks(app: FreshtokenApp) -> Iterator[PaletteEntry]:
    for theme in OFFERED:
        words = "dark" if "dark" in theme else "light" if "light" in theme else "high contrast"
        choose = partial(setattr, app, "theme", theme)
        yield PaletteEntry("Themes", f"Theme: {theme}", f"Colours: {words}", choose, finds=words)
    themes = partial(app.call_later, app.action_change_theme)
    yield PaletteEntry("Themes", "Theme: more", "Every theme there is", themes)
    shot = partial(app.call_later, app.run_action, "screenshot")
    yield PaletteEntry("Screen", "Screenshot", "Save this screen as SVG", shot, finds="picture")

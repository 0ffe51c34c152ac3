"""Ways to a command without its key: the leader key and its letters, and jump mode."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from pkgutil import walk_packages

from textual.widget import Widget
from textual.widgets import Button

from freshtoken_tui.commands import COMMANDS, LOCAL_IDS

from .part import Part, in_worker

PLACES = ("screens", "client_pane", "dialogs", "widgets")
"""Folders whose modules declare keys."""


def unknown_names(rebound: Iterable[str]) -> list[str]:
    """Names under [keys] of settings.toml that no key has, each as a sentence with the nearest
    name.
    """
    known = {command.id for command in COMMANDS if command.key} | LOCAL_IDS
    wrong = [name for name in rebound if name not in known]
    if not wrong:
        return []
    for folder in PLACES:  # pages are imported when they are opened; their keys can be meant
        package = import_module(f"freshtoken_tui.{folder}")
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    known |= LOCAL_IDS
    return [_unknown(name, known) for name in wrong if name not in known]


def _unknown(name: str, known: set[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    hint = f" Did you mean {near[0]}?" if near else " freshtoken help keys lists the names."
    return f"settings.toml, [keys]: no key is named {name}.{hint}"


class Keys(Part):
    """The leader key, jump mode, and whether the guide is shown."""

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does."""
        return {
            "leader": self.leader,
            "jump": self.jump,
            "guide": self.app.main.toggle_guide,
        }

    @in_worker(group="leader")
    async def leader(self) -> None:
        """Ask for a letter, and do its command."""
        from freshtoken_tui.dialogs.leader import LeaderKeys

        chosen = await self.app.push_screen_wait(LeaderKeys())
        command = next((one for one in COMMANDS if one.id == chosen), None)
        if command is not None:
            # Not as its key would: ctrl+b in a text field is a step to the left.
            do = self.app.doing.get(command.id) or partial(self.app.run_action, command.action)
            self.app.call_later(do)

    @in_worker(group="jump")
    async def jump(self) -> None:
        """Label what can have the focus, and go where the letter says; a button is pressed."""
        from freshtoken_tui.dialogs.jump import Jump

        main = self.app.main
        targets = [widget for widget in main.focus_chain if widget.region.area]
        chosen: Widget | None = await self.app.push_screen_wait(Jump(targets))
        if isinstance(chosen, Button):
            chosen.press()
        elif chosen is not None:
            main.set_focus(chosen)

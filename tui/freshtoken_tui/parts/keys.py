"""Ways to a command without its key: the leader key and its letters, and jump mode."""

from __future__ import annotations

from collections.abc import Callable

from textual.widget import Widget
from textual.widgets import Button

from freshtoken_tui.commands import COMMANDS

from .part import Part, in_worker


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
            self.app.call_later(self.app.run_action, command.action)

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

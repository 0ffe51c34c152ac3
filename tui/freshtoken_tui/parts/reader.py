"""What is read over the main screen: help for the focused thing, and the story."""

from __future__ import annotations

from collections.abc import Callable

import freshtoken_data
from freshtoken_tui.commands import key_lists

from .part import Part, in_worker

READER_LEGEND = "▌ A bar in the margin: freshtoken's own note. Salesforce does not show it."


class Reader(Part):
    """Help and welcome."""

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does."""
        return {"help": self.help, "welcome": self.welcome}

    @in_worker(group="help")
    async def help(self) -> None:
        """Show help for the focused thing, with the keys that are bound there."""
        from freshtoken_tui.dialogs.modals import ReadingDialog

        main = self.app.main
        around = main.focused.ancestors_with_self if main.focused else []
        helps = [node.HELP for node in around if getattr(node, "HELP", None)]
        text = (helps[0] if helps else main.page.HELP) or ""
        keys = key_lists(main)
        await self.app.show_dialog(ReadingDialog(f"{text}\n{READER_LEGEND}\n\n{keys}", "Help"))

    @in_worker(group="help")
    async def welcome(self) -> None:
        """Show the story in one screen."""
        from freshtoken_tui.dialogs.modals import ReadingDialog

        await self.app.show_dialog(ReadingDialog(freshtoken_data.text("welcome.md"), "The story"))

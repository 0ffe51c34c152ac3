"""What is read over the main screen: help for the focused thing, the help topics, the welcome."""

from __future__ import annotations

from collections.abc import Callable

import freshtoken_data
from freshtoken_tui.commands import key_lists

from .part import Part, in_worker

READER_LEGEND = "▌ A bar in the margin: freshtoken's own note. Salesforce does not show it."


class Reader(Part):
    """Help, its topics, and the welcome."""

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does."""
        return {"help": self.help, "topics": self.topics, "welcome": self.welcome}

    @in_worker(group="help")
    async def help(self) -> None:
        """Show help for the focused thing, with the keys that are bound there."""
        from freshtoken_tui.dialogs.modals import HelpDialog

        main = self.app.main
        around = main.focused.ancestors_with_self if main.focused else []
        helps = [node.HELP for node in around if getattr(node, "HELP", None)]
        text = (helps[0] if helps else main.page.HELP) or ""
        keys = key_lists(main)
        await self.app.show_dialog(HelpDialog(f"{text}\n{READER_LEGEND}\n\n{keys}", "Help"))

    @in_worker(group="help")
    async def topics(self) -> None:
        """List the help topics."""
        from freshtoken_tui.dialogs.modals import TopicList
        from freshtoken_tui.help_topics import help_topics

        topics = await self.app.off_the_loop(help_topics)
        if topics is not None:
            await self.app.show_dialog(TopicList(topics))

    @in_worker(group="help")
    async def welcome(self) -> None:
        """Show the story in one screen."""
        from freshtoken_tui.dialogs.modals import ReadingDialog

        await self.app.show_dialog(ReadingDialog(freshtoken_data.text("welcome.md"), "The story"))

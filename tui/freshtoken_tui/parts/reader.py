"""What is read over the main screen: help for the focused thing, the help topics, the welcome."""

from __future__ import annotations

from collections.abc import Callable

import freshtoken_data
from freshtoken_tui.commands import key_lists

from .part import Part, in_worker

READER_LEGEND = "▌ A bar in the margin: freshtoken's own note. Salesforce does not show it."


STORY_DEMO = "two-minutes"
WAYS = (
    ("d", "Do it yourself"),
    ("w", "Watch it (2 minutes)"),
    ("n", "I know this: the night"),
)
WAYS_TEXT = """\
freshtoken is a small Salesforce org.

The API client Nightly sync is connected. When its user changes the password, its security token
dies, and the client does not know.

How do you want to see it?"""
"""What is asked at the first start, and the answers."""


class Reader(Part):
    """Help, its topics, and the welcome."""

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does."""
        return {
            "help": self.help,
            "topics": self.topics,
            "welcome": self.welcome,
            "ways": self.ways_in,
        }

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

    @in_worker(group="help")
    async def ways_in(self) -> None:
        """Ask how one wants to begin: watch, do it, or the night."""
        from freshtoken_tui.dialogs.modals import Choice

        chosen = await self.app.push_screen_wait(Choice(WAYS_TEXT, WAYS))
        if chosen == "w":
            shelf = await self.app.labs.shelf()
            demo = (
                next((one for one in shelf.demos if one.id == STORY_DEMO), None) if shelf else None
            )
            if demo is not None:
                self.app.demo.play(demo)
        elif chosen == "n":
            self.app.stage.begin_night()

"""F1 leads to every help topic, by keyboard and by mouse, and Escape leads back."""

import pytest
from textual.screen import Screen
from textual.widgets import OptionList

import freshtoken_data
from freshtoken_tui.dialogs.modals import HelpDialog, TopicDialog, TopicList
from freshtoken_tui.help_topics import help_topics

TOPICS = help_topics()


def top(player, kind: type[Screen]) -> bool:
    return isinstance(player.app.screen, kind) and bool(player.app.screen.region.area)


@pytest.mark.parametrize("size", [(60, 20), (120, 40)], ids=["60x20", "120x40"])
async def test_every_topic_is_opened_from_f1_and_escape_leads_back(org_file, play, size) -> None:
    async with play(org_file, size) as player:
        await player.press("f1")
        await player.until(lambda: top(player, HelpDialog), "the help")
        await player.press("t")
        await player.until(lambda: top(player, TopicList), "the topics")
        for place, topic in enumerate(TOPICS):
            await player.until(
                lambda place=place: player.app.screen.query_one(OptionList).highlighted == place,
                f"{topic.name} chosen",
            )
            await player.sees(topic.title)
            await player.press("enter")
            await player.until(lambda: top(player, TopicDialog), topic.name)
            await player.sees(" ".join(topic.summary.split()[:5]))
            shown = player.app.screen.query_one("Markdown").source
            assert topic.text == f"# {topic.title}\n\n{shown}"
            await player.press("escape")
            await player.until(lambda: top(player, TopicList), "the topics again")
            await player.press("down")
        await player.press("escape")
        await player.until(lambda: top(player, HelpDialog), "the help again")
        await player.press("escape")
        await player.until(lambda: len(player.app.screen_stack) == 1, "the page")


async def test_the_mouse_opens_a_topic_as_well(org_file, play) -> None:
    async with play(org_file, (80, 24)) as player:
        await player.press("f1")
        await player.until(lambda: top(player, HelpDialog), "the help")
        await player.pilot.pause()
        await player.pilot.click("#topics")
        await player.until(lambda: top(player, TopicList), "the topics")
        await player.pilot.pause()
        shown = player.screen().split("\n")
        row = next(y for y, line in enumerate(shown) if TOPICS[1].title in line)
        await player.pilot.click(offset=(shown[row].index(TOPICS[1].title), row))
        await player.until(lambda: top(player, TopicDialog), "a topic")
        await player.sees(TOPICS[1].title)


async def test_broken_topics_are_told_in_a_toast(
    org_file, play, toasts, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(freshtoken_data, "folder", lambda: tmp_path)
    async with play(org_file, (80, 24)) as player:
        await player.app.run_action("command('topics')")
        await player.until(lambda: bool(toasts), "a toast")
        assert toasts[0].startswith("help/: there are no help topics")

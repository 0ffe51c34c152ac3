"""The page of an experiment: what was seen in sentences, a focus each time it is opened, and a
second Enter that leaves nothing unread.
"""

from pathlib import Path

import pytest

from freshtoken_model.training.shelf import open_bank

BANK = {question.id: question for question in open_bank()[0]}
SHARED = "token-after-own-password-change"
SMALL, WIDE = (80, 24), (120, 40)


async def on_stage(player, name: str = SHARED) -> None:
    """The experiment of a question, its first step not yet played."""
    question = BANK[name]
    player.app.exam.prove(question, list(range(len(question.options))), "exam")
    await player.until(
        lambda: getattr(player.app.focused, "id", "") == "proof-next", "the experiment is set up"
    )


def over(player) -> bool:
    """Whether every option stands."""
    now = player.app.exam.proof
    return now is not None and now.next_step is None and now.next_option is None


async def to_the_end(player) -> None:
    """Step after step, until every option stands."""
    for _ in range(12):
        if over(player):
            return
        now = player.app.exam.proof
        at = (len(now.told), len(now.seen))
        await player.press("n")
        await player.until(lambda at=at, now=now: (len(now.told), len(now.seen)) != at, "a step")
    raise AssertionError("the experiment does not end")


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_what_was_seen_is_told_in_sentences(org_file: Path, play, size) -> None:
    async with play(org_file, size) as player:
        await on_stage(player)
        await to_the_end(player)

        def said() -> str:
            found = player.app.main.page.query("#proof-options Static")
            return " ".join(str(static.render()) for static in found)

        await player.until(lambda: "; the option says " in said(), "what was seen")
        assert "never_issued" not in said() and "it says" not in said()


async def test_another_enter_after_the_last_step_does_not_leave(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await on_stage(player)
        await to_the_end(player)
        await player.press("enter", "enter")
        await player.until(
            lambda: getattr(player.app.focused, "id", "") == "proof-options", "the options are read"
        )
        assert player.app.exam.proof is not None and player.app.org.path != org_file
        await player.press("tab", "enter")
        await player.until(lambda: player.app.org.path == org_file, "Back leaves")


async def test_the_page_has_a_focus_the_second_time(org_file: Path, play) -> None:
    async with play(org_file) as player:
        for _ in range(2):
            await on_stage(player)
            await to_the_end(player)
            await player.press("f3")
            await player.until(lambda: player.app.main.page.id == "page-inbox", "the Inbox")
            await player.press("f7")
            await player.until(
                lambda: getattr(player.app.focused, "id", "") == "proof-options", "a focus"
            )
            await player.press("l")
            await player.until(lambda: player.app.main.page.id == "page-exam", "back")

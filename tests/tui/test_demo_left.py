"""A demo that was taken over: it can be gone on with and left, by key and by mouse."""

from pathlib import Path

from freshtoken_model.training.shelf import open_shelf
from freshtoken_tui.widgets.demo_bar import DemoBar


async def taken_over(player) -> None:
    player.app.demo.play(open_shelf().demo("two-minutes"))
    await player.until(lambda: player.app.demo.player is not None, "a demo plays")
    await player.press("enter")  # past the slide
    await player.until(lambda: player.app.main.captions[0].has_class("-shown"), "its bar")
    await player.press("f1")
    await player.until(lambda: player.app.demo.player.state == "taken over", "it was taken over")
    if len(player.app.screen_stack) > 1:
        await player.press("escape")


async def test_another_demo_does_not_take_the_org_away(
    org_file: Path, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await taken_over(player)
        before = player.app.demo.player
        player.app.demo.play(open_shelf().demo("lockout"))
        await player.until(lambda: before.state != "taken over", "the first one goes on")
        assert player.app.demo.player is before
        assert player.app.org.file_trouble() == ""


async def test_it_goes_on_by_a_click_on_its_bar_and_is_left_by_the_palette(
    org_file: Path, play
) -> None:
    async with play(org_file) as player:
        await taken_over(player)
        await player.pilot.click(DemoBar, offset=(4, 1))
        await player.until(lambda: player.app.demo.player.state != "taken over", "it goes on")
        await player.press("f1")
        entry = next(e for e in player.app.palette() if e.name == "Leave the demo")
        entry.run()
        await player.until(lambda: player.app.demo.player is None, "it was left")
        await player.until(lambda: player.app.org.path == org_file, "the own org is back")

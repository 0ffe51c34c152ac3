"""The incident from Friday to Monday, by keyboard: the night passes, the culprit is found, all
three are fixed.
"""

from pathlib import Path

import pytest

from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY
from freshtoken_tui.dialogs.leader import LeaderKeys
from freshtoken_tui.story import night_step

from ..world import CHEAP, FRIDAY
from ..world import PASSWORD as OLD

NEW = "Friday-Evening-5"


@pytest.fixture
def night_file(tmp_path: Path) -> Path:
    """Friday evening: three integrations on one user."""
    path = tmp_path / "night.db"
    Org.create(path, seed="night", frozen_at=FRIDAY, hashing=CHEAP, preset="night")
    return path


async def change_the_password(player) -> None:
    await player.sees("1 of 6 · Friday evening.")
    await player.press("enter")
    await player.sees("Logged in as Nightly Sync")
    await player.press("ctrl+n")
    await player.sees("Your security token stops working as soon as the password is changed")
    await player.type(OLD)
    await player.press("tab")
    await player.type(NEW)
    await player.press("tab")
    await player.type(NEW)
    await player.sees("✓ both new passwords are the same")
    await player.press("enter")
    await player.sees("Your password was changed.")


async def command(player, letter: str) -> None:
    """A command by its letter: a text field that has the focus keeps ctrl+k and ctrl+b."""
    await player.press("ctrl+x")
    await player.until(lambda: isinstance(player.app.screen, LeaderKeys), "the letters")
    await player.press(letter)


async def go_to(player, moment: str) -> None:
    await command(player, "k")
    await player.sees("Next scheduled login")
    await player.press("g")
    await player.until(
        lambda: player.app.focused is not None and player.app.focused.id == "clock-to", "the field"
    )
    await player.pilot.press(
        *[{" ": "space", ":": "colon"}.get(char, char) for char in moment], "enter"
    )


async def give_the_new_credentials_to(player, lane: int, size: tuple[int, int]) -> None:
    """From its lane on the Timeline to the client, and what it holds."""
    await player.press("ctrl+l")
    await player.until(lambda: player.app.main.page.id == "page-timeline", "the Timeline")
    lanes = player.app.main.page.query_one("Lanes")
    await player.until(lambda: lanes.shown is not None and lanes.has_focus, "the lanes")
    lanes.lane = lane
    name = lanes.lane_shown.client
    await player.press("enter")
    await player.until(lambda: player.app.org.view.client.name == name, name)
    if not player.app.main.has_class("-client-open"):
        await player.press("f8")
    await player.until(
        lambda: player.app.focused is not None and player.app.focused.id == "client-new",
        "the button that knows the new password",
    )
    await player.press("enter")
    await player.until(lambda: player.app.org.view.client.password == NEW, "the new password")
    await player.press("f10")
    await player.until(
        lambda: player.app.org.view.client.holds == "live", f"{name} holds the new token"
    )
    await player.press("f9")
    await player.until(lambda: player.app.org.view.client.light == "connected", f"{name} is let in")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_friday_to_monday(night_file: Path, play, size: tuple[int, int]) -> None:
    async with play(night_file, size) as player:
        await change_the_password(player)
        await go_to(player, "mon 9:00")
        await player.until(
            lambda: player.app.org.view.clock.seen_org >= FRIDAY + 63 * DAY // 24, "it is Monday"
        )
        await player.press("escape", "ctrl+l")
        await player.until(lambda: player.app.main.page.id == "page-timeline", "the Timeline")
        await player.until(
            lambda: player.app.main.page.query_one("Lanes").has_focus, "the lanes have the focus"
        )
        await player.press("up")
        await player.sees("Legacy export: ")
        await player.sees("refused while locked")
        await player.press("ctrl+e")
        await player.sees("Locked out by the attempts of: Legacy export.")
        await player.sees("Legacy export failed first: password wrong")
        with Org(night_file, CHEAP) as org:
            told = org.incidents.of("integration")
            assert (told.culprit, told.over) == ("Legacy export", False)
            assert org.users.get("integration").state == "locked"
        await player.press("f4")
        await player.until(
            lambda: player.app.focused is not None and player.app.focused.id == "users", "Setup"
        )
        await player.push("Unlock")
        await player.until(
            lambda: player.app.org.view.client_user.locked_at is None, "the user is unlocked"
        )
        with Org(night_file, CHEAP) as org:
            org.integrations.change("Legacy export", retry="breaker")
        for lane in (2, 0, 1):
            await give_the_new_credentials_to(player, lane, size)
        fixed_at = player.app.org.view.info.last_event
        await go_to(player, "7d")
        await player.until(
            lambda: player.app.org.view.clock.seen_org >= FRIDAY + 10 * DAY - 9 * DAY // 24,
            "a week later",
        )
        await player.press("escape")
        await player.sees("Legacy export failed first: password wrong")
        await player.sees("What would have prevented it: ")
        await player.push("Close")
        assert night_step(player.app.org.view) == 0
        with Org(night_file, CHEAP) as org:
            week = org.history.events(fixed_at, limit=100_000)
            kinds = {event.kind for event in week}
            assert "login_refused" not in kinds and "locked_out" not in kinds
            assert {"login_accepted", "run_worked"} <= kinds
            assert org.incidents.of("integration").over


async def test_one_step_back_takes_the_night_back(
    night_file: Path, play, toasts: list[str]
) -> None:
    async with play(night_file) as player:
        await change_the_password(player)
        before = player.app.org.view.info
        await go_to(player, "mon 9:00")
        await player.until(
            lambda: player.app.org.view.client_user.locked_at is not None, "the user is locked"
        )
        await player.press("escape")
        await command(player, "b")
        await player.until(
            lambda: player.app.org.view.clock.seen_org == FRIDAY, "it is Friday again"
        )
        assert player.app.org.view.info.generation != before.generation
        assert player.app.org.view.info.last_event == before.last_event
        await player.until(
            lambda: any("Taken back: org clock: forward 2 days 15 hours" in t for t in toasts),
            "a toast says what was taken back",
        )
        await command(player, "b")
        await player.until(
            lambda: player.app.org.view.client.holds == "live", "the old token lives again"
        )


async def test_what_another_process_did_meanwhile_is_not_taken_back(
    night_file: Path, play, toasts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with play(night_file) as player:
        await player.sees("CONNECTED")
        with Org(night_file, CHEAP) as org, monkeypatch.context() as patched:
            patched.setattr("freshtoken_model.store.use_case.PROCESS", "somebody else")
            org.users.freeze("sam")
        await player.until(
            lambda: any(user.frozen for user in player.app.org.view.users),
            "the other's change is seen",
        )
        await command(player, "b")
        await player.until(
            lambda: any("Another process has changed the org" in said for said in toasts),
            "a refusal",
        )
        assert any(user.frozen for user in player.app.org.view.users)


async def test_the_clock_refuses_the_past_and_what_is_no_moment_and_keeps_what_was_typed(
    night_file: Path, play
) -> None:
    async with play(night_file) as player:
        await go_to(player, "2020-01-01")
        await player.sees("Org time goes forward only.")
        field = player.app.screen.query_one("#clock-to")
        field.value = "someday"
        await player.press("enter")
        await player.sees("'someday' is not a moment")
        assert field.value == "someday" and player.app.org.view.clock.seen_org == FRIDAY


@pytest.mark.parametrize(
    ("key", "moment"),
    [("1", "17:31"), ("2", "17:45"), ("3", "18:30"), ("r", "17:40")],
)
async def test_the_clock_moves_by_single_keys(
    night_file: Path, play, key: str, moment: str
) -> None:
    async with play(night_file) as player:
        await player.press("ctrl+k")
        await player.pilot.pause()
        assert len(player.app.screen_stack) == 1, "it cuts the line in the password"
        await player.press("tab", "tab", "ctrl+k")
        await player.sees("Legacy export runs")
        await player.press(key)
        await player.sees(f"Fri 27 Nov 2026 {moment}:00")


async def test_a_long_way_shows_where_it_is_and_stops_at_a_whole_moment(
    night_file: Path, play, monkeypatch
) -> None:
    monkeypatch.setattr("freshtoken_tui.parts.clock.SPINNER_DELAY", 0.0)
    async with play(night_file) as player:
        await player.sees("CONNECTED")
        await go_to(player, "9000d")
        await player.sees("Time passes:")
        await player.press("escape")
        await player.until(lambda: player.app.clock._move is None, "it has stopped")
        await player.until(
            lambda: player.app.org.view.info.last_event == _last(night_file),
            "the picture is the newest",
        )
        now = player.app.org.view.clock.seen_org
        assert FRIDAY < now < FRIDAY + 9000 * DAY
        with Org(night_file, CHEAP) as org:
            due = org.clock.next_due()
            assert due is not None and due > now
            assert org.rewind.steps(1)[0].words.startswith("org clock: forward")


def _last(path: Path) -> int:
    with Org(path, CHEAP) as org:
        return org.info().last_event

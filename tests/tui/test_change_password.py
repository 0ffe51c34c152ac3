"""Change My Password: the live checklist, and what happens when something is wrong."""

from pathlib import Path

from textual.widgets import Button, Input

from freshtoken_model.org import Org

from ..world import FRESH, INTEGRATION, PASSWORD

LENGTH = "8 characters or more"
KINDS = "Must include alpha and numeric characters"
NAMES = "does not contain your username, is not your first or last name"
HISTORY = "not one of your last 3 passwords"
SAME = "both new passwords are the same"


async def open_form(player, username=INTEGRATION):
    """Logged in as a user, on the page."""
    player.app.org.switch_to(username)
    await player.until(lambda: player.app.org.view.viewer is not None, "logged in")
    await player.until(lambda: player.app.main.page.picture.viewer is not None, "the page knows")
    await player.until(
        lambda: not any(w.is_running for w in player.app.workers), "all work is done"
    )
    player.app.action_page("change_password")
    await player.sees("Your security token stops working as soon as the password is changed")


def field(player, name) -> Input:
    return player.app.main.page.query_one(f"#{name}", Input)


def fill(player, current, new, verify):
    for name, value in (("current", current), ("new", new), ("verify", verify)):
        field(player, name).value = value


def values(player):
    return [field(player, name).value for name in ("current", "new", "verify")]


def changes(org: Org) -> int:
    return [event.kind for event in org.history.events()].count("password_changed")


async def test_every_rule_of_the_checklist_is_judged_while_typing(org_file: Path, play) -> None:
    cases = [
        ("", "··"),
        ("ab1", "✗✓✓"),
        ("abcdefgh", "✓✗✓"),
        ("12345678", "✓✗✓"),
        ("nightly", "✗✗✗"),
        (f"x1{INTEGRATION.upper()}", "✓✓✗"),
        ("abcdefg1", "✓✓✓"),
    ]
    async with play(org_file) as player:
        await open_form(player)
        for typed, marks in cases:
            field(player, "new").value = typed
            for mark, words in zip(marks, (LENGTH, KINDS, NAMES), strict=False):
                await player.sees(f"{mark} {words}")
        await player.sees(f"· {SAME}")
        field(player, "verify").value = "abcdefg2"
        await player.sees(f"✗ {SAME}")
        field(player, "verify").value = "abcdefg1"
        await player.sees(f"✓ {SAME}")


async def test_the_checklist_follows_the_policies_even_when_they_change_meanwhile(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_form(player)
        field(player, "new").value = "abcdefg1"
        await player.sees(f"✓ {LENGTH}")
        org.setup.choose("minimum_length", "12")
        await player.sees("✗ 12 characters or more")
        org.setup.choose("complexity", "upper_lower_numeric_special")
        await player.sees(
            "✗ Must include numbers, uppercase and lowercase letters, and special characters"
        )
        org.setup.choose("password_history", "1")
        await player.sees("· not your current password")
        field(player, "new").value = "Abcdefghijk1!"
        await player.sees(
            "✓ Must include numbers, uppercase and lowercase letters, and special characters"
        )
        assert field(player, "new").value == "Abcdefghijk1!"


async def test_the_history_rule_is_checked_when_the_field_is_left(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await open_form(player)
        field(player, "new").focus()
        await player.pilot.pause()
        field(player, "new").value = PASSWORD
        await player.sees(f"· {HISTORY}")
        await player.press("tab")
        await player.sees(f"✗ {HISTORY}")
        field(player, "new").value = FRESH
        await player.sees(f"· {HISTORY}")
        field(player, "new").focus()
        await player.pilot.pause()
        await player.press("tab")
        await player.sees(f"✓ {HISTORY}")


async def test_a_refused_change_says_why_keeps_what_was_typed_and_changes_nothing(
    org_file: Path, org: Org, play
) -> None:
    cases = [
        ((PASSWORD, FRESH, "Fresh-Start-89"), "The two new passwords are not the same."),
        (("Wrong-One-1", FRESH, FRESH), "The current password is not right."),
        (
            (PASSWORD, "short", "short"),
            "The new password was refused: 8 characters or more; Must include alpha and",
        ),
        (
            (PASSWORD, PASSWORD, PASSWORD),
            "The new password was refused: not one of your last 3 passwords.",
        ),
        (("", FRESH, FRESH), "Fill in the current and the new password."),
    ]
    async with play(org_file) as player:
        await open_form(player)
        for typed, said in cases:
            fill(player, *typed)
            await player.push("Change password")
            await player.sees(said)
            assert tuple(values(player)) == typed
            assert changes(org) == 0
            assert org.clients.all()[0].holds == "live"
        fill(player, PASSWORD, FRESH, FRESH)
        await player.push("Change password")
        await player.sees("Your password was changed.")
        assert values(player) == ["", "", ""]
        assert changes(org) == 1


async def test_a_double_enter_changes_the_password_once_and_leaves_the_good_news_on_the_screen(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_form(player)
        fill(player, PASSWORD, FRESH, FRESH)
        field(player, "verify").focus()
        await player.pilot.pause()
        await player.press("enter", "enter")
        await player.until(lambda: changes(org) > 0, "the change")
        await player.until(
            lambda: not any(w.is_running for w in player.app.workers), "all work is done"
        )
        assert changes(org) == 1
        await player.sees("Your password was changed.")


async def test_enter_in_an_empty_field_takes_what_it_offers(org_file: Path, org: Org, play) -> None:
    async with play(org_file) as player:
        await open_form(player)
        await player.press("enter")
        assert values(player) == [PASSWORD, "", ""]
        await player.until(lambda: player.app.focused.id == "new", "the next field")
        await player.press("enter")
        _, new, verify = values(player)
        assert new == verify != ""
        await player.until(lambda: player.app.focused.id == "change", "the button")
        await player.press("enter")
        await player.sees("Your password was changed.")
        await player.sees(f"Your new password is {new}.")
        assert changes(org) == 1


async def test_two_presses_in_one_breath_change_the_password_once(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_form(player)
        fill(player, PASSWORD, FRESH, FRESH)
        button = player.app.main.page.query_one("#change", Button)
        button.press()
        button.press()
        await player.sees("Your password was changed.")
        await player.until(
            lambda: not any(w.is_running for w in player.app.workers), "all work is done"
        )
        assert changes(org) == 1
        assert len(org.mail.all()) == 1


async def test_with_nobody_logged_in_there_is_no_form_to_fill(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await player.press("ctrl+n")
        await player.sees("Log in first")
        assert not any("Current password" in words for words in player.words())


async def test_cancel_leads_back_without_a_change(org_file: Path, org: Org, play) -> None:
    async with play(org_file) as player:
        await open_form(player)
        fill(player, PASSWORD, FRESH, FRESH)
        await player.push("Cancel")
        await player.sees("Logged in as Nightly Sync")
        assert changes(org) == 0


async def test_a_session_that_ended_meanwhile_refuses_the_change(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_form(player)
        fill(player, PASSWORD, FRESH, FRESH)
        org.sessions.end(player.app.org.viewer.session_id)
        player.app.main.page.query_one("#change", Button).press()
        await player.until(
            lambda: player.app.org.viewer is None, "the end of the session is noticed"
        )
        await player.sees("Log in first")
        assert changes(org) == 0

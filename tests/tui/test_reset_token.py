"""Reset My Security Token: asks once, mails, never shows; and says why when it is not offered."""

from pathlib import Path

from textual.widgets import Select

from freshtoken_model.org import Org

from ..world import INTEGRATION, NORA

QUESTION = "in every client that holds it. Reset it?"


async def open_page(player, username):
    """Logged in, on the page."""
    if username:
        player.app.org.switch_to(username)
        await player.until(lambda: player.app.org.view.viewer is not None, "logged in")
        await player.sees("Logged in as")
        await player.until(
            lambda: not any(w.is_running for w in player.app.workers), "all work is done"
        )
    await player.press("ctrl+y")


async def test_behind_login_ip_ranges_the_reset_is_not_offered_and_the_page_says_why(
    org_file: Path, org: Org, play
) -> None:
    profile = "(select id from profile where name like 'Data Loads%')"
    org.database.tables.execute(
        f"update user set profile_id = {profile} where username = ?", [NORA]
    )
    async with play(org_file) as player:
        form = player.app.main.page
        form.query_one("#login-username").value = NORA
        await player.pilot.pause()
        form.query_one("#login-password").value = "Marble-Garden-3"
        form.query_one("#login-network", Select).value = "cloud"
        await player.push("Log In")
        await player.sees("Logged in as Nora Lindqvist")
        await open_page(player, None)
        await player.sees("This option is not offered to you.")
        await player.sees("The profile Data Loads (login IP ranges) has login IP ranges")
        await player.sees("(official:")
        assert not any("Reset Security Token" in words for words in player.words())
        await player.press("enter")
        await player.pilot.pause()
        assert len(player.app.screen_stack) == 1
        assert org.mail.all() == []


async def test_it_asks_once_and_escape_or_cancel_change_nothing(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_page(player, INTEGRATION)
        await player.sees("you cannot use your old token")
        await player.press("enter")
        await player.sees(QUESTION)
        await player.press("escape")
        await player.until(lambda: len(player.app.screen_stack) == 1, "the question is gone")
        await player.push("Reset Security Token")
        await player.sees(QUESTION)
        await player.push("Cancel")
        await player.until(lambda: len(player.app.screen_stack) == 1, "the question is gone")
        assert org.clients.all()[0].holds == "live"
        assert org.mail.all() == []
        assert "token_reset" not in [event.kind for event in org.history.events()]


async def test_the_new_token_is_mailed_and_never_on_the_screen(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_page(player, INTEGRATION)
        await player.sees("The new token is mailed to it-operations@acme.example.")
        await player.push("Reset Security Token")
        await player.sees(QUESTION)
        await player.push("Reset Security Token")
        await player.sees("✓ Your security token was reset.")
        await player.sees("The security token, issued on 24 Sep at 10:12, was replaced.")
        await player.sees("A new security token was mailed to f3 it-operations@acme.example.")
        await player.sees("token: retired ✗")
        token = org.mail.newest_token(INTEGRATION)
        assert token
        for key in ("ctrl+t", "ctrl+t", "ctrl+t", "ctrl+t", "f2"):
            assert token not in player.screen()
            await player.press(key)
        assert token not in player.screen()


async def test_with_nobody_logged_in_the_app_asks_to_log_in(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await open_page(player, None)
        await player.sees("Log in first")
        assert not any("Reset Security Token" in words for words in player.words())


async def test_the_page_names_the_need_for_mfa(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await open_page(player, INTEGRATION)
        await player.sees(
            "The human who logs in as an integration user to press this button is not"
        )


async def test_a_user_who_never_had_a_token_gets_the_first_one(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_page(player, NORA)
        await player.push("Reset Security Token")
        await player.sees(QUESTION)
        await player.press("enter")
        await player.sees("A new security token was mailed to f3 nora.lindqvist@acme.example.")
        assert not any("was replaced" in words for words in player.words())
        assert org.users.get("nora").token_state == "live"

"""The Login screen: what the real page says, what our note adds, and every way in and out."""

from pathlib import Path

from textual.widgets import Button, Input, Select

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY
from freshtoken_model.values.visible import visible

from ..world import ADA, FRESH, INTEGRATION, LEE, LOADER, NORA, PASSWORD, open_sessions

VAGUE = (
    "Please check your username and password. If you still can't log in, contact your "
    "Salesforce administrator."
)


async def go(player, name):
    player.app.action_page(name)
    await player.until(
        lambda: player.app.main.page.id == f"page-{name}" and len(player.app.screen_stack) == 1,
        name,
    )


async def try_to_log_in(player, username, sent, network="office"):
    """Fill the form and press Log In."""
    page = player.app.main.page
    page.query_one("#login-username", Input).value = username
    await player.pilot.pause()
    page.query_one("#login-password", Input).value = sent
    page.query_one("#login-network", Select).value = network
    await player.push("Log In")


async def logged_in(player, username):
    await player.until(
        lambda: player.app.org.view.viewer and player.app.org.view.viewer.username == username,
        username,
    )


def fail(org: Org, username: str, times: int) -> None:
    """Somebody else tries wrong passwords."""
    for _ in range(times):
        org.login(
            Attempt(username, "wrong-1", Door.UI, "192.0.2.44", application=visible("Browser"))
        )


async def test_a_refusal_reads_the_same_whatever_its_cause_and_only_our_note_tells_them_apart(
    org_file: Path, org: Org, play
) -> None:
    org.setup.choose("max_attempts", "3")
    fail(org, NORA, 3)
    org.users.freeze("sam")
    cases = [
        (ADA, "wrong-1", "password wrong"),
        (NORA, "Marble-Garden-3", "locked out until 14:15"),
        (LEE, "Silver-Meadow-5", "deactivated by an admin"),
        ("sam@acme.example", "Velvet-Train-9", "frozen by an admin"),
        ("nobody@acme.example", "wrong-1", "no such user in this org"),
        (LOADER, "Granite-Bridge-8", "198.51.100.20 is outside the profile's ranges"),
    ]
    async with play(org_file) as player:
        for username, sent, note in cases:
            await try_to_log_in(player, username, sent)
            await player.sees(note)
            await player.sees(VAGUE)
            assert player.app.org.viewer is None
        assert next(row.status for row in org.history.logins("ada")) == "Invalid Password"


async def test_an_api_only_user_is_refused_in_words_of_its_own(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await try_to_log_in(player, LOADER, "Granite-Bridge-8", "cloud")
        await player.sees("Access Restricted for API Only Users")
        await player.sees("no user interface")
        assert not any(VAGUE in words for words in player.words())


async def test_a_right_login_after_a_refusal_leaves_no_old_words_on_the_form(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await try_to_log_in(player, ADA, "wrong-1")
        await player.sees(VAGUE)
        await try_to_log_in(player, ADA, "Copper-Kettle-4")
        await logged_in(player, ADA)
        await player.sees("Logged in as Ada Moreno")
        await player.push("Log Out")
        await player.sees("Log In")
        assert player.app.org.viewer is None
        await player.until(lambda: open_sessions(org, ADA) == [], "the session is ended")
        assert not any(VAGUE in words for words in player.words())


async def test_forgot_your_password_mails_a_link_and_using_it_ends_the_token(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await player.push("Forgot your password?")
        await player.sees(f"If {INTEGRATION} is a user of this org, a link is in the Inbox (f3).")
        assert org.clients.all()[0].holds == "live", "asking for a link kills nothing"
        await player.press("f3")
        await player.sees("Finish resetting")
        await player.press("enter")
        await player.push("Set new password")
        await player.sees(f"A new password for {INTEGRATION}")
        player.app.screen.query_one("#link-new", Input).value = FRESH
        player.app.screen.query_one("#link-verify", Input).value = "something-else-1"
        await player.push("Set new password")
        await player.sees("The two passwords are not the same.")
        player.app.screen.query_one("#link-verify", Input).value = FRESH
        await player.push("Set new password")
        await player.until(lambda: len(player.app.screen_stack) == 1, "the dialog closed")
        await player.sees("token: retired ✗")
        assert org.clients.all()[0].holds == "retired"
        assert f"The password of {INTEGRATION} was set. A new security token was mailed." in toasts
        await player.sees("security token")


async def test_a_link_works_once(org_file: Path, org: Org, play) -> None:
    org.passwords.forgot(INTEGRATION)
    link = org.mail.all()[0].link or ""
    org.passwords.use_link(link, FRESH)
    org.mail.delete(org.mail.all()[0].id)
    async with play(org_file) as player:
        await player.press("f3")
        await player.sees("Finish resetting")
        await player.press("enter")
        await player.push("Set new password")
        await player.sees(f"A new password for {INTEGRATION}")
        for name in ("link-new", "link-verify"):
            player.app.screen.query_one(f"#{name}", Input).value = "Another-One-99"
        await player.push("Set new password")
        await player.sees("This link has been used, has expired, or was replaced by a newer one.")
        await player.press("escape")
        await player.until(lambda: len(player.app.screen_stack) == 1, "Escape closes the dialog")


async def test_an_expired_password_leads_straight_to_change_my_password_and_nothing_else_works(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    org.clock.advance(40 * DAY)
    token = org.clients.all()[0].token
    async with play(org_file) as player:
        await try_to_log_in(player, INTEGRATION, PASSWORD)
        await player.until(
            lambda: player.app.main.page.id == "page-change_password", "Change My Password"
        )
        assert "The password has expired: it must be changed first." in toasts
        await go(player, "reset_token")
        await player.push("Reset Security Token")
        await player.sees("in every client that holds it. Reset it?")
        await player.push("Reset Security Token")
        await player.sees(f"The password of {INTEGRATION} has expired; it must be changed first.")
        assert org.clients.all()[0].token == token
        assert org.clients.all()[0].holds == "live"
        assert org.mail.all() == []
        await go(player, "change_password")
        for name, value in (("current", PASSWORD), ("new", FRESH), ("verify", FRESH)):
            player.app.main.page.query_one(f"#{name}", Input).value = value
        await player.push("Change password")
        await player.sees("Your password was changed.")
        await player.sees("3 of 9 · Let the client log in again: f9.")
        await go(player, "reset_token")
        await player.push("Reset Security Token")
        await player.sees("in every client that holds it. Reset it?")
        await player.push("Reset Security Token")
        await player.sees("✓ Your security token was reset.")
        await player.sees("A new security token was mailed to f3 it-operations@acme.example.")


async def test_the_palette_switches_to_another_user_and_asks_where_the_demo_password_was_changed(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    session = org.login(Attempt(NORA, "Marble-Garden-3", Door.UI, "192.0.2.44")).session_id
    org.passwords.change("nora", "Marble-Garden-3", FRESH, session)
    async with play(org_file) as player:
        player.app.org.switch_to(ADA)
        await logged_in(player, ADA)
        await player.sees("Logged in as Ada Moreno")
        player.app.org.switch_to(LEE)
        await player.until(lambda: player.app.org.viewer is None, "the former user is out")
        await player.until(
            lambda: any("deactivated by an admin" in said for said in toasts), "the note as a toast"
        )
        player.app.org.switch_to(NORA)
        await player.sees("The demo password was changed.")
        assert player.app.main.page.query_one("#login-username", Input).value == NORA
        player.app.main.page.query_one("#login-password", Input).value = FRESH
        await player.push("Log In")
        await logged_in(player, NORA)


async def test_three_hours_without_a_move_log_the_viewer_out_with_a_toast(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        player.app.org.switch_to(ADA)
        await logged_in(player, ADA)
        org.clock.advance(60 * 60_000)
        await player.sees("15:00")
        assert player.app.org.viewer is not None, "one hour is within the timeout of two"
        await player.app.clock.move(lambda org: org.clock.read().seen_org + 120 * 60_000)
        await player.until(lambda: player.app.org.viewer is None, "logged out")
        await player.sees("not logged in")
        assert "Your session has ended." in toasts
        await go(player, "home")
        await player.sees("Forgot your password?")


async def test_a_password_typed_on_the_form_is_not_lost_when_another_process_changes_the_org(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        password = player.app.main.page.query_one("#login-password", Input)
        password.value = "half-typed-1"
        for widget in (password, player.app.main.page.query_one("#login", Button)):
            widget.focus()
            await player.pilot.pause()
            org.clock.advance(60_000)
            moment = org.clock.read().seen_org
            await player.until(
                lambda m=moment: player.app.org.view.clock.seen_org == m, "the change is seen"
            )
            await player.pilot.pause()
            assert password.value == "half-typed-1", f"with the focus on {widget.id}"

"""What another process does to the org is on the screen at once."""

from pathlib import Path

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org

from ..world import FRESH, INTEGRATION, PASSWORD


async def test_what_others_do_is_seen_without_a_key(org_file: Path, org: Org, play) -> None:
    async with play(org_file) as player:
        await player.sees("token: live ✓")
        session = org.login(Attempt(INTEGRATION, PASSWORD, Door.UI, "198.51.100.20")).session_id
        org.passwords.change("integration", PASSWORD, FRESH, session)
        await player.sees("token: retired ✗")
        await player.sees("◆ password")
        org.clock.advance(15 * 60_000)
        await player.sees("❚❚ Tue 24 Nov 2026 14:15")
        org.setup.choose("max_attempts", "3")
        for number in range(3):
            org.login(Attempt(INTEGRATION, f"wrong-{number}", Door.SOAP, "203.0.113.7", "64.0"))
        await player.sees("15:00 left, until 14:30")
        org.users.unlock("integration")
        await player.until(
            lambda: not any("left, until 14:30" in words for words in player.words()),
            "the lockout ended",
        )
        org.setup.add_trusted_range("203.0.113.0", "203.0.113.255", "Cloud")
        await player.sees("Cloud · trusted 203.0.113.7")
        org.users.freeze("integration")
        await player.press("f4")
        await player.sees("frozen")


async def test_a_client_that_logs_in_elsewhere_moves_the_light_here(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        org.clients.told(1, "blocked", "INVALID_LOGIN: Somebody else was told this.")
        await player.sees("BLOCKED")
        await player.sees("INVALID_LOGIN: Somebody else was told this.")


async def test_an_org_reset_by_another_process_logs_the_viewer_out_and_forgets_the_exchanges(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        player.app.org.switch_to(INTEGRATION)
        await player.sees("Logged in as Nightly Sync")
        await player.app.run_action("command('client_login')")
        await player.sees("<sessionId>")
        assert len(player.app.org.api_client.exchanges) == 1
        org.tokens.reset("integration")
        await player.sees("Inbox 1")
        org.reset()
        await player.sees("not logged in")
        await player.sees("token: live ✓")
        assert player.app.org.viewer is None
        await player.says(toasts, "Your session has ended.")
        assert len(player.app.org.api_client.exchanges) == 0
        await player.until(lambda: "Inbox 1" not in player.screen(), "the mail is gone")
        await player.until(
            lambda: "<sessionId>" not in player.screen(), "the wire of the former org is gone"
        )
        await player.press("f2")
        await player.sees("Demo password: Harbour-Light-7")
        await player.app.run_action("command('client_login')")
        await player.sees("<sessionId>")


async def test_a_reset_while_the_inbox_is_open_leaves_no_mail_of_the_former_org(
    org_file: Path, org: Org, play
) -> None:
    org.tokens.reset("integration")
    async with play(org_file) as player:
        await player.press("f3")
        await player.sees("Security token (case-sensitive):")
        org.reset()
        await player.sees("No mail yet.")
        assert not any("Security token (case-sensitive):" in words for words in player.words())


async def test_a_session_ended_by_an_admins_reset_in_another_process_is_noticed(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    org.setup.choose("terminate_on_admin_reset", "on")
    async with play(org_file) as player:
        player.app.org.switch_to(INTEGRATION)
        await player.sees("Logged in as Nightly Sync")
        org.passwords.reset("integration")
        await player.sees("not logged in")
        await player.says(toasts, "Your session has ended.")

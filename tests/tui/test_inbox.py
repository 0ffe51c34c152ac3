"""The Inbox: what is unread, what can be done with a mail, and when a token is called dead."""

from pathlib import Path

from textual.widgets import Button, DataTable

from freshtoken_model.org import Org

from ..world import INTEGRATION

DEAD = "You tried this token: it is dead."


def mails(player) -> DataTable:
    return player.app.main.page.query_one("#mails", DataTable)


def marks(player) -> int:
    """The mails that have the mark of an unread one."""
    region = mails(player).region
    lines = player.screen().split("\n")[region.y : region.bottom]
    return sum("●" in line[region.x : region.right] for line in lines)


async def open_newest(player):
    """Open the Inbox, and the mail on top; then the focus is on what can be done with it."""
    await player.press("f3")
    await player.until(
        lambda: player.app.main.page.id == "page-inbox" and mails(player).cursor_row == 0, "a mail"
    )
    await player.press("enter")
    await player.until(lambda: isinstance(player.app.focused, Button), "it is open")


async def open_next(player):
    """Open the mail below the one the cursor is on."""
    mails(player).focus()
    await player.pilot.pause()
    await player.press("down", "enter")


async def test_an_empty_inbox_says_what_brings_mail(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await player.press("f3")
        await player.sees("No mail yet. A new security token arrives here, and nowhere else.")
        await player.press("enter")
        await player.sees("No mail yet.")


async def test_an_unread_mail_has_a_mark_until_it_is_opened(org_file: Path, org: Org, play) -> None:
    org.tokens.reset("integration")
    org.passwords.forgot("sam@acme.example")
    async with play(org_file) as player:
        await player.sees("Inbox 2")
        await player.press("f3")
        await player.until(lambda: marks(player) == 2, "two marks")
        await player.press("enter")
        await player.sees("to sam.okafor@acme.example")
        await player.sees("You asked to reset your password.")
        await player.until(lambda: marks(player) == 1, "one mark")
        await player.sees("Inbox 1")
        assert [mail.read_at is None for mail in org.mail.all()] == [False, True]


async def test_the_token_of_a_mail_is_copied_whole(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    org.tokens.reset("integration")
    async with play(org_file) as player:
        await open_newest(player)
        await player.sees("Your new Salesforce security token to it-operations@acme.example")
        await player.push("Copy token")
        await player.says(toasts, "The token: copied.")
        assert player.app.clipboard == org.mail.newest_token(INTEGRATION)


async def test_a_link_mail_has_no_token_to_copy_and_a_token_mail_no_link_to_use(
    org_file: Path, org: Org, play
) -> None:
    org.tokens.reset("integration")
    org.passwords.forgot("sam@acme.example")
    async with play(org_file) as player:
        await open_newest(player)
        await player.sees("Set new password")
        assert not any("Copy token" in words for words in player.words())
        await open_next(player)
        await player.sees("Copy token")
        assert not [
            b
            for b in player.app.main.page.query(Button)
            if "Set new" in str(b.label) and b.region.area
        ]


async def test_a_mail_is_deleted_only_after_a_yes(org_file: Path, org: Org, play) -> None:
    org.tokens.reset("integration")
    async with play(org_file) as player:
        await open_newest(player)
        await player.push("Delete")
        await player.sees("A token in it is gone for good.")
        await player.press("escape")
        await player.until(lambda: len(player.app.screen_stack) == 1, "the question is gone")
        assert len(org.mail.all()) == 1
        await player.push("Delete")
        await player.sees("A token in it is gone for good.")
        await player.push("Delete")
        await player.sees("No mail yet.")
        assert org.mail.all() == []


async def test_a_token_is_marked_dead_only_after_it_was_tried(
    org_file: Path, org: Org, play
) -> None:
    org.tokens.reset("integration")
    older = org.mail.newest_token(INTEGRATION)
    org.tokens.reset("integration")
    async with play(org_file) as player:
        await open_newest(player)
        await player.sees("Security token (case-sensitive):")
        await open_next(player)
        await player.sees(str(older))
        assert not any(DEAD in words for words in player.words()), (
            "a real mail does not change either"
        )
        org.clients.hold(1, token=str(older))
        await player.until(
            lambda: player.app.org.view.client.token == older, "the client holds the older one"
        )
        await player.app.run_action("command('client_login')")
        await player.until(
            lambda: (
                not player.app.org.view.attempts[0].accepted and not player.app.client.pane.busy
            ),
            "a refusal",
        )
        await player.sees(DEAD)
        mails(player).focus()
        await player.pilot.pause()
        await player.press("up", "enter")
        await player.until(lambda: str(older) not in player.screen(), "the newer mail is open")
        assert not any(DEAD in words for words in player.words())


async def test_mail_that_comes_while_the_inbox_is_open_appears_and_the_open_one_stays(
    org_file: Path, org: Org, play
) -> None:
    org.tokens.reset("integration")
    first = str(org.mail.newest_token(INTEGRATION))
    async with play(org_file) as player:
        await open_newest(player)
        await player.sees(first)
        org.passwords.forgot("sam@acme.example")
        await player.sees("Finish resetting your password")
        await player.sees("Inbox 1")
        await player.sees(first)
        await player.push("Copy token")
        await player.until(lambda: player.app.clipboard == first, "the token of the open mail")


async def test_keys_in_an_inbox_without_mail_move_nothing(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await player.press("f3")
        await player.sees("No mail yet")
        await player.press("up", "down", "end", "home", "pageup", "pagedown", "enter")
        await player.sees("No mail yet")
        await player.focuses("mails")

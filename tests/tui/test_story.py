"""The story of freshtoken, steps 1 to 9, through keys only: on the screen and in the org file."""

from pathlib import Path

import pytest

from freshtoken_model.org import Org
from freshtoken_tui.client_pane.gate_trace import GateTrace

from ..world import FRESH as NEW
from ..world import INTEGRATION
from ..world import PASSWORD as OLD

WIDE, SMALL = (120, 40), (80, 24)
REFUSED = "INVALID_LOGIN: Invalid username, password, security token; or user locked out."


async def open_client(player, size):
    """Go to the client pane; at 80x24 it takes the page's place."""
    await player.press("f8")
    inside = ("client-login", "client-password", "client-new")
    await player.until(
        lambda: player.app.focused is not None and player.app.focused.id in inside,
        "focus in the client",
    )


async def change_the_password(player):
    """Steps 1 and 2."""
    await player.sees("CONNECTED")
    await player.press("enter")
    await player.sees("Logged in as Nightly Sync")
    await player.press("enter")
    await player.sees("Your security token stops working as soon as the password is changed")
    await player.type(OLD)
    await player.press("tab")
    await player.type(NEW)
    await player.sees("✓ Must include alpha and numeric characters")
    await player.press("tab")
    await player.sees("✓ not one of your last 3 passwords")
    await player.type(NEW)
    await player.sees("✓ both new passwords are the same")
    await player.press("enter")
    await player.sees("Your password was changed.")
    await player.sees("The security token, issued on 24 Sep at 10:12, died with the old password.")
    await player.press("enter")  # one Enter too many: nothing happens


async def put_the_new_password_in(player, size):
    """Step 4: new password, old token. In the wide window it is typed; in the small one the client
    is open already, and the button that knows the password puts it in.
    """
    if size == WIDE:
        await open_client(player, size)
    await player.focuses("client-new")
    await player.sees("4 of 9 · Put the new password in the client: Enter on New password.")
    if size == SMALL:
        await player.press("enter")
        await player.until(
            lambda: player.app.org.view.client.password == NEW, "the client holds the new password"
        )
        await player.sees("4 of 9 · The client holds the new password: f9.")
        await player.focuses("client-login")
        return
    while player.app.focused.id != "client-password":
        await player.press("shift+tab")
    await player.type(NEW)


async def refused(player, times):
    """Wait until the org file knows of so many refusals, and the light shows it."""
    await player.until(
        lambda: (
            sum(not attempt.accepted for attempt in player.app.org.view.attempts) == times
            and player.app.client.pane.busy is False
        ),
        f"{times} refusals",
    )
    await player.sees("BLOCKED")


@pytest.mark.parametrize(
    ("way", "size"),
    [("mailed", SMALL), ("reset", WIDE)],
)
async def test_the_story_can_be_played_to_its_end(org_file: Path, play, size, way) -> None:
    async with play(org_file, size) as player:
        await change_the_password(player)
        with Org(org_file) as org:
            assert (
                org.users.get("integration").token_state == "retired"
                or org.users.get("integration").token_retired_at is None
            )
            assert org.mail.newest_token(INTEGRATION)
        await player.sees("token: retired")
        await player.press("ctrl+g")
        await player.until(
            lambda: player.app.org.api_client.exchanges and not player.app.client.pane.busy,
            "the query is answered",
        )
        await player.sees("5 records returned")

        await player.press("f9")  # step 3: the old password and the old token
        await refused(player, 1)
        await player.sees(REFUSED)
        # Why opens by itself; in the small window over the page.
        await player.sees("All that the client is told")
        await player.sees("✗ Password password wrong")
        await player.sees("token: retired ✗")
        await player.sees("□ 1 of 10")

        await put_the_new_password_in(player, size)  # step 4
        await player.press("enter")
        await refused(player, 2)
        await player.sees(REFUSED)
        await player.sees("■■□□□□□□□□ 2 of 10")

        # Step 5: the answer came first this time, and Why is asked for.
        await player.press("ctrl+t")
        await player.sees("password right, token retired 14:00 by the password change")
        await player.sees("token: retired ✗")

        if way == "reset":  # step 7
            await player.press("ctrl+y")
            await player.sees("The new token is mailed to it-operations@acme.example.")
            await player.press("enter")
            await player.sees("in every client that holds it. Reset it?")
            await player.press("enter")
            await player.sees("✓ Your security token was reset.")
            await player.sees("The security token, issued at 14:00, was replaced.")
            await player.sees("A new security token was mailed to f3 it-operations@acme.example.")
        await player.press("f3")  # step 8
        await player.sees("Your new Salesforce security token")
        await player.press("enter")
        await player.sees("Security token (case-sensitive):")
        await player.press("f10")
        await player.until(
            lambda: player.app.org.view.client.holds == "live", "the client holds the live token"
        )

        await player.press("f9")  # step 9
        await player.until(
            lambda: player.app.org.view.light == "connected" and not player.app.client.pane.busy,
            "connected",
        )
        await player.sees("CONNECTED")
        await player.press("ctrl+g")
        await player.sees("What you saw")  # the ending
        await player.sees("Nightly sync was refused, 2 times, in one sentence.")
        for door in ("A lab l", "A demo for your team d", "What to do in production p"):
            await player.sees(door)
        await player.press("escape")
        await player.sees("5 records returned")
        await player.press("f5")
        await player.sees("Invalid Password")
        with Org(org_file) as org:
            statuses = [row.status for row in org.history.logins("integration")]
            assert statuses == [
                "Success",
                "Invalid Password",
                "Invalid Password",
                "Success",
                "Success",
            ]
            assert org.clients.all()[0].holds == "live"
            assert org.users.get("integration").failed_attempts == 0


async def keep_trying(player, size):
    """Step 6: until the user is locked out."""
    await player.press("ctrl+t")
    for number in range(1, 11):
        await player.press("f9")
        await refused(player, number) if number < 10 else await player.until(
            lambda: player.app.org.view.light == "locked" and not player.app.client.pane.busy,
            "the lockout",
        )
    await player.sees("LOCKED OUT")
    await player.sees("INVALID_LOGIN")


@pytest.mark.parametrize(
    ("way", "size"),
    [("clock", WIDE), ("admin", SMALL), ("reset", SMALL)],
)
async def test_keep_trying_locks_the_user_out_and_there_are_three_ways_back(
    org_file: Path, play, size, way
) -> None:
    async with play(org_file, size) as player:
        await change_the_password(player)
        await keep_trying(player, size)
        with Org(org_file) as org:
            user = org.users.get("integration")
            assert (user.state, user.failed_attempts) == ("locked", 0)
        await player.press("f2")
        await player.sees("My Personal Information")
        if way == "clock":
            await player.press("ctrl+o")
            await player.until(
                lambda: player.app.org.view.client_user.state == "active",
                "the lockout ended by time",
            )
        elif way == "admin":
            await player.press("f4")
            await player.sees("locked")
            await player.until(lambda: player.app.focused.id == "users", "focus on the users")
            await player.press("u")
            await player.until(
                lambda: player.app.org.view.client_user.state == "active", "unlocked"
            )
        else:
            await player.press("f4")
            await player.sees("locked")
            await player.until(lambda: player.app.focused.id == "users", "focus on the users")
            await player.press("r")
            await player.sees("A lockout ends.")
            await player.press("y")
            await player.until(
                lambda: player.app.org.view.client_user.state == "active", "unlocked by the reset"
            )
        with Org(org_file) as org:
            kinds = [event.kind for event in org.history.events()]
            ended = {"clock": "lock_ended", "admin": "unlocked", "reset": "unlocked_by_reset"}[way]
            assert kinds.count("locked_out") == 1
            assert ended in kinds
            alive = org.users.get("integration").token_state == "live"
            assert alive is (way != "reset"), (
                "a reset kills the token, an unlock and the clock do not"
            )


async def test_without_a_token_the_words_differ(org_file: Path, play) -> None:
    async with play(org_file, (120, 40)) as player:
        await open_client(player, (120, 40))
        while player.app.focused.id != "client-token":
            await player.press("shift+tab")
        player.app.focused.action_select_all()
        await player.press("backspace", "enter")
        await refused(player, 1)
        await player.sees(
            "LOGIN_MUST_USE_SECURITY_TOKEN: Invalid username, password, security token; or user "
            "locked out."
        )
        # It is too long for the light: the whole of it stands on Why, below the gates.
        await player.sees("locked out. … (the whole text: Wire)")
        await player.until(
            lambda: player.app.client.pane.has_class("-why"), "Why opens at the first refusal"
        )
        player.app.client.pane.query_one(GateTrace).focus()
        await player.press("home")
        await player.sees("password right, token missing")
        await player.press("end")
        await player.sees("then select Reset My Security Token.")

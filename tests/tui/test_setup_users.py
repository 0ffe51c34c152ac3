"""Setup, Users: made, edited, logged out; permissions and the authenticator; all passwords
expired.
"""

from pathlib import Path
from threading import Event

import pytest
from textual.widgets import Button, Input, OptionList, Select

from freshtoken_model.accounts.profiles import Admin
from freshtoken_model.decision.words import event_words
from freshtoken_model.org import Org
from freshtoken_model.values.citations import marks_in_words
from freshtoken_model.values.errors import NotAllowedError
from freshtoken_tui.screens.setup.words import PERMITS

from ..world import INTEGRATION as USER
from .test_setup_screen import choose_user, client_logs_in, open_setup


def told(org: Org) -> list[str]:
    """Every event, as a sentence."""
    return [
        event_words(e.kind, e.username, e.client, e.detail)
        for e in org.history.events(0, limit=1_000)
    ]


def field(player, name) -> Input:
    return player.app.screen.query_one(f"#user-{name}", Input)


async def opened(player, title):
    """A dialog of Setup is on top."""
    await player.until(lambda: bool(player.app.screen.query(".dialog")), "a dialog")
    await player.sees(title)


async def closed(player):
    """The desk is on top again."""
    await player.until(
        lambda: player.app.screen is player.app.main and player.app.focused is not None, "the desk"
    )


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_user_is_made_by_keyboard_and_sets_a_password_by_the_mailed_link(
    org_file: Path, org: Org, play, toasts: list[str], size
) -> None:
    async with play(org_file, size) as player:
        await open_setup(player)
        await player.press("n")
        await opened(player, "New user")
        for text in ("robin@acme.example", "Robin", "Vale", "robin@home.example"):
            await player.type(text)
            await player.press("tab")
        await player.sees("a link to set one is mailed to robin@home.example")
        await player.press("shift+tab", "enter")
        await closed(player)
        user = org.users.get("robin")
        assert (user.name, user.email, user.profile, user.state) == (
            "Robin Vale",
            "robin@home.example",
            "Standard User",
            "active",
        )
        await player.says(
            toasts,
            "robin@acme.example was made. A link to set a password was mailed to "
            "robin@home.example: Inbox (f3).",
        )
        assert "an admin made the user robin@acme.example" in told(org)
        await player.until(
            lambda: player.app.focused.id == "users" and player.app.focused.cursor_row == 7,
            "the new row",
        )
        await player.sees("Made in this org by an admin.")
        link = org.mail.all("robin")[0].link
        assert (
            link
            and org.passwords.use_link(link, "Fresh-Start-88").user.username == "robin@acme.example"
        )


async def test_what_the_org_refuses_is_said_in_the_dialog_and_nothing_typed_is_lost(
    org_file: Path, org: Org, play
) -> None:
    typed = {"username": "robin", "first_name": "Robin", "last_name": "Vale", "email": "nowhere"}
    async with play(org_file, (80, 24)) as player:
        await open_setup(player)
        await player.push("New")
        await opened(player, "New user")
        for name, value in typed.items():
            field(player, name).value = value
        player.app.screen.query_one("#user-profile", Select).value = "Integration"
        for name, value, said in (
            ("username", "ADA@acme.example", "✗ 'robin' is not a username"),
            ("username", "robin@acme.example", "✗ There is a user ADA@acme.example already."),
            ("email", "robin@acme.example", "✗ 'nowhere' is not an e-mail address."),
        ):
            field(player, "last_name").focus()
            await player.press("enter")
            await player.sees(said)
            assert {name: field(player, name).value for name in typed} == typed
            assert player.app.screen.query_one("#user-profile", Select).value == "Integration"
            assert len(org.users.all()) == 7
            typed[name] = field(player, name).value = value
        await player.press("enter")
        await closed(player)
        assert org.users.get("robin").profile == "Integration"


async def test_what_is_being_saved_is_waited_for_and_saved_once(
    org_file: Path, org: Org, play, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, calls = Event(), Event(), []

    def slow(admin: Admin, *args: str, **fields: str) -> None:
        calls.append(fields)
        begun.set()
        go_on.wait(30)
        raise NotAllowedError("Refused, late.")

    monkeypatch.setattr(Admin, "create_user", slow)
    async with play(org_file) as player:
        await open_setup(player)
        await player.press("n")
        await opened(player, "New user")
        await player.press("enter")
        await player.until(begun.is_set, "saving has begun")
        await player.press("enter", "escape")
        go_on.set()
        await player.sees("✗ Refused, late.")
        assert len(calls) == 1
        await player.press("escape")
        await closed(player)


async def test_editing_says_what_saving_changes_and_escape_changes_nothing(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await open_setup(player)
        await choose_user(player, "integration")
        before = org.users.get(USER), org.info().last_event
        await player.press("e")
        await opened(player, f"Edit {USER}")
        await player.sees("Nothing is changed yet.")
        player.app.screen.query_one("#user-profile", Select).value = "Data Loads (login IP ranges)"
        await player.sees(
            "Saving changes the profile. Of Data Loads (login IP ranges) then hold: its login IP "
            "ranges"
        )
        await player.sees("203.0.113.0 - 203.0.113.255")
        player.app.screen.query_one("#user-active", Select).value = "no"
        await player.sees(
            "Saving deactivates the user: every login is refused in the words of a wrong password."
        )
        field(player, "username").value = "nightly@acme.example"
        await player.sees(
            f"Saving changes the username: clients that log in as {USER} are refused."
        )
        field(player, "email").value = "ops@acme.example"
        await player.sees("new security tokens too, go to ops@acme.example")
        await player.press("escape")
        await closed(player)
        assert (org.users.get(USER), org.info().last_event) == before
        assert toasts == []


async def test_an_edited_profile_is_saved_felt_and_told(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await open_setup(player)
        await choose_user(player, "integration")
        await player.push("Edit")
        await opened(player, f"Edit {USER}")
        player.app.screen.query_one(
            "#user-profile", Select
        ).value = "Office Staff (login IP ranges)"
        await player.push("Save")
        await closed(player)
        await player.until(lambda: toasts == [f"{USER}: saved."], "the toast")
        assert org.users.get(USER).profile == "Office Staff (login IP ranges)"
        assert told(org)[-1] == f"an admin changed {USER}: profile Office Staff (login IP ranges)"
        await client_logs_in(player, accepted=False)
        await player.sees("LOGIN_DURING_RESTRICTED_DOMAIN")
        with pytest.raises(NotAllowedError):
            org.tokens.reset(USER)


async def test_a_user_is_deactivated_and_activated_again(org_file: Path, org: Org, play) -> None:
    async with play(org_file) as player:
        await open_setup(player)
        await choose_user(player, "integration")
        for active, state, accepted in (("no", "inactive", False), ("yes", "active", True)):
            await player.press("enter")
            await opened(player, f"Edit {USER}")
            player.app.screen.query_one("#user-active", Select).value = active
            await player.push("Save")
            await closed(player)
            assert org.users.get(USER).state == state
            await client_logs_in(player, accepted)


async def test_saving_without_a_change_is_refused_in_the_dialog(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_setup(player)
        await choose_user(player, "ada")
        await player.press("e")
        await opened(player, "Edit ada@acme.example")
        await player.push("Save")
        await player.sees("✗ Nothing of ada@acme.example would change.")


async def test_end_sessions_asks_first_says_what_stays_and_tells_how_many(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    held = org.clients.all()[0].session
    async with play(org_file) as player:
        await open_setup(player)
        await choose_user(player, "integration")
        await player.press("x")
        await opened(player, "End every open session of integration@acme.example")
        await player.sees("Password and token stay")
        await player.press("escape")
        await closed(player)
        assert org.sessions.check(held).fault is None
        await player.push("End Sessions")
        await opened(player, "End every open session")
        await player.press("y")
        await player.says(toasts, "1 session of integration@acme.example ended.")
        assert org.sessions.check(held).fault == "invalid_session"
        await client_logs_in(player, accepted=True)
        await choose_user(player, "nora")
        toasts.clear()
        await player.press("x", "y")
        await player.says(toasts, "nora@acme.example has no open session.")


async def test_expire_all_passwords_asks_first_and_the_client_learns_of_it(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await open_setup(player, "setup-passwords")
        expire = player.app.main.page.query_one("#expire-all", Button)
        expire.focus()
        await player.sees(
            "Expire All Passwords: everybody must change the password at the next login"
        )
        await player.press("enter")
        await opened(player, "each change kills the security token")
        await player.press("escape")
        await closed(player)
        assert not any(user.must_change_password for user in org.users.all())
        # Textual lets a button be pressed again after a fifth of a second
        await player.until(lambda: not expire.has_class("-active"), "it can be pressed again")
        await player.press("enter")
        await opened(player, "Expire all passwords?")
        await player.press("y")
        await player.says(toasts, "7 users must change the password at the next login.")
        assert told(org)[-1] == "an admin expired all passwords"
        await client_logs_in(player, accepted=True)
        await player.sees("PASSWORD EXPIRED")
        await player.until(lambda: not expire.has_class("-active"), "it can be pressed again")
        await player.press("enter")
        await opened(player, "Expire all passwords?")
        toasts.clear()
        await player.press("y")
        await player.says(toasts, "Every password is expired already.")


async def test_a_letter_is_as_good_as_its_button_and_a_button_that_is_off_has_none(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_setup(player)
        await choose_user(player, "integration")
        await player.press("u")
        await player.press("f")
        await opened(player, f"Freeze {USER}?")
        await player.press("y")
        await player.until(lambda: org.users.get(USER).frozen, "frozen")
        await player.sees("Unfreeze")
        await player.press("f")
        await player.until(lambda: not org.users.get(USER).frozen, "unfrozen")
        assert "an admin unlocked" not in " ".join(told(org)), "Unlock is off: nobody is locked out"
        await player.press("r")
        await opened(player, f"Reset the password of {USER}?")
        await player.press("escape")
        await closed(player)
        await player.press("p")
        await opened(player, f"Permissions of {USER}")


async def test_an_automatic_freeze_asks_for_its_reason_and_is_told_as_salesforces_act(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_setup(player)
        await choose_user(player, "integration")
        await player.press("s")
        await opened(player, f"Salesforce freezes {USER} by itself. Why?")
        await player.press("escape")
        await closed(player)
        assert not org.users.get(USER).frozen
        await player.press("s")
        await opened(player, "High-risk address")
        await player.press("l")
        await player.until(lambda: org.users.get(USER).frozen, "frozen")
        await player.sees("Unfreeze")
        assert org.users.get(USER).must_change_password
        assert f"Salesforce, not an admin, froze {USER}: login anomaly (our wording)" in told(org)
        await client_logs_in(player, accepted=False)
        await player.press("f8")
        await player.sees("frozen by Salesforce, not by an admin")


async def test_each_permission_says_what_it_does_before_it_is_given(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file, (80, 24)) as player:
        await open_setup(player)
        await choose_user(player, "integration")
        await player.press("p")
        await opened(player, "Permissions of")
        for name, held in zip(PERMITS, (True, False, True, False, False), strict=True):
            takes = "takes" if held else "gives"
            await player.sees(f"{marks_in_words(PERMITS[name])} Enter {takes} it at once.")
            await player.press("down")
        await player.press("enter")
        await player.until(lambda: not org.users.get(USER).api_enabled, "API Enabled is taken")
        await player.sees("Enter gives it at once.")
        await player.sees("○ lacks API Enabled")
        assert told(org)[-1] == f"{USER} lost the permission API Enabled"


async def test_what_somebody_else_has_given_meanwhile_is_refused_and_shown(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_setup(player)
        await choose_user(player, "integration")
        await player.press("p")
        await opened(player, "Permissions of")
        player.app.screen.query_one(OptionList).highlighted = 1
        org.users.permit(USER, "api-only", True)
        await player.press("enter")
        await player.sees("✗ integration@acme.example has it already: API Only User.")
        await player.sees("✓ has API Only User")


async def test_the_authenticators_code_is_shown_copied_and_lets_the_client_in(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await open_setup(player)
        await choose_user(player, "integration")
        await player.press("p")
        await opened(player, "No authenticator is registered.")
        assert player.app.screen.query_one("#copy", Button).disabled
        player.app.screen.query_one(OptionList).highlighted = 3
        await player.press("enter")
        await player.until(lambda: org.users.get(USER).mfa_api, "MFA for API Logins")
        await player.press("a")
        await player.until(lambda: org.users.get(USER).authenticator, "an authenticator")
        code = org.users.authenticator_code(USER)
        await player.sees(f"The authenticator shows {code} for 30 more seconds of org time.")
        await player.press("c")
        assert player.app.clipboard == code and toasts[-1] == "The code: copied."
        await player.press("escape")
        await closed(player)
        await client_logs_in(player, accepted=False)
        org.clients.hold(1, token=code)
        await client_logs_in(player, accepted=True)
        await player.press("p")
        await opened(player, f"The authenticator shows {code}")
        org.clock.advance(31_000)
        await player.sees(
            f"The authenticator shows {org.users.authenticator_code(USER)} for 29 more seconds"
        )

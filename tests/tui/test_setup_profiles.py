"""Setup, Profiles: login hours, login IP ranges, policies of a profile's own: saved, felt, refused
in the dialog.
"""

from pathlib import Path

import pytest
from textual.widgets import Button, DataTable, Input, Select, TabbedContent, Tabs

from freshtoken_model.accounts.profiles import profile_settings
from freshtoken_model.org import Org

from .test_setup_screen import client_logs_in, open_setup
from .test_setup_users import closed, opened, told

HOURS, RANGES, POLICIES = "profile-hours", "profile-ranges", "profile-policies"


async def open_profile(player, name, tab=HOURS):
    """The dialog of a profile, with one of its tabs in front."""
    await open_setup(player, "setup-profiles")
    place = next(
        n for n, profile in enumerate(player.app.org.view.profiles) if profile.name.startswith(name)
    )
    player.app.main.page.query_one("#profiles", DataTable).focus()
    await player.press("ctrl+home", *["down"] * place, "enter")
    await opened(player, "Login Hours")
    await player.until(
        lambda: player.app.focused is not None and player.app.focused.id == "start-mon",
        "the first field",
    )
    await turn_to(player, tab)


async def turn_to(player, tab):
    """Another tab of the dialog, as by a click on it: the bar has the focus then."""
    tabs = player.app.screen.query_one(TabbedContent)
    tabs.query_one(Tabs).focus()
    await player.pilot.pause()
    tabs.active = tab
    await player.until(lambda: tabs.get_pane(tab).region.area > 0, tab)


def own(player, name) -> Select:
    return player.app.screen.query_one(f"#own-{name}", Select)


def put(player, **values: str) -> None:
    """Fill in fields by id."""
    for name, value in values.items():
        player.app.screen.query_one(f"#{name.replace('_', '-')}", Input).value = value


async def test_the_table_and_its_note_tell_what_a_profile_has_of_its_own(
    org_file: Path, org: Org, play
) -> None:
    org.admin.set_login_hours("Integration", "mon", "8:30", "17:00")
    org.admin.set_policy("Integration", "max_attempts", "3")
    async with play(org_file, (80, 24)) as player:
        await open_setup(player, "setup-profiles")
        table = player.app.main.page.query_one("#profiles", DataTable)
        await player.until(lambda: table.row_count == 5, "five profiles")
        rows = [[str(cell) for cell in table.get_row_at(n)] for n in range(5)]
        assert rows == [
            ["System Administrator", "1", "any time", "anywhere", "the org's"],
            ["Standard User", "3", "any time", "anywhere", "the org's"],
            ["Integration", "1", "1 days", "anywhere", "1"],
            ["Data Loads (login IP ranges)", "1", "any time", "1", "the org's"],
            ["Office Staff (login IP ranges)", "1", "any time", "1", "the org's"],
        ]
        table.focus()
        await player.press("ctrl+home", "down", "down")
        await player.sees(
            "Login hours: mon 8:30 - 17:00 Login IP ranges: anywhere Maximum invalid login "
            "attempts: 3"
        )
        await player.press("down")
        await player.sees("Login IP ranges: 203.0.113.0 - 203.0.113.255")


async def test_login_hours_are_saved_felt_by_the_client_and_taken_away_again(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await open_profile(player, "Integration")
        await player.sees(
            "the same start and end: no access that day (official). Time zone: Europe/London."
        )
        assert player.app.screen.query_one("#save-hours", Button).disabled
        put(player, start_tue="8:00", end_tue="14:00", end_sat="0:00")
        await player.sees(
            "Saving changes Tuesday 8:00 - 14:00, Saturday 0:00 - 0:00. Outside the hours every "
            "login is refused."
        )
        player.app.screen.query_one("#end-sat").focus()
        await player.press("enter")
        await player.says(toasts, "Integration: login hours saved.")
        assert org.admin.profile("Integration").hours == {"tue": (480, 840), "sat": (0, 0)}
        assert told(org)[-2:] == [
            "profile Integration: login hours tue 8:00 - 14:00",
            "profile Integration: login hours sat 0:00 - 0:00",
        ]
        await player.press("escape")
        await closed(player)
        await client_logs_in(player, accepted=False)
        await player.sees("LOGIN_DURING_RESTRICTED_TIME")
        await player.press("enter")
        await opened(player, "Login Hours")
        assert player.app.screen.query_one("#end-tue", Input).value == "14:00"
        put(player, start_tue="0:00", end_tue="24:00")
        await player.push("Save hours")
        await player.until(
            lambda: "tue" not in org.admin.profile("Integration").hours, "Tuesday is whole again"
        )
        await player.press("escape")
        await closed(player)
        await client_logs_in(player, accepted=True)


async def test_hours_that_are_none_are_refused_in_the_dialog_and_what_was_typed_stays(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file, (80, 24)) as player:
        await open_profile(player, "Integration")
        put(
            player,
            start_mon="9:00",
            end_mon="17:00",
            start_wed="half eight",
            end_thu="6:00",
            start_thu="22:00",
        )
        await player.push("Save hours")
        await player.sees(
            "✗ Wednesday: 'half eight' is not a time of day; write it like 9:00 or 24:00. Monday: "
            "saved."
        )
        assert org.admin.profile("Integration").hours == {"mon": (540, 1020)}
        await player.focuses("start-wed")
        shown = [
            player.app.screen.query_one(f"#{name}", Input).value
            for name in ("start-mon", "start-wed", "start-thu")
        ]
        assert shown == ["9:00", "half eight", "22:00"]
        put(player, start_wed="8:30")
        await player.push("Save hours")
        await player.sees(
            "✗ Thursday: Login hours end before they begin; give a day and the next one each its "
            "part."
        )
        put(player, start_thu="0:00")
        await player.push("Save hours")
        await player.until(
            lambda: set(org.admin.profile("Integration").hours) == {"mon", "wed", "thu"},
            "all three",
        )
        await player.until(lambda: "✗" not in player.screen(), "no refusal is left")


async def test_a_login_ip_range_is_added_felt_and_removed(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await open_profile(player, "Integration", RANGES)
        await player.sees(
            "None: users of this profile log in from anywhere. With one: Users of this profile "
            "then log in from these"
        )
        assert player.app.screen.query_one("#remove-login-range", Button).disabled
        put(player, login_first="198.51.100.0", login_last="198.51.100.255")
        player.app.screen.query_one("#login-last").focus()
        await player.press("enter")
        await player.until(lambda: toasts == ["Integration: login IP range added."], "a toast")
        await player.sees("Without the last one they log in from anywhere.")
        assert [(r.first, r.last) for r in org.admin.profile("Integration").ranges] == [
            ("198.51.100.0", "198.51.100.255")
        ]
        assert player.app.screen.query_one("#login-first", Input).value == ""
        await player.press("escape")
        await closed(player)
        await client_logs_in(player, accepted=False)
        await player.sees("LOGIN_DURING_RESTRICTED_DOMAIN")
        await player.press("enter")
        await opened(player, "Login Hours")
        await turn_to(player, RANGES)
        await player.push("Remove")
        await player.until(lambda: not org.admin.profile("Integration").ranges, "removed")
        await player.press("escape")
        await closed(player)
        await client_logs_in(player, accepted=True)


async def test_a_bad_login_ip_range_is_refused_in_the_dialog_and_stays_typed(
    org_file: Path, org: Org, play
) -> None:
    cases = [
        ("203.0.113", "", "✗ '203.0.113' is not an IPv4 address."),
        ("203.0.113.9", "203.0.113.1", "✗ The range ends before it starts."),
        ("198.51.100.0", "198.51.100.255", "✗ The profile has that range already."),
    ]
    async with play(org_file, (80, 24)) as player:
        await open_profile(player, "Office Staff", RANGES)
        for first, last, said in cases:
            put(player, login_first=first, login_last=last)
            await player.push("Add")
            await player.sees(said)
            shown = [
                player.app.screen.query_one(f"#login-{end}", Input).value
                for end in ("first", "last")
            ]
            assert shown == [first, last]
        assert len(org.admin.profile("Office Staff").ranges) == 1


async def test_a_range_that_somebody_else_has_removed_is_said_and_goes_from_the_table(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_profile(player, "Office Staff", RANGES)
        org.admin.remove_login_range("Office Staff", org.admin.profile("Office Staff").ranges[0].id)
        await player.push("Remove")
        await player.sees("✗ There is no range")
        table = player.app.screen.query_one("#login-ranges", DataTable)
        await player.until(lambda: table.row_count == 0, "it goes from the table")


async def test_every_policy_can_be_a_profiles_own_and_its_first_choice_is_the_orgs(
    org_file: Path, org: Org, play
) -> None:
    org.setup.choose("minimum_length", "12")
    async with play(org_file) as player:
        await open_profile(player, "Integration", POLICIES)
        for name in profile_settings():
            assert own(player, name).value == "", "opened, it stands at the org's"
        await player.sees("the org's: 12 characters")
        own(player, "minimum_length").focus()
        await player.sees(
            "For this profile alone: the org's setting no longer reaches its users. (official"
        )
        assert org.admin.profile("Integration").policies == {}, "opening changes nothing"


async def test_a_policy_of_its_own_is_saved_at_once_and_given_back(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await open_profile(player, "Integration", POLICIES)
        own(player, "max_attempts").value = "3"
        await player.until(lambda: toasts == ["Saved."], "a toast")
        assert org.admin.profile("Integration").policies == {"max_attempts": "3"}
        assert told(org)[-1] == "profile Integration: Maximum invalid login attempts = 3"
        await player.press("escape")
        await closed(player)
        await player.press("enter")
        await opened(player, "Login Hours")
        assert own(player, "max_attempts").value == "3"
        own(player, "max_attempts").value = ""
        await player.until(lambda: toasts == ["Saved."] * 2, "a toast")
        assert org.admin.profile("Integration").policies == {}
        assert told(org)[-1] == "profile Integration: Maximum invalid login attempts = the org's"


async def test_a_policy_that_is_refused_goes_back_and_says_why(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file, (80, 24)) as player:
        await open_profile(player, "Integration", POLICIES)
        own(player, "password_history").value = "0"
        await player.sees("✗ No passwords remembered goes only with passwords that never expire.")
        await player.until(lambda: own(player, "password_history").value == "", "it goes back")
        assert org.admin.profile("Integration").policies == {} and toasts == []
        own(player, "password_expires").value = "0"
        await player.until(lambda: toasts == ["Saved."], "a toast")
        own(player, "password_history").value = "0"
        await player.until(lambda: toasts == ["Saved."] * 2, "a toast")
        await player.until(lambda: "✗" not in player.screen(), "no refusal is left")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_profile_is_made_and_a_name_that_is_taken_is_refused_in_the_dialog(
    org_file: Path, org: Org, play, toasts: list[str], size
) -> None:
    async with play(org_file, size) as player:
        await open_setup(player, "setup-profiles")
        player.app.main.page.query_one("#profiles").focus()
        await player.press("n")
        await opened(player, "New profile")
        await player.sees("Saving makes a profile without users")
        put(player, profile_name="standard user")
        await player.press("enter")
        await player.sees("✗ There is a profile 'standard user' already.")
        assert player.app.screen.query_one("#profile-name", Input).value == "standard user"
        put(player, profile_name="Night Shift")
        await player.press("enter")
        await closed(player)
        await player.says(toasts, "The profile Night Shift was made.")
        table = player.app.main.page.query_one("#profiles", DataTable)
        await player.until(
            lambda: table.row_count == 6 and table.cursor_row == 5, "the cursor on the new profile"
        )
        assert told(org)[-1] == "profile Night Shift: made"

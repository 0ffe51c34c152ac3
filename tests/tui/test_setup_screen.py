"""Setup and Assumptions: what an admin switches is saved, shown again, and felt by the client."""

from pathlib import Path

from textual.widgets import Button, Input, Select, TabbedContent

from freshtoken_model.org import Org
from freshtoken_model.values.clock import MINUTE, SECOND, Clock
from freshtoken_tui.client_pane.gate_trace import GateTrace
from freshtoken_tui.client_pane.strip import ClientStrip


async def open_setup(player, tab="setup-users"):
    """Setup, with one of its tabs in front; a tab is filled when it is first turned to."""
    await player.press("f4")
    await player.sees("you act as the org's admin")
    tabs = player.app.main.page.query_one(TabbedContent)
    await player.until(
        lambda: tabs.active == "setup-users" and "loader@" in player.screen(), "the users are shown"
    )
    await turn_to(player, tab)


async def turn_to(player, tab):
    """Another tab in front."""
    tabs = player.app.main.page.query_one(TabbedContent)
    tabs.active = tab
    await player.until(
        lambda: any(w.region.area for w in tabs.get_pane(tab).query("Pane")), f"the tab {tab}"
    )


async def choose_user(player, name):
    """The cursor goes to a user."""
    place = next(
        i for i, user in enumerate(player.app.org.view.users) if user.username.startswith(name)
    )
    player.app.main.page.query_one("#users").focus()
    await player.press("ctrl+home", *["down"] * place)
    await player.sees(player.app.org.view.users[place].purpose)


def picklist(player, name) -> Select:
    return player.app.main.page.query_one(f"#set-{name}", Select)


async def client_logs_in(player, accepted):
    """The client logs in; wait for what comes of it."""
    before = player.app.org.view.attempts[0].event.id
    await player.app.run_action("command('client_login')")
    await player.until(
        lambda: (
            player.app.org.view.attempts[0].event.id > before and not player.app.client.pane.busy
        ),
        "an answer",
    )
    assert player.app.org.view.attempts[0].accepted is accepted


async def read_every_gate(player, words):
    """Open the client over the page, read its Why with the gates that passed, and close it."""
    await player.press("f8")
    await turn_to_why(player)
    player.app.client.pane.query_one(GateTrace).focus()
    await player.press("g")
    await player.sees("API version")
    await player.press("end")
    await player.sees(words)
    await player.press("escape")


async def turn_to_why(player):
    """The tab Why of the client, which is in sight."""
    while player.app.client.pane.query_one(TabbedContent).active != "tab-why":
        await player.press("ctrl+t")


async def test_a_user_is_frozen_and_unfrozen(org_file: Path, org: Org, play) -> None:
    async with play(org_file) as player:
        await open_setup(player)
        await choose_user(player, "integration")
        await player.push("Freeze")
        await player.sees("Every login is refused, and open sessions end.")
        assert not org.users.get("integration").frozen, "it asks first"
        await player.push("Freeze")
        await player.sees("integration@acme.example is frozen.")
        assert org.users.get("integration").frozen
        await client_logs_in(player, accepted=False)
        await player.sees("INVALID_LOGIN")
        await player.push("Unfreeze")
        await player.until(lambda: not org.users.get("integration").frozen, "unfrozen")
        await player.sees("Freeze")
        await client_logs_in(player, accepted=True)


async def test_unlock_is_offered_for_a_locked_user_only(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    org.database.tables.execute(
        "update user set locked_at = 1, locked_until = null where username = 'nora@acme.example'"
    )
    async with play(org_file) as player:
        await open_setup(player)
        await choose_user(player, "ada")
        assert player.app.main.page.query_one("#unlock", Button).disabled
        await choose_user(player, "nora")
        await player.push("Unlock")
        await player.until(lambda: org.users.get("nora").state == "active", "unlocked")
        await player.until(lambda: bool(toasts), "a toast")
        await player.says(
            toasts, "nora@acme.example is unlocked; password and token are as they were."
        )


async def test_the_password_of_an_inactive_user_is_not_reset_and_a_toast_says_why(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await open_setup(player)
        await choose_user(player, "lee")
        await player.push("Reset Password")
        await player.sees("stop working at once")
        await player.push("Reset Password")
        await player.says(toasts, "lee@acme.example is inactive; activate the user first.")
        assert org.mail.all() == []


async def test_policies_are_saved_and_shown_again_when_the_app_is_opened_anew(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await open_setup(player, "setup-passwords")
        await player.sees("Minimum password length")
        picklist(player, "minimum_length").value = "12"
        await player.until(lambda: org.setup.values()["minimum_length"] == "12", "saved")
        picklist(player, "max_attempts").value = "3"
        await player.until(lambda: org.setup.values()["max_attempts"] == "3", "saved")
        await turn_to(player, "setup-rest")
        await player.sees("Timeout value")
        picklist(player, "session_timeout").value = "15"
        await player.until(lambda: org.setup.org_settings().session_timeout == 15 * 60_000, "saved")
        await player.until(lambda: toasts == ["Saved."] * 3, f"three toasts instead of {toasts}")
    async with play(org_file, (120, 60)) as player:
        await open_setup(player, "setup-passwords")
        assert org.setup.values()["minimum_length"] == "12"
        await player.sees("12 characters")
        shown = {name: picklist(player, name).value for name in ("minimum_length", "max_attempts")}
        assert shown == {"minimum_length": "12", "max_attempts": "3"}
        await turn_to(player, "setup-rest")
        await player.sees("15 minutes")
        assert picklist(player, "session_timeout").value == "15"
        assert len(toasts) == 3, "showing values saves nothing"


async def test_a_policy_changed_by_somebody_else_is_shown_and_not_saved_back(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file, (120, 60)) as player:
        await open_setup(player, "setup-passwords")
        org.setup.choose("minimum_length", "20")
        await player.sees("20 characters")
        await player.pilot.pause()
        assert org.setup.values()["minimum_length"] == "20"
        assert toasts == []


async def test_a_trusted_range_makes_the_clients_network_trusted_and_a_token_needless(
    org_file: Path, org: Org, play
) -> None:
    org.clients.hold(1, token="")
    async with play(org_file) as player:
        await open_setup(player, "setup-network")
        await player.sees("token missing ✗")
        await client_logs_in(player, accepted=False)
        await player.sees("LOGIN_MUST_USE_SECURITY_TOKEN")
        page = player.app.main.page
        for name, value in (
            ("first", "203.0.113.0"),
            ("last", "203.0.113.255"),
            ("description", "Cloud"),
        ):
            page.query_one(f"#range-{name}", Input).value = value
        await player.push("Add trusted range")
        await player.press("f8")
        await player.sees("Cloud · trusted")
        await player.press("escape")
        await player.until(
            lambda: page.query_one("#range-first", Input).value == "", "the fields are free again"
        )
        await client_logs_in(player, accepted=True)
        await player.sees("CONNECTED")
        await player.sees("token no need ✓")
        await read_every_gate(player, "trusted IP range: no token needed")
        page.query_one("#ranges").focus()
        await player.press(
            "ctrl+home",
            *["down"]
            * next(i for i, r in enumerate(org.setup.trusted_ranges()) if r.first[:3] == "203"),
        )
        await player.push("Remove")
        await player.sees("token missing ✗")
        assert [r.first for r in org.setup.trusted_ranges()] == ["198.51.100.0"]


async def test_a_bad_range_is_refused_in_a_toast_and_nothing_typed_is_lost(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    cases = [
        ("999.1.1.1", "999.1.1.2", "'999.1.1.1' is not an IPv4 address."),
        ("203.0.113.9", "203.0.113.1", "The range ends before it starts."),
        ("10.0.0.0", "20.0.0.0", "A trusted IP range has at most 33,554,432 addresses."),
        ("198.51.100.0", "198.51.100.255", "That range is trusted already."),
    ]
    async with play(org_file) as player:
        await open_setup(player, "setup-network")
        fields = [
            player.app.main.page.query_one(f"#range-{name}", Input)
            for name in ("first", "last", "description")
        ]
        for first, last, said in cases:
            toasts.clear()
            for field, value in zip(fields, (first, last, "Wrong"), strict=True):
                field.value = value
            await player.push("Add trusted range")
            await player.says(toasts, said)
            assert [field.value for field in fields] == [first, last, "Wrong"]
        assert len(org.setup.trusted_ranges()) == 1


async def test_no_history_with_passwords_that_expire_is_refused_and_the_picklist_goes_back(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await open_setup(player, "setup-passwords")
        picklist(player, "password_history").value = "0"
        await player.until(lambda: bool(toasts), "a toast")
        await player.says(
            toasts, "No passwords remembered goes only with passwords that never expire."
        )
        await player.until(
            lambda: picklist(player, "password_history").value == "3", "the picklist goes back"
        )
        picklist(player, "password_expires").value = "0"
        await player.until(lambda: org.setup.values()["password_expires"] == "0", "saved")
        picklist(player, "password_history").value = "0"
        await player.until(lambda: org.setup.values()["password_history"] == "0", "saved")


async def test_soap_login_switched_off_refuses_the_client_in_words_of_its_own(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_setup(player, "setup-api")
        await player.sees("Enable SOAP API login()")
        picklist(player, "soap_login").value = "off"
        await player.until(lambda: org.setup.org_settings().soap_login is False, "saved")
        await client_logs_in(player, accepted=False)
        await player.sees("INVALID_OPERATION: SOAP API login() is disabled by default in this org.")


async def test_the_assumption_about_a_missing_token_changes_what_the_client_reads(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    org.clients.hold(1, token="")
    async with play(org_file) as player:
        player.app.action_page("assumptions")
        await player.sees("Salesforce has no such switches")
        await player.sees("What SOAP answers when the token is missing")
        picklist(player, "missing_token_fault").value = "invalid_login"
        await player.until(lambda: toasts == ["Saved."], "a toast")
        await client_logs_in(player, accepted=False)
        await player.sees(
            "INVALID_LOGIN: Invalid username, password, security token; or user locked out."
        )
        assert not any("LOGIN_MUST_USE" in words for words in player.words())
        picklist(player, "missing_token_fault").value = "must_use_token"
        await player.until(lambda: toasts == ["Saved."] * 2, "a toast")
        await client_logs_in(player, accepted=False)
        await player.sees("LOGIN_MUST_USE_SECURITY_TOKEN")


async def test_opening_setup_or_assumptions_shows_what_was_saved_and_changes_no_setting(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    chosen = {"minimum_length": "12", "soap_login": "off", "missing_token_fault": "invalid_login"}
    for name, value in chosen.items():
        org.setup.choose(name, value)
    async with play(org_file, (120, 60)) as player:
        await open_setup(player, "setup-passwords")
        await player.until(
            lambda: not any(w.is_running for w in player.app.workers), "all work is done"
        )
        assert {name: org.setup.values()[name] for name in chosen} == chosen, "after opening Setup"
        await player.sees("12 characters")
        player.app.action_page("assumptions")
        await player.sees("What SOAP answers when the token is missing")
        await player.until(
            lambda: not any(w.is_running for w in player.app.workers), "all work is done"
        )
        assert {name: org.setup.values()[name] for name in chosen} == chosen, (
            "after opening Assumptions"
        )
        assert picklist(player, "missing_token_fault").value == "invalid_login"
        assert toasts == []


async def test_a_lockout_counts_down_beside_the_user_and_on_the_client(
    org_file: Path, org: Org, play, monkeypatch
) -> None:
    org.database.tables.execute(
        "update user set locked_at = ?, locked_until = ? where username like 'integration@%'",
        [now := org.clock.read().seen_org, now + 15 * MINUTE],
    )
    passed, of_the_file = [0], Clock.now
    monkeypatch.setattr(Clock, "now", lambda clock, wall: of_the_file(clock, wall) + passed[0])
    async with play(org_file, (120, 40)) as player:
        await open_setup(player)
        page, strip = player.app.main.page, player.app.main.query_one(ClientStrip)
        await player.until(lambda: player.screen().count("15:00 left") == 2, "the whole lockout")
        passed[0] = 61 * SECOND
        for widget in (page.query_one("#user-left"), strip.query_one("#strip-state")):
            await player.until(lambda w=widget: "13:59 left" in str(w.content), "a minute less")
        org.users.unlock("integration")
        await player.until(lambda: " left" not in player.screen(), "nothing to count any more")

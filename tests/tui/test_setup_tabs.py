"""Setup as a whole: every tab, every picklist and button says what it does; everything is reached
in every window.
"""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList, Select, Tab, TabbedContent, Tabs

from freshtoken_model.accounts.users import PERMISSIONS
from freshtoken_model.decision.settings import MEASURING, SETUP, SINCE, settings
from freshtoken_model.decision.words import MARKS
from freshtoken_model.org import Org
from freshtoken_model.values.citations import marks_in_words
from freshtoken_model.values.clock import parse_moment
from freshtoken_tui.screens.setup.page import TABS
from freshtoken_tui.screens.setup.pane import Pane
from freshtoken_tui.screens.setup.words import CHANGES, FLOW_WORDS, PERMITS
from freshtoken_tui.widgets.button_grid import columns_for
from freshtoken_tui.widgets.notes import FixedNote, sourced

from ..world import CHEAP
from .test_setup_screen import client_logs_in, open_setup, picklist
from .test_setup_users import closed, opened, told

SIZES = [(60, 20), (80, 24), (110, 30)]
SHOWN = [setting for setting in SETUP if setting.page != MEASURING]


async def reads(player, text: str) -> None:
    """Wait until a text can be read, beside whatever scroll bar."""

    def seen() -> bool:
        return any(
            text in " ".join(re.sub("[▁-▏]", " ", words).split()) for words in player.words()
        )

    await player.until(seen, f"{text!r} on the screen")


def in_sight(widget: Widget, within: Widget) -> bool:
    """Whether a widget has the focus and is seen, to its right end."""
    seen = widget.screen.find_widget(widget).visible_region
    return widget.has_focus and bool(seen.height) and widget.region.right <= within.region.right


async def out_of_sight(player, part, within) -> list[str]:
    """What of a part, focused, does not come into sight, or is cut at the right; with the
    screen.
    """
    hidden = []
    for widget in [w for w in part.query("*").results() if w.focusable and w.display]:
        widget.focus()
        try:  # what is focused is scrolled to, which takes as long as it takes
            await player.until(lambda widget=widget: in_sight(widget, within), f"{widget.id}")
        except AssertionError:
            hidden.append(f"{widget.id} at {widget.region}\n{player.screen()}")
    return hidden


def in_front(player) -> Pane:
    """The pane that is shown."""
    page = player.app.main.page
    return page.query_one(f"#{page.query_one(TabbedContent).active} Pane", Pane)


async def turn(player, number):
    """To a tab, by its number."""
    await player.press(str(number))
    ident = TABS[number - 1][1]
    await player.until(
        lambda: any(
            player.app.focused in pane.walk_children()
            for pane in player.app.main.page.query(f"#{ident} Pane")
        ),
        ident,
    )


def test_every_setting_every_permission_and_every_flow_has_words() -> None:
    from freshtoken_model.decision.grants import FLOWS as ALL

    assert set(CHANGES) == {setting.name for setting in SHOWN}
    assert set(PERMITS) == set(PERMISSIONS)
    assert tuple(FLOW_WORDS) == ALL


async def test_every_setting_of_setup_has_a_picklist_with_setups_own_labels(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_setup(player)
        for number in (3, 5, 6, 8):
            await turn(player, number)
        found = {
            str(s.id).removeprefix("set-"): s
            for s in player.app.main.page.query(Select).results(Select)
        }
        assert set(found) == {setting.name for setting in SHOWN}
        for setting in SHOWN:
            assert [str(label) for label, _ in found[setting.name]._options] == [
                label for _, label in setting.choices
            ]
            assert found[setting.name].value == org.setup.values()[setting.name]


async def test_a_picklist_in_focus_says_what_it_changes_and_where_that_is_known_from(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file, (80, 24)) as player:
        await open_setup(player)
        before = org.info().last_event
        for number in (3, 5, 6, 8):
            await turn(player, number)
            await each_picklist_says(player)
        assert org.info().last_event == before, "looking changes nothing"


def test_a_note_says_where_it_is_known_from_once_and_shows_no_code() -> None:
    told = sourced("Off [DOC lockout-ends]. A guess [INF].", "DOC", "official documentation")
    assert told.plain == "Off. A guess (inferred). (official documentation; s: sources)"
    told = sourced(
        "Off [DOC lockout-ends], or on [INF token-admin-reset-moment].", "DOC", "official"
    )
    assert told.plain == "Off (official), or on (inferred). (s: sources)"


async def test_nothing_moves_when_the_focus_does(org_file: Path, play) -> None:
    async with play(org_file, (60, 20)) as player:
        await open_setup(player)
        for number in (3, 6):
            await turn(player, number)
            selects = list(in_front(player).query(Select).results(Select))
            places = [select.virtual_region for select in selects]
            for select in selects:
                select.focus()
                await player.until(lambda select=select: select.has_focus, "the focus")
                await player.pilot.pause()
                assert [select.virtual_region for select in selects] == places


async def test_the_note_stays_while_the_picklist_is_open(org_file: Path, play) -> None:
    async with play(org_file, (80, 24)) as player:
        await open_setup(player)
        await turn(player, 3)
        changes = marks_in_words(CHANGES["password_expires"])
        await reads(player, changes[:40])
        await player.press("enter")
        await player.until(lambda: isinstance(player.app.focused, OptionList), "the open list")
        await player.pilot.pause()
        note = player.app.main.page.query_one(FixedNote)
        assert changes[:40] in " ".join(str(note.content).split())


async def test_s_shows_the_whole_note_of_a_setting_and_its_sources(org_file: Path, play) -> None:
    async with play(org_file, (120, 40)) as player:
        await player.app.pages.open("assumptions")
        await player.until(lambda: isinstance(player.app.focused, Select), "a picklist in focus")
        await player.press("s")
        await player.sees("Official pages contradict each other.")
        await player.sees("For always:")


async def test_a_note_longer_than_its_place_ends_with_an_ellipsis(
    org_file: Path, org: Org, play
) -> None:
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"):
        org.admin.set_login_hours("Integration", day, "8:00", "18:00")
    async with play(org_file, (60, 20)) as player:
        await open_setup(player)
        await turn(player, 2)
        row = [p.name for p in player.app.org.view.profiles].index("Integration")
        await player.press(*["down"] * row)
        note = player.app.main.page.query_one(FixedNote)
        await player.until(
            lambda: "Login hours: mon" in str(note.content) and "…" in str(note.content),
            "the note of the profile, cut",
        )
        await player.pilot.resize_terminal(120, 40)
        await player.until(lambda: "Login IP ranges" in str(note.content), "the whole note")
        assert "…" not in str(note.content)


async def each_picklist_says(player) -> None:
    """Each picklist of the tab in front, in focus, says what it changes, and no other's words."""
    selects = list(in_front(player).query(Select).results(Select))
    assert selects
    for select in selects:
        setting = settings()[str(select.id).removeprefix("set-")]
        select.focus()
        changes = sourced(CHANGES[setting.name], setting.mark, MARKS[setting.mark])
        await reads(player, changes.plain)
        if setting.why:
            await reads(player, setting.why)
        others = [CHANGES[str(s.id).removeprefix("set-")] for s in selects if s is not select]
        assert not any(
            other in words
            for words in player.words()
            for other in others
            if other != CHANGES[setting.name]
        )


async def test_a_button_in_focus_says_what_it_does_before_it_is_pressed(
    org_file: Path, org: Org, play
) -> None:
    org.database.tables.execute(
        "update user set locked_at = 1, locked_until = null where username = "
        "'integration@acme.example'"
    )
    async with play(org_file, (80, 24)) as player:
        await open_setup(player)
        for number in (1, 2, 3, 4, 6, 7):
            await turn(player, number)
            pane = in_front(player)
            buttons = [b for b in pane.query(Button).results(Button) if not b.disabled]
            assert buttons
            for button in buttons:
                button.focus()
                note = marks_in_words(pane.NOTES[str(button.id)])
                await reads(player, " ".join(note.split()))
            assert button.tooltip == note, "and to the mouse that points at it"


async def test_all_eight_tabs_can_be_read_at_80_columns_and_the_one_in_front_in_every_window(
    org_file: Path, play
) -> None:
    async with play(org_file, (80, 24)) as player:
        await open_setup(player)
        bar = player.app.main.page.query_one(Tabs)
        tabs = list(bar.query(Tab).results(Tab))
        assert [str(tab.label) for tab in tabs] == [label for label, _, _ in TABS]
        assert all(tab.region.right <= bar.region.right for tab in tabs)
        await player.pilot.resize_terminal(120, 40)
        for number, (label, ident, _) in enumerate(TABS, 1):
            await turn(player, number)
            tab = next(t for t in tabs if str(t.label) == label)
            await player.until(
                lambda t=tab: bar.region.contains_region(t.region), f"{ident} in the bar"
            )


@pytest.mark.parametrize("size", SIZES)
async def test_everything_of_every_tab_is_seen_when_it_has_the_focus(
    org_file: Path, org: Org, play, size
) -> None:
    async with play(org_file, size) as player:
        await open_setup(player)
        lost = []
        for number, (label, _, _) in enumerate(TABS, 1):
            await turn(player, number)
            lost += [
                f"{label}: {hidden}"
                for hidden in await out_of_sight(player, in_front(player), player.app.main.page)
            ]
        assert not lost, "\n".join(lost)


DIALOGS = [(1, "n"), (1, "e"), (1, "p"), (2, "e"), (2, "n"), (6, "e"), (7, "e"), (7, "n")]


@pytest.mark.parametrize("size", SIZES[:2])
async def test_everything_of_every_dialog_is_seen_when_it_has_the_focus(
    org_file: Path, org: Org, play, size
) -> None:
    async with play(org_file, size) as player:
        await open_setup(player)
        lost = []
        for number, key in DIALOGS:
            await turn(player, number)
            await player.press(key)
            await player.until(
                lambda: bool(player.app.screen.query(".dialog")), f"the dialog of {number} {key}"
            )
            screen = player.app.screen
            for tab in [str(pane.id) for pane in screen.query("TabPane")] or [""]:
                if tab:
                    screen.query_one(Tabs).focus()
                    await player.pilot.pause()
                    screen.query_one(TabbedContent).active = tab
                    await player.pilot.pause()
                dialog = screen.query_one(".dialog")
                part = screen.query_one(f"#{tab}") if tab else dialog
                lost += [
                    f"{number} {key} {tab}: {hidden}"
                    for hidden in await out_of_sight(player, part, dialog)
                ]
            await player.press("escape")
            await closed(player)
        assert not lost, "\n".join(lost)


async def test_letters_and_digits_typed_into_a_field_are_only_typed(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_setup(player)
        await turn(player, 4)
        field = player.app.main.page.query_one("#range-description", Input)
        field.focus()
        await player.type("x1next2")
        assert field.value == "x1next2"
        assert len(org.setup.trusted_ranges()) == 1
        assert player.app.main.page.query_one(TabbedContent).active == "setup-network"


async def test_the_network_note_says_who_is_trusted_and_x_removes(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_setup(player)
        await turn(player, 4)
        await player.sees("Trusted now: Office 198.51.100.20.")
        await player.press("x")
        await player.sees("Trusted now: none of the networks.")
        assert org.setup.trusted_ranges() == []
        assert player.app.main.page.query_one("#remove-range", Button).disabled


# ---- Connected apps


async def test_flows_are_taken_and_given_at_once_the_last_one_stays_and_the_client_feels_it(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    org.clients.hold(1, protocol="client_credentials")
    async with play(org_file) as player:
        await open_setup(player)
        await turn(player, 6)
        await player.press("e")
        await opened(player, "Connected app Acme Dashboards")
        await player.sees("A key for signed JWTs: freshtoken app certificate.")
        flows = player.app.screen.query_one(OptionList)
        for place, name in enumerate(FLOW_WORDS):
            flows.highlighted = place
            await player.sees(f"{marks_in_words(FLOW_WORDS[name][1])} Enter takes it.")
        for place in (1, 2, 3, 4):
            flows.highlighted = place
            await player.press("enter")
            await player.until(lambda p=place: len(toasts) == p, "saved")
        assert org.apps.all()[0].flows == ("password",)
        assert told(org)[-1] == "connected app Acme Dashboards: flows = password"
        await player.sees("○ lacks Client Credentials")
        flows.highlighted = 0
        await player.press("enter")
        await player.sees(
            "✗ Choose at least one flow: password, client_credentials, jwt_bearer, refresh_token, web_server."
        )
        assert org.apps.all()[0].flows == ("password",)
        await player.press("escape")
        await closed(player)
        await player.app.run_action("command('client_login')")
        await player.sees("unsupported_grant_type")
        await player.press("e")
        await opened(player, "Connected app Acme Dashboards")
        player.app.screen.query_one(OptionList).highlighted = 1
        await player.press("enter")
        await player.until(lambda: "client_credentials" in org.apps.all()[0].flows, "given back")
        await player.press("escape")
        await closed(player)
        await client_logs_in(player, accepted=True)


async def test_the_run_as_user_is_chosen_among_the_users_and_nobody(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file, (80, 24)) as player:
        await open_setup(player)
        await turn(player, 6)
        await player.press("e")
        await opened(player, "Connected app Acme Dashboards")
        select = player.app.screen.query_one("#run-as", Select)
        assert select.value == "integration@acme.example"
        select.focus()
        await player.sees("Client credentials run as this user, with its permissions.")
        for value, stands in (("sam@acme.example", "sam@acme.example"), ("", None)):
            select.value = value
            await player.until(lambda s=stands: org.apps.all()[0].run_as == s, f"runs as {value}")
        await player.until(lambda: toasts == ["Saved."] * 2, "two toasts")
        assert told(org)[-1] == "connected app Acme Dashboards: runs as nobody"
        rotation = player.app.screen.query_one("#rotation", Select)
        rotation.focus()
        await player.sees("Refresh Token Rotation. On: each use of a refresh token gives a new one")
        rotation.value = "on"
        await player.until(lambda: org.apps.all()[0].refresh_rotation, "rotates")
        relaxation = player.app.screen.query_one("#relaxation", Select)
        relaxation.focus()
        await player.sees("Whether who uses the app is held to the login IP ranges")
        relaxation.value = "relax"
        await player.until(lambda: org.apps.all()[0].ip_relaxation == "relax", "relaxes")


async def test_callback_urls_are_added_and_taken_at_once(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    before, mine = org.apps.all()[0].callbacks, "https://app.example/callback"
    async with play(org_file, (80, 24)) as player:
        await open_setup(player)
        await turn(player, 6)
        await player.press("e")
        await opened(player, "Connected app Acme Dashboards")
        field = player.app.screen.query_one("#callback", Input)
        field.focus()
        await player.sees("Where the web server flow may send a user back to")
        field.value = "http://app.example/callback"
        await player.press("enter")
        await player.sees("http:// is for localhost only")
        assert org.apps.all()[0].callbacks == before and toasts == []
        field.value = mine
        await player.press("enter")
        await player.until(lambda: org.apps.all()[0].callbacks == (*before, mine), "added")
        await player.until(lambda: field.value == "", "cleared")
        callbacks = player.app.screen.query_one("#callbacks", OptionList)
        await player.until(lambda: len(callbacks.options) == len(before) + 1, "listed")
        callbacks.focus()
        callbacks.highlighted = 0
        await player.press("enter")
        await player.until(lambda: org.apps.all()[0].callbacks == (*before[1:], mine), "taken")
        assert told(org)[-1] == f"connected app Acme Dashboards: callback URL {before[0]} removed"


# ---- Calendar


async def test_the_calendar_says_what_it_would_bring_what_comes_next_and_what_is_in_force(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_setup(player)
        await turn(player, 8)
        await player.sees("The calendar is off: nothing retires by itself. Switched on, it brings:")
        await player.sees("✓ at once, since Sat 10 Oct 2026: SOAP login() asks everybody")
        await player.sees("○ first Sat 20 Feb 2027, in 87 days 10 hours:")
        await player.sees("the OAuth username-password flow")
        await player.sees("○ then Tue 01 Jun 2027")
        picklist(player, "release_calendar").value = "on"
        await player.sees("The calendar is on.")
        await player.sees("▶ next Sat 20 Feb 2027")
        picklist(player, "any_api_auth_date").value = "2026-12-01"
        await player.sees(
            "▶ next Tue 01 Dec 2026, in 6 days 10 hours: SOAP login() asks everybody for Use Any "
            "API Auth"
        )
        org.clock.set(parse_moment("2027-03-01T12:00", "Europe/London"))
        await player.sees("✓ in force since Tue 01 Dec 2026")
        await player.sees("✓ in force since Sat 20 Feb 2027")
        await player.sees("▶ next Tue 01 Jun 2027")
        picklist(player, "login_retirement").value = "2027-02-15"
        await player.sees(
            "✓ in force since Mon 15 Feb 2027: SOAP API login() is retired; the SOAP API itself "
            "stays"
        )
        await client_logs_in(player, accepted=False)
        assert all(
            f"setting changed: {settings()[n].label}" in " ".join(told(org))
            for n in ("release_calendar", "login_retirement")
        )


async def test_the_calendar_shows_every_dated_change_with_its_source_and_what_is_news(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file, (160, 120)) as player:
        await open_setup(player)
        await turn(player, 8)
        await player.sees("What changes in this org")
        await player.sees("• Winter '27 (off): SOAP login() asks everybody for Use Any API Auth")
        await player.sees("• April 2026 (in force): Salesforce itself freezes users")
        await player.sees("News: Salesforce changes it, and this org does not")
        await player.sees("• December 2025 (in force): Use Any API Client no longer lets users")
        await player.sees("Source: Salesforce knowledge base, KB 005228838.")
        picklist(player, "release_calendar").value = "on"
        await player.sees("• Winter '27 (in force): SOAP login() asks everybody")


@pytest.mark.parametrize("release", ["Spring '23", "Winter '26"])
async def test_the_calendar_says_what_the_orgs_release_made_different(
    tmp_path: Path, play, release: str
) -> None:
    path = tmp_path / "org.db"
    Org.create(
        path,
        seed="tests",
        frozen_at=parse_moment("2026-11-24T14:00:00Z", "UTC"),
        hashing=CHEAP,
        created_release=release,
    )
    with Org(path, CHEAP) as org:
        org.setup.choose("any_api_auth", "on")
        values = org.setup.values()
    async with play(path, (120, 60)) as player:
        await open_setup(player)
        await turn(player, 8)
        await player.sees(f"What a release makes different: this org counts as made in {release}")
        for name, (since, value) in SINCE.items():
            new = release == "Winter '26" and name != "any_api_auth"
            began = value if new else settings()[name].default
            age = "This org is newer" if new else "This org is older"
            said = (
                f"{value} in orgs created since {since}. {age}: it began {began}, and is "
                f"{values[name]} now."
            )
            await player.sees(f"{settings()[name].label}: {said}")


# ---- Columns of buttons


@given(widths=st.lists(st.integers(8, 30), min_size=1, max_size=9), room=st.integers(8, 120))
def test_buttons_get_as_few_rows_as_have_room_and_rows_of_one_length(
    widths: list[int], room: int
) -> None:
    columns = columns_for(widths, room)
    assert all(width <= columns[place % len(columns)] for place, width in enumerate(widths)), (
        "no button is cut"
    )
    assert len(columns) == 1 or sum(columns) + len(columns) - 1 <= room
    rows = -(-len(widths) // len(columns))
    assert len(columns) == -(-len(widths) // rows), "no row is longer than it must be"
    if rows > 1:
        wider = -(-len(widths) // (rows - 1))
        assert sum(max(widths[place::wider]) for place in range(wider)) + wider - 1 > room, (
            "one row less has no room"
        )
    if len(columns) * (max(widths) + 1) - 1 <= room:
        assert set(columns) == {max(widths)}, "one width where it fits"


async def test_a_single_button_is_as_wide_as_its_label_on_whichever_tab(
    org_file: Path, play
) -> None:
    async with play(org_file, (160, 50)) as player:
        await open_setup(player)
        await player.press("6")
        await player.sees("Connected apps")
        only = player.app.main.page.query_one("#edit-app")
        await player.until(lambda: 0 < only.region.width < 20, "the button got its columns")

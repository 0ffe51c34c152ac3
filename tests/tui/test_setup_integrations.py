"""Setup, Integrations: shown, paused, started, made, edited, and refused in the dialog."""

from pathlib import Path

import pytest
from textual.widgets import Button, DataTable, Input, Select

from freshtoken_model.org import Org
from freshtoken_model.simulation.integrations import HABITS, KINDS, RETRIES
from freshtoken_model.values.citations import marks_in_words
from freshtoken_model.values.clock import DAY, HOUR, MINUTE, parse_moment

from ..world import CHEAP, FRIDAY
from .test_setup_screen import open_setup
from .test_setup_users import closed, opened, told


@pytest.fixture
def night_file(tmp_path: Path) -> Path:
    """Three integrations on one user."""
    path = tmp_path / "night.db"
    Org.create(path, seed="night", frozen_at=FRIDAY, hashing=CHEAP, preset="night")
    return path


async def open_integrations(player, name=None):
    """The tab, with the cursor on a client."""
    await open_setup(player, "setup-integrations")
    table = player.app.main.page.query_one("#integrations", DataTable)
    await player.until(lambda: table.row_count > 0, "the integrations")
    table.focus()
    names = [client.name for client in player.app.org.view.clients if not client.outside]
    await player.press("ctrl+home", *["down"] * (names.index(name) if name else 0))
    return table


def rows(table: DataTable) -> list[list[str]]:
    return [[str(cell) for cell in table.get_row_at(n)] for n in range(table.row_count)]


def put(player, **values: str) -> None:
    """Fill in fields and picklists by id."""
    for name, value in values.items():
        field = player.app.screen.query_one(f"#{name.replace('_', '-')}")
        assert isinstance(field, Input | Select)
        field.value = value


def typed(player, *names: str) -> list[object]:
    return [player.app.screen.query_one(f"#{name}").value for name in names]


async def test_the_table_tells_of_every_client_with_and_without_a_schedule(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file, (120, 40)) as player:
        table = await open_integrations(player)
        assert [str(column.label) for column in table.ordered_columns] == [
            "API client",
            "As",
            "State",
            "Next run",
            "Session",
            "When refused",
        ]
        assert rows(table) == [
            [
                "Nightly sync",
                "integration@acme.example",
                "✓ connected",
                "Wed 25 Nov 02:00",
                "logs in every run",
                "one attempt",
            ],
            ["Sales dashboard", "sam@acme.example", "○ not logged in", "no schedule", "", ""],
            ["Data bridge", "integration@acme.example", "○ not logged in", "no schedule", "", ""],
        ]
        await player.sees(
            "Nightly sync: every day, SOAP login(), logs in every run, one attempt. Next: Wed 25 "
            "Nov 02:00."
        )
        await player.sees(marks_in_words(f"{RETRIES['none'].teaches} {RETRIES['none'].source}"))
        await player.press("down")
        await player.sees("It calls only when it is told to. Edit gives it a schedule.")
        for name in ("#pause-client", "#remove-schedule"):
            assert player.app.main.page.query_one(name, Button).disabled


async def test_states_have_a_glyph_and_a_word_each(night_file: Path, play) -> None:
    with Org(night_file, CHEAP) as org:
        org.integrations.change("Nightly", habit="every_run", retry="breaker")
        org.integrations.pause("Order")
        for client in org.clients.all():
            org.clients.hold(client.id, token="")
        org.setup.choose("max_attempts", "3")
        org.clock.advance(HOUR)
    async with play(night_file) as player:
        table = await open_integrations(player)
        states = {row[0]: (row[2], row[3]) for row in rows(table)}
        assert states["Nightly sync"] == ("■ stopped by itself", "-")
        assert states["Order feed"] == ("❚❚ paused", "-")
        assert states["Legacy export"][0] == "■ locked out"
        await player.sees("Start p")
        await player.press("p")
        await player.until(
            lambda: rows(table)[0][2].startswith(("■ locked", "✗ blocked")), "it runs again"
        )
        await player.sees("Pause p")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_show_opens_a_client_in_the_pane(org_file: Path, play, size) -> None:
    async with play(org_file, size) as player:
        await open_integrations(player, "Sales dashboard")
        await player.press("s")
        await player.until(
            lambda: player.app.org.view.client.name == "Sales dashboard", "the client is shown"
        )
        await player.sees("API client · Sales dashboard")
        await player.sees("OAuth username-password")


async def test_pause_and_start_are_felt_shown_and_told(org_file: Path, org: Org, play) -> None:
    async with play(org_file) as player:
        table = await open_integrations(player)
        player.app.main.page.query_one("#pause-client").focus()
        await player.sees("Pause: it does not run until it is started.")
        await player.press("enter")
        await player.until(lambda: rows(table)[0][2:4] == ["❚❚ paused", "-"], "paused")
        assert org.integrations.get("Nightly").paused
        await player.push("Start")
        await player.until(lambda: rows(table)[0][3] == "Wed 25 Nov 02:00", "started")
        assert not org.integrations.get("Nightly").paused
        assert told(org)[-2:] == [
            "integration Nightly sync: paused",
            "integration Nightly sync: started again",
        ]


async def test_a_new_integration_is_refused_until_it_is_right_and_nothing_typed_is_lost(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    async with play(org_file, (80, 24)) as player:
        table = await open_integrations(player)
        await player.press("n")
        await opened(player, "New integration")
        put(
            player,
            client_name="nightly SYNC",
            plan_username="sam@acme.example",
            plan_network="office",
            plan_kind="jsforce",
        )
        put(player, plan_password="Velvet-Train-9", plan_first="mon 9:00")
        for name, value, said in (
            ("plan_every", "quarter", "✗ An integration needs an interval, such as 15m or 1d."),
            ("plan_every", "1s1", "✗ 'quarter' is not a duration; write it like 15m, 1h30m, 2d or"),
            ("plan_every", "0m", "✗ '1s1' is not a duration"),
            ("client_name", "Invoices", "✗ There is an API client 'nightly SYNC' already."),
            (
                "plan_every",
                "9999d",
                "✗ An integration runs at least every second, at most once a year.",
            ),
            (
                "plan_every",
                "15m",
                "✗ An integration runs at least every second, at most once a year.",
            ),
        ):
            await player.push("Save")
            await player.sees(said)
            assert typed(player, "plan-username", "plan-kind", "plan-first", "plan-password") == [
                "sam@acme.example",
                "jsforce",
                "mon 9:00",
                "Velvet-Train-9",
            ]
            assert len(org.integrations.all()) == 1
            put(player, **{name: value})
            await player.until(
                lambda: "✗" not in player.screen(), "what was refused is no longer said"
            )
        await player.sees(
            "Saving makes an API client that runs every 15 minutes, first Mon 30 Nov 09:00. It "
            "holds what was typed."
        )
        await player.push("Save")
        await closed(player)
        made = org.integrations.get("Invoices")
        assert (made.every, made.next_due) == (
            15 * MINUTE,
            parse_moment("2026-11-30T09:00", "Europe/London"),
        )
        assert (made.protocol, made.habit, made.retry) == ("soap", "keep", "loop")
        client = org.clients.get(made.client_id)
        assert (client.username, client.password, client.network) == (
            "sam@acme.example",
            "Velvet-Train-9",
            "office",
        )
        await player.says(toasts, "Invoices: saved.")
        await player.until(
            lambda: table.cursor_row == 3 and rows(table)[3][0] == "Invoices",
            "the cursor on the new one",
        )
        assert any(
            line.startswith("integration Invoices: new, every 15 minutes") for line in told(org)
        )


async def test_each_program_and_each_retry_says_what_it_teaches_and_where_it_is_known_from(
    org_file: Path, play
) -> None:
    async with play(org_file, (120, 40)) as player:
        await open_integrations(player)
        await player.press("n")
        await opened(player, "New integration")
        for name, kind in KINDS.items():
            put(player, plan_kind=name)
            await player.sees(
                marks_in_words(
                    f"{kind.source} It {HABITS[kind.habit]}. {RETRIES[kind.retry].teaches} "
                    f"{RETRIES[kind.retry].source}"
                )
            )
        await player.press("escape")
        await closed(player)
        await player.press("e")
        await opened(player, "Edit Nightly sync")
        for name, retry in RETRIES.items():
            put(player, plan_retry=name)
            await player.sees(marks_in_words(f"{retry.teaches} {retry.source}"))
        for name, words in HABITS.items():
            put(player, plan_habit=name)
            await player.sees(f"It {words}.")


async def test_what_is_edited_is_said_before_and_the_rest_stays(
    org_file: Path, org: Org, play, toasts: list[str]
) -> None:
    before = org.integrations.get("Nightly")
    async with play(org_file) as player:
        await open_integrations(player)
        await player.press("e")
        await opened(player, "Edit Nightly sync")
        await player.sees("Nothing is changed yet.")
        await player.push("Save")
        await player.sees("✗ Nothing is changed yet.")
        put(player, plan_retry="breaker", plan_network="home")
        await player.sees(
            "Saving changes: when refused: stops on INVALID_LOGIN; where it calls from."
        )
        await player.push("Save")
        await closed(player)
        after = org.integrations.get("Nightly")
        assert (after.every, after.anchor, after.next_due, after.habit) == (
            DAY,
            before.anchor,
            before.next_due,
            "every_run",
        )
        client = org.clients.get(after.client_id)
        assert (after.retry, client.network, client.password) == (
            "breaker",
            "home",
            "Harbour-Light-7",
        )
        await player.press("e")
        await opened(player, "Edit Nightly sync")
        put(player, plan_every="1h30m")
        await player.sees("Saving changes: it runs every 90 minutes, first one interval from now.")
        await player.push("Save")
        await closed(player)
        after = org.integrations.get("Nightly")
        assert (after.every, after.next_due, after.retry) == (
            90 * MINUTE,
            before.anchor - 12 * HOUR + 90 * MINUTE,
            "breaker",
        )
        await player.says(toasts, *["Nightly sync: saved."] * 2)


async def test_a_client_without_a_schedule_gets_one_and_loses_it_again(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        table = await open_integrations(player, "Sales dashboard")
        await player.press("e")
        await opened(player, "Edit Sales dashboard")
        put(player, plan_every="1h", plan_retry="four", plan_protocol="soap")
        await player.push("Save")
        await closed(player)
        plan = org.integrations.get("Sales")
        assert (plan.every, plan.retry, plan.habit, plan.protocol) == (
            HOUR,
            "four",
            "every_run",
            "soap",
        )
        await player.until(lambda: rows(table)[1][3] == "Tue 24 Nov 15:00", "its next run")
        await player.press("x")
        await opened(player, "Remove the schedule of Sales dashboard? The client stays")
        await player.press("escape")
        await closed(player)
        assert len(org.integrations.all()) == 2
        await player.press("x", "y")
        await player.until(lambda: rows(table)[1][3] == "no schedule", "no schedule")
        assert told(org)[-1] == "integration Sales dashboard: no schedule any more"


async def test_the_newest_token_is_pasted_or_it_is_said_that_there_is_none(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file, (80, 24)) as player:
        await open_integrations(player)
        await player.press("e")
        await opened(player, "Edit Nightly sync")
        await player.push("Paste newest token")
        await player.sees("✗ No mail to integration@acme.example carries a security token.")
        org.tokens.reset("integration")
        token = org.mail.newest_token("integration@acme.example")
        await player.push("Paste newest token")
        await player.until(
            lambda: typed(player, "plan-token") == [token], "the token is in the field"
        )
        assert token is not None and token not in player.screen(), "as dots"
        await player.sees("Saving changes: its token.")
        await player.push("Save")
        await closed(player)
        assert org.clients.get(1).holds == "live"

"""ctrl+s: real clients call the open org, and what happens to them is seen while one watches."""

import asyncio
import socket
from pathlib import Path

import requests
from simple_salesforce import SalesforceAuthenticationFailed, SalesforceLogin

from freshtoken_model.org import Org
from freshtoken_tui.client_pane.gate_trace import GateTrace
from freshtoken_tui.client_pane.wire_view import WireView

from ..world import INTEGRATION as USER
from ..world import PASSWORD

TALL = (160, 110)
NAME = "simple-salesforce as integration"


async def open_ports(player) -> str:
    """Open the ports; where plain HTTP answers."""
    await player.press("ctrl+s")
    await player.sees("Real clients may call now")
    await player.press("escape")
    return player.app.serving.server.addresses.http


async def call(url: str, password: str, token: str) -> str:
    """simple-salesforce logs in, unmodified; its session ID, or the code it was refused with."""
    try:
        found, _ = await asyncio.to_thread(
            SalesforceLogin, username=USER, password=password, security_token=token, scratch_url=url
        )
    except SalesforceAuthenticationFailed as refused:
        return str(refused.code)
    return found


async def test_the_light_changes_while_an_outside_client_is_let_in_refused_and_let_in_again(
    org_file: Path, org: Org, token: str, play
) -> None:
    async with play(org_file, TALL) as player:
        url = await open_ports(player)
        await player.sees(f"serving :{url.rpartition(':')[2]}")
        assert (await call(url, PASSWORD, token)).startswith("00D")
        await player.sees(f"API client · {NAME}")
        await player.sees("✓ CONNECTED session ID received")

        org.passwords.change(USER, PASSWORD, "Fresh-Start-88")
        assert await call(url, "Fresh-Start-88", token) == "INVALID_LOGIN"
        await player.sees(
            "✗ BLOCKED INVALID_LOGIN: Invalid username, password, security token; or user locked "
            "out."
        )
        await player.sees("■□□□□□□□□□ 1 of 10")
        await player.sees("◆ password")
        await player.sees("holds its own credentials")
        await player.press("ctrl+t")
        await player.sees("retired 14:00 by the password change")

        fresh = org.mail.newest_token(USER) or ""
        assert (await call(url, "Fresh-Start-88", fresh)).startswith("00D")
        await player.sees("✓ CONNECTED")


async def test_wire_shows_what_an_outside_client_sent_and_no_secret_until_asked(
    org_file: Path, token: str, play
) -> None:
    async with play(org_file, TALL) as player:
        url = await open_ports(player)
        session = await call(url, PASSWORD, token)
        await player.sees("POST /services/Soap/u/59.0")
        await player.sees("<n1:username>integration@acme.example</n1:username>")
        assert token not in player.screen() and session[-40:] not in player.screen()
        answer = await asyncio.to_thread(
            requests.get,
            f"{url}/services/data/v59.0/query",
            params={"q": "SELECT Id FROM Account"},
            headers={"Authorization": f"Bearer {session}"},
            timeout=5,
        )
        assert answer.status_code == 200
        await player.sees('"totalSize": 5')
        player.app.client.pane.query_one(WireView).focus()
        await player.press("r")
        await player.sees("authorization: Bearer ••••••••")
        await player.sees('"totalSize":5')
        assert session[-40:] not in player.screen()


async def test_the_attempts_say_what_a_retry_habit_costs(org_file: Path, token: str, play) -> None:
    async with play(org_file, TALL) as player:
        url = await open_ports(player)
        assert (await call(url, PASSWORD, token)).startswith("00D")
        for _ in range(4):
            assert await call(url, PASSWORD, "x" * 24) == "INVALID_LOGIN"
        for _ in range(3):
            await player.press("ctrl+t")
        await player.sees(f"{NAME}: one wrong token, four counted attempts.")


async def test_the_second_ctrl_s_closes_the_ports(org_file: Path, play, toasts: list[str]) -> None:
    async with play(org_file) as player:
        url = await open_ports(player)
        port = int(url.rpartition(":")[2])
        await player.press("ctrl+s")
        await player.until(lambda: "The ports are closed." in toasts, "they were closed")
        assert "serving" not in player.screen()
        with socket.socket() as caller:
            assert caller.connect_ex(("127.0.0.1", port)) != 0


async def test_whoever_is_at_work_in_the_pane_is_not_taken_elsewhere(
    org_file: Path, token: str, play
) -> None:
    async with play(org_file, TALL) as player:
        url = await open_ports(player)
        await player.press("f8")
        await call(url, PASSWORD, token)
        await player.until(
            lambda: any(client.outside for client in player.app.org.view.clients),
            "the client is known",
        )
        await player.sees("API client · Nightly sync")
        assert player.app.client.pane in player.app.focused.ancestors


async def test_what_an_outside_client_holds_cannot_be_changed_here(
    org_file: Path, token: str, play, toasts: list[str]
) -> None:
    async with play(org_file, TALL) as player:
        await call(await open_ports(player), PASSWORD, token)
        await player.sees(f"API client · {NAME}")
        await player.until(
            lambda: "Newest token" in (screen := player.screen()) and "Token " not in screen,
            "its secrets are left out",
        )
        await player.app.run_action("command('client_login')")
        await player.until(
            lambda: any("This client is outside" in said for said in toasts), "it says so"
        )


async def test_a_client_without_a_password_survives_its_change(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file, TALL) as player:
        player.app.client.show_client(3)
        await player.sees("API client · Data bridge")
        await player.sees("It presents no password. Change the one of integration@acme.example")
        for _ in range(2):
            for action, told in (
                ("client_login", "✓ CONNECTED session ID received"),
                ("client_query", "5 records returned"),
            ):
                player.app.action_command(action)
                await player.sees(told)
                await player.until(lambda: not player.app.client.pane.busy, "the client is idle")
            if org.users.get(USER).demo_password:
                org.passwords.change(USER, PASSWORD, "Fresh-Start-88")
        await player.sees("a password change does not touch it")
        await player.press("ctrl+t")
        player.app.client.pane.query_one(GateTrace).focus()
        await player.press("g")
        await player.sees("this flow presents neither")


async def test_permissions_are_given_and_taken_at_once(org_file: Path, org: Org, play) -> None:
    async with play(org_file, (120, 40)) as player:
        await player.press("f4")
        await player.sees("you act as the org's admin")
        await player.push("Permissions")
        await player.sees("○ lacks Multi-Factor Authentication for API Logins")
        await player.press("down", "down", "down", "enter")
        await player.sees("✓ has Multi-Factor Authentication for API Logins")
        assert org.users.get(USER).mfa_api and not org.tokens.offer(USER).offered
        await player.press("a")
        await player.until(
            lambda: org.users.get(USER).authenticator, "an authenticator is registered"
        )
        await player.sees(f"The authenticator shows {org.users.authenticator_code(USER)}")
        await player.press("up", "up", "up", "enter", "escape")
        await player.until(lambda: not org.users.get(USER).api_enabled, "API Enabled was taken")


async def test_a_program_that_asks_for_an_api_freshtoken_does_not_have_is_named_once(
    org_file: Path, play, toasts: list[str]
) -> None:
    async with play(org_file, (120, 40)) as player:
        url = await open_ports(player)
        for path in (
            "/services/async/64.0/job",
            "/services/async/64.0/job/7",
            "/services/Soap/m/64.0",
        ):
            await asyncio.to_thread(
                requests.post,
                f"{url}{path}",
                headers={"User-Agent": "nightly-export/1.0"},
                timeout=5,
            )
        await player.says(
            toasts,
            *(
                f"nightly-export/1.0 asked for the {name}, which freshtoken does not have."
                for name in ("Bulk API", "Metadata API")
            ),
        )

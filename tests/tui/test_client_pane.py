"""The API client pane: what it holds, what it shows and hides, and what it never loses."""

from pathlib import Path

from textual.widgets import Input, Select

from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY
from freshtoken_tui.client_pane.gate_trace import GateTrace
from freshtoken_tui.client_pane.wire_view import WireView

from ..world import INTEGRATION, PASSWORD

TALL = (160, 110)
"""A window in which a whole exchange fits without scrolling."""


def held(player, name) -> Input:
    return player.app.client.pane.query_one(f"#client-{name}", Input)


def squeezed(player) -> str:
    """All characters of the pane without blanks and borders: a secret may be wrapped, not hidden by
    it.
    """
    region = player.app.client.pane.region
    lines = player.screen().split("\n")[region.y : region.bottom]
    return "".join(
        "".join(line[region.x : region.right] for line in lines)
        .replace("│", "")
        .replace("▌", "")
        .split()
    )


async def logs_in(player, accepted=True):
    """The client logs in; wait for what comes of it."""
    await player.until(lambda: not player.app.client.pane.busy, "the call before is over")
    before = player.app.org.view.attempts[0].event.id
    await player.app.run_action("command('client_login')")
    await player.until(
        lambda: (
            player.app.org.view.attempts[0].event.id > before and not player.app.client.pane.busy
        ),
        "an answer",
    )
    assert player.app.org.view.attempts[0].accepted is accepted


async def test_secrets_are_dots_until_asked_in_the_fields_on_the_wire_and_in_the_code(
    org_file: Path, token: str, play
) -> None:
    async with play(org_file, TALL) as player:
        await logs_in(player)
        await player.sees("← 200 OK")
        await player.sees("→ POST /services/Soap/u/64.0")
        session = player.app.org.view.client.session
        assert session
        assert session in player.app.org.api_client.exchanges[-1].response.body
        shows = {
            "Wire": (PASSWORD, token, session),
            "Why": (),
            "Code": (PASSWORD, token),
            "Attempts": (),
        }
        for revealed in (False, True, False):
            for tab, shown in shows.items():
                for secret in shown:
                    await player.until(
                        lambda s=secret, r=revealed: (s in squeezed(player)) is r,
                        f"{tab}, {revealed=}",
                    )
                if not revealed:
                    assert not [s for s in (PASSWORD, token, session) if s in squeezed(player)], tab
                await player.app.run_action("command('client_tab')")
            await player.press("ctrl+r")
            await player.until(
                lambda r=revealed: held(player, "token").password is r, "the fields followed"
            )
        await player.press("ctrl+r")
        await player.until(lambda: held(player, "token").password, "dots again")
        player.app.client.pane.query_one(WireView).focus()
        await player.press("r")
        await player.sees("HTTP/1.1 200 OK")
        await player.sees("→ POST /services/Soap/u/64.0 HTTP/1.1")
        assert not [s for s in (PASSWORD, token, session) if s in squeezed(player)], "exact bytes"


async def test_the_wire_shows_answer_and_request_of_a_refusal_and_of_a_query(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file, TALL) as player:
        await player.sees(
            "This login took place before or elsewhere: this is what the org knows of it."
        )
        await player.app.run_action("command('client_query')")
        await player.sees("<urn:queryString>SELECT Id, Name FROM Account LIMIT 5</urn:queryString>")
        await player.sees("Kestrel Optics")
        org.tokens.reset("integration")
        await logs_in(player, accepted=False)
        await player.until(
            lambda: player.app.client.pane.has_class("-why"), "Why opens at the first refusal"
        )
        await player.sees("All that the client is told")
        await player.press("ctrl+t", "ctrl+t", "ctrl+t")
        await player.sees("← 500 Internal Server Error")
        await player.until(
            lambda: "<faultcode>INVALID_LOGIN</faultcode>" in squeezed(player), "the fault"
        )
        await player.sees(f"<urn:username>{INTEGRATION}</urn:username>")
        await player.sees("<urn:password>••••••••</urn:password>")


async def test_the_code_tab_speaks_three_languages_and_copies_with_the_secrets(
    org_file: Path, token: str, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await player.press("ctrl+t", "ctrl+t")
        for language, words in (
            ("jsforce", "new jsforce.Connection"),
            ("curl", "curl https://login.salesforce.com/services/Soap/u/64.0"),
            ("simple-salesforce", "from simple_salesforce import Salesforce"),
        ):
            await player.push(language)
            await player.sees(words)
            toasts.clear()
            await player.push("Copy")
            await player.says(toasts, f"{language} source, with the secrets in it: copied.")
            assert words in player.app.clipboard
            assert PASSWORD in player.app.clipboard
            assert token in player.app.clipboard
            assert token not in squeezed(player)


async def test_a_chosen_attempt_shows_its_own_why_until_the_client_logs_in_again(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        org.clients.hold(1, password="wrong-1")
        await player.until(
            lambda: player.app.org.view.client.password == "wrong-1", "the client holds it"
        )
        await logs_in(player, accepted=False)
        org.clients.hold(1, password=PASSWORD)
        await player.until(
            lambda: player.app.org.view.client.password == PASSWORD, "the client holds it"
        )
        await logs_in(player)
        await player.press("ctrl+t", "ctrl+t", "ctrl+t")
        await player.sees("3 attempts with this username, 1 refused.")
        player.app.client.pane.query_one("#attempts").focus()
        await player.pilot.pause()
        await player.press("down", "enter")
        await player.sees("password wrong")
        await player.sees("All that the client is told INVALID_LOGIN: Invalid username")
        player.app.client.pane.query_one(GateTrace).focus()
        await player.press("end")
        await player.sees("A wrong password counts toward the lockout.")
        await player.sees("CONNECTED")
        await logs_in(player)
        await player.sees("Every gate passed")


async def test_in_a_small_window_the_client_has_a_focus_though_its_fields_make_room_for_why(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file, (80, 24)) as player:
        org.tokens.reset("integration")
        await logs_in(player, accepted=False)
        await player.sees("All that the client is told")
        await player.sees("sends password right ✓ + token retired ✗")
        await player.focuses("client-login")


async def test_lock_and_key_stand_side_by_side_beside_a_desk_page_too(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await player.press("f5", "f8")
        await player.sees("right ✓ live ✓ ━━ since 23 Sep mailed 24 Sep")
        await player.sees("Both halves fit.")


async def test_pasting_a_token_that_nobody_mailed_warns_and_changes_nothing(
    org_file: Path, org: Org, token: str, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        await player.press("f10")
        await player.says(toasts, f"No mail to {INTEGRATION} carries a token.")
        assert org.clients.all()[0].token == token
        org.tokens.reset("integration")
        await player.press("f10")
        await player.until(
            lambda: org.clients.all()[0].token == org.mail.newest_token(INTEGRATION),
            "the newest token",
        )
        await player.sees("token: live ✓")


async def test_network_protocol_and_version_are_kept_in_the_org_file(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        networks = {network.name: network.id for network in org.setup.networks()}
        player.app.client.pane.query_one("#client-network", Select).value = networks["office"]
        await player.until(lambda: org.clients.all()[0].network == "office", "the network is kept")
        await player.sees("Office · trusted 198.51.100.20")
        player.app.client.pane.query_one("#client-version", Select).value = "65.0"
        await player.until(
            lambda: org.clients.all()[0].api_version == "65.0", "the version is kept"
        )
        await logs_in(player, accepted=False)
        await player.sees(
            "The SOAP Login operation is not available in the API version specified (65.0)"
        )
        player.app.client.pane.query_one("#client-protocol", Select).value = "oauth"
        await player.until(lambda: org.clients.all()[0].protocol == "oauth", "the protocol is kept")
    async with play(org_file) as player:
        await player.sees("From Office · trusted 198.51.100.20")
        await player.sees("OAuth username-password")


async def test_an_oauth_client_gets_in_and_queries_over_rest(
    org_file: Path, org: Org, play
) -> None:
    org.clients.hold(1, protocol="oauth")
    async with play(org_file, TALL) as player:
        await logs_in(player)
        await player.sees("CONNECTED")
        await player.sees("POST /services/oauth2/token")
        await player.sees("grant_type=password")
        await player.app.run_action("command('client_query')")
        await player.sees("GET /services/data/v64.0/query")
        await player.sees("5 records returned")
        org.tokens.reset("integration")
        await logs_in(player, accepted=False)
        await player.sees("invalid_grant: authentication failure")


async def test_typing_is_not_lost_when_another_process_changes_the_org(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        for name in ("username", "password", "token"):
            field = held(player, name)
            field.focus()
            await player.pilot.pause()
            field.value = f"half-typed {name}"
            field.cursor_position = 4
            org.clock.advance(60_000)
            moment = org.clock.read().seen_org
            await player.until(
                lambda m=moment: player.app.org.view.clock.seen_org == m, "the change is seen"
            )
            await player.pilot.pause()
            assert (field.value, field.cursor_position, field.has_focus) == (
                f"half-typed {name}",
                4,
                True,
            )


async def test_a_field_that_was_emptied_stays_empty_when_another_process_changes_the_org(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        field = held(player, "token")
        field.focus()
        await player.pilot.pause()
        field.value = ""
        org.clock.advance(60_000)
        moment = org.clock.read().seen_org
        await player.until(
            lambda: player.app.org.view.clock.seen_org == moment, "the change is seen"
        )
        await player.pilot.pause()
        assert field.value == ""
        await logs_in(player, accepted=False)
        await player.sees("LOGIN_MUST_USE_SECURITY_TOKEN")


async def test_an_open_picklist_stays_open_when_another_process_changes_the_org(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        network = player.app.client.pane.query_one("#client-network", Select)
        network.focus()
        await player.pilot.pause()
        await player.press("enter")
        await player.sees("Home 192.0.2.44")
        org.clock.advance(60_000)
        await player.sees("14:01")
        await player.sees("Home 192.0.2.44")
        await player.press("up", "enter")
        await player.until(
            lambda: org.clients.all()[0].network == "home", "the one above was chosen"
        )


async def test_the_palette_shows_the_other_client_and_leads_back(org_file: Path, play) -> None:
    async with play(org_file) as player:
        entries = {entry.name: entry.run for entry in player.app.palette()}
        entries["API client: Sales dashboard"]()
        await player.sees("API client · Sales dashboard")
        await player.until(
            lambda: held(player, "username").value == "sam@acme.example", "what it holds"
        )
        await player.sees("NOT LOGGED IN")
        await player.sees("OAuth username-password")
        await player.app.run_action("command('client_login')")
        await player.sees("CONNECTED")
        await player.sees("session ID received")
        entries["API client: Nightly sync"]()
        await player.sees("API client · Nightly sync")
        await player.until(lambda: held(player, "username").value == INTEGRATION, "what it holds")
        await player.until(
            lambda: "session ID received" not in player.screen(),
            "the words of the other client are gone",
        )


async def test_what_was_typed_for_one_client_does_not_go_into_the_other(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        held(player, "password").focus()
        await player.pilot.pause()
        held(player, "password").value = "typed-for-nightly-1"
        await player.press("ctrl+p")
        await player.until(lambda: len(player.app.screen_stack) == 2, "the palette")
        player.app.screen.query_one(Input).value = "Sales dashboard"
        await player.sees("as sam@acme.example")
        await player.press("enter")
        await player.sees("API client · Sales dashboard")
        await player.app.run_action("command('client_login')")
        await player.until(
            lambda: player.app.org.view.client.light != "idle" and not player.app.client.pane.busy,
            "an answer",
        )
        assert org.clients.all()[1].password == "Velvet-Train-9"
        assert org.clients.all()[0].password == "typed-for-nightly-1"


async def test_an_expired_password_has_a_light_of_its_own(org_file: Path, org: Org, play) -> None:
    org.clock.advance(40 * DAY)
    async with play(org_file) as player:
        await logs_in(player)  # the light is that of last night's run already
        await player.sees("PASSWORD EXPIRED")
        await player.sees("Real clients loop on this: log in, fail, log in.")
        await player.app.run_action("command('client_query')")
        await player.sees("INVALID_OPERATION_WITH_EXPIRED_PASSWORD")

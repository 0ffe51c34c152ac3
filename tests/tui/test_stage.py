"""The moment the product exists for, as it is seen: lock and key, consequences, the riddle and Why."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import TabbedContent

from freshtoken_model.org import Org
from freshtoken_tui.client_pane.lock_and_key import LockAndKey
from freshtoken_tui.client_pane.pretty import folded
from freshtoken_tui.client_pane.timeline import ClientTimeline
from freshtoken_tui.client_pane.wire_view import WireView
from freshtoken_tui.parts.ending import seen
from freshtoken_tui.widgets.consequence_tree import ConsequenceTree

from ..world import CHEAP, PASSWORD

NEW = "Friday-Evening-5"


async def change(player, new: str = NEW) -> None:
    """Somebody else's change: the screens follow the org."""
    with Org(player.app.org.path, CHEAP) as org:
        org.passwords.change("integration", PASSWORD, new)
    await player.until(lambda: player.app.org.view.client.holds == "retired", "the change is seen")
    await player.until(
        lambda: player.app.org.view.fit.password == "old", "the old password was verified"
    )


async def hold(player, **fields: str | int) -> None:
    with Org(player.app.org.path, CHEAP) as org:
        org.clients.hold(org.clients.all()[0].id, **fields)
        wanted = org.clients.all()[0]
    await player.until(lambda: player.app.org.view.client == wanted, f"the client holds {fields}")
    await player.until(
        lambda: player.app.org.view.fit.password != "unchecked", "the password was verified"
    )


def mailed(org_file: Path) -> str:
    with Org(org_file, CHEAP) as org:
        token = org.mail.newest_token("integration@acme.example")
    assert token is not None
    return token


async def log_in(player) -> None:
    before = player.app.client.pane.answered
    await player.press("f9")
    await player.until(lambda: player.app.client.pane.answered > before, "an answer")


@pytest.mark.parametrize("size", [(120, 40), (160, 50), (80, 24)])
async def test_lock_and_key_break_at_the_change_and_close_again(
    org_file: Path, play, size: tuple[int, int]
) -> None:
    async with play(org_file, size) as player:
        small = size[0] < 110
        await player.sees("password right ✓" if small else "right ✓")
        await change(player)
        await player.sees("password old ✗ + token retired ✗" if small else "old ✗")
        if not small:
            await player.sees("Neither half fits.")
        await hold(player, password=NEW)
        await player.sees("password right ✓ + token retired ✗" if small else "╍╍")
        token = mailed(org_file)
        await hold(player, token=token)
        await player.sees("token live ✓" if small else "Both halves fit.")


async def test_from_a_trusted_range_the_token_half_is_not_asked_for(org_file: Path, play) -> None:
    async with play(org_file) as player:
        with Org(org_file, CHEAP) as org:
            office = org.setup.network("office").id
            org.clients.hold(org.clients.all()[0].id, network_id=office, token="")
        await player.sees("From this network no token is asked for.")
        await player.sees("not asked")


async def test_a_client_without_a_password_has_no_halves(org_file: Path, play) -> None:
    async with play(org_file) as player:
        bridge = next(c for c in player.app.org.view.clients if c.name == "Data bridge")
        player.app.client.show_client(bridge.id)
        await player.sees("presents no password")
        assert "a token is needed" not in player.screen()


async def test_the_light_is_amber_while_an_old_session_hides_it(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await player.sees("✓ CONNECTED")
        await change(player)
        await player.sees("● CONNECTED")


async def test_a_second_enter_after_the_change_does_not_do_the_next_thing(
    org_file: Path, play
) -> None:
    async with play(org_file) as player:
        await player.press("enter")
        await player.sees("Logged in as")
        await player.press("ctrl+n")
        await player.sees("Your security token stops working")
        await player.press("enter", "enter")  # what both fields offer
        await player.until(
            lambda: player.app.focused is not None and player.app.focused.id == "change",
            "the button has the focus",
        )
        await player.press("enter")
        await player.sees("Your password was changed.")
        await player.until(
            lambda: isinstance(player.app.focused, ConsequenceTree), "what was done has the focus"
        )
        answered = player.app.client.pane.answered
        await player.press("enter", "enter")
        await player.pilot.pause()
        assert player.app.client.pane.answered == answered
        await player.sees("Nightly sync still holds the old")


async def test_the_riddle_is_kept_until_why_is_opened(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await change(player)
        await log_in(player)  # the first refusal opens Why by itself
        pane = player.app.client.pane
        await player.until(
            lambda: pane.query_one(TabbedContent).active == "tab-why", "Why opened by itself"
        )
        await player.sees("token: retired ✗")
        pane.query_one(TabbedContent).active = "tab-wire"
        await player.pilot.pause()
        await hold(player, password=NEW)
        await log_in(player)
        await player.sees("token: held ?")
        await player.sees("Why tells which half does not fit")
        assert "retired ✗" not in player.screen()
        await player.press("ctrl+t")
        await player.sees("token: retired ✗")
        await player.sees("The password fits, the token does not")


async def test_a_trainer_can_have_it_told_at_once(org_file: Path, play) -> None:
    async with play(org_file) as player:
        player.app.settings.reveal = "always"
        player.app.client.pane._why_is_new = False
        await change(player)
        await log_in(player)
        await player.sees("token: retired ✗")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_why_stands_beside_all_that_the_client_is_told(
    org_file: Path, play, size: tuple[int, int]
) -> None:
    async with play(org_file, size) as player:
        await change(player)
        await hold(player, password=NEW)
        if size[0] < 110:
            await player.press("f8")
        await log_in(player)
        await player.sees("10 checks passed")
        await player.sees("Security token password right, token retired")
        await player.sees("The right one was mailed at")
        await player.sees("All that the client is told")
        await player.sees("INVALID_LOGIN: Invalid username, password,")


async def test_g_shows_the_gates_that_passed_and_s_where_the_rule_is_known_from(
    org_file: Path, play
) -> None:
    async with play(org_file) as player:
        await change(player)
        await log_in(player)
        await player.sees("checks passed")
        player.app.main.set_focus(player.app.client.pane.query_one("GateTrace"))
        await player.press("g")
        await player.sees("API version")
        await player.press("s")
        await player.until(lambda: len(player.app.screen_stack) == 2, "the sources")
        await player.sees("official documentation, checked")


async def test_the_wire_is_indented_and_r_shows_every_byte(
    org_file: Path, play, toasts: list[str], monkeypatch
) -> None:
    copied: list[str] = []
    async with play(org_file) as player:
        await change(player)
        await log_in(player)
        pane = player.app.client.pane
        pane.query_one(TabbedContent).active = "tab-wire"
        await player.sees("<faultcode>INVALID_LOGIN</faultcode>")
        assert "xmlns" not in player.screen()
        player.app.main.set_focus(pane.query_one(WireView))
        await player.press("r")
        await player.until(
            lambda: "xmlns:soapenv" in pane.query_one("#wire").content.plain, "the bytes"
        )
        monkeypatch.setattr(player.app, "copy_to_clipboard", copied.append)
        await player.press("c")
        await player.until(lambda: bool(copied), "the request was copied")
        assert copied[0].startswith("curl -X POST https://acme.my.salesforce.com/services/Soap")
        assert PASSWORD in copied[0]


WORDS = st.text(alphabet='abc <>/&{}[]"=:,\n', max_size=60)


@given(WORDS)
def test_nothing_of_a_body_is_lost_however_broken(body: str) -> None:
    """Only blanks, and the frame and namespaces of an envelope, may go."""
    kept = "".join(folded(body).split())
    assert kept == "".join(body.split()) or body.strip()[:1] in ("{", "[")


@given(st.lists(st.sampled_from(["change", "refused", "reset", "lock", "unlock"]), max_size=12))
def test_the_labels_of_the_line_never_touch(acts: list[str]) -> None:
    from freshtoken_tui.client_pane.timeline import NARROWEST, TimelinePart, _shown

    kinds = {
        "change": "password_changed",
        "reset": "token_reset",
        "lock": "locked_out",
        "unlock": "unlocked",
    }
    parts = [TimelinePart(0, kinds.get(act, ""), "blocked", tries=3) for act in acts]
    for most in (1, 2, 5, 13):
        shown = _shown(parts, most)
        assert len(shown) <= most
        assert all(len(part.label) < NARROWEST for part in shown)
        if most > 1 and any(act in ("change", "reset") for act in acts):
            assert any(part.kind in ("password_changed", "token_reset") for part in shown)


async def test_the_line_keeps_its_cause_after_many_tries(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await change(player)
        for _ in range(10):
            await log_in(player)
        await player.until(lambda: player.app.org.view.light == "locked", "locked out")
        line = player.app.client.pane.query_one(ClientTimeline).render().plain
        assert "◆ password" in line and "■ locked" in line and "✗ 9×" in line
        await player.sees("██████████ locked out, ")


async def test_the_play_ends_with_what_was_seen(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await change(player)
        await log_in(player)
        token = mailed(org_file)
        await hold(player, password=NEW, token=token)
        await log_in(player)
        await player.press("ctrl+g")
        await player.sees("What you saw")
        await player.sees("Nightly sync was refused, 1 time, in one sentence.")
        await player.sees("The fresh token from the mail let Nightly sync in again.")
        await player.push("A lab")
        await player.until(lambda: player.app.main.page.id == "page-labs", "the labs")


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (lambda org: org.users.unlock("integration"), "was ended by an admin"),
        (lambda org: org.passwords.reset("integration"), "was ended by a password reset"),
    ],
    ids=["unlocked", "reset"],
)
async def test_the_ending_tells_what_ended_the_lockout(
    org_file: Path, play, end: Callable[[Org], object], words: str
) -> None:
    async with play(org_file) as player:
        await change(player)
        for _ in range(10):
            await log_in(player)
        await player.until(lambda: player.app.org.view.light == "locked", "locked out")
        with Org(org_file, CHEAP) as org:
            end(org)
        await player.until(lambda: player.app.org.view.light != "locked", "no lockout")
        assert f"The lockout {words}" in seen(player.app.org.view)


async def test_where_no_token_is_asked_the_ending_credits_none(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await change(player)
        await log_in(player)
        await hold(player, password=NEW, token="", network_id=1)
        await log_in(player)
        await player.until(lambda: player.app.org.view.attempts[0].accepted, "let in")
        told = seen(player.app.org.view)
        assert "was refused, 1 time" in told and "fresh token" not in told


async def test_the_night_begins_from_inside(org_file: Path, play) -> None:
    async with play(org_file) as player:
        player.app.action_command("ways")
        await player.push("I know this: the night")
        await player.push("Begin the night")
        await player.until(lambda: player.app.org.view.info.preset == "night", "the night")
        await player.sees("1 of 6 · Friday evening.")


def test_lock_and_key_is_drawn_without_a_picture() -> None:
    assert LockAndKey().render().plain == ""

"""The Timeline and the Incident view: zoom, scroll, choose a cell and land on its Wire and Why."""

from pathlib import Path

import pytest

from freshtoken_model.history.timeline import MARK_WORDS
from freshtoken_model.org import Org
from freshtoken_model.values.clock import HOUR, MINUTE
from freshtoken_model.values.kinds import EventKind
from freshtoken_tui.screens.timeline import TimelinePage
from freshtoken_tui.timeline_render import MARK_GLYPHS, mark_of

from ..world import CHEAP, FRIDAY


@pytest.fixture
def monday_file(tmp_path: Path) -> Path:
    """The preset night, on Monday morning."""
    path = tmp_path / "night.db"
    Org.create(path, seed="night", frozen_at=FRIDAY, hashing=CHEAP, preset="night")
    with Org(path, CHEAP) as org:
        org.passwords.change("integration", "Harbour-Light-7", "Friday-Evening-5")
        org.clock.set(FRIDAY + 63 * HOUR + 30 * MINUTE)
    return path


async def the_lanes(player):
    """Open the Timeline."""
    await player.press("ctrl+l")
    await player.until(lambda: player.app.main.page.id == "page-timeline", "the Timeline")
    lanes = player.app.main.page.query_one("Lanes")
    await player.until(lambda: lanes.shown is not None and lanes.has_focus, "the lanes")
    return lanes


async def test_the_whole_log_is_shown_first_and_zoom_keeps_the_cursor_in_sight(
    monday_file: Path, play
) -> None:
    async with play(monday_file) as player:
        lanes = await the_lanes(player)
        shown = lanes.shown
        assert shown.start <= FRIDAY - HOUR // 2 and shown.end > FRIDAY + 63 * HOUR
        await player.press("left", "left", "left")
        pointed = shown.moment(lanes.cursor)
        await player.press("plus")
        await player.until(lambda: lanes.shown.step < shown.step, "it came closer")
        moment = lanes.shown.moment(lanes.cursor)
        assert moment <= pointed < moment + lanes.shown.step or abs(moment - pointed) < shown.step
        await player.press("0")
        await player.until(lambda: lanes.shown.step == shown.step, "everything again")


async def test_what_changed_is_listed_below_the_picture_cause_first_and_alike_once(
    monday_file: Path, play
) -> None:
    async with play(monday_file, (120, 40)) as player:
        await the_lanes(player)
        listed = player.app.main.query_one("#timeline-changes")
        await player.until(lambda: "changed the password" in str(listed.content), "the changes")
        cause, lockouts, *_ = lines = str(listed.content).split("\n")
        assert cause == "◆ Fri 27 Nov 17:30  integration@acme.example changed the password"
        with Org(monday_file, CHEAP) as org:
            count = org.database.conn.execute(
                "select count(*) from event where kind = 'locked_out'"
            ).fetchone()[0]
        assert lockouts.endswith(f"integration@acme.example was locked out, {count} times")
        assert listed.region.height >= len(lines) == 3


async def test_behind_the_client_it_reads_nothing_and_when_it_is_back_it_knows(
    org_file: Path, play, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    read = TimelinePage.load

    def counted(page: TimelinePage, *wanted: object) -> object:
        reads.append(1)
        return read(page, *wanted)

    monkeypatch.setattr(TimelinePage, "load", counted)

    def tries(lanes) -> int:
        return sum(counts.accepted for lane in lanes.shown.lanes for counts in lane.cells.values())

    async with play(org_file, (80, 24)) as player:
        lanes = await the_lanes(player)
        before = tries(lanes)
        await player.press("f8", "f9")
        await player.until(lambda: player.app.client.pane.answered == 1, "the client was let in")
        await player.until(lambda: player.app.client.pane.ready, "it shows so")
        await player.pilot.pause()
        so_far = len(reads)
        for _ in range(20):
            await player.pilot.pause(0.01)
        assert len(reads) == so_far and tries(lanes) == before
        await player.press("f8")
        await player.until(lambda: tries(lanes) == before + 1, "the login is in the picture")


async def test_the_time_shown_moves_with_the_cursor_and_back_to_now(
    monday_file: Path, play
) -> None:
    async with play(monday_file) as player:
        lanes = await the_lanes(player)
        for _ in range(3):
            before = lanes.shown
            await player.press("plus")
            await player.until(lambda seen=before: lanes.shown is not seen, "closer")
        start = lanes.shown.start
        await player.press("pageup")
        await player.until(lambda: lanes.shown.start < start, "earlier")
        await player.press("n")
        await player.until(lambda: lanes.shown.moment(lanes.cursor + 1) > FRIDAY + 63 * HOUR, "now")


async def test_a_cell_leads_to_wire_and_why_of_its_first_refusal(monday_file: Path, play) -> None:
    async with play(monday_file) as player:
        lanes = await the_lanes(player)
        await player.press("up")
        await player.sees("Legacy export: ")
        start = lanes.shown.moment(lanes.cursor)
        await player.press("enter")
        await player.until(
            lambda: player.app.client.pane.chosen is not None, "an attempt was chosen"
        )
        attempt = player.app.client.pane._fetched
        assert (
            attempt.event.client == "Legacy export"
            and start <= attempt.event.at < start + lanes.shown.step
        )
        await player.sees("API client · Legacy export")
        await player.sees("locked out until")


async def test_a_cell_without_a_login_shows_the_client(
    monday_file: Path, play, toasts: list[str]
) -> None:
    async with play(monday_file) as player:
        await the_lanes(player)
        await player.press("down")
        await player.sees("Order feed: ")
        await player.press("enter")
        await player.until(lambda: player.app.org.view.client.name == "Order feed", "the client")
        await player.until(
            lambda: any("no login was tried here" in said for said in toasts), "why there is no Why"
        )


async def test_the_picture_is_saved_and_nothing_is_overwritten(
    monday_file: Path, play, toasts: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "freshtoken-timeline.svg").write_text("mine")
    async with play(monday_file) as player:
        await the_lanes(player)
        await player.press("s")
        await player.sees("Save what is shown as")
        await player.until(
            lambda: "timeline-2.svg?" in "".join(player.screen().split()).replace("│", ""),
            "the name that is free",
        )
        await player.press("escape")
        await player.until(lambda: len(player.app.screen_stack) == 1, "the question is gone")
        assert not (tmp_path / "freshtoken-timeline-2.svg").exists()
        await player.press("s")
        await player.sees("Save what is shown as")
        await player.until(
            lambda: "timeline-2.svg?" in "".join(player.screen().split()).replace("│", ""),
            "the name that is free",
        )
        await player.press("y")
        await player.until(
            lambda: any("holds the picture" in said for said in toasts), "it was saved"
        )
    assert (tmp_path / "freshtoken-timeline.svg").read_text() == "mine"
    assert (tmp_path / "freshtoken-timeline-2.svg").read_text().startswith("<svg")


async def test_a_sentence_of_the_incident_leads_to_its_attempt(monday_file: Path, play) -> None:
    async with play(monday_file) as player:
        player.app.main.set_focus(None)  # ctrl+e in a text field goes to the end of the line
        await player.press("ctrl+e")
        await player.sees("Legacy export failed first: password wrong")
        tale = player.app.main.page.query_one("#incident-tale")
        with Org(monday_file, CHEAP) as org:
            told = org.incidents.of("integration")
        tale.highlighted = next(
            i for i, s in enumerate(told.sentences) if s.kind == "login_refused"
        )
        await player.press("enter")
        await player.until(
            lambda: player.app.client.pane.chosen is not None, "an attempt was chosen"
        )
        assert player.app.client.pane._fetched.event.at == FRIDAY + 30 * MINUTE


async def test_another_users_incident_is_told_when_chosen(monday_file: Path, play) -> None:
    async with play(monday_file) as player:
        player.app.main.set_focus(None)
        await player.press("ctrl+e")
        await player.sees("This incident is not over.")
        player.app.main.page.query_one("#incident-user").value = "sam@acme.example"
        await player.sees("No login as sam@acme.example was refused lately.")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 50)])
async def test_every_window_shows_the_lanes_and_the_tale(
    monday_file: Path, play, size: tuple[int, int]
) -> None:
    async with play(monday_file, size) as player:
        await the_lanes(player)
        await player.sees("Legacy export")
        await player.press("ctrl+e")
        await player.sees("integration@acme.example changed")


@pytest.mark.parametrize("kind", MARK_WORDS)
def test_every_mark_has_a_glyph(kind: EventKind) -> None:
    assert mark_of({kind}) == MARK_GLYPHS[kind] != " "

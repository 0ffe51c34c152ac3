"""The marks above the lanes of the timeline: every event that is marked can be drawn."""

import re
from pathlib import Path

import pytest

from freshtoken_model.history.timeline import MARK_WORDS
from freshtoken_model.org import Org
from freshtoken_model.values.clock import MINUTE
from freshtoken_tui.timeline_render import MARK_LEGEND, as_picture, as_svg, mark_of, time_line

from ..world import INTEGRATION, START


def test_every_marked_event_has_a_glyph() -> None:
    assert all(mark_of({kind}).strip() for kind in MARK_WORDS)


def test_an_injected_fault_is_drawn_and_named_in_the_legend(org: Org) -> None:
    org.injected.note("server_unavailable", INTEGRATION)
    shown = org.timeline.read(START - MINUTE, MINUTE, 4)
    first, *_ = picture = as_picture(shown, "UTC").splitlines()
    assert first.endswith("!")
    assert f"{MARK_LEGEND}   ! injected" in picture
    assert "fault injected by freshtoken" in as_svg(shown, "UTC")


def test_the_legend_names_no_injected_fault_where_there_is_none(org: Org) -> None:
    picture = as_picture(org.timeline.read(START - MINUTE, MINUTE, 4), "UTC")
    assert MARK_LEGEND in picture and "injected" not in picture


@pytest.mark.parametrize("cells", [8, 30])
def test_the_present_moment_has_a_corner_below_its_column(org: Org, cells: int) -> None:
    shown = org.timeline.read(START - MINUTE, MINUTE, cells)
    for now in range(cells):
        line = time_line(shown, "UTC", now)
        assert len(line) == cells and line[now] in "└┘"
        assert re.search("└now(  |$)|(^| )now┘", line.ljust(cells + 2)), line
    assert "now" not in time_line(shown, "UTC", cells)


async def test_the_client_pane_names_a_fault_that_another_process_injected(
    org_file: Path, org: Org, play
) -> None:
    org.injected.note("server_unavailable", INTEGRATION)
    async with play(org_file, (120, 50)) as player:
        await player.sees("! injected")

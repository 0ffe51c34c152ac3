"""Demos: they act on the app's own widgets, wait for states, go back, and hand the keyboard over at
any key.
"""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual.events import MouseDown

import freshtoken_data
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.login.login import LoginResult
from freshtoken_model.org import Org
from freshtoken_model.store.orgfile import data_folder
from freshtoken_model.training.demos.demos import Act, Demo
from freshtoken_model.training.shelf import open_shelf, read_demos
from freshtoken_tui.cli.headless import play_headless
from freshtoken_tui.cli.steps import run_line
from freshtoken_tui.demo.hands import DemoStepError

DEMOS, PROBLEMS = read_demos(freshtoken_data.folder())
STORY = DEMOS[0]


def test_the_demos_can_be_read() -> None:
    assert PROBLEMS == []
    assert len(DEMOS) >= 5


@pytest.mark.parametrize(
    "demo", DEMOS[1:], ids=[demo.id for demo in DEMOS[1:]]
)  # the first: test_pictures.py
async def test_every_demo_plays_to_its_end(demo: Demo) -> None:
    told: list[str] = []
    await play_headless(demo, run_line, lambda app, step, trouble: told.append(trouble))
    assert told == [""] * sum(len(chapter.steps) for chapter in demo.chapters)


async def test_a_step_that_does_not_end_as_it_says_stops_the_demo_with_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("freshtoken_tui.demo.hands.STEP_TIMEOUT", 0.3)
    wrong = replace(STORY.chapters[0].steps[1], acts=(Act("press", "no-such-button"),))
    demo = replace(STORY, chapters=(replace(STORY.chapters[0], steps=(wrong,)),))
    with pytest.raises(
        DemoStepError, match=r"demos/.*number 1.*number 2: expected #no-such-button"
    ):
        await play_headless(demo, run_line, lambda app, step, trouble: None)


async def test_a_step_that_logs_in_ends_only_when_the_app_has_gone_where_the_login_leads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the page that the next step opens is left again."""
    real = Org.login

    def tardy(org: Org, attempt: Attempt) -> LoginResult:
        result = real(org, attempt)
        if attempt.door is Door.UI:
            threading.Event().wait(0.3)  # the login is written, and the app does not know it yet
        return result

    monkeypatch.setattr(Org, "login", tardy)
    monkeypatch.setattr("freshtoken_tui.demo.hands.STEP_TIMEOUT", 5.0)
    demo = next(demo for demo in DEMOS if demo.id == "old-token")
    first = replace(demo, chapters=demo.chapters[:1])
    told: list[str] = []
    await play_headless(first, run_line, lambda app, step, trouble: told.append(trouble))
    assert told == [""] * len(first.chapters[0].steps)


async def begin(player, demo: Demo = STORY) -> None:
    """The demo plays, in the app, as from its page; paused at its first step."""
    player.app.demo.play(demo)
    await player.until(lambda: player.app.demo.player is not None, "the demo began")
    await player.press("space")
    await at(player, "paused", 0, 0)


async def at(player, state: str, chapter: int, step: int) -> None:
    """Wait until the demo stands at a step."""
    await player.until(
        lambda: (
            (demo := player.app.demo.player) is not None
            and (demo.state, demo.chapter, demo.step) == (state, chapter, step)
            and demo._wish is None
            and not any(w.group == "demo" and demo._woken.is_set() for w in player.app.workers)
        ),
        f"{state} at {chapter + 1}.{step + 1}",
    )


async def test_back_forward_and_jumps_lead_to_the_same_org_as_playing_through(
    org_file: Path, org: Org, play
) -> None:
    before = org.info()
    async with play(org_file) as player:
        await begin(player)
        await player.press("3")
        await player.until(lambda: player.app.org.view.light == "blocked", "chapter 3: refused")
        await at(player, "paused", 2, 0)
        assert len(player.app.org.view.attempts) == 2
        await player.press("left")
        await at(player, "paused", 1, 2)
        await player.until(
            lambda: player.app.org.view.light == "connected", "one step back: not refused yet"
        )
        assert player.app.org.view.client.holds == "retired"
        await player.press("right")
        await player.until(lambda: player.app.org.view.light == "blocked", "refused again")
        await at(player, "paused", 2, 0)
        await player.press("1")
        await at(player, "paused", 0, 0)
        await player.until(lambda: player.app.org.view.client.holds == "live", "as it began")
        await player.press("ctrl+d")
        await player.until(
            lambda: player.app.demo.player is None and player.app.org.path == org_file, "left"
        )
    assert org.info() == before, "the learner's org was not touched"


async def test_escape_ends_the_chapter_at_once_in_its_final_state(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await begin(player)
        await player.press("2")
        await at(player, "paused", 1, 0)
        await player.press("escape")
        await at(player, "paused", 1, 2)
        await player.until(
            lambda: player.app.org.view.client.holds == "retired", "the password was changed"
        )
        await player.sees("Your password was changed.")


async def test_any_other_key_takes_over_and_the_demo_picks_up_again(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await begin(player)
        await player.press("2")
        await at(player, "paused", 1, 0)
        await player.press("f9")
        await at(player, "taken over", 1, 0)
        await player.until(
            lambda: len(player.app.org.view.attempts) == 2, "the key did what it does"
        )
        await player.press("space", "left", "3")
        assert (player.app.demo.player.state, player.app.demo.player.chapter) == (
            "taken over",
            1,
        ), "those keys are the human's now"
        await player.sees("ctrl+d picks the demo up again")
        await player.press("ctrl+d")
        await at(player, "playing", 1, 0)
        await player.until(
            lambda: len(player.app.org.view.attempts) == 1, "what was done by hand is gone"
        )


async def test_speed_has_four_steps_and_stays_within_them(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await begin(player)
        found = []
        for key in ("plus", "plus", "plus", "minus", "minus", "minus", "minus"):
            await player.press(key)
            found.append(player.app.demo.player.speed)
        assert found == [2.0, 4.0, 4.0, 2.0, 1.0, 0.5, 0.5]


async def test_the_notes_of_the_step_can_be_followed_in_another_process(
    org_file: Path, play
) -> None:
    async with play(org_file) as player:
        await begin(player)
        place = data_folder() / "demo.json"
        assert '"chapter": 0' in place.read_text()
        await player.press("2")
        await player.until(
            lambda: '"chapter": 1, "step": 0, "state": "paused"' in place.read_text(),
            "the place is told",
        )


async def test_a_change_of_speed_on_the_way_back_is_heeded_and_harms_nothing(
    org_file: Path, play
) -> None:
    async with play(org_file) as player:
        await begin(player)
        demo = player.app.demo.player
        demo.hurry = True  # as while a chapter is replayed
        await player.press("plus", "plus", "minus")
        assert demo.speed == 2.0
        demo.hurry = False
        await player.press("2")
        await at(player, "paused", 1, 0)


def of_one_step(number: int) -> Demo:
    """The story, cut down to one step of its first chapter."""
    (step,) = STORY.chapters[0].steps[number : number + 1]
    return replace(STORY, chapters=(replace(STORY.chapters[0], steps=(step,)),))


async def test_at_the_end_a_key_takes_over_as_well(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await begin(player, of_one_step(1))
        await player.press("right")
        await at(player, "ended", 0, 0)
        await player.press("f3")
        await at(player, "taken over", 0, 0)
        await player.until(
            lambda: player.app.main.page.id == "page-inbox", "the key did what it does"
        )


async def test_nothing_behind_a_slide_is_worked_on_and_enter_goes_on(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await begin(player, of_one_step(0))
        page = player.app.main.page
        await player.press("f3", "f9")
        player.app.post_message(MouseDown(None, 2, 1, 0, 0, 1, False, False, False))
        await at(player, "ended", 0, 0)
        assert player.app.main.page is page and len(player.app.org.view.attempts) == 1
        await player.sees("the end · enter or esc leaves")
        await player.press("enter")
        await player.until(lambda: player.app.demo.player is None, "the demo was left")


@pytest.mark.parametrize("bound", ["", "f12,ctrl+q"])
async def test_the_key_that_quits_quits_on_a_slide_as_well(
    org_file: Path, play, bound: str
) -> None:
    async with play(org_file) as player:
        if bound:
            player.app.settings.keys["quit"] = bound
            player.app.set_keymap(player.app.settings.keys)
        await begin(player, of_one_step(0))
        await player.press(bound.partition(",")[0] or "ctrl+q")
        await player.until(lambda: player.app._exit, "the app ends")


async def test_after_a_demo_the_lab_that_was_open_goes_on(org_file: Path, play) -> None:
    async with play(org_file) as player:
        lab = open_shelf().lab("first-change")
        player.app.labs.open(lab)
        await player.until(lambda: player.app.labs.standing is not None, "the lab was opened")
        await begin(player)
        await player.press("ctrl+d")
        await player.until(
            lambda: player.app.demo.player is None and player.app.labs.lab is lab,
            "the demo was left",
        )
        await player.until(
            lambda: player.app.labs.standing is not None, "its goals are followed again"
        )

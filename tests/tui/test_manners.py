"""Manners that every page and dialog has: a focus that is seen, a way out by key and by mouse,
nothing cut.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Input

import freshtoken_tui
from freshtoken_model.org import Org
from freshtoken_tui.commands import COMMANDS
from freshtoken_tui.dialogs.modals import ClosedOutside
from freshtoken_tui.screens.main_screen import PAGES

from ..world import CHEAP, PASSWORD

NEEDS_MORE = {"lab", "question", "proof", "sitting", "result"}
"""Pages that show what was begun elsewhere; they have tests of their own."""
ANYTIME = sorted(set(PAGES) - NEEDS_MORE)
SIZES = [(80, 24), (120, 40)]


def seen(widget: Widget) -> bool:
    return bool(widget.region.area) and all(
        node.display for node in widget.ancestors_with_self if isinstance(node, Widget)
    )


async def open_page(player, name: str) -> None:
    await player.app.pages.open(name)
    await player.until(lambda: player.app.main.page.id == f"page-{name}", name)
    for _ in range(4):
        await player.pilot.pause()
    player.app.screen._on_timer_update()


def cut(screen: Screen) -> list[str]:
    """Buttons whose label has no room, and what must be scrolled sideways."""
    window = Region(0, 0, *screen.size)
    found = []
    buttons = [b for b in screen.query(Button).results(Button) if seen(b)]
    for place, one in enumerate(buttons):
        if len(str(one.label)) > one.content_region.width or one.region.right > window.right:
            found.append(f"the button {one.label} is cut")
        parent = one.parent
        if isinstance(parent, Widget) and one.region.right > parent.region.right:
            found.append(f"the button {one.label} is cut by what is around it")
        found += [
            f"{one.label} and {other.label} overlap"
            for other in buttons[place + 1 :]
            if parent is other.parent and one.region.overlaps(other.region)
        ]
    found += [
        f"{widget!r} must be scrolled sideways"
        for widget in screen.query("*").results(Widget)
        if seen(widget)
        and widget.show_horizontal_scrollbar
        and widget.horizontal_scrollbar.region.area
    ]
    return found


@pytest.mark.parametrize("size", SIZES)
async def test_every_page_has_a_focus_that_is_seen_also_the_second_time(
    org_file: Path, play, size: tuple[int, int]
) -> None:
    async with play(org_file, size) as player:
        await player.press("enter")
        await player.sees("Logged in as Nightly Sync")
        for _ in range(2):
            for name in ANYTIME:
                await open_page(player, name)
                focused = player.app.main.focused
                assert focused is not None, f"{name} has no focus"
                assert seen(focused), f"the focus of {name} is hidden: {focused!r}"
                assert player.app.main.page in focused.ancestors_with_self, name
                assert player.app.main.page.has_class("-at-work"), f"the border of {name}"


@pytest.mark.parametrize("size", SIZES)
async def test_a_page_opens_at_its_beginning(org_file: Path, play, size: tuple[int, int]) -> None:
    async with play(org_file, size) as player:
        for name in ANYTIME:
            await open_page(player, name)
            await player.until(lambda: player.app.main.page.scroll_offset.y == 0, name)


async def test_setup_has_a_focus_on_whichever_tab_it_is_opened_again(org_file: Path, play) -> None:
    async with play(org_file) as player:
        for number in range(1, 9):
            await open_page(player, "setup")
            await player.app.main.page.run_action(f"tab({number})")
            await player.pilot.pause()
            await open_page(player, "inbox")
            await open_page(player, "setup")
            focused = player.app.main.focused
            assert focused is not None and seen(focused), f"tab {number}"
            await player.press("1" if number != 1 else "2")
            await player.until(lambda: player.app.main.focused is not None, "keys are heard")


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_is_cut(org_file: Path, play, size: tuple[int, int]) -> None:
    async with play(org_file, size) as player:
        for name in ANYTIME:
            await open_page(player, name)
            assert cut(player.app.screen) == [], name
        if size[0] < 110:
            await player.app.pages.open("home")
            await player.press("f8")
            await player.pilot.pause()
        assert cut(player.app.screen) == [], "the client"


async def test_a_long_name_leaves_the_other_columns_in_sight(org_file: Path, play) -> None:
    long = f"{'integration-of-the-warehouse' * 2}@acme.example"
    with Org(org_file, CHEAP) as org:
        org.admin.create_user(
            username=long, first_name="A", last_name="B", email="a@b.example", profile="Integration"
        )
    async with play(org_file, (80, 24)) as player:
        await open_page(player, "setup")
        await player.sees("never issued")
        assert cut(player.app.screen) == []


DIALOGS = ["help", "topics", "welcome", "clock", "ways", "seen", "leader", "jump"]


@pytest.mark.parametrize("name", DIALOGS)
@pytest.mark.parametrize("size", SIZES)
async def test_a_dialog_closes_by_escape_and_by_a_click_beside_it(
    org_file: Path, play, name: str, size: tuple[int, int]
) -> None:
    async with play(org_file, size) as player:
        app = player.app
        for close in ("escape", "click"):
            app.action_command(name)
            await player.until(lambda: len(app.screen_stack) == 2, f"{name} is open")
            await player.pilot.pause()
            assert cut(app.screen) == [], name
            if close == "escape":
                await player.press("escape")
            else:
                await player.pilot.click(offset=(1, 1))
            await player.until(lambda: len(app.screen_stack) == 1, f"{name} was closed by {close}")
        assert app.main.focused is not None and seen(app.main.focused)


async def test_dialogs_that_are_read_have_a_button_that_closes(org_file: Path, play) -> None:
    async with play(org_file) as player:
        for name in ("help", "welcome", "clock"):
            player.app.action_command(name)
            await player.until(lambda: isinstance(player.app.screen, ClosedOutside), name)
            await player.push("Close")
            await player.until(lambda: len(player.app.screen_stack) == 1, f"{name} is closed")


@pytest.mark.parametrize(
    ("key", "left", "cursor"),
    [
        ("ctrl+a", "half typed", 0),
        ("ctrl+e", "half typed", 10),
        ("ctrl+b", "half typed", 4),
        ("ctrl+d", "half yped", 5),
        ("ctrl+k", "half ", 5),
        ("ctrl+u", "typed", 0),
        ("ctrl+w", "typed", 0),
    ],
)
async def test_editing_keys_edit(org_file: Path, play, key: str, left: str, cursor: int) -> None:
    """In a text field they belong to the field; nothing opens, nothing is taken back."""
    async with play(org_file) as player:
        field = player.app.main.query_one("#login-username", Input)
        field.focus()
        await player.pilot.pause()
        field.value, field.cursor_position = "half typed", 5
        await player.press(key)
        await player.pilot.pause()
        assert (field.value, field.cursor_position) == (left, cursor)
        assert len(player.app.screen_stack) == 1
        assert player.app.main.page.id == "page-home"


async def test_every_command_has_a_letter_behind_the_leader_or_is_in_the_palette(
    org_file: Path, play
) -> None:
    letters = [command.letter for command in COMMANDS if command.letter]
    assert len(set(letters)) == len(letters)
    async with play(org_file) as player:
        names = {entry.name for entry in player.app.palette()}
        assert {c.label for c in COMMANDS if c.palette} <= names
        assert {"Setup: Users", "Theme: freshtoken-light", "API client: Nightly sync"} <= names


async def test_the_leader_key_does_what_its_letter_says_from_within_a_field(
    org_file: Path, play
) -> None:
    async with play(org_file) as player:
        assert isinstance(player.app.focused, Input)
        for letter, page in (("s", "setup"), ("t", "timeline"), ("e", "incident"), ("d", "demos")):
            await player.press("ctrl+x", letter)
            await player.until(
                lambda p=page: player.app.main.page.id == f"page-{p}", f"ctrl+x, {letter}"
            )


async def test_jump_mode_goes_where_its_letter_is(org_file: Path, play) -> None:
    async with play(org_file) as player:
        first = player.app.main.focus_chain[0]
        player.app.main.set_focus(player.app.main.focus_chain[1])
        await player.press("ctrl+x", "j")
        await player.until(lambda: len(player.app.screen_stack) == 2, "the labels")
        await player.press("a")
        await player.until(lambda: player.app.main.focused is first, "the first target")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("unlock", "Setup: Users"),
        ("undo", "Back one step"),
        ("dark", "Theme: freshtoken-dark"),
        ("night", "The night: Friday to Monday"),
        ("retire", "Setup: Calendar"),
    ],
)
async def test_the_palette_finds_other_words(org_file: Path, play, query: str, name: str) -> None:
    async with play(org_file) as player:
        await player.press("ctrl+p")
        await player.until(lambda: len(player.app.screen_stack) == 2, "the palette")
        await player.type(query)
        await player.sees(name)


async def test_a_step_back_can_be_done_again_until_something_new_is_done(
    org_file: Path, play, toasts: list[str]
) -> None:
    async with play(org_file) as player:
        app = player.app
        changed = await app.org.run_or_toast(
            lambda org: org.passwords.change("integration", PASSWORD, "Friday-Evening-5")
        )
        assert changed is not None
        await player.until(lambda: app.org.view.client.holds == "retired", "the token is dead")
        app.action_command("back")
        await player.until(lambda: app.org.view.client.holds == "live", "taken back")
        app.action_command("redo")
        await player.until(lambda: app.org.view.client.holds == "retired", "done again")
        app.action_command("back")
        await player.until(lambda: app.org.view.client.holds == "live", "taken back again")
        await app.org.run_or_toast(lambda org: org.users.freeze("sam"))
        app.action_command("redo")
        await player.until(
            lambda: "There is nothing to do again." in toasts, "something new was done"
        )
        assert app.org.view.client.holds == "live"


@pytest.mark.parametrize(
    ("part", "opens"),
    [("time", "clock"), ("who", "home"), ("light", "client"), ("token", "client")],
)
async def test_each_part_of_the_header_opens_its_own_page(
    org_file: Path, play, part: str, opens: str
) -> None:
    async with play(org_file) as player:
        await open_page(player, "inbox")
        header = player.app.main.header
        column = next(x for x in range(header.size.width) if header.part_at(x) == part)
        await player.pilot.click(header, offset=(column + 5, 0))
        if opens == "clock":
            await player.until(lambda: len(player.app.screen_stack) == 2, "the Clock")
        elif opens == "home":
            await player.until(lambda: player.app.main.page.id == "page-home", "the Login page")
        else:
            await player.until(lambda: player.app.main.in_client, "the client")


async def test_the_places_lead_to_their_pages_by_a_click(org_file: Path, play) -> None:
    async with play(org_file, (80, 24)) as player:
        for number, (start, place) in enumerate(player.app.main.places._laid_out()):
            await player.pilot.click(player.app.main.places, offset=(start + 2, 0))
            await player.until(
                lambda p=place: (player.app.main.page.id or "").removeprefix("page-") in p.pages,
                f"{number} {place.name}",
            )


def widgets_of(base: type[Widget]) -> Iterator[type[Widget]]:
    """The widgets that are derived from one."""
    derived: type[Widget]
    for derived in base.__subclasses__():
        yield derived
        yield from widgets_of(derived)


def test_textuals_css_sees_every_widget_that_another_is_derived_from() -> None:
    for module in walk_packages(freshtoken_tui.__path__, "freshtoken_tui."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    ours = {kind for kind in widgets_of(Widget) if kind.__module__.startswith("freshtoken_tui.")}
    assert len(ours) > 50
    unseen = {
        f"{kind.__name__}: {base.__name__}"
        for kind in ours
        for base in kind.__bases__
        if issubclass(base, Widget) and base.__name__ not in kind._css_type_names
    }
    assert not unseen

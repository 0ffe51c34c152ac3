"""Every key is declared once, with an id: it can be rebound, and F1 and the buttons show the key
that is bound.
"""

import pkgutil
from importlib import import_module
from pathlib import Path

from textual.binding import Binding
from textual.dom import DOMNode

import freshtoken_tui
from freshtoken_tui.app import FreshtokenApp
from freshtoken_tui.cli.steps import run_line
from freshtoken_tui.commands import COMMANDS
from freshtoken_tui.settings import settings_path
from freshtoken_tui.widgets.login_table import LoginTable


def own_bindings() -> list[tuple[str, object]]:
    """What every class of the terminal declares, by the class's name."""
    for module in pkgutil.walk_packages(freshtoken_tui.__path__, "freshtoken_tui."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    classes, found = [DOMNode], []
    while classes:
        kind = classes.pop()
        classes += kind.__subclasses__()
        if kind.__module__.startswith("freshtoken_tui"):
            found += [(kind.__name__, one) for one in kind.__dict__.get("BINDINGS", ())]
    return found


def test_every_binding_has_an_id_and_no_id_is_given_twice() -> None:
    found = own_bindings()
    ids = [str(one.id) for _, one in found if isinstance(one, Binding)]
    assert len(found) > 100
    assert [name for name, one in found if not isinstance(one, Binding) or not one.id] == []
    assert sorted(ids) == sorted(set(ids))


def test_every_command_is_done_by_the_app(tmp_path: Path) -> None:
    app = FreshtokenApp(tmp_path / "org.db", run_line)
    asked = [c.action for c in COMMANDS if c.action.startswith("command(")]
    assert sorted(asked) == sorted(f"command('{name}')" for name in app.doing)


def test_no_two_commands_have_the_same_key_or_id() -> None:
    keys = [command.key for command in COMMANDS if command.key]
    assert len(keys) == len(set(keys))
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)


def test_the_footer_has_at_most_six_keys() -> None:
    assert sum(command.footer for command in COMMANDS) <= 6


async def test_a_rebound_key_of_a_page_works_and_is_shown(org_file: Path, play) -> None:
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text('[keys]\n"timeline.incident" = "j"\n"users.unlock" = "k"\n')
    async with play(org_file) as player:
        player.app.action_page("timeline")
        await player.until(lambda: player.app.main.page.id == "page-timeline", "the timeline")
        await player.press("f1")
        await player.sees("j Incident")
        await player.press("escape")
        await player.press("i")
        await player.pilot.pause()
        assert player.app.main.page.id == "page-timeline"
        await player.press("j")
        await player.until(lambda: player.app.main.page.id == "page-incident", "the incident")
        player.app.action_page("setup")
        await player.sees("Unlock k")


async def test_f1_lists_the_keys_of_the_place_before_those_of_the_app(org_file: Path, play) -> None:
    async with play(org_file, (160, 50)) as player:
        player.app.action_page("history")
        await player.until(lambda: player.app.main.page.id == "page-history", "Login History")
        await player.until(lambda: isinstance(player.app.focused, LoginTable), "the rows")
        await player.press("f1")
        await player.sees("Keys here")
        text = player.app.screen.query_one("Markdown").source
        here, _, everywhere = text.partition("## Keys everywhere")
        assert "**c** Export CSV" in here and "**f3** Inbox" in everywhere
        assert "f3" not in here.partition("## Keys here")[2]

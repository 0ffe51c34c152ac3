"""The app: themes, palette, and the parts it is made of. Screens and rules are elsewhere."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.binding import Binding
from textual.events import Event
from textual.screen import Screen
from textual.widgets import Input

from freshtoken_model.values.clock import at, wall_clock

from .commands import COMMANDS, bindings, shown_key
from .key_tables import with_bound_keys
from .messages import DoCommand, Request
from .parts.client import ClientPane
from .parts.clock import ClockPart
from .parts.demo import Demos
from .parts.ending import Ending
from .parts.exam import Exam
from .parts.keys import Keys, unknown_names
from .parts.labs import Labs
from .parts.org_session import OrgSession
from .parts.pages import Pages
from .parts.palette import entries
from .parts.part import Part
from .parts.reader import Reader
from .parts.rehearsals import Rehearsals
from .parts.serving import ServingPart
from .parts.stage import Stage
from .screens.main_screen import FIRST_CSS, MainScreen
from .settings import FULL, Settings
from .terminal_app import TerminalApp
from .themes import MONO, OFFERED, THEMES
from .widgets.palette import PaletteEntry

if TYPE_CHECKING:
    from freshtoken_model.decision.credentials import Hashing
    from freshtoken_model.training.content.steps import LineRunner

    from .view import OrgView


class FreshtokenApp(TerminalApp):
    """freshtoken in a terminal. `run_line`: runs a command line of freshtoken in this process."""

    TITLE = "freshtoken"
    BINDINGS = bindings()
    CSS_PATH = ["app.tcss", *(f"screens/{name}" for name in FIRST_CSS)]
    """What the first paint needs; here, because a screen's own would be read too late for it."""
    begins_with: Callable[[FreshtokenApp], object] | None = None
    """What to do as soon as everything is mounted."""

    alone = False
    """Whether the process ends with the app: what is left uncollected then goes with it."""

    def __init__(
        self,
        path: Path,
        run_line: LineRunner,
        hashing: Hashing | None = None,
        may_make: bool = False,
    ) -> None:
        """`path`: the org file, made when `may_make`; `hashing`: its cost, by default the org's."""
        super().__init__(path)
        self.run_line = run_line
        self.settings = Settings.load()
        self.main = MainScreen()
        self.org = OrgSession(self, path, hashing, may_make)
        self.pages = Pages(self)
        self.client, self.serving, self.clock = ClientPane(self), ServingPart(self), ClockPart(self)
        self.stage, self.labs = Stage(self), Labs(self)
        self.exam, self.demo = Exam(self), Demos(self)
        self.ending, self.rehearsals = Ending(self), Rehearsals(self)
        parts = [part for part in vars(self).values() if isinstance(part, Part)]
        parts += [Reader(self), Keys(self)]
        self.doing = {name: do for part in parts for name, do in part.commands().items()}
        """What does each command that opens no page, by the command's id."""
        self._requests = {kind: do for part in parts for kind, do in part.requests().items()}
        self._requests[DoCommand] = lambda asked: self.action_command(asked.id)
        for theme in THEMES:
            self.register_theme(theme)
        offered = self.settings.theme in self.available_themes
        self.theme = self.settings.theme if offered else OFFERED[0]
        if self.no_color:
            self.theme = MONO

    def get_default_screen(self) -> Screen[None]:
        """The main screen, without a mode switch before the first paint."""
        return self.main

    def on_mount(self) -> None:
        """The frame is painted first; the org follows."""
        self.heed_signals()
        self.set_keymap(self.settings.keys)
        self.call_after_refresh(self._open_org)

    @work(group="open")
    async def _open_org(self) -> None:
        self.failure = await self.org.open()
        if self.failure:
            self.exit(return_code=self.failure_code)
            return
        with self.batch_update():
            await self.main.mount_rest_of_login()
            await self.org.refresh()
        self.org.note_seen()
        await self.labs.recognise()
        await self.org.open_client()
        with self.batch_update():
            await self.main.mount_client()
        self.org.follow()
        self.spare_collector()
        self.set_interval(1.0, self._tick)
        self.theme_changed_signal.subscribe(self, lambda theme: self._keep(theme=theme.name))
        for unknown in unknown_names(self.settings.keys):
            self.notify(unknown, severity="warning", timeout=12)
        if self.begins_with is not None:
            self.begins_with(self)
        elif self.settings.problem:
            self.notify(self.settings.problem, severity="warning", timeout=10)
        elif not self.settings.welcomed:
            self._keep(welcomed=True)
            self.action_command("ways")

    def spare_collector(self) -> None:
        """Leave what was opened out of the garbage collector's full passes, once it is mounted: a
        key would wait for them, 30 ms after the start and 100 with every page open.
        """
        if self.alone:
            self.set_timer(1.0, self._collect_what_is_new)

    def _collect_what_is_new(self) -> None:
        gc.freeze()
        gc.enable()

    async def on_unmount(self) -> None:
        """The ports are closed before the org is, and the org before its file may go."""
        clean_up = await self.exam.close()
        self.clock.close()
        await self.serving.stop()
        await self.org.close()
        clean_up()

    async def on_event(self, event: Event) -> None:
        """While a demo plays its presenter's keys come first."""
        if not self.demo.hears(event):
            await super().on_event(event)

    # ---- What is shown

    def view_changed(self, view: OrgView) -> None:
        """Draw the org as it is now, wherever it is in sight."""
        if self.is_running and self.screen_stack:
            self._tick()
            self.main.draw(view)
            self.labs.look()

    def _tick(self) -> None:
        view = self.org.view
        if view is None or not self.is_running or not self.screen_stack:
            return
        now = view.clock.now(wall_clock())
        self.main.header.moment = f"{at(now, view.info.time_zone):%a %d %b %Y %H:%M}"
        if view.due is not None and view.due <= now:
            self.org.touch()
        self.org.tell_file_trouble()
        self.ending.look(view)

    def action_page(self, name: str) -> None:
        """Open a page."""
        self.pages.go(name)

    def action_command(self, name: str) -> None:
        """Do a command, by its id."""
        self.doing[name]()

    async def action_typed(self, name: str) -> None:
        """A command whose key edits text: in a text field it does not happen. Textual's fields know
        all these keys but ctrl+b, a character to the left.
        """
        if isinstance(self.focused, Input):
            self.focused.action_cursor_left()
        else:
            await self.run_action(next(c.action for c in COMMANDS if c.id == name))

    @on(Request)
    def _do_request(self, request: Request) -> None:
        self._requests[type(request)](request)

    # ---- Settings, clipboard, palette

    def _keep(self, **changes: str | bool) -> None:
        try:
            self.settings.save(**changes)
        except OSError as error:
            self.notify(f"Your settings could not be saved: {error.strerror}", severity="warning")

    def get_key_display(self, binding: Binding) -> str:
        """A key as it is written everywhere: `ctrl+g`, `f9`."""
        return shown_key(binding.key)

    def rebound(self, id: str) -> str:
        """The key that a binding was given in settings.toml; empty without one."""
        return self.settings.keys.get(id, "").partition(",")[0]

    def with_bound_keys(self, text: str) -> str:
        """A text that names keys, with those that the user bound."""
        return with_bound_keys(text, self.settings.keys)

    @property
    def moves(self) -> bool:
        """Whether things on the screen may move by themselves: not without colours, nor where the
        user or the terminal wants none.
        """
        wanted = self.settings.motion == FULL and self.animation_level == "full"
        return wanted and not self.no_color

    def copy(self, text: str, what: str) -> None:
        """Put a text into the clipboard of the terminal (OSC 52) and of this machine, with a toast.
        Nothing that a demo types. In a browser the terminal's is the visitor's, this machine's is
        not.
        """
        from .clipboard import copy_locally

        if self.demo.player is not None:
            self.notify("While a demo plays, nothing is copied.")
            return
        self.copy_to_clipboard(text)
        if not self.is_web:
            copy_locally(text)
        self.notify(f"{what}: copied.")

    def palette(self) -> Iterable[PaletteEntry]:
        """Everything the palette finds, group by group."""
        return entries(self)

    def wrote(self, path: Path, what: str) -> None:
        """Say that a file was written and `what` is in it. A browser downloads it."""
        from .web_driver import VisitorDriver

        if isinstance(self._driver, VisitorDriver):
            self._driver.offer(path)
            self.notify(f"{path.name} is handed to your browser: {what}.")
        else:
            self.notify(f"{path.absolute()} holds {what}.")

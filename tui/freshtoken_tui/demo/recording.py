"""A demo as an asciinema recording (version 2), and one SVG of the screen a step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from textual._context import visible_screen_stack
from textual.widgets import Input

from freshtoken_model.store.whole_file import write_whole

if TYPE_CHECKING:
    from freshtoken_model.training.demos.demos import DemoStep
    from freshtoken_tui.app import FreshtokenApp

HOME = "\x1b[H\x1b[2J"


class Recording:
    """The screens of a demo, in the pace it has for an audience."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._console = Console(force_terminal=True, color_system="truecolor", legacy_windows=False)
        self._frames: list[tuple[float, str]] = []
        self._pictures: list[str] = []
        self._size, self._clock = (0, 0), 0.0

    def add(self, app: FreshtokenApp, step: DemoStep) -> None:
        """The screen as it is at the end of a step."""
        for field in app.screen.query(Input):
            field.cursor_blink = False
        visible_screen_stack.set(app._background_screens)
        strips = app.screen._compositor.render_strips()
        text = "\r\n".join(strip.render(self._console) for strip in strips)
        self._size = (app.size.width, app.size.height)
        self._frames.append((round(self._clock, 2), HOME + text))
        self._clock += step.stays
        self._pictures.append(app.export_screenshot(title="freshtoken"))

    def write(self) -> None:
        """Write the recording, and the pictures beside it as NAME-01.svg and so on. Raises
        OSError.
        """
        width, height = self._size
        head = {
            "version": 2,
            "width": width,
            "height": height,
            "title": "freshtoken",
            "env": {"TERM": "xterm-256color"},
        }
        lines = [json.dumps(head), *(json.dumps([at, "o", text]) for at, text in self._frames)]
        lines.append(json.dumps([round(self._clock, 2), "o", ""]))
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._file, "\n".join(lines) + "\n", 0o644)
        for number, picture in enumerate(self._pictures, 1):
            write_whole(self._file.with_name(f"{self._file.stem}-{number:02}.svg"), picture, 0o644)

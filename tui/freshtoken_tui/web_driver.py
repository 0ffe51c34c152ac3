"""Textual's driver for a browser, as freshtoken web uses it: a tab may come back, files are handed
over, and the app ends with its server.
"""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import BinaryIO, Literal, TextIO

from textual.drivers.web_driver import WebDriver


class VisitorDriver(WebDriver):
    """The driver of a visitor's app. It runs in the folder of the visitor's files."""

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Textual's, and `attach`: a terminal that knows nothing yet shows the app from now on."""
        if packet_type != "attach":
            super().on_meta(packet_type, payload)
            return
        self.write("\x1b[?1049h\x1b[?25l")
        self._enable_mouse_support()
        self._enable_bracketed_paste()
        super().on_meta("resize", payload)
        self._app.call_later(self._app.refresh)

    def run_input_thread(self) -> None:
        """Textual's; the app ends when its server does."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._loop.call_soon_threadsafe(self._app.exit)

    def offer(self, path: Path) -> None:
        """Let the browser download a file of the visitor's folder."""
        self.write_meta({"type": "download", "name": path.name})

    def deliver_binary(
        self,
        binary: BinaryIO | TextIO,
        *,
        delivery_key: str,
        save_path: Path,
        open_method: Literal["browser", "download"] = "download",
        encoding: str | None = None,
        mime_type: str | None = None,
        name: str | None = None,
    ) -> None:
        """Write what Textual hands over into the visitor's folder, and offer it."""
        binary.seek(0)
        content = binary.read()
        binary.close()
        try:
            path = _new_file(
                save_path.name,
                content.encode(encoding or "utf-8") if isinstance(content, str) else content,
            )
        except OSError as error:
            self._delivery_failed(delivery_key, exception=error, name=name)
            return
        self.offer(path)
        self._delivery_complete(delivery_key, save_path=None, name=name)


def _new_file(name: str, content: bytes) -> Path:
    """A file in the present folder that was not there before, for its owner only. Raises
    OSError.
    """
    wanted = Path(name)
    for number in count(1):
        path = wanted.with_stem(f"{wanted.stem}-{number}") if number > 1 else wanted
        with suppress(FileExistsError):
            made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(made, "wb") as file:
                file.write(content)
            return path
    raise AssertionError

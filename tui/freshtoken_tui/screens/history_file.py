"""Login History as a CSV file in the present folder, written page by page; half a file is none."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from freshtoken_model.history.login_csv import HEADING, PAGE_ROWS, CsvPage, csv_page

if TYPE_CHECKING:
    from freshtoken_model.history.login_history import LoginFilter
    from freshtoken_model.org import Org
    from freshtoken_tui.host import Host


class NotWrittenError(Exception):
    """Why there is no file, in a sentence."""


async def write_history(
    host: Host,
    stem: str,
    which: LoginFilter,
    known: int,
    generation: str,
    progress: Callable[[int], None],
) -> tuple[Path, int]:
    """Write the rows of a filter, newest first, up to the event `known` of this generation of the
    org. Returns the new file and its number of rows. Raises NotWrittenError.
    """
    before: int | None = known + 1
    path, rows, done = Path(f"{stem}.csv"), 0, False

    def read(org: Org) -> tuple[CsvPage, str]:
        # the generation last: what it was set back from is not written
        return csv_page(org.history, which, before, PAGE_ROWS), org.info().generation

    try:
        path, file = await asyncio.to_thread(new_file, stem)
        try:
            await asyncio.to_thread(file.write, HEADING)
            while before is not None:
                found, error = await host.org.run(read, refresh=False)
                if found is None:
                    raise NotWrittenError(error)
                page, now = found
                if now != generation:
                    raise NotWrittenError("The org was set back meanwhile: nothing was exported.")
                await asyncio.to_thread(file.write, page.lines)
                rows += page.rows
                progress(rows)
                before = page.oldest
            await asyncio.to_thread(file.close)
            done = True
        finally:
            if not done:
                with suppress(OSError, ValueError):
                    file.close()
                path.unlink(missing_ok=True)
    except OSError as error:
        raise NotWrittenError(f"{path} cannot be written: {error.strerror}.") from error
    return path, rows


def in_this_folder(name: str) -> Path:
    """The whole path of a file in the present folder; the name alone if the folder is gone."""
    try:
        return Path(name).absolute()
    except OSError:
        return Path(name)


def new_file(stem: str) -> tuple[Path, TextIO]:
    """A file that was not there before, for its owner only. Raises OSError."""
    for number in count(1):
        path = Path(f"{stem}{f'-{number}' if number > 1 else ''}.csv")
        with suppress(FileExistsError):
            made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            return path, os.fdopen(made, "w", encoding="utf-8", newline="")
    raise AssertionError

"""What to tell when the program itself has failed: one sentence, and a file with the traceback but
no local variables.
"""

import os
import sqlite3
import traceback
from pathlib import Path

from freshtoken_model.store.database import is_whole, plainly
from freshtoken_model.store.orgfile import data_folder
from freshtoken_model.store.whole_file import make_folder
from freshtoken_model.values.errors import OrgFileError

from .exit_codes import INTERNAL, UNUSABLE


def what_failed(error: BaseException | None, org: Path) -> tuple[str, int]:
    """A sentence for what ended the app, and the exit code. What the org file says of itself is
    looked up first.
    """
    error = cause_of(error)
    if isinstance(error, sqlite3.Error | OSError):
        try:
            with plainly(org):
                raise error
        except OrgFileError as said:
            return str(said), UNUSABLE
        except sqlite3.Error:
            pass
    return f"{write_report(error)} {state_of(org)}", INTERNAL


def cause_of(error: BaseException | None) -> BaseException | None:
    """What went wrong in a worker, where Textual says no more than that one failed."""
    inner = getattr(error, "error", None)
    return inner if isinstance(inner, BaseException) else error


def state_of(org: Path) -> str:
    """Whether the org file is whole, in a sentence: looked up now, read-only."""
    try:
        whole = is_whole(org)
    except (sqlite3.Error, OSError):
        return f"The org file {org} could not be read."
    return "The org file is whole." if whole else f"The org file {org} is damaged."


def write_report(error: BaseException | None) -> str:
    """Write crash.log (mode 0600) into the data folder; returns the sentence for the user."""
    path = data_folder() / "crash.log"
    sentence = f"freshtoken stopped because of an internal error ({type(error).__name__})."
    try:
        make_folder(path.parent)
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as file:
            file.writelines(traceback.format_exception(error) if error else [])
    except (OSError, UnicodeError):
        return sentence
    return f"{sentence} What happened is in {path}."

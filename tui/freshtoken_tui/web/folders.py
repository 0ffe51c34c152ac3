"""A folder a visitor, found again by a cookie. The folder's name is a digest of the cookie: who
reads the names of the folders cannot pass for a visitor.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from freshtoken_model.store.whole_file import make_folder
from freshtoken_model.training.learners import (
    LEARNER_FILE,
    Learner,
    clean_name,
    read_learner,
    write_learner,
)
from freshtoken_model.values.clock import wall_clock

ORG, FILES = "org.db", "files"
"""In a visitor's folder: the org file, and the folder of what the app writes (exports and
screenshots).
"""
KEY = re.compile(r"[A-Za-z0-9_-]{43}")
"""A visitor's key, as secrets.token_urlsafe(32) makes it."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A visitor: the folder of the org, the progress and the files, and the name, which may be
    empty.
    """

    folder: Path
    name: str

    @property
    def id(self) -> str:
        """The name of the folder."""
        return self.folder.name


class Folders:
    """The visitors' folders, in one. It is made when the first visitor comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def add(self, name: str) -> str:
        """Make a folder for a visitor who gives this name. Returns the key that finds it again.
        Raises OSError.
        """
        key = secrets.token_urlsafe(32)
        folder = self._place(key)
        make_folder(folder)
        write_learner(folder, Learner(clean_name(name), wall_clock()))
        return key

    def find(self, key: str) -> Visitor | None:
        """The visitor who has this key; None for a key that opens nothing."""
        if not KEY.fullmatch(key):
            return None
        folder = self._place(key)
        if not (folder / LEARNER_FILE).is_file():
            return None
        return Visitor(folder, read_learner(folder).name)

    def _place(self, key: str) -> Path:
        return self.folder / hashlib.sha256(key.encode()).hexdigest()[:20]

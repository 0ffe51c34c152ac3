"""Whose programs may run: those of freshtoken's own content, and of a folder that the learner has
allowed as it is now.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import freshtoken_data
from freshtoken_model.store.orgfile import data_folder
from freshtoken_model.store.whole_file import make_folder, write_whole
from freshtoken_model.values.errors import SeveralLinesError

TRUST_FILE, TRUST_FORMAT = "trusted.json", 1


class Content(Protocol):
    """A lab, a demo or a question: where it comes from, and which programs of the machine its steps
    run.
    """

    @property
    def folder(self) -> Path:
        """The folder the content was read from."""

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs, in full."""


@dataclass(frozen=True, slots=True)
class ProgramsQuestion:
    """What one is asked before a folder's programs may run: the words, and the content they were
    made from.
    """

    folder: Path
    digest: str
    words: str


class NotTrustedError(SeveralLinesError):
    """Steps would run programs that nobody has allowed."""

    def __init__(self, question: ProgramsQuestion) -> None:
        super().__init__(f"{question.words}\nNobody has allowed that yet; --trust does.")


class Trust:
    """What was allowed, by folder and by a digest of what was in it. `home`: the data directory."""

    def __init__(self, home: Path | None = None) -> None:
        self._path = (home or data_folder()) / TRUST_FILE

    def allows(self, content: Content) -> bool:
        """Whether the programs of a content may run, if it has any."""
        if not content.programs or content.folder == freshtoken_data.folder():
            return True
        return self._allowed().get(str(content.folder.resolve())) == digest_of(content.folder)

    def allow(self, question: ProgramsQuestion) -> None:
        """Let the programs of a folder run as long as it is as it was when the question was asked.
        Raises OSError.
        """
        allowed = {**self._allowed(), str(question.folder.resolve()): question.digest}
        make_folder(self._path.parent)
        write_whole(self._path, json.dumps({"format": TRUST_FORMAT, "folders": allowed}, indent=1))

    def _allowed(self) -> dict[str, str]:
        """What was allowed so far; a file that cannot be read allows nothing."""
        with suppress(OSError, ValueError, RecursionError, AttributeError):
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            folders = kept["folders"] if kept.get("format") == TRUST_FORMAT else {}
            return {str(folder): str(digest) for folder, digest in folders.items()}
        return {}


def digest_of(folder: Path) -> str:
    """A digest of every content file of a folder: names and bytes. Raises OSError."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*/*.toml")):
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(
                f"{path.relative_to(folder)}\0{content}\n".encode("utf-8", "surrogateescape")
            )
    return total.hexdigest()

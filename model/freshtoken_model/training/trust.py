"""Whose programs may run: those of freshtoken's own content, and of a folder that the learner has allowed as it is now."""

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import freshtoken_data
from freshtoken_model.errors import OrgError
from freshtoken_model.orgfile import data_folder
from freshtoken_model.whole_file import make_folder, write_whole

FILE, FORMAT = "trusted.json", 1


class Content(Protocol):
    """A lab, a demo or a question: where it comes from, and which programs of the machine its steps run."""

    @property
    def folder(self) -> Path:
        """The content folder."""

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs, in full."""


class NotTrusted(OrgError):
    """Steps would run programs that nobody has allowed."""

    def __init__(self, content: Content) -> None:
        self.content = content
        super().__init__(f"{what_runs(content)}\nNobody has allowed that yet; --trust does.")


def what_runs(content: Content) -> str:
    """What one is asked about: the folder and every program in full."""
    programs = "\n".join(f"  {program}" for program in content.programs)
    return f"The content of {content.folder} runs programs on this machine, with your rights:\n{programs}"


class Trust:
    """What was allowed, by folder and by a digest of what was in it. `home`: the data directory."""

    def __init__(self, home: Path | None = None) -> None:
        self._path = (home or data_folder()) / FILE

    def allows(self, content: Content) -> bool:
        """Whether the programs of a content may run, if it has any."""
        if not content.programs or content.folder == freshtoken_data.folder():
            return True
        return self._allowed().get(str(content.folder.resolve())) == digest_of(content.folder)

    def require(self, content: Content) -> None:
        """Raises NotTrusted."""
        if not self.allows(content):
            raise NotTrusted(content)

    def allow(self, content: Content) -> None:
        """Let the programs of a folder run as long as nothing in it changes. Raises OSError."""
        allowed = {**self._allowed(), str(content.folder.resolve()): digest_of(content.folder)}
        make_folder(self._path.parent)
        write_whole(self._path, json.dumps({"format": FORMAT, "folders": allowed}, indent=1))

    def _allowed(self) -> dict[str, str]:
        """What was allowed so far; a file that cannot be read allows nothing."""
        with suppress(OSError, ValueError, RecursionError, AttributeError):
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            folders = kept["folders"] if kept.get("format") == FORMAT else {}
            return {str(folder): str(digest) for folder, digest in folders.items()}
        return {}


def digest_of(folder: Path) -> str:
    """A digest of every content file of a folder: names and bytes. Raises OSError."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*/*.toml")):
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{path.relative_to(folder)}\0{content}\n".encode("utf-8", "surrogateescape"))
    return total.hexdigest()

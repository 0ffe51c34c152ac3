"""The content at hand: the labs that come with freshtoken, and those of a teacher's own folder."""

import os
from dataclasses import dataclass
from pathlib import Path

import freshtoken_data
from freshtoken_model.errors import UnknownName

from .labs import Lab, read_lab
from .tables import Problem, read_table

VARIABLE = "FRESHTOKEN_CONTENT"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Labs in their order, the teacher's first; and what is wrong with the files that could not be used."""

    labs: tuple[Lab, ...]
    problems: tuple[Problem, ...]

    def lab(self, name: str) -> Lab:
        """A lab by its id, or its beginning where only one has it. Raises UnknownName."""
        found = [lab for lab in self.labs if lab.id == name] or [lab for lab in self.labs if lab.id.startswith(name)]
        if len(found) == 1:
            return found[0]
        known = ", ".join(lab.id for lab in found or self.labs)
        raise UnknownName(f"There is no lab {name!r}. There are: {known}." if not found else f"Which one? {known}.")


def content_folder(named: str | None = None) -> Path | None:
    """A teacher's own folder: named, or from FRESHTOKEN_CONTENT; None without one. Raises UnknownName."""
    name = named or os.environ.get(VARIABLE)
    if not name:
        return None
    folder = Path(name)
    if not folder.is_dir():
        raise UnknownName(f"There is no content folder {folder}.")
    return folder


def read_labs(folder: Path) -> tuple[list[Lab], list[Problem]]:
    """The labs of a content folder in the order of their files' names; a file with a problem gives no lab."""
    labs: list[Lab] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("labs/*.toml")):
        found: list[Problem] = []
        shown = f"labs/{path.name}"
        table = read_table(path, shown, found)
        lab = read_lab(table, shown) if table is not None else None
        twin = next((one for one in labs if lab is not None and one.id == lab.id), None)
        if twin is not None:
            found.append(Problem(shown, "", "id", f"expected an id of its own; {twin.file} has it too"))
        if lab is not None and not found:
            labs.append(lab)
        problems += found
    return labs, problems


def open_shelf(named: str | None = None) -> Shelf:
    """The labs of freshtoken and of a teacher's folder, whose ids win. Raises UnknownName."""
    own = content_folder(named)
    labs, problems = read_labs(own) if own else ([], [])
    shipped, broken = read_labs(freshtoken_data.folder())
    taken = {lab.id for lab in labs}
    return Shelf((*labs, *(lab for lab in shipped if lab.id not in taken)), (*problems, *broken))

"""The content at hand: labs, demos and questions that come with freshtoken, and those of a teacher's own folder."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import freshtoken_data
from freshtoken_model.errors import UnknownName

from .demos import Demo, read_demo
from .labs import Lab, read_lab
from .questions import Question, read_questions
from .tables import Problem, Table, read_table

VARIABLE = "FRESHTOKEN_CONTENT"


class Filed(Protocol):
    """What has an id, and a file it stands in."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def file(self) -> str:
        """The file, as messages name it."""


Item = TypeVar("Item", bound=Filed)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Labs and demos in their order, the teacher's first; and what is wrong with the files that could not be used."""

    labs: tuple[Lab, ...]
    demos: tuple[Demo, ...]
    problems: tuple[Problem, ...]

    def lab(self, name: str) -> Lab:
        """A lab by its id, or its beginning where only one has it. Raises UnknownName."""
        return _named("lab", self.labs, name)

    def demo(self, name: str) -> Demo:
        """A demo by its id, or its beginning where only one has it. Raises UnknownName."""
        return _named("demo", self.demos, name)


def _named(kind: str, items: Sequence[Item], name: str) -> Item:
    found = [one for one in items if one.id == name] or [one for one in items if one.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.id for one in found or items)
    raise UnknownName(f"There is no {kind} {name!r}. There are: {known}." if not found else f"Which one? {known}.")


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
    return _read(folder, "labs", lambda table, file: [read_lab(table, file)])


def read_demos(folder: Path) -> tuple[list[Demo], list[Problem]]:
    """The demos of a content folder in the order of their files' names; a file with a problem gives no demo."""
    return _read(folder, "demos", lambda table, file: [read_demo(table, file)])


def read_bank(folder: Path) -> tuple[list[Question], list[Problem]]:
    """The questions of a content folder, file by file; a file with a problem gives none."""
    return _read(folder, "questions", read_questions)


def _read(folder: Path, kind: str, read: Callable[[Table, str], list[Item]]) -> tuple[list[Item], list[Problem]]:
    items: dict[str, Item] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob(f"{kind}/*.toml")):
        found: list[Problem] = []
        shown = f"{kind}/{path.name}"
        table = read_table(path, shown, found)
        read_here = read(table, shown) if table is not None else []
        for number, item in enumerate(read_here):
            twin = items.get(item.id) or next((one for one in read_here[:number] if one.id == item.id), None)
            if twin is not None:
                found.append(Problem(shown, "", "id", f"expected an id of its own; {twin.file} has {item.id!r} too"))
        if not found:
            items |= {item.id: item for item in read_here}
        problems += found
    return list(items.values()), problems


def open_bank(named: str | None = None, only: bool = False) -> tuple[tuple[Question, ...], tuple[Problem, ...]]:
    """The questions of freshtoken and of a teacher's folder, whose ids win, and what is wrong. Raises UnknownName.

    `only`: the teacher's alone.
    """
    own = content_folder(named)
    if only and own is None:
        raise UnknownName(f"Only whose questions? Name a content folder: --content DIR, or {VARIABLE}.")
    questions: dict[str, Question] = {}
    problems: list[Problem] = []
    for folder in (own, None if only else freshtoken_data.folder()):
        if folder is not None:
            found, wrong = read_bank(folder)
            questions |= {one.id: one for one in found if one.id not in questions}
            problems += wrong
    return tuple(questions.values()), tuple(problems)


def open_shelf(named: str | None = None) -> Shelf:
    """The content of freshtoken and of a teacher's folder, whose ids win. Raises UnknownName."""
    own = content_folder(named)
    folders = [own, freshtoken_data.folder()] if own else [freshtoken_data.folder()]
    labs: dict[str, Lab] = {}
    demos: dict[str, Demo] = {}
    problems: list[Problem] = []
    for folder in folders:
        found, wrong = read_labs(folder)
        labs |= {lab.id: lab for lab in found if lab.id not in labs}
        problems += wrong
        more, wrong = read_demos(folder)
        demos |= {demo.id: demo for demo in more if demo.id not in demos}
        problems += wrong
    return Shelf(tuple(labs.values()), tuple(demos.values()), tuple(problems))

"""The content at hand: labs, demos and questions that come with freshtoken, and those of a
teacher's own folder.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol, TypeVar

import freshtoken_data
from freshtoken_model.training.content.tables import Problem, Table, read_table
from freshtoken_model.training.content.trust import Content, ProgramsQuestion, digest_of
from freshtoken_model.training.demos.demos import Demo, read_demo
from freshtoken_model.training.exam.questions import Question, read_questions
from freshtoken_model.training.labs.labs import Lab, read_lab
from freshtoken_model.values.errors import UnknownNameError
from freshtoken_model.values.names import match_name
from freshtoken_model.values.visible import visible

CONTENT_VARIABLE = "FRESHTOKEN_CONTENT"


class Filed(Protocol):
    """What has an id, and a file it stands in."""

    @property
    def id(self) -> str:
        """The id, unique among all content of its kind."""

    @property
    def file(self) -> str:
        """The file, as messages name it."""


Item = TypeVar("Item", bound=Filed)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Labs and demos in their order, the teacher's first; and what is wrong with the files that
    could not be used.
    """

    labs: tuple[Lab, ...]
    demos: tuple[Demo, ...]
    problems: tuple[Problem, ...]

    def lab(self, name: str) -> Lab:
        """A lab by its id, or its beginning where only one has it. Raises UnknownNameError."""
        return _named("lab", self.labs, name)

    def demo(self, name: str) -> Demo:
        """A demo by its id, or its beginning where only one has it. Raises UnknownNameError."""
        return _named("demo", self.demos, name)


def _named(kind: str, items: Sequence[Item], name: str) -> Item:
    ids = [one.id for one in items]
    return items[ids.index(match_name(kind, name, ids, by_beginning=True))]


def content_folder(named: str | None = None) -> Path | None:
    """A teacher's own folder: named, or from FRESHTOKEN_CONTENT; None without one. Raises
    UnknownNameError.
    """
    name = named or os.environ.get(CONTENT_VARIABLE)
    if not name:
        return None
    folder = Path(name)
    if not folder.is_dir():
        raise UnknownNameError(f"There is no content folder {folder}.")
    return folder


def read_labs(folder: Path) -> tuple[list[Lab], list[Problem]]:
    """The labs of a content folder in the order of their files' names; a file with a problem gives
    no lab.
    """
    return read_files(folder, "labs", lambda table, file: [read_lab(table, file)])


def read_demos(folder: Path) -> tuple[list[Demo], list[Problem]]:
    """The demos of a content folder in the order of their files' names; a file with a problem gives
    no demo.
    """
    return read_files(folder, "demos", lambda table, file: [read_demo(table, file)])


def read_bank(folder: Path) -> tuple[list[Question], list[Problem]]:
    """The questions of a content folder, file by file; a file with a problem gives none."""
    return read_files(folder, "questions", read_questions)


def read_files(
    folder: Path, kind: str, read: Callable[[Table, str], list[Item]]
) -> tuple[list[Item], list[Problem]]:
    """The items of a kind in a content folder, in the order of their files' names; a file with a
    problem gives none.
    """
    items: dict[str, Item] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob(f"{kind}/*.toml")):
        found: list[Problem] = []
        shown = f"{kind}/{path.name}"
        table = read_table(path, shown, found)
        read_here = read(table, shown) if table is not None else []
        for number, item in enumerate(read_here):
            twin = items.get(item.id) or next(
                (one for one in read_here[:number] if one.id == item.id), None
            )
            if twin is not None:
                found.append(
                    Problem(
                        shown,
                        "",
                        "id",
                        f"expected a unique id; {twin.file} has {item.id!r} too",
                    )
                )
        if not found:
            items |= {item.id: item for item in read_here}
        problems += found
    return list(items.values()), problems


@cache
def our_labs() -> tuple[tuple[Lab, ...], list[Problem]]:
    """The labs that come with freshtoken, read once a process: nobody writes into its folder."""
    labs, problems = read_labs(freshtoken_data.folder())
    return tuple(labs), problems


@cache
def our_demos() -> tuple[tuple[Demo, ...], list[Problem]]:
    """The demos that come with freshtoken, read once a process."""
    demos, problems = read_demos(freshtoken_data.folder())
    return tuple(demos), problems


@cache
def our_bank() -> tuple[tuple[Question, ...], list[Problem]]:
    """The questions that come with freshtoken, read once a process."""
    questions, problems = read_bank(freshtoken_data.folder())
    return tuple(questions), problems


def twins(items: Sequence[Item], known: Sequence[Filed]) -> list[tuple[Item, Filed]]:
    """The items of a folder with an id that one of freshtoken's has, and that one."""
    ours = {one.id: one for one in known}
    return [(item, ours[item.id]) for item in items if item.id in ours]


def hidden(item: Filed, twin: Filed) -> Problem:
    """That an item's id is taken: what a learner knows by its name is freshtoken's."""
    return Problem(
        item.file, "", "id", f"expected a unique id; freshtoken's {twin.file} has {item.id!r}"
    )


def _beside(own: Sequence[Item], ours: Sequence[Item]) -> tuple[tuple[Item, ...], list[Problem]]:
    """A folder's items, those of freshtoken behind them, and what is wrong with ids that are
    taken.
    """
    taken = twins(own, ours)
    fine = [item for item in own if all(item is not one for one, _ in taken)]
    return (*fine, *ours), [hidden(item, twin) for item, twin in taken]


def open_bank(
    named: str | None = None, only: bool = False
) -> tuple[tuple[Question, ...], tuple[Problem, ...]]:
    """The questions of a teacher's folder and of freshtoken, and what is wrong. Raises
    UnknownNameError.

    `only`: the teacher's alone.
    """
    own = content_folder(named)
    if only and own is None:
        raise UnknownNameError(
            f"Only whose questions? Name a content folder: --content DIR, or {CONTENT_VARIABLE}."
        )
    theirs, wrong = read_bank(own) if own is not None else ([], [])
    ours, broken = our_bank()
    questions, hiding = _beside(theirs, ours)
    if only:
        questions = tuple(question for question in questions if question.folder == own)
    return questions, (*wrong, *broken, *hiding)


def open_shelf(named: str | None = None) -> Shelf:
    """The content of a teacher's folder and of freshtoken. Raises UnknownNameError."""
    own = content_folder(named)
    problems: list[Problem] = []

    def both(
        read: Callable[[Path], tuple[list[Item], list[Problem]]],
        shipped: tuple[tuple[Item, ...], list[Problem]],
    ) -> tuple[Item, ...]:
        theirs, wrong = read(own) if own is not None else ([], [])
        mine, broken = shipped
        items, hiding = _beside(theirs, mine)
        problems.extend((*wrong, *broken, *hiding))
        return items

    return Shelf(both(read_labs, our_labs()), both(read_demos, our_demos()), tuple(problems))


def ask_about(folder: Path) -> ProgramsQuestion:
    """The question for a content folder: every program that anything in it runs, in full. Raises
    OSError.
    """
    digest = digest_of(
        folder
    )  # first: what is changed while it is read is not what was asked about
    contents: list[Content] = [*read_labs(folder)[0], *read_demos(folder)[0], *read_bank(folder)[0]]
    programs = dict.fromkeys(
        visible(program) for content in contents for program in content.programs
    )
    shown = "\n".join(f"  {program}" for program in programs)
    head = f"The content of {visible(str(folder))} runs programs on this machine, with your rights:"
    return ProgramsQuestion(folder, digest, f"{head}\n{shown}")

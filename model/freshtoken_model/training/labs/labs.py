"""Labs: a story, a beginning, goals that are checks over the org, hints, a reference solution. Pure
over org and content.
"""

from dataclasses import dataclass
from pathlib import Path

from freshtoken_model.decision.settings import release
from freshtoken_model.files.training_org import DEFAULT, Beginning, presets, starts_at
from freshtoken_model.history.counting import newest_named
from freshtoken_model.org import Org
from freshtoken_model.store import org_row
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import writing
from freshtoken_model.training.content.checks import Scene
from freshtoken_model.training.content.statements import Statement, read_statement
from freshtoken_model.training.content.steps import programs_of, read_program, read_steps
from freshtoken_model.training.content.tables import Table
from freshtoken_model.values.clock import parse_moment
from freshtoken_model.values.errors import OrgError
from freshtoken_model.values.kinds import EventKind

LEVELS = ("easy", "medium", "hard")
HINTS = 3
BEGAN = EventKind.LAB_STARTED
"""The event a lab begins with; what happened before is its setup."""
KIND = "lab "
"""How the kind of a lab's org begins; the lab's id follows."""
SEED = "lab"


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be reached, with the sentence for when it is, and for when it is not."""

    statement: Statement
    done: str
    not_yet: str


@dataclass(frozen=True, slots=True)
class Forbidden:
    """What must not be done on the way."""

    statement: Statement
    words: str


@dataclass(frozen=True, slots=True)
class Lab:
    """One lab, as its file has it. `steps` are freshtoken command lines without the program's
    name.
    """

    id: str
    title: str
    minutes: int
    level: str
    objectives: tuple[str, ...]
    story: str
    beginning: Beginning
    setup: tuple[str, ...]
    goals: tuple[Goal, ...]
    forbidden: tuple[Forbidden, ...]
    hints: tuple[str, ...]
    solution: tuple[str, ...]
    debrief: str
    sources: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    runs: str
    """How the program begins that its steps run; empty when they run none."""
    file: str
    folder: Path
    """The content folder it comes from."""

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs of the machine that its steps run."""
        return programs_of(self.setup, self.solution)


@dataclass(frozen=True, slots=True)
class GoalState:
    """How a goal stands: its sentence; for a count, what was found of what is wanted."""

    done: bool
    words: str
    found: str
    wanted: str


@dataclass(frozen=True, slots=True)
class LabStanding:
    """How a lab stands in its org."""

    goals: tuple[GoalState, ...]
    broken: tuple[str, ...]
    """The forbidden moves that were made, in words."""

    @property
    def reached(self) -> int:
        """How many goals are reached."""
        return sum(goal.done for goal in self.goals)

    @property
    def solved(self) -> bool:
        """All goals reached, nothing forbidden done."""
        return not self.broken and all(goal.done for goal in self.goals)


class NotThisLabError(OrgError):
    """The org is not, or no longer, one of this lab."""


def begin_lab(org: Org, lab: Lab) -> None:
    """Mark the org as the lab's: what comes from now on counts, and cannot be taken back further
    than this.
    """
    with writing(org.database) as work:
        org_row.update(work.db, kind=KIND + lab.id)
        work.event(BEGAN, detail=lab.id)
    org.rewind.forget()


def lab_of(kind: str) -> str:
    """The lab an org's kind tells of, empty for any other org."""
    return kind.removeprefix(KIND) if kind.startswith(KIND) else ""


def began(db: Database, lab_id: str) -> int:
    """The id of the event a lab began with. Raises NotThisLabError."""
    found = newest_named(db, BEGAN, lab_id)
    if found is None:
        raise NotThisLabError(
            "This org is no longer that of the lab. Set the lab back: lab reset, or r in the app."
        )
    return found


def standing(lab: Lab, org: Org) -> LabStanding:
    """How a lab stands. Raises NotThisLabError."""
    scene = Scene(org, began(org.database, lab.id))
    goals = []
    for goal in lab.goals:
        measure = goal.statement.measure(scene)
        goals.append(
            GoalState(
                measure.holds,
                goal.done if measure.holds else goal.not_yet,
                measure.found,
                measure.wanted,
            )
        )
    broken = tuple(one.words for one in lab.forbidden if one.statement.measure(scene).holds)
    return LabStanding(tuple(goals), broken)


def read_lab(table: Table, file: str) -> Lab:
    """The lab of a content file; what is wrong with it becomes the table's problems."""
    runs = read_program(table)
    lab = Lab(
        id=read_identity(table),
        title=table.line("title", 48),
        minutes=table.number("minutes", 1, 60),
        level=table.choice("level", LEVELS),
        objectives=tuple(table.lines("objectives", 1, 5, long=110)),
        story=table.prose("story"),
        beginning=read_beginning(table),
        setup=read_steps(table, "setup", runs),
        goals=tuple(_goals(table)),
        forbidden=tuple(_forbidden(table)),
        hints=tuple(table.lines("hints", HINTS, HINTS)),
        solution=read_steps(table, "solution", runs, least=1),
        debrief=table.prose("debrief"),
        sources=tuple(table.lines("sources", 1, 8)),
        files=tuple(_files(table)),
        runs=runs,
        file=file,
        folder=table.folder,
    )
    table.finish()
    return lab


def read_identity(table: Table, name: str = "id") -> str:
    """The id: of small letters, digits and hyphens."""
    found = table.line(name, 40)
    if found and not (
        found.replace("-", "").isalnum() and found == found.lower() and found.isascii()
    ):
        table.wrong(name, f"expected small letters, digits and hyphens; found {found!r}")
    return found


def read_beginning(table: Table) -> Beginning:
    """The org to begin with: seeded, its clock frozen."""
    preset = table.choice("preset", list(presets()), DEFAULT)
    starts, release_name = (
        table.line("starts_at", needed=False),
        table.line("created_release", needed=False),
    )
    moment = starts_at(preset)
    if starts:
        try:
            moment = parse_moment(starts, "UTC")
        except ValueError as error:
            table.wrong("starts_at", f"expected a moment: {error}")
    if release_name:
        try:
            release(release_name)
        except ValueError as error:
            table.wrong("created_release", f"expected a release: {error}")
    return Beginning(SEED, moment, preset, release_name or None)


def _goals(table: Table) -> list[Goal]:
    found = []
    for row in table.tables("goal", needed=True):
        statement = read_statement(row)
        done, not_yet = row.line("done", 110), row.line("not_yet", 160)
        row.finish()
        if statement is not None:
            found.append(Goal(statement, done, not_yet))
    return found


def _forbidden(table: Table) -> list[Forbidden]:
    found = []
    for row in table.tables("forbidden"):
        statement, words = read_statement(row), row.line("words", 110)
        row.finish()
        if statement is not None:
            found.append(Forbidden(statement, words))
    return found


def _files(table: Table) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for row in table.tables("file"):
        name, text = row.line("name", 40), row.get("text", str, "the text of the file")
        row.finish()
        if name and (name != Path(name).name or name.startswith(".")):
            row.wrong("name", "expected a plain file name, without a folder")
        elif any(name == other for other, _ in found):
            row.wrong("name", "expected a unique name; another file of this lab has it")
        elif name and text:
            found.append((name, text))
    return found

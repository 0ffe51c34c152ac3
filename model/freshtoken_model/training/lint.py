"""The authoring linter: every lab starts unsolved, its reference solution solves it and only it,
every reference resolves.

It says where: file, table, field, and what was expected.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import freshtoken_data
from freshtoken_model.decision.credentials import QUICK
from freshtoken_model.org import Org
from freshtoken_model.store.whole_file import temporary_folder
from freshtoken_model.training.content.sources import sources
from freshtoken_model.training.content.statements import Statement, unknown_names
from freshtoken_model.training.content.steps import (
    LineRunner,
    StepFailedError,
    parse_step,
    run_steps,
)
from freshtoken_model.training.content.tables import Problem
from freshtoken_model.training.content.trust import Trust
from freshtoken_model.training.demos.demos import Demo
from freshtoken_model.training.exam.leaning import check_leaning
from freshtoken_model.training.exam.question_lint import check_questions, unproved_share
from freshtoken_model.training.exam.questions import Question
from freshtoken_model.training.labs.classroom import Classroom
from freshtoken_model.training.labs.labs import (
    GoalState,
    Lab,
    LabStanding,
    NotThisLabError,
    standing,
)
from freshtoken_model.values.errors import OrgError

from .shelf import (
    Filed,
    hidden,
    our_bank,
    our_demos,
    our_labs,
    read_bank,
    read_demos,
    read_labs,
    twins,
)

FILE_KINDS = ("labs", "demos", "questions")
"""Folders of content."""


@dataclass(slots=True)
class Report:
    """What a check of a content folder found."""

    labs: int = 0
    demos: int = 0
    questions: int = 0
    proofs: int = 0
    problems: list[Problem] = field(default_factory=list)


def check_content(
    folder: Path, run: LineRunner, told: Callable[[str], None] = lambda words: None
) -> Report:
    """Check a content folder. `told` hears what is being checked."""
    labs, problems = read_labs(folder)
    demos, wrong = read_demos(folder)
    questions, unread = read_bank(folder)
    contents: list[Lab | Demo | Question] = [*labs, *demos, *questions]
    untrusted = [unasked(content) for content in contents if not Trust().allows(content)]
    labs = [lab for lab in labs if Trust().allows(lab)]
    if not any(path for kind in FILE_KINDS for path in folder.glob(f"{kind}/*.toml")):
        wrong.append(
            Problem(
                str(folder),
                "",
                "",
                f"expected {' or '.join(f'{kind}/*.toml' for kind in FILE_KINDS)} in this folder",
            )
        )
    wrong += [problem for demo in demos for problem in unknown_sources(demo)]
    proofs, disproved = check_questions(questions, run, told)
    report = Report(
        len(labs),
        len(demos),
        len(questions),
        proofs,
        [*problems, *wrong, *unread, *untrusted, *disproved, *check_leaning(questions)],
    )
    if folder == freshtoken_data.folder():
        report.problems += unproved_share(questions)
    with temporary_folder() as place:
        bench = _Bench(Path(place), run, report.problems)
        report.problems += shadows(folder, labs, demos, questions)
        sound = []
        for lab in labs:
            told(f"{lab.file}")
            before = len(report.problems)
            bench.check(lab)
            if len(report.problems) == before:
                sound.append(lab)
        for lab in sound:
            bench.check_others(lab, [other for other in sound if other is not lab])
    return report


def unasked(content: Lab | Demo | Question) -> Problem:
    """That a content was not tried, because nobody has allowed the programs it runs."""
    programs = "; ".join(content.programs)
    return Problem(
        content.file,
        content.id,
        "runs",
        f"not tried: nobody has allowed it to run {programs} (--trust does)",
    )


def shadows(
    folder: Path, labs: Sequence[Lab], demos: Sequence[Demo], questions: Sequence[Question]
) -> list[Problem]:
    """The contents of a folder whose id one of freshtoken's has: that one would hide them."""
    if folder == freshtoken_data.folder():
        return []
    taken: tuple[tuple[Filed, Filed], ...] = (
        *twins(labs, our_labs()[0]),
        *twins(demos, our_demos()[0]),
        *twins(questions, our_bank()[0]),
    )
    return [hidden(item, twin) for item, twin in taken]


class _Bench:
    """Tries labs, each on its own org, in a folder that is deleted afterwards."""

    def __init__(self, place: Path, run: LineRunner, problems: list[Problem]) -> None:
        self._place, self._run, self._problems = place, run, problems
        self._room = Classroom(run, place, QUICK, Trust())

    def wrong(self, lab: Lab, table: str, name: str, expected: str) -> None:
        """Note a problem with a field of a lab."""
        self._problems.append(Problem(lab.file, table, name, expected))

    def check(self, lab: Lab) -> None:
        """Everything about one lab by itself."""
        if len({hint.casefold() for hint in lab.hints}) < len(lab.hints):
            self.wrong(lab, "", "hints", "expected three different hints")
        self._problems += unknown_sources(lab)
        try:
            self._try(lab)
        except NotThisLabError as error:
            self.wrong(lab, "", "solution", f"expected to stay in the lab's org: {error}")

    def _try(self, lab: Lab) -> None:
        """Build it, look that nothing is solved yet; solve it, look that everything is."""
        path = self._pristine(lab)
        try:
            with self._room.built(lab) as made:
                shutil.copy(made, path)
        except StepFailedError as error:
            self.wrong(lab, "", f"setup[{_number(lab.setup, error)}]", f"expected to run: {error}")
            return
        except OrgError as error:
            self.wrong(lab, "", "setup", f"expected an org to begin with: {error}")
            return
        # A goal that holds before anything was done teaches nothing and ticks at once.
        found = self._standing(lab, path)
        for table, state in _states(found):
            if state.done:
                self.wrong(
                    lab,
                    table,
                    "check",
                    f"expected to be open at the start; it holds already ({state.found})",
                )
        for table in _violated(lab, found):
            self.wrong(lab, table, "check", "expected not to hold at the start")
        # The solution runs on a copy: check_others() tries those of other labs on the original.
        played = self._place / "played.db"
        shutil.copy(path, played)
        self._room.write_files(lab)
        try:
            for _ in run_steps(
                played, lab.solution, self._run, self._room.files(lab), programs=True
            ):
                pass
        except StepFailedError as error:
            self.wrong(
                lab, "", f"solution[{_number(lab.solution, error)}]", f"expected to run: {error}"
            )
            return
        found = self._standing(lab, played)
        for table, state in _states(found):
            if not state.done:
                what = (
                    f"expected to hold after the solution; found {state.found}, wanted "
                    f"{state.wanted}"
                )
                self.wrong(lab, table, "check", what)
        for table in _violated(lab, found):
            self.wrong(lab, table, "check", "expected not to hold after the solution; it does")
        # Names are looked up in the solved org: a solution may make users and apps that the
        # goals name.
        with Org(played) as org:
            for table, statement in _statements(lab):
                for name, why in unknown_names(statement, org):
                    self.wrong(lab, table, name, f"expected a name of the lab's org: {why}")
        played.unlink()

    def check_others(self, lab: Lab, others: Sequence[Lab]) -> None:
        """Its solution solves no other lab: two labs that one solution solves teach one thing
        twice.
        """
        for other in others:
            path = self._place / "other.db"
            shutil.copy(self._pristine(other), path)
            try:
                for _ in run_steps(
                    path, lab.solution, self._run, self._room.files(lab), programs=True
                ):
                    pass
                if self._standing(other, path).solved:
                    self.wrong(
                        lab,
                        "",
                        "solution",
                        f"expected to solve this lab only; it solves {other.id} ({other.file}) too",
                    )
            except OrgError:
                pass  # it does not even run there
            path.unlink()

    def _pristine(self, lab: Lab) -> Path:
        return self._place / f"{lab.id}.pristine"

    def _standing(self, lab: Lab, path: Path) -> LabStanding:
        with Org(path) as org:
            return standing(lab, org)


def _number(lines: Sequence[str], error: StepFailedError) -> int:
    """Which of the lines failed, from 1."""
    return next((n for n, line in enumerate(lines, 1) if parse_step(line) == error.step), 0)


def _states(found: LabStanding) -> Iterator[tuple[str, GoalState]]:
    for number, state in enumerate(found.goals, 1):
        yield f"[[goal]] number {number}", state


def _violated(lab: Lab, found: LabStanding) -> Iterator[str]:
    for number, one in enumerate(lab.forbidden, 1):
        if one.words in found.broken:
            yield f"[[forbidden]] number {number}"


def unknown_sources(content: Lab | Demo) -> list[Problem]:
    """The sources it cites that do not exist."""
    return [
        Problem(
            content.file,
            "",
            f"sources[{number}]",
            f"expected the id of a source; there is no {name!r}",
        )
        for number, name in enumerate(content.sources, 1)
        if name not in sources()
    ]


def _statements(lab: Lab) -> Iterator[tuple[str, Statement]]:
    for number, goal in enumerate(lab.goals, 1):
        yield f"[[goal]] number {number}", goal.statement
    for number, one in enumerate(lab.forbidden, 1):
        yield f"[[forbidden]] number {number}", one.statement

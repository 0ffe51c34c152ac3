"""Labs in progress: each has its own org file, made again when it is set back; what was done is
noted in progress.db.
"""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.files.training_org import Beginning
from freshtoken_model.org import Org
from freshtoken_model.store import database
from freshtoken_model.store.orgfile import data_folder
from freshtoken_model.store.whole_file import make_folder, temporary_folder, write_whole
from freshtoken_model.training.content.steps import (
    FOLDER,
    LineOutcome,
    LineRunner,
    LineStep,
    run_steps,
)
from freshtoken_model.training.content.trust import Trust
from freshtoken_model.values.errors import NotAllowedError, OrgFileError

from . import progress
from .labs import Lab, LabStanding, begin_lab, lab_of, standing
from .progress import LabProgress, Record


@dataclass(frozen=True, slots=True)
class LabCheck:
    """A check of a lab: how it stands, and its record with this check in it."""

    standing: LabStanding
    record: Record

    @property
    def nudge(self) -> bool:
        """Whether it is time to offer a hint."""
        return not self.standing.solved and self.record.stuck


def make_org(
    path: Path,
    beginning: Beginning,
    setup: Sequence[str],
    run: LineRunner,
    hashing: Hashing | None = None,
    programs: bool = False,
) -> None:
    """Make an org and run a setup in it; files that the steps name are beside it. Raises OrgError,
    StepFailedError.

    `programs`: whether the setup may run programs of the machine.
    """
    Org.create(
        path,
        beginning.seed,
        beginning.frozen_at,
        hashing,
        beginning.preset,
        beginning.created_release,
    )
    for _ in run_steps(path, setup, run, path.parent, programs):
        pass


class Classroom:
    """Starts, checks and sets back labs. `folder`: the data directory. `run`: runs a command line
    on an org file.
    """

    def __init__(
        self,
        run: LineRunner,
        folder: Path | None = None,
        hashing: Hashing | None = None,
        trust: Trust | None = None,
    ) -> None:
        self._run, self._hashing = run, hashing
        self.folder = folder or data_folder()
        self.progress, self.trust = LabProgress(self.folder), trust or Trust(self.folder)

    def path(self, lab: Lab) -> Path:
        """The lab's org file."""
        return self.folder / "labs" / f"{lab.id}.db"

    def files(self, lab: Lab) -> Path:
        """The folder of the lab's files, if it has any."""
        return self.folder / "labs" / lab.id

    def start(self, lab: Lab) -> bool:
        """Make the lab's org, or go on where it was left. Returns whether it is new. Raises
        OrgError.
        """
        path = self.path(lab)
        if path.exists():
            self._check(lab)
            self._begun(lab)
            return False
        with self.built(lab) as made:
            try:
                database.place(made, path)
            except FileExistsError:
                return False
        self._begun(lab)
        return True

    def _begun(self, lab: Lab) -> None:
        """What belongs to a lab's org besides it; some of it is missing when the process was killed
        in between.
        """
        if any(not (self.files(lab) / name).exists() for name, _ in lab.files):
            self.write_files(lab)
        if self.progress.record(lab.id).started_at is None:
            self.progress.note(lab.id, progress.STARTED)

    def _check(self, lab: Lab) -> None:
        """Raises NotAllowedError when the file in the place of the lab's org is another lab's,
        OrgFileError when it is not an org.
        """
        path = self.path(lab)
        try:
            with database.plainly(path), Org(path) as org:
                whose = lab_of(org.info().kind)
        except OrgFileError as error:
            raise OrgFileError(
                f"{error} The lab can begin again: freshtoken lab reset {lab.id}"
            ) from error
        if whose != lab.id:
            raise NotAllowedError(
                f"{path} is no longer the org of this lab; set it back: freshtoken lab reset "
                f"{lab.id}"
            )

    def reset(self, lab: Lab) -> Path | None:
        """Set the lab's org back to how it began: in one transaction, also while others have it
        open. Raises OrgError.

        A file that cannot be used is put aside; returns where, None when there was none.
        """
        path, aside = self.path(lab), None
        if not path.exists():
            self.start(lab)
            return None
        with self.built(lab) as made:
            try:
                with database.plainly(path), Org(path) as org:
                    org.restore(made, org.would_lose(made).last_event)
            except OrgFileError:
                with database.plainly(path):
                    aside = next(
                        name
                        for n in count(1)
                        if not (name := path.with_suffix(f".damaged-{n}")).exists()
                    )
                    path.rename(aside)
                    database.place(made, path)
        self.write_files(lab)
        self.progress.note(lab.id, progress.LAB_RESET)
        return aside

    @contextmanager
    def built(self, lab: Lab) -> Iterator[Path]:
        """A new org of the lab, its setup run, in a temporary folder beside the others. Raises
        StepFailedError.
        """
        labs, programs = self.folder / "labs", self.trust.allows(lab)
        with database.plainly(labs):
            make_folder(labs)
            with temporary_folder(labs) as folder:
                made = Path(folder) / "org.db"
                self.write_files(lab, Path(folder))
                make_org(made, lab.beginning, lab.setup, self._run, self._hashing, programs)
                with Org(made) as org:
                    begin_lab(org, lab)
                yield made

    def write_files(self, lab: Lab, folder: Path | None = None) -> None:
        """Put the lab's files, as they are at the beginning, into its folder, or into another
        one.
        """
        folder = folder or self.files(lab)
        with database.plainly(folder):
            if lab.files:
                make_folder(folder)
            for name, text in lab.files:
                write_whole(folder / name, text)

    def standing(self, lab: Lab) -> LabStanding:
        """How the lab stands, without a note. Raises OrgError, NotThisLabError."""
        with self._open(lab) as org:
            return standing(lab, org)

    def check(self, lab: Lab) -> LabCheck:
        """How the lab stands; a failed check is noted, and the first that finds it solved."""
        found = self.standing(lab)
        if found.solved:
            return LabCheck(found, self.solved(lab)[0])
        self.progress.note(lab.id, progress.FAILED, f"{found.reached} of {len(found.goals)}")
        return LabCheck(found, self.progress.record(lab.id))

    def solved(self, lab: Lab) -> tuple[Record, bool]:
        """Note that the lab is solved, once. Returns its record, and whether that is
        new.
        """
        first = self.progress.record(lab.id).solved_at is None
        if first:
            self.progress.note(lab.id, progress.SOLVED)
        return self.progress.record(lab.id), first

    def hint(self, lab: Lab) -> tuple[int, str]:
        """The next hint and its number from 1; the last one again when all were given."""
        number = min(self.progress.record(lab.id).hints + 1, len(lab.hints))
        self.progress.note(lab.id, progress.HINT, str(number))
        return number, lab.hints[number - 1]

    def give_up(self, lab: Lab) -> None:
        """Say that the reference solution may be shown."""
        if not self.progress.record(lab.id).solution_open:
            self.progress.note(lab.id, progress.GAVE_UP)

    def solution(self, lab: Lab) -> tuple[str, ...]:
        """lines(), for who may see them. Raises NotAllowedError before the lab was solved or given
        up.
        """
        if not self.progress.record(lab.id).solution_open:
            raise NotAllowedError(
                f"Solve it first, or give up explicitly: freshtoken lab solve {lab.id} --give-up"
            )
        return self.lines(lab)

    def lines(self, lab: Lab) -> tuple[str, ...]:
        """The reference solution's command lines, as they are typed in a shell."""
        return tuple(
            line.replace(FOLDER, shlex.quote(str(self.files(lab)))) for line in lab.solution
        )

    def play_one(self, lab: Lab, number: int) -> tuple[LineStep, LineOutcome]:
        """Play one step of the reference solution, counted from 0, in the lab's org. Raises
        NotAllowedError, StepFailedError.
        """
        self.solution(lab)
        lines, programs = lab.solution[number : number + 1], self.trust.allows(lab)
        ((step, outcome),) = run_steps(self.path(lab), lines, self._run, self.files(lab), programs)
        return step, outcome

    @contextmanager
    def _open(self, lab: Lab) -> Iterator[Org]:
        path = self.path(lab)
        if not path.exists():
            raise NotAllowedError(f"Start it first: freshtoken lab start {lab.id}")
        with database.plainly(path), Org(path, self._hashing) as org:
            yield org

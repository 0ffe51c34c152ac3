"""The part of the app for exam practice: the bank of questions, and experiments that are played in
the real screens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from textual import work
from textual.reactive import reactive

from freshtoken_model.values.errors import OrgError

from .labs import LabApp

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

    from freshtoken_model.training.exam.exam_room import ExamRoom
    from freshtoken_model.training.exam.mock import Sitting
    from freshtoken_model.training.exam.proofs import Experiment, Observed
    from freshtoken_model.training.exam.questions import Question
    from freshtoken_model.training.labs.labs import Lab
    from freshtoken_tui.view import Picture

Answer = TypeVar("Answer")


@dataclass(slots=True)
class ProofPlay:
    """An experiment on the stage. `order`: the options as the question showed them; `came_from`:
    the page to go back to.
    """

    experiment: Experiment
    order: list[int]
    came_from: str
    home: Path
    lab: Lab | None
    folder: TemporaryDirectory[str]
    told: list[str] = field(default_factory=list)
    """What each step said, in one line."""
    seen: dict[int, Observed] = field(default_factory=dict)
    """How options stand, by their place in the file."""
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One step after the other, however often the key is pressed."""

    @property
    def question(self) -> Question:
        """The question that is proved."""
        return self.experiment.question

    @property
    def reads_print(self) -> bool:
        """Whether an option looks at what commands print: then they must be played as commands."""
        question = self.question
        return any(
            one.check == "printed"
            for option in question.options
            for one in question.expected(option)
        )

    @property
    def next_step(self) -> int | None:
        """The step that comes next, from 0; None when all were played."""
        return len(self.told) if len(self.told) < len(self.experiment.proof.steps) else None

    @property
    def next_option(self) -> int | None:
        """The option that is tried next, by its place in the file; None when all stand."""
        return next((place for place in self.order if place not in self.seen), None)

    @property
    def common(self) -> Path:
        """The org as it is after the common steps: what every option begins with."""
        return self.experiment.path.with_suffix(".common")


class ExamApp(LabApp):
    """An app one can practise in."""

    exam_content: tuple[str | None, bool] = (None, False)
    """A trainer's folder, and whether its questions are the only ones."""
    exam: ExamRoom | None = None
    shown_result = ""
    """The id of the mock exam whose result is shown."""
    sitting: reactive[Sitting | None] = reactive(None, init=False)
    """The mock exam that is open on the page."""
    proof: reactive[ProofPlay | None] = reactive(None, init=False)
    """The experiment on the stage; the org of the learner waits."""

    async def exam_room(self) -> ExamRoom | None:
        """The bank and its notes, read anew; None, and a toast, where there are no questions."""
        from freshtoken_model.training.exam.exam_room import ExamRoom
        from freshtoken_model.training.shelf import open_bank

        found = await self.off_the_loop(lambda: open_bank(*self.exam_content))
        if found is None:
            return None
        questions, problems = found
        if problems:
            words = f"{problems[0]} (freshtoken content check tells all)"
            self.notify(words, severity="warning", timeout=12)
        self.exam = ExamRoom(questions)
        return self.exam

    async def in_exam(self, what: Callable[[ExamRoom], Answer]) -> Answer | None:
        """Do something in the exam room, off the loop; what it refuses becomes a toast, and
        None.
        """
        room = self.exam or await self.exam_room()
        return None if room is None else await self.off_the_loop(lambda: what(room))

    @work(group="exam", exclusive=True)
    async def practise(self, questions: list[Question]) -> None:
        """Ask questions one by one."""
        page = await self.open_page("question")
        page.begin(questions)  # type: ignore[attr-defined]  # open_page gives the page it names

    @work(group="exam", exclusive=True)
    async def prove(self, question: Question, order: list[int], came_from: str) -> None:
        """Set up a question's experiment, and put its org in the place of the one that is open."""
        if self.proof is not None or not await self.may_run(question):
            return
        from freshtoken_model.store.whole_file import temporary_folder
        from freshtoken_model.training.exam.proofs import Laboratory
        from freshtoken_tui.demo.runner import run_line

        folder = temporary_folder()
        self.notify("Setting up the experiment.", timeout=2)
        experiment = await self.off_the_loop(
            lambda: Laboratory(Path(folder.name), run_line).set_up(question)
        )
        home, lab = self.path, self.lab
        self.lab = None
        if experiment is None or not await self.change_org(experiment.path):
            self.lab = lab
            await asyncio.to_thread(folder.cleanup)
            return
        self.standing = None
        self.proof = ProofPlay(experiment, order, came_from, home, lab, folder)
        await self.open_page("proof")

    @work(group="proof")
    async def prove_on(self) -> None:
        """The next step; after the last one what it shows, option by option where each is tried for
        itself.
        """
        play = self.proof
        if play is not None:
            async with play.busy:
                if self.proof is play:
                    await self._prove_on(play)

    async def _prove_on(self, play: ProofPlay) -> None:
        if play.next_step is not None:
            said = await self._play(play, play.experiment.proof.steps[play.next_step])
            if said is None:
                return
            play.told.append(said)
        elif play.question.forks and play.next_option is not None:
            await self._try(play, play.next_option)
        if play.next_step is None and not play.question.forks:
            for place, option in enumerate(play.question.options):
                seen = await self.off_the_loop(partial(play.experiment.observe, option))
                if seen is not None:
                    play.seen[place] = seen
        self.mutate_reactive(ExamApp.proof)

    async def _try(self, play: ProofPlay, place: int) -> None:
        """Try one option on the org as the common steps left it."""
        option = play.question.options[place]
        if play.common.exists():
            await self.ask(
                lambda org: org.restore(play.common, org.would_lose(play.common).last_event)
            )
            self.know_what_is_there()
        else:
            await self.ask(lambda org: org.snapshot(play.common))
        for line in option.do:
            await self._play(play, line)
        seen = await self.off_the_loop(lambda: play.experiment.observe(option))
        if seen is not None:
            play.seen[place] = seen

    async def _play(self, play: ProofPlay, text: str) -> str | None:
        """Play a step: what an API client does in its pane, anything else as a command. What it
        said, in a line.
        """
        from freshtoken_model.training.content.steps import parse_step

        words = parse_step(text).words(play.experiment.path.parent)
        pane, picture = self.pane, self.picture
        client = (
            next((c for c in picture.clients if words[:1] == ["client"] and c.name in words), None)
            if picture
            else None
        )
        if pane is not None and client is not None:
            await self.show_client(client.id).wait()
            if (
                words[1] in ("login", "query")
                and words[2:] == [client.name]
                and not play.reads_print
            ):
                await (pane.log_in() if words[1] == "login" else pane.query_org()).wait()
                shown = self.picture
                return shown.client.told if shown is not None else ""
        ran = await self.off_the_loop(lambda: list(play.experiment.play((text,))))
        await self.refresh_picture()
        if ran is None:
            return None
        outcome = ran[0][1]
        return " ".join((outcome.said or outcome.out).split())[:160]

    @work(group="exam", exclusive=True)
    async def leave_proof(self) -> None:
        """Back to the question, and to the org that waited."""
        play, self.proof = self.proof, None
        if play is None:
            return
        async with play.busy:
            if await self.change_org(play.home):
                self.lab = play.lab
                self._look()
        await asyncio.to_thread(play.folder.cleanup)
        await self.open_page(play.came_from)

    def staying(self) -> str:
        """An experiment's org is no place to come back to."""
        return "Leave the experiment first: f7, then l." if self.proof is not None else ""

    def guide(self, picture: Picture, lines: int) -> str:
        """Nothing while an experiment is on the stage."""
        return "" if self.proof is not None else super().guide(picture, lines)

    async def on_unmount(self) -> None:
        """The experiment's org goes with the app; the clock of an exam that may be paused stops."""
        play, self.proof = self.proof, None
        room, sitting = self.exam, self.sitting
        if room is not None and sitting is not None and sitting.pausable:
            with suppress(OrgError):
                await asyncio.to_thread(room.pause, sitting)
        await super().on_unmount()
        if play is not None:
            await asyncio.to_thread(play.folder.cleanup)

"""Exam practice: the bank of questions, and experiments that are played in
the real screens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from textual.signal import Signal

from freshtoken_model.values.errors import OrgError
from freshtoken_tui.messages import Practise, Prove, Request

from .part import Part, in_worker

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

    from freshtoken_model.training.exam.exam_room import ExamRoom
    from freshtoken_model.training.exam.mock import Sitting
    from freshtoken_model.training.exam.proofs import Experiment, Observed
    from freshtoken_model.training.exam.questions import Question
    from freshtoken_tui.app import FreshtokenApp

Answer = TypeVar("Answer")

SIZES = (("1", 10), ("2", 20))
"""Keys of how many questions of a set can be asked."""
ALL = "a"
"""The key for all of them."""


@dataclass(slots=True)
class ProofPlay:
    """An experiment on the stage. `order`: the options as the question showed them; `came_from`:
    the page to go back to.
    """

    experiment: Experiment
    order: list[int]
    came_from: str
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


class Exam(Part):
    """Exam practice: questions, mock exams, and experiments in the place of the open org."""

    content: tuple[str | None, bool] = (None, False)
    """A trainer's folder, and whether its questions are the only ones."""
    usual_size = SIZES[0][0]
    """The key of how many questions were wanted last."""
    room: ExamRoom | None = None
    shown_result = ""
    """The id of the mock exam whose result is shown."""
    sitting: Sitting | None = None
    """The mock exam that is open on the page."""
    proof: ProofPlay | None = None
    """The experiment whose org is open; the org of the learner waits."""

    def __init__(self, app: FreshtokenApp) -> None:
        super().__init__(app)
        self.proof_changed: Signal[ProofPlay | None] = Signal(app, "proof")

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does."""
        return {"exam": lambda: self.app.pages.go("proof" if self.proof else "exam")}

    def requests(self) -> dict[type[Request], Callable[[Any], object]]:
        """What it does for pages, dialogs and widgets."""
        return {
            Practise: lambda asked: self.practise(asked.questions),
            Prove: lambda asked: self.prove(asked.question, asked.order, asked.came_from),
        }

    async def open_room(self) -> ExamRoom | None:
        """Read the bank and its notes again; None, and a toast, where there are no questions."""
        from freshtoken_model.training.exam.exam_room import ExamRoom
        from freshtoken_model.training.shelf import open_bank

        found = await self.app.off_the_loop(lambda: open_bank(*self.content))
        if found is None:
            return None
        questions, problems = found
        if problems:
            words = f"{problems[0]} (freshtoken content check lists all)"
            self.app.notify(words, severity="warning", timeout=12)
        self.room = ExamRoom(questions)
        return self.room

    async def in_room(self, what: Callable[[ExamRoom], Answer]) -> Answer | None:
        """Do something in the exam room, off the loop; what it refuses becomes a toast, and
        None.
        """
        room = self.room or await self.open_room()
        return None if room is None else await self.app.off_the_loop(lambda: what(room))

    @in_worker(group="exam", exclusive=True)
    async def practise(self, questions: list[Question]) -> None:
        """Ask how many of a set, then the questions one by one."""
        count = await self._how_many(len(questions))
        if count:
            page = await self.app.pages.open("question")
            page.begin(questions[:count])  # type: ignore[attr-defined]  # open gives the page named

    async def _how_many(self, there: int) -> int:
        """How many questions of a set are wanted; the last choice is what Enter takes. 0: none."""
        from freshtoken_tui.dialogs.modals import Choice

        sizes = [(key, count) for key, count in SIZES if count < there]
        if not sizes:
            return there
        choices = [(key, str(count)) for key, count in sizes]
        choices.append((ALL, f"All {there}"))
        keys = [key for key, _ in choices]
        usual = self.usual_size if self.usual_size in keys else ALL
        chosen = await self.app.push_screen_wait(Choice("How many questions?", choices, usual))
        if chosen is None:
            return 0
        self.usual_size = chosen
        return dict(sizes).get(chosen, there)

    @in_worker(group="exam", exclusive=True)
    async def prove(self, question: Question, order: list[int], came_from: str) -> None:
        """Set up a question's experiment, and put its org in the place of the one that is open."""
        from freshtoken_model.store.whole_file import temporary_folder
        from freshtoken_model.training.exam.proofs import Laboratory

        if self.proof is not None or not await self.app.stage.may_run(question):
            return

        folder = temporary_folder()
        try:
            async with self.busy("Setting up the experiment"):
                experiment = await self.app.off_the_loop(
                    lambda: Laboratory(Path(folder.name), self.app.run_line).set_up(question)
                )
                if experiment is not None and await self.app.stage.put_on(experiment.path):
                    self.app.end_worker_if_closing()
                    self.show_proof(ProofPlay(experiment, order, came_from, folder))
        finally:
            if self.proof is None or self.proof.folder is not folder:  # refused, or closing
                folder.cleanup()
        if self.proof is not None:
            await self.app.pages.open("proof")

    @in_worker(group="proof")
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
                seen = await self.app.off_the_loop(partial(play.experiment.observe, option))
                if seen is not None:
                    play.seen[place] = seen
        self.show_proof(play)

    async def _try(self, play: ProofPlay, place: int) -> None:
        """Try one option on the org as the common steps left it."""
        option = play.question.options[place]
        if play.common.exists():
            await self.app.org.run_or_toast(
                lambda org: org.restore(play.common, org.would_lose(play.common).last_event)
            )
            self.app.org.note_seen()
        else:
            await self.app.org.run_or_toast(lambda org: org.snapshot(play.common))
        for line in option.do:
            await self._play(play, line)
        seen = await self.app.off_the_loop(lambda: play.experiment.observe(option))
        if seen is not None:
            play.seen[place] = seen

    async def _play(self, play: ProofPlay, text: str) -> str | None:
        """Play a step: what an API client does in its pane, anything else as a command. What it
        said, in a line.
        """
        from freshtoken_model.training.content.steps import parse_step

        words = parse_step(text).words(play.experiment.path.parent)
        pane, picture = self.app.client.pane, self.app.org.view
        client = (
            next((c for c in picture.clients if words[:1] == ["client"] and c.name in words), None)
            if picture
            else None
        )
        if pane is not None and client is not None:
            await self.app.client.show_client(client.id).wait()
            if (
                words[1] in ("login", "query")
                and words[2:] == [client.name]
                and not play.reads_print
            ):
                await (pane.log_in() if words[1] == "login" else pane.query_org()).wait()
                shown = self.app.org.view
                return shown.client.told if shown is not None else ""
        ran = await self.app.off_the_loop(lambda: list(play.experiment.play((text,))))
        await self.app.org.refresh()
        if ran is None:
            return None
        outcome = ran[0][1]
        return " ".join((outcome.said or outcome.out).split())[:160]

    @in_worker(group="exam", exclusive=True)
    async def leave_proof(self) -> None:
        """Back to the question, and to the org that waited."""
        play = self.proof
        if play is None:
            return
        self.show_proof(None)
        try:
            async with play.busy:
                await self.app.stage.bring_back()
        finally:  # the app may close meanwhile
            await asyncio.shield(asyncio.to_thread(play.folder.cleanup))
        await self.app.pages.open(play.came_from)

    def show_proof(self, play: ProofPlay | None) -> None:
        """Show the experiment as it is now."""
        self.proof = play
        self.proof_changed.publish(play)

    async def close(self) -> Callable[[], object]:
        """Stop the clock of a mock exam that may be paused. Returns what is left to do when the org
        is closed: the experiment's org goes with the app.
        """
        play, self.proof = self.proof, None
        room, sitting = self.room, self.sitting
        if room is not None and sitting is not None and sitting.pausable:
            with suppress(OrgError):
                await asyncio.to_thread(room.pause, sitting)
        return play.folder.cleanup if play is not None else lambda: None

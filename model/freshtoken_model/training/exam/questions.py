"""Exam questions: a text, options with a reason for each, sources, and a proof the org can play.
Pure over the content.

A proof is a small experiment: an org, steps, and for every option what one would see if it were
true. An option may have its own steps (`do`): then the experiment forks, and each option is
tried on its own copy.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from freshtoken_model.decision.settings import release
from freshtoken_model.files.training_org import Beginning
from freshtoken_model.training.content.statements import Statement, read_statements
from freshtoken_model.training.content.steps import programs_of, read_program, read_steps
from freshtoken_model.training.content.tables import Table
from freshtoken_model.training.labs.labs import read_beginning, read_identity

DIFFICULTIES = ("easy", "medium", "hard")
LETTERS = "ABCDE"
"""Keys of the options, in the order they are shown."""
LEAST_OPTIONS = 3
COUNT_WORDS = ("", "one", "two", "three", "four")


@dataclass(frozen=True, slots=True)
class Option:
    """An answer one can give: why it is right or wrong, what is done to try it, what one would see
    if it were true.
    """

    text: str
    right: bool
    why: str
    do: tuple[str, ...] = ()
    shows: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """The experiment that all options share. `shows`: what one would see, for options that have
    only their own steps.
    """

    beginning: Beginning
    setup: tuple[str, ...]
    steps: tuple[str, ...]
    shows: tuple[Statement, ...] = ()
    runs: str = ""
    """How the program begins that steps run; empty when they run none."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a file of questions is about. `weight`: its share of a mock exam, ours and nobody
    else's.
    """

    id: str
    title: str
    weight: int
    about: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question, as its file has it. `as_of`: the release its answer is true of."""

    id: str
    topic: Topic
    objective: str
    difficulty: str
    text: str
    options: tuple[Option, ...]
    sources: tuple[str, ...]
    as_of: str
    proof: Proof | None
    unproved: str
    """Why it has no proof; empty when it has one."""
    exam_answer: str
    todays_answer: str
    """Where an exam written for an older release expects another answer: both, in words."""
    apart: str
    """Of the questions that share this word a mock exam has one: they ask nearly the same. Empty
    for most.
    """
    file: str
    folder: Path
    """The content folder it comes from."""

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs of the machine that its proof runs."""
        proof = (self.proof.setup, self.proof.steps) if self.proof is not None else ()
        return programs_of(*proof, *(option.do for option in self.options))

    @property
    def choose(self) -> int:
        """How many options are to be chosen."""
        return sum(option.right for option in self.options)

    @property
    def asks(self) -> str:
        """How many options are wanted, in words; empty for one."""
        return f"Choose {COUNT_WORDS[self.choose]}." if self.choose > 1 else ""

    @property
    def right(self) -> frozenset[int]:
        """The places of the right options, from 0."""
        return frozenset(place for place, option in enumerate(self.options) if option.right)

    @property
    def forks(self) -> bool:
        """Whether the proof tries each option on a separate copy of the org."""
        return any(option.do for option in self.options)

    def expected(self, option: Option) -> tuple[Statement, ...]:
        """What one would see if an option were true."""
        return option.shows or (self.proof.shows if self.proof is not None else ())

    @property
    def flowing(self) -> str:
        """Its text in one line."""
        return " ".join(self.text.split("\n"))

    @property
    def doubt(self) -> str:
        """A line to report it with, where somebody doubts it."""
        return (
            f"Question {self.id} ({self.file}), as of {self.as_of}, cites "
            f"{', '.join(self.sources)}."
        )

    def words(self) -> str:
        """Everything a search looks at."""
        parts = [
            self.id,
            self.topic.title,
            self.objective,
            self.text,
            *(option.text for option in self.options),
        ]
        return " ".join(parts).casefold()


def found(questions: tuple[Question, ...], search: str) -> list[Question]:
    """The questions that have every word of a search."""
    words = search.casefold().split()
    return [one for one in questions if all(word in one.words() for word in words)]


def read_questions(table: Table, file: str) -> list[Question]:
    """The questions of a content file; what is wrong with it becomes the table's problems."""
    topic = Topic(
        id=read_identity(table, "topic"),
        title=table.line("title", 40),
        weight=table.number("weight", 0, 100),
        about=table.line("about", 160),
    )
    questions = [_question(row, topic, file) for row in table.tables("question", needed=True)]
    table.finish()
    return questions


def _question(table: Table, topic: Topic, file: str) -> Question:
    name = read_identity(table)
    table.name = f"[[question]] {name}" if name else table.name
    question = Question(
        id=name,
        topic=topic,
        objective=table.line("objective", 110),
        difficulty=table.choice("difficulty", DIFFICULTIES),
        text=table.prose("text"),
        options=(),
        sources=tuple(table.lines("sources", 1, 8)),
        as_of=table.line("as_of"),
        proof=None,
        unproved=table.line("unproved", 160, needed=False),
        exam_answer=table.line("exam_answer", 240, needed=False),
        todays_answer=table.line("todays_answer", 240, needed=False),
        apart=table.line("apart", 40, needed=False),
        file=file,
        folder=table.folder,
    )
    if question.as_of:
        try:
            release(question.as_of)
        except ValueError as error:
            table.wrong("as_of", f"expected a release: {error}")
    if bool(question.exam_answer) != bool(question.todays_answer):
        table.wrong("exam_answer", "expected exam_answer and todays_answer together, or neither")
    proof = _proof(table)
    options = tuple(_options(table, proof.runs if proof is not None else ""))
    if (proof is None) == (not question.unproved):
        table.wrong("proof", "expected either a proof, or in unproved why there is none")
    table.finish()
    return replace(question, options=options, proof=proof)


def _options(table: Table, runs: str) -> list[Option]:
    options = []
    for row in table.tables("option", needed=True):
        row.name = f"{table.name} {row.name}"
        right = row.get("right", bool, "true or false", needed=False)
        option = Option(
            text=row.line("text", 160),
            right=bool(right),
            why=row.line("why", 320),
            do=read_steps(row, "do", runs),
            shows=read_statements(row, "shows"),
        )
        row.finish()
        options.append(option)
    if not LEAST_OPTIONS <= len(options) <= len(LETTERS):
        table.wrong(
            "option", f"expected {LEAST_OPTIONS} to {len(LETTERS)} options, found {len(options)}"
        )
    rights = sum(option.right for option in options)
    if not 0 < rights < len(options):
        table.wrong(
            "option", f"expected at least one right option and one wrong one, found {rights} right"
        )
    return options


def _proof(table: Table) -> Proof | None:
    inner = table.table("proof", "the experiment: [question.proof]")
    if inner is None:
        return None
    runs = read_program(inner)
    setup, steps = read_steps(inner, "setup", runs), read_steps(inner, "steps", runs)
    proof = Proof(read_beginning(inner), setup, steps, read_statements(inner, "shows"), runs)
    inner.finish()
    return proof

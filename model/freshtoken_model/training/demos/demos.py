"""Demos: scripts that act on the app's own widgets, with captions, presenter notes, and states to
wait for. Data only.

An act is a line: a verb, what it acts on, and perhaps a text. The app plays a demo with
its own widgets: freshtoken_tui/demo/player.py.
"""

from dataclasses import dataclass
from pathlib import Path

from freshtoken_model.files.training_org import Beginning
from freshtoken_model.training.content.statements import Statement, read_statements
from freshtoken_model.training.content.steps import (
    check_program,
    parse_step,
    programs_of,
    read_program,
    read_steps,
)
from freshtoken_model.training.content.tables import Table
from freshtoken_model.training.labs.labs import read_beginning, read_identity

DEMO_PAGES = (
    *(
        "home",
        "change_password",
        "reset_token",
        "inbox",
        "history",
        "setup",
        "timeline",
        "incident",
        "assumptions",
    ),
    "production",
)
"""Pages a demo may open: those of the demo's org. Labs, demos and exams are the learner's."""
VERBS = {
    "open": "open PAGE",
    "type": "type FIELD TEXT: replaces what stands there, visibly",
    "press": "press BUTTON",
    "submit": "submit FIELD, as Enter does",
    "choose": "choose PICKLIST VALUE",
    "row": "row TABLE NUMBER, counted from 1",
    "tab": "tab wire, why, code or attempts",
    "client": "client NAME",
    "run": "run COMMAND LINE, without the program's name",
}
"""What a demo can do, and how it is written."""
PAIRS = ("type", "choose", "row")
READING_SPEED, LEAST = 14, 1.6
"""Characters a second that an audience reads beside looking; seconds a step stays at least."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done: a verb of VERBS, the id it acts on, the text."""

    verb: str
    on: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class DemoStep:
    """A caption, what is done, the state it ends in; `big`: the caption takes the whole screen."""

    say: str
    notes: str
    acts: tuple[Act, ...]
    until: tuple[Statement, ...]
    big: bool
    table: str

    @property
    def stays(self) -> float:
        """Seconds to read it in."""
        return max(LEAST, len(self.say) / READING_SPEED + 0.8)


@dataclass(frozen=True, slots=True)
class Chapter:
    """Steps that belong together; a number key leads here."""

    title: str
    steps: tuple[DemoStep, ...]


@dataclass(frozen=True, slots=True)
class Demo:
    """One demo, as its file has it."""

    id: str
    title: str
    minutes: int
    about: str
    beginning: Beginning
    setup: tuple[str, ...]
    chapters: tuple[Chapter, ...]
    sources: tuple[str, ...]
    runs: str
    """How the program begins that its steps run; empty when they run none."""
    file: str
    folder: Path
    """The content folder it comes from."""

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs of the machine that its steps run."""
        acts = (act for chapter in self.chapters for step in chapter.steps for act in step.acts)
        return programs_of(self.setup, [act.text for act in acts if act.verb == "run"])


def parse_act(text: str) -> Act:
    """An act as written. Raises ValueError with words for a person."""
    verb, _, rest = text.strip().partition(" ")
    if verb not in VERBS:
        raise ValueError(f"expected one of {', '.join(VERBS)}; found {verb!r}")
    rest = rest.strip()
    if not rest:
        raise ValueError(f"expected {VERBS[verb]}")
    if verb == "run":
        parse_step(rest)
        return Act(verb, "", rest)
    if verb in PAIRS:
        on, _, words = rest.partition(" ")
        if not words:
            raise ValueError(f"expected {VERBS[verb]}")
        if verb == "row" and not words.isdecimal():
            raise ValueError(f"expected {VERBS[verb]}")
        return Act(verb, on, words)
    if verb == "open" and rest not in DEMO_PAGES:
        raise ValueError(f"expected a page of {', '.join(DEMO_PAGES)}; found {rest!r}")
    return Act(verb, rest)


def read_demo(table: Table, file: str) -> Demo:
    """The demo of a content file; what is wrong with it becomes the table's problems."""
    runs = read_program(table)
    demo = Demo(
        id=read_identity(table),
        title=table.line("title", 48),
        minutes=table.number("minutes", 1, 30),
        about=table.line("about", 160),
        beginning=read_beginning(table),
        setup=read_steps(table, "setup", runs),
        chapters=tuple(_chapters(table, runs)),
        sources=tuple(table.lines("sources", 1, 8)),
        runs=runs,
        file=file,
        folder=table.folder,
    )
    table.finish()
    return demo


def _chapters(table: Table, runs: str) -> list[Chapter]:
    found = []
    for row in table.tables("chapter", needed=True):
        title = row.line("title", 48)
        steps = [
            _step(step, f"{row.name} {step.name}", runs) for step in row.tables("step", needed=True)
        ]
        row.finish()
        found.append(Chapter(title, tuple(steps)))
    return found


def _step(table: Table, name: str, runs: str) -> DemoStep:
    table.name = name
    acts = []
    for number, line in enumerate(table.lines("do", 0), 1):
        try:
            acts.append(act := parse_act(line))
            if act.verb == "run":
                check_program(parse_step(act.text), runs)
        except ValueError as error:
            table.wrong(f"do[{number}]", str(error))
    step = DemoStep(
        say=table.line("say", 240),
        notes=table.prose("notes"),
        acts=tuple(acts),
        until=read_statements(table, "until"),
        big=bool(table.get("big", bool, "true or false", needed=False)),
        table=name,
    )
    table.finish()
    return step

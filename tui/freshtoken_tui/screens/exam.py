"""Exam: question sets to practise, readiness, mock exams so far. Enter begins."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import DataTable, Input, Static

from freshtoken_model.training.exam.mock import (
    FORMS,
    FULL,
    PASS,
    PASS_WORDS,
    UNSCORED,
    ExamForm,
    ExamResult,
    Sitting,
)
from freshtoken_model.training.exam.questions import found
from freshtoken_tui.commands import local_keys
from freshtoken_tui.dialogs.modals import Choice
from freshtoken_tui.messages import OpenPage, Practise
from freshtoken_tui.widgets.bars import bar, columns
from freshtoken_tui.widgets.notes import MarginNote, show
from freshtoken_tui.widgets.table import RowTable, fill, follow_cursor

from .page import Page, PageKind

if TYPE_CHECKING:
    from freshtoken_model.training.exam.questions import Question
    from freshtoken_model.training.exam.study import Study

ABOUT = (
    "Written for freshtoken; no question of a real exam. Officially one or two questions of the "
    "Platform Administrator exam "
    "touch this subject. The topics' weights are ours."
)
SETS = {
    "due": "Due today",
    "new": "Not seen yet",
    "missed": "Missed last time",
    "flagged": "Flagged",
    "all": "All questions",
}
SET_WORDS = {
    "due": "Questions that are due for review, by the FSRS model.",
    "new": "Questions that were not answered yet.",
    "missed": "Questions whose last answer was wrong.",
    "flagged": "Questions that you flagged.",
    "all": "All questions of the bank.",
}
Row = tuple[str, tuple[Content, ...]]
"""A row of the list: its key and its cells."""
SHOWN_HITS = 50
"""Questions found that are listed one by one."""
RULES = """\
{questions} questions, {minutes} minutes, {to_pass} right answers to pass ({mark}).{unscored}
Choose N is all or nothing. Unanswered is wrong. The shares of the topics are ours.

Without pauses the clock never stops, not even when you leave: as in the real exam.
With pauses it stops while you pause or leave; after a crash it has run on."""


class ExamPage(Page):
    """The list of what can be begun."""

    TITLE = "Exam"
    FIRST = "#exam-list"
    KIND = PageKind.ALONE
    HELP = """\
## Exam
**Enter** begins: a set of questions, a topic, or a mock exam with its clock. Of a set it asks how
many. **/** searches the bank: the list then shows what was found, and Enter practises it. Ready is
the chance to know an answer tomorrow, by the FSRS model, over all
questions of a topic; a question
never seen counts nothing. Wall-clock time counts here, never org time. `freshtoken exam --help`
tells of exports and papers.
Questions, time and pass mark of the long mock exam are from guides, of which two say 65%
[3P exam-admin-pass-mark-65]; the shorter ones are scaled from it.
"""
    BINDINGS = local_keys(
        "exam_page",
        ("slash", "search", "Search"),
    )

    _study: Study | None = None
    _results: list[ExamResult] = []
    _open: Sitting | None = None
    _found: list[Question] = []
    """The questions that have the words that are searched."""

    def compose(self) -> ComposeResult:
        """What it is not, search, the list, progress."""
        yield MarginNote(ABOUT, id="exam-about")
        with Container(classes="desk"):
            with Vertical(classes="desk-list"):
                yield Input(id="exam-search", placeholder="Search the questions", compact=True)
                yield RowTable("exam-list", enter_does="Begin")
            with VerticalScroll(classes="desk-detail", can_focus=False):
                yield Static(id="exam-row")
                yield Static(id="exam-progress")

    def first_focus(self) -> str:
        """Read bank and notes each time the page is opened."""
        self.load()
        return self.FIRST

    def on_resize(self) -> None:
        """The list has other room."""
        self.call_after_refresh(self._fill)

    @work(group="exam-list", exclusive=True)
    async def load(self) -> None:
        """Read questions and progress."""
        room = await self.host.exam.open_room()
        if room is None:
            return
        read = await self.host.off_the_loop(lambda: (room.study(), room.results(), room.sitting()))
        if read is not None:
            self._study, self._results, self._open = read
            self._draw(read[0])

    def _draw(self, study: Study) -> None:
        self.border_title = f"Exam · {len(study.bank)} questions"
        show(self.query_one("#exam-progress", Static), _progress(study, self._results))
        self._fill()

    def _fill(self) -> None:
        """What can be begun; while something is searched, the questions that have its words."""
        study = self._study
        if study is None:
            return
        words = self.query_one("#exam-search", Input).value.strip()
        rows, self.border_subtitle = self._ways(study), ""
        headings = (" ", "Practise", " Questions, readiness")
        if words:
            self._found = found(tuple(study.bank), words)
            rows, headings = self._hits(), (" ", "Found", "Topic")
            self.border_subtitle = f"{len(self._found)} found"
        table = self.query_one("#exam-list", DataTable)
        keys, cells = [key for key, _ in rows], [row for _, row in rows]
        room = self.query_one(".desk-list").content_size.width
        fill(table, headings, cells, keys, room=room, flexible=1, widest=80)

    def _hits(self) -> list[Row]:
        """All that was found as a set, and each for itself."""
        if not self._found:
            return []
        count = len(self._found)
        every = Content.styled(f"Practise {'it' if count == 1 else f'all {count}'}", "bold")
        rows: list[Row] = [("found", (Content("▶"), every, Content("")))]
        for one in self._found[:SHOWN_HITS]:
            cells = (Content(" "), Content(one.objective), Content(one.topic.title))
            rows.append((f"one {one.id}", cells))
        return rows

    def _ways(self, study: Study) -> list[Row]:
        """The open mock exam, sets, topics, new mock exams."""
        rows: list[Row] = []
        if self._open is not None:
            number = len(self._open.questions) - len(self._open.unanswered)
            answered = Content(f"{number:4} of {len(self._open.questions)} answered")
            glyph = Content.styled("▶", "$text-warning bold")
            going_on = Content.styled("Go on with the mock exam", "bold")
            rows.append(("sitting", (glyph, going_on, answered)))
        counts = {name: len(study.pick(name)) for name in SETS}
        for name in sorted(SETS, key=lambda name: not counts[name]):  # empty sets come last
            style = "" if counts[name] else "$foreground 65%"
            title = Content.styled(SETS[name], style)
            count = Content.styled(f"{counts[name]:4}", style)
            rows.append((f"set {name}", (Content(" "), title, count)))
        for ready in study.readiness():
            told = f" {ready.share:4.0%}, {ready.seen} seen"
            cells = Content.assemble(f"{ready.questions:4}  ", bar(ready.share, 6), told)
            rows.append(
                (f"topic {ready.topic.id}", (Content("▸"), Content(ready.topic.title), cells))
            )
        for size in FORMS:
            form = ExamForm(size)
            words = (
                f"{form.minutes:4} min, {form.to_pass} right to pass"
                if len(study.bank) >= size
                else "   - not enough questions"
            )
            rows.append(
                (f"mock {size}", (Content("◷"), Content(f"Mock exam of {size}"), Content(words)))
            )
        return rows

    def action_search(self) -> None:
        """To the search field."""
        self.query_one("#exam-search").focus()

    @on(Input.Submitted, "#exam-search")
    def _practise_found(self, event: Input.Submitted) -> None:
        event.stop()
        if self._study is None or not event.value.strip():
            self.query_one("#exam-list").focus()
        elif self._found:
            self.post_message(Practise(self._found))
        else:
            self.notify("No question contains these words.")

    @on(Input.Changed, "#exam-search")
    def _typed(self) -> None:
        self._fill()

    @on(DataTable.RowHighlighted, "#exam-list")
    def _follow(self, event: DataTable.RowHighlighted) -> None:
        follow_cursor(self, event.data_table)
        title, words = self._told(str(event.row_key.value))
        told = Content.assemble((title, "bold"), f"\n{words}\n") if words else Content("")
        show(self.query_one("#exam-row", Static), told)

    def _told(self, key: str) -> tuple[str, str]:
        """What is behind a row: a title and a sentence; both empty where the row says it all."""
        kind, _, name = key.partition(" ")
        if kind == "set":
            return SETS[name], SET_WORDS[name]
        if kind == "mock":
            form = ExamForm(int(name))
            words = (
                f"{form.shown} questions in {form.minutes} minutes; {form.to_pass} right "
                f"answers pass ({PASS_WORDS}). Enter shows the rules first."
            )
            return f"Mock exam of {name}", words
        bank = self._study.bank if kind == "topic" and self._study else ()
        topic = next((one.topic for one in bank if one.topic.id == name), None)
        return (topic.title, topic.about) if topic else ("", "")

    @on(DataTable.RowSelected, "#exam-list")
    def _begin(self, event: DataTable.RowSelected) -> None:
        event.stop()
        kind, _, name = str(event.row_key.value).partition(" ")
        if self._study is None:
            return
        if kind == "sitting":
            self.post_message(OpenPage("sitting"))
        elif kind == "mock":
            self._mock(int(name))
        elif questions := self._set(self._study, kind, name):
            self.post_message(Practise(questions))
        else:
            self.notify(f"{SETS[name]}: none.")

    def _set(self, study: Study, kind: str, name: str) -> list[Question]:
        """The questions of a row."""
        match kind:
            case "set":
                return study.pick(name)
            case "topic":
                return study.pick("all", name)
            case "one":
                return [one for one in self._found if one.id == name]
            case _:
                return self._found

    @work(group="mock", exclusive=True)
    async def _mock(self, size: int) -> None:
        if self._open is not None:
            self.notify(
                "A mock exam is open: go on with it, or hand it in first.", severity="warning"
            )
            return
        bank = len(self._study.bank) if self._study else 0
        form = ExamForm(size, UNSCORED if size == FULL and bank >= size + UNSCORED else 0)
        unscored = (
            f" {form.unscored} of them are not scored, and not told apart." if form.unscored else ""
        )
        rules = RULES.format(
            questions=form.shown,
            minutes=form.minutes,
            to_pass=form.to_pass,
            mark=PASS_WORDS,
            unscored=unscored,
        )
        how = await self.app.push_screen_wait(
            Choice(rules, (("b", "Begin"), ("p", "Begin, with pauses")))
        )
        if (
            how is not None
            and await self.host.exam.in_room(lambda room: room.start(form, how == "p")) is not None
        ):
            self.post_message(OpenPage("sitting"))


def _progress(study: Study, results: list[ExamResult]) -> Content:
    """Streak, what falls due, and the mock exams as a chart."""
    days = study.streak()
    forecast = study.forecast(14)
    lines = [
        Content.assemble(
            ("Streak ", "bold"),
            f"{days} {'day' if days == 1 else 'days'} · {len(study.reviews)} answers",
        ),
        Content.assemble(
            ("Due in the next 14 days ", "bold"), columns(forecast), f"  today {forecast[0]}"
        ),
    ]
    if results:
        lines.append(Content.styled(f"Mock exams, the pass mark at {PASS_WORDS}", "bold"))
    for one in results[-8:]:
        moment = _local(one.sitting.started_at)
        word, style = (
            ("✓ passed", "$text-success") if one.passed else ("✗ not passed", "$text-error")
        )
        lines.append(
            Content.assemble(
                f"{moment}  ",
                bar(one.right / one.sitting.form.scored, 25, PASS),
                f" {one.percent:3}%  ",
                (word, style),
            )
        )
    return Content("\n").join(lines)


def _local(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000).astimezone():%d %b %H:%M}"
